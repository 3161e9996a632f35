"""Calibration: the recall that an index measured for each effort, and the effort that a search uses for a recall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError
from nearabout.names import a_type

if TYPE_CHECKING:
    from nearabout import _core

MEASURED_AT = (1, 10, 100)


@dataclass(frozen=True)
class Measurement:
    """The recall and cost of searches for k neighbours at one effort.

    Attributes:
        recall: mean recall over the calibration queries (fraction of the k true neighbours found).
        recall_lower: lower confidence bound of the recall: 1.28 standard errors below it (a one-sided 90 % bound).
            `search(recall=)` uses this value.
        distance_computations: mean number of distances that a query computes, to codes and to vectors.
        modelled_seconds: seconds per query on one thread of a current processor, by a cost model of the kind. It is
            not measured, so that the same data always gives the same file.
    """

    recall: float
    recall_lower: float
    distance_computations: float
    modelled_seconds: float


@dataclass(frozen=True)
class CalibrationPoint:
    """The measurements at one effort.

    Attributes:
        effort: the effort, in lists or rows (`Index.effort_unit`).
        at: measurements by the number of neighbours k: `at[1]`, `at[10]` and `at[100]`.
    """

    effort: int
    at: dict[int, Measurement]


@dataclass(frozen=True)
class Calibration:
    """The calibration of an index: measured recall and modelled cost of each effort.

    Attributes:
        source: origin of the calibration queries: "held_out_rows" or "user_queries".
        queries: number of calibration queries.
        target_recall: default target recall of searches.
        points: measured efforts, ascending.
    """

    source: str
    queries: int
    target_recall: float
    points: tuple[CalibrationPoint, ...]

    @classmethod
    def of(cls, core: _core.Index) -> Calibration | None:
        """Returns the calibration stored in the index, or None."""
        found: dict[str, Any] | None = core.calibration()
        if found is None:
            return None
        points = tuple(
            CalibrationPoint(point["effort"], {k: Measurement(**point[k]) for k in MEASURED_AT})
            for point in found["points"]
        )
        return cls(found["source"], found["queries"], found["target_recall"], points)


EVERY_ROW = -1
"""The `effort` of a search that compared every row."""


class SearchCost(NamedTuple):
    """The effort that a search used for one query or for each query of a batch, and the recall that follows."""

    core: _core.Index
    k: int
    requested: tuple[Any, Any, bool]  # arguments effort, recall and exact of the search
    efforts: Any  # int64 (n,), or an int
    unlike: Any  # queries unlike those of the calibration: uint8 (n,), or a bool
    radius: bool = False  # a radius search

    def number(self) -> Any:
        return self.efforts

    def base(self) -> int | None:
        """Returns the effort that every query got at least; None if that is every row, or was not measured."""
        return None if self.radius else self.core.base_effort(max(1, self.k), *self.requested)

    def expected_recall(self) -> Any:
        """Returns a float or None for one query; for a batch an array, with NaN if nothing was measured."""
        base = self.base()
        found = None if base is None else self.core.expected_recall(max(1, self.k), base)
        if isinstance(self.efforts, int):
            return 1.0 if self.efforts == EVERY_ROW else None if found is None else found[0]
        return np.where(self.efforts == EVERY_ROW, 1.0, np.nan if found is None else found[0])

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns for distances (n, k) whether each query is unlike the calibration queries, bool (n,)."""
        unlike = np.atleast_1d(np.asarray(self.unlike, bool))
        seen = self.core.seen_distances()
        if seen is None or self.base() is None or distances.shape[1] == 0:
            return unlike
        column = min(distances.shape[1], 10) - 1
        least, most = seen[1 if column == 9 else 0]
        own = distances[:, column if column == 9 else 0]
        return unlike | (own < least) | (own > most)


class StoredSearchCost(NamedTuple):
    """The values of a `SearchCost` for pickled hits, which have no index to compute them from."""

    effort: Any
    recall: Any
    flags: bool | NDArray[np.bool_]

    def number(self) -> Any:
        return self.effort

    def expected_recall(self) -> Any:
        return self.recall

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        return np.atleast_1d(self.flags)


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
