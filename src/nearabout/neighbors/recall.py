"""How much work the search for the neighbours of all rows takes: the least effort that finds enough, measured on some
of the rows.

The rows themselves are the queries, so nothing has to be predicted: some of them are searched with an effort, and with
every row, and compared. Whatever the data is like, this is the recall for it, this k and this index.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.calibration.effort import index_effort

if TYPE_CHECKING:
    from nearabout import _core

_MEASURED = 128  # rows; the standard error of their recall is about .007 at .95
_CONFIDENCE = 1.28  # standard errors between the measured recall and its lower bound: a one-sided 90 % bound
_TRIES = 8  # efforts that are tried at most
_CLOSE = 1.1  # an effort is good enough if one that is this much smaller is not enough
# Of the effort to try next: misses fall with about this power of the effort; a little more is enough more often; fewer
# misses than this fraction of those allowed say nothing.
_POWER, _MARGIN, _FEWEST_MISSES = 1.2, 1.03, 0.05
# With more of all lists or rows than this, comparing every row takes no longer.
_MOST_WORTHWHILE = 0.5


class Work(NamedTuple):
    """What the search does for each row."""

    k: int  # neighbours; at least 1
    effort: int | None  # None compares every row
    threads: int  # 0: all cores


class Chosen(NamedTuple):
    """An effort, and the recall that was measured with it."""

    effort: int | None
    recall: float | None
    measured_rows: int


def search(core: _core.Index, rows: NDArray[np.int64], work: Work) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the neighbours of some rows, without themselves, and their distances."""
    found = core.search_rows(rows, work.k, False, work.effort, None, work.effort is None, work.threads)
    return found[0], found[1]


class Sample:
    """Some of the rows, with the distance of the last of their true neighbours."""

    def __init__(self, core: _core.Index, k: int, threads: int) -> None:
        self._core = core
        self._k = k
        self._threads = threads
        every = len(core)
        if every <= _MEASURED:
            self.rows = np.arange(every, dtype=np.int64)
        else:
            self.rows = np.sort(np.random.default_rng(0).choice(every, _MEASURED, replace=False)).astype(np.int64)
        self._limits = search(core, self.rows, Work(k, None, threads))[1][:, -1:]

    def recall(self, effort: int) -> tuple[float, float]:
        """Returns the recall with an effort, and its lower bound."""
        return self.recall_of(search(self._core, self.rows, Work(self._k, effort, self._threads))[1])

    def recall_of(self, distances: NDArray[np.float32]) -> tuple[float, float]:
        """Returns the recall of neighbours at these distances, and its lower bound. A neighbour counts if it is no
        farther than the last of the true ones: which of several at the same distance does not matter.
        """
        found = (distances <= self._limits).mean(axis=1)
        others = 1 - len(self.rows) / len(self._core)  # the fraction of rows that were not measured
        error = math.sqrt(float(found.var()) / len(found) * others)
        return float(found.mean()), float(found.mean()) - _CONFIDENCE * error


def chosen_effort(core: _core.Index, k: int, recall: float, threads: int) -> Chosen:
    """Returns the least effort whose recall, minus 1.28 standard errors, reaches the target; every row, if none does
    that looks at less than half of them.
    """
    range_ = index_effort(core)
    if core.effort_range is None or recall >= 1:
        return Chosen(None, 1.0, 0)
    start = core.base_effort(k, None, recall if core.keeps_promises else None, False)
    most = int(range_.most * _MOST_WORTHWHILE)
    if start is None or most <= range_.least:
        return Chosen(None, 1.0, 0)
    sample = Sample(core, k, threads)
    return _least_enough(sample, recall, max(range_.least, min(start, most)), (range_.least, most))


def _least_enough(sample: Sample, target: float, start: int, limits: tuple[int, int]) -> Chosen:
    """Tries efforts between those that are known to be too small and to be enough."""
    least, most = limits
    too_small, high = least - 1, most + 1
    best = Chosen(None, 1.0, 0)
    effort = start
    for _ in range(_TRIES):
        recall, lower = sample.recall(effort)
        if lower >= target:
            best, high = Chosen(effort, recall, len(sample.rows)), effort
        else:
            too_small = effort
        # Misses fall with a power of the effort: these would be as many as are allowed.
        wanted = round(effort * max((1 - lower) / (1 - target), _FEWEST_MISSES) ** (1 / _POWER) * _MARGIN)
        close = high <= too_small * _CLOSE or (high == effort and wanted * _CLOSE >= high)
        if high - too_small <= 1 or (close and best.effort is not None):
            break
        effort = min(max(wanted, too_small + 1), high - 1)
    return best


def measured(core: _core.Index, work: Work) -> Chosen:
    """Returns the recall of a given effort."""
    range_ = index_effort(core)
    if work.effort is None or (range_.exact_at_most and work.effort >= range_.most):
        return Chosen(work.effort, 1.0, 0)
    sample = Sample(core, work.k, work.threads)
    return Chosen(work.effort, sample.recall(work.effort)[0], len(sample.rows))


def by_codes(core: _core.Index, k: int, effort: int | None, recall: float | None) -> Chosen:
    """Returns the effort of an index without vectors, and the recall that its calibration expects: there is nothing to
    measure it by.
    """
    if effort is None:
        effort = core.base_effort(k, None, recall if core.keeps_promises else None, False)
    if effort is None:
        effort = index_effort(core).most
    expected = core.expected_recall(k, effort)
    return Chosen(effort, None if expected is None else expected[0], 0)
