"""Searching: the true neighbours, in the right shapes, for every metric and type."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout._base.vocabulary import METRICS
from tests.python.conftest import Kind, skip_unserved
from tests.python.reference import distances, nearest

REAL = ["euclidean", "sqeuclidean", "cosine", "dot", "manhattan"]


def sample(dtype: str, rows: int, dims: int, seed: int) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    if dtype == "uint8":
        return random.integers(0, 256, (rows, dims), np.uint8)
    if dtype == "int8":
        return random.integers(-128, 128, (rows, dims), np.int8)
    return random.normal(size=(rows, dims)).astype(dtype)


def assert_same(hits: na.Hits, metric: str, queries: NDArray[Any], base: NDArray[Any], k: int) -> None:
    """Distances as the reference has them; rows too, where rounding cannot have exchanged near ties."""
    for row, query in enumerate(queries):
        _, expected = nearest(metric, query, base, k)
        np.testing.assert_allclose(hits.distances[row], expected, rtol=2e-6, atol=2e-6)
        own = distances(metric, query, base)[hits.rows[row]]
        np.testing.assert_allclose(own, expected, rtol=2e-6, atol=2e-6)
        assert len(set(hits.rows[row].tolist())) == len(expected)


@pytest.mark.parametrize("metric", REAL)
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int8"])
@pytest.mark.parametrize("dims", [1, 7, 64])
def test_neighbours_are_the_true_ones(metric: str, dtype: str, dims: int) -> None:
    base, queries = sample(dtype, 200, dims, 1), sample(dtype, 5, dims, 2)
    base[(base == 0).all(axis=1)] = 1  # cosine has no answer for a zero vector
    queries[(queries == 0).all(axis=1)] = 1
    index = na.build(base, metric=metric, kind="exact")
    assert_same(index.search(queries, 12), metric, queries, base, 12)


@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
@pytest.mark.parametrize("dims", [3, 8, 77])
def test_bits(metric: str, dims: int) -> None:
    random = np.random.default_rng(3)
    base, queries = random.random((100, dims)) < 0.4, random.random((4, dims)) < 0.4
    index = na.build(base, metric=metric, kind="exact")
    assert (index.dims, index.dtype) == (dims, "bits")
    assert_same(index.search(queries, 9), metric, queries, base, 9)
    packed = np.packbits(queries, axis=1, bitorder="little")
    np.testing.assert_array_equal(index.search(packed, 9).rows, index.search(queries, 9).rows)
    np.testing.assert_array_equal(index.vectors(), base)


def test_packed_bytes_are_stored_as_they_are(kind: Kind) -> None:
    skip_unserved(kind, "hamming")
    packed = np.array([[0b1, 0], [0b11, 0], [0, 0xFF]], np.uint8)
    index = na.build(packed, metric="hamming", dtype="bits", kind=kind)
    assert index.dims == 16
    hits = index.search(packed[0], 3)
    assert hits.rows.tolist() == [0, 1, 2]
    np.testing.assert_allclose(hits.distances, [0, 1 / 16, 9 / 16])


def test_haversine_takes_degrees_and_gives_metres() -> None:
    places = np.array([[48.8566, 2.3522], [51.5074, -0.1278], [40.7128, -74.0060]])
    index = na.build(places, keys=["Paris", "London", "New York"], metric="haversine")
    hits = index.search([48.8566, 2.3522], 3)
    assert hits.keys.tolist() == ["Paris", "London", "New York"]
    np.testing.assert_allclose(hits.distances, distances("haversine", places[0], places), rtol=1e-5, atol=1)
    assert 340_000 < hits.distances[1] < 348_000


def test_ties_are_in_the_order_of_rows() -> None:
    base = np.tile(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), (50, 1))
    hits = na.build(base, metric="euclidean", kind="exact").search([1.0, 2.0], 60)
    assert hits.rows.tolist() == [*range(0, 100, 2), *range(1, 21, 2)]


def test_one_query_gives_one_dimension(compass: na.Index) -> None:
    hits = compass.search([0.1, 1.0], k=2)
    assert (hits.rows.shape, hits.distances.shape, hits.keys.shape, hits.counts) == ((2,), (2,), (2,), 2)
    assert (hits.rows.dtype, hits.distances.dtype) == (np.int64, np.float32)
    keys, found = hits
    assert keys.tolist() == ["north", "north-east"]
    assert found is hits.distances


def test_a_batch_gives_two(compass: na.Index) -> None:
    hits = compass.search([[0.1, 1.0], [-1.0, 0.0]], k=2)
    assert hits.rows.shape == hits.distances.shape == hits.keys.shape == (2, 2)
    assert hits.counts.tolist() == [2, 2]
    assert hits.keys[1, 0] == "west"
    assert compass.search(np.empty((0, 2)), k=3).rows.shape == (0, 3)


def test_one_at_a_time_and_a_batch_agree(kind: Kind) -> None:
    base, queries = sample("float32", 300, 20, 4), sample("float32", 30, 20, 5)
    index = na.build(base, metric="euclidean", kind=kind)
    batch = index.search(queries, 10, threads=2)
    for row, query in enumerate(queries):
        one = index.search(query, 10)
        np.testing.assert_array_equal(one.rows, batch.rows[row])
        np.testing.assert_array_equal(one.distances, batch.distances[row])


def test_by_key_leaves_the_key_out_unless_asked(compass: na.Index) -> None:
    assert compass.search_by_key("north", 1).keys.tolist() == ["north-east"]
    assert compass.search_by_key("north", 1, include_self=True).keys.tolist() == ["north"]
    assert compass.search_by_key("north", 99).counts == 4
    assert compass.search_by_key("north", 99, include_self=True).counts == 5
    batch = compass.search_by_key(["east", "west"], 2)
    assert batch.rows.shape == (2, 2)
    assert "east" not in batch.keys[0]
    assert compass.search_by_key([], 2).rows.shape == (0, 2)
    with pytest.raises(na.UnknownKeyError, match=r"no key 'norht'.*nearest spellings: north"):
        compass.search_by_key("norht")
    with pytest.raises(na.UnknownKeyError, match="no key 'up'"):
        compass.search_by_key(["east", "up"])


def test_radius_gives_all_and_only_what_is_near(kind: Kind) -> None:
    base = np.arange(10, dtype=np.float32)[:, None]
    index = na.build(base, metric="euclidean", kind=kind)
    hits = index.radius_search([4.0], radius=2)
    assert (hits.rows.tolist(), hits.distances.tolist(), hits.counts) == ([4, 3, 5, 2, 6], [0, 1, 1, 2, 2], 5)
    batch = index.radius_search([[4.0], [0.0], [50.0]], radius=2)
    assert batch.counts.tolist() == [5, 3, 0]
    assert batch.rows[1].tolist() == [0, 1, 2, -1, -1]
    assert batch.distances[1].tolist() == [0, 1, 2, np.inf, np.inf]
    assert index.radius_search([50.0], radius=2).rows.shape == (0,)
    assert index.radius_search([0.0], radius=np.inf).counts == 10
    assert index.radius_search(np.empty((0, 1)), radius=1).rows.shape == (0, 0)


def test_padded_keys_of_a_radius(compass: na.Index, kind: Kind) -> None:
    hits = compass.radius_search([[0.0, 1.0], [-1.0, 0.0]], radius=0.5)
    assert hits.keys.tolist() == [["north", "north-east"], ["west", None]]
    numbered = na.build([[1.0], [2.0]], keys=[10, 20], metric="euclidean", kind=kind)
    assert numbered.radius_search([[1.0], [9.0]], radius=0).keys.tolist() == [[10], [-1]]


def test_scores(kind: Kind) -> None:
    base = np.array([[3.0, 4.0], [1.0, 0.0]])
    np.testing.assert_allclose(na.build(base, kind=kind).search([1.0, 0.0]).scores, [1.0, 0.6], rtol=1e-6)
    if "dot" in kind.metrics:
        assert na.build(base, metric="dot", kind=kind).search([1.0, 0.0]).scores.tolist() == [3.0, 1.0]
    hits = na.build(base, metric="euclidean", kind=kind).search([1.0, 0.0])
    with pytest.raises(na.InvalidInputError, match=r"'euclidean' has no similarity scores"):
        _ = hits.scores


def test_hits_can_be_pickled_and_shown(compass: na.Index) -> None:
    hits = compass.search([1.0, 0.0], 2)
    again = pickle.loads(pickle.dumps(hits))
    assert again.keys.tolist() == ["east", "north-east"]
    assert again.rows.tolist() == hits.rows.tolist()
    assert again.scores.tolist() == hits.scores.tolist()
    assert "east" in repr(hits)


def test_an_empty_index_answers_nothing(kind: Kind) -> None:
    index = na.build(np.empty((0, 3), np.float32), keys=[], kind=kind)
    assert (len(index), index.dims) == (0, 3)
    assert index.search([1.0, 2.0, 3.0]).rows.shape == (0,)
    assert index.search(np.ones((4, 3)), 7).rows.shape == (4, 0)
    assert index.radius_search(np.ones(3), 9).counts == 0
    assert "x" not in index
    assert list(index) == []


@pytest.mark.parametrize("k", [6, 2_000_000_000, 10**30])
def test_more_than_there_are_gives_all(compass: na.Index, k: int) -> None:
    assert compass.search([1.0, 0.0], k).counts == 5


@pytest.mark.parametrize("k", [0, -1, True, 2.0, "3", None, np.float32(3), np.array([1, 2])])
def test_k_is_a_positive_integer(compass: na.Index, k: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r"k is"):
        compass.search([1.0, 0.0], k)


@pytest.mark.parametrize("k", [np.int32(2), np.uint8(2)])
def test_k_may_be_a_numpy_integer(compass: na.Index, k: Any) -> None:
    assert compass.search([1.0, 0.0], k).counts == 2


def test_other_arguments_are_checked(compass: na.Index) -> None:
    query = [1.0, 0.0]
    for threads in (0, -1, True, 1.5, "2"):
        with pytest.raises(na.InvalidInputError, match="threads is"):
            compass.search(query, threads=threads)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="exact is 1; pass True or False"):
        compass.search(query, exact=1)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="include_self is 1"):
        compass.search_by_key("north", include_self=1)  # type: ignore[arg-type]
    for radius in ("1", True, None):
        with pytest.raises(na.InvalidInputError, match="radius is a"):
            compass.radius_search(query, radius)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="radius is NaN"):
        compass.radius_search(query, float("nan"))
    for below in (-1, -1e-30, -np.inf):
        with pytest.raises(na.InvalidInputError, match="distances under cosine are never negative; pass 0 or more"):
            compass.radius_search([query, query], below)
    assert compass.radius_search(query, -0.0).counts == compass.radius_search(query, 0).counts


@pytest.mark.parametrize("metric", METRICS)
def test_a_negative_radius_is_of_dot_alone(metric: str) -> None:
    vectors = np.eye(2, dtype=bool if metric in ("hamming", "jaccard") else np.float32)
    index = na.build(vectors, metric=metric)
    if metric == "dot":
        assert index.radius_search(vectors[0], -1).rows.tolist() == [0]
        with pytest.raises(na.InvalidInputError, match="radius is NaN"):
            index.radius_search(vectors[0], np.nan)
        return
    with pytest.raises(na.InvalidInputError, match=f"radius is -1, but distances under {metric} are never negative"):
        index.radius_search(vectors[0], -1)


def test_many_threads_search_one_index(kind: Kind) -> None:
    base, queries = sample("float32", 500, 16, 6), sample("float32", 64, 16, 7)
    index = na.build(base, metric="euclidean", kind=kind)
    expected = index.search(queries, 5).rows
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda query: index.search(query, 5).rows, np.tile(queries, (4, 1))))
    np.testing.assert_array_equal(np.array(answers), np.tile(expected, (4, 1)))
