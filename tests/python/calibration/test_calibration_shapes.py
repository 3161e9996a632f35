"""Calibration of tables that are small, equal, of bits, or measured by metrics that codes do not know."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.combinations import star

from .calibrated import KINDS, WITH_VECTORS, assert_same, share, table

SMALL: dict[str, Any] = {
    "forest": na.Forest(),
    "trees": na.Forest(trees=3, leaf_size=1),
    "lists": na.IVF(),
    "two lists": na.IVF(lists=2),
    "bytes": na.IVF(keep_vectors=False),
    "codes": na.IVF(refine=False, keep_vectors=False),
}


def between_0_and_1(expected: Any) -> bool:
    """Or not measured."""
    return all(math.isnan(share) or 0 <= share <= 1 for share in expected)


@pytest.mark.parametrize("calibrate", [True, False])
@pytest.mark.parametrize("rows", [0, 1, 2, 5])
@pytest.mark.parametrize("name", SMALL)
def test_a_few_rows(name: str, rows: int, calibrate: bool) -> None:
    base = np.random.default_rng(rows).normal(size=(rows, 4)).astype(np.float32)
    queries = np.random.default_rng(9).normal(size=(20, 4)).astype(np.float32)
    index = na.build(base, metric="euclidean", kind=SMALL[name], calibrate=calibrate)
    index.verify()
    exact = na.build(base, metric="euclidean", kind="exact")
    for k in (1, 3, 10):
        for options in ({}, *([{"recall": 0.5}, {"recall": 1}] if calibrate or rows == 0 else [])):
            hits = index.search(queries, k, **options)  # type: ignore[arg-type]
            assert hits.rows.shape == (20, min(k, rows))
            assert np.asarray(hits.out_of_distribution).shape == (20,)
            assert between_0_and_1(hits.expected_recall)
            if options == {"recall": 1} and "keep_vectors=False" not in repr(SMALL[name]):
                assert_same(hits, exact.search(queries, k))
            assert index.search(queries[0], k, **options).effort == np.asarray(hits.effort)[0]  # type: ignore[arg-type]
    if rows == 0:
        with pytest.raises(na.InvalidInputError, match="the index has no rows"):
            index.calibrate(queries)
    elif "keep_vectors=False" not in repr(SMALL[name]):
        again = index.calibrate(queries)
        again.verify()
        assert_same(again.search(queries, 3, recall=1), exact.search(queries, 3))
        assert again.calibrate().search(queries, 3, recall=0.5).rows.shape == (20, min(3, rows))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize("name", SMALL)
def test_all_rows_equal(name: str, metric: str) -> None:
    """Rows are no neighbours of their copies: there is nothing to measure, and nothing that could be missed."""
    base = np.tile(np.array([1, 2, 3], np.float32), (600, 1))
    index = na.build(base, metric=metric, kind=SMALL[name])
    index.verify()
    calibration = index.calibration()
    assert calibration is not None
    if metric != "dot":
        assert calibration.queries == 0
        assert calibration.points == ()
    for options in ({}, {"recall": 0.9}, {"recall": 1}):
        for k in (1, 10):
            hits = index.search(base[:3] + 1, k, **options)
            assert hits.rows.shape == (3, k)
            assert between_0_and_1(hits.expected_recall)


@pytest.mark.parametrize("name", KINDS)
def test_copies_are_not_what_is_measured(name: str) -> None:
    """Each row is there twice: to find the copy of a row is no art, and says nothing of queries that are no rows."""
    rows, queries = table()
    half = rows[:4_000]
    twice = na.build(np.repeat(half, 2, axis=0), metric="euclidean", kind=KINDS[name])
    calibration = twice.calibration()
    assert calibration is not None
    first = calibration.points[0]
    assert first.at[1].recall < 0.9
    true = na.build(np.repeat(half, 2, axis=0), metric="euclidean", kind="exact").search(queries, 10).rows
    assert share(twice.search(queries, 10, effort=first.effort).rows, true) < 0.9, "the test has to be harder"
    asked = twice.search(queries, 10, recall=0.9)  # five rows, each twice
    assert share(asked.rows, true) >= min(0.9, np.asarray(asked.expected_recall).min()) - 0.04
    assert not np.asarray(asked.out_of_distribution).mean() > 0.05


@pytest.mark.parametrize(("kind", "flipped"), star([na.Forest(), na.Forest(trees=3, leaf_size=20)], [0.1, 0.3]))
def test_bits(kind: na.Forest, flipped: float) -> None:
    random = np.random.default_rng(2)
    centres = random.random((20, 128)) < 0.5
    made = centres[random.integers(0, 20, 4_400)] ^ (random.random((4_400, 128)) < flipped)
    base, queries = made[:4_000], made[4_000:]
    for given in (None, queries[:200]):
        index = na.build(base, metric="hamming", kind=kind, queries=given)
        fresh = queries[200:]
        for target in (0.8, 0.95):
            hits, true = index.search(fresh, 10, recall=target), index.search(fresh, 10, exact=True)
            assert np.asarray(hits.expected_recall).min() >= target
            assert (hits.distances <= true.distances[:, -1:]).mean() >= target - 0.03  # there are ties
        assert not np.asarray(index.search(fresh, 10).out_of_distribution).mean() > 0.05
        assert index.calibrate(queries[:200]).calibration() == index.calibration() or given is None
        packed = index.calibrate(np.packbits(queries[:200], axis=1, bitorder="little"))
        assert packed.calibration() == index.calibrate(queries[:200]).calibration()


@pytest.mark.parametrize(("kind", "given"), star([na.Forest(), na.Forest(trees=3, leaf_size=20)], [False, True]))
def test_manhattan(kind: na.Forest, given: bool) -> None:
    rows, queries = table()
    index = na.build(rows, metric="manhattan", kind=kind, queries=queries[:200] if given else None)
    calibration = index.calibration()
    assert calibration is not None
    assert calibration.source == ("user_queries" if given else "held_out_rows")
    for k in (1, 10, 100):
        for target in (0.8, 0.9):
            hits = index.search(queries[200:], k, recall=target)
            true = index.search(queries[200:], k, exact=True)
            assert np.asarray(hits.expected_recall).min() >= target
            assert share(hits.rows, true.rows) >= target - 0.05


@pytest.mark.parametrize(("name", "dtype"), star(WITH_VECTORS, ["f16", "bf16", "u8", "i8"]))
def test_other_types(name: str, dtype: str) -> None:
    rows, queries = table()
    if dtype in ("u8", "i8"):
        rows, queries = (np.clip(np.rint(values * 15) + 60, 0, 127) for values in (rows, queries))
    index = na.build(rows, metric="euclidean", dtype=dtype, kind=KINDS[name])
    hits, true = index.search(queries, 10, recall=0.9), index.search(queries, 10, exact=True)
    assert np.asarray(hits.expected_recall).min() >= 0.9
    assert share(hits.rows, true.rows) >= 0.87
    again = index.calibrate().calibration()
    assert again == index.calibration()
