"""Writes explanations as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearabout.calibration.effort import index_effort
from nearabout.kinds import KINDS

if TYPE_CHECKING:
    from nearabout import _core
    from nearabout.calibration.explain import Explanation

_CODES = {"int8": "8-bit codes", "codes": "small codes"}
_TARGETS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)  # usual values of recall=


def why(core: _core.Index, result: Explanation, requested: bool) -> str:
    """Returns an explanation in a sentence or two. `requested`: whether the caller passed a recall or an effort."""
    search = _search(core, result.effort, requested)
    if result.is_true_neighbour and result.found:
        first = f"{_rank(result)}, and {search} found it"
        if result.min_effort_found is None or result.effort is None or result.min_effort_found >= result.effort:
            return f"{first}."
        return f"{first}; effort={result.min_effort_found} would be enough."
    if result.is_true_neighbour:
        return f"{_rank(result)}, but {search} missed it{_cause(core, result)}. {_remedy(core, result)}"
    if result.found:
        nearest = "the nearest" if result.k == 1 else f"among the {result.k:,} nearest"
        return f"{_rank(result)}, not {nearest}; {search} found it instead of a nearer row, which it missed."
    last = f"the {ordinal(result.k)} is at {result.kth_distance:.4g}"
    right = f"a search for {_neighbours(result.k)} is right to leave it out"
    sentence = f"{_rank(result)}, at {result.distance:.4g}, and {last}: {right}."
    if result.min_effort_found is None:
        return sentence
    return f"{sentence} A search for {result.rank:,} finds it with effort={result.min_effort_found}."


def _rank(result: Explanation) -> str:
    rank = "the nearest" if result.rank == 1 else f"the {ordinal(result.rank)} nearest"
    if result.distance_source == "vectors":
        return f"It is {rank}"
    return f"By the {_CODES[result.distance_source]} that the index keeps instead of vectors, it is {rank}"


def _search(core: _core.Index, effort: int | None, requested: bool) -> str:
    if effort is None:
        return "the exact scan"
    return f"{'this' if requested else 'the default'} search, which took {_counted(core, effort)},"


def _cause(core: _core.Index, result: Explanation) -> str:
    if result.probed is None:
        return ""
    kind = KINDS[core.kind]
    return f": {kind.not_compared if result.probed else kind.not_reached}"


def _remedy(core: _core.Index, result: Explanation) -> str:
    """Returns a sentence on how to find it."""
    if result.min_effort_found is None:
        if core.keeps_vectors:
            return "No effort finds it; only exact=True does."
        return f"No effort finds it among {_neighbours(result.k)}; search for more neighbours."
    sentence = f"A search with effort={result.min_effort_found} finds it."
    for target in _TARGETS if core.seen_distances() is not None else ():
        effort = core.base_effort(result.k, None, target, False)
        if effort is None:
            return f"{sentence} Those with recall={target:g} compare every row."
        if effort >= result.min_effort_found:
            return f"{sentence} Those with recall={target:g} begin with {_counted(core, effort)}."
    return sentence


def _counted(core: _core.Index, effort: int) -> str:
    unit = index_effort(core).unit
    return f"{effort:,} {unit.removesuffix('s') if effort == 1 else unit}"


def _neighbours(k: int) -> str:
    return "1 neighbour" if k == 1 else f"{k:,} neighbours"


def ordinal(number: int) -> str:
    """Returns a number as an ordinal.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 1_113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '1,113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
