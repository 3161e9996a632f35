"""One name of a constant has one value in the whole core: a file that loses its own must not compile with another's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from .tree import ROOT, code_only, cpp_files, place

_CONSTANT = re.compile(r"\bconstexpr\s+[\w:<>,\s*&]*?\b(k[A-Z]\w*)\s*(?:\[\w*\])?\s*(?:=\s*([^;]*)|(\{[^;]*));")


def constants(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, name, value) of each constant, the value as it is written."""
    code = code_only(text)
    for match in _CONSTANT.finditer(code):
        value = " ".join((match.group(2) or match.group(3) or "").split())
        yield code.count("\n", 0, match.start(1)) + 1, match.group(1), value


def test_a_constant_has_one_value() -> None:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in cpp_files("core"):
        # Every instruction set gives the same names values of its own: the text that they share is compiled with these.
        if path.parent.is_relative_to(ROOT / "core" / "kernels") and path.name != "kernels.h":
            continue
        for line, name, value in constants(path.read_text(encoding="utf-8")):
            found[name][value].append(place(path, line))
    complaints = [
        f"{name}: " + "; ".join(f"{value} ({', '.join(places)})" for value, places in values.items())
        for name, values in sorted(found.items())
        if len(values) > 1
    ]
    assert not complaints, "give each of these a name of its own:\n" + "\n".join(complaints)


def test_the_checker_reads_constants() -> None:
    text = """
constexpr std::size_t kRows = 16'384;  // rows
static constexpr std::array<std::pair<int, float>, 2> kPairs{{{1, 2}}};
constexpr char kDigits[] = "0123";
constexpr double kLong =
    std::numeric_limits<double>::max();
constexpr int size_of(int kNot) { return kNot; }
// constexpr int kComment = 1;
"""
    assert [(line, name) for line, name, _ in constants(text)] == [
        (2, "kRows"),
        (3, "kPairs"),
        (4, "kDigits"),
        (5, "kLong"),
    ]
    assert [value for _, _, value in constants(text)][3] == "std::numeric_limits<double>::max()"
