"""A folder of the core is a namespace: a file opens that of its folder, and others only for forward declarations."""

from __future__ import annotations

import re
from pathlib import Path

from .tree import ROOT, code_only, cpp_files, place

COMMON = "base"  # the words of all rings: they are in `nearabout` itself

_OPENED = re.compile(r"^namespace (nearabout[\w:]*) \{", re.MULTILINE)
_FORWARD_DECLARATIONS = re.compile(r"^namespace nearabout[\w:]* \{\n(?:(?:class|struct) \w+; *\n)+\}", re.MULTILINE)


def namespace_of(path: Path) -> str:
    folder = path.parent.name
    return "nearabout" if folder == COMMON else f"nearabout::{folder}"


def wrong_namespaces(text: str, wanted: str) -> list[tuple[int, str]]:
    """(line, sentence) of each namespace that a file must not open; of line 1 if it does not open its own."""
    code = code_only(text)
    code = _FORWARD_DECLARATIONS.sub(lambda match: "\n" * match.group().count("\n"), code)
    opened = [(code.count("\n", 0, match.start()) + 1, match.group(1)) for match in _OPENED.finditer(code)]
    if not opened:
        return [(1, f"open namespace {wanted}")]
    return [
        (line, f"namespace {name} is not that of this folder, {wanted}")
        for line, name in opened
        if name != wanted and (wanted == "nearabout" or not name.startswith(f"{wanted}::"))
    ]


def test_each_file_opens_the_namespace_of_its_folder() -> None:
    complaints = [
        f"{place(path, line)}: {sentence}"
        for path in cpp_files("core")
        if path.suffix != ".inl"  # included where a namespace is open
        for line, sentence in wrong_namespaces(path.read_text(encoding="utf-8"), namespace_of(path))
    ]
    assert not complaints, "\n".join(complaints)


def test_headers_open_no_namespace_for_their_readers() -> None:
    opening = [
        place(path)
        for path in cpp_files("core", "bindings")
        if path.suffix == ".h"
        if re.search(r"^using namespace ", code_only(path.read_text(encoding="utf-8")), re.MULTILINE)
    ]
    assert not opening, f"a using-directive in a header is one in every file that includes it: {opening}"


def test_folders_have_different_names() -> None:
    folders = {path.parent for path in cpp_files("core") if path.suffix != ".inl"}
    assert len({folder.name for folder in folders}) == len(folders), "two folders would be one namespace"


def test_the_checker_sees_a_wrong_namespace() -> None:
    assert wrong_namespaces("int x;\n", "nearabout::metric") == [(1, "open namespace nearabout::metric")]
    assert [line for line, _ in wrong_namespaces("\nnamespace nearabout {\n", "nearabout::metric")] == [2]
    assert wrong_namespaces("namespace nearabout::metrics {\n", "nearabout::metric") != []
    assert wrong_namespaces("namespace nearabout::metric {\n", "nearabout") != []


def test_the_checker_passes_what_is_right() -> None:
    forward = "namespace nearabout::index {\nstruct Kind;  // registry.h\n}\n"
    assert wrong_namespaces(f"{forward}namespace nearabout::ivf {{\n", "nearabout::ivf") == []
    assert wrong_namespaces("namespace nearabout::storage::system {\n", "nearabout::storage") == []
    assert wrong_namespaces("namespace nearabout {\n", namespace_of(ROOT / "core/base/error.h")) == []
