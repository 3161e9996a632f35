"""The recall that an index measured for each effort, and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
        effort: the effort, in lists, rows or nodes (`Index.effort_unit`).
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
