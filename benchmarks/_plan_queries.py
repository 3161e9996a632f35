"""Compares the query times of `na.plan(recall=)` with measured ones: the part of benchmarks/plan.py about searches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from _sets import SETS, Set, sift_of
from auto_choice import shortened

import nearabout as na

RECALLS = (0.9, 0.95, 0.99)
KINDS = ("exact", "forest", "ivf")
ALLOWED = 3.0
_SINGLE = 200  # queries that are searched one per call
_REPEATS = 5
_PLANS = 3


def sets() -> Iterator[tuple[str, Set]]:
    sift, short = sift_of(200_000), shortened(sift_of(200_000), 16)
    yield "words", SETS["words"]()
    yield "MiniLM", SETS["minilm"]()
    yield "Fashion", SETS["fashion"]()
    yield "MNIST", SETS["mnist"]()
    for rows in (20_000, 100_000, 200_000):
        yield "SIFT", Set(sift.name, sift.metric, sift.base[:rows], sift.queries)
    floats = (sift.base[:100_000].astype(np.float32), sift.queries.astype(np.float32))
    yield "SIFT", Set(sift.name, sift.metric, *floats)
    yield "SIFT of 16", Set(short.name, short.metric, short.base, short.queries)


def fastest(work: Callable[[], object], count: int) -> float:
    """Returns the seconds per query of the fastest of several runs of `count` queries."""
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times) / count


def measured(index: na.Index, queries: np.ndarray[Any, Any], recall: float) -> tuple[float, float]:
    """Returns the seconds per query, single and in a batch, on one thread."""
    options: dict[str, Any] = {"threads": 1}
    if index.kind != "exact":
        options["recall"] = recall
    few = list(queries[:_SINGLE])
    alone = fastest(lambda: [index.search(query, 10, **options) for query in few], len(few))
    return alone, fastest(lambda: index.search(queries, 10, **options), len(queries))


def _planned(case: Set, options: dict[str, Any]) -> tuple[float, float]:
    """Returns the planned times for the same."""
    plan = na.plan(*case.base.shape, **options)
    return plan.query_seconds, 1 / plan.queries_per_second


def compare_queries(quick: bool, type_of: Callable[[np.dtype[Any]], str]) -> int:
    """Prints a line for each set, kind and recall. Returns the number of ratios outside the allowed range."""
    print(f"{'microseconds, on one thread':44}  {'one a call':>23}  {'in a batch':>23}")
    print(f"{'':44}" + f"  {'planned':>8} {'real':>8} {'ratio':>5}" * 2)
    ratios: list[float] = []
    for name, case in sets():
        if quick and len(case.base) > 24_000:
            continue
        dtype = type_of(case.base.dtype)
        for kind in KINDS:
            index = na.build(case.base, metric=case.metric, kind=kind)
            for recall in RECALLS if kind != "exact" else (1.0,):
                options = {"metric": case.metric, "kind": kind, "dtype": dtype, "recall": recall, "threads": 1}
                planned = np.median([_planned(case, options) for _ in range(_PLANS)], axis=0).tolist()
                pairs = list(zip(planned, measured(index, case.queries, recall), strict=True))
                cells = [f"{p * 1e6:>8.1f} {r * 1e6:>8.1f} {p / r:>5.2f}" for p, r in pairs]
                ratios += [p / r for p, r in pairs]
                shape = f"{dtype:4} {len(case.base):>7,} x {case.base.shape[1]:<4}"
                off = "" if all(1 / ALLOWED <= p / r <= ALLOWED for p, r in pairs) else "  <--"
                print(f"{name:11} {shape} {kind:7} {recall:<4g}  {'  '.join(cells)}{off}", flush=True)
    outside = sum(not 1 / ALLOWED <= ratio <= ALLOWED for ratio in ratios)
    two = sum(1 / 2 <= ratio <= 2 for ratio in ratios)
    print(f"{len(ratios)} ratios from {min(ratios):.2f} to {max(ratios):.2f}, {two} within a factor of two,")
    print(f"{outside} off by more than a factor of three")
    return outside
