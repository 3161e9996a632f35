"""Measures of quality: recall, its confidence interval, and the relative error of distances.

There are two recalls. Recall by id is the fraction of the true neighbours that are among the rows found, which is the
usual definition. Recall by distance counts a row if it is no farther away than the k-th true neighbour: if several rows
are equally near (duplicates, bits, bytes), any of them is correct. Recall by distance is never lower than recall by id.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import ArrayOrTensor
from nearabout._base.checks import check_k
from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError
from nearabout.evaluation.truth import Truth

TOLERANCE = 2.0**-20  # fraction of a distance: eight steps of float32, about a millionth
_COSINE_ZERO = 1e-12  # cosine distances of equal vectors are a few 1e-16, not 0
_BLOCK = 16 << 20  # comparisons of rows held in memory at a time


class Interval(NamedTuple):
    """A confidence interval of a mean."""

    low: float
    high: float


def recall(found: ArrayOrTensor, truth: Truth, k: int = 10) -> float:
    """Returns the recall: the fraction of the k true neighbours that were found, over all queries.

    Args:
        found: rows, integers, (n, any number), as a search returned them, nearest first. Only the first k count.
            Missing rows and -1 count as not found; a duplicate row counts once.
        truth: true neighbours of the same queries.
        k: number of neighbours, at most `truth.k`.

    Returns:
        The mean recall, 0 to 1.

    Raises:
        InvalidInputError: the number of queries differs, or k is larger than `truth.k`.

    >>> from nearabout.evaluation import Truth, recall
    >>> truth = Truth([[0, 1], [2, 3]], [[0.1, 0.2], [0.3, 0.4]], "euclidean")
    >>> recall([[1, 0], [2, 9]], truth, k=2)
    0.75
    """
    return _mean(recalls(found, truth, k))


def recalls(found: ArrayOrTensor, truth: Truth, k: int = 10) -> NDArray[np.float64]:
    """Returns the `recall` of each query, float64, (n,)."""
    rows = _checked(found, truth, k, "found", "iu")[:, :k]
    true = truth.rows[:, :k]
    fractions = np.zeros(len(rows))
    step = max(1, _BLOCK // (k * max(1, rows.shape[1])))
    for first in range(0, len(rows), step):
        here = slice(first, first + step)
        fractions[here] = (true[here, :, None] == rows[here, None, :]).any(axis=2).mean(axis=1)
    return fractions


def recall_by_distance(distances: ArrayOrTensor, truth: Truth, k: int = 10, *, tolerance: float = TOLERANCE) -> float:
    """Returns the fraction of the k rows that are as near as the true neighbours, so that ties count as found.

    Args:
        distances: (n, any number), distances of the rows found, nearest first; inf for missing rows. They must be
            exact. Those of `Hits` are, unless the index computes them from codes (`info()["distance_source"]`) or the
            truth is for vectors of another dtype. In these cases, and for other libraries, compute them from the rows
            with `true_distances`. There must be no duplicate rows, which distances cannot show.
        truth: true neighbours of the same queries.
        k: number of neighbours, at most `truth.k`.
        tolerance: a row still counts if it is farther than the k-th true neighbour by at most this fraction of its
            distance, to allow for rounding in float32.

    Returns:
        The mean over the queries, 0 to 1.

    Raises:
        InvalidInputError: the number of queries differs, k is larger than `truth.k`, or the tolerance is negative.
    """
    return _mean(recalls_by_distance(distances, truth, k, tolerance=tolerance))


def recalls_by_distance(
    distances: ArrayOrTensor, truth: Truth, k: int = 10, *, tolerance: float = TOLERANCE
) -> NDArray[np.float64]:
    """Returns the `recall_by_distance` of each query, float64, (n,)."""
    if not tolerance >= 0:
        raise InvalidInputError(f"tolerance is {tolerance}; pass a fraction of the distance, 0 or more")
    found = _checked(distances, truth, k, "distances", "f")[:, :k].astype(np.float64)
    farthest = truth.distances[:, k - 1].astype(np.float64)
    limit = farthest + tolerance * np.abs(farthest) + (_COSINE_ZERO if truth.metric == "cosine" else 0.0)
    return np.asarray((np.isfinite(found) & (found <= limit[:, None])).sum(axis=1) / k)


def relative_error(distances: ArrayOrTensor, truth: Truth, k: int = 10) -> float:
    """Returns how much farther the rows found are than the true neighbours: the mean of found / true - 1; 0 is best.

    It compares the i-th row found with the i-th true neighbour as (found - true) / |true|, which is also correct for
    the negative distances of dot. It leaves out missing rows, and true distances of 0 if a farther row was found, which
    have no ratio; `recall_by_distance` counts both. The result is NaN if nothing remains.

    Args:
        distances: as in `recall_by_distance`.
        truth: true neighbours of the same queries.
        k: number of neighbours, at most `truth.k`.

    Raises:
        InvalidInputError: as in `recall`.

    >>> from nearabout.evaluation import Truth, relative_error
    >>> round(relative_error([[1.0, 3.0]], Truth([[0, 1]], [[1.0, 2.0]], "euclidean"), k=2), 6)
    0.25
    """
    errors = relative_errors(distances, truth, k)
    errors = errors[~np.isnan(errors)]
    return _mean(errors) if len(errors) else float("nan")


def relative_errors(distances: ArrayOrTensor, truth: Truth, k: int = 10) -> NDArray[np.float64]:
    """Returns the `relative_error` of each query, float64, (n,); NaN if nothing can be compared."""
    found = _checked(distances, truth, k, "distances", "f")[:, :k].astype(np.float64)
    true = truth.distances[:, : found.shape[1]].astype(np.float64)
    size = np.abs(true)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size > 0, (found - true) / size, np.where(found <= _COSINE_ZERO, 0.0, np.inf))
    known = np.isfinite(ratio)
    counts = known.sum(axis=1)
    sums = np.where(known, ratio, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def interval(shares: ArrayOrTensor, confidence: float = 0.95) -> Interval:
    """Returns a confidence interval of the recall of all such queries, estimated from a sample.

    This is Wilson's interval with the effective sample size of Korn and Graubard (1998): recalls of queries vary less
    than single hits and misses, so each query counts for more than one. Unlike the mean and its standard error, the
    interval does not shrink to a point if every neighbour was found: 100 perfect queries give 0.963 to 1.

    Args:
        shares: recalls of queries, (n,), each 0 to 1.
        confidence: confidence level, as a fraction between 0 and 1.

    Returns:
        `Interval`, with low and high.

    Raises:
        InvalidInputError: there are no queries, a recall is outside 0 to 1, or the confidence is not between 0 and 1.
    """
    values = np.asarray(shares, np.float64)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError(f"shares has the shape {values.shape}; pass recalls of queries, (n,), each 0 to 1")
    if not 0 < confidence < 1:
        raise InvalidInputError(f"confidence is {confidence}; pass a fraction between 0 and 1, such as 0.95")
    from statistics import NormalDist

    z = NormalDist().inv_cdf((1 + confidence) / 2)
    count, mean, scatter = float(len(values)), float(values.mean()), float(values.var())
    if scatter > 0:
        count = count * mean * (1 - mean) / scatter
    middle = (mean + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(mean * (1 - mean) / count + z * z / (4 * count * count)))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _checked(given: ArrayOrTensor, truth: Truth, k: int, what: str, kinds: str) -> NDArray[Any]:
    """Returns the results as an array with one line per query; checks the truth and k."""
    if not isinstance(truth, Truth):
        raise InvalidInputError(
            f"truth is {a_type(truth)}; pass the result of evaluation.ground_truth, or create one from rows and "
            "distances: Truth(rows, distances, metric)"
        )
    check_k(k, truth.k)
    if k > truth.k:
        raise InvalidInputError(f"k is {k}, but the truth has {truth.k} neighbours per query; compute it for k >= {k}")
    array = np.asarray(given)
    if kinds == "f" and array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.ndim != 2 or len(array) != len(truth) or array.dtype.kind not in kinds:
        raise InvalidInputError(
            f"{what} has the shape {array.shape} and dtype {array.dtype}; pass one line of "
            f"{'integers' if kinds == 'iu' else 'numbers'} for each of the {len(truth):,} queries of the truth"
        )
    return array
