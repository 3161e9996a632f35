"""Data sets of ann-benchmarks in, result files out, so that its own plotting takes our runs. Needs h5py.

https://github.com/erikbern/ann-benchmarks. A data set is one HDF5 file with the vectors (train), the queries (test) and
the true answers (neighbors, distances). A result is one HDF5 file for each setting of an algorithm, in the folder
results/<data set>/<k>/<algorithm>/; what its runner writes there, and no more than its plots read, is written here.
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

from nearabout.arguments import check_path
from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.formats.hdf5 import read_arrays, write_arrays
from nearabout.inputs import as_array

# Its names of distances and ours. Its angular is 1 - cosine, not an angle; dot is found under several names.
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
        name: of the file, without its folder and ending.
        metric: ours: euclidean, cosine, dot, hamming or jaccard.
        train: the vectors, (rows, dims); booleans where they are bits.
        test: the queries, (n, dims).
        truth: the true neighbours of the queries.
    """

    name: str
    metric: str
    train: NDArray[Any]
    test: NDArray[Any]
    truth: Truth


def is_data_set(path: str | os.PathLike[str]) -> bool:
    """Whether the name is that of an HDF5 file that has both vectors and queries."""
    name = check_path(path)
    if not name.lower().endswith((".hdf5", ".h5")):
        return False
    return len(read_arrays(name, ("test",))[0]) == 1


def read_dataset(path: str | os.PathLike[str]) -> DataSet:
    """Read a data set of ann-benchmarks.

    Distances under dot, which others write with either sign, are computed anew from the neighbours.

    Raises:
        InvalidInputError: a distance that has no counterpart here; sets of numbers (its sparse jaccard data).
        CorruptFileError: parts are missing or do not fit.
        MissingDependencyError: h5py is not installed.
        OSError: there is no such file.
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
    train: Any,
    test: Any,
    *,
    metric: str,
    truth: Truth | None = None,
    k: int = 100,
    threads: int | None = None,
) -> None:
    """Write vectors and queries as a data set of ann-benchmarks.

    Args:
        path: ends in .hdf5; its stem is the name of the data set.
        train: the vectors, (rows, dims). Bytes are written as float32, since its arithmetic would overflow in bytes.
        test: the queries, (n, dims).
        metric: euclidean, cosine or hamming: those that it knows of ours.
        truth: the true neighbours; computed where None.
        k: how many of them are computed.
        threads: how many to use for that; None uses all cores.

    Raises:
        InvalidInputError: another metric, a name that does not end in .hdf5, vectors that `ground_truth` refuses.
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
    rows: Any,
    distances: Any,
    seconds: Any,
    build_seconds: float,
    index_kilobytes: float,
    batch: bool = True,
    repeats: int = 1,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    """Write one result as the runner of ann-benchmarks writes it.

    Args:
        folder: that which its plots are told to look in: "results", in its checkout.
        dataset: the name of the data set, which its plots look up in data/.
        algorithm: the line of the plot that this is a point of.
        name: of the point, such as "ivf(effort=8)".
        arguments: of build and query, which make the name of the file.
        k: how many neighbours were asked for.
        metric: ours; the distance of the data set.
        rows: found, (n, k); -1 for nothing.
        distances: true ones, (n, k), of `true_distances`; inf for nothing.
        seconds: of each query, (n,), or the mean as one number.
        build_seconds: the time of the build.
        index_kilobytes: memory or file of the index.
        batch: whether queries were asked in a batch: its plots show these apart (--batch).
        repeats: of how many runs the seconds are the best.
        extra: further attributes, such as dist_comps.

    Returns:
        The path of the file: folder/dataset/k/algorithm/arguments.hdf5.

    Raises:
        InvalidInputError: shapes that do not fit, a metric that it does not know, a name that is no name of a folder.
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
