"""Words that do not come back: private names that the field's own terms took the place of (in code and comments)."""

from __future__ import annotations

import re

import pytest

from .tree import cpp_files, place, python_files

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
EXEMPT = ("core/annoy/", "bindings/annoy", "core/parse/", "src/nearabout/formats/", "src/nearabout/annoy")


def stale_words(text: str) -> list[tuple[int, str]]:
    """(line, sentence) for each stale word in `text`."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        found += [(number, f"write {new}") for old, new in INSTEAD.items() if re.search(old, line)]
    return found


def test_stale_words_do_not_come_back() -> None:
    complaints = [
        f"{place(path, line)}: {sentence}"
        for path in (*cpp_files("core", "bindings"), *python_files("src"))
        if not place(path).startswith(EXEMPT)
        for line, sentence in stale_words(path.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("bad", ["take_trials(trials)", "// the lifted rows", "kMostRows", "hits.untested", "told"])
def test_the_checker_sees_stale_words(bad: str) -> None:
    assert stale_words("fine\n" + bad.replace("take_trials(", "f("))[0][0] == 2


def test_other_words_are_fine() -> None:
    assert stale_words("max_effort, InvalidInputError, held_out_rows, a weightlifter, kMaxRows") == []
