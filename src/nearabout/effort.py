"""What `effort` means for an index: how much a search may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nearabout import _core


class EffortRange(NamedTuple):
    """The efforts that a search of an index takes."""

    unit: str  # "lists", "rows"
    least: int
    most: int  # with which everything is looked at
    exact_at_most: bool  # by comparing the vector of every row


def index_effort(core: _core.Index) -> EffortRange:
    """Returns the efforts of an index; of one that always compares every row, none but all rows."""
    found = core.effort_range
    return EffortRange("rows", len(core), len(core), True) if found is None else EffortRange(*found)
