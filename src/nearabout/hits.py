"""What a search returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInput

Keys = NDArray[Any]  # object (str) or int64


class Hits:
    """Neighbours, nearest first; equal distances are in the order of their rows.

    After a search for one query every field is one-dimensional; after a batch of n queries the fields have n rows. A
    batch in which some query has fewer hits than others is padded at the end of its row: row -1, distance inf, key None
    (-1 where keys are integers); `counts` tells how many are real. It unpacks as ``keys, distances = hits``.

    Attributes:
        rows: int64, the numbers of the vectors in the index.
        distances: float32, always smaller-is-closer, in the units of the metric (haversine: metres).
        counts: how many hits there are: an int for one query, int64 of shape (n,) for a batch.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], keys=["a", "b", "c"])
    >>> hits = index.search([1.0, 0.1], k=2)
    >>> hits.keys.tolist(), hits.rows.tolist(), hits.counts
    (['b', 'c'], [1, 2], 2)
    >>> hits.scores.round(3).tolist()
    [0.9950000047683716, 0.7739999890327454]
    """

    __slots__ = ("_find_keys", "_keys", "_metric", "counts", "distances", "rows")

    rows: NDArray[np.int64]
    distances: NDArray[np.float32]
    counts: int | NDArray[np.int64]

    def __init__(
        self,
        rows: NDArray[np.int64],
        distances: NDArray[np.float32],
        counts: int | NDArray[np.int64],
        metric: str,
        find_keys: Callable[[NDArray[np.int64]], Keys],
    ) -> None:
        self.rows = rows
        self.distances = distances
        self.counts = counts
        self._metric = metric
        self._find_keys = find_keys
        self._keys: Keys | None = None

    @property
    def keys(self) -> Keys:
        """The keys of the hits: int64, or strings in an object array. Made when first asked for."""
        if self._keys is None:
            self._keys = self._find_keys(self.rows)
        return self._keys

    @property
    def scores(self) -> NDArray[np.float32]:
        """The similarity, larger-is-closer: the cosine (1 - distance), or the inner product (-distance).

        Raises:
            InvalidInput: the metric is neither cosine nor dot, so there is no similarity; use `distances`.
        """
        if self._metric == "cosine":
            similarity: NDArray[np.float32] = np.float32(1) - self.distances
            return similarity
        if self._metric == "dot":
            return -self.distances
        raise InvalidInput(
            f"the metric {self._metric!r} has distances but no similarity score (cosine and dot have); "
            "use hits.distances, where smaller is closer"
        )

    def __iter__(self) -> Iterator[Any]:
        yield self.keys
        yield self.distances

    def __repr__(self) -> str:
        return f"Hits(keys={self.keys!r}, distances={self.distances!r})"

    def __getstate__(self) -> tuple[Any, ...]:
        return self.rows, self.distances, self.counts, self._metric, self.keys

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.rows, self.distances, self.counts, self._metric, keys = state
        self._keys = keys
        self._find_keys = lambda rows: keys
