"""The neighbours of every row: as by brute force, for every metric, type and kind, within what was measured."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout import building, graph_building
from nearabout._base.vocabulary import METRICS
from nearabout.kinds.tuning import Tuning
from nearabout.neighbors import all_rows, recall
from tests.python.brute_force import true_distances
from tests.python.conftest import Kind, skip_unserved


def rows_of(metric: str, dtype: str, count: int, seed: int = 1) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    if metric in ("hamming", "jaccard"):
        return random.random((count, 40)) < 0.4
    if metric == "haversine":
        return random.uniform((-80, -170), (80, 170), (count, 2)).astype(np.float32)
    if dtype in ("uint8", "int8"):
        return random.integers(1, 120, (count, 24)).astype(dtype)
    return random.normal(size=(count, 24)).astype(dtype)


def expected(metric: str, vectors: NDArray[Any], k: int) -> NDArray[np.float64]:
    """The distances of the k nearest others of each row."""
    true = true_distances(metric, vectors, vectors)
    np.fill_diagonal(true, np.inf)
    nearest: NDArray[np.float64] = np.sort(true, axis=1)[:, :k]
    return nearest


def assert_neighbours(graph: na.NeighborGraph, metric: str, vectors: NDArray[Any], k: int) -> None:
    """Every row has the distances of its true neighbours, to k different others."""
    np.testing.assert_allclose(graph.distances, expected(metric, vectors, k), rtol=3e-6, atol=3e-6)
    assert graph.rows.shape == (len(vectors), k)
    assert (graph.rows != np.arange(len(vectors))[:, None]).all()
    true = true_distances(metric, vectors, vectors)
    np.testing.assert_allclose(
        np.take_along_axis(true, graph.rows.astype(np.int64), 1), graph.distances, rtol=3e-6, atol=3e-6
    )
    assert (np.diff(np.sort(graph.rows, axis=1), axis=1) > 0).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int8"])
def test_exact_neighbours_are_those_of_brute_force(metric: str, dtype: str) -> None:
    if dtype != "float32" and metric in ("hamming", "jaccard", "haversine"):
        pytest.skip("these metrics have one type")
    vectors = rows_of(metric, dtype, 150)
    graph = na.neighbor_graph(vectors, 6, metric=metric, recall=1.0)
    assert_neighbours(graph, metric, vectors, 6)
    assert (graph.recall, graph.measured_rows, graph.metric) == (1.0, 0, metric)
    assert (graph.rows.dtype, graph.distances.dtype) == (np.int32, np.float32)


def test_every_kind_finds_what_was_measured(kind: Kind) -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    graph = na.neighbor_graph(vectors, 10, metric="euclidean", kind=kind)
    true = expected("euclidean", vectors, 10)
    found = float((graph.distances <= true[:, -1:] * (1 + 1e-6)).mean())
    assert graph.recall is not None
    assert found >= 0.93
    assert abs(found - graph.recall) < 0.03
    assert graph.measured_rows in (0, 128)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot", "manhattan", "hamming"])
def test_an_open_index_finds_the_recall_that_it_is_given(kind: Kind, metric: str) -> None:
    skip_unserved(kind, metric)
    vectors = rows_of(metric, "float32", 2000)
    index = na.build(vectors, metric=metric, kind=kind)
    limits = index.neighbors(5, exact=True).distances[:, -1:]
    for target in (0.8, 0.99):
        graph = index.neighbors(5, recall=target)
        assert float((graph.distances <= limits).mean()) >= target - 0.03
        assert graph.recall is not None
        assert graph.recall >= target


def test_the_index_need_not_be_calibrated() -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=100), calibrate=False)
    graph = index.neighbors(5, recall=0.9)
    limits = index.neighbors(5, exact=True).distances[:, -1:]
    assert float((graph.distances <= limits).mean()) >= 0.87


def test_an_effort_is_used_as_it_is_and_measured() -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=100))
    graph = index.neighbors(5, effort=2)
    hits = index.search_by_key(np.arange(3000), 5, effort=2)
    np.testing.assert_array_equal(graph.rows, hits.rows)
    np.testing.assert_array_equal(graph.distances, hits.distances)
    assert graph.recall is not None
    assert graph.recall < 0.8
    assert graph.measured_rows == 128
    every = index.neighbors(5, effort=100)
    assert (every.recall, every.measured_rows) == (1.0, 0)
    np.testing.assert_array_equal(every.rows, index.neighbors(5, exact=True).rows)


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_few_rows_have_all_others(kind: Kind, count: int, tmp_path: Path) -> None:
    vectors = np.arange(count, dtype=np.float32)[:, None] ** 2 + np.zeros((count, 3), np.float32)
    for path in (None, tmp_path / "graph.npz"):
        graph = na.neighbor_graph(vectors, 15, metric="euclidean", kind=kind, path=path)
        assert graph.rows.shape == graph.distances.shape == (count, max(0, count - 1))
        assert graph.k == max(0, count - 1)
        assert graph.recall == 1.0
        others = [[row for row in range(count) if row != own] for own in range(count)]
        assert np.sort(graph.rows, axis=1).tolist() == others


def test_copies_are_neighbours_at_distance_zero(kind: Kind) -> None:
    vectors = np.repeat(rows_of("cosine", "float32", 50), 4, axis=0)
    graph = na.neighbor_graph(vectors, 3, kind=kind)
    assert graph.distances.max() < 1e-6
    assert (graph.rows // 4 == np.arange(200)[:, None] // 4).all()
    assert (graph.rows != np.arange(200)[:, None]).all()


def test_rows_that_are_all_equal(kind: Kind) -> None:
    graph = na.neighbor_graph(np.ones((700, 5), np.float32), 4, metric="euclidean", kind=kind)
    assert graph.distances.max() == 0
    assert (graph.rows != np.arange(700)[:, None]).all()
    assert (np.diff(np.sort(graph.rows, axis=1), axis=1) > 0).all()


def test_zero_vectors_under_cosine_are_refused_or_left_out() -> None:
    vectors = rows_of("cosine", "float32", 20)
    vectors[7] = 0
    with pytest.raises(na.InvalidInputError, match="row 7"):
        na.neighbor_graph(vectors, 3)
    graph = na.neighbor_graph(vectors, 3, invalid="skip")
    assert graph.keys.tolist() == [*range(7), *range(8, 20)]
    assert_neighbours(graph, "cosine", np.delete(vectors, 7, 0), 3)


@pytest.mark.parametrize("keys", [[f"ключ {i}" for i in range(30)], list(range(100, 130)), None])
def test_keys_of_every_type(keys: Any) -> None:
    graph = na.neighbor_graph(rows_of("cosine", "float32", 30), 3, keys)
    assert graph.keys.tolist() == (keys or list(range(30)))
    assert graph.keys.dtype == (object if keys and isinstance(keys[0], str) else np.int64)


def test_threads_blocks_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    one = na.neighbor_graph(vectors, 7, metric="euclidean", kind=kind, threads=1)
    monkeypatch.setattr(all_rows, "_LEAST_TOGETHER", 100)
    monkeypatch.setattr(all_rows, "_TOGETHER_PER_THREAD", 30)
    monkeypatch.setattr(all_rows, "_TABLE_BYTES", 8 * 7 * 700)
    other = na.neighbor_graph(vectors, 7, metric="euclidean", kind=kind, threads=5)
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)
    assert one.recall == other.recall


def test_an_index_of_bytes_says_what_its_calibration_expects() -> None:
    vectors = rows_of("euclidean", "float32", 2000)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40, keep_vectors=False))
    graph = index.neighbors(5)
    assert graph.measured_rows == 0
    assert graph.recall is not None
    assert float((graph.distances <= 1.02 * expected("euclidean", vectors, 5)[:, -1:]).mean()) > 0.9
    with pytest.raises(na.InvalidInputError, match="exact=True compares vectors"):
        index.neighbors(5, exact=True)
    plain = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40, keep_vectors=False), calibrate=False)
    assert plain.neighbors(5).recall is None
    codes = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40, refine=False, keep_vectors=False))
    with pytest.raises(na.InvalidInputError, match="only small codes"):
        codes.neighbors(5)


def test_arguments_that_cannot_be_used() -> None:
    vectors = rows_of("euclidean", "float32", 30)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=4))
    for options, sentence in [
        ({"k": 0}, "k is 0; pass at least 1"),
        ({"k": "15"}, "k is a str"),
        ({"k": 2.5}, "k is a float"),
        ({"recall": 1.5}, "recall is 1.5"),
        ({"recall": 0.9, "exact": True}, "pass one of recall=, effort= and exact="),
        ({"recall": 0.9, "effort": 3}, "pass one of recall=, effort= and exact="),
        ({"effort": 0}, "effort is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"exact": 1}, "exact is 1; pass True or False"),
        ({"path": "graph.near"}, "must end in .npz"),
    ]:
        with pytest.raises(na.InvalidInputError, match=sentence):
            index.neighbors(**options)  # type: ignore[arg-type]
    for given, sentence in [
        ({"k": 0}, "k is 0"),
        ({"recall": 0}, "recall is 0"),
        ({"memory": "1GB"}, "without path="),
        ({"metric": "l2"}, "did you mean 'euclidean'"),
        ({"keys": ["a"]}, "30"),
        ({"path": "graph"}, "must end in .npz"),
    ]:
        with pytest.raises(na.InvalidInputError, match=sentence):
            na.neighbor_graph(vectors, **given)  # type: ignore[arg-type]


def test_arguments_that_are_not_there() -> None:
    vectors = rows_of("euclidean", "float32", 30)
    with pytest.raises(TypeError) as error:
        na.neighbor_graph(vectors, n_neighbors=3)
    assert str(error.value).startswith(
        "neighbor_graph() has no argument 'n_neighbors'; did you mean 'k'? Allowed: data, k"
    )
    assert "workload" not in str(error.value)
    with pytest.raises(TypeError, match=r"neighbor_graph\(\) has no argument 'workload'; Allowed"):
        na.neighbor_graph(vectors, workload="batch")
    with pytest.raises(TypeError, match=r"neighbor_graph\(\) has no argument 'lists', .*pass kind=na.IVF\(lists="):
        na.neighbor_graph(vectors, lists=3)
    with pytest.raises(na.InvalidInputError, match="dims= is an option for reading files"):
        na.neighbor_graph(vectors, dims=3)
    index = na.build(vectors, metric="euclidean")
    sentence = (
        r"^neighbors\(\) has no argument 'n_neighbors'; did you mean 'k'\? Allowed: k, recall, effort, exact, path"
    )
    with pytest.raises(TypeError, match=sentence):
        index.neighbors(n_neighbors=3)  # type: ignore[call-arg]
    assert index.neighbors(3).k == index.neighbors(k=3).k == 3


def test_the_sample_of_a_few_rows_is_all_of_them() -> None:
    vectors = rows_of("euclidean", "float32", 120)
    index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=20), calibrate=False)
    sample = recall.Sample(index._core, 5, 1)
    assert sample.rows.tolist() == list(range(120))
    mean, lower = sample.recall(20)
    assert (mean, lower) == (1.0, 1.0)
    mean, lower = sample.recall(1)
    assert mean == lower < 1  # nothing is left to guess


def test_the_graph_of_a_closed_index_is_refused() -> None:
    index = na.build(rows_of("euclidean", "float32", 30), metric="euclidean")
    index.close()
    with pytest.raises(na.InvalidInputError, match="is closed"):
        index.neighbors(3)


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    na.neighbor_graph(rows_of("euclidean", "float32", 3000), 5, metric="euclidean", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    told.clear()
    na.build(rows_of("euclidean", "float32", 300), metric="euclidean").neighbors(5, progress=told.append)
    assert told[-1] == 1.0


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs signals")
def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(all_rows, "_LEAST_TOGETHER", 100)
    monkeypatch.setattr(all_rows, "_TOGETHER_PER_THREAD", 1)
    index = na.build(rows_of("euclidean", "float32", 3000), metric="euclidean", kind="exact")

    def interrupt(fraction: float) -> None:
        if fraction > 0.3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        index.neighbors(5, progress=interrupt, path=tmp_path / "graph.npz")
    assert list(tmp_path.iterdir()) == []


def test_straight_to_a_file(tmp_path: Path, kind: Kind) -> None:
    vectors = rows_of("euclidean", "float32", 800)
    path = tmp_path / "graph.npz"
    in_memory = na.neighbor_graph(vectors, 5, metric="euclidean", kind=kind)
    graph = na.neighbor_graph(vectors, 5, metric="euclidean", kind=kind, path=path)
    assert isinstance(graph.rows, np.memmap)
    assert isinstance(graph.distances, np.memmap)
    np.testing.assert_array_equal(graph.rows, in_memory.rows)
    np.testing.assert_array_equal(graph.distances, in_memory.distances)
    assert graph.recall == in_memory.recall
    assert [one.name for one in tmp_path.iterdir()] == ["graph.npz"]


def test_within_a_budget(tmp_path: Path) -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    np.save(tmp_path / "vectors.npy", vectors)
    path = tmp_path / "graph.npz"
    graph = na.neighbor_graph(tmp_path / "vectors.npy", 5, metric="euclidean", kind="ivf", path=path, memory="64MB")
    other = na.neighbor_graph(vectors, 5, metric="euclidean", kind="ivf")
    np.testing.assert_array_equal(graph.rows, other.rows)
    assert {one.name for one in tmp_path.iterdir()} == {"graph.npz", "vectors.npy"}


def test_a_file_with_options_for_reading(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("name;x;y\na;0;0\nb;1;0\nc;5;0\n")
    graph = na.neighbor_graph(tmp_path / "places.csv", 1, metric="euclidean", delimiter=";", key_column="name")
    assert graph.keys[graph.rows[:, 0]].tolist() == ["b", "a", "b"]


@pytest.mark.parametrize("memory", [None, "64MB"])
def test_data_of_which_lists_find_too_little_is_compared_in_full(tmp_path: Path, memory: str | None) -> None:
    vectors = rows_of("euclidean", "float32", 3000).repeat(5, axis=1)
    vectors += np.random.default_rng(3).normal(size=vectors.shape).astype(np.float32)
    path = None if memory is None else tmp_path / "graph.npz"
    keys = [f"row {row}" for row in range(3000)]
    graph = na.neighbor_graph(
        vectors, 10, keys, metric="euclidean", kind=na.IVF(lists=60), recall=0.999, path=path, memory=memory
    )
    assert (graph.recall, graph.measured_rows) == (1.0, 0)
    assert graph.keys.tolist() == keys
    exact = na.build(vectors, metric="euclidean", kind="exact").neighbors(10)
    np.testing.assert_array_equal(graph.rows, exact.rows)
    assert [one.name for one in tmp_path.iterdir()] == ([] if memory is None else ["graph.npz"])


def test_an_index_for_a_graph_is_chosen_by_the_time_of_all() -> None:
    def kind(rows: int, metric: str = "euclidean", recall: float = 0.95) -> Kind:
        return graph_building._quickest(rows, 128, metric, "f32", recall, Tuning("batch", "generic"))

    assert isinstance(kind(500), na.Exact)
    assert isinstance(kind(100_000, recall=1.0), na.Exact)
    assert isinstance(kind(100_000, "manhattan"), na.Exact)
    assert isinstance(kind(100_000), na.IVF)
    assert isinstance(kind(100_000).lists, int)  # type: ignore[attr-defined]
    assert kind(1_000_000) == na.IVF()


def test_an_index_for_a_graph_has_no_screen() -> None:
    vectors = rows_of("euclidean", "float32", 3000)
    kept = na.build(vectors, metric="euclidean", kind=na.IVF(lists=60))
    quick = building.build_by(
        graph_building._ForAGraph(by_leaves=False), vectors, metric="euclidean", kind=na.IVF(lists=60), calibrate=False
    )
    names = [{part["name"] for part in index.info()["sections"]} for index in (kept, quick)]
    assert {name for name in names[0] if name.startswith("screen")}
    assert not {name for name in names[1] if name.startswith("screen")}
    np.testing.assert_array_equal(
        quick.search(vectors[:50], 5, exact=True).rows, kept.search(vectors[:50], 5, exact=True).rows
    )
