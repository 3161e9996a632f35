"""Races our kinds against the installed peers on the user's own data, each in its own process."""

from __future__ import annotations

import importlib.util
import math
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import VectorsLike
from nearabout._arrays.conversion import as_array
from nearabout._base.checks import check_k
from nearabout._base.text import nearest
from nearabout._base.vocabulary import check_metric
from nearabout.errors import InvalidInputError
from nearabout.evaluation.ann_benchmarks import METRICS
from nearabout.evaluation.hardness import Hardness, hardness
from nearabout.evaluation.machine import machine
from nearabout.evaluation.peers import OURS, PEERS, Contestant
from nearabout.evaluation.race_protocol import RaceProtocol, Run
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.formats.hdf5 import library


@dataclass(frozen=True)
class Skipped:
    """A contestant that did not take part, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Race:
    """A race: its data, its settings, the machine, and the results of each contestant."""

    title: str
    rows: int
    dims: int
    queries: int
    metric: str
    k: int
    threads: int
    machine: dict[str, str]
    hardness: Hardness | None
    runs: list[Run]
    skipped: list[Skipped]

    def as_dict(self) -> dict[str, Any]:
        """Returns plain values for JSON, with None for infinite numbers."""
        values = asdict(self)
        for name, value in (values["hardness"] or {}).items():
            if isinstance(value, float) and not math.isfinite(value):
                values["hardness"][name] = None
        return values


def race(
    base: VectorsLike,
    queries: VectorsLike,
    *,
    metric: str = "cosine",
    k: int = 10,
    peers: Iterable[str] | None = None,
    threads: int = 1,
    seconds: float = 0.5,
    timeout: float = 600.0,
    truth: Truth | None = None,
    title: str = "",
    results: str | os.PathLike[str] | None = None,
    progress: Callable[[str], object] | None = None,
    finished: Callable[[Run], object] | None = None,
) -> Race:
    """Builds our kinds and each peer on the same vectors, runs the same queries at many settings, and compares.

    If other work used a core during a timing (processor time is less than wall-clock time), the timing is repeated
    after a pause, at most three times; `Run.busy_fraction` is the fraction that remained.

    Args:
        base: the vectors, (rows, dims). Our kinds get them unchanged, peers as float32 (of unit length under cosine).
        queries: (n, dims).
        metric: metric, as in `build`.
        k: number of neighbours.
        peers: some of annoy, faiss, hnswlib, pynndescent, scann, scikit-learn, usearch and voyager. None takes all;
            `Race.skipped` lists those that are not installed or do not support the metric.
        threads: number of threads of each build and search. The default is 1, as in most published benchmarks.
        seconds: time in seconds for each setting on the Pareto front.
        timeout: time limit of a contestant in seconds; earlier measurements are kept.
        truth: the true neighbours, if known.
        title: title of plots and reports.
        results: folder for result files of ann-benchmarks; the title is the name of the data set.
        progress: called with the name of each contestant before it starts.
        finished: called with the `Run` of each contestant when it is done.

    Returns:
        `Race`, with a `Run` for each contestant.

    Raises:
        InvalidInputError: shapes do not fit, a peer or the metric is unknown, or k is larger than the number of rows.
    """
    check_metric(metric)
    chosen = _chosen(peers)
    if results is not None and metric not in METRICS.values():
        raise InvalidInputError(f"metric is {metric!r}, which ann-benchmarks does not have; leave results out")
    if results is not None:
        library()  # fails early if h5py is missing
    vectors, query_array = _stored(as_array(base, "base"), as_array(queries, "queries"))
    _check(vectors, query_array, metric, k, threads, seconds, timeout)
    if truth is None:
        truth = ground_truth(vectors, query_array, k, metric=metric)
    if len(truth) != len(query_array) or truth.metric != metric or truth.k < k:
        raise InvalidInputError(
            f"{truth} does not fit {len(query_array):,} queries under {metric} with k={k}; leave it out"
        )
    protocol = RaceProtocol(vectors, query_array, truth, metric, k, threads, seconds, timeout, title, results)
    hard = _hardness(vectors, query_array, metric)
    runs, skipped = [], []
    with tempfile.TemporaryDirectory(prefix="nearabout-race-") as folder:
        protocol.lay_out(Path(folder))
        for name, contestant in chosen.items():
            if reason := _reason_to_skip(contestant, metric):
                skipped.append(Skipped(name, reason))
                continue
            if progress is not None:
                progress(name)
            runs.append(protocol.run(name, contestant, Path(folder)))
            if finished is not None:
                finished(runs[-1])
    shape = (len(vectors), int(vectors.shape[1]), len(query_array))
    return Race(title, *shape, metric, k, threads, machine(), hard, runs, skipped)


def _chosen(peers: Iterable[str] | None) -> dict[str, type[Contestant]]:
    if peers is None:
        return {**OURS, **PEERS}
    wanted = list(peers)
    for name in wanted:
        if name not in PEERS:
            raise InvalidInputError(f"there is no peer {name!r}; {nearest(name, tuple(PEERS))}")
    return {**OURS, **{name: PEERS[name] for name in PEERS if name in wanted}}


def _stored(*arrays: NDArray[Any]) -> list[NDArray[Any]]:
    """Returns arrays of one type, as an index stores them: doubles and wide integers become float32."""
    kinds = {array.dtype.name for array in arrays}
    if len(kinds) == 1 and kinds <= {"float32", "float16", "uint8", "int8", "bool"}:
        return [np.ascontiguousarray(array) for array in arrays]
    return [np.ascontiguousarray(array, dtype=np.float32) for array in arrays]


def _hardness(base: NDArray[Any], queries: NDArray[Any], metric: str) -> Hardness | None:
    """Returns the hardness; None if it is undefined (inner products, few vectors, only duplicates)."""
    try:
        return hardness(base, metric=metric, queries=queries)
    except InvalidInputError:
        return None


def _check(
    base: NDArray[Any], queries: NDArray[Any], metric: str, k: int, threads: int, seconds: float, timeout: float
) -> None:
    if base.ndim != 2 or queries.ndim != 2 or not len(queries) or base.shape[1] != queries.shape[1]:
        raise InvalidInputError(
            f"base has the shape {base.shape} and queries {queries.shape}; pass (rows, dims) and (n, dims) with the "
            "same dims and at least one query"
        )
    check_k(k, len(base))
    if k > len(base):
        raise InvalidInputError(f"k is {k}, but there are {len(base)} vectors; pass at most {len(base)}")
    if (metric in ("hamming", "jaccard")) != (base.dtype == np.bool_):
        raise InvalidInputError(
            f"base has the dtype {base.dtype} and queries {queries.dtype}, under {metric}; pass booleans under hamming "
            "and jaccard, and numbers otherwise"
        )
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        raise InvalidInputError(f"threads is {threads!r}; pass a positive whole number")
    if not seconds >= 0 or not timeout > 0:
        raise InvalidInputError(
            f"seconds is {seconds} and timeout is {timeout}; pass seconds of 0 or more and a timeout above 0"
        )


def _reason_to_skip(contestant: type[Contestant], metric: str) -> str:
    """Returns the reason why a contestant cannot take part; "" if it can."""
    if metric not in contestant.metrics:
        return f"does not support {metric}"
    if importlib.util.find_spec(contestant.module) is None:
        return f"is not installed (pip install {contestant.package})"
    return ""
