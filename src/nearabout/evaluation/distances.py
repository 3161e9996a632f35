"""Computes exact distances of rows that a search found, in float64.

Libraries return estimates, squares, or float32 distances that were summed in different ways. To compare them, all are
recomputed here with the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import ArrayOrTensor, VectorsLike
from nearabout._arrays.conversion import as_array
from nearabout._base.vocabulary import check_metric
from nearabout.errors import InvalidInputError
from nearabout.index import Index

Floats = NDArray[np.float64]

_EARTH_RADIUS = 6_371_008.8  # metres: the mean radius of IUGG, as in the core
_BLOCK = 4 << 20  # numbers held in memory at a time


def _euclidean(x: Floats, q: Floats) -> Floats:
    return np.asarray(np.sqrt(((x - q) ** 2).sum(axis=-1)))


def _sqeuclidean(x: Floats, q: Floats) -> Floats:
    return np.asarray(((x - q) ** 2).sum(axis=-1))


def _cosine(x: Floats, q: Floats) -> Floats:
    lengths = np.linalg.norm(x, axis=-1) * np.linalg.norm(q, axis=-1)
    return np.asarray(1 - (x * q).sum(axis=-1) / lengths)


def _dot(x: Floats, q: Floats) -> Floats:
    return np.asarray(-(x * q).sum(axis=-1))


def _manhattan(x: Floats, q: Floats) -> Floats:
    return np.asarray(np.abs(x - q).sum(axis=-1))


def _hamming(x: Floats, q: Floats) -> Floats:
    return np.asarray((x != q).mean(axis=-1))


def _jaccard(x: Floats, q: Floats) -> Floats:
    either = np.maximum(x, q).sum(axis=-1)
    both = np.minimum(x, q).sum(axis=-1)
    return np.where(either == 0, 0.0, 1 - both / np.maximum(either, 1))


def _haversine(x: Floats, q: Floats) -> Floats:
    latitudes, longitudes = np.radians(x[..., 0]), np.radians(x[..., 1])
    latitude, longitude = np.radians(q[..., 0]), np.radians(q[..., 1])
    chord = np.sin((latitudes - latitude) / 2) ** 2
    chord += np.cos(latitudes) * np.cos(latitude) * np.sin((longitudes - longitude) / 2) ** 2
    return np.asarray(2 * _EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(chord, 1))))


_MEASURES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "euclidean": _euclidean,
    "sqeuclidean": _sqeuclidean,
    "cosine": _cosine,
    "dot": _dot,
    "manhattan": _manhattan,
    "hamming": _hamming,
    "jaccard": _jaccard,
    "haversine": _haversine,
}


def true_distances(
    base: Index | VectorsLike, queries: VectorsLike, rows: ArrayOrTensor, *, metric: str | None = None
) -> NDArray[np.float32]:
    """Computes the distance of each query to each of the rows found for it.

    `recall_by_distance` and `relative_error` need exact distances. Those of another library, or of an index that
    computes them from codes, are estimates or have other units.

    Args:
        base: the vectors, (rows, dims), or an `Index` that keeps them. Pass bits as booleans. To compare with an index
            of float32, pass float32 as well.
        queries: (n, dims).
        rows: integers, (n, any number), the rows found for each query. -1 stands for a missing row.
        metric: name of a metric; None uses that of an `Index`.

    Returns:
        float32 in the shape of `rows`, in the units of the metric; inf for row -1.

    Raises:
        InvalidInputError: shapes do not fit, a row is outside the base, or the metric differs from that of the index.

    >>> from nearabout.evaluation import true_distances
    >>> true_distances([[0, 0], [3, 4]], [[0, 0]], [[1, 0, -1]], metric="euclidean").tolist()
    [[5.0, 0.0, inf]]
    """
    metric = _metric_of(base, metric)
    measure = _MEASURES[metric]
    query_array = as_array(queries, "queries")
    found = np.asarray(rows)
    vectors = base if isinstance(base, Index) else as_array(base, "base")
    _check_shapes(vectors, query_array, found)
    distances = np.full(found.shape, np.inf, np.float32)
    step = max(1, _BLOCK // max(1, found.shape[1] * query_array.shape[1]))
    for first in range(0, len(found), step):
        part = found[first : first + step]
        there = np.maximum(part, 0)  # a placeholder for missing rows
        near = vectors.vectors(there) if isinstance(vectors, Index) else vectors[there]
        with np.errstate(invalid="ignore", divide="ignore"):  # a zero vector under cosine
            measured = measure(near.astype(np.float64), query_array[first : first + step, None, :].astype(np.float64))
        distances[first : first + step][part >= 0] = measured[part >= 0]
    return distances


def _metric_of(base: object, metric: str | None) -> str:
    if not isinstance(base, Index):
        if metric is None:
            raise InvalidInputError("metric is missing; vectors alone do not tell what near means: pass metric=")
        return check_metric(metric)
    if metric is not None and check_metric(metric) != base.metric:
        raise InvalidInputError(f"metric is {metric!r}, but the index has {base.metric!r}; leave metric out")
    return base.metric


def _check_shapes(vectors: Index | NDArray[Any], queries: NDArray[Any], rows: NDArray[Any]) -> None:
    if rows.ndim != 2 or rows.dtype.kind not in "iu":
        raise InvalidInputError(f"rows has the shape {rows.shape} and dtype {rows.dtype}; integers (n, k) are needed")
    if queries.ndim != 2 or len(queries) != len(rows):
        raise InvalidInputError(
            f"queries has the shape {queries.shape} and rows {rows.shape}; both have a line a query"
        )
    dims = vectors.dims if isinstance(vectors, Index) else vectors.shape[-1]
    if queries.shape[1] != dims:
        raise InvalidInputError(f"the queries have {queries.shape[1]} dims and the vectors {dims}; the same are needed")
    if rows.size and (int(rows.max()) >= len(vectors) or int(rows.min()) < -1):
        bad = int(rows.max()) if int(rows.max()) >= len(vectors) else int(rows.min())
        raise InvalidInputError(f"there is no row {bad}; the base has {len(vectors):,} rows, and -1 stands for nothing")
