"""Sweeps, the front of their points, and the speed at a recall. Nothing here depends on how fast the machine is."""

from __future__ import annotations

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import Measured, ground_truth, pareto_front, queries_per_second_at, sweep

VECTORS = np.random.default_rng(0).normal(size=(3100, 24)).astype(np.float32)
BASE, QUERIES = VECTORS[:3000], VECTORS[3000:]
TRUTH = ground_truth(BASE, QUERIES, 10, metric="euclidean")


@pytest.fixture(scope="module")
def lists() -> na.Index:
    return na.build(BASE, metric="euclidean", kind=na.IVF(lists=40))


def test_a_sweep_climbs_until_everything_is_found(lists: na.Index) -> None:
    points = sweep(lists, QUERIES, TRUTH, seconds=0)
    efforts = [point.effort for point in points]
    assert efforts[:5] == [1, 2, 3, 4, 6]
    assert efforts == sorted(set(efforts))
    assert points[-1].recall == 1 or efforts[-1] == 40
    assert points[-1].recall > 0.99
    for point in points:
        found = lists.search(QUERIES, effort=point.effort).rows
        expected = np.mean([len({*a} & {*b}) / 10 for a, b in zip(found.tolist(), TRUTH.rows.tolist(), strict=True)])
        assert point.recall == pytest.approx(expected)
        assert point.recall_low < point.recall <= point.recall_high
        assert point.recall_by_distance == pytest.approx(point.recall)
        assert point.queries_per_second > 0
        assert point.p50_seconds is None
        assert point.p95_seconds is None
    errors = [point.relative_error for point in points]
    assert errors[0] > errors[-1] >= 0


def test_an_effort_that_covers_everything_ends_a_ladder_that_finds_less_than_all() -> None:
    few = na.build(BASE, metric="euclidean", kind=na.IVF(lists=3, refine=False))
    assert [point.effort for point in sweep(few, QUERIES, TRUTH, seconds=0)] == [1, 2, 3]
    forest = na.build(BASE[:50], metric="euclidean", kind=na.Forest(leaf_size=4))
    truth = ground_truth(BASE[:50], QUERIES, 10, metric="euclidean")
    assert sweep(forest, QUERIES, truth, seconds=0)[-1].recall == 1


def test_single_queries_and_an_exact_index() -> None:
    points = sweep(na.build(BASE, metric="euclidean", kind="exact"), QUERIES, TRUTH, seconds=0, single=True)
    assert [(point.effort, point.recall, point.relative_error) for point in points] == [(None, 1.0, 0.0)]
    assert 0 < points[0].p50_seconds <= points[0].p95_seconds


def test_estimated_distances_are_not_compared_with_true_ones() -> None:
    codes = na.build(BASE, metric="euclidean", kind=na.IVF(lists=8, refine=False, keep_vectors=False))
    bare = sweep(codes, QUERIES, TRUTH, efforts=[8], seconds=0)[0]
    assert (bare.recall_by_distance, bare.relative_error) == (None, None)
    told = sweep(codes, QUERIES, TRUTH, efforts=[8], seconds=0, base=BASE)[0]
    assert told.recall_by_distance == pytest.approx(told.recall)
    kept = na.build(BASE, metric="euclidean", kind=na.IVF(lists=8, refine=False))
    point = sweep(kept, QUERIES, TRUTH, efforts=[8], seconds=0)[0]
    assert point.recall_by_distance == pytest.approx(point.recall)
    assert point.relative_error > 0


def test_what_does_not_fit_is_refused(lists: na.Index) -> None:
    exact = na.build(BASE, metric="euclidean", kind="exact")
    other = ground_truth(BASE, QUERIES, 10, metric="cosine")
    with pytest.raises(na.InvalidInputError, match="leave them out"):
        sweep(exact, QUERIES, TRUTH, efforts=[1])
    with pytest.raises(na.InvalidInputError, match="the truth has the metric cosine"):
        sweep(lists, QUERIES, other)
    with pytest.raises(na.InvalidInputError, match="the truth has 100 queries"):
        sweep(lists, QUERIES[:5], TRUTH)
    with pytest.raises(na.InvalidInputError, match="the truth has 10"):
        sweep(lists, QUERIES, TRUTH, 11)
    with pytest.raises(na.InvalidInputError, match="seconds is -1"):
        sweep(lists, QUERIES, TRUTH, seconds=-1)
    with pytest.raises(na.InvalidInputError, match="effort is 0"):
        sweep(lists, QUERIES, TRUTH, efforts=[0])


def test_the_front_has_what_no_other_beats() -> None:
    points = [Measured(None, *pair) for pair in [(0.5, 90.0), (0.9, 100.0), (0.8, 80.0), (0.99, 10.0), (0.99, 20.0)]]
    assert [(point.recall, point.queries_per_second) for point in pareto_front(points)] == [(0.9, 100), (0.99, 20)]
    assert pareto_front([]) == []


def test_the_speed_at_a_recall() -> None:
    points = [Measured(None, 0.8, 1000.0), Measured(None, 0.9, 100.0), Measured(None, 0.85, 10.0)]
    assert queries_per_second_at(points, 0.8) == 1000
    assert queries_per_second_at(points, 0.5) == 1000  # nothing is guessed beyond the points
    assert queries_per_second_at(points, 0.85) == pytest.approx(1000**0.5 * 100**0.5)
    assert queries_per_second_at(points, 0.9) == 100
    assert queries_per_second_at(points, 0.901) is None
    assert queries_per_second_at([], 0.5) is None
    with pytest.raises(na.InvalidInputError, match="recall is 95"):
        queries_per_second_at(points, 95)
