"""How much of the truth was found, and how far off the rest is.

Two recalls. By id, the share of the true neighbours that are among the rows found: what most people mean. By distance,
a row counts when it is no farther than the k-th true neighbour: where several rows are equally near (duplicates, bits,
bytes), any of them is right, and which one the truth happens to list does not matter. By distance is never the lower.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.arguments import check_k
from nearabout.errors import InvalidInputError
from nearabout.evaluation.truth import Truth
from nearabout.names import a_type

TOLERANCE = 2.0**-20  # of a distance: eight steps of float32, about a millionth
_COSINE_ZERO = 1e-12  # 1 minus a cosine of 1 is a few 1e-16, not 0
_BLOCK = 16 << 20  # comparisons of rows that are held at a time


class Interval(NamedTuple):
    """Where a mean lies, with some confidence."""

    low: float
    high: float


def recall(found: Any, truth: Truth, k: int = 10) -> float:
    """The share of the k true neighbours that were found, over all queries.

    Args:
        found: rows, (n, any number): what a search returned, nearest first. The first k count; where there are fewer,
            or -1, those are missing, and a row that is listed twice counts once.
        truth: of the same queries.
        k: at most `truth.k`.

    Raises:
        InvalidInputError: another number of queries, or a k that the truth does not know.

    >>> from nearabout.evaluation import Truth, recall
    >>> truth = Truth([[0, 1], [2, 3]], [[0.1, 0.2], [0.3, 0.4]], "euclidean")
    >>> recall([[1, 0], [2, 9]], truth, k=2)
    0.75
    """
    return _mean(recalls(found, truth, k))


def recalls(found: Any, truth: Truth, k: int = 10) -> NDArray[np.float64]:
    """`recall` of each query, (n,)."""
    rows = _checked(found, truth, k, "found", "iu")[:, :k]
    true = truth.rows[:, :k]
    shares = np.zeros(len(rows))
    step = max(1, _BLOCK // (k * max(1, rows.shape[1])))
    for first in range(0, len(rows), step):
        here = slice(first, first + step)
        shares[here] = (true[here, :, None] == rows[here, None, :]).any(axis=2).mean(axis=1)
    return shares


def recall_by_distance(distances: Any, truth: Truth, k: int = 10, *, tolerance: float = TOLERANCE) -> float:
    """The share of k rows that are as near as the true neighbours: ties count as right.

    Args:
        distances: (n, any number), of the rows found, nearest first; inf for what is missing. They have to be true:
            those of `Hits` are, unless the index answers from codes (`info()["distance_source"]`) or the truth is of
            vectors in
            another dtype; then, and for other libraries, compute them from the rows with `true_distances`. No row may
            be listed twice, which distances cannot tell.
        truth: of the same queries.
        k: at most `truth.k`.
        tolerance: by how much of the k-th true distance a row may be farther and still count, for the rounding of
            float32.

    Raises:
        InvalidInputError: another number of queries, a k that the truth does not know, a tolerance that is negative.
    """
    return _mean(recalls_by_distance(distances, truth, k, tolerance=tolerance))


def recalls_by_distance(
    distances: Any, truth: Truth, k: int = 10, *, tolerance: float = TOLERANCE
) -> NDArray[np.float64]:
    """`recall_by_distance` of each query, (n,)."""
    if not tolerance >= 0:
        raise InvalidInputError(f"tolerance is {tolerance}; a share of the distance is needed, 0 or more")
    found = _checked(distances, truth, k, "distances", "f")[:, :k].astype(np.float64)
    farthest = truth.distances[:, k - 1].astype(np.float64)
    limit = farthest + tolerance * np.abs(farthest) + (_COSINE_ZERO if truth.metric == "cosine" else 0.0)
    return np.asarray((np.isfinite(found) & (found <= limit[:, None])).sum(axis=1) / k)


def relative_error(distances: Any, truth: Truth, k: int = 10) -> float:
    """How much farther the rows found are than the true neighbours: the mean of found / true - 1; 0 is the best.

    The i-th row found is compared with the i-th true neighbour, as (found - true) / |true|, which is the same where
    distances are positive and is right under dot, where they are negative. Left out are rows that are missing, and true
    distances of 0 where something farther was found, which have no ratio: `recall_by_distance` counts both. NaN where
    nothing is left.

    Args:
        distances: as in `recall_by_distance`.
        truth: of the same queries.
        k: at most `truth.k`.

    Raises:
        InvalidInputError: as in `recall`.

    >>> from nearabout.evaluation import Truth, relative_error
    >>> round(relative_error([[1.0, 3.0]], Truth([[0, 1]], [[1.0, 2.0]], "euclidean"), k=2), 6)
    0.25
    """
    errors = relative_errors(distances, truth, k)
    errors = errors[~np.isnan(errors)]
    return _mean(errors) if len(errors) else float("nan")


def relative_errors(distances: Any, truth: Truth, k: int = 10) -> NDArray[np.float64]:
    """`relative_error` of each query, (n,); NaN where nothing can be compared."""
    found = _checked(distances, truth, k, "distances", "f")[:, :k].astype(np.float64)
    true = truth.distances[:, : found.shape[1]].astype(np.float64)
    size = np.abs(true)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size > 0, (found - true) / size, np.where(found <= _COSINE_ZERO, 0.0, np.inf))
    known = np.isfinite(ratio)
    counts = known.sum(axis=1)
    sums = np.where(known, ratio, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def interval(shares: Any, confidence: float = 0.95) -> Interval:
    """Where the recall of all such queries lies, judged by some of them.

    Wilson's interval, with the number of queries scaled by how much less their recalls scatter than single hits and
    misses would (the effective sample size of Korn and Graubard, 1998). Unlike the mean and its standard error it does
    not shrink to a point where every neighbour was found: 100 perfect queries say 0.963 to 1, not 1.

    Args:
        shares: recalls of queries, (n,), each within 0 to 1.
        confidence: of every 100 such intervals, how many hold the truth, as a share.

    Raises:
        InvalidInputError: no queries, a share outside 0 to 1, a confidence that is not between 0 and 1.
    """
    values = np.asarray(shares, np.float64)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError(
            f"shares has the shape {values.shape}; recalls of queries are needed, (n,), each 0 to 1"
        )
    if not 0 < confidence < 1:
        raise InvalidInputError(f"confidence is {confidence}; pass a share between 0 and 1, such as 0.95")
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


def _checked(given: Any, truth: Truth, k: int, what: str, kinds: str) -> NDArray[Any]:
    """What was found as an array of a line a query, once k is one that the truth knows."""
    if not isinstance(truth, Truth):
        raise InvalidInputError(
            f"truth is {a_type(truth)}; pass what evaluation.ground_truth returns, or make one of rows and distances: "
            "Truth(rows, distances, metric)"
        )
    check_k(k, truth.k)
    if k > truth.k:
        raise InvalidInputError(f"k is {k} and the truth has {truth.k} neighbours a query; compute it for at least {k}")
    array = np.asarray(given)
    if kinds == "f" and array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.ndim != 2 or len(array) != len(truth) or array.dtype.kind not in kinds:
        raise InvalidInputError(
            f"{what} has the shape {array.shape} and dtype {array.dtype}; a line for each of the {len(truth):,} "
            f"queries of the truth is needed, of {'integers' if kinds == 'iu' else 'numbers'}"
        )
    return array
