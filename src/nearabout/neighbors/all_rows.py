"""Searches for the neighbours of every row of an index."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.key_lookup import keys_of
from nearabout._base.progress import Monitor
from nearabout.calibration.effort import check_effort, check_recall
from nearabout.errors import InvalidInputError
from nearabout.neighbors.graph import NeighborGraph, check_neighbors, row_dtype
from nearabout.neighbors.graph_file import read_graph, scratch_folder, write_graph
from nearabout.neighbors.recall import Chosen, Work, by_codes, chosen_effort, measured, search

if TYPE_CHECKING:
    from nearabout import _core

_DEFAULT_RECALL = 0.95
# Rows that are searched in a call: enough for every thread, and few enough for their vectors to be no burden.
_LEAST_TOGETHER, _TOGETHER_PER_THREAD = 8_192, 1_024
_VECTOR_BYTES = 64 << 20
_TABLE_BYTES = 256 << 20  # of tables in a file, which are filled in any order


class Spending(NamedTuple):
    """The arguments of a search that say how much work it does."""

    recall: float | None
    effort: int | None
    exact: bool
    threads: int  # 0: all cores

    def chosen(self, core: _core.Index, k: int) -> Chosen:
        """Returns the effort, and the recall that was measured with it."""
        if sum((self.recall is not None, self.effort is not None, self.exact is True)) > 1:
            raise InvalidInputError("pass one of recall=, effort= and exact=: each sets the effort of the search")
        recall = None if self.recall is None else check_recall(self.recall)
        effort, exact = check_effort(self.effort, self.exact, core.effort_range is not None)
        if not core.keeps_vectors:
            if exact:
                raise InvalidInputError(
                    "exact=True compares vectors, and this index keeps no vectors, only codes of them; leave it out"
                )
            return by_codes(core, k, effort, recall)
        if k == 0:
            return Chosen(None, 1.0, 0)
        if effort is not None or exact:
            return measured(core, Work(k, effort, self.threads))
        return chosen_effort(core, k, recall or _target_of(core), self.threads)


def _target_of(core: _core.Index) -> float:
    calibration = core.calibration()
    return _DEFAULT_RECALL if calibration is None else float(calibration["target_recall"])


def neighbors_of(core: _core.Index, k: int, spending: Spending, path: str | None, monitor: Monitor) -> NeighborGraph:
    """Implements `Index.neighbors`."""
    chosen = spending.chosen(core, check_neighbors(k, len(core)))
    return graph_of(core, k, chosen, of_index(core, k, chosen.effort, spending.threads), path, monitor)


class Queue(NamedTuple):
    """Rows in the order in which they are searched, and what returns the rows and distances of some of them."""

    order: NDArray[np.int64]
    together: int  # rows that are searched in a call
    find: Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.float32]]]


def of_index(core: _core.Index, k: int, effort: int | None, threads: int) -> Queue:
    """Returns the rows of an index, those of a list one after the other: they look into the same lists, and compare
    the same vectors, which then are in the cache. What is found does not depend on the order.
    """
    work = Work(check_neighbors(k, len(core)), effort, threads)
    return Queue(core.batch_order(), rows_together(core, threads), lambda rows: search(core, rows, work))


def graph_of(
    core: _core.Index, k: int, chosen: Chosen, queue: Queue, path: str | None, monitor: Monitor
) -> NeighborGraph:
    """Returns the neighbours of every row. With a path, the tables are in files all the time, and the graph is mapped
    from the one at the path.
    """
    count = len(core)
    columns = check_neighbors(k, count)
    keys = None if core.key_type == "none" else keys_of(core, np.arange(count))
    with _tables((count, columns), path) as (rows, distances):
        if columns > 0:
            _fill(queue, rows, distances, monitor)
        graph = NeighborGraph(rows, distances, core.metric, keys, chosen.recall, chosen.measured_rows)
        if path is None:
            return graph
        write_graph(path, graph)
    return read_graph(path, mapped=True)


@contextlib.contextmanager
def _tables(shape: tuple[int, int], path: str | None) -> Iterator[tuple[NDArray[Any], NDArray[np.float32]]]:
    """Yields room for rows and distances: in memory, or in temporary files in the folder of `path`."""
    types = row_dtype(shape[0]), np.float32
    if path is None or 0 in shape:
        yield np.empty(shape, types[0]), np.empty(shape, types[1])
        return
    with contextlib.ExitStack() as files:
        rows, distances = (
            np.memmap(files.enter_context(tempfile.TemporaryFile(dir=scratch_folder(path))), one, "w+", 0, shape)
            for one in types
        )
        yield rows, distances


def _fill(queue: Queue, rows: NDArray[Any], distances: NDArray[np.float32], monitor: Monitor) -> None:
    done = 0
    for part in _parts(queue.order, max(queue.together, _TABLE_BYTES // (8 * rows.shape[1]))):
        for begin in range(0, len(part), queue.together):
            block = part[begin : begin + queue.together]
            rows[block], distances[block] = queue.find(block)
            done += len(block)
            if monitor is not None:
                monitor(done / len(queue.order))


def rows_together(core: _core.Index, threads: int) -> int:
    """Returns how many rows to search in a call."""
    row_bytes = max(1, 4 * core.dims)
    most = max(1_024, _VECTOR_BYTES // row_bytes)
    return min(most, max(_LEAST_TOGETHER, _TOGETHER_PER_THREAD * threads))


def _parts(order: NDArray[np.int64], span: int) -> Iterator[NDArray[np.int64]]:
    """Yields all rows, so many successive ones at a time, each part in the given order."""
    if len(order) <= span:
        yield order
        return
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    for begin in range(0, len(order), span):
        yield begin + np.argsort(places[begin : begin + span])
