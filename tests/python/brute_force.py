"""Brute force in float64 for whole batches, and what it means to agree with it.

An answer is exact when its rows are the nearest and in order. Where two distances differ by less than float64 sums can
tell (RELATIVE times the magnitudes that entered), either may come first; whole numbers leave no such doubt, and there
the order by distance, then row, is compared as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearabout as na

from .reference import distances

RELATIVE = 1e-12  # of the largest distance, or of the magnitudes under dot: rounding of sums in float64, with room
ABSOLUTE = 1e-300
FLOAT32 = 2.0**-23  # what reporting a distance as float32 may cost


def true_distances(metric: str, queries: NDArray[Any], base: NDArray[Any]) -> NDArray[np.float64]:
    """One row of distances a query; without products of matrices, which would cancel."""
    return np.array([distances(metric, query, base) for query in queries]).reshape(len(queries), len(base))


def magnitudes(metric: str, query: NDArray[Any], base: NDArray[Any], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the rounding of each distance is relative to."""
    if metric == "dot":
        return np.asarray(np.abs(base.astype(np.float64)) @ np.abs(query.astype(np.float64)))
    if metric == "cosine":
        return np.full(len(base), 2.0)
    return np.abs(true)


def answers(index: na.Index, queries: NDArray[Any], k: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Queries, rows and distances, two-dimensional whether one was asked or many."""
    hits = index.search(queries, k)
    return np.atleast_2d(queries), np.atleast_2d(hits.rows), np.atleast_2d(hits.distances)


def assert_exact(index: na.Index, queries: NDArray[Any], k: int) -> None:
    """The k nearest of the stored vectors, up to what float64 can tell apart."""
    base = index.vectors()
    if base.dtype != bool:
        base = base.astype(np.float64)
    queries, rows, found = answers(index, queries, k)
    columns = min(k, len(base))
    assert rows.shape == found.shape == (len(queries), columns)
    if columns == 0:
        return
    for number, query in enumerate(queries):
        true = distances(index.metric, query, base)
        room = RELATIVE * magnitudes(index.metric, query, base, true) + ABSOLUTE
        own = true[rows[number]]
        assert len(np.unique(rows[number])) == columns, "a row twice"
        assert (np.diff(own) >= -(room[rows[number]][1:] + room[rows[number]][:-1])).all(), "out of order"
        others = np.ones(len(base), bool)
        others[rows[number]] = False
        if others.any():
            assert own.max() <= (true + room)[others].min() + room[rows[number]].max(), "a nearer row was left out"
        with np.errstate(over="ignore", invalid="ignore"):
            expected = own.astype(np.float32)
            near = np.abs(found[number] - expected) <= FLOAT32 * np.abs(expected) + room[rows[number]] + 2e-45
        assert (near | (found[number] == expected)).all(), "not the distance of the row"


def assert_exact_with_ties(index: na.Index, queries: NDArray[Any], k: int) -> None:
    """Rows exactly as by (distance, row), for data whose distances float64 gives without rounding."""
    base = index.vectors()
    queries, rows, found = answers(index, queries, k)
    for number, query in enumerate(queries):
        true = distances(index.metric, query, base)
        order = np.argsort(true, kind="stable")[:k]
        np.testing.assert_array_equal(rows[number], order)
        np.testing.assert_array_equal(found[number], true[order].astype(np.float32))
