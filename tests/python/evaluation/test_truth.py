"""Ground truth: the true neighbours, kept with their distances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import Truth, ground_truth, true_distances
from tests.python.reference import distances, nearest

METRICS = ("euclidean", "sqeuclidean", "cosine", "dot", "manhattan", "hamming", "jaccard", "haversine")


def some_vectors(metric: str) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    if metric in ("hamming", "jaccard"):
        bits = random.random((80, 21)) < 0.4
        return bits[:70], bits[70:]
    if metric == "haversine":
        places = random.uniform((-80, -180), (80, 180), (80, 2)).astype(np.float32)
        return places[:70], places[70:]
    vectors = random.normal(size=(80, 7)).astype(np.float32)
    return vectors[:70], vectors[70:]


@pytest.mark.parametrize("metric", METRICS)
def test_truth_is_what_comparing_everything_finds(metric: str) -> None:
    base, queries = some_vectors(metric)
    truth = ground_truth(base, queries, 9, metric=metric)
    assert (truth.k, len(truth), truth.metric) == (9, 10, metric)
    for query, rows, near in zip(queries, truth.rows, truth.distances, strict=True):
        expected_rows, expected = nearest(metric, query, base, 9)
        assert rows.tolist() == expected_rows.tolist()
        np.testing.assert_allclose(near, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_true_distances_of_any_rows(metric: str) -> None:
    base, queries = some_vectors(metric)
    rows = np.random.default_rng(1).integers(-1, len(base), (len(queries), 4))
    found = true_distances(base, queries, rows, metric=metric)
    for query, line, measured in zip(queries, rows, found, strict=True):
        expected = np.where(line < 0, np.inf, distances(metric, query, base)[line])
        np.testing.assert_allclose(measured, expected, rtol=1e-6, atol=1e-9)
    index = na.build(base, metric=metric)
    np.testing.assert_allclose(true_distances(index, queries, rows), found, rtol=1e-6)


def test_truth_of_an_open_index_is_exact_whatever_its_kind() -> None:
    base, queries = some_vectors("euclidean")
    truth = ground_truth(base, queries, 5, metric="euclidean")
    for kind in (na.Exact(), na.Forest(leaf_size=4), na.IVF(lists=8)):
        found = ground_truth(na.build(base, metric="euclidean", kind=kind), queries, 5)
        assert found.rows.tolist() == truth.rows.tolist()


def test_fewer_vectors_than_neighbours_and_a_single_query() -> None:
    truth = ground_truth([[0.0, 1.0], [1.0, 0.0]], [0.0, 2.0], 100)
    assert (truth.rows.tolist(), truth.k, truth.metric) == ([[0, 1]], 2, "cosine")


def test_saved_and_loaded(tmp_path: Path) -> None:
    base, queries = some_vectors("dot")
    truth = ground_truth(base, queries, 3, metric="dot")
    truth.save(tmp_path / "truth.npz")
    again = Truth.load(tmp_path / "truth.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["truth.npz"]
    assert (again.rows.tolist(), again.distances.tolist(), again.metric) == (
        truth.rows.tolist(),
        truth.distances.tolist(),
        "dot",
    )
    assert again.first(2).rows.tolist() == truth.rows[:2].tolist()


def test_an_error_of_the_system_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    truth = ground_truth(np.eye(3), np.eye(3), 2)
    with pytest.raises(FileNotFoundError) as caught:
        truth.save(tmp_path / "none" / "t.npz")
    assert caught.value.filename == str(tmp_path / "none" / "t.npz")


def test_a_file_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.npz"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(na.UnknownFormatError, match="is not a saved truth"):
        Truth.load(path)
    np.savez(path, rows=np.zeros((2, 2), np.int64))
    with pytest.raises(na.UnknownFormatError, match="is not a saved truth"):
        Truth.load(path)
    np.savez(path, rows=np.array([[object()]]), distances=np.zeros((1, 1)), metric="dot")
    with pytest.raises(na.UnknownFormatError, match="is not a saved truth"):
        Truth.load(path)
    np.savez(path, rows=np.zeros((1, 2), np.int64), distances=np.array([[2.0, 1.0]]), metric="dot")
    with pytest.raises(na.CorruptFileError, match="query 0 are not ascending"):
        Truth.load(path)
    with pytest.raises(na.InvalidInputError, match=r"must end in \.npz"):
        ground_truth([[1.0]], [[1.0]]).save(tmp_path / "truth.txt")
    with pytest.raises(FileNotFoundError):
        Truth.load(tmp_path / "none.npz")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(na.InvalidInputError, match="of the same shape"):
        Truth([[0, 1]], [[0.0]], "cosine")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="integer rows and distances"):
        Truth([[0.5]], [[0.0]], "cosine")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="query 1 are not all finite"):
        Truth([[0], [1]], [[0.0], [np.inf]], "cosine")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="did you mean 'euclidean'"):
        Truth([[0]], [[0.0]], "l2")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="leave metric out"):
        ground_truth(na.build([[1.0]]), [[1.0]], metric="dot")
    base, queries = [[0.0, 1.0]], [[1.0, 0.0]]
    wrong: list[tuple[tuple[Any, Any, Any], str]] = [
        ((base, queries, [[1]]), "no row 1"),
        ((base, queries, [[-2]]), "no row -2"),
        ((base, queries, [0]), r"integers \(n, k\)"),
        ((base, [[1.0]], [[0]]), "1 dims and the vectors 2"),
        ((base, queries * 2, [[0]]), "a line a query"),
    ]
    for arguments, sentence in wrong:
        with pytest.raises(na.InvalidInputError, match=sentence):
            true_distances(*arguments, metric="dot")
    with pytest.raises(na.InvalidInputError, match="pass metric="):
        true_distances(base, queries, [[0]])
    with pytest.raises(na.InvalidInputError, match="leave metric out"):
        true_distances(na.build(base), queries, [[0]], metric="dot")
