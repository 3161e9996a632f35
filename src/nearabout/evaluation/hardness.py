"""Estimates how hard vectors are to search, before a build: intrinsic dimension and contrast.

An index can skip vectors because most are much farther from a query than its neighbours. If all are about equally far,
as in noise of many dimensions, nothing can be skipped, and no index of any library is much faster than an exact scan.
Two numbers predict this.

Both use distances that obey the triangle inequality: under cosine those between vectors of length 1, under sqeuclidean
their square roots. Inner products have no ratio of distances, so dot is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import DataLike, VectorsLike
from nearabout._base.checks import check_seed
from nearabout.building import build
from nearabout.errors import InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.index import Index
from nearabout.kinds.auto import every_row_kind

Floats = NDArray[np.float64]

_NEIGHBOURS = 20  # fewer are noisier, more reach beyond the neighbourhood
_SPARE = 3  # factor of neighbours to search for, to allow for duplicates
_SAME = 1e-6  # fraction of the farthest distance; anything nearer is a duplicate
_FAR = 1000  # sample size of rows for the mean distance

HOPELESS, HARD = 1.15, 1.6  # contrasts with the 10th neighbour; see docs/how-to/compare-with-peers.md


@dataclass(frozen=True)
class Hardness:
    """Estimates of how hard vectors are to search.

    Attributes:
        rows: number of vectors.
        dims: number of dimensions of a vector.
        metric: metric of the distances.
        intrinsic_dimension: number of dimensions of uniformly distributed data that is equally hard. Real data mostly
            has 5 to 25, whatever its dims.
        contrast: mean distance / distance of the nearest neighbour. 1 means that all vectors are equally far.
        contrast_10: mean distance / distance of the 10th neighbour, which matters for a search with k=10.
    """

    rows: int
    dims: int
    metric: str
    intrinsic_dimension: float
    contrast: float
    contrast_10: float

    def summary(self) -> str:
        """Returns the estimates in a sentence or two."""
        near = f"the 10th neighbour is {self.contrast_10:.2f} times nearer than the mean"
        size = f"{self.rows:,} vectors of {self.dims:,} dims, as hard as {self.intrinsic_dimension:.1f} even dimensions"
        if self.contrast_10 < HOPELESS:
            verdict = (
                "nearly all rows are equally far: no index helps much, and the nearest rows are hardly nearer than the "
                f'rest. Search exactly (kind="{every_row_kind().name}"), and check whether these vectors describe '
                "what is near"
            )
        elif self.contrast_10 < HARD:
            verdict = "hard: an index helps, and a high recall costs much of the speed"
        else:
            verdict = "an index will help"
        return f"{size}; {near}: {verdict}."


def hardness(
    data: Index | DataLike,
    *,
    metric: str | None = None,
    queries: VectorsLike | None = None,
    sample: int = 1000,
    seed: int = 0,
    threads: int | None = None,
) -> Hardness:
    """Estimates how hard vectors are to search: the intrinsic dimension and the contrast of a sample.

    Args:
        data: vectors (n, dims), anything else that `nearabout.build` accepts, or an open `Index` that keeps vectors.
        metric: None uses the metric of an `Index`, or cosine for vectors.
        queries: (m, dims), sample queries, which may be harder than the vectors themselves. None uses the vectors, each
            without itself and its duplicates.
        sample: maximum number of queries. 1,000 give both numbers within a few hundredths.
        seed: random seed of the sample; the same seed gives the same numbers.
        threads: number of threads; None uses all cores.

    Returns:
        `Hardness`.

    Raises:
        InvalidInputError: the metric is dot, there are fewer than 30 vectors, or all vectors are duplicates; or as in
            `build`.

    >>> import numpy as np
    >>> from nearabout.evaluation import hardness
    >>> cube = np.random.default_rng(0).random((5000, 3))
    >>> found = hardness(cube @ np.eye(3, 100), metric="euclidean")  # 3 dimensions hidden in 100
    >>> round(found.intrinsic_dimension), found.contrast_10 > 5
    (3, True)
    """
    index, query_array, near = _neighbours(data, metric, queries, sample, seed, threads)
    dimension = _dimension(near)
    mean = _mean_distance(index, query_array, seed)
    nearest, tenth = (float(near[:, place].mean()) for place in (0, 9))
    return Hardness(len(index), index.dims, index.metric, dimension, mean / nearest, mean / tenth)


def intrinsic_dimension(
    data: Index | DataLike, *, metric: str | None = None, sample: int = 1000, seed: int = 0, threads: int | None = None
) -> float:
    """Estimates the intrinsic dimension of data from the growth of its neighbourhoods.

    This is the maximum likelihood estimate of Levina and Bickel (2004) from the 20 nearest neighbours, with the
    correction of MacKay and Ghahramani, which averages the inverses over vectors. Duplicates of a vector are left out.
    Above about 20 the estimate is too low, as with all such estimates, because the number of vectors needed grows
    exponentially.

    Args:
        data: as in `hardness`.
        metric: as in `hardness`.
        sample: as in `hardness`.
        seed: as in `hardness`.
        threads: as in `hardness`.

    Raises:
        InvalidInputError: as in `hardness`.
    """
    return _dimension(_neighbours(data, metric, None, sample, seed, threads)[2])


def contrast(
    data: Index | DataLike,
    *,
    metric: str | None = None,
    nth: int = 1,
    queries: VectorsLike | None = None,
    sample: int = 1000,
    seed: int = 0,
    threads: int | None = None,
) -> float:
    """Returns the mean distance divided by that of the nth neighbour: the relative contrast of He, Kumar and Chang
    (2012).

    Args:
        data: as in `hardness`.
        metric: as in `hardness`.
        nth: rank of the neighbour, 1 to 20. The nearest is often a near duplicate; the 10th is more robust.
        queries: as in `hardness`.
        sample: as in `hardness`.
        seed: as in `hardness`.
        threads: as in `hardness`.

    Raises:
        InvalidInputError: as in `hardness`, or nth is outside 1 to 20.
    """
    if isinstance(nth, bool) or not isinstance(nth, (int, np.integer)) or not 1 <= nth <= _NEIGHBOURS:
        raise InvalidInputError(f"nth is {nth!r}; pass a whole number from 1 to {_NEIGHBOURS}")
    index, query_array, near = _neighbours(data, metric, queries, sample, seed, threads)
    return _mean_distance(index, query_array, seed) / float(near[:, nth - 1].mean())


def _neighbours(
    data: Index | DataLike, metric: str | None, queries: VectorsLike | None, sample: int, seed: int, threads: int | None
) -> tuple[Index, NDArray[Any], Floats]:
    """Returns an exact index, queries, and the distances of each to its 20 nearest rows that are not duplicates."""
    if isinstance(sample, bool) or not isinstance(sample, (int, np.integer)) or sample < 1:
        raise InvalidInputError(f"sample is {sample!r}; pass a number of vectors, such as 1000")
    random = np.random.default_rng(check_seed(seed, is_random=True))
    index = (
        data
        if isinstance(data, Index)
        else build(data, metric=metric or "cosine", kind=every_row_kind(), threads=threads)
    )
    if metric is not None and metric != index.metric:
        raise InvalidInputError(f"metric is {metric!r}, but the index has {index.metric!r}; leave metric out")
    if index.metric == "dot":
        raise InvalidInputError(
            "the metric is dot, but inner products have no ratio of distances; pass cosine or euclidean"
        )
    if len(index) < _NEIGHBOURS + 10:
        raise InvalidInputError(f"there are {len(index)} vectors; at least {_NEIGHBOURS + 10} are needed to tell")
    if queries is None:
        query_array = index.vectors(np.sort(random.permutation(len(index))[:sample]))
    else:
        query_array = np.asarray(queries)
        if query_array.ndim != 2 or not len(query_array):
            raise InvalidInputError(f"queries has the shape {query_array.shape}; (n, dims) is needed, at least one")
        query_array = query_array[np.sort(random.permutation(len(query_array))[:sample])]
    hits = index.search(query_array, _SPARE * _NEIGHBOURS, exact=True, threads=threads)
    near = _without_duplicates(_as_lengths(hits.distances, index.metric))
    if not len(near):
        raise InvalidInputError(
            "none of the vectors has 20 neighbours that are not its duplicates; remove duplicates first"
        )
    return index, query_array, near


def _as_lengths(distances: NDArray[Any], metric: str) -> Floats:
    """Converts distances so that they obey the triangle inequality."""
    values = np.maximum(distances.astype(np.float64), 0)
    if metric == "cosine":
        return np.asarray(np.sqrt(2 * values))
    return np.asarray(np.sqrt(values)) if metric == "sqeuclidean" else values


def _without_duplicates(lengths: Floats) -> Floats:
    """Returns the first 20 distances of each line that are not 0; leaves out lines that have fewer."""
    same = (lengths <= _SAME * lengths[:, -1:]).sum(axis=1)
    whole = (same + _NEIGHBOURS <= lengths.shape[1]) & (lengths[:, -1] > 0)
    places = same[whole, None] + np.arange(_NEIGHBOURS)
    return np.asarray(np.take_along_axis(lengths[whole], places, axis=1))


def _dimension(near: Floats) -> float:
    logs = np.log(near[:, -1:] / near[:, :-1])
    mean = float(logs.mean())
    return 1 / mean if mean > 0 else float("inf")  # infinite if all are equally far


def _mean_distance(index: Index, queries: NDArray[Any], seed: int) -> float:
    """Returns the mean distance between a sample of queries and a sample of vectors, without a vector and itself."""
    random = np.random.default_rng([seed, 1])
    rows = np.sort(random.permutation(len(index))[:_FAR])
    query_array = queries[random.permutation(len(queries))[:256]]
    found = true_distances(
        index.vectors(rows), query_array, np.tile(np.arange(len(rows)), (len(query_array), 1)), metric=index.metric
    )
    lengths = _as_lengths(found, index.metric)
    apart = lengths > _SAME * lengths.max()
    return float(lengths[apart].mean())
