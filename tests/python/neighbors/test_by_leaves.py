"""The neighbours of every row by leaves: as many as were measured, at exact distances, or else those of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout import graph_building
from nearabout.neighbors import by_leaves

ROWS, DIMS, K = 3_000, 24, 10


def clusters(rows: int = ROWS, dims: int = DIMS, spread: float = 1.0, seed: int = 1) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(30, dims))
    return (centres[random.integers(0, 30, rows)] + spread * random.normal(size=(rows, dims))).astype(np.float32)


def copies() -> NDArray[np.float32]:
    vectors = clusters()
    vectors[:1500] = vectors[1500:1505].repeat(300, axis=0)
    return vectors


def far_rows() -> NDArray[np.float32]:
    vectors = clusters()
    vectors[::500] *= 1e6
    return vectors


HOSTILE = {
    "clusters": lambda: clusters(),
    "tight clusters": lambda: clusters(spread=1e-4),
    "copies": copies,
    "all equal": lambda: np.ones((ROWS, DIMS), np.float32),
    "far rows": far_rows,
    "whole numbers": lambda: np.random.default_rng(1).integers(0, 3, (ROWS, DIMS)).astype(np.float32),
    "one column varies": lambda: np.eye(1, DIMS, dtype=np.float32) * np.arange(ROWS, dtype=np.float32)[:, None] + 1,
    "many columns": lambda: clusters(dims=500),
    "huge": lambda: clusters() * np.float32(1e18),
    "tiny": lambda: clusters() * np.float32(1e-25),
}


def truth(vectors: NDArray[Any], metric: str, k: int = K) -> na.NeighborGraph:
    return na.build(vectors, metric=metric, kind="exact").neighbors(k)


def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each later graph came from leaves."""
    seen: list[bool] = []

    def searched(*arguments: Any) -> Any:
        found = by_leaves.searched(*arguments)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(graph_building, "searched", searched)
    return seen


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int8"])
def test_true_neighbours_at_exact_distances(metric: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clusters()
    if dtype in ("uint8", "int8"):
        vectors = np.clip(np.rint(vectors * 20) + (120 if dtype == "uint8" else 0), -120, 250)
    vectors = np.clip(vectors, -120, 120) if dtype == "int8" else vectors
    seen = used(monkeypatch)
    graph = na.neighbor_graph(vectors.astype(dtype), K, metric=metric)
    assert seen == [True]
    right = truth(vectors.astype(dtype), metric)
    assert (graph.distances <= right.distances[:, -1:]).mean() >= 0.93
    assert graph.recall is not None
    assert graph.recall >= 0.95
    assert graph.measured_rows == 128
    same = (graph.rows == right.rows).all(axis=1)
    assert same.mean() > 0.5
    np.testing.assert_array_equal(graph.distances[same], right.distances[same])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_data(name: str) -> None:
    vectors = HOSTILE[name]()
    graph = na.neighbor_graph(vectors, K, metric="euclidean")
    assert graph.rows.shape == graph.distances.shape == (ROWS, K)
    assert (graph.rows != np.arange(ROWS)[:, None]).all()
    assert (graph.rows >= 0).all()
    assert (np.diff(np.sort(graph.rows, axis=1), axis=1) > 0).all()
    assert (np.diff(graph.distances, axis=1) >= 0).all()
    assert (graph.distances <= truth(vectors, "euclidean").distances[:, -1:]).mean() >= 0.92


@pytest.mark.parametrize("name", ["clusters", "copies", "whole numbers", "many columns"])
def test_the_number_of_threads_does_not_matter(name: str) -> None:
    vectors = HOSTILE[name]()
    one = na.neighbor_graph(vectors, K, metric="euclidean", threads=1)
    for threads in (2, 3):
        other = na.neighbor_graph(vectors, K, metric="euclidean", threads=threads)
        np.testing.assert_array_equal(other.rows, one.rows)
        np.testing.assert_array_equal(other.distances, one.distances)
        assert other.recall == one.recall


def test_an_index_where_leaves_do_not_find_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clusters()
    keys = [f"row {i}" for i in range(ROWS)]
    monkeypatch.setattr(by_leaves, "_STEPS", 1)
    seen = used(monkeypatch)
    graph = na.neighbor_graph(vectors, K, keys, metric="euclidean", recall=0.999)
    assert seen == [False]
    assert graph.recall is not None
    assert graph.recall >= 0.999
    assert graph.keys.tolist() == keys
    assert (graph.distances <= truth(vectors, "euclidean").distances[:, -1:]).mean() >= 0.99


@pytest.mark.parametrize(
    "options",
    [{"kind": "exact"}, {"kind": "ivf"}, {"metric": "dot"}, {"metric": "manhattan"}, {"recall": 1.0}],
)
def test_leaves_are_not_used(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = used(monkeypatch)
    na.neighbor_graph(clusters(1_200), K, **{"metric": "euclidean", **options})
    assert seen == []


def test_a_budget_of_memory_keeps_to_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = used(monkeypatch)
    na.neighbor_graph(clusters(1_200), K, metric="euclidean", path=tmp_path / "graph.npz", memory="64MB")
    assert seen == []


def test_where_leaves_are_worthwhile() -> None:
    def worthwhile(
        rows: int, dims: int = 384, metric: str = "cosine", dtype: str = "f32", recall: float = 0.95
    ) -> bool:
        return by_leaves.is_worthwhile(rows, dims, metric, dtype, recall)

    assert worthwhile(1_000)
    assert worthwhile(100_000)
    assert not worthwhile(999)
    assert not worthwhile(200_000)
    assert not worthwhile(100_000, dims=128)
    assert not worthwhile(10_000, metric="dot")
    assert not worthwhile(10_000, dtype="bits")
    assert not worthwhile(10_000, recall=1.0)


def test_tables_in_a_file_are_the_same(tmp_path: Path) -> None:
    vectors = clusters()
    graph = na.neighbor_graph(vectors, K, metric="euclidean")
    mapped = na.neighbor_graph(vectors, K, metric="euclidean", path=tmp_path / "graph.npz")
    np.testing.assert_array_equal(mapped.rows, graph.rows)
    np.testing.assert_array_equal(mapped.distances, graph.distances)


def test_another_seed_finds_other_rows() -> None:
    vectors = clusters(6_000)
    one, other = (na.neighbor_graph(vectors, K, metric="euclidean", seed=seed) for seed in (0, 1))
    assert (one.rows != other.rows).any()
    assert (one.rows == other.rows).mean() > 0.7  # one that is missed moves those after it


def test_rows_that_are_left_out_and_their_keys() -> None:
    vectors = clusters()
    vectors[5, 3] = np.nan
    graph = na.neighbor_graph(vectors, K, metric="euclidean", invalid="skip")
    assert graph.keys.tolist() == [row for row in range(ROWS) if row != 5]
    kept = np.delete(vectors, 5, axis=0)
    assert (graph.distances <= truth(kept, "euclidean").distances[:, -1:]).mean() >= 0.93


def test_progress_rises_to_the_end() -> None:
    fractions: list[float] = []
    na.neighbor_graph(clusters(), K, metric="euclidean", progress=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) > 3


def test_the_caller_may_stop_it() -> None:
    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        na.neighbor_graph(clusters(20_000), K, metric="euclidean", progress=stop)
