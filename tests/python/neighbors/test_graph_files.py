"""Graphs in files, and in the layouts of other libraries."""

from __future__ import annotations

import contextlib
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

KEYS: list[Any] = [None, ["a", "", "ünï\0", "d" * 200, "e"], [5, -3, 2**62, 0, 1]]


def graph_of(keys: Any = None, metric: str = "euclidean") -> na.NeighborGraph:
    vectors = np.array([[1, 0], [1, 1], [5, 1], [6, 1], [9, 9]], np.float32)
    return na.neighbor_graph(vectors, 2, keys, metric=metric)


def assert_same(left: na.NeighborGraph, right: na.NeighborGraph) -> None:
    np.testing.assert_array_equal(left.rows, right.rows)
    np.testing.assert_array_equal(left.distances, right.distances)
    assert left.keys.tolist() == right.keys.tolist()
    assert left.keys.dtype == right.keys.dtype
    assert (left.metric, left.recall, left.measured_rows) == (right.metric, right.recall, right.measured_rows)


@pytest.mark.parametrize("keys", KEYS, ids=["none", "text", "integers"])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_saved_graph_is_the_same(tmp_path: Path, keys: Any, mapped: bool) -> None:
    graph = graph_of(keys)
    graph.save(tmp_path / "graph.npz")
    loaded = na.NeighborGraph.load(tmp_path / "graph.npz", mapped=mapped)
    assert_same(loaded, graph)
    assert isinstance(loaded.rows, np.memmap) == mapped
    if mapped:
        assert loaded.rows.flags.aligned
        assert loaded.rows.offset % 64 == 0  # type: ignore[attr-defined]
    assert [one.name for one in tmp_path.iterdir()] == ["graph.npz"]
    assert_same(pickle.loads(pickle.dumps(loaded)), graph)


def test_the_bytes_depend_on_the_graph_alone(tmp_path: Path) -> None:
    graph_of().save(tmp_path / "a.npz")
    graph_of().save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_numpy_reads_it(tmp_path: Path) -> None:
    graph = graph_of(["a", "b", "c", "d", "e"])
    graph.save(tmp_path / "graph.npz")
    with np.load(tmp_path / "graph.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["rows"], graph.rows)
        np.testing.assert_array_equal(arrays["distances"], graph.distances)
        assert arrays["key_text"].tobytes() == b"abcde"


def test_a_graph_that_is_not_measured(tmp_path: Path) -> None:
    graph = graph_of()
    graph.recall = None
    graph.save(tmp_path / "graph.npz")
    assert na.NeighborGraph.load(tmp_path / "graph.npz").recall is None
    assert "recall" not in repr(graph)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        graph_of().save(tmp_path / "nowhere" / "graph.npz")
    with pytest.raises(FileNotFoundError, match="graph.npz"):
        na.NeighborGraph.load(tmp_path / "graph.npz")
    with pytest.raises(na.InvalidInputError, match="must end in .npz"):
        graph_of().save(tmp_path / "graph.csr")


def changed(path: Path, **arrays: Any) -> Path:
    """Writes the graph with some arrays replaced, or left out (None)."""
    graph_of(["a", "b", "c", "d", "e"]).save(path)
    with np.load(path) as old:
        members = {name: old[name] for name in old.files}
    members |= arrays
    np.savez(path, **{name: array for name, array in members.items() if array is not None})
    return path


@pytest.mark.parametrize(
    ("arrays", "error", "sentence"),
    [
        ({"about": None}, na.UnknownFormatError, "not one of a graph; it has key_text"),
        ({"about": np.array("{}")}, na.UnknownFormatError, "not one of a graph"),
        ({"about": np.array("{")}, na.CorruptFileError, "is corrupt"),
        ({"about": np.array('{"format": "nearabout neighbor graph", "version": 2}')}, na.UnsupportedVersionError, "2"),
        ({"about": np.array('{"format": "nearabout neighbor graph", "version": 1}')}, na.CorruptFileError, "note"),
        ({"rows": None}, na.CorruptFileError, "rows"),
        ({"rows": np.zeros((5, 3), np.int32)}, na.CorruptFileError, "the shapes"),
        ({"rows": np.full((5, 2), 5, np.int32)}, na.CorruptFileError, "not one of its 5 rows"),
        ({"rows": np.full((5, 2), -1, np.int32)}, na.CorruptFileError, "not one of its 5 rows"),
        ({"rows": np.zeros((5, 2), np.float32)}, na.CorruptFileError, "rows and distances are float32"),
        ({"rows": np.array([None])}, na.CorruptFileError, "is corrupt"),
        ({"distances": np.full((5, 2), np.nan, np.float32)}, na.CorruptFileError, "not a number"),
        ({"key_starts": np.arange(3)}, na.CorruptFileError, "key_starts"),
        ({"key_starts": np.array([0, 5])}, na.CorruptFileError, "keys of the shape"),
        ({"key_text": np.full(5, 0xFF, np.uint8)}, na.CorruptFileError, "is corrupt"),
    ],
)
def test_arrays_that_contradict_each_other(tmp_path: Path, arrays: Any, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        na.NeighborGraph.load(changed(tmp_path / "graph.npz", **arrays))


def test_files_that_are_something_else(tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(na.UnknownFormatError, match="is not a .npz file"):
        na.NeighborGraph.load(path)
    path.write_bytes(b"")
    with pytest.raises(na.UnknownFormatError, match="is not a .npz file"):
        na.NeighborGraph.load(path)


def test_no_byte_of_it_changes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    graph = graph_of(["a", "b", "c", "d", "e"])
    graph.save(path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(na.FileFormatError):
            na.NeighborGraph.load(path)
    for place in range(0, len(whole), 13):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with contextlib.suppress(na.FileFormatError):
            assert_same(na.NeighborGraph.load(path), graph)  # of the padding, or of what nobody reads


@pytest.mark.parametrize("mapped", [False, True])
def test_headers_of_arrays_that_no_parser_takes(tmp_path: Path, mapped: bool) -> None:
    path = tmp_path / "graph.npz"
    graph_of().save(path)
    data = bytearray(path.read_bytes())
    begin = data.find(b"{'descr'", data.find(b"rows.npy"))
    for place, byte in ((0, b"("), (1, b'"'), (10, b"\n"), (20, b"\xff")):
        broken = bytearray(data)
        broken[begin + place : begin + place + 1] = byte
        path.write_bytes(broken)
        with pytest.raises(na.CorruptFileError, match="is corrupt"):
            na.NeighborGraph.load(path, mapped=mapped)


def test_a_compressed_graph_is_read_and_not_mapped(tmp_path: Path) -> None:
    graph_of().save(tmp_path / "graph.npz")
    with np.load(tmp_path / "graph.npz") as arrays:
        np.savez_compressed(tmp_path / "small.npz", **{name: arrays[name] for name in arrays.files})
    assert_same(na.NeighborGraph.load(tmp_path / "small.npz"), graph_of())
    with pytest.raises(na.CorruptFileError, match="compressed and cannot be mapped"):
        na.NeighborGraph.load(tmp_path / "small.npz", mapped=True)


def test_it_never_unpickles(tmp_path: Path) -> None:
    path = changed(tmp_path / "graph.npz", rows=np.array([{}], object))
    with pytest.raises(na.CorruptFileError, match="is corrupt"):
        na.NeighborGraph.load(path)
    with pytest.raises(na.CorruptFileError, match="is corrupt"):
        na.NeighborGraph.load(path, mapped=True)


def test_include_self() -> None:
    graph = graph_of()
    rows, distances = graph.to_arrays(include_self=True)
    assert rows.dtype == np.int32
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert not distances[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:], graph.rows)
    np.testing.assert_array_equal(distances[:, 1:], graph.distances)
    same_rows, same_distances = graph.to_arrays()
    assert same_rows is graph.rows
    assert same_distances is graph.distances
    with pytest.raises(na.InvalidInputError, match="under dot"):
        graph_of(metric="dot").to_arrays(include_self=True)


def test_to_csr() -> None:
    pytest.importorskip("scipy")
    graph = graph_of()
    matrix = graph.to_csr()
    assert matrix.shape == (5, 5)
    assert matrix.dtype == np.float32
    assert matrix.indptr.tolist() == [0, 2, 4, 6, 8, 10]
    assert matrix.indices.reshape(5, 2).tolist() == graph.rows.tolist()
    assert matrix.data.reshape(5, 2).tolist() == graph.distances.tolist()
    ones = graph.to_csr("connectivity", include_self=True)
    assert ones.sum(axis=1).ravel().tolist() == [[3.0] * 5]
    assert ones.diagonal().tolist() == [1.0] * 5
    assert graph.to_csr(include_self=True).nnz == 15
    assert graph_of(metric="dot").to_csr("connectivity", include_self=True).nnz == 15
    with pytest.raises(na.InvalidInputError, match="mode is 'distances'; did you mean 'distance'"):
        graph.to_csr("distances")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="mode is None"):
        graph.to_csr(None)  # type: ignore[arg-type]
    assert na.neighbor_graph(np.empty((0, 3), np.float32)).to_csr().shape == (0, 0)


def both_ways(graph: na.NeighborGraph, include_self: bool) -> dict[tuple[int, int], float]:
    """The entries of the symmetric matrix of a graph, one edge at a time."""
    entries: dict[tuple[int, int], float] = {}
    rows, distances = graph.to_arrays(include_self=include_self)
    for row, (others, values) in enumerate(zip(rows.tolist(), distances.tolist(), strict=True)):
        for other, value in zip(others, values, strict=True):
            for cell in ((row, other), (other, row)):
                entries[cell] = max(value, entries.get(cell, -np.inf))
    return entries


def entries_of(matrix: Any) -> dict[tuple[int, int], float]:
    """All stored entries of a sparse matrix, zeros as well; each cell may be stored once."""
    listed = matrix.tocoo()
    cells = list(zip(listed.row.tolist(), listed.col.tolist(), strict=True))
    assert len(cells) == len(set(cells))
    return dict(zip(cells, listed.data.tolist(), strict=True))


@pytest.mark.parametrize(("metric", "include_self"), [("euclidean", False), ("cosine", True), ("dot", False)])
def test_to_csr_symmetric(metric: str, include_self: bool) -> None:
    pytest.importorskip("scipy")
    vectors = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    vectors[100:150] = vectors[:50]  # at distance 0
    graph = na.neighbor_graph(vectors, 5, metric=metric)
    matrix = graph.to_csr(include_self=include_self, symmetric=True)
    expected = both_ways(graph, include_self)
    assert entries_of(matrix) == expected
    assert matrix.dtype == np.float32
    assert matrix.has_canonical_format
    smallest = min(expected.values())
    assert (
        smallest < 0
        if metric == "dot"
        else any(value == 0 and row != other for (row, other), value in expected.items())
    )
    ones = graph.to_csr("connectivity", include_self=include_self, symmetric=True)
    assert entries_of(ones) == dict.fromkeys(expected, 1.0)


def test_to_csr_symmetric_takes_the_larger_distance() -> None:
    pytest.importorskip("scipy")
    rows, distances = np.array([[1], [0], [0]], np.int32), np.array([[-3], [-2], [-1]], np.float32)
    matrix = na.NeighborGraph(rows, distances, "dot").to_csr(symmetric=True)
    assert matrix.toarray().tolist() == [[0, -2, -1], [-2, 0, 0], [-1, 0, 0]]
    assert na.neighbor_graph(np.empty((0, 3), np.float32)).to_csr(symmetric=True).shape == (0, 0)
    assert na.neighbor_graph(np.ones((1, 3), np.float32)).to_csr(symmetric=True).nnz == 0
    with pytest.raises(na.InvalidInputError, match="symmetric is 'yes'"):
        graph_of().to_csr(symmetric="yes")  # type: ignore[arg-type]


def test_a_matrix_shares_no_memory(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    graph = graph_of()
    rows, distances = graph.rows.copy(), graph.distances.copy()
    graph.to_csr().sort_indices()
    graph.to_csr().data[:] = 7
    np.testing.assert_array_equal(graph.rows, rows)
    np.testing.assert_array_equal(graph.distances, distances)
    graph.save(tmp_path / "graph.npz")
    na.NeighborGraph.load(tmp_path / "graph.npz", mapped=True).to_csr().sort_indices()


def test_to_csr_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.sparse", None)
    with pytest.raises(na.MissingDependencyError, match=r"nearabout\[graph\]"):
        graph_of().to_csr()


def test_scikit_learn_has_the_same_graphs() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors")
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    graph = na.neighbor_graph(vectors, 7, metric="euclidean", recall=1.0)
    learnt = neighbors.KNeighborsTransformer(mode="distance", n_neighbors=7, algorithm="brute").fit_transform(vectors)
    ours = graph.to_csr(include_self=True)
    assert ours.nnz == learnt.nnz
    np.testing.assert_allclose(ours.toarray(), learnt.toarray(), rtol=1e-4, atol=1e-3)
    plain = neighbors.kneighbors_graph(vectors, 7, mode="connectivity")
    assert (graph.to_csr("connectivity") != plain).nnz == 0
    labels = np.arange(300) % 3
    model = neighbors.KNeighborsClassifier(n_neighbors=5, metric="precomputed").fit(ours, labels)
    other = neighbors.KNeighborsClassifier(n_neighbors=5, algorithm="brute").fit(vectors, labels)
    assert (model.predict(ours) == other.predict(vectors)).mean() > 0.98


def test_the_note_is_json(tmp_path: Path) -> None:
    graph_of().save(tmp_path / "graph.npz")
    with np.load(tmp_path / "graph.npz") as arrays:
        about = json.loads(str(arrays["about"]))
    assert about == {
        "format": "nearabout neighbor graph",
        "version": 1,
        "metric": "euclidean",
        "keys": "none",
        "recall": 1.0,
        "measured_rows": 0,
    }
