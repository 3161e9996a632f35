"""Imports point left in Python as well, and optional libraries are imported where they are used, when they are used."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from .tree import PACKAGE, place, python_files

# The parts of the package, each a folder or a module at its top, and what each may import besides itself. A part knows
# only parts above it in this list. The package itself ("nearabout") comes last, but __version__ is for all.
KNOWS: dict[str, set[str]] = {
    "errors": set(),
    "_core": set(),
    "_base": {"errors"},
    "formats": {"errors", "_core", "_base"},
    "row_filter": {"errors", "_core"},
    "_arrays": {"errors", "_core", "_base", "formats", "row_filter"},
    "quantizers": {"errors", "_core", "_base", "_arrays"},
    "kinds": {"errors", "_core", "_base", "quantizers"},
    "calibration": {"errors", "_core", "_base", "_arrays", "kinds"},
    "hits": {"errors", "_core", "_arrays", "calibration"},
    "neighbors": {"errors", "_core", "_base", "formats", "_arrays", "calibration"},
    "index": {"errors", "_core", "_base", "_arrays", "calibration", "hits", "kinds", "row_filter", "neighbors"},
    "building": {"errors", "_core", "_base", "_arrays", "calibration", "kinds", "index"},
    "tuning": {"errors", "_base", "formats", "_arrays", "kinds", "index", "building"},
    "planning": {"errors", "_base", "_arrays", "calibration", "kinds", "building"},
    "graph_building": {
        *("errors", "_base", "_arrays", "calibration", "kinds", "neighbors", "index", "building", "planning", "tuning"),
    },
    "annoy": {"errors", "_core"},
    "evaluation": {
        "errors",
        "_core",
        "_base",
        "formats",
        "_arrays",
        "calibration",
        "hits",
        "kinds",
        "index",
        "building",
    },
    "cli": {
        *("errors", "_core", "_base", "formats", "_arrays", "calibration", "kinds", "index", "building", "planning"),
        *("tuning", "neighbors", "graph_building", "evaluation", "quantizers", "nearabout"),
    },
    "nearabout": {
        *("errors", "formats", "calibration", "hits", "kinds", "index", "building", "planning", "row_filter"),
        *("tuning", "neighbors", "graph_building", "quantizers"),
    },
}
ALWAYS_THERE = sys.stdlib_module_names | {"nearabout", "numpy"}


def part_of(module: str) -> str:
    """The part that a dotted module name belongs to: nearabout.formats.npy is of formats."""
    names = module.split(".")
    if names[1:] == ["__main__"]:
        return "cli"
    return names[1] if len(names) > 1 and names[1] in KNOWS else "nearabout"


def module_name(path: Path) -> str:
    names = ("nearabout", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def imported(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that the code imports, relative names made whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            here = module.split(".")
            up = node.level - (1 if is_package else 0)
            base = here[: len(here) - up] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{stem}.{alias.name}"


def parts_imported(source: str, module: str, is_package: bool = False) -> Iterator[tuple[int, str, str]]:
    """(line, dotted name, part) of everything that the code imports from other parts of the package."""
    for line, name in imported(ast.parse(source), module, is_package):
        if name.split(".")[0] == "nearabout" and part_of(name) != part_of(module) and name != "nearabout.__version__":
            yield line, name, part_of(name)


def wrong_imports(source: str, module: str, is_package: bool = False) -> list[tuple[int, str]]:
    part = part_of(module)
    wrong = []
    for line, name, target in parts_imported(source, module, is_package):
        if target not in KNOWS[part]:
            wrong.append((line, f"{part} must not import {name} (it may know {sorted(KNOWS[part])})"))
    return wrong


def _at_import_time(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported: not function bodies, not what only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for other in child.orelse:
                yield other
                yield from _at_import_time(other)
            continue
        if isinstance(child, ast.stmt):
            yield child
        yield from _at_import_time(child)


def eager_optional_imports(source: str) -> list[tuple[int, str]]:
    """(line, library) of optional libraries that are imported as soon as the module is."""
    found = []
    for statement in _at_import_time(ast.parse(source)):
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
            names = [statement.module or ""]
        else:
            continue
        found += [(statement.lineno, name) for name in names if name.split(".")[0] not in ALWAYS_THERE]
    return found


def test_the_parts_are_those_of_the_package() -> None:
    there = {
        path.name.partition(".")[0]
        for path in PACKAGE.iterdir()
        if path.suffix in (".py", ".pyi") or (path / "__init__.py").exists()
    }
    assert there - {"__init__", "__main__"} == KNOWS.keys() - {"nearabout"}


def test_a_part_knows_only_parts_above_it() -> None:
    names = list(KNOWS)
    for position, (part, known) in enumerate(KNOWS.items()):
        below = known - set(names[:position])
        assert below <= ({"nearabout"} if part == "cli" else set()), f"{part} must not know {below}"


def test_what_a_part_may_import_it_does() -> None:
    used: dict[str, set[str]] = {part: set() for part in KNOWS}
    for path in python_files("src/nearabout"):
        module = module_name(path)
        source = path.read_text(encoding="utf-8")
        used[part_of(module)] |= {part for _, _, part in parts_imported(source, module, path.name == "__init__.py")}
    unused = {part: sorted(known - used[part]) for part, known in KNOWS.items() if known - used[part]}
    assert not unused, f"take these out of KNOWS: {unused}"


def test_imports_point_left() -> None:
    complaints = [
        f"{place(path, line)}: {sentence}"
        for path in python_files("src/nearabout")
        for line, sentence in wrong_imports(
            path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py"
        )
    ]
    assert not complaints, "\n".join(complaints)


def test_optional_libraries_wait_until_they_are_needed() -> None:
    complaints = [
        f"{place(path, line)}: import {library} inside the function that needs it"
        for path in python_files("src/nearabout")
        for line, library in eager_optional_imports(path.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_each_optional_library_is_known_to_one_part() -> None:
    homes: dict[str, set[str]] = {}
    for path in python_files("src/nearabout"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for _, name in imported(tree, module_name(path), path.name == "__init__.py"):
            if name.split(".")[0] not in ALWAYS_THERE | {"typing_extensions"}:  # which type checkers have
                homes.setdefault(name.split(".")[0], set()).add(part_of(module_name(path)))
    shared = {library: sorted(parts) for library, parts in homes.items() if len(parts) > 1}
    assert not shared, f"let one part import it and the others call that part: {shared}"


def test_the_checker_sees_wrong_imports() -> None:
    assert wrong_imports("from ..index import build\n", "nearabout.formats.npy") != []
    assert wrong_imports("from . import cli\n", "nearabout", is_package=True) != []
    assert wrong_imports("from nearabout import plan\n", "nearabout.building") != []
    assert wrong_imports("def f():\n    import nearabout.cli.build\n", "nearabout.hits")[0][0] == 2
    assert wrong_imports("from nearabout import formats\n", "nearabout.errors") != []


def test_the_checker_passes_what_is_right() -> None:
    assert wrong_imports("from ..errors import InvalidInputError\nimport numpy\n", "nearabout.formats.npy") == []
    assert wrong_imports("from ..index import build\nfrom .. import open\n", "nearabout.cli.build") == []


def test_the_checker_sees_an_eager_optional_import() -> None:
    assert eager_optional_imports("import h5py\n") == [(1, "h5py")]
    assert (
        eager_optional_imports("class A:\n  try:\n    from torch.nn import Module\n  except ImportError: pass\n") != []
    )
    assert eager_optional_imports("def f():\n  import h5py\nif TYPE_CHECKING:\n  import torch\n") == []
