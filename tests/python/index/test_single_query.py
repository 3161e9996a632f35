"""One query in a call of its own goes a shorter way through the bindings, and must not be answered otherwise."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na

DIMS = 24
KINDS = (na.Exact(), na.Forest(), na.IVF(lists=8))


def table(dtype: str, rows: int = 600) -> NDArray[Any]:
    values = np.random.default_rng(3).integers(-100, 100, size=(rows, DIMS))
    return (np.abs(values) if dtype == "uint8" else values).astype(dtype)


def told(share: float) -> float | None:
    """What one query is told where a batch is told this."""
    return None if np.isnan(share) else share


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("float32", "float32"),
        ("float32", "float16"),
        ("float16", "float16"),
        ("float16", "float32"),
        ("uint8", "uint8"),
        ("uint8", "float32"),
        ("int8", "int8"),
        ("int8", "float16"),
    ],
)
def test_the_short_way_gives_the_same_answer(kind: Any, metric: str, stored: str, asked: str) -> None:
    index = na.build(table(stored), metric=metric, kind=kind)
    queries = table(stored, 20).astype(asked)
    assert index._core.search_single(queries[0], 5, None, None, False, None) is not None, "the short way was not gone"
    effort = None if index.kind == "exact" else 4
    for query in queries:
        one = index.search(query, 5, effort=effort)
        many = index.search([query], 5, effort=effort)
        np.testing.assert_array_equal(one.rows, many.rows[0])
        np.testing.assert_array_equal(one.distances, many.distances[0])
        assert (one.effort, one.expected_recall) == (many.effort[0], told(many.expected_recall[0]))
        assert (one.rows.dtype, one.distances.dtype, one.counts) == (np.int64, np.float32, 5)
        short = index.search(query[None], 5, effort=effort)
        for name in ("rows", "distances", "counts", "keys", "effort", "expected_recall", "out_of_distribution"):
            told_short, told_long = np.asarray(getattr(short, name)), np.asarray(getattr(many, name))
            assert (told_short.dtype, told_short.shape) == (told_long.dtype, told_long.shape), name
            np.testing.assert_array_equal(told_short, told_long)


@pytest.mark.parametrize(
    ("query", "k", "effort", "exact", "threads"),
    [
        (np.zeros(DIMS, np.float32), 5, None, False, None),
        (np.full(DIMS, np.nan, np.float32), 5, None, False, None),
        (np.full(DIMS, np.inf, np.float16), 5, None, False, None),
        (np.ones(DIMS + 1, np.float32), 5, None, False, None),
        (np.ones((2, DIMS), np.float32), 5, None, False, None),
        (np.ones((DIMS, 1), np.float32), 5, None, False, None),
        (np.ones((1, 1, DIMS), np.float32), 5, None, False, None),
        (np.ones((0, DIMS), np.float32), 5, None, False, None),
        (np.float32(1), 5, None, False, None),
        (np.ones(2 * DIMS, np.float32)[::2], 5, None, False, None),
        (np.frombuffer(bytes(4 * DIMS) + b"1", np.uint8)[1:].view(np.float32), 5, None, False, None),
        (np.ones(DIMS, ">f4"), 5, None, False, None),
        (np.ones(DIMS, np.bool_), 5, None, False, None),
        (np.ones(DIMS, "U1"), 5, None, False, None),
        (np.ma.masked_array(np.ones(DIMS, np.float32)), 5, None, False, None),
        (np.ma.masked_array(np.ones((1, DIMS), np.float32)), 5, None, False, None),
        (np.ones(DIMS, np.float64), 5, None, False, None),
        (np.ones(DIMS, np.uint8), 5, None, False, None),
        ([1.0] * DIMS, 5, None, False, None),
        (None, 5, None, False, None),
        (np.ones(DIMS, np.float32), 0, None, False, None),
        (np.ones(DIMS, np.float32), -(2**70), None, False, None),
        (np.ones(DIMS, np.float32), True, None, False, None),
        (np.ones(DIMS, np.float32), None, None, False, None),
        (np.ones(DIMS, np.float32), 5, 0, False, None),
        (np.ones(DIMS, np.float32), 5, 1.5, False, None),
        (np.ones(DIMS, np.float32), 5, None, True, None),
        (np.ones(DIMS, np.float32), 5, None, 0, None),
        (np.ones(DIMS, np.float32), 5, None, False, 0),
        (np.ones(DIMS, np.float32), 5, None, False, "2"),
    ],
)
def test_what_is_unusual_goes_the_long_way(query: Any, k: Any, effort: Any, exact: Any, threads: Any) -> None:
    index = na.build(table("float32"), metric="cosine", kind=na.IVF(lists=8))
    assert index._core.search_single(query, k, effort, None, exact, threads) is None


@pytest.mark.parametrize("kind", [na.Forest(), na.IVF(lists=8)], ids=lambda kind: kind.name)
def test_recall_takes_the_short_way_too(kind: Any) -> None:
    made = np.random.default_rng(4).normal(size=(2_000, 12)).astype(np.float32)
    index = na.build(made[:1_900], metric="euclidean", kind=kind)
    assert index._core.search_single(made[1_900], 5, None, 0.9, False, None) is not None
    many = index.search(made[1_900:], 5, recall=0.9)
    for place, query in enumerate(made[1_900:]):
        one = index.search(query, 5, recall=0.9)
        np.testing.assert_array_equal(one.rows, many.rows[place])
        assert isinstance(one.effort, int)
        assert one.effort == many.effort[place]
        assert one.expected_recall == many.expected_recall[place]
        assert one.out_of_distribution == many.out_of_distribution[place]


def test_more_neighbours_than_there_are_give_all() -> None:
    index = na.build(table("float32", 7), metric="euclidean", kind="exact")
    assert sorted(index.search(np.ones(DIMS, np.float32), 100).rows.tolist()) == list(range(7))


class Subclass(np.ndarray[Any, Any]):
    """An array by another name."""


@pytest.mark.parametrize(
    "changed",
    [
        lambda array: pickle.loads(pickle.dumps(array)),  # its dtype is an object of its own
        lambda array: np.frombuffer(array.tobytes(), array.dtype),  # not to be written to
        lambda array: np.asfortranarray(array),
        lambda array: array.view(Subclass),
        lambda array: memoryview(array),
    ],
    ids=["unpickled", "read-only", "Fortran order", "subclass", "memoryview"],
)
@pytest.mark.parametrize(("stored", "asked"), [("float32", "float32"), ("float32", "float16"), ("int8", "int8")])
def test_arrays_of_any_origin_take_the_short_way(changed: Any, stored: str, asked: str) -> None:
    index = na.build(table(stored), metric="euclidean", kind="exact")
    query = table(stored, 1)[0].astype(asked)
    found = index._core.search_single(changed(query), 5, None, None, False, None)
    assert found is not None
    np.testing.assert_array_equal(found[0], index.search([query], 5).rows[0])


def test_what_the_short_way_returns_is_the_callers_own() -> None:
    index = na.build(table("float32"), metric="euclidean", kind="exact")
    query = table("float32", 1)
    for asked in (query, query[0]):
        first, second = index.search(asked, 5), index.search(asked, 5)
        for array in (first.rows, first.distances):
            assert array.flags.owndata
            assert array.flags.writeable
            assert array.flags.c_contiguous
        first.rows[:] = -7
        first.distances[:] = -7
        assert (second.rows >= 0).all()
        assert (index.search(asked, 5).distances >= 0).all()


def test_hits_of_a_batch_of_one_are_like_those_of_a_longer_batch() -> None:
    made = np.random.default_rng(5).normal(size=(2_000, 12)).astype(np.float32)
    index = na.build(made, keys=[f"key{row}" for row in range(2_000)], metric="euclidean", kind=na.IVF(lists=16))
    excluded = np.array([3, 4, 5])
    options: list[dict[str, Any]] = [{}, {"recall": 0.8}, {"effort": 3}, {"exclude": excluded}, {"threads": 1}]
    for option in options:
        one, two = index.search(made[:1], 3, **option), index.search(made[:2], 3, **option)
        for name in ("rows", "distances", "counts", "keys", "effort", "expected_recall", "out_of_distribution"):
            short, long = np.asarray(getattr(one, name)), np.asarray(getattr(two, name))
            assert (short.dtype, short.shape) == (long.dtype, (1, *long.shape[1:])), name
            np.testing.assert_array_equal(short[0], long[0])
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(one)).effort, one.effort)


def test_what_a_search_spent_is_known_when_the_index_is_closed() -> None:
    made = np.random.default_rng(6).normal(size=(2_000, 12)).astype(np.float32)
    index = na.build(made, metric="cosine", kind=na.IVF(lists=16))
    hits = [index.search(query, 3) for query in (made[0], made[:1])]
    index.close()
    for found in hits:
        assert np.all(np.asarray(found.effort) != 0)
        assert np.all(np.asarray(found.expected_recall) > 0)
        assert found.scores.shape == found.rows.shape
        with pytest.raises(na.errors.InvalidInputError, match="closed"):
            _ = found.keys
