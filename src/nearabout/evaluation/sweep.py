"""Measures one index at many efforts: recall, speed and latency."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import ArrayOrTensor, VectorsLike
from nearabout._base.checks import check_k
from nearabout.calibration.effort import index_effort
from nearabout.errors import InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.recall import interval, recalls, recalls_by_distance, relative_error
from nearabout.evaluation.truth import Truth
from nearabout.hits import Hits
from nearabout.index import Index

_STEP = math.sqrt(2)  # factor between successive efforts


@dataclass(frozen=True)
class Measured:
    """The measured recall and speed of one setting.

    Attributes:
        effort: as in `Index.search`; None for an exact index and for other libraries.
        recall: fraction of the true neighbours found, by id.
        queries_per_second: queries per second in a batch, in the fastest of several runs.
        recall_low: lower end of the 95 % confidence interval of the recall of all such queries.
        recall_high: upper end of that interval.
        recall_by_distance: recall where ties count as found; None if distances are estimates.
        relative_error: relative error of distances; None if they are estimates, or nothing was found.
        p50_seconds: median latency in seconds with one query per call; None if not measured.
        p95_seconds: 95th percentile of that latency.
        setting: settings of another library, in its own terms.
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
    queries: ArrayOrTensor,
    truth: Truth,
    k: int = 10,
    *,
    efforts: Iterable[int] | None = None,
    threads: int | None = 1,
    seconds: float = 0.5,
    single: bool = False,
    base: VectorsLike | None = None,
) -> list[Measured]:
    """Measures the recall and speed of an index at many efforts.

    Args:
        index: index of any kind; an exact one gives a single point.
        queries: (n, dims), at least one.
        truth: their true neighbours, from `ground_truth` with the same vectors and metric.
        k: number of neighbours, at most `truth.k`.
        efforts: efforts to measure. None rises from 1 by a factor of 1.41 until the recall is 1 or every row is
            compared.
        threads: number of threads of a batch. The default is 1, as in most published benchmarks; None uses all cores.
        seconds: minimum time of each measurement in seconds; longer is more precise.
        single: whether to measure the latency of one query per call as well, on one thread.
        base: the vectors, for an index that keeps none. Its distances are estimates; without the vectors,
            recall_by_distance and relative_error are None.

    Returns:
        A `Measured` for each effort, in the order measured.

    Raises:
        InvalidInputError: the truth is for other queries or another metric, k is larger than `truth.k`, there are no
            queries, or efforts are given for an exact index.

    >>> import nearabout as na, numpy as np
    >>> from nearabout.evaluation import ground_truth, sweep
    >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    >>> index = na.build(vectors[100:], kind=na.IVF(lists=32))
    >>> truth = ground_truth(vectors[100:], vectors[:100], k=10)
    >>> points = sweep(index, vectors[:100], truth, efforts=[1, 32], seconds=0)
    >>> points[0].recall < points[1].recall, points[1].recall > 0.9
    (True, True)
    """
    query_array = np.asarray(queries)
    _check(index, query_array, truth, k, seconds)
    if index.effort_unit is None:
        if efforts is not None:
            raise InvalidInputError("efforts were given, but an exact index always compares every row; leave them out")
        return [_measure(index, query_array, truth, k, None, threads, seconds, single, base)]
    points = []
    for effort in _ladder(index) if efforts is None else efforts:
        points.append(_measure(index, query_array, truth, k, effort, threads, seconds, single, base))
        if efforts is None and points[-1].recall == 1:
            break
    return points


def _check(index: Index, queries: NDArray[Any], truth: Truth, k: int, seconds: float) -> None:
    check_k(k, len(index))
    if truth.metric != index.metric:
        raise InvalidInputError(
            f"the truth has the metric {truth.metric}, but the index has {index.metric}; compute it for {index.metric}"
        )
    if queries.ndim != 2 or len(queries) != len(truth) or not len(queries):
        raise InvalidInputError(
            f"queries has the shape {queries.shape}, but the truth has {len(truth):,} queries; pass the same queries, "
            "(n, dims), at least one"
        )
    if not seconds >= 0:
        raise InvalidInputError(f"seconds is {seconds}; pass 0 or more")


def _ladder(index: Index) -> Iterator[int]:
    """Yields efforts from 1, each about 1.41 times the previous one, and finally the largest."""
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
    base: VectorsLike | None,
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


def _distances(index: Index, queries: NDArray[Any], hits: Hits, base: VectorsLike | None) -> NDArray[np.float32] | None:
    """Returns exact distances; None if they cannot be computed."""
    if base is not None:
        return true_distances(base, queries, hits.rows, metric=index.metric)
    details = index.info()
    if details.get("distance_source", "vectors") == "vectors":
        return hits.distances
    return true_distances(index, queries, hits.rows) if details["keeps_vectors"] else None


def _latencies(index: Index, queries: NDArray[Any], k: int, effort: int | None, seconds: float) -> tuple[float, float]:
    """Returns the latency of one query per call in seconds: median and 95th percentile."""
    times: list[float] = []
    begin = time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        for query in queries:
            start = time.perf_counter()
            index.search(query, k, effort=effort, threads=1)
            times.append(time.perf_counter() - start)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))
