"""Evaluates one index: measured recall and speed at efforts or target recalls, next to its calibrated recall."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import ArrayOrTensor
from nearabout._base.checks import check_k
from nearabout.errors import InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.recall import interval, recalls, recalls_by_distance
from nearabout.evaluation.sweep import Measured
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.index import Index

USUAL_RECALLS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_MOST_ROWS = 1_000  # rows of the index to use as queries if there are none


@dataclass(frozen=True)
class Evaluated(Measured):
    """A `Measured` with the target and the calibrated recall.

    Attributes:
        effort: effort, or for a target recall the minimum effort of each query; None if every row is compared.
        target: target recall; None if an effort was given.
        expected_recall: recall at this effort according to the calibration; None without a calibration.
    """

    target: float | None = None
    expected_recall: float | None = None


@dataclass(frozen=True, eq=False)
class Questions:
    """Queries and their true neighbours.

    Attributes:
        vectors: queries, (n, dims).
        truth: their true neighbours.
        rows: int64, (n,), if the queries are rows of the index, their row numbers, which are left out of their own
            results; None for other queries.
    """

    vectors: NDArray[Any]
    truth: Truth
    rows: NDArray[np.int64] | None = None


def questions_of(
    index: Index, queries: ArrayOrTensor | None = None, truth: Truth | None = None, k: int = 10
) -> Questions:
    """Returns queries with their true neighbours. Without queries, it uses up to 1,000 rows of the index: a
    random one of each of as many equal parts, the same each time.

    Raises:
        InvalidInputError: the index keeps no vectors and `truth` is not given; or there are no queries and fewer than
            two rows.
    """
    if truth is None and not index.info().get("keeps_vectors", True):
        raise InvalidInputError(
            "the index keeps no vectors, so it cannot find the true neighbours; pass truth=, or evaluate an index that "
            "keeps its vectors"
        )
    if queries is not None:
        vectors = np.asarray(queries)
        return Questions(vectors, ground_truth(index, vectors, k) if truth is None else truth)
    count = min(_MOST_ROWS, len(index))
    if count < 2:
        raise InvalidInputError(f"the index has {len(index)} rows, and no queries were given; pass queries")
    parts = np.arange(count + 1, dtype=np.int64) * len(index) // count
    rows = np.random.default_rng(0).integers(parts[:-1], parts[1:])
    vectors = index.vectors(rows)
    if truth is None:
        near = index.search(vectors, k + 1, exact=True)
        truth = Truth(*_without(rows, near.rows, near.distances), index.metric)
    return Questions(vectors, truth, rows)


def evaluate(
    index: Index,
    questions: Questions,
    k: int = 10,
    *,
    efforts: Iterable[int] | None = None,
    targets: Iterable[float] | None = None,
    threads: int | None = 1,
    seconds: float = 0.5,
) -> list[Evaluated]:
    """Measures the recall and speed of an index.

    Args:
        index: index of any kind; an exact one gives a single point.
        questions: queries and truth, from `questions_of`.
        k: number of neighbours, at most `questions.truth.k`.
        efforts: efforts to measure.
        targets: target recalls to measure, instead of efforts. If both are None, a calibrated index is measured at the
            usual recalls, any other index at the efforts 1, 2, 4 and so on.
        threads: number of threads of a batch; None uses all cores.
        seconds: minimum time of each measurement in seconds; the fastest run counts.

    Returns:
        An `Evaluated` for each distinct effort.

    Raises:
        InvalidInputError: efforts and targets are both given, or either for an exact index; or as in `search`.

    >>> import nearabout as na, numpy as np
    >>> from nearabout.evaluation import evaluate, questions_of
    >>> index = na.build(np.random.default_rng(0).normal(size=(2000, 16)), kind=na.IVF(lists=32))
    >>> points = evaluate(index, questions_of(index), targets=[0.8, 0.99], seconds=0)
    >>> points[0].recall < points[1].recall, points[0].target, points[0].effort < points[1].effort
    (True, 0.8, True)
    """
    check_k(k, len(index))
    options = _options(index, efforts, targets)
    points: list[Evaluated] = []
    for option in options:
        point = _point(index, questions, k, option, threads, seconds)
        if all((point.effort, point.recall) != (known.effort, known.recall) for known in points):
            points.append(point)
    return points


def _options(index: Index, efforts: Iterable[int] | None, targets: Iterable[float] | None) -> list[dict[str, Any]]:
    """Returns the options of each search: an effort or a recall."""
    if efforts is not None and targets is not None:
        raise InvalidInputError("pass either efforts or recalls, not both: each sets the effort of the searches")
    if index.effort_unit is None:
        if efforts is not None or targets is not None:
            raise InvalidInputError("an exact index always compares every row; leave efforts and recalls out")
        return [{}]
    if efforts is not None:
        return [{"effort": effort} for effort in efforts]
    if targets is None and index.calibration() is not None:
        targets = USUAL_RECALLS
    if targets is not None:
        return [{"recall": target} for target in targets]
    most = int(index.info().get("lists", len(index)))
    return [{"effort": 1 << step} for step in range(most.bit_length())]


def _point(
    index: Index, questions: Questions, k: int, option: dict[str, Any], threads: int | None, seconds: float
) -> Evaluated:
    vectors, rows, truth = questions.vectors, questions.rows, questions.truth
    effort, expected = _calibrated(index, k, option)
    searched_k = k if rows is None else k + 1

    best, begin = math.inf, time.perf_counter()
    while best == math.inf or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        hits = index.search(vectors, searched_k, threads=threads, **option)
        best = min(best, time.perf_counter() - start)
    found, distances = (hits.rows, hits.distances) if rows is None else _without(rows, hits.rows, hits.distances)
    fractions = recalls(found, truth, k)
    low, high = interval(fractions)
    return Evaluated(
        effort,
        float(fractions.mean()),
        len(vectors) / max(best, 1e-9),
        low,
        high,
        _by_distance(index, vectors, found, distances, truth, k),
        target=option.get("recall"),
        expected_recall=expected,
    )


def _calibrated(index: Index, k: int, option: dict[str, Any]) -> tuple[int | None, float | None]:
    """Returns the effort that a search starts with, and the calibrated recall at that effort."""
    core = index._core
    effort = core.base_effort(k, option.get("effort"), option.get("recall"), False)
    found = core.expected_recall(k, effort)
    return option.get("effort", effort), None if found is None else found[0]


def _by_distance(
    index: Index,
    vectors: NDArray[Any],
    found: NDArray[np.int64],
    distances: NDArray[np.float32],
    truth: Truth,
    k: int,
) -> float | None:
    """Returns the recall by distance; None if neither the hits nor the index have exact distances."""
    facts = index.info()
    if facts.get("distance_source", "vectors") != "vectors":
        if not facts["keeps_vectors"]:
            return None
        distances = true_distances(index, vectors, found)
    return float(recalls_by_distance(distances, truth, k).mean())


def _without(
    own: NDArray[np.int64], rows: NDArray[np.int64], distances: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Removes each query's own row from its results, or the last result if its own row is not among them."""
    keep = rows != own[:, None]
    keep[keep.all(axis=1), -1] = False
    shape = (len(rows), rows.shape[1] - 1)
    return rows[keep].reshape(shape), distances[keep].reshape(shape)
