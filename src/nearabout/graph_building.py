"""Finds the neighbours of every row of a table of vectors."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from typing import Any, Literal

from nearabout._arrays.accepted_types import DataLike, KeysLike, Progress
from nearabout._base.arguments import NEIGHBORS
from nearabout._base.checks import check_threads
from nearabout._base.progress import Monitor, in_two_steps, monitor_for
from nearabout.building import Purpose, build, build_by, check_arguments
from nearabout.calibration.effort import check_recall
from nearabout.errors import InvalidInputError
from nearabout.index import Index
from nearabout.kinds import KINDS, Kind, resolve_kind
from nearabout.kinds.auto import every_row_kind
from nearabout.kinds.case import Case
from nearabout.kinds.tuning import Tuning
from nearabout.neighbors import NeighborGraph
from nearabout.neighbors.all_rows import Queue, Spending, graph_of, of_index, rows_together
from nearabout.neighbors.by_leaves import is_worthwhile, searched
from nearabout.neighbors.graph import check_graph_path, check_neighbors
from nearabout.planning.costs import query_cost, seconds
from nearabout.tuning import pieces


def neighbor_graph(
    data: DataLike,
    k: int = 15,
    keys: KeysLike | None = None,
    *,
    recall: float = 0.95,
    metric: str = "cosine",
    kind: str | Kind = "auto",
    dtype: str | None = None,
    path: str | os.PathLike[str] | None = None,
    memory: int | str | None = None,
    seed: int = 0,
    threads: int | None = None,
    invalid: Literal["raise", "skip"] = "raise",
    progress: Progress = None,
    **reading: Any,
) -> NeighborGraph:
    """Finds the k nearest others of every row: where UMAP, Leiden, HDBSCAN and spectral methods begin.

    Rows are divided into small leaves that overlap, and those of a leaf are compared with each other. Where that takes
    longer, or does not find enough, it builds an index and searches it with all of its rows, as `Index.neighbors` does.
    The result is the same with any number of threads, and on any machine with the same family of processors.

    Args:
        data: the vectors, (n, dims), or a file of them; anything that `build` takes.
        k: number of neighbours of each row, at least 1. UMAP counts the row itself: its n_neighbors is k + 1.
        keys: one per vector, as in `build`.
        recall: target fraction of the true neighbours, in (0, 1]. It is measured on 128 of the rows, and reached with
            a margin of 1.28 standard errors. 1.0 compares every row with every other.
        metric: as in `build`.
        kind: kind of the index, as in `build`. "auto" chooses what is expected to take the least time: leaves under
            euclidean, sqeuclidean and cosine for 1,000 rows and more, up to 300 for each dimension; otherwise the kind
            whose build and searches take the least time together. If you name a kind, leaves are not used.
        dtype: as in `build`: a smaller type takes less memory and time.
        path: .npz file to write the graph to, as `NeighborGraph.save` does. The returned graph is then mapped from it,
            and its tables are never in memory as a whole. None keeps the graph in memory.
        memory: memory budget of the build of the index, as in `build`. The index is then a temporary file in the folder
            of `path`, which is required; leaves, whose work space is in memory, are not used.
        seed: as in `build`.
        threads: number of threads; None uses all cores. The result is the same.
        invalid: as in `build`. With "skip", rows of the graph are those that are left; its keys are the row numbers of
            the input.
        progress: None, True (a bar on a terminal), or a function that is called with the fraction done.
        reading: options for reading a file, as in `build`.

    Returns:
        `NeighborGraph`: rows and distances, (n, min(k, n - 1)), nearest first. Its `recall` is what was measured.

    Raises:
        InvalidInputError: an argument cannot be used, as in `build`; k is not a positive integer; `memory` is given
            without `path`; the path does not end in .npz.
        FileFormatError: the input file cannot be parsed.
        OSError: a file cannot be read or written.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(1000, 8)).astype(np.float32)
    >>> graph = na.neighbor_graph(vectors, k=15, metric="euclidean")
    >>> graph
    <nearabout.NeighborGraph: 1,000 rows, 15 neighbours each, euclidean, recall 1.000>
    >>> graph.rows.shape, bool((graph.rows != np.arange(1000)[:, None]).all())
    ((1000, 15), True)
    """
    check_neighbors(k, 0)
    check_arguments(reading, data, neighbor_graph, NEIGHBORS)
    target = None if path is None else check_graph_path(path)
    if memory is not None and target is None:
        raise InvalidInputError(f"memory={memory!r} was given without path=; pass path= as well, for the graph")
    spending = Spending(check_recall(recall), None, False, check_threads(threads))
    building = {
        "metric": metric,
        "kind": kind,
        "recall": recall,
        "dtype": dtype,
        "seed": seed,
        "threads": threads,
        "invalid": invalid,
        **reading,
    }
    monitor, finish = monitor_for(progress, "finding neighbours")
    try:
        return _built_and_searched(data, k, keys, spending, target, memory, building, monitor)
    finally:
        finish()


# With more rows, searches make up for the time of a build that is not quick and that chooses the number of lists.
_MANY_ROWS = 200_000


def _built_and_searched(
    data: DataLike,
    k: int,
    keys: KeysLike | None,
    spending: Spending,
    path: str | None,
    memory: int | str | None,
    building: dict[str, Any],
    monitor: Monitor,
) -> NeighborGraph:
    # The effort is measured on this index anyway, for this k: a calibration would take time for nothing.
    options: dict[str, Any] = {"calibrate": False, **building}
    requested = resolve_kind(building["kind"])
    if requested == "auto" or requested.is_tuned:
        options["workload"] = "batch"
    build_monitor, search_monitor = in_two_steps(monitor)
    with contextlib.ExitStack() as files:
        if memory is not None and path is not None:
            folder = tempfile.TemporaryDirectory(dir=os.path.dirname(path) or os.curdir, prefix=".graph-")
            options |= {"path": os.path.join(files.enter_context(folder), "rows.near"), "memory": memory}
        purpose = _ForAGraph(by_leaves=memory is None)
        index = files.enter_context(build_by(purpose, data, keys, progress=build_monitor, **options))
        if purpose.by_leaves:
            graph = _by_leaves(index, k, spending, path, options, search_monitor)
            if graph is not None:
                return graph
            index = _rebuilt(index, _ForAGraph(by_leaves=False), options)
        chosen = spending.chosen(index._core, check_neighbors(k, len(index)))
        if chosen.effort is None and index.effort_unit is not None and len(index) > 1:
            index = files.enter_context(_every_row_index(index, spending.threads or None, options))
        queue = of_index(index._core, k, chosen.effort, spending.threads)
        return graph_of(index._core, k, chosen, queue, path, search_monitor)


def _by_leaves(
    index: Index, k: int, spending: Spending, path: str | None, options: dict[str, Any], monitor: Monitor
) -> NeighborGraph | None:
    """Returns the graph; None if leaves do not find as many neighbours as they should."""
    core, threads = index._core, spending.threads
    columns = check_neighbors(k, len(index))
    leaf_monitor, search_monitor = in_two_steps(monitor)
    found = searched(core, columns, spending.recall or 0, options["seed"], threads, leaf_monitor)
    if found is None:
        return None
    leaves, chosen = found
    queue = Queue(leaves.order(), rows_together(core, threads), leaves)
    return graph_of(core, k, chosen, queue, path, search_monitor)


def _rebuilt(index: Index, purpose: Purpose, options: dict[str, Any]) -> Index:
    """Returns another index of the same rows."""
    keys = None if index._core.key_type == "none" else index.keys()
    kept = {name: options[name] for name in ("recall", "seed", "threads", "calibrate", "workload") if name in options}
    return build_by(purpose, index.vectors(), keys, metric=index.metric, dtype=index.dtype, **kept)


def _every_row_index(index: Index, threads: int | None, options: dict[str, Any]) -> Index:
    """Returns an exact index of the same rows, for data of which lists would have to look at nearly all: it has a
    screen, and compares every row in a fraction of the time.
    """
    keys = None if index._core.key_type == "none" else index.keys()
    given: dict[str, Any] = {"metric": index.metric, "dtype": index.dtype, "kind": every_row_kind(), "threads": threads}
    if "memory" not in options:
        return build(index.vectors(), keys, **given)
    place: dict[str, Any] = {"path": f"{options['path']}.exact.near", "memory": options["memory"]}
    return build(pieces(index), keys, **given, **place)


class _ForAGraph(Purpose):
    """An index that is searched with all of its rows, once; or one that lends its rows and its screen to leaves."""

    def __init__(self, by_leaves: bool) -> None:
        self.by_leaves = False  # so chosen
        self._may_use_leaves = by_leaves

    def choose(self, rows: int, dims: int, metric: str, dtype: str, recall: float, tuning: Tuning, memory: int) -> Kind:
        self.by_leaves = self._may_use_leaves and is_worthwhile(rows, dims, metric, dtype, recall)
        return every_row_kind() if self.by_leaves else _quickest(rows, dims, metric, dtype, recall, tuning)

    def tuning(self, tuning: Tuning, rows: int) -> Tuning:
        return dataclasses.replace(tuning, quick=rows <= _MANY_ROWS, rough=self.by_leaves)


def _quickest(rows: int, dims: int, metric: str, dtype: str, recall: float, tuning: Tuning) -> Kind:
    """Returns the kind whose build and searches with all rows take the least time together."""
    serving = [one() for one in KINDS.values() if metric in one.metrics and (dtype != "bits" or one.serves_bits)]
    cases = [Case(rows, dims, metric, dtype, kind) for kind in serving]
    usable = [one for one in cases if one.kind.auto_seconds(one, recall, tuning) is not None]  # by kind="auto"
    candidates = [one for one in usable if one.kind.always_exact or recall < 1]

    def total(case: Case) -> float:
        return seconds(case, screen=rows > _MANY_ROWS) + rows * query_cost(case, recall).batch

    quickest = min(candidates, key=total)
    return quickest.kind if rows > _MANY_ROWS else quickest.kind.resolved(quickest, recall, tuning)
