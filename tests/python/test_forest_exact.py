"""What a forest must agree on with an exact index: asked for everything, it gives the same answer, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nearabout as na

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot", "manhattan"]
ROWS, DIMS = 700, 20


def table(dtype: str, rows: int, seed: int) -> NDArray[Any]:
    """Whole numbers in clusters, with copies among them: ties, as well as rows."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).integers(20, 100, (10, DIMS))
    values = centres[random.integers(0, 10, rows)] + random.integers(0, 6, (rows, DIMS))
    values[rows // 2 :: 3] = values[0]
    return values.astype({"u8": np.uint8, "i8": np.int8}.get(dtype, np.float32))


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances.view(np.int32), other.distances.view(np.int32))
    np.testing.assert_array_equal(one.counts, other.counts)


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "u8", "i8"])
@pytest.mark.parametrize("metric", METRICS)
def test_everything_is_what_the_exact_index_gives(metric: str, dtype: str) -> None:
    base, queries = table(dtype, ROWS, 2), table(dtype, 30, 3)
    exact = na.build(base, metric=metric, dtype=dtype, kind="exact")
    forest = na.build(base, metric=metric, dtype=dtype, kind=na.Forest(trees=2, leaf_size=9), seed=5)
    radius = float(exact.search(queries[0], 40).distances[-1])
    for options in ({"exact": True}, {"effort": ROWS}, {"effort": ROWS + 1}, {"effort": 10**30}):
        for k in (1, 10, ROWS, ROWS + 9):
            assert_same(forest.search(queries, k, **options), exact.search(queries, k))  # type: ignore[arg-type]
        assert_same(forest.search(queries[3], 12, **options), exact.search(queries[3], 12))  # type: ignore[arg-type]
        assert_same(forest.radius_search(queries, radius, **options), exact.radius_search(queries, radius))
        assert_same(forest.search_by_key([4, 0, 5], 8, **options), exact.search_by_key([4, 0, 5], 8))  # type: ignore[arg-type]


@pytest.mark.parametrize("dims", [5, 64, 77])
def test_bits(dims: int) -> None:
    random = np.random.default_rng(4)
    base, queries = random.random((ROWS, dims)) < 0.3, random.random((20, dims)) < 0.3
    exact = na.build(base, metric="hamming", kind="exact")
    forest = na.build(base, metric="hamming", kind="forest")
    packed = np.packbits(queries, axis=1, bitorder="little")
    for options in ({"exact": True}, {"effort": ROWS}):
        assert_same(forest.search(queries, 25, **options), exact.search(queries, 25))  # type: ignore[arg-type]
        assert_same(forest.search(packed, 25, **options), exact.search(queries, 25))  # type: ignore[arg-type]
    np.testing.assert_array_equal(forest.search(packed, 5).rows, forest.search(queries, 5).rows)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_found_has_its_true_distance(metric: str) -> None:
    """Whatever the effort: k different rows, nearest first, each with the distance that an exact index gives it."""
    base, queries = table("f32", ROWS, 6) + 0.25, table("f32", 15, 7)
    exact = na.build(base, metric=metric, kind="exact").search(queries, ROWS)
    place = np.argsort(exact.rows, axis=1)
    for trees, leaf_size in ((1, 1), (1, 48), (5, 3), (40, 20)):
        forest = na.build(base, metric=metric, kind=na.Forest(trees=trees, leaf_size=leaf_size))
        for effort, k in ((1, 1), (1, 50), (30, 10), (400, 10), (None, 10)):
            hits = forest.search(queries, k, effort=effort)
            assert hits.rows.shape == (15, k)
            assert all(len(set(rows)) == k for rows in hits.rows.tolist())
            own = np.take_along_axis(exact.distances, np.take_along_axis(place, hits.rows, axis=1), axis=1)
            np.testing.assert_array_equal(hits.distances, own)
            assert (np.diff(hits.distances, axis=1) >= 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_a_radius_gives_nothing_beyond_it(metric: str) -> None:
    base, queries = table("f32", ROWS, 8), table("f32", 9, 9)
    exact = na.build(base, metric=metric, kind="exact")
    forest = na.build(base, metric=metric, kind=na.Forest(leaf_size=5))
    radius = float(exact.search(queries[2], 30).distances[-1])
    everything = exact.radius_search(queries, radius)
    for effort in (1, 20, 200, None):
        hits = forest.radius_search(queries, radius, effort=effort)
        for number, rows in enumerate(hits.rows):
            found = set(rows[: int(hits.counts[number])].tolist())  # type: ignore[index]
            assert len(found) == int(hits.counts[number])  # type: ignore[index]
            assert found <= set(everything.rows[number].tolist())
        assert (hits.distances[hits.rows >= 0] <= np.float32(radius)).all()
    assert forest.radius_search(queries[0], -1e30 if metric == "dot" else -1.0).counts == 0


@pytest.mark.parametrize("trees", [1, 4])
def test_no_effort_finds_less_than_one_leaf_holds(trees: int) -> None:
    base = table("f32", ROWS, 10) + np.arange(ROWS, dtype=np.float32)[:, None] / 4096
    forest = na.build(base, metric="euclidean", kind=na.Forest(trees=trees, leaf_size=48))
    hits = forest.search(base[::9], 1, effort=1)
    assert (hits.rows[:, 0] == np.arange(ROWS)[::9]).mean() > 0.8  # a row is in the leaf that is nearest to it, mostly


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    metric=st.sampled_from(["euclidean", "sqeuclidean", "dot", "manhattan"]),
    dtype=st.sampled_from(["f32", "i8", "f16"]),
    rows=st.integers(0, 40),
    dims=st.integers(1, 20),
    copies=st.sampled_from([1, 1, 9]),
    trees=st.integers(1, 5),
    leaf_size=st.sampled_from([1, 2, 7, 48]),
)
def test_small_integers(
    data: st.DataObject, metric: str, dtype: str, rows: int, dims: int, copies: int, trees: int, leaf_size: int
) -> None:
    """Every integer matrix: all effort is exact, and less gives different rows with the distances that are theirs."""
    entries = st.lists(st.integers(-3, 3), min_size=dims, max_size=dims)
    base = np.array(data.draw(st.lists(entries, min_size=rows, max_size=rows)), np.float32).reshape(rows, dims)
    base = np.tile(base, (copies, 1))
    queries = np.array(data.draw(st.lists(entries, min_size=1, max_size=7)), np.float32)
    exact = na.build(base, metric=metric, dtype=dtype, kind="exact")
    forest = na.build(base, metric=metric, dtype=dtype, kind=na.Forest(trees=trees, leaf_size=leaf_size))
    forest.verify()
    k = data.draw(st.integers(1, len(base) + 2))
    assert_same(forest.search(queries, k, exact=True), exact.search(queries, k))
    assert_same(forest.search(queries, k, effort=len(base) + 1), exact.search(queries, k))
    everything = exact.search(queries, len(base) + 1)
    for effort in (1, data.draw(st.integers(1, 400)), None):
        hits = forest.search(queries, k, effort=effort)
        assert hits.rows.shape == (len(queries), min(k, len(base)))
        for number, rows_found in enumerate(hits.rows.tolist()):
            assert len(set(rows_found)) == len(rows_found)
            own = dict(zip(everything.rows[number].tolist(), everything.distances[number].tolist(), strict=True))
            assert [own[row] for row in rows_found] == hits.distances[number].tolist()
