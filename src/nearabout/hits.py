"""What a search returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout.calibration import EVERY_ROW, Spent, Told
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Keys = NDArray[Any]  # object (str) or int64


class Hits:
    """Neighbours, nearest first; equal distances are in the order of their rows.

    After a search for one query every field is one-dimensional; after a batch of n queries the fields have n rows. A
    batch in which some query has fewer hits than others is padded at the end of its row: row -1, distance inf, key None
    (-1 where keys are integers); `counts` tells how many are real. It unpacks as ``keys, distances = hits``.
    `to_pandas`, `to_polars` and `to_arrow` make a data frame of it.

    Attributes:
        rows: int64, the numbers of the vectors in the index.
        distances: float32, always smaller-is-closer, in the units of the metric (haversine: metres).
        counts: how many hits there are: an int for one query, int64 of shape (n,) for a batch.
        expected_recall: the share of the true neighbours that is to be expected among them.
        out_of_distribution: whether the query is unlike those that this was measured with.
        effort: what was spent on each query; EVERY_ROW (-1) where every row was compared.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], keys=["a", "b", "c"])
    >>> hits = index.search([1.0, 0.1], k=2)
    >>> hits.keys.tolist(), hits.rows.tolist(), hits.counts
    (['b', 'c'], [1, 2], 2)
    >>> hits.scores.round(3).tolist()
    [0.9950000047683716, 0.7739999890327454]
    """

    __slots__ = ("_find_keys", "_keys", "_metric", "_spent", "counts", "distances", "rows")

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
        spent: Spent | Told | None = None,
    ) -> None:
        self.rows = rows
        self.distances = distances
        self.counts = counts
        self._metric = metric
        self._find_keys = find_keys
        self._keys: Keys | None = None
        self._spent = spent

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
            InvalidInputError: the metric is neither cosine nor dot, so there is no similarity; use `distances`.
        """
        if self._metric == "cosine":
            similarity: NDArray[np.float32] = np.float32(1) - self.distances
            return similarity
        if self._metric == "dot":
            return -self.distances
        raise InvalidInputError(
            f"the metric {self._metric!r} has distances but no similarity score (cosine and dot have); "
            "use hits.distances, where smaller is closer"
        )

    @property
    def effort(self) -> int | NDArray[np.int64]:
        """What was spent on the query: rows or lists looked at; `nearabout.EVERY_ROW` (-1) where every row was
        compared. An int for one query, int64 of shape (n,) for a batch.
        """
        return EVERY_ROW if self._spent is None else self._spent.number()

    @property
    def expected_recall(self) -> float | NDArray[np.float64] | None:
        """The share of the true neighbours to expect, as the index was calibrated: 1.0 where every row was compared;
        None where nothing was measured (`calibrate=False`, or a radius search with an effort). A float for one query;
        for a batch float64 of shape (n,), with NaN in place of None.

        It holds for queries like those it was measured with. Others get more effort than those, see
        `out_of_distribution`.
        """
        return None if self._spent is None else self._spent.expected_recall()

    @property
    def out_of_distribution(self) -> bool | NDArray[np.bool_]:
        """Whether the query is unlike those of the calibration: its neighbours are nearer or farther away than theirs,
        or many more of them were probably missed at first. A bool for one query, (n,) for a batch.

        With `recall=`, or without effort, such a query was given more effort, up to every row. `Index.calibrate`
        measures with queries of that kind.
        """
        if self._spent is None:
            return False if self.rows.ndim == 1 else np.zeros(len(self.rows), bool)
        found = self._spent.out_of_distribution(np.atleast_2d(self.distances))
        return bool(found[0]) if self.rows.ndim == 1 else found

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """The hits as columns, an entry for each hit: what a data frame of any library is made of.

        Returns:
            After one query the columns `rank` (1 for the nearest), `key`, `row` and `distance`; after a batch also
            `query`, in front, the number of the query in the batch. Queries are in their order and hits nearest first;
            padding is left out. Numbers are int64 and distances float32; keys are int64, or strings in an object array.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [1.0], [3.0]], keys=["a", "b", "c"], metric="euclidean")
        >>> hits = index.search([[0.0], [2.9]], k=2)
        >>> {name: column.tolist() for name, column in hits.to_dict().items() if name != "distance"}
        {'query': [0, 0, 1, 1], 'rank': [1, 2, 1, 2], 'key': ['a', 'b', 'c', 'b'], 'row': [0, 1, 2, 1]}
        """
        from nearabout.frames import columns

        return columns(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The columns of `to_dict` as a pandas data frame.

        Raises:
            MissingDependencyError: pandas is not installed.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [1.0], [3.0]], keys=["a", "b", "c"], metric="euclidean")
        >>> index.search([1.1], k=2).to_pandas()  # doctest: +SKIP
           rank key  row  distance
        0     1   b    1       0.1
        1     2   a    0       1.1
        """
        from nearabout.frames import to_pandas

        frame: pandas.DataFrame = to_pandas(self)
        return frame

    def to_arrow(self) -> pyarrow.Table:
        """The columns of `to_dict` as an Arrow table; keys are strings or int64.

        Raises:
            MissingDependencyError: pyarrow is not installed.
        """
        from nearabout.frames import to_arrow

        table: pyarrow.Table = to_arrow(self)
        return table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow C interface, by which polars, DuckDB and others read hits as they are; it needs pyarrow."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_polars(self) -> polars.DataFrame:
        """The columns of `to_dict` as a polars data frame.

        Raises:
            MissingDependencyError: polars is not installed.
        """
        from nearabout.frames import to_polars

        frame: polars.DataFrame = to_polars(self)
        return frame

    def _without(self, rows: Set[int], k: int) -> Hits:
        """The first k hits of one query that are none of these rows."""
        kept = [place for place, row in enumerate(self.rows.tolist()) if row not in rows][:k]
        return Hits(self.rows[kept], self.distances[kept], len(kept), self._metric, self._find_keys, self._spent)

    def __iter__(self) -> Iterator[Any]:
        yield self.keys
        yield self.distances

    def __repr__(self) -> str:
        return f"Hits(keys={self.keys!r}, distances={self.distances!r})"

    def __getstate__(self) -> tuple[Any, ...]:
        told = Told(self.effort, self.expected_recall, self.out_of_distribution)
        return self.rows, self.distances, self.counts, self._metric, self.keys, told

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.rows, self.distances, self.counts, self._metric, keys, self._spent = state
        self._keys = keys
        self._find_keys = lambda rows: keys
