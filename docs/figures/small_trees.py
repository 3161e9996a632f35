"""Small trees in plain NumPy, grown as the library grows its forests: for the pictures of docs/explanation/forest.md.

A .near file keeps no planes (a search ranks leaves by their centroids and walks none), so they cannot be drawn from an
index. Here they are grown again, in the points themselves and not in sketches of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE_ROWS = 256
ROUNDS = 5
LEAST_SHARE = 16  # a side has at least one row in so many


@dataclass(frozen=True)
class HalfSpace:
    """The points x with <normal, x> at least `threshold`; the normal has length 1."""

    normal: Floats
    threshold: float

    def margins(self, points: Floats) -> Floats:
        """How far inside points are; outside it is negative."""
        return points @ self.normal - self.threshold


@dataclass(frozen=True)
class Node:
    """Rows that have stayed together, and the sides of the planes that they lie on, the root's first."""

    rows: Ints
    path: tuple[HalfSpace, ...]
    leaf: bool


Means = tuple[Floats, Floats]
Rule = Callable[[Floats, np.random.Generator], Means]


def two_points(points: Floats, random: np.random.Generator) -> Means:
    """Two of the points, as they come: the cheapest rule."""
    first, second = random.choice(len(points), 2, replace=False)
    return points[first], points[second]


def two_means(points: Floats, random: np.random.Generator) -> Means:
    """The means of two clusters of a sample, after a few rounds of Lloyd's algorithm."""
    if len(points) > SAMPLE_ROWS:
        points = points[np.sort(random.choice(len(points), SAMPLE_ROWS, replace=False))]
    means = two_points(points, random)
    for _ in range(ROUNDS):
        right = half_way(means).margins(points) >= 0
        if right.all() or not right.any():
            break
        means = points[~right].mean(axis=0), points[right].mean(axis=0)
    return means


def half_way(means: Means) -> HalfSpace:
    """The side of the second mean of the plane between the two."""
    difference = means[1] - means[0]
    normal = difference / np.linalg.norm(difference)
    return HalfSpace(normal, float(normal @ (means[0] + means[1]) / 2))


def grow(points: Floats, rule: Rule, leaf_size: int, seed: int) -> list[Node]:
    """One tree over all points: its nodes, a parent before its children."""
    random = np.random.default_rng(seed)
    nodes: list[Node] = []

    def add(rows: Ints, path: tuple[HalfSpace, ...]) -> None:
        leaf = len(rows) <= leaf_size
        nodes.append(Node(rows, path, leaf))
        if leaf:
            return
        side = half_way(rule(points[rows], random))
        margins = side.margins(points[rows])
        right = margins >= 0
        if min(right.sum(), (~right).sum()) < max(1, len(rows) // LEAST_SHARE):
            middle = float(np.median(margins))
            side = HalfSpace(side.normal, side.threshold + middle)
            right = margins >= middle
        add(rows[~right], (*path, HalfSpace(-side.normal, -side.threshold)))
        add(rows[right], (*path, side))

    add(np.arange(len(points)), ())
    return nodes


def leaves(trees: Sequence[list[Node]]) -> list[Node]:
    """The leaves of all trees."""
    return [node for tree in trees for node in tree if node.leaf]


def at_level(tree: list[Node], level: int) -> list[Node]:
    """The nodes after so many splits, and the leaves above them: together they have every row once."""
    return [node for node in tree if len(node.path) == level or (node.leaf and len(node.path) < level)]


def by_centroids(points: Floats, ranked: list[Node], query: Floats) -> list[Node]:
    """Leaves, those with the nearest centroids first."""
    centroids = np.array([points[leaf.rows].mean(axis=0) for leaf in ranked])
    order = np.argsort(((centroids - query) ** 2).sum(axis=1), kind="stable")
    return [ranked[i] for i in order]


def by_margins(points: Floats, ranked: list[Node], query: Floats) -> list[Node]:
    """Leaves, those first for which the query is least far on the wrong side of any plane on the way; Annoy's order."""
    worst = [min(float(side.margins(query)) for side in leaf.path) for leaf in ranked]
    return [ranked[i] for i in np.argsort(-np.array(worst), kind="stable")]


def until(ranked: list[Node], effort: int) -> list[Node]:
    """The first leaves that together have at least `effort` rows."""
    sizes = np.cumsum([len(leaf.rows) for leaf in ranked])
    return ranked[: int(np.searchsorted(sizes, effort)) + 1]


def nearest(points: Floats, query: Floats, k: int = 10) -> Ints:
    """The true neighbours."""
    return np.argsort(((points - query) ** 2).sum(axis=1), kind="stable")[:k]


def share_found(looked_at: list[Node], wanted: Ints) -> float:
    """The share of the wanted rows that lie in these leaves."""
    return float(np.isin(wanted, np.concatenate([leaf.rows for leaf in looked_at])).mean())


def cell(corners: Floats, path: Sequence[HalfSpace]) -> Floats:
    """The corners of what half-planes leave of a convex polygon, each clipping it in its turn."""
    for side in path:
        margins = side.margins(corners)
        kept: list[Floats] = []
        for here, after, margin, next_margin in zip(
            corners, np.roll(corners, -1, axis=0), margins, np.roll(margins, -1), strict=True
        ):
            if margin >= 0:
                kept.append(here)
            if (margin >= 0) != (next_margin >= 0):
                kept.append(here + (after - here) * margin / (margin - next_margin))
        corners = np.array(kept)
    return corners
