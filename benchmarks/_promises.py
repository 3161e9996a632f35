"""Compares promised and measured recall on hostile data, and times with the exact kind: `contract.py --hostile`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from _hostile import SETS, Hostile, hostile_set
from numpy.typing import NDArray

import nearabout as na

TARGETS = (0.80, 0.90, 0.95, 0.99)
NEIGHBOURS = (1, 10, 100)
ALLOWED_BELOW, ALLOWED_ABOVE, ALLOWED_TIME = 0.01, 0.02, 1.2
MANY_ROWS = 100_000  # from here on, a scan of all rows does not count as quick if an effort is enough
WELL_BELOW, ALLOWED_MORE = 1 / 3, 2.0  # of the exact kind's time; times the time of that effort


@dataclass(frozen=True)
class Promise:
    """One promise on one set, and the measured result."""

    set: str
    rows: int
    kind: str
    k: int
    target: float
    recall: float
    error: float  # two standard errors of it
    expected: float
    effort: float  # the median over the queries that did not compare every row
    every_row: float  # the share of queries that did
    flagged: float  # the share of queries with hits.out_of_distribution: unlike those of the calibration
    time: float  # beside the exact kind's
    least: float  # the same of the least effort that reaches the target on these very queries; NaN: not tried

    @property
    def kept(self) -> bool:
        return self.recall >= self.target - ALLOWED_BELOW - self.error

    @property
    def true(self) -> bool:
        return self.expected <= self.recall + ALLOWED_ABOVE + self.error

    @property
    def quick(self) -> bool:
        wasted = self.least <= WELL_BELOW and self.time > ALLOWED_MORE * self.least
        return self.time <= ALLOWED_TIME and not wasted


def found(distances: NDArray[np.float32], true: NDArray[np.float32], k: int) -> NDArray[np.float64]:
    """Returns the recall of each query; a hit no farther than the k-th true neighbour counts as found."""
    within: NDArray[np.float64] = (distances[:, :k] <= true[:, k - 1 : k]).mean(axis=1)
    return within


def seconds_of(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def best_of(repeats: int, run: Callable[[], object]) -> float:
    return min(seconds_of(run) for _ in range(repeats))


def least_seconds(index: na.Index, case: Hostile, k: int, target: float, true: NDArray[np.float32]) -> float:
    """Returns the time of the smallest measured effort that reaches the target on these queries, or infinity."""
    calibration = index.calibration()
    efforts = [] if calibration is None else [point.effort for point in calibration.points]
    low, high = 0, len(efforts)
    while low < high:
        middle = (low + high) // 2
        hits = index.search(case.queries, k, effort=efforts[middle], threads=1)
        low, high = (low, middle) if found(hits.distances, true, k).mean() >= target else (middle + 1, high)
    if low == len(efforts):
        return float("inf")
    return best_of(3, partial(index.search, case.queries, k, effort=efforts[low], threads=1))


def promises_of(case: Hostile, kinds: Sequence[str], repeats: int = 3) -> Iterator[Promise]:
    exact = na.build(case.base, metric=case.metric, kind="exact")
    true = exact.search(case.queries, max(NEIGHBOURS)).distances
    seconds = {k: best_of(repeats, partial(exact.search, case.queries, k, threads=1)) for k in NEIGHBOURS}
    for kind in kinds:
        index = na.build(case.base, metric=case.metric, kind=kind)
        for k in NEIGHBOURS:
            for target in TARGETS:
                hits = index.search(case.queries, k, recall=target, threads=1)
                spent = best_of(repeats, partial(index.search, case.queries, k, recall=target, threads=1))
                share = found(hits.distances, true, k)
                efforts = np.asarray(hits.effort)
                chosen = efforts[efforts != na.EVERY_ROW]
                many = len(case.base) >= MANY_ROWS and kind != "exact"
                least = least_seconds(index, case, k, target, true) if many else float("nan")
                yield Promise(
                    case.name,
                    len(case.base),
                    kind,
                    k,
                    target,
                    float(share.mean()),
                    2 * float(share.std()) / len(share) ** 0.5,
                    float(np.mean(np.asarray(hits.expected_recall))),
                    float(np.median(chosen)) if len(chosen) else float("nan"),
                    float(np.mean(efforts == na.EVERY_ROW)),
                    float(np.mean(hits.out_of_distribution)),
                    spent / seconds[k],
                    least / seconds[k],
                )


def show_hostile(rows: int, kinds: Sequence[str], names: Sequence[str] = tuple(SETS)) -> list[Promise]:
    head = f"{'set':21} {'rows':>7} {'kind':6} {'k':>3} target recall expected  effort every row flagged"
    head += "  time/exact   least"
    print(head)
    promises = []
    for name in names:
        for promise in promises_of(hostile_set(name, rows), kinds):
            promises.append(promise)
            wrong = "" if promise.kept else "  broken"
            wrong += "" if promise.true else "  too hopeful"
            wrong += "" if promise.quick else "  slow"
            print(
                f"{promise.set:21} {promise.rows:7,} {promise.kind:6} {promise.k:3} {promise.target:6.2f} "
                f"{promise.recall:6.3f} {promise.expected:8.3f} {promise.effort:7,.0f} {promise.every_row:9.2f} "
                f"{promise.flagged:7.2f} {promise.time:11.2f} {promise.least:7.2f}{wrong}",
                flush=True,
            )
    count = len(promises)
    print(
        f"of {count} promises {sum(p.kept for p in promises)} kept (found at least the target less .01 and two "
        f"standard errors), {sum(p.true for p in promises)} with an expected recall at most .02 above what was found, "
        f"{sum(p.quick for p in promises)} in at most {ALLOWED_TIME} times the exact kind's time (and, of many "
        f"rows, twice that of the least effort, where that is below a third of it)"
    )
    return promises
