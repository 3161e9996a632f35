"""One index, asked as its users ask: what it finds at efforts or recalls, beside what its calibration promises."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.arguments import check_k
from nearabout.errors import InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.recall import interval, recalls, recalls_by_distance
from nearabout.evaluation.sweep import Measured
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.index import Index

USUAL_RECALLS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_MOST_ROWS = 1_000  # of the index that are asked, where there are no queries


@dataclass(frozen=True)
class Evaluated(Measured):
    """A `Measured`, and what was promised.

    Attributes:
        effort: of a recall that was asked for, what each query was given at least; None where every row is compared.
        target: the recall that was asked for; None where an effort was.
        expected_recall: what the calibration of the index says of this effort; None where there is none.
    """

    target: float | None = None
    expected_recall: float | None = None


@dataclass(frozen=True, eq=False)
class Questions:
    """What an index is asked, and the true answers.

    Attributes:
        vectors: (n, dims).
        truth: their neighbours.
        rows: of the index that the vectors are, (n,), which are no answers to themselves; None of other queries.
    """

    vectors: NDArray[Any]
    truth: Truth
    rows: NDArray[np.int64] | None = None


def questions_of(index: Index, queries: Any = None, truth: Truth | None = None, k: int = 10) -> Questions:
    """Queries with their true neighbours; without queries, rows of the index, evenly spread, up to 1,000.

    Raises:
        InvalidInputError: an index that keeps no vectors, of which the true neighbours are not given; no rows or
            queries.
    """
    if truth is None and not index.info().get("keeps_vectors", True):
        raise InvalidInputError(
            "the index keeps no vectors, so that the true neighbours cannot be found with it; pass them as the truth, "
            "or evaluate an index of the same vectors that keeps them"
        )
    if queries is not None:
        vectors = np.asarray(queries)
        return Questions(vectors, ground_truth(index, vectors, k) if truth is None else truth)
    count = min(_MOST_ROWS, len(index))
    if count < 2:
        raise InvalidInputError(f"the index has {len(index)} rows and no queries were given; there is nothing to ask")
    rows = np.arange(count, dtype=np.int64) * len(index) // count
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
    """What an index finds and how fast it is.

    Args:
        index: of any kind; an exact one has one point.
        questions: what `questions_of` returned.
        k: how many neighbours; at most `questions.truth.k`.
        efforts: which to try.
        targets: recalls to ask for, in place of efforts. None of both: the usual ones of an index that is calibrated,
            and of another 1, 2, 4 and so on.
        threads: of a batch. None uses all cores.
        seconds: how long each is timed at least; the fastest run counts.

    Raises:
        InvalidInputError: efforts and targets at once, or either for an exact index; what `search` refuses.

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
    """What each search is told to spend."""
    if efforts is not None and targets is not None:
        raise InvalidInputError("efforts and recalls were given; each says how much to spend: give one of them")
    if index.effort_unit is None:
        if efforts is not None or targets is not None:
            raise InvalidInputError("an exact index always looks at everything; leave efforts and recalls out")
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
    effort, expected = _promise(index, k, option)
    asked = k if rows is None else k + 1

    best, begin = math.inf, time.perf_counter()
    while best == math.inf or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        hits = index.search(vectors, asked, threads=threads, **option)
        best = min(best, time.perf_counter() - start)
    found, distances = (hits.rows, hits.distances) if rows is None else _without(rows, hits.rows, hits.distances)
    shares = recalls(found, truth, k)
    low, high = interval(shares)
    return Evaluated(
        effort,
        float(shares.mean()),
        len(vectors) / max(best, 1e-9),
        low,
        high,
        _by_distance(index, vectors, found, distances, truth, k),
        target=option.get("recall"),
        expected_recall=expected,
    )


def _promise(index: Index, k: int, option: dict[str, Any]) -> tuple[int | None, float | None]:
    """The effort that a search begins with, and the recall to expect of it."""
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
    """The recall by distance; None where neither the answers nor the index can tell true distances."""
    facts = index.info()
    if facts.get("distance_source", "vectors") != "vectors":
        if not facts["keeps_vectors"]:
            return None
        distances = true_distances(index, vectors, found)
    return float(recalls_by_distance(distances, truth, k).mean())


def _without(
    own: NDArray[np.int64], rows: NDArray[np.int64], distances: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Answers less the row that each was asked with, or less the last where that is not among them."""
    keep = rows != own[:, None]
    keep[keep.all(axis=1), -1] = False
    shape = (len(rows), rows.shape[1] - 1)
    return rows[keep].reshape(shape), distances[keep].reshape(shape)
