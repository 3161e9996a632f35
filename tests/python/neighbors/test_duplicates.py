"""All pairs of rows within a distance, and the groups that they form."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.neighbors import pairs
from nearabout.neighbors.components import components
from tests.python.brute_force import true_distances
from tests.python.conftest import Kind, skip_unserved


def expected(metric: str, vectors: NDArray[Any], radius: float) -> set[tuple[int, int]]:
    true = true_distances(metric, vectors, vectors)
    first, second = np.nonzero(np.triu(true <= radius, 1))
    return set(zip(first.tolist(), second.tolist(), strict=True))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot", "manhattan", "hamming", "jaccard", "haversine"])
@pytest.mark.parametrize(
    "dtype", ["f32", "u8", *(pytest.param(dtype, marks=pytest.mark.slow) for dtype in ("f16", "bf16", "i8"))]
)
def test_pairs_are_those_of_brute_force(kind: Kind, metric: str, dtype: str) -> None:
    skip_unserved(kind, metric)
    if dtype != "f32" and metric in ("hamming", "jaccard", "haversine"):
        pytest.skip("these metrics have one type")
    random = np.random.default_rng(0)
    vectors: NDArray[Any] = random.integers(0, 6, (400, 5)).astype(np.float32)
    if metric in ("hamming", "jaccard"):
        vectors = vectors > 2
    elif metric == "haversine":
        vectors = vectors[:, :2]
    else:
        vectors[(vectors == 0).all(axis=1)] = 1
    stored = None if metric in ("hamming", "jaccard", "haversine") else dtype
    index = na.build(vectors, metric=metric, kind=kind, dtype=stored)
    radius = {"euclidean": 1.1, "cosine": 0.001, "dot": -70.5, "manhattan": 1.5}.get(metric, 0.0)
    found = index.duplicates(radius)
    assert set(map(tuple, found.pairs.tolist())) == expected(metric, vectors, radius + 1e-9)
    assert (found.pairs[:, 0] < found.pairs[:, 1]).all()
    assert (np.diff(found.pairs[:, 0]) >= 0).all()
    true = true_distances(metric, vectors, vectors)[found.pairs[:, 0], found.pairs[:, 1]]
    np.testing.assert_allclose(found.distances, true, rtol=1e-5, atol=1e-5)


def test_many_pairs_need_little_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.concatenate([np.arange(200), np.zeros(150), np.arange(1000, 1100)]).astype(np.float32)[:, None]
    index = na.build(vectors, metric="euclidean", kind="exact")
    whole = index.duplicates(1.0)
    monkeypatch.setattr(pairs, "_MOST_HITS", 200)
    monkeypatch.setattr(pairs, "_TOGETHER", 64)
    parts = index.duplicates(1.0)
    np.testing.assert_array_equal(whole.pairs, parts.pairs)
    np.testing.assert_array_equal(whole.distances, parts.distances)
    assert set(map(tuple, whole.pairs.tolist())) == expected("euclidean", vectors, 1.0)


def test_threads_change_nothing(kind: Kind) -> None:
    vectors = np.random.default_rng(0).integers(0, 4, (600, 4)).astype(np.float32)
    index = na.build(vectors, metric="euclidean", kind=kind)
    one, four = index.duplicates(1.0, threads=1), index.duplicates(1.0, threads=4)
    np.testing.assert_array_equal(one.pairs, four.pairs)


def test_an_effort_looks_into_fewer_lists() -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=60))
    some, all_ = index.duplicates(1.0, effort=4), index.duplicates(1.0)
    assert 0.5 * len(all_) < len(some) < len(all_)
    assert set(map(tuple, some.pairs.tolist())) < set(map(tuple, all_.pairs.tolist()))


def test_too_many_pairs_are_refused() -> None:
    index = na.build(np.zeros((100, 2), np.float32), metric="euclidean")
    assert len(index.duplicates(0)) == 4950
    with pytest.raises(na.InvalidInputError, match="more than 4,949 pairs are within 0: .* after 100 of 100 rows"):
        index.duplicates(0, max_pairs=4949)


@pytest.mark.parametrize("count", [0, 1])
def test_few_rows_have_no_pairs(kind: Kind, count: int) -> None:
    found = na.build(np.ones((count, 2), np.float32), metric="euclidean", kind=kind).duplicates(1.0)
    assert found.pairs.shape == (0, 2)
    assert found.distances.shape == (0,)
    assert found.groups == []
    assert found.redundant.tolist() == []
    assert repr(found) == f"<nearabout.Duplicates: 0 pairs among {count} rows>"


def test_arguments_that_cannot_be_used() -> None:
    index = na.build(np.eye(4, dtype=np.float32), metric="euclidean", kind=na.IVF(lists=2))
    for options, sentence in [
        ({"radius": -1}, "radius is -1"),
        ({"radius": "1"}, "radius is a str"),
        ({"radius": 1, "max_pairs": 0}, "max_pairs is 0"),
        ({"radius": 1, "effort": 0}, "effort is 0"),
        ({"radius": 1, "threads": -1}, "threads is -1"),
    ]:
        with pytest.raises(na.InvalidInputError, match=sentence):
            index.duplicates(**options)  # type: ignore[arg-type]
    codes = na.build(np.eye(4, dtype=np.float32), kind=na.IVF(lists=2, keep_vectors=False))
    with pytest.raises(na.InvalidInputError, match="keeps no vectors"):
        codes.duplicates(1)


def test_groups_and_what_is_redundant() -> None:
    vectors = np.array([[0], [10], [0.9], [11], [1.8], [50]], np.float32)
    found = na.build(vectors, metric="euclidean").duplicates(1.0)
    assert [group.tolist() for group in found.groups] == [[0, 2, 4], [1, 3]]
    assert found.redundant.tolist() == [2, 3, 4]
    again = pickle.loads(pickle.dumps(found))
    assert [group.tolist() for group in again.groups] == [[0, 2, 4], [1, 3]]
    assert len(again) == len(found) == 3


def test_components_are_those_of_a_plain_search() -> None:
    random = np.random.default_rng(0)
    for count, edges in [(10, 5), (200, 150), (500, 2000), (1000, 999)]:
        links = random.integers(0, count, (edges, 2))
        if edges == 999:
            links = np.stack([np.arange(999), np.arange(1, 1000)], axis=1)[random.permutation(999)]  # one long chain
        links = links[links[:, 0] != links[:, 1]]
        roots = list(range(count))

        def root(node: int, roots: list[int] = roots) -> int:
            while roots[node] != node:
                node = roots[node]
            return node

        for one, other in links.tolist():
            low, high = sorted((root(one), root(other)))
            roots[high] = low
        groups: dict[int, list[int]] = {}
        for node in range(count):
            groups.setdefault(root(node), []).append(node)
        assert [group.tolist() for group in components(count, links)] == [g for g in groups.values() if len(g) > 1]
