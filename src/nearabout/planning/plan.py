"""Estimates the cost of a build and its searches before the build."""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.out_of_core import check_memory
from nearabout._arrays.vectors import MAX_DIMS
from nearabout._base.checks import check_threads
from nearabout._base.vocabulary import BIT_METRICS, check_dtype, check_metric
from nearabout.building import build
from nearabout.calibration.effort import check_recall
from nearabout.errors import InvalidInputError
from nearabout.kinds import Kind, resolve_kind
from nearabout.kinds.auto import choose_kind
from nearabout.kinds.case import Case
from nearabout.kinds.scan_cost import possible_byte_rows_bytes
from nearabout.kinds.tuning import tuning_for
from nearabout.planning.costs import Speed, build_seconds, file_bytes, memory_bytes, query_cost, seconds

MOST_ROWS = 2**32 - 2
_FEW_DIMS, _MOST_DIMS = 32, 256  # dims of the small index that measures the machine
_FEW_ROWS, _MANY_ROWS = 512, 2_048  # its rows
_MOST_AT_ONCE = 16  # concurrent builds
_ENOUGH = 0.05  # seconds of measurement, after which no further build starts


@dataclass(frozen=True, repr=False)
class Plan:
    """The estimates that `plan` returns. They are within 2x (3x for query times, which depend on the data).

    Attributes:
        kind: the kind and its parameters. For "auto", the kind that `build` would choose; `lists` and `trees` are
            numbers, and `byte_rows` is True or False. Parameters that depend on the data, such as `codes`, remain
            "auto". `keep_vectors` is True if the file has the vectors, as it always has those of bytes.
        rows: number of vectors.
        dims: number of dimensions of a vector.
        metric: metric of the index.
        dtype: type of a stored number.
        threads: number of threads of the build.
        build_seconds: seconds of a build from an array, or from a file that needs no parsing, on this machine with its
            current load.
        build_memory: peak memory of the build in bytes, not counting its input. Without `memory=` it includes the
            index, which is built in memory; with `memory=` the index is in its file.
        file_bytes: bytes of the file, without keys.
        byte_rows_bytes: bytes that byte rows take in the file if `kind.byte_rows` is True, or would take; 0 if there
            cannot be any.
        recall: target recall of the 10 nearest, as passed to `build`.
        query_seconds: seconds of a query, one per call, on one thread of this machine with its current load.
        queries_per_second: queries per second in a batch, on one thread.
        workload: the searches that the kind was chosen for, as passed to `build`.
        family: the family of processors that it was chosen for.

    >>> import nearabout as na
    >>> expected = na.plan(20_000, 32)
    >>> expected.kind, 2_000_000 < expected.file_bytes < 8_000_000
    (IVF(lists=352, codes='auto', residual=True, refine=True, keep_vectors=True, byte_rows=False), True)
    """

    kind: Kind
    rows: int
    dims: int
    metric: str
    dtype: str
    threads: int
    build_seconds: float
    build_memory: int
    file_bytes: int
    byte_rows_bytes: int
    recall: float
    query_seconds: float
    queries_per_second: float
    workload: str
    family: str

    @property
    def has_byte_rows(self) -> bool:
        """Whether the file has byte rows."""
        return bool(self.byte_rows_bytes) and getattr(self.kind, "byte_rows", False) is True

    def __repr__(self) -> str:
        threads = f"{self.threads} thread{'' if self.threads == 1 else 's'}"
        recall = "" if self.kind.always_exact else f" at recall {self.recall:g}"
        byte_rows = f", {_size(self.byte_rows_bytes)} of it byte rows" if self.has_byte_rows else ""
        return (
            f"<nearabout.Plan: {self.rows:,} rows of {self.dims:,} dims, {self.metric}, {self.dtype}\n"
            f"  kind    {self.kind!r}\n"
            f"  build   about {_duration(self.build_seconds)} with {threads}\n"
            f"  memory  about {_size(self.build_memory)} in addition to the vectors\n"
            f"  file    about {_size(self.file_bytes)}{byte_rows}\n"
            f"  query   about {_duration(self.query_seconds)}{recall}, "
            f"{_rounded(self.queries_per_second)} per second in a batch, on one thread>"
        )


def plan(
    n: int,
    dims: int,
    *,
    metric: str = "cosine",
    kind: str | Kind = "auto",
    recall: float = 0.95,
    dtype: str | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    workload: Literal["both", "batch", "single"] = "both",
    family: str | None = None,
) -> Plan:
    """Estimates the time, memory and disk space of a build and the speed of its searches, without the vectors.

    The file size follows from the format. Time and memory come from models of the stages of a build, fitted to builds
    of real vectors. This call measures the speed of the machine by building a small index of the same kind, which takes
    a few dozen milliseconds, so times are for the machine with its current load. Vectors unlike real data (noise in all
    dimensions) can take longer.

    Args:
        n: number of vectors, 1 to 2**32 - 2.
        dims: dimensions of a vector, 1 to 65,535; for vectors of bits, the number of bits.
        metric: as in `build`.
        kind: as in `build`.
        recall: target recall of searches for the 10 nearest. A higher recall makes queries slower. With 1, "auto"
            chooses the exact scan, and the other kinds compare every row.
        dtype: type of a stored number. None is "f32", or "bits" under hamming and jaccard.
        threads: number of threads of the build, at most the number of cores; None assumes all cores.
        memory: as in `build`. The plan then assumes that the index is written to a path.
        workload: as in `build`: "auto" chooses by it, and IVF whether it stores byte rows.
        family: as in `build`.

    Returns:
        A `Plan` with the kind and the estimates. build_seconds, build_memory and file_bytes are within a factor of 2;
        query_seconds and queries_per_second are within a factor of 3 for data like words, sentences and pictures.

    Raises:
        InvalidInputError: `build` would refuse the arguments, or a number is out of range.

    >>> import nearabout as na
    >>> na.plan(1_000_000, 100, memory="1GB")  # doctest: +ELLIPSIS
    <nearabout.Plan: 1,000,000 rows of 100 dims, cosine, f32
      kind    IVF(lists=2496, codes='auto', residual=True, refine=True, keep_vectors=True, byte_rows=False)
      build   about ... with ...
      memory  about ... in addition to the vectors
      file    about 522.0 MB
      query   about ... at recall 0.95, ... per second in a batch, on one thread>
    """
    rows = _check_number("n", n, MOST_ROWS)
    dims = _check_number("dims", dims, MAX_DIMS)
    metric = check_metric(metric)
    stored = check_dtype(dtype) or ("bits" if metric in BIT_METRICS else "f32")
    none = np.empty((0, dims), np.bool_ if stored == "bits" else np.float32)
    budget = check_memory(memory, "planned.near")
    requested = resolve_kind(kind)
    target = check_recall(recall)
    build(
        none, metric=metric, kind=kind, dtype=stored, workload=workload, family=family
    )  # raises the errors of `build`
    tuning = tuning_for(workload, family)
    chosen = choose_kind(rows, dims, metric, stored, target, tuning, budget) if requested == "auto" else requested
    used = min(check_threads(threads) or _cores(), _cores())
    resolved = chosen.resolved(Case(rows, dims, metric, stored, chosen), target, tuning)
    case = Case(rows, dims, metric, stored, resolved)
    speed = _speed(case, used)
    query = query_cost(case, target)
    return Plan(
        resolved,
        rows,
        dims,
        metric,
        stored,
        used,
        build_seconds(case, used, speed, budget),
        memory_bytes(case, used, budget),
        file_bytes(case),
        possible_byte_rows_bytes(case),
        target,
        query.alone * speed.slowness,
        1 / (query.batch * speed.slowness),
        tuning.workload,
        tuning.family,
    )


def _check_number(name: str, value: object, most: int) -> int:
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidInputError(f"{name} is {value!r}; pass a whole number from 1 to {most:,}") from None
    if not 1 <= number <= most:
        raise InvalidInputError(f"{name} is {number:,}; pass a whole number from 1 to {most:,}")
    return number


def _cores() -> int:
    """Returns the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _speed(case: Case, threads: int) -> Speed:
    """Measures the speed of this machine with its current load, by small builds of the kind's reference."""
    dims = min(case.dims, _MOST_DIMS)
    rows = _MANY_ROWS if dims <= _FEW_DIMS else _FEW_ROWS
    small = case.kind.reference(Case(rows, dims, case.metric, case.dtype, case.kind))
    sample = _sample(small)

    def once(_: int = 0) -> float:
        begin = time.perf_counter()
        build(sample, metric=small.metric, kind=small.kind, dtype=small.dtype, threads=1, calibrate=False)
        return time.perf_counter() - begin

    begin = time.perf_counter()
    times = [once(), once()]  # the first one warms up memory and code
    while time.perf_counter() - begin < _ENOUGH and len(times) < 5:
        times.append(once())
    alone = min(times)
    return Speed(alone / seconds(small), _crowding(once, alone, min(threads, _MOST_AT_ONCE)))


def _crowding(once: Callable[[int], float], alone: float, threads: int) -> float:
    """Measures the time of a build while every thread runs one, relative to a build alone; 1 if each has a core."""
    if threads == 1:
        return 1.0
    with ThreadPoolExecutor(threads) as pool:
        slowest = [max(pool.map(once, range(threads))) for _ in range(2)]  # the first round starts the threads
    return min(max(1.0, min(slowest) / alone), threads)


def _sample(case: Case) -> NDArray[Any]:
    """Returns random vectors that vary more along some directions than along others, as real vectors do."""
    random = np.random.default_rng(0)
    values = random.standard_normal((case.rows, case.dims), dtype=np.float32)
    if case.dtype == "bits":
        return values > 0
    values *= (1 + np.arange(case.dims, dtype=np.float32)) ** -0.5
    if case.integers:
        middle = 128 if case.dtype == "u8" else 0
        steps: NDArray[Any] = np.clip(np.rint(middle + 40 * values), middle - 127, middle + 127)
        return steps.astype(np.uint8 if case.dtype == "u8" else np.int8)
    return values


def _rounded(count: float) -> str:
    """Returns an estimate with two significant digits: 41,000."""
    digits = max(0, len(str(int(count))) - 2)
    return f"{round(count, -digits):,.0f}"


def _size(count: int) -> str:
    """Returns a number of bytes in a readable unit."""
    value = float(count)
    for unit in ("bytes", "KB", "MB"):
        if value < 1000:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _duration(seconds: float) -> str:
    """Returns a number of seconds in a readable unit."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} microseconds"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.1f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
