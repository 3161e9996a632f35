"""An open index and its methods."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.accepted_types import (
    FiltersLike,
    Key,
    KeysLike,
    Progress,
    RowsLike,
    TermsLike,
    VectorsLike,
)
from nearabout._arrays.key_lookup import Keys, checked_rows, is_single_key, keys_of, known_row, row_of, rows_of
from nearabout._arrays.vectors import stored_to_numpy
from nearabout._base.checks import check_path
from nearabout.calibration import Calibration
from nearabout.errors import InvalidInputError
from nearabout.hits import Hits
from nearabout.index import searching
from nearabout.index.all_rows import AllRows
from nearabout.index.closing import Closable, Closed
from nearabout.index.info import IndexInfo, in_words, index_info, verify_sections
from nearabout.row_filter import RowFilter

if TYPE_CHECKING:
    from nearabout.calibration.explain import Explanation
    from nearabout.calibration.profile import Profile

_ITERATED_KEYS = 4096  # keys fetched at a time when iterating


class Index(Closable, AllRows):
    """Vectors and their keys, ready for searches. `build` and `open` return it. It is immutable.

    A row is the number of a vector, 0 to len - 1. A key is the user's name for it, a string or an int64. Without keys,
    the row number is the key. Any number of threads may search an index at once (searches release the interpreter
    lock), and so may child processes after a fork. Pickling an index that was opened from a file stores the path and
    an identity of the file; unpickling refuses a file that was replaced. Pickling an index in memory stores its bytes.

    Attributes:
        skipped: int64, (m,), the input rows that `build(invalid="skip")` left out; empty otherwise.
    """

    __slots__ = ("__weakref__", "_core", "_metric", "_path", "skipped")

    skipped: NDArray[np.int64]

    def __init__(self, core: _core.Index, skipped: NDArray[np.int64] | None = None) -> None:
        if not isinstance(core, _core.Index):
            raise InvalidInputError(
                "Index cannot be created directly; call nearabout.build(vectors) or nearabout.open(path)"
            )
        self._core = core
        self._metric = core.metric
        self._path = str(Path(core.path).absolute()) if core.path else None
        self.skipped = np.empty(0, np.int64) if skipped is None else skipped

    # --- Properties ---

    @property
    def kind(self) -> str:
        """Kind of the index: "exact", "forest", "ivf", "graph" or "lsh"."""
        return self._core.kind

    @property
    def effort_unit(self) -> str | None:
        """Unit of `effort=`: "lists", "rows" or "nodes"; None if a search always compares every row."""
        found = self._core.effort_range
        return None if found is None else found[0]

    @property
    def metric(self) -> str:
        """Metric, as given to `build`."""
        return self._metric

    @property
    def dims(self) -> int:
        """Number of dimensions of a vector; for vectors of bits, the number of bits."""
        return self._core.dims

    @property
    def dtype(self) -> str:
        """Type of a stored number: "f32", "f16", "bf16", "u8", "i8" or "bits"."""
        return self._core.dtype

    @property
    def path(self) -> str | None:
        """Absolute path of the file that the index is mapped from; None for an index in memory."""
        return self._path

    if not TYPE_CHECKING:  # a type checker would take any attribute for one of ours

        def __getattr__(self, name: str) -> Any:
            """Raises AttributeError; for a method name of another library, it names our equivalent."""
            from nearabout.index.other_methods import what_serves

            raise AttributeError(f"'Index' object has no attribute {name!r}{what_serves(name)}", name=name, obj=self)

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        if isinstance(self._core, Closed):
            return "<nearabout.Index: closed>"
        return f"<nearabout.Index: {in_words(self._core)}>"

    def info(self) -> IndexInfo:
        """Returns the properties of the index and the contents of its file, as plain values.

        The command `nearabout info` prints them. The Python reference has a table of all keys.

        Returns:
            A dict, `nearabout.index.IndexInfo`, with what the kind adds (`ForestInfo`, `IVFInfo`, `GraphInfo`,
            `KDTreeInfo`, `LSHInfo`).
        """
        return index_info(self._core, self.path)

    # --- Searching ---

    def search(
        self,
        query: VectorsLike,
        k: int = 10,
        *,
        filter: FiltersLike = None,
        exclude: FiltersLike = None,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        threads: int | None = None,
    ) -> Hits:
        """Returns the k nearest vectors to a query, or to each query of a batch.

        Args:
            query: shape (dims,) for one query, (n, dims) for a batch; anything that `build` takes as vectors. For an
                index of bits: booleans, or packed bytes.
            k: number of neighbours, at least 1. If the index has fewer rows, all of them are returned.
            filter: rows that may be found: a mask (len(index),) with True for allowed rows, an array of row numbers, a
                list of keys, or a `RowFilter` for many searches. A list of these has one, or None, for each query of a
                batch. All hits are allowed rows, min(k, allowed rows) of them; recall is measured among allowed rows.
            exclude: rows that may not be found, given in the same ways.
            recall: target fraction of the k true neighbours, in (0, 1], on average over queries like those of the
                calibration. The search uses the smallest effort whose calibrated recall, minus 1.28 standard errors
                (a one-sided 90 % bound), still reaches the target. If no effort reaches it, the search compares every
                row and `hits.effort` is `EVERY_ROW` (-1); an index without vectors ranks the codes of all rows instead.
                None uses the recall given to `build` (default 0.95), or about the maximum that codes can reach.
            effort: amount of work of an approximate search. For a forest, the number of rows to look at (search_k in
                Annoy); for IVF, the mean number of lists to probe (nprobe in FAISS); for a graph, the number of rows
                to keep in mind (ef in HNSW); for hashes, the number of rows to compare. A larger effort finds more of
                the true neighbours and takes longer; all rows, all lists, or 4,096 of a graph find all of them (among
                codes, if the index ranks by codes). None chooses the effort by `recall`. An exact index takes no
                effort.
            exact: if True, compares the query with every vector, whatever the kind. The index must keep its vectors.
            threads: number of threads for a batch; None uses all cores. The results are the same.

        Returns:
            `Hits`, with min(k, allowed rows) columns. Equal distances (before rounding to float32) are in row order.
            Distances computed from codes (`info()["distance_source"]`) are estimates in the same units.

        Raises:
            InvalidInputError: the query has the wrong dims or number of axes, contains NaN or infinity, or is zero
                under cosine; k is not a positive integer; `effort` is given for an exact index, or `exact` for one
                without vectors; `recall` is outside (0, 1] or the index is not calibrated; two of recall, effort and
                exact are given; a filter has the wrong length or type, or is for another index.
            UnknownKeyError: a key of `filter` or `exclude` is not in the index.

        >>> import nearabout as na
        >>> index = na.build([[0, 0], [3, 4], [6, 8]], metric="euclidean")
        >>> keys, distances = index.search([3, 4], k=2)
        >>> keys.tolist(), distances.tolist()
        ([1, 0], [0.0, 5.0])
        >>> index.search([3, 4], k=2, exclude=[1]).keys.tolist()
        [0, 2]
        """
        found = searching.search_one(self, query, k, filter, exclude, recall, effort, exact, threads)
        if found is not None:
            return found
        spending = searching.Spending(recall, effort, exact, threads)
        return searching.search_batch(self, query, k, searching.Restricted(filter, exclude), spending)

    def profile(
        self,
        query: VectorsLike,
        k: int = 10,
        *,
        filter: FiltersLike = None,
        exclude: FiltersLike = None,
        effort: int | None = None,
        threads: int | None = 1,
    ) -> Profile:
        """Searches, and returns the work that the search did instead of the hits. For kinds that count their
        work: IVF indexes, graphs and hashes.

        Args:
            query: as in `search`, like all other arguments.
            k: number of neighbours.
            filter: rows that may be found.
            exclude: rows that may not be found.
            effort: as in `search`.
            threads: 1 by default, so that the seconds are wall-clock time.

        Returns:
            `Profile`: named counts of the work, and the seconds of each stage. An exact scan counts nothing.

        Raises:
            InvalidInputError: as in `search`; or the index is of another kind, which does not count its work.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40))
        >>> index.profile(vectors, effort=5).queries
        2000
        """
        spending = searching.Spending(None, effort, False, threads)
        return searching.profile(self, query, k, searching.Restricted(filter, exclude), spending)

    def search_by_key(
        self,
        key: Key | KeysLike,
        k: int = 10,
        *,
        include_self: bool = False,
        filter: FiltersLike = None,
        exclude: FiltersLike = None,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        threads: int | None = None,
    ) -> Hits:
        """Returns the k nearest vectors to the vector of a key, or of each key of a list.

        If the index keeps 8-bit codes instead of vectors, the query is the decoded code.

        Args:
            key: a key, or a list or array of keys.
            k: number of neighbours, at least 1.
            include_self: whether the key itself may be among its neighbours.
            filter: as in `search`.
            exclude: as in `search`.
            recall: as in `search`.
            effort: as in `search`.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits`, with min(k, allowed rows) columns; without include_self the key itself is not allowed.

        Raises:
            UnknownKeyError: a key is not in the index; the message suggests the nearest spellings.
            InvalidInputError: as in `search`; or the index keeps only small codes, which cannot be decoded to vectors.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 0.1]], keys=["north", "east", "easterly"])
        >>> index.search_by_key("east", k=1).keys.tolist()
        ['easterly']
        """
        spending = searching.Spending(recall, effort, exact, threads)
        return searching.search_rows(self, key, k, include_self, searching.Restricted(filter, exclude), spending)

    def analogy(
        self,
        positive: TermsLike = (),
        negative: TermsLike = (),
        k: int = 10,
        *,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        threads: int | None = None,
    ) -> Hits:
        """Returns the k nearest vectors to a sum: "king" plus "woman" minus "man" is near "queen".

        Under cosine, vectors are scaled to unit length before they are added; under other metrics they are added as
        they are. A single positive key is searched as stored. The given keys are left out of the hits.

        Args:
            positive: terms to add: a key, a vector of shape (dims,), or a list of keys and vectors. A term with a
                weight is a tuple, ("king", 0.5). An array of numbers is one vector (dims,) or several (n, dims).
            negative: terms to subtract, as `positive`.
            k: number of neighbours, at least 1.
            recall: as in `search`.
            effort: as in `search`.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits` of one query, at most as many as there are rows that were not given as keys.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: as in `search`; or no term is given, the terms cancel out, or the metric is for bits or
                degrees, which cannot be added.

        >>> import nearabout as na
        >>> vectors = [[1, 1, 0], [1, -1, 0], [0, 1, 1], [0, -1, 1], [0, 0, -1]]
        >>> index = na.build(vectors, keys=["king", "queen", "man", "woman", "stone"])
        >>> index.analogy(positive=["king", "woman"], negative=["man"], k=1).keys.tolist()
        ['queen']
        """
        from nearabout.index.analogy import analogy

        return analogy(self, positive, negative, k, recall=recall, effort=effort, exact=exact, threads=threads)

    def radius_search(
        self,
        query: VectorsLike,
        radius: float,
        *,
        filter: FiltersLike = None,
        exclude: FiltersLike = None,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        threads: int | None = None,
    ) -> Hits:
        """Returns all vectors at most `radius` away from a query, or from each query of a batch.

        The number of results is not known before the search, so recall cannot be calibrated. By default an index that
        keeps its vectors compares every row and finds all of them; lower bounds rule out most rows quickly.

        Args:
            query: as in `search`.
            radius: distance in the units of the metric (haversine: metres). Under dot it may be negative: -20 finds
                inner products of at least 20.
            filter: as in `search`.
            exclude: as in `search`.
            recall: as in `search`; every value is met by comparing every row.
            effort: as in `search`. Limits the search to that many lists, rows or nodes, so it may miss some vectors.
                `hits.expected_recall` is then None (NaN for a batch), because it was not measured.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits`, nearest first. For one query there are as many as were found. A batch is as wide as its longest
            result; shorter ones are padded (row -1, distance inf), and `counts` has the number of real hits.

        Raises:
            InvalidInputError: as in `search`; or the radius is not a number, is NaN, or is negative under a metric
                other than dot.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], metric="euclidean")
        >>> index.radius_search([0.0, 0.0], radius=5).rows.tolist()
        [0, 1]
        """
        spending = searching.Spending(recall, effort, exact, threads)
        return searching.search_radius(self, query, radius, searching.Restricted(filter, exclude), spending)

    def row_filter(
        self, filter: Any = None, *, mask: Any = None, rows: Any = None, keys: Any = None, exclude: Any = None
    ) -> RowFilter:
        """Prepares a filter for many searches: a search that is given a mask or keys prepares it each time.

        Args:
            filter: the allowed rows as in `search`; without any of the first four, all rows.
            mask: the allowed rows as bool (rows,), instead of `filter`.
            rows: the same as row numbers, integers (n,).
            keys: the same as a list, an array or a column of keys.
            exclude: rows to leave out of those, as in `search`.

        Returns:
            `RowFilter`, for this index only. It takes one or two bits per row of the index, and for a forest one more
            per tree; `len` is the number of allowed rows.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: as in `search`, or more than one of the first four is given.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [1.0], [2.0]], metric="euclidean")
        >>> odd = index.row_filter([False, True, False])
        >>> len(odd), index.search([0.0], k=2, filter=odd).rows.tolist()
        (1, [1])
        """
        return searching.made_filter(self, filter, mask, rows, keys, exclude)

    # --- Recall ---

    def calibration(self) -> Calibration | None:
        """Returns the calibration: recall@1, @10 and @100 of each effort, with confidence bounds and cost.

        Returns:
            `Calibration`, or None for an exact index, which needs none, and after `build(calibrate=False)`.
        """
        return Calibration.of(self._core)

    def calibrate(
        self,
        queries: VectorsLike | None = None,
        *,
        keys: KeysLike | None = None,
        recall: float | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Index:
        """Returns the same index with a new calibration, for other queries than those it was calibrated with.

        The returned index shares everything else with this one. Save it to keep the new calibration.

        Args:
            queries: sample queries, (n, dims); a few hundred are enough, at most 1,024 are used. None uses rows.
            keys: a list of keys whose rows are the queries, such as the frequent words of a vocabulary. A row and its
                near copies do not count as its own neighbours.
            recall: default target recall of searches, in (0, 1]; None keeps the current one.
            threads: number of threads; None uses all cores. The result is the same.
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Returns:
            The new index.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: queries are invalid as in `search`, or empty; keys are empty, or given together with
                queries; the index is exact, which compares every row and needs no calibration; the index keeps no
                vectors, so that the true neighbours cannot be found (pass the queries to `build`).

        >>> import nearabout as na, numpy as np
        >>> random = np.random.default_rng(0)
        >>> index = na.build(random.normal(size=(3000, 16)), metric="euclidean", kind="ivf")
        >>> asked = random.normal(size=(200, 16)) * 3
        >>> bool(index.search(asked, k=10).out_of_distribution.mean() > 0.5)
        True
        >>> better = index.calibrate(asked)
        >>> bool(better.search(asked, k=10).out_of_distribution.mean() < 0.05)
        True
        """
        from nearabout.calibration.calibrate import calibrate

        return self._with(calibrate(self._core, queries, keys, recall, threads, progress))

    def measure_recall(
        self,
        queries: VectorsLike,
        k: int = 10,
        *,
        recall: float | None = None,
        effort: int | None = None,
        threads: int | None = None,
    ) -> float:
        """Measures the recall of a search: the fraction of the k true neighbours that it finds for these queries.

        It searches twice, the second time with `exact=True`. A hit counts if it is no farther than the k-th neighbour.

        Args:
            queries: (n, dims), as in `search`. Rows are too easy: those of a graph lead to their neighbours.
            k: number of neighbours.
            recall: as in `search`.
            effort: as in `search`.
            threads: as in `search`.

        Returns:
            The mean recall over the queries, 0 to 1.

        Raises:
            InvalidInputError: as in `search`; or the index keeps no vectors. Then compute the true neighbours from
                the original vectors and call `evaluation.recall`.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(3000, 16))
        >>> index = na.build(vectors, metric="euclidean", kind="ivf")
        >>> index.measure_recall(vectors[:100], k=10, effort=index.info()["lists"])
        1.0
        """
        found = np.atleast_2d(self.search(queries, k, recall=recall, effort=effort, threads=threads).distances)
        true = np.atleast_2d(self.search(queries, k, exact=True, threads=threads).distances)
        return float((found <= true[:, -1:]).mean()) if true.size else 1.0

    def explain(
        self, query: VectorsLike | Key, key: Key, k: int = 10, *, recall: float | None = None, effort: int | None = None
    ) -> Explanation:
        """Explains why a search found or missed a key: its true rank, whether it can be found, and at which effort.

        It runs several dozen searches, at least one of them exact. Memory grows with the true rank of the key.

        Args:
            query: one query, (dims,), as in `search`; or a key, whose own row is left out as in `search_by_key`.
            key: the key of the row to explain.
            k: number of neighbours of the search.
            recall: as in `search`.
            effort: as in `search`.

        Returns:
            `Explanation`; its `why` is the explanation in words.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: as in `search`; or the key is the query itself; or the query is a key, and the index
                keeps only small codes.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(3000, 16))
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=64))
        >>> tenth = index.search_by_key(0, k=10, exact=True).rows[9]
        >>> found = index.explain(0, tenth, effort=1)
        >>> found.rank, found.is_true_neighbour, found.reachable
        (10, True, True)
        """
        from nearabout.calibration.explain import explain, query_of

        return explain(self._core, query_of(self._core, query), key, k, recall=recall, effort=effort)

    # --- Keys and vectors ---

    def __contains__(self, key: object) -> bool:
        return row_of(self._core, key) >= 0

    def __getitem__(self, key: Key | KeysLike) -> NDArray[Any]:
        """Returns the vector of a key, (dims,), or of each key of a list, (n, dims), as `vectors` does.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: the index keeps no vectors, as in `vectors`.
        """
        if is_single_key(key):
            stored = self._core.vectors(np.array([known_row(self._core, key)], np.int64))
            return stored_to_numpy(stored[0], self.dtype, self.dims)
        return self.vectors(self.rows(key))

    def __iter__(self) -> Iterator[str | int]:
        """Yields the keys in row order."""
        for first in range(0, len(self), _ITERATED_KEYS):
            yield from self.keys(np.arange(first, min(first + _ITERATED_KEYS, len(self)))).tolist()

    def keys(self, rows: RowsLike | None = None) -> Keys:
        """Returns the keys of rows (all rows if None) in the shape of `rows`: int64, or strings in an object array.

        Raises:
            InvalidInputError: a row is outside 0 to len - 1.

        >>> import nearabout as na
        >>> na.build([[1.0], [2.0], [3.0]], keys=["a", "b", "c"]).keys([2, 0]).tolist()
        ['c', 'a']
        """
        return self._keys_of(checked_rows(rows, len(self)))

    def rows(self, keys: KeysLike) -> NDArray[np.int64]:
        """Returns the row numbers of a list or array of keys, int64, (n,).

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: a value cannot be a key.
        """
        return rows_of(self._core, keys)

    def vectors(self, rows: RowsLike | None = None) -> NDArray[Any]:
        """Returns a copy of the stored vectors of rows (all rows if None), shape (..., dims).

        The dtype is the stored one: float32, float16, uint8 or int8; float32 for bf16, booleans for bits. If the index
        keeps 8-bit codes instead of vectors (`IVF(keep_vectors=False)`), the vectors are decoded from those: each
        coordinate is off by at most range / 508 of its dimension, and under cosine the length is about 1.

        Raises:
            InvalidInputError: a row is outside 0 to len - 1, or the index keeps only small codes (`IVF(refine=False,
                keep_vectors=False)`).
        """
        wanted = checked_rows(rows, len(self))
        stored = self._core.vectors(wanted.ravel())
        return stored_to_numpy(stored, self.dtype, self.dims).reshape(*wanted.shape, self.dims)

    # --- The file ---

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the index to a file atomically: after a failure or a kill, the previous file is unchanged.

        Raises:
            OSError: the folder does not exist, is read-only, or is full.
        """
        self._core.save(check_path(path))

    def verify(self, *, progress: Progress = None) -> None:
        """Reads the whole index and checks it against its checksums.

        Args:
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Raises:
            CorruptFileError: a part differs from what was written; the message names it.
        """
        verify_sections(self._core, progress)

    # --- Private ---

    def _with(self, core: _core.Index) -> Index:
        """Returns the same index with another calibration. Its path is None: the file has the old calibration."""
        index = Index(core, self.skipped)
        index._path = None
        return index

    def _keys_of(self, rows: NDArray[np.int64]) -> Keys:
        return keys_of(self._core, rows)
