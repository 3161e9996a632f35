"""What a k-d tree promises: the answers of a scan of all rows, and with epsilon a bound on each distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.kinds import kind_from_settings

METRICS = ["euclidean", "sqeuclidean", "cosine", "manhattan"]
EARTH = 6_371_008.8  # metres


def rows_of(dtype: str, rows: int, dims: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    if dtype in ("u8", "i8"):
        whole = random.integers(1, 100, (rows, dims)) - (60 if dtype == "i8" else 0)
        whole[:, 0] = np.maximum(whole[:, 0], 1)  # cosine has no zero vectors
        return whole.astype(np.uint8 if dtype == "u8" else np.int8)
    return random.normal(size=(rows, dims)).astype(np.float16 if dtype == "f16" else np.float32)


def both(rows: Any, metric: str, kind: na.KDTree | None = None, **options: Any) -> tuple[na.Index, na.Index]:
    """A k-d tree, and a scan of all rows."""
    tree = na.build(rows, metric=metric, kind=kind or na.KDTree(), **options)
    return tree, na.build(rows, metric=metric, kind="exact", **options)


def same(tree: na.Hits, scan: na.Hits) -> bool:
    return np.array_equal(tree.rows, scan.rows) and np.array_equal(tree.distances, scan.distances)


def formula(one: Any, others: Any) -> Any:
    """The haversine formula in float64."""
    a, b = np.radians(np.asarray(one, np.float64)), np.radians(np.asarray(others, np.float64))
    square = np.sin((b[..., 0] - a[0]) / 2) ** 2
    square += np.cos(a[0]) * np.cos(b[..., 0]) * np.sin((b[..., 1] - a[1]) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(np.minimum(square, 1)))


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "u8", "i8"])
@pytest.mark.parametrize("metric", METRICS)
def test_answers_are_those_of_a_scan(metric: str, dtype: str) -> None:
    for dims in (1, 2, 3, 8, 20):
        rows = rows_of(dtype, 1_200, dims, dims)
        tree, scan = both(rows, metric, dtype=dtype)
        queries = rows_of(dtype, 40, dims, 99)
        for k in (1, 10, 100):
            assert same(tree.search(queries, k, recall=1), scan.search(queries, k))
            assert same(tree.search(queries[0], k, recall=1), scan.search(queries[0], k))
        radius = float(scan.search(queries[3], 30).distances[-1])
        assert same(tree.radius_search(queries[3], radius), scan.radius_search(queries[3], radius))


def test_low_dimensions_are_exact_unless_told_otherwise() -> None:
    rows = rows_of("f32", 20_000, 3, 1)
    tree, scan = both(rows, "euclidean")
    hits = tree.search(rows[:100], 10)
    assert same(hits, scan.search(rows[:100], 10))
    assert np.all(hits.expected_recall == 1)
    assert (hits.effort == na.EVERY_ROW).all()


def test_many_dimensions_keep_their_recall() -> None:
    rows = rows_of("f32", 12_000, 20, 1)
    tree, scan = both(rows, "euclidean")
    queries = rows_of("f32", 300, 20, 2)
    nearest = scan.search(queries, 10).rows
    for recall in (0.8, 0.95):
        hits = tree.search(queries, 10, recall=recall)
        found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(hits.rows, nearest, strict=True)])
        assert found >= recall - 0.02
        assert hits.effort.max() < tree.info()["leaves"]


@pytest.mark.parametrize("metric", [*METRICS, "haversine"])
@pytest.mark.parametrize("epsilon", [0.05, 0.5, 3.0])
def test_distances_are_within_epsilon(metric: str, epsilon: float) -> None:
    random = np.random.default_rng(3)
    rows = random.uniform(-80, 80, (5_000, 2 if metric == "haversine" else 6)).astype(np.float32)
    tree, scan = both(rows, metric, na.KDTree(epsilon=epsilon))
    queries = random.uniform(-90, 90, (200, rows.shape[1])).astype(np.float32)
    near, nearest = tree.search(queries, 20), scan.search(queries, 20)
    assert (near.distances <= (1 + epsilon) * nearest.distances * (1 + 1e-6)).all()
    assert np.mean(near.effort >= 1) > 0.8  # others are unlike the rows, and are searched exactly
    assert same(tree.search(queries, 20, exact=True), nearest)
    assert same(tree.search(queries, 20, recall=1), nearest)
    if epsilon == 3.0:
        assert not np.array_equal(near.rows, nearest.rows)


def test_distances_on_the_earth() -> None:
    """At the poles, on both sides of the date line, at antipodes, and anywhere."""
    random = np.random.default_rng(4)
    anywhere = np.stack([np.degrees(np.arcsin(random.uniform(-1, 1, 3_000))), random.uniform(-180, 180, 3_000)], 1)
    special = [[90, 0], [90, 123], [-90, 5], [0, 180], [0, -180], [10, 179.999], [10, -179.999], [0, 0]]
    rows = np.concatenate([anywhere, special]).astype(np.float32)
    tree, scan = both(rows, "haversine")
    queries = np.concatenate([special, anywhere[:50], anywhere[:50] * [-1, 1] + [0, 180]]).astype(np.float32)
    for k in (1, 10, len(rows)):
        hits = tree.search(queries, k)
        assert same(hits, scan.search(queries, k))
    for query, found, distances in zip(queries, hits.rows, hits.distances, strict=True):
        np.testing.assert_allclose(distances, formula(query, rows[found]), atol=1)
    within = tree.radius_search(queries[5], 500_000)
    assert same(within, scan.radius_search(queries[5], 500_000))
    assert len(rows) - 2 in within.rows
    assert same(tree.radius_search(queries[0], 3e7), scan.radius_search(queries[0], 3e7))  # around the whole Earth


def test_one_place_a_call() -> None:
    rows = np.random.default_rng(4).uniform(-80, 80, (2_000, 2)).astype(np.float32)
    for index in both(rows, "haversine"):
        assert index._core.search_single(rows[0], 5, None, None, False, None) is not None
        for query in rows[:20] + np.float32(0.5):
            one, many = index.search(query, 5), index.search([query], 5)
            np.testing.assert_array_equal(one.rows, many.rows[0])
            np.testing.assert_array_equal(one.distances, many.distances[0])
        for bad in ([91, 0], [np.nan, 0], [0, np.inf]):
            with pytest.raises(na.InvalidInputError):
                index.search(np.array(bad, np.float32), 5)


@pytest.mark.parametrize("metric", METRICS)
def test_ties_are_broken_by_row(metric: str) -> None:
    grid = np.stack(np.meshgrid(np.arange(1, 31), np.arange(1, 31)), -1).reshape(-1, 2).astype(np.float32)
    rows = np.concatenate([grid, grid[::-1], np.tile(grid[5], (200, 1))])
    tree, scan = both(rows, metric)
    for k in (1, 5, 50, 500):
        assert same(tree.search(grid[::50], k), scan.search(grid[::50], k))


def test_rows_that_are_all_equal() -> None:
    tree, scan = both(np.full((3_000, 3), 7, np.float32), "euclidean")
    assert same(tree.search([7, 7, 7], 40), scan.search([7, 7, 7], 40))
    assert tree.search([1, 2, 3], 3).rows.tolist() == [0, 1, 2]


def test_few_rows() -> None:
    one = na.build([[1.0, 2.0]], metric="euclidean", kind="kdtree")
    assert one.search([1, 3], k=9).distances.tolist() == [1.0]
    some, scan = both(rows_of("f32", 20, 2, 1), "manhattan")
    assert same(some.search([0, 0], k=100), scan.search([0, 0], k=100))
    none = na.build(np.empty((0, 3), np.float32), metric="euclidean", kind="kdtree")
    assert none.search([1, 2, 3], k=2).rows.tolist() == []


def test_queries_and_rows_of_any_size() -> None:
    """Squares of huge differences do not fit in float32, and those of tiny ones vanish."""
    rows = rows_of("f32", 2_000, 3, 1)
    far = np.array([[1e30, 0, 0], [3e38, -3e38, 1], [-1e20, 1e20, 1e-20]], np.float32)
    for factor in (1, 1e-42, 1e-25, 1e18, 1e37):
        with np.errstate(over="ignore", under="ignore"):
            scaled = (rows * factor).astype(np.float32)
        for metric in ("euclidean", "manhattan"):
            tree, scan = both(scaled, metric)
            queries = np.concatenate([scaled[:20], far])
            assert same(tree.search(queries, 10), scan.search(queries, 10))


def test_filters_and_exclusions() -> None:
    rows = rows_of("f32", 8_000, 3, 1)
    tree, scan = both(rows, "euclidean")
    for allowed in (4_000, 400, 12):
        mask = np.zeros(8_000, bool)
        mask[np.random.default_rng(1).permutation(8_000)[:allowed]] = True
        assert same(tree.search(rows[:50], 10, filter=mask), scan.search(rows[:50], 10, filter=mask))
    few = np.argsort(rows[:, 0]) < 300
    assert same(tree.radius_search(rows[1], 2, filter=few), scan.radius_search(rows[1], 2, filter=few))
    exclude = list(range(0, 8_000, 3))
    assert same(tree.search(rows[:50], 10, exclude=exclude), scan.search(rows[:50], 10, exclude=exclude))
    assert same(tree.search_by_key([4, 5], 3), scan.search_by_key([4, 5], 3))


def test_settings() -> None:
    info = na.build(rows_of("f32", 100, 2, 1), metric="euclidean", kind=na.KDTree(leaf_size=48, epsilon=0.5)).info()
    assert (info["leaf_size"], info["leaves"], info["tree_levels"], info["epsilon"]) == (48, 3, 1, 0.5)
    assert kind_from_settings("kdtree", {"leaf_size": "32", "epsilon": "0.1"}) == na.KDTree(32, 0.1)
    for settings in ({"leaf_size": 20}, {"leaf_size": 0}, {"leaf_size": 2_048}, {"epsilon": -1}, {"epsilon": "0"}):
        with pytest.raises(na.InvalidInputError, match=next(iter(settings))):
            na.KDTree(**settings)
    with pytest.raises(TypeError, match="'leaf_size'"):
        na.KDTree(leafsize=16)  # type: ignore[call-arg]
    for metric, dtype in (("dot", np.float32), ("hamming", bool)):
        with pytest.raises(na.InvalidInputError, match="euclidean, sqeuclidean, cosine, manhattan and haversine"):
            na.build(np.eye(3, dtype=dtype), metric=metric, kind="kdtree")


def test_memory_and_work(tmp_path: Any) -> None:
    rows = rows_of("f32", 3_000, 4, 1)
    one, other = tmp_path / "one.near", tmp_path / "other.near"
    na.build(rows, metric="euclidean", kind="kdtree", path=one, threads=1)
    na.build(rows, metric="euclidean", kind="kdtree", path=other, memory="1GB", threads=2)
    assert one.read_bytes() == other.read_bytes()
    counts = na.open(one).profile(rows[:10], k=5).counts
    assert counts["queries"] == 10
    assert 50 <= counts["compared"] < counts["rows"] < 10 * 3_000
    with pytest.raises(na.InvalidInputError, match=r"takes .*MB while it is built"):
        na.build(np.zeros((2_000_000, 4), np.uint8), metric="euclidean", kind="kdtree", path=one, memory="64MB")


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize(("least", "most", "dims"), [(-1, 2, 7), (0, 2, 12), (0, 4, 4)])
def test_queries_with_copies_among_the_rows(metric: str, least: int, most: int, dims: int) -> None:
    """Many leaves have boxes that such a query is in, and calibration leaves out its copies."""
    values = np.random.default_rng(3).integers(least, most, (1_700, dims)).astype(np.float32)
    rows, queries = values[:1_500], values[1_500:]
    index = na.build(rows, metric=metric, kind="kdtree")
    exact = na.build(rows, metric=metric, kind="exact")
    for k in (1, 10):
        last = exact.search(queries, k).distances[:, -1:]
        for recall in (None, 0.8, 0.99):
            found = np.mean(index.search(queries, k, recall=recall).distances <= last + 1e-6)
            assert found > (recall or 0.95) - 0.01
