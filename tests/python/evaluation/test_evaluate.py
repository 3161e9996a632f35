"""What an evaluation says of an index is what its searches do, and what its calibration says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import Questions, Truth, evaluate, ground_truth, questions_of
from nearabout.kinds import Kind

VECTORS = np.random.default_rng(0).normal(size=(2500, 15)).astype(np.float32)
BASE, QUERIES = VECTORS[:-80], VECTORS[-80:]
KINDS: list[Kind] = [na.Forest(), na.IVF(lists=50, codes=8), na.IVF(lists=50, codes=8, refine=False)]


def built(kind: Kind, **options: Any) -> na.Index:
    return na.build(BASE, metric="euclidean", kind=kind, **options)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_queries_with_their_truth(kind: Kind) -> None:
    index = built(kind)
    questions = questions_of(index, QUERIES, k=5)
    assert questions.rows is None
    order = np.argsort(((BASE[None] - QUERIES[:, None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(questions.truth.rows, order)
    for point in evaluate(index, questions, 5, efforts=[2, 20], seconds=0):
        hits = index.search(QUERIES, 5, effort=point.effort)
        shared = [len(set(found) & set(true)) for found, true in zip(hits.rows.tolist(), order.tolist(), strict=True)]
        assert point.recall == pytest.approx(sum(shared) / order.size)
        assert point.recall_low < point.recall < point.recall_high
        assert point.recall_by_distance == pytest.approx(point.recall)
        assert point.target is None
        told = np.nan if point.expected_recall is None else point.expected_recall
        np.testing.assert_array_equal(hits.expected_recall, np.full(len(QUERIES), told))


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_rows_are_left_out_of_their_own_answers(kind: Kind) -> None:
    index = built(kind)
    questions = questions_of(index, k=7)
    assert questions.rows is not None
    assert len(questions.rows) == 1000
    own = questions.rows[:, None]
    assert not (questions.truth.rows == own).any()
    np.testing.assert_array_equal(questions.truth.rows, index.search_by_key(questions.rows, 7, exact=True).rows)
    (point,) = evaluate(index, questions, 7, efforts=[5], seconds=0)
    found = index.search(questions.vectors, 8, effort=5).rows
    others = [[row for row in line if row != self][:7] for line, self in zip(found.tolist(), own[:, 0], strict=True)]
    shared = [len(set(a) & set(b)) for a, b in zip(others, questions.truth.rows.tolist(), strict=True)]
    assert point.recall == pytest.approx(sum(shared) / questions.truth.rows.size)


def test_recalls_are_those_that_were_asked_for() -> None:
    index = built(KINDS[1])
    questions = questions_of(index, QUERIES)
    points = evaluate(index, questions, targets=[0.7, 0.9, 1], seconds=0)
    assert [point.target for point in points] == [0.7, 0.9, 1]
    for point in points[:2]:
        hits = index.search(QUERIES, recall=point.target)
        assert point.effort == index._core.base_effort(10, None, point.target, False)
        assert point.effort is not None, "the test has to use lists"
        assert point.expected_recall == np.asarray(hits.expected_recall).min()
        shared = [
            len({*found} & {*true})
            for found, true in zip(hits.rows.tolist(), questions.truth.rows[:, :10].tolist(), strict=True)
        ]
        assert point.recall == pytest.approx(np.mean(shared) / 10)
    assert (points[2].effort, points[2].recall) == (None, 1)
    usual = evaluate(index, questions, seconds=0)
    assert {point.target for point in usual} <= {0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995}
    assert len({point.effort for point in usual}) == len(usual) > 3


def test_without_calibration_efforts_are_climbed() -> None:
    index = built(KINDS[1], calibrate=False)
    points = evaluate(index, questions_of(index, QUERIES), seconds=0)
    assert [point.effort for point in points] == [1, 2, 4, 8, 16, 32]
    assert {point.expected_recall for point in points} == {None}


def test_an_exact_index_has_one_point() -> None:
    index = built(na.Exact())
    (point,) = evaluate(index, questions_of(index, QUERIES), seconds=0)
    assert (point.effort, point.recall, point.expected_recall) == (None, 1, 1)
    for given in ({"efforts": [1]}, {"targets": [0.9]}):
        with pytest.raises(na.InvalidInputError, match="an exact index always compares every row"):
            evaluate(index, questions_of(index, QUERIES), **given)


def test_an_index_without_vectors_needs_the_truth() -> None:
    index = built(na.IVF(lists=50, codes=8, keep_vectors=False))
    for queries in (None, QUERIES):
        with pytest.raises(na.InvalidInputError, match="keeps no vectors"):
            questions_of(index, queries)
    truth = ground_truth(BASE, QUERIES, 10, metric="euclidean")
    (point,) = evaluate(index, questions_of(index, QUERIES, truth), efforts=[20], seconds=0)
    assert point.recall > 0.8
    assert point.recall_by_distance is None


def test_what_is_refused() -> None:
    index = built(KINDS[1])
    questions = questions_of(index, QUERIES, k=5)
    with pytest.raises(na.InvalidInputError, match="pass either efforts or recalls"):
        evaluate(index, questions, efforts=[1], targets=[0.9])
    with pytest.raises(na.InvalidInputError, match="k is 6, but the truth has 5 neighbours"):
        evaluate(index, questions, 6, efforts=[1])
    with pytest.raises(na.InvalidInputError, match="no queries were given; pass queries"):
        questions_of(na.build([[1.0, 2.0]]))
    other = Truth(questions.truth.rows[:9], questions.truth.distances[:9], "euclidean")
    with pytest.raises(na.InvalidInputError, match="for each of the 9 queries"):
        evaluate(index, Questions(QUERIES, other), 5, efforts=[1])
