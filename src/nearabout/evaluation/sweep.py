"""One index asked at many efforts: what each finds and what it takes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.arguments import check_k
from nearabout.effort import index_effort
from nearabout.errors import InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.recall import interval, recalls, recalls_by_distance, relative_error
from nearabout.evaluation.truth import Truth
from nearabout.hits import Hits
from nearabout.index import Index

_STEP = math.sqrt(2)  # from one effort of the ladder to the next


@dataclass(frozen=True)
class Measured:
    """What a setting finds and how fast.

    Attributes:
        effort: as in `Index.search`; None of an exact index and of other libraries.
        recall: the share of the true neighbours that were found, by id.
        queries_per_second: in a batch, by the fastest of several.
        recall_low: where the recall of all such queries lies, with a confidence of 0.95 ..
        recall_high: .. by the number of queries that were asked.
        recall_by_distance: ties count as right; None where distances are only estimated.
        relative_error: of distances; None where they are only estimated, or nothing was found.
        p50_seconds: of one query a call, the median; None where that was not measured.
        p95_seconds: that which 95 in 100 queries do not exceed.
        setting: of another library, in its own words.
    """

    effort: int | None
    recall: float
    queries_per_second: float
    recall_low: float = 0.0
    recall_high: float = 1.0
    recall_by_distance: float | None = None
    relative_error: float | None = None
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    setting: str = ""


def sweep(
    index: Index,
    queries: Any,
    truth: Truth,
    k: int = 10,
    *,
    efforts: Iterable[int] | None = None,
    threads: int | None = 1,
    seconds: float = 0.5,
    single: bool = False,
    base: Any = None,
) -> list[Measured]:
    """Recall and speed of an index at many efforts.

    Args:
        index: of any kind; an exact one has one point.
        queries: (n, dims), at least one.
        truth: their true neighbours, of `ground_truth` with the same vectors and metric.
        k: how many neighbours are asked for; at most `truth.k`.
        efforts: which to try. None climbs from 1 by a factor of 1.41 until everything is found or looked at.
        threads: of a batch; one by default, which is what others' figures are for. None uses all cores.
        seconds: how long each effort is timed at least: longer is steadier.
        single: whether to time queries one a call as well, on one thread.
        base: the vectors, for an index that answers from codes and keeps none: its distances are estimates, and without
            the vectors recall_by_distance and relative_error are None.

    Returns:
        A `Measured` for each effort, in the order tried.

    Raises:
        InvalidInputError: a truth of other queries or another metric, k beyond what it knows, no queries, efforts for
            an exact index.

    >>> import nearabout as na, numpy as np
    >>> from nearabout.evaluation import ground_truth, sweep
    >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    >>> index = na.build(vectors[100:], kind=na.IVF(lists=32))
    >>> truth = ground_truth(vectors[100:], vectors[:100], k=10)
    >>> points = sweep(index, vectors[:100], truth, efforts=[1, 32], seconds=0)
    >>> points[0].recall < points[1].recall, points[1].recall > 0.9
    (True, True)
    """
    asked = np.asarray(queries)
    _check(index, asked, truth, k, seconds)
    if index.effort_unit is None:
        if efforts is not None:
            raise InvalidInputError(
                "efforts were given for an exact index, which always looks at everything; leave them out"
            )
        return [_measure(index, asked, truth, k, None, threads, seconds, single, base)]
    points = []
    for effort in _ladder(index) if efforts is None else efforts:
        points.append(_measure(index, asked, truth, k, effort, threads, seconds, single, base))
        if efforts is None and points[-1].recall == 1:
            break
    return points


def _check(index: Index, queries: NDArray[Any], truth: Truth, k: int, seconds: float) -> None:
    check_k(k, len(index))
    if truth.metric != index.metric:
        raise InvalidInputError(
            f"the truth is of {truth.metric} and the index of {index.metric}; compute it for {index.metric}"
        )
    if queries.ndim != 2 or len(queries) != len(truth) or not len(queries):
        raise InvalidInputError(
            f"queries has the shape {queries.shape} and the truth is of {len(truth):,} queries; the same are needed, "
            "(n, dims), at least one"
        )
    if not seconds >= 0:
        raise InvalidInputError(f"seconds is {seconds}; how long an effort is timed is 0 or more")


def _ladder(index: Index) -> Iterator[int]:
    """1 and on, each about 1.41 times the one before, and at last everything."""
    everything = index_effort(index._core).most
    effort, exact = 1, 1.0
    while effort < everything:
        yield effort
        while round(exact) <= effort:
            exact *= _STEP
        effort = round(exact)
    yield max(1, everything)


def _measure(
    index: Index,
    queries: NDArray[Any],
    truth: Truth,
    k: int,
    effort: int | None,
    threads: int | None,
    seconds: float,
    single: bool,
    base: Any,
) -> Measured:
    hits = index.search(queries, k, effort=effort, threads=threads)
    shares = recalls(hits.rows, truth, k)
    low, high = interval(shares)
    distances = _distances(index, queries, hits, base)
    by_distance = error = None
    if distances is not None:
        by_distance = float(recalls_by_distance(distances, truth, k).mean())
        error = relative_error(distances, truth, k)
        error = None if math.isnan(error) else error

    best, begin = math.inf, time.perf_counter()
    while best == math.inf or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        index.search(queries, k, effort=effort, threads=threads)
        best = min(best, time.perf_counter() - start)
    p50, p95 = _latencies(index, queries, k, effort, seconds) if single else (None, None)
    speed = len(queries) / max(best, 1e-9)
    return Measured(effort, float(shares.mean()), speed, low, high, by_distance, error, p50, p95)


def _distances(index: Index, queries: NDArray[Any], hits: Hits, base: Any) -> NDArray[np.float32] | None:
    """True ones; None where they cannot be had."""
    if base is not None:
        return true_distances(base, queries, hits.rows, metric=index.metric)
    details = index.info()
    if details.get("distance_source", "vectors") == "vectors":
        return hits.distances
    return true_distances(index, queries, hits.rows) if details["keeps_vectors"] else None


def _latencies(index: Index, queries: NDArray[Any], k: int, effort: int | None, seconds: float) -> tuple[float, float]:
    """Seconds of one query a call: the median, and what 95 in 100 do not exceed."""
    times: list[float] = []
    begin = time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        for query in queries:
            start = time.perf_counter()
            index.search(query, k, effort=effort, threads=1)
            times.append(time.perf_counter() - start)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))
