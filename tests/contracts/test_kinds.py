"""No kind of index is named outside of its own folders and the registries: what differs between kinds, a kind says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .tree import PACKAGE, ROOT, code_only, cpp_files, place, python_files

CLASSES = {"Exact", "Forest", "IVF", "PcaCodes", "PQ", "OPQ", "LOPQ", "SQ", "RaBitQ"}
NAMES = {"forest", "ivf"}  # "exact" is the name of an option, too: it is looked for where a kind is meant
# Where kinds may be named. Peers have kinds of their own.
PYTHON_HOMES = ("kinds/", "quantizers/", "__init__.py", "annoy.py", "evaluation/peers/")
# Modules that print sentences take names of kinds from the registry, inside longer texts as well.
SPEAKING = ("cli/", "evaluation/")
CPP_HOMES = ("core/index/exact/", "core/index/forest/", "core/index/ivf/", "core/index/registry.cpp", "core/annoy/")
_IN_TEXT = re.compile(r"\b(?:forest|ivf|Forest|IVF|PcaCodes)\b|\bkind[= ]+[\"'`]?(exact)\b")
_CPP_NAME = re.compile(r"\b(?:Ivf|Forest|ExactIndex|exact_kind|forest_kind|ivf_kind|ivf|forest)\w*")


def kinds_named(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of each kind that Python code names; docstrings and comments may."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in CLASSES:
            yield node.lineno, node.id
        elif isinstance(node, ast.alias) and node.name in CLASSES:
            yield node.lineno, node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES:
            yield node.lineno, node.value
        elif isinstance(node, ast.keyword) and node.arg == "kind" and _is_exact(node.value):
            yield node.value.lineno, "exact"
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
            yield from ((node.lineno, "exact") for one in node.comparators if _is_exact(one))


def kinds_in_texts(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of each kind that a string names, docstrings aside."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from ((node.lineno, match[1] or match[0]) for match in _IN_TEXT.finditer(node.value))


def _is_exact(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "exact"


def test_python_names_no_kind() -> None:
    complaints = [
        f"{place(path, line)}: names the kind {name}; ask the kind instead (nearabout/kinds)"
        for path in python_files("src")
        if not path.relative_to(PACKAGE).as_posix().startswith(PYTHON_HOMES)
        for line, name in kinds_named(path.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_what_is_printed_names_no_kind() -> None:
    complaints = []
    for path in python_files("src"):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(SPEAKING) and not name.startswith(PYTHON_HOMES):
            complaints += [
                f"{place(path, line)}: spells the kind {kind}; take it from nearabout.kinds"
                for line, kind in kinds_in_texts(path.read_text(encoding="utf-8"))
            ]
    assert not complaints, "\n".join(complaints)


def test_the_core_names_no_kind() -> None:
    complaints = []
    for path in cpp_files("core", "bindings"):
        if path.relative_to(ROOT).as_posix().startswith(CPP_HOMES):
            continue
        code = code_only(path.read_text(encoding="utf-8"))
        for match in _CPP_NAME.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            complaints.append(
                f"{place(path, line)}: names the kind {match[0]}; ask the index instead (index/searcher.h)"
            )
    assert not complaints, "\n".join(complaints)


def test_the_checker_sees_names() -> None:
    seen = {
        name
        for line in ("isinstance(kind, IVF)", "index.kind == 'exact'", "build(x, kind='exact')", "x = 'forest'")
        for _, name in kinds_named(line)
    }
    assert seen == {"IVF", "exact", "forest"}
    assert (
        list(kinds_named("""def f(exact):\n    'As ivf does: IVF().'\n    return g(exact=exact, other="exact")"""))
        == []
    )
    assert _CPP_NAME.search("dynamic_cast<const IvfIndex*>(x)")


def test_the_checker_sees_names_in_texts() -> None:
    source = (
        '"""Of an ivf index."""\nUSAGE = f"--kind K  auto, {x} or ivf"\ncolour = {"nearabout forest": 1, "exact": 2}'
    )
    assert [name for _, name in kinds_in_texts(source)] == ["ivf", "forest"]
    assert [name for _, name in kinds_in_texts("x = 'pass kind=\"exact\"'")] == ["exact"]
