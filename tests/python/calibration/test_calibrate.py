"""What an index is measured with: rows that are held out, queries that are given, at build or later, or nothing."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

from .calibrated import (
    BOTH,
    DIMS,
    EACH,
    EACH_WITH_VECTORS,
    KINDS,
    LISTS,
    ROWS,
    WITH_VECTORS,
    assert_same,
    base,
    built,
    share,
    table,
    truth,
)

UNLIKE = 0.2  # of the length of rows: such queries are harder


def unlike() -> tuple[Any, Any]:
    """Queries of another kind than the rows: to measure with, and fresh ones."""
    queries = UNLIKE * table(9)[0]
    return queries[:700], queries[700:1100]


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_calibrate_gives_another_index(name: str, tmp_path: Path) -> None:
    path = tmp_path / "index.near"
    index = na.build(table()[0], metric="euclidean", kind=KINDS[name], path=path)
    before, image = index.calibration(), path.read_bytes()
    given, fresh = unlike()
    other = index.calibrate(given)
    assert other is not index
    assert index.calibration() == before
    assert path.read_bytes() == image
    calibration = other.calibration()
    assert calibration is not None
    assert before is not None
    assert (calibration.source, calibration.queries, calibration.target_recall) == ("user_queries", 700, 0.95)
    assert other.info()["calibration"]["source"] == "user_queries"
    assert (other.kind, len(other), other.metric) == (index.kind, len(index), index.metric)
    other.verify()
    hits = other.search(fresh, 10, recall=0.9)
    true = index.search(fresh, 10, exact=True).rows
    assert share(hits.rows, true) >= 0.87
    assert base(index, 10, 0.9) != base(other, 10, 0.9)
    assert not np.isnan(np.asarray(hits.expected_recall)).any()
    for effort in (60, 300) if name != "lists" else (60, 70):
        assert_same(other.search(fresh, 10, effort=effort), index.search(fresh, 10, effort=effort))
    assert_same(other.search(fresh, 10, exact=True), index.search(fresh, 10, exact=True))


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_it_is_kept_once_it_is_saved(name: str, tmp_path: Path) -> None:
    path = tmp_path / "index.near"
    index = na.build(table()[0], keys=np.arange(ROWS) * 3, metric="cosine", kind=KINDS[name], path=path)
    given, fresh = unlike()
    other = index.calibrate(given, recall=0.8)
    assert index.path == str(path)
    assert other.path is None
    assert pickle.loads(pickle.dumps(other)).calibration() == other.calibration()
    other.save(tmp_path / "other.near")
    opened = na.open(tmp_path / "other.near")
    opened.verify()
    assert opened.calibration() == other.calibration() != index.calibration()
    for options in ({}, {"recall": 0.97}, {"effort": 3}):
        one, same = opened.search(fresh, 10, **options), other.search(fresh, 10, **options)
        assert_same(one, same)
        np.testing.assert_array_equal(one.effort, same.effort)
        np.testing.assert_array_equal(one.expected_recall, same.expected_recall)
        np.testing.assert_array_equal(one.keys, 3 * one.rows)
    assert pickle.loads(pickle.dumps(opened)).calibration() == opened.calibration()
    other.save(path)  # in the place of the file that it shares
    assert path.read_bytes() == (tmp_path / "other.near").read_bytes()
    assert_same(index.search(fresh, 10), na.build(table()[0], metric="cosine", kind=KINDS[name]).search(fresh, 10))
    again = opened.calibrate()
    again.verify()
    assert again.calibration() != opened.calibration()


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_with_rows_it_is_what_the_build_measured(name: str) -> None:
    index = built(name)
    again = index.calibrate()
    assert again.calibration() == index.calibration()
    assert again.calibrate(unlike()[0]).calibrate().calibration() == index.calibration()
    target = index.calibrate(recall=0.7).calibration()
    assert target is not None
    assert target.target_recall == 0.7
    assert index.calibrate(recall=0.7).calibrate().calibration() == target  # which keeps it


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_threads_change_nothing(name: str) -> None:
    index, given = built(name), unlike()[0]
    assert len({repr(index.calibrate(given, threads=threads).calibration()) for threads in (1, 2, 3)}) == 1


@pytest.mark.parametrize("name", EACH)
def test_queries_at_build(name: str) -> None:
    """The same as calibrating with them afterwards, but for those that tell how lists are to be laid out."""
    given, fresh = unlike()
    index = na.build(table()[0], metric="euclidean", kind=KINDS[name], queries=given)
    calibration = index.calibration()
    assert calibration is not None
    assert calibration.source == "user_queries"
    assert calibration.queries == 700
    assert not np.asarray(index.search(fresh, 10).out_of_distribution).mean() > 0.05
    hits = index.search(fresh, 10, recall=0.9)
    true = na.build(table()[0], metric="euclidean", kind="exact").search(fresh, 10).rows
    assert share(hits.rows, true) >= min(0.9, np.asarray(hits.expected_recall).min()) - 0.03
    if "lists" not in name and name in WITH_VECTORS:
        assert built(name).calibrate(given).calibration() == calibration


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_one_query_is_enough_and_doubtful(name: str) -> None:
    one = built(name).calibrate(table()[1][0])
    calibration = one.calibration()
    assert calibration is not None
    assert calibration.queries == 1
    hits = one.search(table()[1], 10, recall=0.95)
    assert (np.asarray(hits.effort) == na.EVERY_ROW).all(), "nobody can be so sure after one query"


def test_queries_are_capped_and_spread() -> None:
    queries = np.concatenate([table(9)[0], UNLIKE * table(9)[0]])
    calibration = built("lists").calibrate(queries).calibration()
    assert calibration is not None
    assert calibration.queries == 1_024
    assert not np.asarray(built("lists").calibrate(queries).search(queries, 10).out_of_distribution).mean() > 0.05


def test_what_cannot_be_calibrated() -> None:
    rows, queries = table()
    with pytest.raises(na.InvalidInputError, match="an exact index compares every row: there is nothing to calibrate"):
        na.build(rows, kind="exact").calibrate(queries)
    for name in ("bytes", "codes"):
        with pytest.raises(na.InvalidInputError, match="keeps no vectors.*give queries= when you build it"):
            built(name).calibrate(queries)
    for name in BOTH:
        index = built(name)
        with pytest.raises(na.InvalidInputError, match="queries is empty"):
            index.calibrate(queries[:0])
        with pytest.raises(na.InvalidInputError, match=f"7 dims; the index has {DIMS}"):
            index.calibrate(queries[:, :7])
        with pytest.raises(na.InvalidInputError, match="not a finite float32"):
            index.calibrate(np.full((3, DIMS), np.nan))
        with pytest.raises(na.InvalidInputError, match="threads is 0"):
            index.calibrate(queries, threads=0)
        with pytest.raises(na.InvalidInputError, match="zero vector"):
            built(name, "cosine").calibrate(np.zeros((3, DIMS)))


@pytest.mark.parametrize("name", EACH_WITH_VECTORS)
def test_rows_that_will_be_asked_about(name: str) -> None:
    """One row in ten lies outside the tight clusters of all others: rows spread evenly tell little of it."""
    random = np.random.default_rng(8)
    rows = random.normal(size=(40, 24))[random.integers(0, 40, 6_000)] + 0.01 * random.normal(size=(6_000, 24))
    rows[::10] = random.normal(size=(600, 24))
    keys = np.array([f"row {number}" for number in range(6_000)])
    index = na.build(rows, keys=keys, metric="euclidean", kind=KINDS[name])
    loose = keys[::10]
    fitted = index.calibrate(keys=loose[::2])
    known = fitted.calibration()
    assert known is not None
    assert (known.source, known.queries) == ("held_out_rows", 300)
    assert known == index.calibrate(keys=loose[::2][::-1], threads=1).calibration()
    found = fitted.search_by_key(loose[1::2], 10, recall=0.9)
    true = fitted.search_by_key(loose[1::2], 10, exact=True)
    assert (found.distances <= true.distances[:, -1:]).mean() >= 0.88
    for refused, error, sentence in (
        ({"keys": []}, na.InvalidInputError, "keys is empty"),
        ({"keys": ["no row"]}, na.UnknownKeyError, "no key 'no row'"),
        ({"keys": loose, "queries": rows[:2]}, na.InvalidInputError, "pass either queries or keys"),
    ):
        with pytest.raises(error, match=sentence):
            index.calibrate(**refused)


def test_hits_as_near_as_the_last_count() -> None:
    rows = np.repeat(np.arange(50, dtype=np.float32), 40)[:, None] * np.ones(8, np.float32)
    index = na.build(rows, metric="euclidean", kind=na.IVF(lists=20))
    assert index.measure_recall(rows[::40] + 0.25, k=10) == 1.0


@pytest.mark.parametrize("name", EACH)
def test_without_calibration(name: str) -> None:
    rows, queries = table()
    index = na.build(rows, metric="euclidean", kind=KINDS[name], calibrate=False)
    assert index.calibration() is None
    assert index.info()["calibration"] is None
    hits = index.search(queries, 10)
    assert (np.asarray(hits.effort) > 0).all()
    assert np.isnan(np.asarray(hits.expected_recall)).all()
    assert index.search(queries[0], 10).expected_recall is None
    assert not np.asarray(hits.out_of_distribution).any()
    assert share(hits.rows, truth("euclidean", 10)) > 0.85
    pickled = pickle.loads(pickle.dumps(hits))
    assert np.isnan(pickled.expected_recall).all()
    np.testing.assert_array_equal(pickled.effort, hits.effort)
    refusal = r"recall= needs a calibrated index, and this one is not calibrated.*index\.calibrate\(queries\)"
    for refused in (
        lambda: index.search(queries, recall=0.9),
        lambda: index.search(queries[0], recall=0.9),
        lambda: index.search_by_key(1, recall=1),
        lambda: index.radius_search(queries[0], 1.0, recall=0.9),
    ):
        with pytest.raises(na.InvalidInputError, match=refusal):
            refused()
    if name in WITH_VECTORS:
        later = index.calibrate()
        assert later.calibration() == built(name).calibration()
        assert_same(later.search(queries, 10, recall=0.9), built(name).search(queries, 10, recall=0.9))


@pytest.mark.parametrize("flag", [1, "yes", None])
def test_calibrate_is_true_or_false(flag: Any) -> None:
    with pytest.raises(na.InvalidInputError, match="calibrate is .*; pass True or False"):
        na.build(table()[0], calibrate=flag)


@pytest.mark.parametrize("name", EACH)
def test_the_recall_of_a_build_is_what_searches_aim_at(name: str) -> None:
    rows, queries = table()
    low, high = (na.build(rows, metric="euclidean", kind=KINDS[name], recall=recall) for recall in (0.7, 0.99))
    for k in (1, 10, 50):
        assert base(low, k) < base(high, k)
        assert base(low, k) == base(low, k, 0.7)
        less = low.search(queries, k)
        np.testing.assert_array_equal(less.effort, low.search(queries, k, recall=0.7).effort)
        assert np.asarray(less.expected_recall).min() >= 0.7
    calibration = low.calibration()
    assert calibration is not None
    assert calibration.target_recall == 0.7


def test_all_of_them_is_what_the_exact_scan_is_for() -> None:
    rows = np.random.default_rng(1).normal(size=(20_000, 8)).astype(np.float32)
    assert na.build(rows, recall=1, metric="euclidean").kind == "exact"
    assert na.build(rows, recall=0.99, metric="euclidean", calibrate=False).kind == "ivf"
    asked = na.build(rows[:3_000], recall=1, metric="euclidean", kind=LISTS).search(rows[:20], 5)
    assert (np.asarray(asked.effort) == na.EVERY_ROW).all()
    assert (np.asarray(asked.expected_recall) == 1.0).all()


@pytest.mark.parametrize("name", EACH)
def test_threads_and_memory_change_no_byte(name: str, tmp_path: Path) -> None:
    rows = table()[0][:3_000]
    for queries in (None, unlike()[0]):
        images = set()
        for options in ({"threads": 1}, {"threads": 3}, {"memory": "64MB"}):
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.near"
            na.build(rows, metric="cosine", kind=KINDS[name], path=path, queries=queries, **options)
            images.add(path.read_bytes())
        na.build(rows, metric="cosine", kind=KINDS[name], queries=queries).save(tmp_path / "saved.near")
        images.add((tmp_path / "saved.near").read_bytes())
        assert len(images) == 1


def test_few_queries_leave_nothing_of_an_earlier_rule() -> None:
    """From few queries it cannot be told which are hard, and what rows had told is of another kind of queries."""
    random = np.random.default_rng(3)
    spread = random.gamma(1.0, size=(6_000, 1))  # some rows lie much further out than others
    rows = (spread * random.normal(size=(6_000, 24))).astype(np.float32)
    index = na.build(rows, metric="euclidean", kind=na.IVF(lists=100))
    asked = rows[:300]
    each = [index.profile(query[None], effort=8).counts["lists"] for query in asked]
    assert min(each) < 8, "the test has to have a rule to begin with"
    alike = index.calibrate(asked[:20])
    lists = [alike.profile(query[None], effort=8).counts["lists"] for query in asked]
    assert 8 <= min(lists) <= max(lists) <= 10
