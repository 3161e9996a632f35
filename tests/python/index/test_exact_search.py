"""Exact search is exact: every metric, type, size and batch against float64 brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star
from tests.python.brute_force import ABSOLUTE, RELATIVE, assert_exact, assert_exact_with_ties, true_distances

REAL = ["euclidean", "sqeuclidean", "cosine", "dot", "manhattan"]
ROWS = [0, 1, 2, 15, 16, 17, 511, 512, 513, 3000]
DIMS = [1, 2, 3, 15, 16, 17, 50, 100, 128, 200]
BATCHES = [1, 3, 5, 9, 130, 300]  # around the sizes at which the scan changes its way
DTYPES = ["f32", "f16", "bf16", "u8", "i8"]


def sample(dtype: str, rows: int, dims: int, seed: int) -> NDArray[np.float32]:
    """Numbers that `dtype` holds, in clusters as data has them; no zero vectors."""
    random = np.random.default_rng(seed)
    if dtype in ("u8", "i8"):
        low, high = (0, 256) if dtype == "u8" else (-128, 128)
        table = random.integers(low, high, (rows, dims)).astype(np.float32)
    else:
        centres = random.normal(size=(10, dims)) * 2
        table = (centres[random.integers(0, 10, rows)] + random.normal(size=(rows, dims))).astype(np.float32)
    table[(table == 0).all(axis=1)] = 1
    return table


def sizes() -> list[tuple[str, str, int, int, int]]:
    """Every pair of rows and dims once, going through metrics, types and batches on the way."""
    cases = []
    for number, (rows, dims) in enumerate((rows, dims) for rows in ROWS for dims in DIMS):
        metric, dtype = REAL[number % 5], DTYPES[(number // 5 + number) % 5]
        cases.append((metric, dtype, rows, dims, BATCHES[number % 6]))
    return cases


@pytest.mark.parametrize(("metric", "dtype", "rows", "dims", "batch"), sizes())
def test_every_size(metric: str, dtype: str, rows: int, dims: int, batch: int) -> None:
    index = na.build(sample(dtype, rows, dims, 1), metric=metric, dtype=dtype, kind="exact")
    queries = sample(dtype, batch, dims, 2)
    for k in (1, 10, max(rows, 1), rows + 5):
        assert_exact(index, queries[:20] if k > 10 else queries, k)
    assert_exact(index, queries[0], 10)


@pytest.mark.parametrize(("dtype", "metric", "dims"), star(DTYPES, REAL, [100, 16]))
def test_every_metric_and_type_at_a_size_that_is_screened(metric: str, dtype: str, dims: int) -> None:
    index = na.build(sample(dtype, 3000, dims, 3), metric=metric, dtype=dtype, kind="exact")
    for batch in BATCHES:
        assert_exact(index, sample(dtype, batch, dims, 4), 10)
    assert_exact(index, sample("f32", 7, dims, 5) * 0.7, 25)  # fractions against integers
    assert_exact(index, sample("f32", 7, dims, 6) * 3000, 25)  # far outside
    assert_exact(index, index.vectors(np.arange(0, 3000, 500)).astype(np.float32), 3)  # rows themselves


@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
@pytest.mark.parametrize("dims", [1, 16, 17, 200])
def test_bits(metric: str, dims: int) -> None:
    random = np.random.default_rng(7)
    base, queries = random.random((700, dims)) < 0.3, random.random((9, dims)) < 0.3
    index = na.build(base, metric=metric, kind="exact")
    for k in (1, 10, 700):
        assert_exact_with_ties(index, queries, k)


def test_haversine() -> None:
    random = np.random.default_rng(8)
    places = np.column_stack([random.uniform(-90, 90, 2000), random.uniform(-180, 180, 2000)]).astype(np.float32)
    assert_exact(na.build(places, metric="haversine", kind="exact"), places[::100] * np.float32(0.99), 12)


# --- Ties ---


def many_ties(kind: str, rows: int, dims: int) -> NDArray[np.float32]:
    random = np.random.default_rng(9)
    table = random.integers(0, 3, (rows, dims)).astype(np.float32)
    if kind == "all equal":
        table[:] = table[0]
    elif kind == "half equal":
        table[::2] = table[0]
    elif kind == "each ten times":
        table = np.tile(table[: rows // 10], (10, 1))
    table[:, 0] += 1
    return table


@pytest.mark.parametrize("kind", ["few values", "all equal", "half equal", "each ten times"])
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "dot", "manhattan"])
@pytest.mark.parametrize("dtype", ["f32", "u8", "i8", "f16"])
def test_ties_are_in_the_order_of_rows(kind: str, metric: str, dtype: str) -> None:
    base = many_ties(kind, 3000, 20)
    index = na.build(base, metric=metric, dtype=dtype, kind="exact")
    queries = np.vstack([base[:3], base[-3:], base[:2] + 0.5, 5 - base[:2]])
    for k in (1, 10, 1600, 3000):
        assert_exact_with_ties(index, queries, k)
        assert_exact_with_ties(index, queries[0], k)


def test_equal_rows_tie_under_cosine() -> None:
    """Whole multiples of one row do not tie in floating point, equal rows do."""
    base = np.tile(sample("f32", 60, 40, 10), (20, 1))
    rows = na.build(base, kind="exact").search(base[:60], 20).rows
    np.testing.assert_array_equal(rows, np.arange(60)[:, None] + 60 * np.arange(20))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    metric=st.sampled_from(["euclidean", "sqeuclidean", "dot", "manhattan"]),
    dtype=st.sampled_from(["f32", "i8", "f16"]),
    rows=st.integers(0, 40),
    dims=st.integers(1, 20),
    copies=st.sampled_from([1, 1, 40]),
)
def test_small_integers_exactly(
    data: st.DataObject, metric: str, dtype: str, rows: int, dims: int, copies: int
) -> None:
    """Every integer matrix; many copies of it make it large enough for a screen."""
    entries = st.lists(st.integers(-3, 3), min_size=dims, max_size=dims)
    base = np.array(data.draw(st.lists(entries, min_size=rows, max_size=rows)), np.float32).reshape(rows, dims)
    queries = np.array(data.draw(st.lists(entries, min_size=1, max_size=7)), np.float32)
    index = na.build(np.tile(base, (copies, 1)), metric=metric, dtype=dtype, kind="exact")
    k = data.draw(st.integers(1, rows * copies + 2))
    assert_exact_with_ties(index, queries, k)


# --- Radius ---


@pytest.mark.parametrize("metric", REAL)
@pytest.mark.parametrize(("rows", "dims"), [(100, 5), (3000, 5), (3000, 64)])
def test_a_radius_gives_all_within_it(metric: str, rows: int, dims: int) -> None:
    index = na.build(sample("f32", rows, dims, 11), metric=metric, kind="exact")
    queries = sample("f32", 30, dims, 12)
    base = index.vectors().astype(np.float64)
    for share in (0.0, 0.01, 0.3, 1.0):
        true = true_distances(metric, queries[:1], base)[0]
        radius = float(np.quantile(true, share)) + 1e-9 * float(np.abs(true).max())
        hits = index.radius_search(queries, radius)
        for number, query in enumerate(queries):
            expected = true_distances(metric, query[None], base)[0]
            room = RELATIVE * np.abs(expected).max() + ABSOLUTE
            found = hits.rows[number][: int(hits.counts[number])]
            assert (expected[found] <= radius + room).all()
            missing = np.setdiff1d(np.flatnonzero(expected <= radius - room), found)
            assert missing.size == 0
            assert (np.diff(expected[found]) >= -room).all()


@pytest.mark.parametrize("dtype", ["f32", "u8"])
@pytest.mark.parametrize("dims", [4, 24])
def test_a_radius_is_inclusive(dtype: str, dims: int) -> None:
    """Square roots round; what lies exactly on the radius is within it all the same."""
    base = many_ties("few values", 2000, dims)
    index = na.build(base, metric="euclidean", dtype=dtype, kind="exact")
    squares = ((base - base[0]) ** 2).sum(axis=1)
    for square in np.unique(squares):
        hits = index.radius_search(base[0], math.sqrt(square))
        expected = np.flatnonzero(squares <= square)
        np.testing.assert_array_equal(hits.rows, expected[np.argsort(squares[expected], kind="stable")])


@pytest.mark.parametrize("dims", [10, 49, 77])
def test_a_radius_of_bits_is_inclusive(dims: int) -> None:
    base = np.random.default_rng(13).random((300, dims)) < 0.5
    index = na.build(base, metric="hamming", kind="exact")
    differing = (base != base[0]).sum(axis=1)
    for count in range(dims + 1):
        assert index.radius_search(base[0], count / dims).counts == (differing <= count).sum()


@pytest.mark.parametrize("value", [0.0, 7.0])
@pytest.mark.parametrize("dtype", ["f32", "u8"])
def test_no_radius_is_too_large(value: float, dtype: str) -> None:
    """Rows that the codes hold without any error meet limits beyond float32's range."""
    index = na.build(np.full((600, 16), value, np.float32), metric="euclidean", dtype=dtype, kind="exact")
    for radius in (100.0, 1e19, 1e39, 1e160, 1e308, float("inf")):
        assert index.radius_search(np.ones(16), radius).counts == 600


def test_a_radius_beyond_everything_and_short_of_it() -> None:
    for metric in ("euclidean", "sqeuclidean", "cosine", "manhattan"):
        index = na.build(sample("f32", 1000, 32, 14), metric=metric, kind="exact")
        assert index.radius_search(np.ones(32), 1e300).counts == 1000
        assert index.radius_search(np.ones(32), 0).counts == 0
    index = na.build(sample("f32", 1000, 32, 14), metric="dot", kind="exact")
    assert index.radius_search(np.ones(32), -1e300).counts == 0
