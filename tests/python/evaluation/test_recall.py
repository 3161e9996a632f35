"""Recall by id and by distance, the error of distances, and how sure a mean is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import (
    Truth,
    ground_truth,
    interval,
    recall,
    recall_by_distance,
    recalls,
    recalls_by_distance,
    relative_error,
    relative_errors,
)

TRUTH = Truth(np.array([[4, 2, 7], [1, 3, 5]]), np.array([[0.0, 1.0, 1.0], [2.0, 4.0, 8.0]], np.float32), "euclidean")


def test_recall_by_id() -> None:
    assert recalls([[2, 4, 7], [1, 9, 5]], TRUTH, 3).tolist() == [1.0, 2 / 3]
    assert recall([[2, 4, 7], [1, 9, 5]], TRUTH, 2) == 0.75  # of the second only the first two are looked at
    assert recall(np.array([[4], [1]]), TRUTH, 3) == pytest.approx(1 / 3)
    assert recall([[-1, -1, -1], [1, 1, 1]], TRUTH, 3) == pytest.approx(1 / 6)  # nothing; the same row thrice
    assert recall(np.empty((2, 0), np.int64), TRUTH, 3) == 0


def test_recall_by_id_of_many_is_that_of_sets() -> None:
    random = np.random.default_rng(0)
    rows = np.array([random.permutation(400)[:100] for _ in range(3000)])
    found = np.array([random.permutation(400)[:100] for _ in range(3000)])
    truth = Truth(rows, np.zeros(rows.shape, np.float32), "euclidean")
    expected = [len({*near} & {*true}) / 100 for near, true in zip(found.tolist(), rows.tolist(), strict=True)]
    assert recalls(found, truth, 100).tolist() == expected


def test_ties_count_as_right_by_distance_and_not_by_id() -> None:
    bits = np.random.default_rng(0).random((300, 12)) < 0.5
    base, queries = bits[:280], bits[280:]
    truth = ground_truth(base, queries, 10, metric="hamming")
    order = np.arange(len(base))[::-1]  # the same vectors in another order: other ones of the ties come first
    hits = na.build(base[order], metric="hamming").search(queries, 10)
    assert recall(order[hits.rows], truth) < 0.95
    assert recall_by_distance(hits.distances, truth) == 1


def test_recall_by_distance() -> None:
    assert recalls_by_distance([[0, 1.0, 1.1], [4.0, 4, 9]], TRUTH, 3).tolist() == [2 / 3, 2 / 3]
    assert recalls_by_distance([[0, 1.0, np.inf], [2.0, 9, 9]], TRUTH, 2).tolist() == [1.0, 0.5]
    assert recall_by_distance([[1.0 + 1e-7], [8.0]], TRUTH, 3) == pytest.approx(1 / 3)  # the rounding of float32
    assert recall_by_distance([[1.1], [8.1]], TRUTH, 3) == 0
    assert recall_by_distance([[1.1], [8.1]], TRUTH, 3, tolerance=0.2) == pytest.approx(1 / 3)
    negative = Truth(np.array([[0, 1]]), np.array([[-5.0, -3.0]], np.float32), "dot")
    assert recall_by_distance([[-3.0000002, -2.9]], negative, 2) == 0.5
    assert recall_by_distance([[-3.0 + 1e-7]], negative, 2) == 0.5


def test_relative_error() -> None:
    assert relative_errors([[0, 1.5, 2.0], [2.0, 4, 8]], TRUTH, 3).tolist() == [0.5, 0.0]
    assert relative_errors([[0.5, 1.5, np.inf], [4.0, 4, 8]], TRUTH, 3).tolist() == pytest.approx([0.5, 1 / 3])
    assert relative_error([[0, 1, 1], [3, 6, 12]], TRUTH, 3) == 0.25
    negative = Truth(np.array([[0, 1]]), np.array([[-4.0, -2.0]], np.float32), "dot")
    assert relative_error([[-2.0, -1.0]], negative, 2) == 0.5  # half the inner product is not near, but far
    assert np.isnan(relative_error([[np.inf], [np.inf]], TRUTH, 3))
    assert relative_error([[np.inf], [3.0]], TRUTH, 3) == 0.5


def test_an_interval_is_wider_for_fewer_queries_and_never_a_point() -> None:
    few, many = interval(np.ones(100)), interval(np.ones(10_000))
    assert few.high == many.high == 1
    assert few.low == pytest.approx(100 / 103.841, abs=1e-4)
    assert few.low < many.low < 1
    assert interval(np.zeros(100)).low == 0 < interval(np.zeros(100)).high
    low, high = interval([0.9, 1.0, 0.8, 0.9])
    assert 0 < low < 0.9 < high < 1
    assert interval([0.9, 1.0], 0.5).low > interval([0.9, 1.0], 0.99).low


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_an_interval_holds_the_truth_as_often_as_it_says(share: float) -> None:
    random = np.random.default_rng(3)
    drawn = random.binomial(10, share, (1000, 200)) / 10
    held = sum(low <= share <= high for low, high in map(interval, drawn))
    assert 920 <= held <= 990


def test_what_does_not_fit_is_refused() -> None:
    wrong: list[tuple[Any, int, str]] = [
        ([[1], [2]], 4, "k is 4, but the truth has 3"),
        ([[1], [2]], 0, "k is 0"),
        ([[1]], 2, "for each of the 2 queries"),
        ([[1.5], [2.5]], 2, "integers"),
        ([1, 2], 2, "pass one line of"),
    ]
    for found, k, sentence in wrong:
        with pytest.raises(na.InvalidInputError, match=sentence):
            recall(found, TRUTH, k)
    with pytest.raises(na.InvalidInputError, match="of numbers"):
        recall_by_distance([["a"], ["b"]], TRUTH, 2)
    with pytest.raises(na.InvalidInputError, match="tolerance is -1"):
        recall_by_distance([[1.0], [2.0]], TRUTH, 2, tolerance=-1)
    strange: list[tuple[list[float], float, str]] = [
        ([], 0.9, "shares has"),
        ([1.1], 0.9, "each 0 to 1"),
        ([1.0], 1, "confidence"),
    ]
    for shares, confidence, sentence in strange:
        with pytest.raises(na.InvalidInputError, match=sentence):
            interval(shares, confidence)
