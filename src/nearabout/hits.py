"""The results of a search."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nearabout.calibration import EVERY_ROW
from nearabout.calibration.search_cost import SearchCost, StoredSearchCost, cost_of_one
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from nearabout import _core
    from nearabout._arrays.key_lookup import Keys


class Hits:
    """The neighbours that a search found, nearest first. Equal distances (before rounding to float32) are in row order.

    After a search for one query every field is one-dimensional, (k,). After a batch of n queries the fields have the
    shape (n, k), with fewer columns if a filter leaves no query as many. If a query has fewer hits than others, the end
    of its row is padded with row -1, distance inf and key None (-1 if keys are integers); `counts` has the number of
    real hits. Hits unpack as ``keys, distances = hits``. `to_pandas`, `to_polars` and `to_arrow` return a data frame.

    Attributes:
        rows: int64, row numbers of the vectors in the index.
        distances: float32, smaller is closer, in the units of the metric (haversine: metres).
        counts: number of hits: an int for one query, int64 of shape (n,) for a batch.
        expected_recall: fraction of the true neighbours to expect among the hits.
        out_of_distribution: whether the query is unlike the calibration queries.
        effort: effort used for each query; EVERY_ROW (-1) if every row was compared.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], keys=["a", "b", "c"])
    >>> hits = index.search([1.0, 0.1], k=2)
    >>> hits.keys.tolist(), hits.rows.tolist(), hits.counts
    (['b', 'c'], [1, 2], 2)
    >>> hits.scores.round(3).tolist()
    [0.9950000047683716, 0.7739999890327454]
    """

    __slots__ = ("_cost", "_index", "_keys", "counts", "distances", "rows")

    rows: NDArray[np.int64]
    distances: NDArray[np.float32]
    counts: int | NDArray[np.int64]

    def __init__(
        self,
        rows: NDArray[np.int64],
        distances: NDArray[np.float32],
        counts: int | NDArray[np.int64],
        index: Searched,
        cost: SearchCost | StoredSearchCost | tuple[Any, ...] | None = None,
    ) -> None:
        self.rows = rows
        self.distances = distances
        self.counts = counts
        self._index = index
        self._keys: Keys | None = None
        self._cost: Any = cost  # of one query, what `cost_of_one` makes it of at first use

    @property
    def keys(self) -> Keys:
        """Keys of the hits: int64, or strings in an object array. Looked up at first use."""
        if self._keys is None:
            self._keys = self._index._keys_of(self.rows)
        return self._keys

    @property
    def scores(self) -> NDArray[np.float32]:
        """Similarities, float32, larger is closer: the cosine (1 - distance) or the inner product (-distance).

        Raises:
            InvalidInputError: the metric is neither cosine nor dot, so it has no similarity; use `distances`.
        """
        metric = self._index._metric
        if metric == "cosine":
            similarity: NDArray[np.float32] = np.float32(1) - self.distances
            return similarity
        if metric == "dot":
            return -self.distances
        raise InvalidInputError(
            f"the metric {metric!r} has no similarity scores, only cosine and dot have; "
            "use hits.distances, where smaller is closer"
        )

    @property
    def effort(self) -> int | NDArray[np.int64]:
        """Effort used: the number of lists probed, rows looked at or nodes kept in mind; `nearabout.EVERY_ROW` (-1)
        if every row was compared. An int for one query, int64 of shape (n,) for a batch.
        """
        cost = self._known_cost()
        return EVERY_ROW if cost is None else cost.number()

    @property
    def expected_recall(self) -> float | NDArray[np.float64] | None:
        """Recall to expect according to the calibration; 1.0 if every row was compared. A float for one query, float64
        of shape (n,) for a batch.

        If nothing was measured (`calibrate=False`, a radius search with an effort, or a filter on a graph without
        vectors) it is None, or NaN in a batch. It is valid for queries like those of the calibration. Other queries get
        more effort, see `out_of_distribution`.
        """
        cost = self._known_cost()
        return None if cost is None else cost.expected_recall()

    @property
    def out_of_distribution(self) -> bool | NDArray[np.bool_]:
        """Whether the query is unlike the calibration queries. A bool for one query, (n,) for a batch.

        It is true if the neighbours are nearer or farther away than those of all calibration queries, or if the first
        pass probably missed many more of them. With `recall=`, or without an effort, such a query gets more effort, up
        to every row. `Index.calibrate` calibrates with queries of that kind.
        """
        cost = self._known_cost()
        if cost is None:
            return False if self.rows.ndim == 1 else np.zeros(len(self.rows), bool)
        found = cost.out_of_distribution(np.atleast_2d(self.distances))
        return bool(found[0]) if self.rows.ndim == 1 else found

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Returns the hits as columns with one entry per hit, from which any library can make a data frame.

        Returns:
            A dict of the columns `rank` (1 for the nearest), `key`, `row` and `distance`. After a batch, the first
            column is `query`, the number of the query in the batch. Queries are in order and hits nearest first;
            padding is left out. Numbers are int64 and distances float32; keys are int64, or strings in an object array.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [1.0], [3.0]], keys=["a", "b", "c"], metric="euclidean")
        >>> hits = index.search([[0.0], [2.9]], k=2)
        >>> {name: column.tolist() for name, column in hits.to_dict().items() if name != "distance"}
        {'query': [0, 0, 1, 1], 'rank': [1, 2, 1, 2], 'key': ['a', 'b', 'c', 'b'], 'row': [0, 1, 2, 1]}
        """
        if self.rows.ndim == 1:
            ranks = np.arange(1, len(self.rows) + 1)
            return {"rank": ranks, "key": self.keys, "row": self.rows, "distance": self.distances}
        real = queries, ranks = np.nonzero(self.rows >= 0)  # padding is row -1
        return {
            "query": queries,
            "rank": ranks + 1,
            "key": self.keys[real],
            "row": self.rows[real],
            "distance": self.distances[real],
        }

    def to_pandas(self) -> pandas.DataFrame:
        """Returns the columns of `to_dict` as a pandas data frame.

        Raises:
            MissingDependencyError: pandas is not installed.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [1.0], [3.0]], keys=["a", "b", "c"], metric="euclidean")
        >>> index.search([1.1], k=2).to_pandas()  # doctest: +SKIP
           rank key  row  distance
        0     1   b    1       0.1
        1     2   a    0       1.1
        """
        from nearabout._arrays.data_frames import to_pandas

        frame: pandas.DataFrame = to_pandas(self.to_dict())
        return frame

    def to_arrow(self) -> pyarrow.Table:
        """Returns the columns of `to_dict` as an Arrow table; keys are strings or int64.

        Raises:
            MissingDependencyError: pyarrow is not installed.
        """
        from nearabout._arrays.data_frames import to_arrow

        table: pyarrow.Table = to_arrow(self.to_dict())
        return table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Exports the hits by the Arrow C interface, which polars, DuckDB and others read. It needs pyarrow."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_polars(self) -> polars.DataFrame:
        """Returns the columns of `to_dict` as a polars data frame.

        Raises:
            MissingDependencyError: polars is not installed.
        """
        from nearabout._arrays.data_frames import to_polars

        frame: polars.DataFrame = to_polars(self.to_dict())
        return frame

    def _without(self, rows: Set[int], k: int) -> Hits:
        """Returns the first k hits of one query, leaving out these rows."""
        kept = [position for position, row in enumerate(self.rows.tolist()) if row not in rows][:k]
        return Hits(self.rows[kept], self.distances[kept], len(kept), self._index, self._cost)

    def _known_cost(self) -> SearchCost | StoredSearchCost | None:
        """Returns the cost of the search, if it is known."""
        if type(self._cost) is tuple:
            self._cost = cost_of_one(self.rows.ndim == 1, *self._cost)
        cost: SearchCost | StoredSearchCost | None = self._cost
        return cost

    def __iter__(self) -> Iterator[Any]:
        yield self.keys
        yield self.distances

    def __repr__(self) -> str:
        return f"Hits(keys={self.keys!r}, distances={self.distances!r})"

    def __getstate__(self) -> tuple[Any, ...]:
        cost = StoredSearchCost(self.effort, self.expected_recall, self.out_of_distribution)
        return self.rows, self.distances, self.counts, self._index._metric, self.keys, cost

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.rows, self.distances, self.counts, metric, keys, self._cost = state
        self._keys = keys
        self._index = StoredNames(metric, keys)


class Searched(Protocol):
    """What hits need of the index that was searched."""

    _metric: str

    def _keys_of(self, rows: NDArray[np.int64]) -> Keys: ...


class StoredNames:
    """The same for pickled hits, which have no index."""

    __slots__ = ("_keys", "_metric")

    def __init__(self, metric: str, keys: Keys) -> None:
        self._metric = metric
        self._keys = keys

    def _keys_of(self, rows: NDArray[np.int64]) -> Keys:
        return self._keys


def nearest_hits(
    index: Searched,
    core: _core.Index,
    found: tuple[Any, ...],
    single: bool,
    requested: tuple[Any, Any, bool],
    restricted: bool,
) -> Hits:
    """Returns what the core's `search` found, among some of the rows if `restricted`."""
    rows, distances, counts, efforts, unlike, sought = found
    if single:
        count = int(counts[0])
        cost = SearchCost(core, int(sought[0]), requested, int(efforts[0]), bool(unlike[0]), restricted=restricted)
        return Hits(rows[0, :count], distances[0, :count], count, index, cost)
    cost = SearchCost(core, sought, requested, efforts, unlike, restricted=restricted)
    return Hits(rows, distances, counts.astype(np.int64), index, cost)


def hits_in_radius(
    index: Searched, core: _core.Index, found: tuple[Any, ...], single: bool, requested: tuple[Any, Any, bool]
) -> Hits:
    """Returns what the core's `radius_search` found, one flat list for all queries. Each query of a batch gets a row,
    padded to the longest.
    """
    rows, distances, offsets, efforts, unlike = found
    if single:
        cost = SearchCost(core, len(rows), requested, int(efforts[0]), bool(unlike[0]), True)
        return Hits(rows, distances, len(rows), index, cost)
    counts = np.diff(offsets)
    shape = (len(counts), int(counts.max(initial=0)))
    filled = np.arange(shape[1]) < counts[:, None]
    padded_rows = np.full(shape, -1, np.int64)
    padded_rows[filled] = rows
    padded_distances = np.full(shape, np.inf, np.float32)
    padded_distances[filled] = distances
    cost = SearchCost(core, shape[1], requested, efforts, unlike, True)
    return Hits(padded_rows, padded_distances, counts, index, cost)
