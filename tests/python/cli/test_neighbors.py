"""`nearabout neighbors`: the graph of a file of vectors, and of an index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nearabout as na

from .conftest import Run


def test_neighbors_of_a_file(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    graph = tmp_path / "graph.npz"
    done = run("neighbors", vectors_file, "-k", 2, "-o", graph, "--metric", "euclidean")
    assert (done.code, done.err) == (0, "")
    assert "found  2 neighbours of 5 rows, euclidean; every row was compared" in done.out
    assert f"wrote  {graph}" in done.out
    loaded = na.NeighborGraph.load(graph)
    assert loaded.keys.tolist() == ["up", "down", "left", "right", "upright"]
    assert loaded.rows[4].tolist() == [0, 3]


def test_neighbors_of_an_index(run: Run, words: Path, tmp_path: Path) -> None:
    done = run("neighbors", words, "-k3", "-o", tmp_path / "graph.npz", "--exact", "--threads", 1)
    assert (done.code, done.err) == (0, "")
    graph = na.NeighborGraph.load(tmp_path / "graph.npz")
    assert graph.rows.shape == (8, 3)
    assert graph.keys.tolist() == na.open(words).keys().tolist()


def test_exact_is_a_recall_of_1_for_a_file(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    done = run("neighbors", vectors_file, "-o", tmp_path / "graph.npz", "--exact")
    assert done.code == 2
    assert done.err.endswith("is a file of vectors; pass --recall 1\n")


def test_info_of_a_graph(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    graph = tmp_path / "graph.npz"
    assert run("neighbors", vectors_file, "-k", 2, "-o", graph, "--metric", "euclidean").code == 0
    done = run("info", graph)
    assert (done.code, done.err) == (0, "")
    assert "neighbours of every row, no index: read it with nearabout.NeighborGraph.load" in done.out
    assert "5, each with its 2 nearest others" in done.out
    facts = {"rows": 5, "k": 2, "metric": "euclidean", "recall": 1.0, "measured_rows": 0}
    assert json.loads(run("info", graph, "--json").out) == {"kind": "neighbor graph", **facts}
    np.savez(tmp_path / "vectors.npz", np.ones((3, 2)))
    assert "is not a .near file" in run("info", tmp_path / "vectors.npz").err


def test_the_recall_is_told(run: Run, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    target = tmp_path / "graph.npz"
    options = ["--kind", "ivf", "--set", "lists=80", "--recall", "0.9", "--metric", "euclidean", "--memory", "64MB"]
    done = run("neighbors", tmp_path / "vectors.npy", "-o", target, *options)
    assert done.code == 0
    graph = na.NeighborGraph.load(target)
    assert f"recall {graph.recall:.3f}, measured on 128 rows" in done.out
    assert graph.k == 15
    na.build(vectors, metric="euclidean", kind=na.IVF(lists=80), path=tmp_path / "vectors.near")
    done = run("neighbors", tmp_path / "vectors.near", "-o", target, "--effort", 3)
    assert done.code == 0
    assert "measured on 128 rows" in done.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["vectors.npy"], "needs the name of the graph to write; pass -o GRAPH.npz"),
        (["vectors.npy", "-o", "graph.txt"], "must end in .npz"),
        (["-o", "graph.npz"], "takes one input file; none was given"),
        (["vectors.npy", "-o", "g.npz", "--effort", "3"], "--effort is for an index"),
        (["words.near", "-o", "g.npz", "--metric", "dot"], "--metric is for files of vectors"),
        (["vectors.npy", "-o", "g.npz", "-k", "0"], "k is 0"),
        (["vectors.npy", "-o", "g.npz", "--recall", "high"], "--recall is 'high'"),
        (["vectors.npy", "-o", "g.npz", "--nprobe", "3"], "did you mean '--effort'"),
        (["nothing.npy", "-o", "g.npz"], "nothing.npy"),
    ],
)
def test_wrong_uses(
    run: Run, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("vectors.npy", np.eye(4, dtype=np.float32))
    Path("words.near").write_bytes(words.read_bytes())
    done = run("neighbors", *arguments)
    assert done.code == 2
    assert sentence in done.err
    assert not list(tmp_path.glob("g*.npz*"))
