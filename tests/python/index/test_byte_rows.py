"""Byte rows change no answer, of no kind, under no metric: only which vectors a search reads."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.errors import CorruptFileError, InvalidInputError
from tests.combinations import star
from tests.files import near_image
from tests.python.conftest import KINDS, Kind
from tests.python.forest_recall import blobs

FIELD = "byte_rows"
ROWS, ASKED, DIMS = 3_000, 60, 40
METRICS = ["euclidean", "sqeuclidean", "cosine", "dot"]


def having(kind: Kind, byte_rows: Any) -> Kind:
    setting: dict[str, Any] = {FIELD: byte_rows}
    return dataclasses.replace(kind, **setting)


# Every registered kind that has the setting, with few lists or trees and with as many as it chooses.
WITH = [
    having(kind, True)
    for one in KINDS
    for kind in dict.fromkeys((one, type(one)()))
    if FIELD in {field.name for field in dataclasses.fields(one)}
]
SEARCHES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "exactly": {"exact": True},
    "one neighbour": {"k": 1},
    "many neighbours": {"k": 200},
    "high recall": {"recall": 0.99},
    "some allowed": {"filter": np.arange(ROWS) % 3 == 0},
    "some excluded": {"exclude": np.arange(0, ROWS, 400)},
}


@cache
def table(dtype: str) -> tuple[NDArray[Any], NDArray[Any]]:
    made = blobs(np.random.default_rng(8), DIMS, ROWS + ASKED, apart=1).astype(np.float32)
    made[7] = made[8]  # ties
    made = made.astype(np.float16) if dtype == "f16" else made
    return made[:ROWS], made[ROWS:]


@cache
def pair(kind: Kind, metric: str, dtype: str) -> tuple[na.Index, na.Index]:
    rows = table(dtype)[0]
    stored: Any = dtype if dtype == "bf16" else None
    one, other = (na.build(rows, metric=metric, kind=each, dtype=stored) for each in (kind, without(kind)))
    return one, other


def without(kind: Kind) -> Kind:
    return having(kind, False)


def same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)


@pytest.mark.parametrize(
    ("kind", "metric", "dtype"), [case for kind in WITH for case in star([kind], METRICS, ["f32", "f16", "bf16"])]
)
def test_the_answers_are_those_without(kind: Kind, metric: str, dtype: str) -> None:
    index, plain = pair(kind, metric, dtype)
    rows, queries = table(dtype)
    for how in SEARCHES.values():
        same(index.search(queries, **how), plain.search(queries, **how))
    for query in (queries[0], queries[1:2], queries[2:5], rows[7], rows[8], -rows[9], 1e4 * rows[10].astype("f4")):
        same(index.search(query), plain.search(query))
        same(index.search(query, exact=True), plain.search(query, exact=True))
    for query in queries[:5]:
        radius = float(plain.search(query, k=20, exact=True).distances[-1])
        for exact in (True, False):
            same(index.radius_search(query, radius, exact=exact), plain.radius_search(query, radius, exact=exact))


@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_whole_numbers_and_ties(kind: Kind) -> None:
    rows = np.random.default_rng(2).integers(0, 4, (2_000, 16)).astype(np.float32)
    index, plain = (na.build(rows, metric="euclidean", kind=each) for each in (kind, without(kind)))
    for exact in (True, False):
        same(index.search(rows[:50], exact=exact), plain.search(rows[:50], exact=exact))


@pytest.mark.parametrize(("kind", "factor"), star(WITH, [1e30, 1e-30, 1e-42]))
def test_huge_and_tiny_numbers(kind: Kind, factor: float) -> None:
    rows = (table("f32")[0][:800] * np.float32(factor)).astype(np.float32)
    rows[np.all(rows == 0, axis=1)] = factor
    for metric in METRICS:
        index, plain = (na.build(rows, metric=metric, kind=each) for each in (kind, without(kind)))
        same(index.search(rows[:20], exact=True), plain.search(rows[:20], exact=True))


def test_lists_read_fewer_vectors() -> None:
    index, plain = pair(na.IVF(byte_rows=True), "euclidean", "f32")
    queries = table("f32")[1]
    work, whole = (each.profile(queries, 10, effort=10).counts["compared"] for each in (index, plain))
    assert 10 * len(queries) <= work < 0.7 * whole


@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_info_and_plan_tell_their_size(kind: Kind) -> None:
    for metric in ("euclidean", "dot"):
        index, plain = pair(kind, metric, "f32")
        more = index.info()["file_bytes"] - plain.info()["file_bytes"]
        told = index.info()["byte_rows"]
        assert plain.info()["byte_rows"] == 0 < told <= more < 1.1 * told + 16_384
        one, other = (na.plan(ROWS, DIMS, metric=metric, kind=each).file_bytes for each in (kind, without(kind)))
        assert 0.9 * told < one - other < 1.1 * told


@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_other_vectors_are_refused(kind: Kind) -> None:
    for dtype in (np.uint8, np.int8):
        rows = np.arange(400, dtype=dtype).reshape(20, 20)
        with pytest.raises(InvalidInputError, match="byte_rows is for vectors of floats"):
            na.build(rows, metric="euclidean", kind=kind)
    for metric in ("manhattan", "haversine"):
        if metric in kind.metrics:
            with pytest.raises(InvalidInputError, match="byte_rows does not support metric"):
                na.build(np.zeros((20, 2), np.float32), metric=metric, kind=kind)
    with pytest.raises(InvalidInputError, match="byte_rows is 'yes'; pass True, False or \"auto\""):
        having(kind, "yes")


def test_lists_without_vectors_have_none() -> None:
    assert na.build(table("f32")[0], kind=na.IVF(keep_vectors=False)).info()["byte_rows"] == 0
    with pytest.raises(InvalidInputError, match="byte_rows=True says which vectors"):
        na.IVF(keep_vectors=False, byte_rows=True)


# Long rows of a table that fits in no cache of a family, if it had that many rows.
SHAPE = (100_000, 3_072)


PLANS = [
    ({"family": "generic", "recall": 0.99}, False),
    ({"family": "amx", "recall": 0.99}, True),
    ({"family": "amx", "recall": 0.95}, False),
    ({"family": "amx", "recall": 0.99, "kind": na.IVF(keep_vectors=False)}, False),
    ({"family": "generic", "kind": na.IVF(byte_rows=True)}, True),
]
MORE_PLANS = [
    ({"family": "avx2", "recall": 0.99}, False),
    ({"family": "avx2", "recall": 0.95, "workload": "batch"}, False),
    ({"family": "amx", "recall": 0.99, "workload": "single"}, True),
    ({"family": "amx", "recall": 0.99, "dtype": "u8"}, False),
    ({"family": "amx", "recall": 0.99, "kind": na.IVF(byte_rows=False)}, False),
]


@pytest.mark.parametrize(
    ("given", "on"), [*PLANS, *(pytest.param(*plan, marks=pytest.mark.slow) for plan in MORE_PLANS)]
)
def test_a_plan_says_whether_auto_stores_them(given: dict[str, Any], on: bool) -> None:
    expected = na.plan(*SHAPE, metric="euclidean", **{"kind": "ivf", **given})
    assert (getattr(expected.kind, FIELD), expected.has_byte_rows) == (on, on)
    price = 0 if given.get("dtype") == "u8" or given.get("kind") == na.IVF(keep_vectors=False) else SHAPE[0] * 3_076
    assert price <= expected.byte_rows_bytes <= 1.01 * price
    assert ("of it byte rows" in repr(expected)) == on


@pytest.mark.parametrize("given", [{"family": "amx", "recall": 0.99}, {"kind": na.IVF(byte_rows=True)}])
def test_a_plan_for_a_table_that_fits_in_a_cache(given: dict[str, Any]) -> None:
    small = na.plan(1_000, 3_072, metric="euclidean", **{"kind": "ivf", **given})
    assert small.has_byte_rows == (given.get("kind") == na.IVF(byte_rows=True))


@pytest.mark.parametrize("kind", ["exact", "forest", "ivf"])
def test_auto_stores_none_for_a_few_rows(kind: str) -> None:
    index = na.build(table("f32")[0], metric="euclidean", kind=kind)
    assert (index.info()["byte_rows"], index.info()["metadata"][FIELD]) == (0, "auto")
    assert not na.plan(ROWS, DIMS, metric="euclidean", kind=kind).has_byte_rows


@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_few_rows(kind: Kind) -> None:
    for count in (0, 1, 5):
        rows = table("f32")[0][:count]
        index, plain = (na.build(rows, metric="euclidean", kind=each) for each in (kind, without(kind)))
        index.verify()
        same(index.search(table("f32")[1], k=3), plain.search(table("f32")[1], k=3))


# --- Files ---


def image(kind: Kind, path: Path) -> bytes:
    pair(kind, "euclidean", "f32")[0].save(path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_a_reader_without_them_gives_the_same_answers(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "index.near"
    parts = near_image.take_apart(image(kind, path))
    theirs = [part for part in parts if part.name.startswith("bound_")]
    assert [part.flags & 1 for part in theirs] == [1, 1, 1, 1]  # readers that do not know them ignore them
    with na.open(path) as index:
        expected = index.search(table("f32")[1], exact=True)
    path.write_bytes(near_image.put_together([part for part in parts if part not in theirs]))
    with na.open(path) as index:
        assert index.info()["byte_rows"] == 0
        same(index.search(table("f32")[1], exact=True), expected)


@pytest.mark.parametrize("name", ["bound_bytes", "bound_squares", "bound_steps", "bound_errors"])
@pytest.mark.parametrize("kind", WITH, ids=repr)
def test_a_flipped_bit_is_found(kind: Kind, name: str, tmp_path: Path) -> None:
    path = tmp_path / "index.near"
    damaged = bytearray(image(kind, path))
    place = next(part.offset for part in near_image.take_apart(bytes(damaged)) if part.name == name)
    damaged[place] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(CorruptFileError, match=name), na.open(path) as index:
        index.verify()
    with pytest.raises(CorruptFileError, match=name), na.open(path) as index:
        index.search(table("f32")[0], exact=True)


def forged(name: str, numbers: NDArray[Any]) -> Any:
    def forge(part: near_image.Part) -> near_image.Part:
        if part.name != name:
            return part
        data = numbers.tobytes()
        return dataclasses.replace(part, data=data + part.data[len(data) :])

    return forge


@pytest.mark.parametrize(
    ("name", "numbers", "opens"),
    [
        ("bound_steps", np.array([np.nan], np.float32), False),
        ("bound_steps", np.full(2 * DIMS, -1, np.float32), False),
        ("bound_errors", np.array([-1.0]), False),
        ("bound_errors", np.array([np.inf]), False),
        ("bound_squares", np.array([np.nan], np.float32), True),
    ],
)
def test_impossible_numbers_are_refused(name: str, numbers: NDArray[Any], opens: bool, tmp_path: Path) -> None:
    path = tmp_path / "index.near"
    parts = near_image.take_apart(image(na.Exact(byte_rows=True), path))
    path.write_bytes(near_image.put_together([forged(name, numbers)(part) for part in parts]))
    if opens:
        with na.open(path) as index, pytest.raises(CorruptFileError, match=name):
            index.verify()
    else:
        with pytest.raises(CorruptFileError, match=name):
            na.open(path)
