"""Data that breaks a careless bound: exact all the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.python.brute_force import assert_exact

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot", "manhattan"]
ROWS, DIMS = 2500, 64
Table = NDArray[np.float32]


def bell(random: np.random.Generator, rows: int = ROWS, dims: int = DIMS) -> NDArray[np.float64]:
    return random.normal(size=(rows, dims))


def tight_clusters(random: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(bell(random, 8)[random.integers(0, 8, ROWS)] + 1e-4 * bell(random))


def low_rank(random: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(bell(random, ROWS, 3) @ bell(random, 3, 150) + 1e-3 * bell(random, ROWS, 150))


def duplicates(random: np.random.Generator) -> NDArray[np.float64]:
    return np.repeat(bell(random, ROWS // 50), 50, axis=0)


def constant_dimensions(random: np.random.Generator) -> NDArray[np.float64]:
    table = bell(random)
    table[:, ::3] = 0.1
    return table


def one_giant(random: np.random.Generator) -> NDArray[np.float64]:
    table = bell(random)
    table[1234] *= 1000
    return table


def giants_first(random: np.random.Generator) -> NDArray[np.float64]:
    """The rows that set the first limit are the worst that there are."""
    table = bell(random)
    table[:40] *= 1e6
    return table


def heavy_tails(random: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(random.standard_cauchy((ROWS, 24)))


def two_far_clusters(random: np.random.Generator) -> NDArray[np.float64]:
    table = bell(random)
    table[::2] += 500
    return table


def giants_outside_the_sample(random: np.random.Generator) -> NDArray[np.float64]:
    """The screen measures 4096 rows; here most are elsewhere than those."""
    table = bell(random, 9000, 32)
    table[1::2] = table[1::2] * 50 + 100
    return table


def far_from_zero(random: np.random.Generator) -> NDArray[np.float64]:
    return bell(random) + 1e6


def of_norms_a_thousandfold_apart(random: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(bell(random) * 1000 ** random.random((ROWS, 1)))


def one_wide_dimension(random: np.random.Generator) -> NDArray[np.float64]:
    table = bell(random)
    table[:, 5] *= 1e6
    return table


def one_hot(random: np.random.Generator) -> NDArray[np.float64]:
    table = np.zeros((ROWS, DIMS))
    table[np.arange(ROWS), random.integers(0, DIMS, ROWS)] = random.integers(1, 4, ROWS)
    return table


def in_steps(random: np.random.Generator) -> NDArray[np.float64]:
    """Rows that grow along the table: those that come first promise nothing of those after."""
    return np.asarray(bell(random) + np.linspace(-50, 50, ROWS)[:, None])


def scaled(factor: float) -> Callable[[np.random.Generator], NDArray[np.float64]]:
    def make(random: np.random.Generator) -> NDArray[np.float64]:
        return np.asarray(bell(random) * factor)

    make.__name__ = f"scaled_to_{factor:g}"
    return make


SHAPES = [
    tight_clusters,
    low_rank,
    duplicates,
    constant_dimensions,
    one_giant,
    giants_first,
    heavy_tails,
    two_far_clusters,
    giants_outside_the_sample,
    far_from_zero,
    of_norms_a_thousandfold_apart,
    one_wide_dimension,
    one_hot,
    in_steps,
    *[scaled(factor) for factor in (1e37, 1e30, 1e18, 1e16, 1e-10, 1e-18, 1e-30, 1e-40)],
]


def queries_for(base: Table, random: np.random.Generator) -> dict[str, Table]:
    spread = base.std(axis=0, dtype=np.float64) + 1e-45
    mean = base.mean(axis=0, dtype=np.float64)
    rows = base[random.integers(0, len(base), 6)].astype(np.float64)
    kinds = {
        "rows": rows,
        "near rows": rows + 0.01 * spread * random.normal(size=rows.shape),
        "among them": mean + spread * random.normal(size=rows.shape),
        "far outside": mean + 100 * spread * random.normal(size=rows.shape),
        "the mean": np.tile(mean, (2, 1)),
        "opposite": -rows,
        "tiny": 1e-30 * random.normal(size=rows.shape),
        "huge": 1e30 * random.normal(size=rows.shape),
    }
    largest = float(np.finfo(np.float32).max) / 2
    return {kind: np.clip(table, -largest, largest).astype(np.float32) for kind, table in kinds.items()}


@pytest.mark.parametrize(
    "metric",
    [pytest.param(name, marks=[pytest.mark.slow] if name in ("sqeuclidean", "dot") else []) for name in METRICS],
)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_hard_data(shape: Callable[[np.random.Generator], NDArray[np.float64]], metric: str) -> None:
    random = np.random.default_rng(1)
    largest = float(np.finfo(np.float32).max) / 4
    base = np.clip(shape(random), -largest, largest).astype(np.float32)
    index = na.build(base, metric=metric, kind="exact")
    for kind, queries in queries_for(base, random).items():
        if metric == "cosine":
            queries = queries[(queries != 0).any(axis=1)]
        for batch in (queries, queries[:2], queries[0] if len(queries) else queries):
            try:
                assert_exact(index, batch, 10)
            except AssertionError as error:
                raise AssertionError(f"queries: {kind}, batch of {len(np.atleast_2d(batch))}: {error}") from error


@pytest.mark.parametrize("dtype", ["u8", "i8", "f16", "bf16"])
@pytest.mark.parametrize("metric", METRICS)
def test_sparse_and_skewed_bytes(metric: str, dtype: str) -> None:
    """As images are: mostly zero, some dimensions always, values at both ends of the range."""
    random = np.random.default_rng(2)
    base = np.where(random.random((2000, 200)) < 0.15, random.integers(0, 128, (2000, 200)), 0).astype(np.float32)
    base[:, :40] = 0
    base[:, 40] = 127
    index = na.build(base, metric=metric, dtype=dtype, kind="exact")
    queries = np.vstack([base[:4], base[4:8] + 0.25, np.full((1, 200), 300), random.normal(size=(4, 200))])
    assert_exact(index, queries.astype(np.float32), 15)


def test_a_period_in_the_order_of_rows_does_not_mislead_the_build() -> None:
    """Changed copies of a set, one copy after another: a sample at equal distances has only copies of a few rows."""
    random = np.random.default_rng(0)
    base = bell(random, 2_000, 96)
    rows = np.concatenate([base + 0.1 * bell(random, *base.shape) for _ in range(20)]).astype("f4")

    def directions(table: Table) -> int:
        sections = na.build(table, kind="exact").info()["sections"]
        return next((section["columns"] for section in sections if section["name"] == "codes"), 96)

    assert directions(rows) == directions(rows[random.permutation(len(rows))])
