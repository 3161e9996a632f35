"""Words that do not come back: private names, for which the field has terms, and turns that must be read twice."""

from __future__ import annotations

import re

import pytest

from .tree import ROOT, cpp_files, place, python_files

# What is said instead.
INSTEAD = {
    r"\blift(s|ed)?\b": "transform (MetricTransform)",
    r"\btrials?\b": "calibration queries",
    r"\buntested\b": "out_of_distribution",
    r"\bmeasured_on\b": "source",
    r"\bLeadingCodes\b": "PcaCodes",
    r"\bon_bad\b": "invalid",
    r"\b(NotOurFile|NewerFile|InvalidInput|CorruptFile|TruncatedFile|UnknownKey|MissingDependency)\b": "...Error",
    r"\bk(Most|Least|Fewest|Usual)\w*\b": "kMax, kMin, kDefault",
    r"\bplant(s|ed|_tree)?\b": "build",
    r"\bdoubts?\b": "bias bound, error",
    r"\b(Marked|mark_of|mark_within)\b": "score",
    r"\b(kept_at_most|share_told|told_?)\b": "max_kept, result",
    r"\b(spend|spent)\b": "budget, cost",
}
# Turns of phrase, in code and in documentation.
PLAIN = {
    r"\bin place of\b": "instead of",
    r"\b(told|tells)\b": "says, shows, returns",
    r"\b(?:is|are|was|were|be) asked (?:for|of|about)\b": "requested, given; the query",
    r"\bpassed over\b": "skipped",
    r"\bmakes? no sense\b": "is not valid",
    r"\bmend(?:s|ed)?\b": "correct, repair",
    r"\bcomes? twice\b": "occurs twice",
    r"\bhad come before\b": "occurred before",
    r"\bit seems:": "seems to",
    r"\bthe like of\b|\band its kin\b": "and similar",
}


def stale_words(text: str, instead: dict[str, str] | None = None) -> list[tuple[int, str]]:
    """(line, sentence) for each stale word in `text`."""
    words = INSTEAD | PLAIN if instead is None else instead
    found = [(match.start(), new) for old, new in words.items() for match in re.finditer(old, text)]
    return [(text.count("\n", 0, place) + 1, f"write {new}") for place, new in sorted(found)]


def test_stale_words_do_not_come_back() -> None:
    complaints = [
        f"{place(path, line)}: {sentence}"
        for path in (*cpp_files("core", "bindings"), *python_files("src"))
        for line, sentence in stale_words(path.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_the_documentation_is_plain() -> None:
    pages = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("benchmarks/**/*.md"))]
    complaints = [
        f"{place(page, line)}: {sentence}"
        for page in pages
        for line, sentence in stale_words(page.read_text(encoding="utf-8"), PLAIN)
    ]
    assert pages
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    "bad", ["take_trials(trials)", "// the lifted rows", "kMostRows", "hits.untested", "told", "a byte in place of it"]
)
def test_the_checker_sees_stale_words(bad: str) -> None:
    assert stale_words("fine\n" + bad.replace("take_trials(", "f("))[0][0] == 2


def test_other_words_are_fine() -> None:
    assert stale_words("max_effort, InvalidInputError, held_out_rows, a weightlifter, kMaxRows") == []
