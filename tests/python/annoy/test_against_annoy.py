"""The same trees give the same neighbours here and in Annoy, whoever built them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.annoy import AnnoyIndex

from .conftest import METRICS, filled, items_for

# n, f: a list for a root; one plane; many; bits that fill no word; more dimensions than a list has room to be long.
SHAPES = [(1, 3), (2, 5), (7, 6), (40, 30), (600, 8), (900, 70), (300, 129)]


def same_answers(one: Any, other: Any, queries: Any) -> None:
    """All of both answers; items may change places where float32 cannot tell their distances apart."""
    for query in queries:
        for count, effort in ((1, -1), (10, -1), (10, 300), (1000, -1), (0, -1)):
            found, distances = one.get_nns_by_vector(query, count, effort, True)
            expected, true_distances = other.get_nns_by_vector(query, count, effort, True)
            assert len(found) == len(expected)
            np.testing.assert_allclose(distances, true_distances, rtol=2e-5, atol=2e-3)
            moved = [place for place, item in enumerate(found) if expected[place] != item]
            for place in moved:
                there = expected.index(found[place]) if found[place] in expected else len(expected) - 1
                assert abs(true_distances[there] - true_distances[place]) <= 2e-5 * (1 + abs(true_distances[place]))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("count", "dims"), SHAPES)
def test_files_both_ways(annoy: Any, tmp_path: Path, metric: str, count: int, dims: int) -> None:
    vectors = items_for(metric, count, dims)
    queries = [*items_for(metric, 6, dims, seed=2), *vectors[:6]]
    for maker in (annoy.AnnoyIndex, AnnoyIndex):
        made = filled(maker, metric, vectors)
        made.set_seed(3)
        made.build(4, n_jobs=1)
        path = str(tmp_path / f"{maker.__module__}.ann")
        made.save(path)
        theirs, mine = annoy.AnnoyIndex(dims, metric), AnnoyIndex(dims, metric)
        assert theirs.load(path) is mine.load(path) is True
        assert mine.get_n_items() == theirs.get_n_items() == count
        assert mine.get_n_trees() == 4
        same_answers(mine, theirs, queries)
        for item in range(0, count, max(count // 5, 1)):
            assert mine.get_item_vector(item) == theirs.get_item_vector(item)
            distances = [index.get_distance(item, count - 1) for index in (mine, theirs)]
            np.testing.assert_allclose(*distances, rtol=2e-5, atol=2e-3)
            assert len(mine.get_nns_by_item(item, 5)) == len(theirs.get_nns_by_item(item, 5))


@pytest.mark.parametrize("metric", METRICS)
def test_holes(annoy: Any, tmp_path: Path, metric: str) -> None:
    numbers = np.random.default_rng(4).permutation(900)[:300] + 20  # item 0 is a hole, which lists are filled up with
    vectors = items_for(metric, 300, 12)
    for maker in (annoy.AnnoyIndex, AnnoyIndex):
        made = filled(maker, metric, vectors, numbers)
        made.build(3, n_jobs=1)
        path = str(tmp_path / f"{maker.__module__}.ann")
        made.save(path)
        theirs, mine = annoy.AnnoyIndex(12, metric), AnnoyIndex(12, metric)
        theirs.load(path)
        mine.load(path)
        assert mine.get_n_items() == theirs.get_n_items() == numbers.max() + 1
        assert sorted(mine.get_nns_by_vector(vectors[0], 5000)) == sorted(numbers.tolist())
        same_answers(mine, theirs, vectors[:5])
        assert mine.get_item_vector(0) == theirs.get_item_vector(0) == [0.0] * 12
        assert mine.get_distance(0, int(numbers[0])) == pytest.approx(theirs.get_distance(0, int(numbers[0])))
        assert sorted(mine.get_nns_by_item(0, 5000)) == sorted(theirs.get_nns_by_item(0, 5000))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("number", [0, 3, 1000])
def test_one_item_alone(annoy: Any, tmp_path: Path, metric: str, number: int) -> None:
    vector = items_for(metric, 1, 10)
    for maker in (annoy.AnnoyIndex, AnnoyIndex):
        made = filled(maker, metric, vector, [number])
        made.build(3, n_jobs=1)
        path = str(tmp_path / f"{maker.__module__}.ann")
        made.save(path)
        for reader in (annoy.AnnoyIndex, AnnoyIndex):
            index = reader(10, metric)
            index.load(path)
            assert index.get_nns_by_vector(vector[0], 10) == [number]
            assert index.get_n_items() == number + 1


@pytest.mark.parametrize("metric", METRICS)
def test_trees_are_as_good(annoy: Any, metric: str) -> None:
    """At the same effort as many of the true neighbours are found, within what chance does."""
    vectors = items_for(metric, 3000, 24)
    queries = items_for(metric, 150, 24, seed=7)
    shares = []
    for maker in (annoy.AnnoyIndex, AnnoyIndex):
        index = filled(maker, metric, vectors)
        index.set_seed(5)
        index.build(8, n_jobs=1)
        hits = 0
        for query in queries:
            truth = set(index.get_nns_by_vector(query, 10, 10**6))
            hits += len(truth & set(index.get_nns_by_vector(query, 10, 250)))
        shares.append(hits / (10 * len(queries)))
    assert shares[1] > shares[0] - 0.06


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_what_they_are_called(metric: str) -> None:
    vectors = items_for(metric, 40, 33).astype(np.float64)
    index = filled(AnnoyIndex, metric, vectors)
    index.build(2)
    items, distances = index.get_nns_by_item(3, 40, include_distances=True)
    one = vectors[3]
    expected = {
        "angular": lambda x: np.sqrt(max(2 - 2 * x @ one / np.linalg.norm(x) / np.linalg.norm(one), 0)),
        "euclidean": lambda x: np.linalg.norm(x - one),
        "manhattan": lambda x: np.abs(x - one).sum(),
        "hamming": lambda x: (x != one).sum(),
        "dot": lambda x: x @ one,
    }[metric]
    true = [expected(vectors[item].astype(np.float32).astype(np.float64)) for item in items]
    np.testing.assert_allclose(distances, true, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose([index.get_distance(3, item) for item in items], distances, rtol=1e-6, atol=1e-6)
    assert distances == sorted(distances, reverse=metric == "dot")
    assert sorted(items) == list(range(40))
