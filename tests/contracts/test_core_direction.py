"""Includes point left: a ring of the core knows only the rings that it may know."""

from __future__ import annotations

import re
from pathlib import Path

from .tree import ROOT, code_only, cpp_files, place

# What each ring may include, itself aside.
KNOWS: dict[str, set[str]] = {
    "base": set(),
    "kernels": {"base"},
    "storage": {"base"},
    "parse": {"base"},
    "metric": {"base", "kernels"},
    "annoy": {"base", "kernels", "metric", "storage"},
    "transform": {"base", "kernels", "metric", "storage"},
    "quantize": {"base", "kernels", "metric", "storage", "transform"},
    "index": {"base", "kernels", "metric", "storage", "transform", "quantize"},
    "bindings": {"base", "kernels", "metric", "storage", "transform", "quantize", "index", "parse", "annoy"},
}

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def ring_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "core" else parts[0]


def wrong_includes(text: str, ring: str) -> list[tuple[int, str]]:
    """(line, sentence) of each include in `text`, a file of `ring`, that points to a ring it must not know."""
    wrong = []
    code = code_only(text)
    for match in _INCLUDE.finditer(code):
        target = match.group(2).split("/")[0]
        line = code.count("\n", 0, match.start(2)) + 1
        if ".." in match.group(2).split("/"):
            wrong.append((line, f"{match.group(2)}: write the path from core/, without .."))
        elif target in KNOWS and target != ring and target not in KNOWS[ring]:
            wrong.append((line, f"{ring} must not know {target} (it may know {sorted(KNOWS[ring])})"))
    return wrong


def test_every_ring_has_its_place() -> None:
    folders = {path.name for path in (ROOT / "core").iterdir() if path.is_dir()}
    assert folders <= KNOWS.keys(), f"say in KNOWS what {sorted(folders - KNOWS.keys())} may include"


def test_includes_point_left() -> None:
    complaints = [
        f"{place(path, line)}: {sentence}"
        for path in cpp_files("core", "bindings")
        for line, sentence in wrong_includes(path.read_text(encoding="utf-8"), ring_of(path))
    ]
    assert not complaints, "\n".join(complaints)


def test_the_checker_sees_a_wrong_include() -> None:
    assert wrong_includes('#include "index/exact/exact.h"\n', "base") != []
    assert wrong_includes('int x;\n#include "storage/file.h"\n', "metric")[0][0] == 2
    assert wrong_includes('#include "../kernels/kernels.h"\n', "metric") != []


def test_the_checker_passes_what_is_right() -> None:
    assert wrong_includes('#include "base/error.h"\n#include <vector>\n// #include "index/x.h"\n', "storage") == []


def test_the_rings_make_no_circle() -> None:
    for ring, known in KNOWS.items():
        assert ring not in known
        assert all(ring not in KNOWS[other] for other in known), f"{ring} and a ring it knows know each other"
