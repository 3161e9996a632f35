"""Rows that are within a distance of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.neighbors.components import components


class Duplicates:
    """All pairs of rows within a distance of each other, and the groups that they form. `Index.duplicates` returns it.

    Attributes:
        pairs: int64, (m, 2), row numbers, the smaller one first. The first rows ascend, and the pairs of each are
            nearest first.
        distances: float32, (m,), of the pairs, in the units of the metric.

    >>> import nearabout as na
    >>> index = na.build([[0.0], [5.0], [0.1], [5.1], [9.0]], metric="euclidean", keys=["a", "b", "c", "d", "e"])
    >>> found = index.duplicates(0.5)
    >>> found.pairs.tolist(), [index.keys(group).tolist() for group in found.groups]
    ([[0, 2], [1, 3]], [['a', 'c'], ['b', 'd']])
    """

    __slots__ = ("_count", "_groups", "distances", "pairs")

    pairs: NDArray[np.int64]
    distances: NDArray[np.float32]

    def __init__(self, pairs: NDArray[np.int64], distances: NDArray[np.float32], count: int) -> None:
        self.pairs = pairs
        self.distances = distances
        self._count = count
        self._groups: list[NDArray[np.int64]] | None = None

    @property
    def groups(self) -> list[NDArray[np.int64]]:
        """Groups of rows that pairs connect, directly or through others: arrays of at least two ascending row numbers,
        in the order of their first rows. Two rows of a group may be farther apart than the radius.
        """
        if self._groups is None:
            self._groups = components(self._count, self.pairs)
        return self._groups

    @property
    def redundant(self) -> NDArray[np.int64]:
        """Rows to leave out so that one of each group is left, the first: int64, ascending."""
        others = [group[1:] for group in self.groups]
        return np.sort(np.concatenate(others)) if others else np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        pairs = "pair" if len(self) == 1 else "pairs"
        return f"<nearabout.Duplicates: {len(self):,} {pairs} among {self._count:,} rows>"

    def __getstate__(self) -> tuple[Any, ...]:
        return self.pairs, self.distances, self._count

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.pairs, self.distances, self._count = state
        self._groups = None
