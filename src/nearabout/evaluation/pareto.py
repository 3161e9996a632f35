"""Pareto fronts of measured settings, and the speed at a recall."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

from nearabout.errors import InvalidInputError


class Point(Protocol):
    """The recall and speed of a setting."""

    @property
    def recall(self) -> float: ...
    @property
    def queries_per_second(self) -> float: ...


AnyPoint = TypeVar("AnyPoint", bound=Point)


def pareto_front(points: Iterable[AnyPoint]) -> list[AnyPoint]:
    """Returns the points that no other point beats in both recall and speed, by ascending recall."""
    best: list[AnyPoint] = []
    for point in sorted(points, key=lambda point: (-point.recall, -point.queries_per_second)):
        if not best or point.queries_per_second > best[-1].queries_per_second:
            best.append(point)
    return best[::-1]


def queries_per_second_at(points: Iterable[Point], recall: float) -> float | None:
    """Returns the speed at a recall; None if no point reaches it.

    It interpolates the logarithm of the speed linearly between the two nearest points of the Pareto front. It does not
    extrapolate: if the fastest point has a higher recall, it returns the speed of that point.

    Args:
        points: points in any order.
        recall: recall, 0 to 1.

    Raises:
        InvalidInputError: a recall outside 0 to 1.

    >>> from nearabout.evaluation import Measured, queries_per_second_at
    >>> points = [Measured(1, 0.8, 1000.0), Measured(2, 1.0, 10.0)]
    >>> round(queries_per_second_at(points, 0.9))
    100
    """
    if not 0 <= recall <= 1:
        raise InvalidInputError(f"recall is {recall}; pass a number from 0 to 1")
    below: Point | None = None
    for above in pareto_front(points):
        if above.recall < recall:
            below = above
            continue
        if below is None or above.recall == recall:
            return above.queries_per_second
        fraction = (recall - below.recall) / (above.recall - below.recall)
        logs = math.log(below.queries_per_second), math.log(above.queries_per_second)
        return math.exp(logs[0] + fraction * (logs[1] - logs[0]))
    return None
