"""The effort of a search: its range for an index, and the checks of the arguments that set it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nearabout._base.checks import check_flag
from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout import _core


class EffortRange(NamedTuple):
    """The efforts that a search of an index accepts."""

    unit: str  # "lists", "rows" or "nodes"
    least: int
    most: int  # looks at every row, or at as many as are worth it
    exact_at_most: bool  # the largest effort compares the vector of every row


def index_effort(core: _core.Index) -> EffortRange:
    """Returns the effort range of an index. For an exact index, the only effort is all rows."""
    found = core.effort_range
    return EffortRange("rows", len(core), len(core), True) if found is None else EffortRange(*found)


def check_effort(effort: object, exact: object, has_effort: bool) -> tuple[int | None, bool]:
    """Returns the effort for the core, where None leaves the choice to the index, and whether the search is exact."""
    everything = check_flag("exact", exact)
    if effort is None:
        return None, everything
    if everything:
        raise InvalidInputError(
            f"effort is {effort!r} and exact is True; pass one of them: an exact search compares every row"
        )
    if not has_effort:
        raise InvalidInputError(f"effort is {effort!r}, but an exact index always compares every row; leave it out")
    if isinstance(effort, (bool, np.bool_)) or not isinstance(effort, (int, np.integer)) or effort < 1:
        raise InvalidInputError(
            f"effort is {effort!r}; pass a positive whole number, the number of lists, rows or nodes to look at"
        )
    return min(int(effort), 2**63), everything


def check_recall(recall: object) -> float:
    """Returns the recall as a float, if it is a number above 0 and up to 1."""
    if type(recall) is float and 0 < recall <= 1:  # fast path for single queries
        return recall
    if isinstance(recall, (bool, np.bool_)) or not isinstance(recall, (int, float, np.integer, np.floating)):
        raise InvalidInputError(f"recall is {a_type(recall)}; pass a number above 0 and up to 1, such as 0.95")
    fraction = float(recall)
    if not 0 < fraction <= 1 or math.isnan(fraction):
        raise InvalidInputError(f"recall is {recall}; pass a number above 0 and up to 1, such as 0.95")
    return fraction


def check_spending(core: _core.Index, recall: object, effort: object, exact: object) -> float | None:
    """Returns the target recall or None. Refuses a recall together with effort or exact, or without a calibration."""
    if recall is None:
        return None
    target = check_recall(recall)
    if effort is not None or exact is not False:
        other = "exact" if effort is None else "effort"
        raise InvalidInputError(f"pass either recall= or {other}=, not both: each sets the effort of the search")
    if not core.keeps_promises:
        raise InvalidInputError(
            "recall= needs a calibrated index, and this one is not calibrated; call index.calibrate(queries), or "
            "build it with calibrate=True"
        )
    return target
