"""Ours against whatever peers are installed, on the user's own data: each in a process of its own."""

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

from nearabout.arguments import check_k
from nearabout.errors import InvalidInputError
from nearabout.evaluation.ann_benchmarks import METRICS
from nearabout.evaluation.course import Course, Run
from nearabout.evaluation.hardness import Hardness, hardness
from nearabout.evaluation.machine import machine
from nearabout.evaluation.peers import OURS, PEERS, Contestant
from nearabout.evaluation.truth import Truth, ground_truth
from nearabout.formats.hdf5 import library
from nearabout.inputs import as_array
from nearabout.names import check_metric, nearest


@dataclass(frozen=True)
class Skipped:
    """A contestant that did not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Race:
    """A race: what was asked, of whom, on which machine, and what came of it."""

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
        """Plain values, for JSON: None for what is infinite."""
        told = asdict(self)
        for name, value in (told["hardness"] or {}).items():
            if isinstance(value, float) and not math.isfinite(value):
                told["hardness"][name] = None
        return told


def race(
    base: Any,
    queries: Any,
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
    """Builds ours and each peer on the same vectors, asks the same queries at many settings, and compares.

    Args:
        base: the vectors, (rows, dims). Ours take them as they are, peers as float32 (of unit length under cosine).
        queries: (n, dims).
        metric: what near means.
        k: how many neighbours are asked for.
        peers: names, of annoy, faiss, hnswlib, pynndescent, scann, scikit-learn, usearch and voyager. None takes all;
            those that are not installed or do not serve the metric are named in `Race.skipped`.
        threads: of each build and each search; one by default, as in others' figures.
        seconds: how long each setting worth having is timed.
        timeout: the most seconds that a contestant may take; what it measured until then is kept.
        truth: the true neighbours, where they are known.
        title: of plots and reports.
        results: a folder for result files of ann-benchmarks, whose data set is called by the title.
        progress: called with the name of each contestant when its turn comes.
        finished: called with what came of each contestant, once it is through.

    Where other work had a core during a timing (its processor time is less than the clock says), the timing is repeated
    after a pause, three times at the most; `Run.busy_fraction` tells what remained.

    Raises:
        InvalidInputError: shapes that do not fit, an unknown peer or metric, more neighbours than there are rows.
    """
    check_metric(metric)
    chosen = _chosen(peers)
    if results is not None and metric not in METRICS.values():
        raise InvalidInputError(f"metric is {metric!r}; ann-benchmarks has no name for it: leave the result files out")
    if results is not None:
        library()  # before anything takes time
    vectors, asked = _stored(as_array(base, "base"), as_array(queries, "queries"))
    _check(vectors, asked, metric, k, threads, seconds, timeout)
    if truth is None:
        truth = ground_truth(vectors, asked, k, metric=metric)
    if len(truth) != len(asked) or truth.metric != metric or truth.k < k:
        raise InvalidInputError(f"{truth} is no truth of {len(asked):,} queries under {metric} at k={k}; leave it out")
    course = Course(vectors, asked, truth, metric, k, threads, seconds, timeout, title, results)
    told = _hardness(vectors, asked, metric)
    runs, skipped = [], []
    with tempfile.TemporaryDirectory(prefix="nearabout-race-") as folder:
        course.lay_out(Path(folder))
        for name, contestant in chosen.items():
            if reason := _reason_to_skip(contestant, metric):
                skipped.append(Skipped(name, reason))
                continue
            if progress is not None:
                progress(name)
            runs.append(course.run(name, contestant, Path(folder)))
            if finished is not None:
                finished(runs[-1])
    shape = (len(vectors), int(vectors.shape[1]), len(asked))
    return Race(title, *shape, metric, k, threads, machine(), told, runs, skipped)


def _chosen(peers: Iterable[str] | None) -> dict[str, type[Contestant]]:
    if peers is None:
        return {**OURS, **PEERS}
    wanted = list(peers)
    for name in wanted:
        if name not in PEERS:
            raise InvalidInputError(f"there is no peer {name!r}; {nearest(name, tuple(PEERS))}")
    return {**OURS, **{name: PEERS[name] for name in PEERS if name in wanted}}


def _stored(*arrays: NDArray[Any]) -> list[NDArray[Any]]:
    """As an index stores them: of one type, doubles and wide integers as float32."""
    kinds = {array.dtype.name for array in arrays}
    if len(kinds) == 1 and kinds <= {"float32", "float16", "uint8", "int8", "bool"}:
        return [np.ascontiguousarray(array) for array in arrays]
    return [np.ascontiguousarray(array, dtype=np.float32) for array in arrays]


def _hardness(base: NDArray[Any], queries: NDArray[Any], metric: str) -> Hardness | None:
    """None where it cannot be told: inner products, few vectors, nothing but duplicates."""
    try:
        return hardness(base, metric=metric, queries=queries)
    except InvalidInputError:
        return None


def _check(
    base: NDArray[Any], queries: NDArray[Any], metric: str, k: int, threads: int, seconds: float, timeout: float
) -> None:
    if base.ndim != 2 or queries.ndim != 2 or not len(queries) or base.shape[1] != queries.shape[1]:
        raise InvalidInputError(
            f"base has the shape {base.shape} and queries {queries.shape}; (rows, dims) and (n, dims) are needed, with "
            "the same dims and at least one query"
        )
    check_k(k, len(base))
    if k > len(base):
        raise InvalidInputError(f"k is {k} and there are {len(base)} vectors; ask for at most {len(base)}")
    if (metric in ("hamming", "jaccard")) != (base.dtype == np.bool_):
        raise InvalidInputError(
            f"base is of {base.dtype} and queries of {queries.dtype}, under {metric}; pass booleans under hamming and "
            "jaccard, and numbers otherwise"
        )
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        raise InvalidInputError(f"threads is {threads!r}; pass a positive whole number")
    if not seconds >= 0 or not timeout > 0:
        raise InvalidInputError(
            f"seconds is {seconds} and timeout {timeout}; the one is 0 or more, the other more than 0"
        )


def _reason_to_skip(contestant: type[Contestant], metric: str) -> str:
    """Why it cannot take part; empty where it can."""
    if metric not in contestant.metrics:
        return f"does not serve {metric}"
    if importlib.util.find_spec(contestant.module) is None:
        return f"is not installed (pip install {contestant.package})"
    return ""
