"""What lists of codes must agree on with an exact index: looked into all, they give the same answer, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nearabout as na

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot"]
ROWS, DIMS, LISTS = 1_200, 64, 20


def table(dtype: str, rows: int, seed: int) -> NDArray[Any]:
    """Whole numbers in clusters."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).integers(20, 100, (10, DIMS))
    values = centres[random.integers(0, 10, rows)] + random.integers(0, 6, (rows, DIMS))
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
    lists = na.build(base, metric=metric, dtype=dtype, kind=na.IVF(lists=LISTS))
    radius = float(exact.search(queries[0], 40).distances[-1])
    for options in ({"exact": True}, {"effort": LISTS}, {"effort": LISTS + 1}, {"effort": 10**30}):
        for k in (1, 10, ROWS, ROWS + 9):
            assert_same(lists.search(queries, k, **options), exact.search(queries, k))  # type: ignore[arg-type]
        assert_same(lists.search(queries[3], 12, **options), exact.search(queries[3], 12))  # type: ignore[arg-type]
        assert_same(lists.radius_search(queries, radius, **options), exact.radius_search(queries, radius))
        assert_same(lists.search_by_key([4, 0, 5], 8, **options), exact.search_by_key([4, 0, 5], 8))  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["f32", "u8"])
def test_what_is_found_has_its_true_distance(metric: str, dtype: str) -> None:
    """Whatever the effort: k different rows, nearest first, each with the distance that an exact index gives it; where
    the lists looked into hold fewer than k, further ones are."""
    base, queries = table(dtype, ROWS, 6), table(dtype, 15, 7)
    exact = na.build(base, metric=metric, kind="exact").search(queries, ROWS)
    place = np.argsort(exact.rows, axis=1)
    for settings_ in ({"lists": LISTS}, {"lists": 300}, {"lists": 7, "codes": 4}, {"codes": na.LeadingCodes(32, 4)}):
        index = na.build(base, metric=metric, kind=na.IVF(**settings_))  # type: ignore[arg-type]
        for effort, k in ((1, 1), (1, 300), (3, 10), (6, 10), (None, 10), (None, 900)):
            hits = index.search(queries, k, effort=effort)
            assert hits.rows.shape == (15, k)
            assert all(len(set(rows)) == k for rows in hits.rows.tolist())
            own = np.take_along_axis(exact.distances, np.take_along_axis(place, hits.rows, axis=1), axis=1)
            np.testing.assert_array_equal(hits.distances, own)
            assert (np.diff(hits.distances, axis=1) >= 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_a_radius_gives_nothing_beyond_it(metric: str) -> None:
    base, queries = table("f32", ROWS, 8), table("f32", 9, 9)
    exact = na.build(base, metric=metric, kind="exact")
    lists = na.build(base, metric=metric, kind=na.IVF(lists=LISTS))
    radius = float(exact.search(queries[2], 30).distances[-1])
    everything = exact.radius_search(queries, radius)
    for effort in (1, 5, 15, None):
        hits = lists.radius_search(queries, radius, effort=effort)
        for number, rows in enumerate(hits.rows):
            found = set(rows[: int(hits.counts[number])].tolist())  # type: ignore[index]
            assert len(found) == int(hits.counts[number])  # type: ignore[index]
            assert found <= set(everything.rows[number].tolist())
        assert (hits.distances[hits.rows >= 0] <= np.float32(radius)).all()
    assert lists.radius_search(queries[0], -1e30 if metric == "dot" else -1.0).counts == 0


def test_a_radius_finds_most_of_what_is_in_it() -> None:
    base, queries = table("f32", ROWS, 8), table("f32", 30, 9)
    lists = na.build(base, metric="euclidean", kind=na.IVF(lists=LISTS))
    radius = float(np.median(lists.search(queries, 10, exact=True).distances[:, -1]))
    found = lists.radius_search(queries, radius).counts
    assert np.sum(found) >= 0.8 * np.sum(lists.radius_search(queries, radius, exact=True).counts)


@pytest.mark.parametrize("metric", METRICS)
def test_a_key_is_not_its_own_neighbour(metric: str) -> None:
    base = table("f32", ROWS, 10) + np.random.default_rng(11).random((ROWS, DIMS), np.float32)
    index = na.build(base, keys=[f"row {row}" for row in range(ROWS)], metric=metric, kind=na.IVF(lists=LISTS))
    asked = [f"row {row}" for row in range(0, ROWS, 60)]
    hits = index.search_by_key(asked, 5)
    assert hits.rows.shape == (20, 5)
    assert (hits.rows != index.rows(asked)[:, None]).all()
    if metric != "dot":
        with_self = index.search_by_key(asked, 5, include_self=True)
        np.testing.assert_array_equal(with_self.rows[:, 0], index.rows(asked))
        np.testing.assert_array_equal(with_self.rows[:, 1:], hits.rows[:, :4])


@pytest.mark.parametrize("lists", ["auto", 1, 2, 64])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5])
def test_fewer_rows_than_lists(rows: int, lists: Any) -> None:
    base = table("f32", 5, 12)[:rows]
    index = na.build(base, metric="euclidean", kind=na.IVF(lists=lists))
    index.verify()
    exact = na.build(base, metric="euclidean", kind="exact").search(table("f32", 4, 13), 10)
    for effort in (1, 2, None):
        hits = index.search(table("f32", 4, 13), 10, effort=effort)
        assert_same(hits, exact)  # as many are asked for as there are: all lists have to be looked into


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(),
    metric=st.sampled_from(["euclidean", "sqeuclidean", "dot"]),
    dtype=st.sampled_from(["f32", "i8", "f16"]),
    rows=st.integers(0, 60),
    dims=st.sampled_from([1, 2, 3, 5, 8, 15]),
    lists=st.sampled_from([1, 2, 5, 50]),
)
def test_small_integers(data: st.DataObject, metric: str, dtype: str, rows: int, dims: int, lists: int) -> None:
    """Every integer matrix: all effort is exact, and less gives different rows with the distances that are theirs."""
    entries = st.lists(st.integers(-3, 3), min_size=dims, max_size=dims)
    base = np.array(data.draw(st.lists(entries, min_size=rows, max_size=rows)), np.float32).reshape(rows, dims)
    queries = np.array(data.draw(st.lists(entries, min_size=1, max_size=7)), np.float32)
    exact = na.build(base, metric=metric, dtype=dtype, kind="exact")
    index = na.build(base, metric=metric, dtype=dtype, kind=na.IVF(lists=lists))
    index.verify()
    k = data.draw(st.integers(1, len(base) + 2))
    assert_same(index.search(queries, k, exact=True), exact.search(queries, k))
    assert_same(index.search(queries, k, effort=lists), exact.search(queries, k))
    everything = exact.search(queries, len(base) + 1)
    for effort in (1, 3, None):
        hits = index.search(queries, k, effort=effort)
        assert hits.rows.shape == (len(queries), min(k, len(base)))
        for number, rows_found in enumerate(hits.rows.tolist()):
            assert len(set(rows_found)) == len(rows_found)
            own = dict(zip(everything.rows[number].tolist(), everything.distances[number].tolist(), strict=True))
            assert [own[row] for row in rows_found] == hits.distances[number].tolist()
