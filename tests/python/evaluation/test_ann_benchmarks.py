"""Files of ann-benchmarks: what its programs read is there, and what others wrote is understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import ground_truth, read_dataset, true_distances, write_dataset, write_result

h5py = pytest.importorskip("h5py", reason="files of ann-benchmarks are HDF5: pip install nearabout[hdf5]")

RANDOM = np.random.default_rng(0)
VECTORS = RANDOM.normal(size=(220, 8)).astype(np.float32)
BASE, QUERIES = VECTORS[:200], VECTORS[200:]


@pytest.mark.parametrize(("metric", "distance"), [("euclidean", "euclidean"), ("cosine", "angular")])
def test_a_data_set_comes_back_and_has_what_the_runner_reads(tmp_path: Path, metric: str, distance: str) -> None:
    path = tmp_path / f"some-8-{distance}.hdf5"
    write_dataset(path, BASE, QUERIES, metric=metric, k=20)
    with h5py.File(path) as file:
        assert dict(file.attrs) == {"type": "dense", "distance": distance, "dimension": 8, "point_type": "float"}
        assert {name: file[name].shape for name in file} == {
            "train": (200, 8),
            "test": (20, 8),
            "neighbors": (20, 20),
            "distances": (20, 20),
        }
        assert file["neighbors"].dtype.kind == "i"
    again = read_dataset(path)
    truth = ground_truth(BASE, QUERIES, 20, metric=metric)
    assert (again.name, again.metric) == (f"some-8-{distance}", metric)
    assert np.array_equal(again.train, BASE)
    assert np.array_equal(again.test, QUERIES)
    assert again.truth.rows.tolist() == truth.rows.tolist()
    assert again.truth.distances.tolist() == truth.distances.tolist()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_an_error_of_the_system_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_dataset(tmp_path / "none" / "x.hdf5", BASE, QUERIES, metric="euclidean", k=5)
    assert caught.value.filename == str(tmp_path / "none" / "x.hdf5")


def test_bits_and_bytes(tmp_path: Path) -> None:
    bits = RANDOM.random((60, 17)) < 0.5
    write_dataset(tmp_path / "bits.hdf5", bits[:50], bits[50:], metric="hamming", k=5)
    again = read_dataset(tmp_path / "bits.hdf5")
    assert again.train.dtype == np.bool_
    assert again.truth.rows.tolist() == ground_truth(bits[:50], bits[50:], 5, metric="hamming").rows.tolist()
    images = RANDOM.integers(0, 256, (60, 9), dtype=np.uint8)
    write_dataset(tmp_path / "images.hdf5", images[:50], images[50:], metric="euclidean", k=5)
    assert read_dataset(tmp_path / "images.hdf5").train.dtype == np.float32


def written_elsewhere(path: Path, distance: str, neighbors: Any, distances: Any, **attributes: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = distance
        for name, value in attributes.items():
            file.attrs[name] = value
        for name, array in (("train", BASE), ("test", QUERIES), ("neighbors", neighbors), ("distances", distances)):
            if array is not None:
                file[name] = array
    return path


def test_inner_products_of_either_sign_become_our_distances(tmp_path: Path) -> None:
    truth = ground_truth(BASE, QUERIES, 4, metric="dot")
    path = written_elsewhere(tmp_path / "x.hdf5", "dot", truth.rows.astype(np.int32), -truth.distances)
    np.testing.assert_allclose(read_dataset(path).truth.distances, truth.distances, rtol=1e-6)


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    truth = ground_truth(BASE, QUERIES, 4, metric="euclidean")
    path = tmp_path / "x.hdf5"
    for error, sentence, arguments, attributes in [
        (na.InvalidInputError, "the distance is 'chord'", ("chord", truth.rows, truth.distances), {}),
        (na.InvalidInputError, "sets of numbers", ("jaccard", truth.rows, truth.distances), {"type": "sparse"}),
        (na.CorruptFileError, "has no distances", ("euclidean", truth.rows, None), {}),
        (na.CorruptFileError, "are not ascending", ("euclidean", truth.rows, truth.distances[:, ::-1]), {}),
        (na.CorruptFileError, "a row outside 0 to 199", ("euclidean", truth.rows + 199, truth.distances), {}),
        (na.CorruptFileError, "do not fit", ("euclidean", truth.rows[:3], truth.distances[:3]), {}),
    ]:
        written_elsewhere(path, *arguments, **attributes)
        with pytest.raises(error, match=sentence):
            read_dataset(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(na.CorruptFileError, match="cannot be read"):
        read_dataset(path)
    with pytest.raises(FileNotFoundError):
        read_dataset(tmp_path / "none.hdf5")
    for metric, name, sentence in [("dot", "x.hdf5", "metric is 'dot'"), ("cosine", "x.npy", r"ends in \.hdf5")]:
        with pytest.raises(na.InvalidInputError, match=sentence):
            write_dataset(tmp_path / name, BASE, QUERIES, metric=metric)
    with pytest.raises(na.InvalidInputError, match="is no truth of 20 queries"):
        write_dataset(path, BASE, QUERIES, metric="cosine", truth=truth)


def plotted(path: Path, dataset: Path, k: int) -> dict[str, float]:
    """What its plots make of a result: recall within an epsilon of the k-th true distance; the rest as it stands."""
    with (
        h5py.File(dataset) as true,
        h5py.File(path, "r+") as run,
    ):  # for writing: metrics are kept there
        properties = dict(run.attrs)
        threshold = np.array(true["distances"])[:, k - 1] + 1e-3
        within = np.array(run["distances"])[:, :k] <= threshold[:, None]
        return {
            "recall": float(within.sum(axis=1).mean() / k),
            "qps": 1.0 / properties["best_search_time"],
            "p50": float(np.percentile(np.array(run["times"]), 50) * 1000),
            "build": float(properties["build_time"]),
            "indexsize": float(properties.get("index_size", 0)),
            "candidates": float(properties["candidates"]),
            "distcomps": properties.get("dist_comps", 0) / (properties["run_count"] * len(run["times"])),
        }


def test_a_result_has_what_the_plots_read(tmp_path: Path) -> None:
    write_dataset(tmp_path / "some-8-angular.hdf5", BASE, QUERIES, metric="cosine", k=20)
    index = na.build(BASE, kind=na.IVF(lists=8))
    rows = index.search(QUERIES, 10, effort=2).rows.copy()
    rows[0, 7:] = -1
    path = write_result(
        tmp_path / "results",
        dataset="some-8-angular",
        algorithm="nearabout",
        name="ivf(effort=2)",
        arguments=["cosine", {"lists": 8}, 2],
        k=10,
        metric="cosine",
        rows=rows,
        distances=true_distances(BASE, QUERIES, rows, metric="cosine"),
        seconds=0.002,
        build_seconds=1.5,
        index_kilobytes=64.0,
        extra={"dist_comps": 400},
    )
    folder = tmp_path / "results" / "some-8-angular" / "10" / "nearabout-batch"
    assert path == folder / "cosine_lists_8_2.hdf5"
    truth = ground_truth(BASE, QUERIES, 10)
    expected = np.mean([len({*a} & {*b}) / 10 for a, b in zip(rows.tolist(), truth.rows.tolist(), strict=True)])
    assert plotted(path, tmp_path / "some-8-angular.hdf5", 10) == pytest.approx(
        {
            "recall": expected,
            "qps": 500,
            "p50": 2,
            "build": 1.5,
            "indexsize": 64,
            "candidates": 9.85,
            "distcomps": 20,
        },
        abs=1e-3,
    )
    with h5py.File(path) as run:
        assert {name: (run[name].shape, run[name].dtype.str) for name in run} == {
            "times": ((20,), "<f4"),
            "neighbors": ((20, 10), "<i4"),
            "distances": ((20, 10), "<f4"),
        }
        told = {name: run.attrs[name] for name in ("algo", "dataset", "count", "distance", "name", "batch_mode")}
        assert told == {
            "algo": "nearabout",
            "dataset": "some-8-angular",
            "count": 10,
            "distance": "angular",
            "name": "ivf(effort=2)",
            "batch_mode": True,
        }
        assert not run.attrs["expect_extra"]


def test_results_of_single_queries_lie_apart_and_short_answers_are_padded(tmp_path: Path) -> None:
    common: dict[str, Any] = {"dataset": "a", "algorithm": "b", "name": "b", "arguments": [], "metric": "euclidean"}
    common |= {"build_seconds": 1.0, "index_kilobytes": 1.0, "k": 3, "seconds": [0.1, 0.3], "batch": False}
    path = write_result(tmp_path, rows=[[1, 2], [3, 4]], distances=[[1.0, 2.0], [1.0, 2.0]], **common)
    assert path.parent == tmp_path / "a" / "3" / "b"
    with h5py.File(path) as run:
        assert np.array(run["neighbors"]).tolist() == [[1, 2, -1], [3, 4, -1]]
        assert np.array(run["distances"])[:, 2].tolist() == [np.inf, np.inf]
        assert run.attrs["best_search_time"] == pytest.approx(0.2)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"dataset": "../x"}, "dataset is '../x'"),
        ({"metric": "haversine"}, "metric is 'haversine'"),
        ({"k": 1}, r"both are \(n, k\), k being 1"),
    ]
    for change, sentence in cases:
        with pytest.raises(na.InvalidInputError, match=sentence):
            write_result(tmp_path, rows=[[1, 2], [3, 4]], distances=[[1.0, 2.0], [1.0, 2.0]], **(common | change))
