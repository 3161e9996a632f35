"""Data of many shapes with queries that are not in it, and how much of the truth a forest finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearabout as na

Table = NDArray[Any]
ROWS, QUERIES = 4_000, 60
SHAPES: dict[str, Callable[[np.random.Generator], Table]] = {}


def shape(make: Callable[[np.random.Generator], Table]) -> Callable[[np.random.Generator], Table]:
    """Notes a maker of ROWS + QUERIES vectors under its name."""
    SHAPES[make.__name__] = make
    return make


def blobs(random: np.random.Generator, dims: int = 24, rows: int = ROWS + QUERIES, apart: float = 3) -> Table:
    centres = apart * random.normal(size=(20, dims))
    return np.asarray(centres[random.integers(0, 20, rows)] + random.normal(size=(rows, dims)))


@shape
def gaussian_blobs(random: np.random.Generator) -> Table:
    return blobs(random)


@shape
def clusters_far_apart(random: np.random.Generator) -> Table:
    return blobs(random, apart=50)


@shape
def half_equal(random: np.random.Generator) -> Table:
    table = blobs(random)
    table[::2] = table[0]
    return table


@shape
def all_equal(random: np.random.Generator) -> Table:
    return np.tile(blobs(random, rows=1), (ROWS + QUERIES, 1))


@shape
def each_fifty_times(random: np.random.Generator) -> Table:
    table = blobs(random)
    table[:ROWS] = np.tile(table[: ROWS // 50], (50, 1))
    return table


@shape
def constant_dimensions(random: np.random.Generator) -> Table:
    table = blobs(random)
    table[:, ::3] = np.arange(8) / 3
    return table


@shape
def scales_of_one_to_ten_thousand(random: np.random.Generator) -> Table:
    return blobs(random) * np.geomspace(1, 1e4, 24)


@shape
def of_size_1e20(random: np.random.Generator) -> Table:
    return blobs(random) * 1e20


@shape
def of_size_1e_20(random: np.random.Generator) -> Table:
    return blobs(random) * 1e-20


@shape
def norms_a_thousandfold_apart(random: np.random.Generator) -> Table:
    return np.asarray(random.normal(size=(ROWS + QUERIES, 24)) * 1_000 ** random.random((ROWS + QUERIES, 1)))


@shape
def low_rank_in_300(random: np.random.Generator) -> Table:
    flat = random.normal(size=(ROWS + QUERIES, 12)) @ random.normal(size=(12, 300))
    return np.asarray(flat + 0.05 * random.normal(size=(ROWS + QUERIES, 300)))


def of_dims(dims: int) -> Callable[[np.random.Generator], Table]:
    return lambda random: blobs(random, dims, 700 if dims > 1_000 else ROWS + QUERIES)


for _dims in (1, 2, 3, 17, 300, 4_096):
    SHAPES[f"in_{_dims}_dims"] = of_dims(_dims)


def parted(table: Table, dtype: Any = np.float32) -> tuple[Table, Table]:
    """Rows, and queries of the same kind."""
    return table[:-QUERIES].astype(dtype), table[-QUERIES:].astype(dtype)


def recall(index: na.Index, queries: Table, k: int = 10, **options: Any) -> float:
    """The share of the k found that are as near as the k-th of the true ones."""
    truth = index.search(queries, k, exact=True)
    hits = index.search(queries, k, **options)
    assert all(len(set(rows)) == k for rows in hits.rows.tolist()), "a row twice"
    return float((hits.distances <= truth.distances[:, -1:]).mean())
