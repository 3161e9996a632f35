"""Building an index."""

from __future__ import annotations

import json
import os
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.arguments import check_flag, check_path, check_seed, check_threads
from nearabout.calibration import check_recall
from nearabout.errors import InvalidInputError
from nearabout.index import Index
from nearabout.inputs import as_measured
from nearabout.kinds import Kind, resolve_kind
from nearabout.kinds.auto import choose_kind, every_row_kind
from nearabout.larger import check_memory
from nearabout.names import check_dtype, check_metric
from nearabout.progress import in_two_steps, monitor_for
from nearabout.taking import Wanted, take


def build(
    data: Any,
    keys: Any = None,
    *,
    metric: str = "cosine",
    kind: str | Kind = "auto",
    recall: float = 0.95,
    calibrate: bool = True,
    dtype: str | None = None,
    path: str | os.PathLike[str] | None = None,
    queries: Any = None,
    memory: int | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    invalid: Literal["raise", "skip"] = "raise",
    progress: object = None,
    **reading: Any,
) -> Index:
    """Make an index of vectors.

    Args:
        data: the vectors, shape (n, dims): a NumPy array of any type and layout, nested lists, a torch tensor or
            anything with DLPack or the array interface; a frame or series of pandas or polars, or anything with the
            Arrow C interface; a dict of keys to vectors; an iterator of vectors, of pairs of a key and a vector, or of
            arrays of several; or the path of a file that `read` understands; or the `Embeddings` that `read` returned.
        keys: one a vector, all strings or all int64, none twice. None takes those that come with the vectors (of a
            file, a dict, a column named key, word, id or so, the index of a pandas frame), or, where there are none,
            the row numbers 0 to n - 1. Given, they take the place of those.
        metric: what near means. "cosine" (1 - cosine similarity, the length of vectors does not count) is right for
            most embeddings; "dot" (the negative inner product) where length means importance; "euclidean",
            "sqeuclidean" (its square) and "manhattan" for measured quantities and pixels; "hamming" (the share of bits
            that differ) and "jaccard" for bits; "haversine" for (latitude, longitude) in degrees, giving metres. Names
            and values are those of SciPy.
        kind: "auto" chooses by rows and dims: "exact" as long as a query takes about a tenth of a millisecond, which is
            up to 10,000,000 / (dims + 500) rows (16,666 of 100 dims, 7,788 of 784), and "ivf" above, several times as
            fast at about 95 in 100 of the true neighbours; "exact" too where calibration finds that lists would not be
            faster on these data; always "exact" for manhattan, hamming, jaccard and haversine. "exact" or `Exact()`
            compares the query with every vector; "forest" or `Forest()` grows trees and looks at the most promising
            rows; "ivf" or `IVF()` keeps lists of small codes and looks into the nearest.
        recall: the share of the true neighbours that searches aim at which ask for nothing else; what codes and how
            many lists are chosen for; 1 chooses the exact scan where the kind is "auto". `search(recall=)` asks for
            another.
        calibrate: whether to measure, with 384 of the rows or with `queries`, which effort finds which share of the
            true neighbours, so that a recall can be asked for. It adds some 15 in 100 to the build of lists of codes
            over 100,000 rows, and about doubles that of a forest. False: searches go by a rule, which is right about
            the default recall for 10 neighbours and says nothing of others; `Index.calibrate` makes up for it.
        dtype: how a number is stored: "f32", "f16", "bf16", "u8", "i8" or "bits". None keeps the input's type where it
            can (float64 and wide integers become f32, booleans under hamming and jaccard become bits). Fewer bytes make
            a smaller file and a faster search, at the price of rounding.
        path: where to write the index, which then is mapped from there; None builds in memory.
        queries: (n, dims), or one of (dims,): some of the queries that will be asked, to measure with in place of rows.
            Some hundred are enough, 1,024 are used at most. Without them rows serve, which is right where queries are
            like the rows; where they are not (pictures taken otherwise, questions and not answers) the calibration
            would promise too much. An exact index takes none; where "auto" chooses it there is nothing to measure.
        memory: how much the build may take for itself, for vectors that are larger than memory: bytes, or a size such
            as "512MB" or "1.5 GiB", at least 64 MB; what the caller holds and the libraries themselves are not
            counted. It needs `path`, in whose folder temporary files of the size of the vectors may come and go. Keys
            stay in memory. The index is the same, byte for byte. None takes what is convenient.
        seed: of what is random in the build of a forest or of lists, 0 to 2**64 - 1. The same data, parameters and seed
            give the same bytes. Exact indexes have nothing that is random, and take 0 only; "auto" takes any, so that a
            program does not depend on the size of its data: where it chooses "exact", all give the same.
        threads: how many to use; None uses all cores. The result is the same, byte for byte.
        invalid: what to do about vectors with NaN or infinity, zero vectors under cosine, and rows of a table that miss
            a value (null): "raise" refuses, "skip" leaves them out and lists their rows in `Index.skipped`. With "skip"
            and without keys, the keys are the row numbers of the input, so that they still point into it.
        progress: None, True (a bar on standard error if that is a terminal), or a function called with the share done,
            which ends with 1.0.
        reading: how a file is read: format, member, dims, dataset, key_column, vector_column, vector_columns, header,
            delimiter, quotes and errors, as `read` takes them.

    Returns:
        The index, open.

    Raises:
        InvalidInputError: an argument that cannot be used; the sentence says what was given and what is allowed.
        TypeError: an argument that there is not.
        FileFormatError: the input file cannot be understood.
        MissingDependencyError: reading this file format needs an optional library.
        OSError: a file cannot be read or written; a file that was at `path` before is as it was.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0]], keys=["north", "east"], metric="cosine")
    >>> index.search([2.0, 0.1], k=1).keys.tolist()
    ['east']
    """
    metric = check_metric(metric)
    dtype = check_dtype(dtype)
    asked = resolve_kind(kind)
    recall, calibrate = check_recall(recall), check_flag("calibrate", calibrate)
    _refuse_queries_of_exact(queries, asked)
    seed = check_seed(seed, is_random=asked == "auto" or asked.takes_seed)
    target = None if path is None else check_path(path)
    _check_invalid(invalid)
    budget = check_memory(memory, target)
    monitor, finish = monitor_for(progress, "building")
    thread_count = check_threads(threads)
    origin: dict[str, object] = {}
    try:
        told_reading, monitor = in_two_steps(monitor)
        wanted = Wanted(metric, dtype, budget, target, invalid)
        taken = take(data, keys, wanted, reading, told_reading, origin)
        vectors, rows = taken.vectors, taken.rows
        params = choose_kind(len(rows), vectors.dims, metric, vectors.dtype, recall) if asked == "auto" else asked
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
        notes = {**({"chosen_by": "auto"} if asked == "auto" else {}), **origin}
        core, skipped = _build_kind(taken, options, seed, measured, notes, params, monitor)
        if asked == "auto" and _is_better_exact(core, params, calibrate):
            core, skipped = _build_kind(taken, options, seed, None, notes, every_row_kind(), None)
    finally:
        finish()
    return Index(core, taken.left_out(skipped))


def _is_better_exact(core: _core.Index, params: Kind, calibrate: bool) -> bool:
    """Whether calibration found that comparing every row reaches the recall sooner: an exact index does it as well."""
    return calibrate and not params.always_exact and core.base_effort(10, None, None, False) is None


def _build_kind(
    taken: Any, options: dict[str, Any], seed: int, queries: Any, notes: dict[str, object], params: Kind, monitor: Any
) -> tuple[_core.Index, NDArray[np.int64]]:
    """An index of one kind, and the rows that were skipped."""
    metadata = {"library": f"nearabout {_core.version()}", **params.settings(), **notes}
    built: tuple[_core.Index, NDArray[np.int64]] = taken.naming_keys(_core.build)(
        params.name,
        taken.rows,
        **options,
        metadata=json.dumps(metadata, ensure_ascii=False),
        parameters=params.parameters(seed),
        queries=None if params.always_exact else queries,
        monitor=monitor,
    )
    return built


def _check_invalid(invalid: object) -> None:
    if invalid not in ("raise", "skip"):
        raise InvalidInputError(f'invalid is {invalid!r}; pass "raise" or "skip"')


def _refuse_queries_of_exact(queries: Any, asked: Kind | Literal["auto"]) -> None:
    if queries is not None and isinstance(asked, Kind) and asked.always_exact:
        raise InvalidInputError(
            "queries were given, and an exact index measures nothing with them: it compares every row; leave them out, "
            "or choose another kind"
        )
