"""Reads data sets of ann-benchmarks and writes its result files, so that its plots can show our runs. Needs h5py.

https://github.com/erikbern/ann-benchmarks. A data set is one HDF5 file with the vectors (train), the queries (test) and
the ground truth (neighbors, distances). A result is one HDF5 file per setting of an algorithm, in the folder
results/<data set>/<k>/<algorithm>/. This module writes only those parts of a result that the plots read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import ArrayOrTensor, VectorsLike
from nearabout._arrays.conversion import as_array
from nearabout._base.checks import check_path
from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.formats.hdf5 import read_arrays, write_arrays

# Its names of distances -> ours. Its angular is 1 - cosine, not an angle; dot has several names.
METRICS = {
    "euclidean": "euclidean",
    "angular": "cosine",
    "hamming": "hamming",
    "jaccard": "jaccard",
    "dot": "dot",
    "ip": "dot",
}
_WRITTEN = {"euclidean": "euclidean", "cosine": "angular", "hamming": "hamming"}


@dataclass(frozen=True, eq=False)
class DataSet:
    """Vectors, queries and their true neighbours.

    Attributes:
        name: name of the file, without folder and ending.
        metric: our name of the metric: euclidean, cosine, dot, hamming or jaccard.
        train: vectors, (rows, dims); booleans if they are bits.
        test: queries, (n, dims).
        truth: true neighbours of the queries.
    """

    name: str
    metric: str
    train: NDArray[Any]
    test: NDArray[Any]
    truth: Truth


def is_data_set(path: str | os.PathLike[str]) -> bool:
    """Returns whether a path is an HDF5 file with both vectors and queries."""
    name = check_path(path)
    if not name.lower().endswith((".hdf5", ".h5")):
        return False
    return len(read_arrays(name, ("test",))[0]) == 1


def read_dataset(path: str | os.PathLike[str]) -> DataSet:
    """Reads a data set of ann-benchmarks.

    Distances under dot, which other programs write with either sign, are recomputed from the neighbours.

    Raises:
        InvalidInputError: the distance is not supported here, or the data are sets of numbers (its sparse jaccard
            data).
        CorruptFileError: parts are missing or do not fit each other.
        MissingDependencyError: h5py is not installed.
        OSError: the file cannot be read.
    """
    name = check_path(path)
    arrays, attributes = read_arrays(name, ("train", "test", "neighbors", "distances"))
    if str(attributes.get("type", "dense")) == "sparse":
        raise InvalidInputError(f"{name}: holds sets of numbers (type sparse); vectors are needed")
    if missing := {"train", "test", "neighbors", "distances"} - arrays.keys():
        raise CorruptFileError(
            f"{name}: has no {' and no '.join(sorted(missing))}, which a data set of ann-benchmarks has"
        )
    distance = str(attributes.get("distance"))
    if distance not in METRICS:
        raise InvalidInputError(f"{name}: the distance is {distance!r}; those known here are {', '.join(METRICS)}")
    metric = METRICS[distance]
    train, test = arrays["train"], arrays["test"]
    if metric in ("hamming", "jaccard"):
        train, test = train.astype(np.bool_), test.astype(np.bool_)
    try:
        distances = arrays["distances"]
        if metric == "dot":
            distances = true_distances(train, test, arrays["neighbors"], metric=metric)
        truth = Truth(arrays["neighbors"], distances, metric)
        if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or len(truth) != len(test):
            raise InvalidInputError(
                f"train {train.shape}, test {test.shape} and neighbors {truth.rows.shape} do not fit"
            )
        if truth.rows.size and not 0 <= int(truth.rows.min()) <= int(truth.rows.max()) < len(train):
            raise InvalidInputError(f"neighbors has a row outside 0 to {len(train) - 1}")
    except InvalidInputError as error:
        raise CorruptFileError(f"{name}: {error}; get the file again") from None
    return DataSet(Path(name).stem, metric, train, test, truth)


def write_dataset(
    path: str | os.PathLike[str],
    train: VectorsLike,
    test: VectorsLike,
    *,
    metric: str,
    truth: Truth | None = None,
    k: int = 100,
    threads: int | None = None,
) -> None:
    """Writes vectors and queries as a data set of ann-benchmarks.

    Args:
        path: path ending in .hdf5; its stem is the name of the data set.
        train: vectors, (rows, dims). Bytes are written as float32, because its arithmetic would overflow in bytes.
        test: queries, (n, dims).
        metric: euclidean, cosine or hamming, which ann-benchmarks supports.
        truth: true neighbours of the queries; None computes them.
        k: number of neighbours to compute.
        threads: number of threads for that; None uses all cores.

    Raises:
        InvalidInputError: the metric is another one, the name does not end in .hdf5, or as in `ground_truth`.
        MissingDependencyError: h5py is not installed.
    """
    name = check_path(path)
    if not name.endswith(".hdf5"):
        raise InvalidInputError(f"the path is {name!r}; the name of a data set ends in .hdf5")
    if metric not in _WRITTEN:
        raise InvalidInputError(f"metric is {metric!r}; ann-benchmarks knows {', '.join(_WRITTEN)} of ours")
    bits = metric == "hamming"
    base, queries = (_plain(as_array(data, what), bits) for data, what in ((train, "train"), (test, "test")))
    if truth is None:
        truth = ground_truth(base, queries, k, metric=metric, threads=threads)
    if len(truth) != len(queries) or truth.metric != metric:
        raise InvalidInputError(f"{truth} is no truth of {len(queries):,} queries under {metric}; leave it out")
    arrays = {
        "train": base,
        "test": queries,
        "neighbors": truth.rows.astype(np.int32),
        "distances": truth.distances,
    }
    attributes = {
        "type": "dense",
        "distance": _WRITTEN[metric],
        "dimension": base.shape[1],
        "point_type": "bit" if bits else "float",
    }
    write_arrays(name, arrays, attributes)


def _plain(vectors: NDArray[Any], bits: bool) -> NDArray[Any]:
    return vectors.astype(np.bool_ if bits else np.float32)


def write_result(
    folder: str | os.PathLike[str],
    *,
    dataset: str,
    algorithm: str,
    name: str,
    arguments: Sequence[Any],
    k: int,
    metric: str,
    rows: ArrayOrTensor,
    distances: ArrayOrTensor,
    seconds: ArrayOrTensor,
    build_seconds: float,
    index_kilobytes: float,
    batch: bool = True,
    repeats: int = 1,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    """Writes one result like the runner of ann-benchmarks.

    Args:
        folder: folder of results: "results" in a checkout of ann-benchmarks.
        dataset: name of the data set, which its plots look up in data/.
        algorithm: name of the curve in the plot.
        name: name of the point, such as "ivf(effort=8)".
        arguments: arguments of build and query, which form the name of the file.
        k: number of neighbours of the searches.
        metric: our name of the metric of the data set.
        rows: rows found, (n, k); -1 for missing rows.
        distances: exact distances, (n, k), from `true_distances`; inf for missing rows.
        seconds: seconds of each query, (n,), or the mean as one number.
        build_seconds: seconds of the build.
        index_kilobytes: memory or file size of the index in kilobytes.
        batch: whether queries ran in a batch; the plots show these separately (--batch).
        repeats: number of runs; the seconds are those of the fastest.
        extra: further attributes, such as dist_comps.

    Returns:
        The path of the file: folder/dataset/k/algorithm/arguments.hdf5.

    Raises:
        InvalidInputError: shapes do not fit, ann-benchmarks does not have the metric, or a name cannot be a folder.
        MissingDependencyError: h5py is not installed.
    """
    if metric not in METRICS.values():
        raise InvalidInputError(f"metric is {metric!r}; ann-benchmarks has {', '.join(sorted(set(METRICS.values())))}")
    for what, given in (("dataset", dataset), ("algorithm", algorithm)):
        if not re.fullmatch(r"[\w][\w.+()=, -]*", given):
            raise InvalidInputError(f"{what} is {given!r}; a name of letters, digits, dots and dashes becomes a folder")
    found, measured = np.asarray(rows), np.asarray(distances)
    if found.ndim != 2 or found.shape != measured.shape or found.shape[1] > k:
        raise InvalidInputError(
            f"rows {found.shape} and distances {measured.shape} are given; both are (n, k), k being {k}"
        )
    times = np.broadcast_to(np.asarray(seconds, np.float64), (len(found),))
    missing = ((0, 0), (0, k - found.shape[1]))
    arrays = {
        "times": times.astype(np.float32),
        "neighbors": np.pad(found, missing, constant_values=-1).astype(np.int32),
        "distances": np.pad(measured, missing, constant_values=np.inf).astype(np.float32),
    }
    attributes = {
        "batch_mode": batch,
        "best_search_time": float(times.mean()) if len(times) else 0.0,
        "candidates": float((found >= 0).sum() / max(1, len(found))),
        "expect_extra": False,
        "name": name,
        "run_count": repeats,
        "distance": next(theirs for theirs, ours in METRICS.items() if ours == metric),
        "count": k,
        "build_time": build_seconds,
        "index_size": index_kilobytes,
        "algo": algorithm,
        "dataset": dataset,
        **(extra or {}),
    }
    stem = re.sub(r"\W+", "_", json.dumps(list(arguments), sort_keys=True)).strip("_")
    target = Path(check_path(folder), dataset, str(k), f"{algorithm}-batch" if batch else algorithm, f"{stem}.hdf5")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(str(target), arrays, attributes)
    return target
