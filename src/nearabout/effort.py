"""The range and unit of `effort` for an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nearabout import _core


class EffortRange(NamedTuple):
    """The efforts that a search of an index accepts."""

    unit: str  # "lists" or "rows"
    least: int
    most: int  # looks at all lists or rows
    exact_at_most: bool  # the largest effort compares the vector of every row


def index_effort(core: _core.Index) -> EffortRange:
    """Returns the effort range of an index. For an exact index, the only effort is all rows."""
    found = core.effort_range
    return EffortRange("rows", len(core), len(core), True) if found is None else EffortRange(*found)
