"""What a search must answer, computed slowly and obviously in float64 with SciPy's definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS = 6_371_008.8  # metres: the mean radius of IUGG, which distances on a sphere are usually given for


def distances(metric: str, query: NDArray[Any], base: NDArray[Any]) -> NDArray[np.float64]:
    """The distance from one query to every row of `base`."""
    q, x = query.astype(np.float64), base.astype(np.float64)
    if metric == "euclidean":
        return np.asarray(np.sqrt(((x - q) ** 2).sum(axis=1)))
    if metric == "sqeuclidean":
        return np.asarray(((x - q) ** 2).sum(axis=1))
    if metric == "cosine":
        return np.asarray(1 - x @ q / (np.linalg.norm(x, axis=1) * np.linalg.norm(q)))
    if metric == "dot":
        return np.asarray(-(x @ q))
    if metric == "manhattan":
        return np.asarray(np.abs(x - q).sum(axis=1))
    if metric == "hamming":
        return np.asarray((x != q).mean(axis=1))
    if metric == "jaccard":
        either, both = np.maximum(x, q).sum(axis=1), np.minimum(x, q).sum(axis=1)
        return np.where(either == 0, 0.0, 1 - both / np.maximum(either, 1))
    assert metric == "haversine"
    latitudes, longitudes = np.radians(x).T
    latitude, longitude = np.radians(q)
    chord = np.sin((latitudes - latitude) / 2) ** 2
    chord += np.cos(latitudes) * np.cos(latitude) * np.sin((longitudes - longitude) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS * np.arcsin(np.sqrt(chord)))


def nearest(metric: str, query: NDArray[Any], base: NDArray[Any], k: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The k nearest rows, equal distances in the order of rows, and their distances."""
    found = distances(metric, query, base).astype(np.float32)
    order = np.argsort(found, kind="stable")[:k]
    return order, found[order]
