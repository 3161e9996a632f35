"""One file of lists of codes, whatever the threads and the memory; one answer, whatever holds the query."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star
from tests.python.forest_recall import blobs, parted, recall

KIND = na.IVF(lists=64)
DIMS = 64


def table(rows: int, seed: int, dtype: str = "f32") -> NDArray[Any]:
    values = blobs(np.random.default_rng(seed), DIMS, rows)
    return np.clip(np.rint(values * 12 + 128), 0, 255).astype(np.uint8) if dtype == "u8" else values.astype(np.float32)


def same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances.view(np.int32), other.distances.view(np.int32))


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "dot"])
@pytest.mark.parametrize("dtype", ["f32", "u8"])
def test_threads_change_nothing(metric: str, dtype: str) -> None:
    index = na.build(table(4_000, 1, dtype), metric=metric, kind=KIND)
    queries = table(400, 2, dtype)
    for k, effort in ((1, None), (10, 1), (10, 7), (100, 20)):
        one = index.search(queries, k, effort=effort, threads=1)
        for threads in (2, 4):
            same(index.search(queries, k, effort=effort, threads=threads), one)
        for number in range(0, 400, 57):
            alone = index.search(queries[number], k, effort=effort)
            np.testing.assert_array_equal(alone.rows, one.rows[number])


@pytest.mark.parametrize(("source", "dtype"), star(["f32", "u8"], [None, "f16"]))
def test_threads_and_memory_build_the_same_file(source: str, dtype: str | None, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", table(18_000, 3, source))
    images = []
    for options in ({"threads": 1}, {"threads": 2}, {"memory": "64MB"}, {"memory": "64MB", "threads": 1}):
        path = tmp_path / "index.near"
        na.build(tmp_path / "rows.npy", metric="euclidean", dtype=dtype, kind=KIND, seed=7, path=path, **options)
        images.append(path.read_bytes())
    assert images[1:] == images[:1] * 3
    na.build(tmp_path / "rows.npy", metric="euclidean", dtype=dtype, kind=KIND, seed=7).save(path)
    assert path.read_bytes() == images[0]


def test_saved_opened_and_pickled_it_answers_the_same(tmp_path: Path) -> None:
    index = na.build(table(4_000, 4), metric="euclidean", kind=KIND)
    queries = table(50, 5)
    index.save(tmp_path / "lists.near")
    opened = na.open(tmp_path / "lists.near")
    opened.verify()
    assert {**opened.info(), "path": None} == index.info()
    for again in (opened, pickle.loads(pickle.dumps(opened))):
        same(again.search(queries), index.search(queries))
        same(again.search(queries, effort=3), index.search(queries, effort=3))
        same(again.search_by_key([3, 5]), index.search_by_key([3, 5]))


def test_a_flipped_bit_is_an_error_and_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "lists.near"
    index = na.build(table(4_000, 6), metric="euclidean", kind=KIND, path=path)
    image = bytearray(path.read_bytes())
    for part in index.info()["sections"]:
        if part["name"] in ("list_codes", "list_rows", "centroid_bytes", "direction_bytes", "curve", "list_sizes"):
            changed = bytearray(image)
            changed[part["offset"] + part["bytes"] // 2] ^= 1
            damaged = tmp_path / f"{part['name']}.near"
            damaged.write_bytes(changed)
            with pytest.raises(na.CorruptFileError):
                na.open(damaged).search(table(400, 7), effort=60)


@pytest.mark.parametrize("dtype", ["f32", "u8"])
def test_the_layout_of_queries_changes_nothing(dtype: str) -> None:
    index = na.build(table(4_000, 8, dtype), metric="euclidean", kind=KIND)
    queries = table(60, 9, dtype)
    expected = index.search(queries, effort=5)
    wide = np.zeros((120, 2 * DIMS), queries.dtype)
    wide[::2, 1::2] = queries
    layouts = [np.asfortranarray(queries), wide[::2, 1::2], queries[::-1][::-1], queries.tolist()]
    for layout in layouts if dtype == "f32" else layouts[:3]:
        same(index.search(layout, effort=5), expected)
    swapped = queries.astype(queries.dtype.newbyteorder(">"))
    same(index.search(swapped, effort=5), expected)


def test_numbers_that_are_whole_find_as_much_as_bytes() -> None:
    base, queries = parted(table(4_060, 10, "u8"), np.uint8)
    index = na.build(base, metric="euclidean", kind=KIND)
    for numbers in (queries, queries.astype(np.float32), queries.astype(np.int64), queries.astype(np.float32) + 0.5):
        assert recall(index, numbers) >= 0.9
    floats = na.build(base.astype(np.float32), metric="euclidean", kind=KIND)
    assert recall(floats, queries) >= 0.9


def test_each_row_is_in_a_list_and_in_one_only() -> None:
    """Looking into all lists but one finds every row that is asked for, whichever list it is in."""
    base = table(4_000, 12)
    index = na.build(base, metric="euclidean", kind=KIND)
    hits = index.search(base, 1, effort=63)
    np.testing.assert_array_equal(hits.rows[:, 0], np.arange(4_000))
    within = index.radius_search(base[5], np.inf, effort=63)
    assert len(set(within.rows.tolist())) == int(within.counts)


def test_many_neighbours_of_few_lists() -> None:
    """As many are given as are asked for, even where the lists looked into hold fewer."""
    index = na.build(table(4_000, 13), metric="euclidean", kind=na.IVF(lists=500))
    queries = table(20, 14)
    for k in (50, 700, 3_999, 4_000, 9_999):
        hits = index.search(queries, k, effort=1)
        assert hits.rows.shape == (20, min(k, 4_000))
        assert all(len(set(rows)) == len(rows) for rows in hits.rows.tolist())
    same(index.search(queries, 4_000, effort=1), index.search(queries, 4_000, exact=True))
