"""Explanations in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearabout.explaining import Explanation
    from nearabout.index import Index

_CODES = {"int8": "8-bit codes", "codes": "small codes"}
_TARGETS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)  # recalls that people ask for


def why(index: Index, told: Explanation, asked: bool) -> str:
    """A sentence or two. `asked`: whether the search was told what to spend."""
    spending = _spending(index, told.effort, asked)
    if told.is_true_neighbour and told.found:
        first = f"{_place(told)}, and {spending} found it"
        if told.min_effort_found is None or told.effort is None or told.min_effort_found >= told.effort:
            return f"{first}."
        return f"{first}; {_counted(index, told.min_effort_found)} would do."
    if told.is_true_neighbour:
        return f"{_place(told)}, and {spending} did not find it{_cause(told)}. {_remedy(index, told)}"
    if told.found:
        nearest = "the nearest" if told.k == 1 else f"the {told.k:,} nearest"
        return f"{_place(told)}, and not among {nearest}; {spending} found it in place of a nearer one that it missed."
    last = f"the {ordinal(told.k)} at {told.kth_distance:.4g}"
    right = f"a search for {_neighbours(told.k)} is right to leave it out"
    sentence = f"{_place(told)}, at {told.distance:.4g}, and {last}: {right}."
    if told.min_effort_found is None:
        return sentence
    return (
        f"{sentence} A search for {told.rank:,} finds it from an effort of {_counted(index, told.min_effort_found)} on."
    )


def _place(told: Explanation) -> str:
    rank = "the nearest" if told.rank == 1 else f"the {ordinal(told.rank)} nearest"
    if told.distance_source == "vectors":
        return f"It is {rank}"
    return f"By the {_CODES[told.distance_source]} that the index keeps instead of vectors, it is {rank}"


def _spending(index: Index, effort: int | None, asked: bool) -> str:
    if effort is None:
        return "the comparison of every row"
    return f"{'an' if asked else 'the default'} effort of {_counted(index, effort)}"


def _cause(told: Explanation) -> str:
    if told.probed is None:
        return ""
    if told.probed:
        return ": its list was looked into, but by its code other rows looked nearer, and it was not compared"
    return ": its list was not among them"


def _remedy(index: Index, told: Explanation) -> str:
    """What finds it."""
    core = index._core
    if told.min_effort_found is None:
        if core.keeps_vectors:
            return "No effort finds it but the comparison of every row: exact=True."
        return f"No effort finds it among {_neighbours(told.k)}; ask for more of them."
    sentence = f"From {_counted(index, told.min_effort_found)} on it is found."
    for target in _TARGETS if core.seen_distances() is not None else ():
        spent = core.base_effort(told.k, None, target, False)
        if spent is None:
            return f"{sentence} Searches that ask for recall={target:g} compare every row."
        if spent >= told.min_effort_found:
            return f"{sentence} Searches that ask for recall={target:g} spend {spent:,}."
    return sentence


def _counted(index: Index, effort: int) -> str:
    unit = index.effort_unit or "rows"
    return f"{effort:,} {unit.removesuffix('s') if effort == 1 else unit}"


def _neighbours(k: int) -> str:
    return "1 neighbour" if k == 1 else f"{k:,} neighbours"


def ordinal(number: int) -> str:
    """
    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 1_113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '1,113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
