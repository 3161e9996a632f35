"""What lists of codes answer from, and what they keep: vectors, a byte a dimension, or small codes alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.cli.demo import bundled_words
from tests.combinations import star
from tests.python.calibration.calibrated import base as base_effort
from tests.python.forest_recall import blobs

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot"]
ESTIMATED: dict[str, Any] = {"refine": False}
BYTES: dict[str, Any] = {"keep_vectors": False}
CODES: dict[str, Any] = {"refine": False, "keep_vectors": False}
OTHERS = [ESTIMATED, BYTES, CODES]
QUERIES, DIMS = 200, 32


def rows_and_queries(dtype: str = "f32", rows: int = 3_000, apart: float = 1) -> tuple[NDArray[Any], NDArray[Any]]:
    table = blobs(np.random.default_rng(5), DIMS, rows + QUERIES, apart=apart)
    if dtype == "u8":
        table = np.clip(np.rint(table * 20 + 128), 0, 255).astype(np.uint8)
    table = table.astype({"f16": np.float16, "u8": np.uint8}.get(dtype, np.float32))
    return table[:-QUERIES], table[-QUERIES:]


def lists(base: Any, metric: str = "euclidean", **settings: Any) -> na.Index:
    return na.build(base, metric=metric, kind=na.IVF(lists=40, **settings))


def distances(base: NDArray[Any], queries: NDArray[Any], metric: str) -> NDArray[np.float64]:
    """All of them, by the definition, in float64."""
    rows, asked = base.astype(np.float64), queries.astype(np.float64)
    if metric == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    products = asked @ rows.T
    if metric in ("dot", "cosine"):
        return np.asarray((1 if metric == "cosine" else 0) - products)
    squares = ((asked[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(np.sqrt(squares) if metric == "euclidean" else squares)


def found(hits: na.Hits, truth: NDArray[np.float64], k: int = 10) -> float:
    """The share of the k nearest among the first k."""
    true = np.argsort(truth, axis=1)[:, :k]
    return float(np.mean([len({*one} & {*other}) / k for one, other in zip(hits.rows.tolist(), true, strict=True)]))


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)


# --- 8-bit codes ---


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["f32", "f16"])
def test_bytes_are_compared_as_what_they_stand_for(metric: str, dtype: str) -> None:
    """Of all rows, at all effort: the distances of the decoded vectors, and those are near the true ones."""
    base, queries = rows_and_queries(dtype, 500)
    index = lists(base, metric, **BYTES)
    assert index.info()["distance_source"] == "int8"
    decoded = index.vectors()
    assert decoded.dtype == base.dtype
    hits = index.search(queries, len(base), effort=40)
    own = np.take_along_axis(distances(base, queries, metric), hits.rows, axis=1)
    spread = np.abs(own).max()
    np.testing.assert_allclose(hits.distances, own, atol=0.03 * spread)
    assert (np.diff(hits.distances, axis=1) >= 0).all()
    assert all(sorted(rows) == list(range(len(base))) for rows in hits.rows.tolist())
    if dtype == "f32" and metric != "cosine":
        exact = np.take_along_axis(distances(decoded, queries, metric), hits.rows, axis=1)
        np.testing.assert_allclose(hits.distances, exact, rtol=1e-5, atol=1e-5 * spread)


def test_what_bytes_stand_for() -> None:
    """A coordinate is off by half a step, whatever the others are; under cosine vectors come back as unit vectors."""
    base, _ = rows_and_queries()
    base[:, 5] *= 1_000
    base[:, 7] = 3.25
    half = (base.max(axis=0) - base.min(axis=0)) / 254 / 2
    for metric in ("euclidean", "sqeuclidean", "dot"):
        decoded = lists(base, metric, **BYTES).vectors()
        assert (np.abs(decoded - base) <= half * 1.001 + 1e-6 * np.abs(base)).all()
        assert (decoded[:, 7] == 3.25).all() or metric == "dot"
    unit = base / np.linalg.norm(base, axis=1, keepdims=True)
    half = (unit.max(axis=0) - unit.min(axis=0)) / 254 / 2
    assert (np.abs(lists(base, "cosine", **BYTES).vectors() - unit) <= half * 1.001 + 1e-6).all()


def test_a_wide_dimension_of_two_values_costs_the_others_nothing() -> None:
    base, queries = rows_and_queries()
    one_step = lists(base, **BYTES)
    for table in (base, queries):
        table[:, 5] = 1_000 * np.sign(table[:, 5])
    index = lists(base, **BYTES)
    assert found(index.search(queries, effort=39), distances(base, queries, "euclidean")) >= 0.95
    others = [column for column in range(DIMS) if column != 5]
    np.testing.assert_array_equal(index.vectors()[:, others], one_step.vectors()[:, others])


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_bytes_find_nearly_all_among_words(metric: str) -> None:
    words = na.read(bundled_words()).vectors
    order = np.random.default_rng(3).permutation(len(words))
    base, queries = words[order[QUERIES:]], words[order[:QUERIES]]
    index = na.build(base, metric=metric, kind=na.IVF(keep_vectors=False))
    recall = found(index.search(queries), distances(base, queries, metric))
    assert recall >= 0.93
    assert abs(recall - index.info()["expected_recall"]) <= 0.05


# --- Small codes ---


@pytest.mark.parametrize(("metric", "dtype"), star(METRICS, ["f32", "f16", "u8"]))
def test_small_codes_tell_what_to_expect(metric: str, dtype: str) -> None:
    """Queries that are not rows find as much as was measured, and the distances told are about the true ones."""
    base, queries = rows_and_queries(dtype)
    truth = distances(base, queries, metric)
    index = lists(base, metric, **CODES)
    info = index.info()
    assert (info["distance_source"], info["keeps_vectors"]) == ("codes", False)
    hits = index.search(queries)
    assert abs(found(hits, truth) - info["expected_recall"]) <= 0.05
    own = np.take_along_axis(truth, hits.rows, axis=1)
    assert np.abs(hits.distances - own).mean() <= 0.25 * truth.std()
    assert metric == "dot" or (hits.distances >= 0).all()
    assert_same(lists(base, metric, **ESTIMATED).search(queries), hits)


def test_longer_codes_find_more() -> None:
    base, queries = rows_and_queries()
    truth = distances(base, queries, "euclidean")
    recalls = []
    for bits in (1, 2, 4, 8):
        index = lists(base, codes=na.PcaCodes(4 * bits, bits), **CODES)
        recalls.append(found(index.search(queries, effort=30), truth))
        assert abs(found(index.search(queries), truth) - index.info()["expected_recall"]) <= 0.06
    assert recalls == sorted(recalls)
    assert recalls[2] >= 0.9 > recalls[0]


def test_effort_left_out_finds_about_the_most() -> None:
    base, queries = rows_and_queries()
    index = lists(base, **CODES)
    info, hits = index.info(), index.search(queries)
    assert info["curves"][10][-1][2] == 10, "nothing is compared besides"
    assert hits.expected_recall is not None
    assert set(np.asarray(hits.expected_recall)) == {info["expected_recall"]}
    assert 0.5 < info["expected_recall"] < 0.95
    most = max(
        point["10"]["recall"] if "10" in point else point[10]["recall"] for point in info["calibration"]["points"]
    )
    assert most - 0.02 <= info["expected_recall"] <= most
    assert_same(hits, index.search(queries, effort=int(base_effort(index))))


@pytest.mark.parametrize("settings", OTHERS, ids=str)
@pytest.mark.parametrize("metric", METRICS)
def test_all_lists_rank_all_rows(metric: str, settings: dict[str, Any]) -> None:
    """Each row once, and the first k of all the same as the k that are asked for."""
    base, queries = rows_and_queries(rows=700)
    index = lists(base, metric, **settings)
    everything = index.search(queries, 700, effort=40)
    assert all(sorted(rows) == list(range(700)) for rows in everything.rows.tolist())
    for effort in (40, 41, 10**30):
        hits = index.search(queries, 12, effort=effort)
        np.testing.assert_array_equal(hits.rows, everything.rows[:, :12])
        np.testing.assert_array_equal(hits.distances, everything.distances[:, :12])


# --- All of them ---


@pytest.mark.parametrize("settings", OTHERS, ids=str)
@pytest.mark.parametrize("metric", METRICS)
def test_a_radius(metric: str, settings: dict[str, Any]) -> None:
    base, queries = rows_and_queries(rows=900)
    index = lists(base, metric, **settings)
    for effort in (5, 40):
        nearest = index.search(queries[0], 60, effort=effort)
        radius = float(nearest.distances[-1])
        within = index.radius_search(queries[0], radius, effort=effort)
        inside = set(nearest.rows.tolist())
        assert inside <= set(within.rows.tolist())
        assert (within.distances <= np.float32(radius)).all()
        assert (np.diff(within.distances) >= 0).all()
    assert len(index.radius_search(queries[0], np.inf, effort=40).rows) == 900
    if metric == "dot":
        assert len(index.radius_search(queries[0], -1e30).rows) == 0


@pytest.mark.parametrize("settings", OTHERS, ids=str)
def test_many_neighbours_of_few_lists(settings: dict[str, Any]) -> None:
    base, queries = rows_and_queries(rows=900)
    index = na.build(base, metric="euclidean", kind=na.IVF(lists=150, **settings))
    for k in (50, 899, 900, 2_000):
        hits = index.search(queries[:20], k, effort=1)
        assert hits.rows.shape == (20, min(k, 900))
        assert all(len(set(rows)) == len(rows) for rows in hits.rows.tolist())


@pytest.mark.parametrize("settings", OTHERS, ids=str)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_few_rows(rows: int, metric: str, settings: dict[str, Any], tmp_path: Path) -> None:
    base = rows_and_queries()[0][:rows]
    path = tmp_path / "few.near"
    index = na.build(base, keys=list(range(5, 5 + rows)), metric=metric, kind=na.IVF(**settings), path=path)
    na.open(path).verify()
    assert index.info()["distance_source"] == ("int8" if settings == BYTES else "codes")
    for effort in (None, 1, 5):
        hits = index.search(rows_and_queries()[1][:4], 3, effort=effort)
        assert hits.rows.shape == (4, rows)
        assert all(sorted(found_rows) == list(range(rows)) for found_rows in hits.rows.tolist())
        assert np.isfinite(hits.distances).all()


@pytest.mark.parametrize(("size", "metric", "settings"), star([1e18, 1e-18, 1e25], METRICS, OTHERS))
def test_numbers_of_any_size(size: float, metric: str, settings: dict[str, Any]) -> None:
    base, queries = rows_and_queries(apart=3)
    small, large = (lists(base * np.float32(scale), metric, **settings) for scale in (1, size))
    one, other = small.search(queries, effort=10), large.search(queries * np.float32(size), effort=10)
    same = np.mean([len({*a} & {*b}) / 10 for a, b in zip(one.rows.tolist(), other.rows.tolist(), strict=True)])
    assert same >= 0.85


@pytest.mark.parametrize(("far", "metric", "settings"), star([1e15, 1e3, 1e37], METRICS, OTHERS))
def test_queries_far_outside(far: float, metric: str, settings: dict[str, Any]) -> None:
    base, queries = rows_and_queries()
    index = lists(base, metric, **settings)
    for effort in (3, 40):
        hits = index.search((queries * far).astype(np.float32), effort=effort)
        assert hits.rows.shape == (QUERIES, 10)
        assert all(len(set(rows)) == 10 for rows in hits.rows.tolist())


@pytest.mark.parametrize("settings", OTHERS, ids=str)
def test_rows_that_are_equal_come_in_order(settings: dict[str, Any]) -> None:
    base, queries = rows_and_queries(rows=200)
    index = lists(np.tile(base[:20], (10, 1)), **settings)
    for effort in (2, 40):
        hits = index.search(queries, 200, effort=effort)
        for rows, told in zip(hits.rows, hits.distances, strict=True):
            assert all(a < b for a, b, x, y in zip(rows, rows[1:], told, told[1:], strict=False) if x == y)
    assert lists(np.tile(base[:1], (90, 1)), **settings).search(base[0], 5).rows.tolist() == [0, 1, 2, 3, 4]


# --- Files and what is in them ---


@pytest.mark.parametrize(("settings", "what"), star(OTHERS, [("euclidean", "f32"), ("cosine", "f16"), ("dot", "u8")]))
def test_threads_and_memory_change_nothing(settings: dict[str, Any], what: tuple[str, str], tmp_path: Path) -> None:
    metric, dtype = what
    base, queries = rows_and_queries(dtype, 17_000)
    np.save(tmp_path / "rows.npy", base)
    images = []
    for options in ({"threads": 1}, {"threads": 3}, {"memory": "64MB"}, {"memory": "64MB", "threads": 1}):
        path = tmp_path / "index.near"
        kind = na.IVF(lists=40, **settings)
        na.build(tmp_path / "rows.npy", metric=metric, kind=kind, path=path, **options)
        images.append(path.read_bytes())
    assert images[1:] == images[:1] * 3
    opened = na.open(path)
    opened.verify()
    built = na.build(tmp_path / "rows.npy", metric=metric, kind=kind)
    assert {**opened.info(), "path": None} == built.info()
    for effort in (None, 3, 40):
        one = opened.search(queries, effort=effort, threads=1)
        assert_same(one, built.search(queries, effort=effort, threads=3))
        np.testing.assert_array_equal(opened.search(queries[3], effort=effort).rows, one.rows[3])


def test_the_file_is_smaller_by_what_is_not_in_it() -> None:
    base, _ = rows_and_queries()
    full, estimated, coded, small = (lists(base, **settings) for settings in ({}, *OTHERS))
    size = len(base) * DIMS
    screen = len(base) * (DIMS + 8)  # beside the vectors: codes of a byte a dimension, and two floats a row
    pages = 12_288  # of alignment and checksums, and of what a screen has besides
    bytes_of = [index.info()["file_bytes"] for index in (full, estimated, coded, small)]
    assert abs(bytes_of[1] - bytes_of[0]) <= pages
    assert abs(bytes_of[0] - screen - 3 * size + 4 * len(base) - bytes_of[2]) <= pages
    assert abs(bytes_of[0] - screen - 4 * size - bytes_of[3]) <= pages
    names = [{part["name"] for part in index.info()["sections"]} for index in (full, estimated, coded, small)]
    assert [("vectors" in one, "byte_codes" in one) for one in names] == [
        (True, False),
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize("dtype", ["u8", "i8"])
def test_bytes_are_their_own_codes(dtype: str) -> None:
    """Nothing changes but the settings that are noted, and nothing else is told."""
    base, queries = rows_and_queries("u8")
    if dtype == "i8":
        base, queries = ((table.astype(np.int16) - 128).astype(np.int8) for table in (base, queries))
    kept, asked = lists(base), lists(base, keep_vectors=False)
    info = asked.info()
    assert (info["distance_source"], info["keeps_vectors"]) == ("vectors", True)
    assert info["curves"][10] == kept.info()["curves"][10]
    assert_same(asked.search(queries), kept.search(queries))
    assert_same(asked.search(queries, exact=True), kept.search(queries, exact=True))
    np.testing.assert_array_equal(asked.vectors(), base)
    squares = [
        {part["name"]: part["columns"] for part in index.info()["sections"]}["list_rows"]
        for index in (kept, asked, lists(base, **CODES))
    ]
    assert squares == [2, 2, 1]


def test_vectors_that_are_kept_are_exact() -> None:
    base, queries = rows_and_queries()
    estimated, exact = lists(base, **ESTIMATED), na.build(base, metric="euclidean")
    assert (estimated.info()["distance_source"], estimated.info()["keeps_vectors"]) == ("codes", True)
    assert_same(estimated.search(queries, exact=True), exact.search(queries))
    np.testing.assert_array_equal(estimated.vectors(), base)
    assert len(estimated.search_by_key([3, 5], 4).rows) == 2


def test_what_is_not_kept_cannot_be_had() -> None:
    base, queries = rows_and_queries()
    small, coded = lists(base, **CODES), lists(base, **BYTES)
    for index in (small, coded):
        asks: list[Callable[[], object]] = [
            lambda index=index: index.search(queries, exact=True),
            lambda index=index: index.search_by_key(3, exact=True),
            lambda index=index: index.radius_search(queries[0], 1.0, exact=True),
        ]
        for ask in asks:
            with pytest.raises(na.InvalidInputError, match="this index keeps no vectors"):
                ask()
    for ask in (lambda: small[3], small.vectors, lambda: small.search_by_key(3)):
        with pytest.raises(na.InvalidInputError, match="this index keeps no vectors, only small codes of them"):
            ask()
    assert coded[3].shape == (DIMS,)
    hits = coded.search_by_key([3, 70], 5)
    assert (hits.rows != np.array([[3], [70]])).all()
    with_self = coded.search_by_key([3, 70], 6, include_self=True)
    np.testing.assert_array_equal(with_self.rows[:, 0], [3, 70])
    np.testing.assert_array_equal(with_self.rows[:, 1:], hits.rows)


def test_expected_recall_of_vectors() -> None:
    """What the default effort found; where all rows are compared, or all are the same, there is nothing to miss."""
    base, _ = rows_and_queries()
    assert 0.95 <= lists(base).info()["expected_recall"] <= 0.99
    assert na.build(base[:100], metric="euclidean", kind="ivf").info()["expected_recall"] == 1
    assert lists(np.ones((50, 3), np.float32)).info()["expected_recall"] == 1
    assert lists(np.ones((50, 3), np.float32), **CODES).info()["expected_recall"] is None
    assert lists(base[:0]).info()["expected_recall"] == 1


@pytest.mark.parametrize("name", ["refine", "keep_vectors"])
@pytest.mark.parametrize("value", [0, 1, None, "true", np.True_])
def test_settings_that_cannot_be(name: str, value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=f"{name} is .*; pass True or False"):
        na.IVF(**{name: value})
