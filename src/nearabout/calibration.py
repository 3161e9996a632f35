"""Recall as a number to ask for: what an index measured of itself, and what a search spends for a recall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout import _core

MEASURED_AT = (1, 10, 100)


@dataclass(frozen=True)
class Measurement:
    """What searches for k neighbours found and cost at one effort.

    Attributes:
        recall: the share of the k true neighbours that were found, on average over the queries.
        recall_lower: the lower end of its confidence interval, 1.28 standard errors below (a one-sided 90 % bound).
            `search(recall=)` uses this value.
        distance_computations: distances that a query computes on average, to codes and to vectors.
        modelled_seconds: time of a query on one thread of a current processor, by a cost model of the kind. It is not
            measured, so that the same data always give the same file.
    """

    recall: float
    recall_lower: float
    distance_computations: float
    modelled_seconds: float


@dataclass(frozen=True)
class CalibrationPoint:
    """One effort, and what it finds: `at[1]`, `at[10]` and `at[100]` for so many neighbours."""

    effort: int
    at: dict[int, Measurement]


@dataclass(frozen=True)
class Calibration:
    """What an index knows of itself.

    Attributes:
        source: "held_out_rows", or "user_queries".
        queries: number of calibration queries.
        target_recall: recall that searches aim at by default.
        points: measured efforts, ascending.
    """

    source: str
    queries: int
    target_recall: float
    points: tuple[CalibrationPoint, ...]

    @classmethod
    def of(cls, core: _core.Index) -> Calibration | None:
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


class Spent(NamedTuple):
    """What a search spent: on each query of a batch, or on the one that was asked."""

    core: _core.Index
    k: int
    asked: tuple[Any, Any, bool]  # effort, recall and exact, as the search was asked for them
    efforts: Any  # int64 (n,), or an int
    unlike: Any  # uint8 (n,), or a bool
    radius: bool = False

    def number(self) -> Any:
        return self.efforts

    def base(self) -> int | None:
        """The effort that every query was given at least; None: every row, or nothing that was measured."""
        return None if self.radius else self.core.base_effort(max(1, self.k), *self.asked)

    def expected_recall(self) -> Any:
        """Of a batch an array, NaN where nothing was measured; of one query a float or None."""
        base = self.base()
        found = None if base is None else self.core.expected_recall(max(1, self.k), base)
        if isinstance(self.efforts, int):
            return 1.0 if self.efforts == EVERY_ROW else None if found is None else found[0]
        return np.where(self.efforts == EVERY_ROW, 1.0, np.nan if found is None else found[0])

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether queries have their neighbours nearer or farther than any that calibration saw; (n, k) to (n,)."""
        unlike = np.atleast_1d(np.asarray(self.unlike, bool))
        seen = self.core.seen_distances()
        if seen is None or self.base() is None or distances.shape[1] == 0:
            return unlike
        column = min(distances.shape[1], 10) - 1
        least, most = seen[1 if column == 9 else 0]
        own = distances[:, column if column == 9 else 0]
        return unlike | (own < least) | (own > most)


class Told(NamedTuple):
    """The same of hits that were pickled: their index is not with them."""

    effort: Any
    share: Any
    flags: bool | NDArray[np.bool_]

    def number(self) -> Any:
        return self.effort

    def expected_recall(self) -> Any:
        return self.share

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        return np.atleast_1d(self.flags)


def check_recall(recall: object) -> float:
    """A share of the true neighbours."""
    if type(recall) is float and 0 < recall <= 1:  # what single queries pass, again and again
        return recall
    if isinstance(recall, (bool, np.bool_)) or not isinstance(recall, (int, float, np.integer, np.floating)):
        raise InvalidInputError(f"recall is a {type(recall).__name__}; pass the share to find, such as 0.95")
    share = float(recall)
    if not 0 < share <= 1 or math.isnan(share):
        raise InvalidInputError(f"recall is {recall}; pass a share above 0 and up to 1, such as 0.95")
    return share


def check_spending(core: _core.Index, recall: object, effort: object, exact: object) -> float | None:
    """The recall to aim at, where one is given: alone, and to an index that knows what it takes."""
    if recall is None:
        return None
    share = check_recall(recall)
    if effort is not None or exact is not False:
        other = "exact" if effort is None else "effort"
        raise InvalidInputError(f"pass either recall= or {other}=, not both: each says how much to spend")
    if not core.keeps_promises:
        raise InvalidInputError(
            "recall= needs an index that is calibrated, and this one is not; call index.calibrate(queries) first, or "
            "build it with calibrate=True"
        )
    return share
