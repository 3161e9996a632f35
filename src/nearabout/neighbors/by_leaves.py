"""The neighbours of every row of an index, found by comparing the rows of small leaves that overlap.

How many of the true neighbours this finds is not known before: it is measured on some of the rows after each step, and
another step follows until it is enough.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._base.progress import Monitor, part_of
from nearabout.neighbors.recall import Chosen, Sample, Work, search

# With fewer rows, comparing all of them takes no longer. Lists of codes take less time the more rows there are, and
# building them more time the more dimensions.
LEAST_ROWS, MOST_ROWS_PER_DIM = 1_000, 300
MOST_ROWS = 2_000_000  # whose work space is no burden
_METRICS = ("cosine", "euclidean", "sqeuclidean")
_MOST_NEIGHBOURS = 100
_FOLLOWED = 12  # neighbours of so many neighbours are looked at
_STEPS = 8
_LEAVES = 2  # further leaves of each row in a step
# Once at most so many times as many neighbours are missing as may be, neighbours of neighbours are enough, mostly.
_NEAR = 2.2
_LEAST_GAIN = 0.1  # a step that does not find this fraction of what is missing is the last one
# Rows in a leaf, about: more where there are more rows. In the first step there are half as many: as long as nothing is
# known of what is near, a pair takes longer.
_LEAST_LEAF, _MOST_LEAF, _LEAF_PER_ROOT = 300, 1_500, 3


def is_worthwhile(rows: int, dims: int, metric: str, dtype: str, recall: float) -> bool:
    """Returns whether leaves are expected to take less time than the searches of an index."""
    most = min(MOST_ROWS, MOST_ROWS_PER_DIM * dims)
    return LEAST_ROWS <= rows <= most and metric in _METRICS and dtype != "bits" and recall < 1


class LeafSearch:
    """The rows that look near each row, and the k nearest of these."""

    def __init__(self, core: _core.Index, k: int, seed: int, threads: int) -> None:
        self._core = core
        self._k = k
        self._threads = threads
        self._leaf = min(max(int(_LEAF_PER_ROOT * math.sqrt(len(core))), _LEAST_LEAF), _MOST_LEAF)
        self._all = _core.AllRows(core, k, seed, threads)

    def add_leaves(self, first: bool, monitor: Monitor) -> None:
        """Compares the rows of further leaves."""
        self._all.add_leaves(_LEAVES, self._leaf // 2 if first else self._leaf, monitor)

    def descend(self, monitor: Monitor) -> None:
        """Looks at the neighbours of neighbours."""
        self._all.descend(_FOLLOWED, monitor)

    def order(self) -> NDArray[np.int64]:
        """Returns all rows in an order in which near ones mostly follow each other."""
        return self._all.order()

    def __call__(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns the nearest that were found for some rows, and their distances."""
        near, distances, counts = self._all.compare(rows)[:3]
        short = np.flatnonzero(counts < self._k)  # rows of tiny leaves
        if len(short):
            near[short], distances[short] = search(self._core, rows[short], Work(self._k, None, self._threads))
        return near, distances


def searched(
    core: _core.Index, k: int, recall: float, seed: int, threads: int, monitor: Monitor
) -> tuple[LeafSearch, Chosen] | None:
    """Returns a search that reaches the recall, as measured; None if none does."""
    if not _core.AllRows.serves(core) or not 0 < k <= min(_MOST_NEIGHBOURS, len(core) - 1):
        return None
    sample = Sample(core, k, threads)
    leaves = LeafSearch(core, k, seed, threads)
    found, missing, may_descend = 0.0, math.inf, False
    for number in range(_STEPS):
        before, part = found, part_of(monitor, number, _STEPS)
        if may_descend and missing <= _NEAR:
            leaves.descend(part)
            may_descend = False
        else:
            leaves.add_leaves(number == 0, part)
            may_descend = True
        found, lower = sample.recall_of(leaves(sample.rows)[1])
        if lower >= recall:
            return leaves, Chosen(None, found, len(sample.rows))
        if found - before < _LEAST_GAIN * (1 - before):
            break
        missing = (1 - lower) / (1 - recall)
    return None
