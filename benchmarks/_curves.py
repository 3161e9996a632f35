"""Evaluates the points of a sweep: the time of a query at a recall, and the growth of a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Way = Literal["batch", "single"]
WAYS: tuple[Way, Way] = ("batch", "single")


@dataclass(frozen=True)
class Point:
    """One setting of one build: its recall and the seconds per query."""

    build: str
    setting: str
    recall: float
    batch: float
    single: float

    def seconds(self, way: Way) -> float:
        return self.batch if way == "batch" else self.single


def frontier(points: Iterable[Point], way: Way) -> list[Point]:
    """Returns the Pareto front, by ascending recall and so by ascending time."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.recall, point.seconds(way))):
        if not best or point.seconds(way) < best[-1].seconds(way):
            best.append(point)
    return best[::-1]


def reaching(points: Iterable[Point], target: float, way: Way) -> Point | None:
    """Returns the fastest setting that reaches the recall; None if none does."""
    return next((point for point in frontier(points, way) if point.recall >= target), None)


def seconds_at(points: Iterable[Point], target: float, way: Way) -> float | None:
    """Returns the seconds per query at a recall; None if it is not reached.

    Between the two settings of the frontier on either side of the recall the logarithm of the time is a straight
    line. Nothing is guessed beyond them: where even the fastest setting finds more, its time counts.
    """
    below = None
    for above in frontier(points, way):
        if above.recall < target:
            below = above
            continue
        if below is None:
            return above.seconds(way)
        share = (target - below.recall) / (above.recall - below.recall)
        logs = math.log(below.seconds(way)), math.log(above.seconds(way))
        return math.exp(logs[0] + share * (logs[1] - logs[0]))
    return None


def faster(first: Iterable[Point], second: Iterable[Point]) -> list[Point]:
    """Merges two sweeps of one index: the smaller time of each setting."""
    merged = {(point.build, point.setting): point for point in first}
    for point in second:
        place = point.build, point.setting
        if place not in merged:
            merged[place] = point
            continue
        other = merged[place]
        batch, single = min(other.batch, point.batch), min(other.single, point.single)
        merged[place] = Point(*place, point.recall, batch, single)
    return sorted(merged.values(), key=lambda point: point.recall)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Returns the exponent with which a value grows with size: the slope of a line through the logarithms."""
    if len(sizes) < 2 or len(sizes) != len(values):
        raise ValueError(f"a line needs two points or more, {len(sizes)} sizes and {len(values)} values were given")
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    middle_x, middle_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((a - middle_x) ** 2 for a in x)
    return math.fsum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / spread
