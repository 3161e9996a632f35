"""Builds an index."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.accepted_types import DataLike, KeysLike, Progress, VectorsLike
from nearabout._arrays.build_input import Wanted, check_reading, take
from nearabout._arrays.out_of_core import check_memory
from nearabout._arrays.queries import as_measured
from nearabout._base.checks import check_flag, check_path, check_seed, check_threads
from nearabout._base.progress import in_two_steps, monitor_for
from nearabout._base.vocabulary import check_dtype, check_metric
from nearabout.calibration.effort import check_recall
from nearabout.errors import InvalidInputError
from nearabout.index import Index
from nearabout.kinds import KINDS, Kind, resolve_kind
from nearabout.kinds.auto import choose_kind, every_row_kind
from nearabout.kinds.tuning import Tuning, given_to_auto, tuning_for


def build(
    data: DataLike,
    keys: KeysLike | None = None,
    *,
    metric: str = "cosine",
    kind: str | Kind = "auto",
    recall: float = 0.95,
    calibrate: bool = True,
    dtype: str | None = None,
    path: str | os.PathLike[str] | None = None,
    queries: VectorsLike | None = None,
    workload: Literal["both", "batch", "single"] = "both",
    family: str | None = None,
    memory: int | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    invalid: Literal["raise", "skip"] = "raise",
    progress: Progress = None,
    **reading: Any,
) -> Index:
    """Builds an index of vectors.

    Args:
        data: the vectors, shape (n, dims). Accepts a NumPy array of any dtype and layout; nested lists; a torch tensor
            or anything with DLPack or the array interface; a pandas or polars frame or series, or anything with the
            Arrow C interface; a dict of keys to vectors; an iterator of vectors, of (key, vector) pairs or of arrays
            of several vectors; the path of a file that `read` supports; or the `Embeddings` that `read` returned.
        keys: one per vector, all strings or all int64, no duplicates. None uses the keys that come with the data (in a
            file, a dict, a column named key, word, id or similar, the index of a pandas frame), or else the row numbers
            0 to n - 1. Keys that you pass replace those of the data.
        metric: distance between vectors. "cosine" (1 - cosine similarity; ignores the length of vectors) suits most
            embeddings. "dot" (negative inner product) is for vectors whose length means importance. "euclidean",
            "sqeuclidean" (its square) and "manhattan" are for measured quantities and pixels. "hamming" (fraction of
            bits that differ) and "jaccard" are for bits. "haversine" takes (latitude, longitude) in degrees and returns
            metres. Names and values are those of SciPy.
        kind: kind of index: a name, or an object with settings.
            "auto" chooses by rows and dims: "exact" as long as a query takes at most about 0.1 milliseconds, which is
            up to 10,000,000 / (dims + 500) rows (16,666 rows of 100 dims, 7,788 of 784), and "ivf" above, which is
            several times as fast at a recall of about 0.95. With workload="batch" it chooses "exact" as long as a batch
            takes at most twice the time of "ivf", which is up to fewer rows. It also chooses "exact" if calibration
            finds that IVF is no faster on this data, and always for manhattan, hamming, jaccard and haversine. Above
            that size it chooses "kdtree" for vectors of up to 3 dims and for haversine.
            "exact" or `Exact()` compares the query with every vector.
            "forest" or `Forest()` builds trees and looks at the most promising rows.
            "ivf" or `IVF()` builds lists of small codes and probes the nearest lists.
            "graph" or `Graph()` joins each row to near rows and walks from row to nearer row. "kdtree" or `KDTree()`
            divides the rows at coordinates: exact and fast in few dimensions. "lsh" or `LSH()` compares the rows whose
            binary codes are nearest.
        recall: default target recall of searches on this index (fraction of true neighbours found), in (0, 1]. It also
            guides the choice of the code size and the number of lists. With kind="auto", 1.0 selects the exact scan.
            `search(recall=)` overrides it.
        calibrate: whether to measure the recall of each effort, with 384 of the rows or with `queries`. Searches need
            this for `recall=`. It adds about 15 % to the build time of an IVF index of 100,000 rows and about doubles
            that of a forest. If False, searches use a rule of thumb that is about right for the default recall and 10
            neighbours, but for no other recall. `Index.calibrate` can add the calibration later.
        dtype: type of a stored number: "f32", "f16", "bf16", "u8", "i8" or "bits". None keeps the input's type if
            possible (float64 and wide integers become f32; booleans under hamming and jaccard become bits). Smaller
            types make the file smaller and searches faster, at the cost of rounding.
        path: file to write the index to; the returned index is mapped from it. None builds in memory.
        queries: (n, dims) or (dims,), sample queries for the calibration, used instead of rows. A few hundred are
            enough; at most 1,024 are used. Without them, the calibration uses rows, which is right if queries are
            similar to the rows. If they are not (pictures taken differently, questions as opposed to answers), the
            calibration would predict too high a recall. An exact index takes no queries; if "auto" chooses exact, they
            are not used.
        workload: what searches the index is meant for: "batch" (many queries in a call), "single" (one in a call) or
            "both". "auto" chooses the kind by it, and IVF the size of its codes, the number of lists and byte rows. Any
            search works with any of them; only the speed differs. Other kinds have nothing to choose by it.
        family: family of processors that these choices are made for: "generic", "avx2" or "amx". None is the family of
            this machine, or the one named by the environment variable NEARABOUT_FAMILY. The choice uses stored
            constants and is never timed: the same data, parameters and family give the same bytes on any machine with
            fused multiplication (all since AVX2 and ARMv8), and an index for another family gives the same quality of
            answers. `tune` chooses anew for another machine.
        memory: memory budget of the build, for vectors that are larger than memory: bytes, or a size such as "512MB"
            or "1.5 GiB", at least 64 MB. It does not count the caller's data or the libraries themselves. It requires
            `path`; temporary files as large as the vectors may appear in that folder. Keys stay in memory. The index is
            the same, byte for byte. A graph is not built in parts: if it needs more than the budget, some 1 kB a row,
            the build raises before it begins. None sets no budget.
        seed: random seed of the build of a forest, an IVF index, a graph or hashes, 0 to 2**64 - 1. The same data,
            parameters and seed give the same bytes. Exact indexes and k-d trees use no random numbers and accept only
            0. "auto" accepts any seed, so that a program does not depend on the size of its data; if it chooses one of
            these, the seed has no effect.
        threads: number of threads; None uses all cores. The result is the same, byte for byte.
        invalid: how to treat vectors with NaN or infinity, zero vectors under cosine, and table rows with missing
            values (null). "raise" raises an error. "skip" leaves them out and lists their rows in `Index.skipped`. With
            "skip" and without keys, the keys are the row numbers of the input, so they still identify input rows.
        progress: None, True (a bar on standard error if that is a terminal), or a function that is called with the
            fraction done; the last call has 1.0.
        reading: options for reading a file: format, member, dims, dataset, key_column, vector_column, vector_columns,
            header, delimiter, quotes and errors, as in `read`.

    Returns:
        The index, open.

    Raises:
        InvalidInputError: an argument cannot be used; the message says what was given and what is allowed.
        TypeError: there is no such argument.
        FileFormatError: the input file cannot be parsed.
        MissingDependencyError: reading this file format needs an optional library.
        OSError: a file cannot be read or written; a previous file at `path` is unchanged.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0]], keys=["north", "east"], metric="cosine")
    >>> index.search([2.0, 0.1], k=1).keys.tolist()
    ['east']
    """
    return build_by(
        Purpose(),
        data,
        keys,
        metric=metric,
        kind=kind,
        recall=recall,
        calibrate=calibrate,
        dtype=dtype,
        path=path,
        queries=queries,
        workload=workload,
        family=family,
        memory=memory,
        seed=seed,
        threads=threads,
        invalid=invalid,
        progress=progress,
        **reading,
    )


class Purpose:
    """What an index is built for: here, for any searches."""

    def choose(self, rows: int, dims: int, metric: str, dtype: str, recall: float, tuning: Tuning, memory: int) -> Kind:
        """Returns the kind for "auto"."""
        return choose_kind(rows, dims, metric, dtype, recall, tuning, memory)

    def tuning(self, tuning: Tuning, rows: int) -> Tuning:
        """Returns what the kind chooses its parameters by."""
        return tuning


def build_by(
    purpose: Purpose,
    data: DataLike,
    keys: KeysLike | None = None,
    *,
    metric: str = "cosine",
    kind: str | Kind = "auto",
    recall: float = 0.95,
    calibrate: bool = True,
    dtype: str | None = None,
    path: str | os.PathLike[str] | None = None,
    queries: VectorsLike | None = None,
    workload: Literal["both", "batch", "single"] = "both",
    family: str | None = None,
    memory: int | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    invalid: Literal["raise", "skip"] = "raise",
    progress: Progress = None,
    **reading: Any,
) -> Index:
    """Builds an index as `build` does, for a purpose of its own."""
    metric, dtype = check_metric(metric), check_dtype(dtype)
    requested, tuning = resolve_kind(kind), tuning_for(workload, family)
    recall, calibrate = check_recall(recall), check_flag("calibrate", calibrate)
    _check_use(invalid, queries, workload, family, requested)
    seed = check_seed(seed, is_random=requested == "auto" or requested.takes_seed)
    target = None if path is None else check_path(path)
    budget = check_memory(memory, target)
    check_arguments(reading, data, build)
    monitor, finish = monitor_for(progress, "building")
    thread_count, origin = check_threads(threads), dict[str, object]()
    try:
        reading_monitor, monitor = in_two_steps(monitor)
        taken = take(data, keys, Wanted(metric, dtype, budget, target, invalid), reading, reading_monitor, origin)
        vectors, rows = taken.vectors, taken.rows
        case = (len(rows), vectors.dims, metric, vectors.dtype, recall, tuning, budget)
        params: Kind = purpose.choose(*case) if requested == "auto" else requested
        choices = (seed, purpose.tuning(tuning, len(rows)))
        options = {
            "dims": vectors.dims,
            "dtype": vectors.dtype,
            "source_dtype": vectors.source_dtype,
            "metric": metric,
            "keys": taken.keys_for(invalid),
            "invalid": invalid,
            "path": target,
            "threads": thread_count,
            "memory": budget,
            "calibrate": calibrate,
            "recall": recall,
        }
        measured = as_measured(queries, metric, vectors.dtype, vectors.dims)
        chosen = given_to_auto(recall, seed, calibrate, queries is not None, tuning)
        notes = {**(chosen if requested == "auto" else {}), **origin}
        core, skipped = _build_kind(taken, options, choices, measured, notes, params, monitor)
        if requested == "auto" and _is_better_exact(core, params, calibrate):
            core, skipped = _build_kind(taken, options, choices, None, notes, every_row_kind(), None)
    finally:
        finish()
    return Index(core, taken.left_out(skipped))


def _is_better_exact(core: _core.Index, params: Kind, calibrate: bool) -> bool:
    """Returns whether calibration found that an exact scan reaches the recall in less time than this kind."""
    may_scan = calibrate and not params.always_exact and not params.is_exact_quick
    return may_scan and core.base_effort(10, None, None, False) is None


def _build_kind(
    taken: Any,
    options: dict[str, Any],
    choices: tuple[int, Tuning],
    queries: Any,
    notes: dict[str, object],
    params: Kind,
    monitor: Any,
) -> tuple[_core.Index, NDArray[np.int64]]:
    """Builds an index of one kind; returns it and the rows that were skipped."""
    metadata = {"library": f"nearabout {_core.version()}", **params.settings(), **notes}
    built: tuple[_core.Index, NDArray[np.int64]] = taken.naming_keys(_core.build)(
        params.name,
        taken.rows,
        **options,
        metadata=json.dumps(metadata, ensure_ascii=False),
        parameters=params.parameters(*choices),
        queries=None if params.always_exact else queries,
        monitor=monitor,
    )
    return built


def _check_use(
    invalid: object,
    queries: Any,
    workload: object,
    family: object,
    requested: Kind | Literal["auto"],
) -> None:
    """Refuses arguments that have no such value, or no effect."""
    if invalid not in ("raise", "skip"):
        raise InvalidInputError(f'invalid is {invalid!r}; pass "raise" or "skip"')
    if requested == "auto":
        return
    if queries is not None and requested.always_exact:
        raise InvalidInputError(
            "queries were given, but an exact index is not calibrated, because it compares every row; leave queries "
            "out or choose another kind"
        )
    for name, value, unset in (("workload", workload, "both"), ("family", family, None)):
        if value != unset and not requested.is_tuned:
            tuned = " or ".join(f'kind="{kind.name}"' for kind in KINDS.values() if kind.is_tuned)
            raise InvalidInputError(
                f"{name} is {value!r}, but nothing about the kind {requested.name} depends on it; leave it out or "
                f'choose kind="auto" or {tuned}'
            )


def check_arguments(
    reading: dict[str, Any], data: object, called: Callable[..., object], others: Mapping[str, str] | None = None
) -> None:
    """Refuses arguments that the function that was called does not have, as `check_reading` does. Settings of a kind
    belong to the kind.
    """
    for name in reading:
        for kind in KINDS.values():
            if name in {field.name for field in dataclasses.fields(kind)}:
                raise TypeError(
                    f"{called.__name__}() has no argument {name!r}, but a kind has: "
                    f"pass kind=na.{kind.__name__}({name}=...)"
                )
    check_reading(reading, data, called, others)
