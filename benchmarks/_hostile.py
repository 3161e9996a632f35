"""Seeded data sets on which a promise of recall is hard to keep, each with fresh queries.

Every set is made from a seed and a number of rows, so that the tests use small ones and `contract.py --hostile` large
ones. Queries are drawn like the rows unless the set says otherwise, and are never rows of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Metric = Literal["euclidean", "cosine", "dot"]
Floats = NDArray[np.float32]
QUERIES = 1000


@dataclass(frozen=True)
class Hostile:
    """Rows, and queries that calibration never sees."""

    name: str
    metric: Metric
    base: NDArray[Any]
    queries: NDArray[Any]


def _split(random: np.random.Generator, values: NDArray[Any], rows: int) -> tuple[Floats, Floats]:
    order = random.permutation(len(values))
    floats = np.ascontiguousarray(values[order], dtype=np.float32)
    return floats[:rows], floats[rows:]


def _normal(random: np.random.Generator, rows: int, dims: int) -> NDArray[np.float64]:
    return random.standard_normal((rows, dims))


def _clustered(random: np.random.Generator, rows: int, dims: int, clusters: int, spread: float) -> NDArray[Any]:
    """Rows in the order of their clusters."""
    centers = _normal(random, clusters, dims)
    return np.repeat(centers, -(-rows // clusters), axis=0)[:rows] + spread * _normal(random, rows, dims)


def _manifold(random: np.random.Generator, rows: int, dims: int, inner: int = 12) -> NDArray[Any]:
    """A curved surface of few dimensions with noise: about as hard as real embeddings."""
    hidden = _normal(random, rows, inner)
    first = np.tanh(hidden @ random.standard_normal((inner, 2 * inner)) / np.sqrt(inner))
    surface = first @ random.standard_normal((2 * inner, dims)) / np.sqrt(2 * inner)
    return np.asarray(surface + 0.05 * _normal(random, rows, dims))


def outliers(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, queries = _split(random, _normal(random, rows + QUERIES, 16), rows)
    base[[5, rows // 50, rows // 5]] = np.array([[999_999], [1e7], [-9_999]], np.float32)
    return "euclidean", base, queries


def ten_far_rows(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, queries = _split(random, _manifold(random, rows + QUERIES, 64), rows)
    base[random.integers(0, rows, 10)] *= np.float32(1000)
    return "euclidean", base, queries


def dominating_column(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = _normal(random, rows + QUERIES, 64)
    values[:, 7] = 1000 + 30 * values[:, 7]
    return "euclidean", *_split(random, values, rows)


def column_scales(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = _normal(random, rows + QUERIES, 32) * np.logspace(-6, 6, 32)
    return "euclidean", *_split(random, values, rows)


def cauchy(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, random.standard_cauchy((rows + QUERIES, 24)), rows)


def log_normal(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, random.lognormal(0, 1.5, (rows + QUERIES, 24)), rows)


def _wide_norms(random: np.random.Generator, rows: int) -> NDArray[Any]:
    values = _manifold(random, rows + QUERIES, 48)
    return values * random.lognormal(0, 1.5, (rows + QUERIES, 1))


def wide_norms_euclidean(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, _wide_norms(random, rows), rows)


def wide_norms_cosine(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "cosine", *_split(random, _wide_norms(random, rows), rows)


def wide_norms_dot(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "dot", *_split(random, _wide_norms(random, rows), rows)


def half_equal(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, queries = _split(random, _manifold(random, rows + QUERIES, 32), rows)
    base[: rows // 2] = base[0]
    return "euclidean", random.permutation(base), queries


def _copies(random: np.random.Generator, rows: int, group: int, jitter: float) -> tuple[Floats, Floats]:
    """Groups of near copies; the queries have none."""
    originals, queries = _split(random, _manifold(random, -(-rows // group) + QUERIES, 64), -(-rows // group))
    base = np.repeat(originals, group, axis=0)[:rows] + jitter * _normal(random, rows, 64)
    return random.permutation(base.astype(np.float32)), queries


def groups_of_5(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_copies(random, rows, 5, 0.01)


def groups_of_11(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_copies(random, rows, 11, 0.01)


def loose_groups_of_5(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_copies(random, rows, 5, 0.04)


def groups_of_7_cosine(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "cosine", *_copies(random, rows, 7, 0.02)


def exact_copies_of_10(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Half of the rows stand ten times: their codes are equal, and estimates from them tie."""
    values, queries = _split(random, _normal(random, rows + QUERIES, 8), rows)
    copied = np.repeat(values[: rows // 20 + 1], 10, axis=0)[: rows // 2]
    return "euclidean", random.permutation(np.concatenate([copied, values[len(copied) :]])), queries


def few_numbers_set(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Rows with one number set have the direction of many others."""
    values = _normal(random, 2 * (rows + QUERIES), 64) * (random.random((2 * (rows + QUERIES), 64)) < 0.05)
    return "cosine", *_split(random, values[values.any(axis=1)][: rows + QUERIES], rows)


def two_far_clusters(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = _manifold(random, rows + QUERIES, 48)
    values[::2] += 500
    return "euclidean", *_split(random, values, rows)


def curve(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    place = random.random((rows + QUERIES, 1)) * 20
    values = np.cos(place * random.random((1, 128)) + random.random((1, 128)) * 6)
    return "euclidean", *_split(random, values, rows)


def small_integers(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, random.integers(0, 4, (rows + QUERIES, 24)), rows)


def mostly_zero(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = random.gamma(0.7, 1.0, (rows + QUERIES, 96)) * (random.random((rows + QUERIES, 96)) < 0.06)
    values[:, 0] += 1e-3
    return "cosine", *_split(random, values, rows)


def constant_columns(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = np.full((rows + QUERIES, 64), 3.7)
    values[:, ::4] = _normal(random, rows + QUERIES, 16)
    return "euclidean", *_split(random, values, rows)


def sorted_by_cluster(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = _clustered(random, rows + rows // 20 + QUERIES, 48, 64, 0.3)
    asked = np.zeros(len(values), bool)
    asked[random.choice(len(values), len(values) - rows, replace=False)] = True
    queries = random.permutation(values[asked])[:QUERIES]
    return "euclidean", values[~asked].astype(np.float32), queries.astype(np.float32)


def other_queries(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, _ = _split(random, _manifold(random, rows, 64), rows)
    return "euclidean", base, (0.7 * _normal(random, QUERIES, 64)).astype(np.float32)


def sums_as_queries(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, _ = _split(random, _manifold(random, rows, 64), rows)
    return "cosine", base, base[random.integers(0, rows, (QUERIES, 4))].sum(axis=1)


def far_queries(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    base, queries = _split(random, _manifold(random, rows + QUERIES, 48), rows)
    return "euclidean", base, queries * np.float32(4)


def noise_as_queries(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Rows along few directions, queries along all."""
    base = _normal(random, rows, 48) / np.arange(1, 49)
    return "euclidean", base.astype(np.float32), (base.std() * _normal(random, QUERIES, 48)).astype(np.float32)


def shuffled_queries(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Queries like the rows, but with permuted columns."""
    base, queries = _split(random, _manifold(random, rows + QUERIES, 48), rows)
    return "cosine", base, queries[:, random.permutation(48)]


def sparse_asked_with_noise(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    values = np.where(random.random((rows, 96)) < 0.06, random.exponential(size=(rows, 96)), 0)
    values[:, 0] += 1e-3
    return "cosine", values.astype(np.float32), _normal(random, QUERIES, 96).astype(np.float32)


def rare_part(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """One row in fifty is outside the tight clusters of all others; every query is like those rows."""
    tight = _clustered(random, rows - rows // 50, 48, max(8, rows // 400), 0.02)
    loose = _normal(random, rows // 50 + QUERIES, 48)
    base = np.concatenate([tight, loose[QUERIES:]]).astype(np.float32)
    return "euclidean", random.permutation(base), loose[:QUERIES].astype(np.float32)


def copies_in_turn(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Changed copies of a set, one copy of all of it after another."""
    copies = 20
    own, queries = _split(random, _normal(random, rows // copies + QUERIES, 96), rows // copies)
    base = np.concatenate([own + 0.1 * _normal(random, *own.shape) for _ in range(copies)])
    return "euclidean", base.astype(np.float32), queries


def easy_rows_at_equal_distances(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    """Rows in tight clusters stand where 384 rows at equal distances are; queries are like the others."""
    count = 384
    base, queries = _split(random, _manifold(random, rows + QUERIES, 48), rows)
    places = (2 * np.arange(count) + 1) * rows // (2 * count)
    base[places] = _clustered(random, count, 48, 40, 0.02)
    return "euclidean", base, queries


def pure_noise(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, _normal(random, rows + QUERIES, 96), rows)


def friendly(random: np.random.Generator, rows: int) -> tuple[Metric, Floats, Floats]:
    return "euclidean", *_split(random, _manifold(random, rows + QUERIES, 64), rows)


SETS: dict[str, Callable[[np.random.Generator, int], tuple[Metric, Floats, Floats]]] = {
    make.__name__: make
    for make in (
        outliers, ten_far_rows, dominating_column, column_scales, cauchy, log_normal, wide_norms_euclidean,
        wide_norms_cosine, wide_norms_dot, half_equal, groups_of_5, groups_of_11, loose_groups_of_5, groups_of_7_cosine,
        exact_copies_of_10, few_numbers_set, two_far_clusters, curve, small_integers, mostly_zero, constant_columns,
        sorted_by_cluster, other_queries,
        sums_as_queries, far_queries, noise_as_queries, shuffled_queries, sparse_asked_with_noise, rare_part,
        copies_in_turn, easy_rows_at_equal_distances, pure_noise, friendly,
    )
}  # fmt: skip


def hostile_set(name: str, rows: int, seed: int = 0) -> Hostile:
    """One set; the same for the same name, rows and seed."""
    random = np.random.default_rng([seed, rows, *name.encode()])
    metric, base, queries = SETS[name](random, rows)
    return Hostile(name, metric, base, queries)


def hostile_sets(rows: int, seed: int = 0, names: tuple[str, ...] = tuple(SETS)) -> Iterator[Hostile]:
    for name in names:
        yield hostile_set(name, rows, seed)
