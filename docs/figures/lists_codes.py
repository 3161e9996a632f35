"""Lists of small codes in plain NumPy, for the pictures of docs/explanation/lists.md.

The arithmetic is that of core/quantize/leading_codes.h in float64: no tables, no rounded terms, no bytes. So a picture
shows what codes lose, and not what the library's shorter numbers lose besides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from small_trees import Floats, HalfSpace, Ints, Node, half_way

# The positive levels of least square error for the normal distribution (Max 1960), by bits.
POSITIVE_LEVELS = {
    1: (0.7979,),
    2: (0.4528, 1.5104),
    4: (0.1284, 0.3881, 0.6568, 0.9424, 1.2562, 1.6181, 2.0690, 2.7326),
}


def squares_to(points: Floats, others: Floats) -> Floats:
    """Squared distances, points x others."""
    squares = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :] - 2 * points @ others.T
    above: Floats = np.maximum(squares, 0)
    return above


def lloyd(points: Floats, clusters: int, rounds: int = 8) -> tuple[Floats, Ints]:
    """Centroids by Lloyd's rounds from points spread evenly over all rows, and which one each point is nearest to."""
    centroids = points[(2 * np.arange(clusters) + 1) * len(points) // (2 * clusters)].copy()
    for _ in range(rounds):
        ids = squares_to(points, centroids).argmin(axis=1)
        for own in np.unique(ids):
            centroids[own] = points[ids == own].mean(axis=0)
    return centroids, squares_to(points, centroids).argmin(axis=1)


def lists_of(points: Floats, clusters: int) -> tuple[Floats, list[Node]]:
    """Centroids, and lists as nodes whose cells can be drawn: half-way to each other centroid a list ends."""
    centroids, ids = lloyd(points, clusters)
    lists = []
    for own, centroid in enumerate(centroids):
        sides: tuple[HalfSpace, ...] = tuple(
            half_way((other, centroid)) for place, other in enumerate(centroids) if place != own
        )
        lists.append(Node(np.flatnonzero(ids == own), sides, True))
    return centroids, lists


def mixed_directions(points: Floats, count: int) -> Floats:
    """The leading principal directions as columns, mixed by signs and a cosine transform: equal shares for each."""
    _, _, rows = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    signs = np.where(np.random.default_rng(0).integers(0, 2, count) == 1, 1.0, -1.0)
    place = np.arange(count)
    cosines = np.sqrt(2 / count) * np.cos(np.pi / count * np.outer(place + 0.5, place))
    cosines[:, 0] /= np.sqrt(2)
    mixed: Floats = (rows[:count].T * signs) @ cosines.T
    return mixed


@dataclass(frozen=True)
class Codes:
    """Rows beyond the centroids of their lists, in a few bits a direction, and two numbers each."""

    levels: Floats  # y, rows x directions
    offsets: Floats
    scales: Floats
    lists: Ints

    def estimates(self, query: Floats, rest: float, centroids: Floats) -> Floats:
        """Of the squared distances between one query (its image, the square of its rest) and all rows."""
        centroid_squares = ((centroids - query) ** 2).sum(axis=1)
        estimates: Floats = centroid_squares[self.lists] + rest + self.offsets - self.scales * (self.levels @ query)
        return estimates


def encode(images: Floats, rests: Floats, centroids: Floats, lists: Ints, bits: int) -> Codes:
    """Codes of rows: their images along the directions, the squares of their rests, the lists that they are in."""
    positive = np.array(POSITIVE_LEVELS[bits])
    levels = np.concatenate([-positive[::-1], positive])
    own = centroids[lists]
    residuals = images - own
    squares = (residuals**2).sum(axis=1)
    unit = np.sqrt(images.shape[1] / np.maximum(squares, 1e-30))
    y = levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, residuals * unit[:, None])]
    along = (y * residuals).sum(axis=1)
    scales = np.where(along > 0, 2 * squares / np.maximum(along, 1e-30), 0)
    return Codes(y, squares + rests + scales * (y * own).sum(axis=1), scales, lists)
