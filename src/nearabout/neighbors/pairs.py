"""Searches for all pairs of rows within a distance of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.vectors import stored_to_numpy
from nearabout._base.checks import check_radius
from nearabout._base.progress import Monitor
from nearabout.calibration.effort import check_effort
from nearabout.errors import InvalidInputError
from nearabout.neighbors.duplicates import Duplicates

if TYPE_CHECKING:
    from nearabout import _core

_TOGETHER = 1_024  # rows that are searched in a call, unless they have many hits
_MOST_HITS = 1 << 22  # of a call: about 100 MB


def duplicates_of(
    core: _core.Index, radius: float, effort: int | None, max_pairs: int, threads: int, monitor: Monitor
) -> Duplicates:
    """Returns all pairs of rows within the radius; implements `Index.duplicates`.

    Memory is bounded: a call finds at most so many hits for each row that all of them fit. Rows that have as many are
    searched again, fewer in a call.
    """
    within = check_radius(radius, core.metric)
    effort, _ = check_effort(effort, False, core.effort_range is not None)
    most = _check_most(max_pairs)
    if not core.keeps_vectors:
        raise InvalidInputError("duplicates() compares vectors, and this index keeps no vectors, only codes of them")
    count, begin, step, pairs = len(core), 0, _TOGETHER, 0
    parts: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    while begin < count:
        rows = np.arange(begin, min(begin + step, count))
        found = _search(core, rows, within, effort, threads)
        if found is None:
            step = max(1, len(rows) // 8)
            continue
        parts.append(found)
        pairs += len(found[1])
        if pairs > most:
            raise InvalidInputError(
                f"more than {most:,} pairs are within {within:g}: so many were found after {begin + len(rows):,} of "
                f"{count:,} rows; pass a smaller radius or a larger max_pairs"
            )
        begin, step = begin + len(rows), min(2 * step, _TOGETHER)
        if monitor is not None:
            monitor(begin / count)
    none = np.empty((0, 2), np.int64), np.empty(0, np.float32)
    all_pairs, distances = (np.concatenate(arrays) for arrays in zip(none, *parts, strict=True))
    return Duplicates(all_pairs, distances, count)


def _search(
    core: _core.Index, rows: NDArray[np.int64], radius: float, effort: int | None, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """Returns the pairs of some rows and later ones; None if there may be more hits than there is room for."""
    own = rows, np.arange(len(rows) + 1)
    most = max(1, min(len(core), _MOST_HITS // len(rows) if len(rows) > 1 else len(core)))
    found, distances, starts, *_ = core.radius_search(
        _queries(core, rows), radius, effort, None, False, threads, None, own, most
    )
    counts = np.diff(starts)
    if most < len(core) - 1 and int(counts.max()) >= most:
        return None
    firsts = np.repeat(rows, counts)
    later = found > firsts
    return np.stack([firsts[later], found[later]], axis=1), distances[later]


def _queries(core: _core.Index, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Returns stored vectors as queries: bytes and bits as they are, other types as float32, which holds all values."""
    stored = core.vectors(rows)
    if core.dtype in ("u8", "i8", "bits"):
        return stored
    return np.ascontiguousarray(stored_to_numpy(stored, core.dtype, core.dims), np.float32)


def _check_most(value: object) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InvalidInputError(f"max_pairs is {value!r}; pass a positive whole number")
    return int(value)
