"""An open index and its methods."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.arguments import (
    check_effort,
    check_flag,
    check_k,
    check_path,
    check_radius,
    check_threads,
    room_for_hits,
)
from nearabout.calibration import SearchCost, check_spending
from nearabout.closed import Closable, Closed
from nearabout.errors import CorruptFileError, InvalidInputError, UnknownKeyError
from nearabout.hits import Hits, Keys
from nearabout.inputs import as_queries, stored_to_numpy
from nearabout.keys import as_keys
from nearabout.lookup import checked_rows, is_single_key, keys_of, row_of
from nearabout.measuring import Measuring
from nearabout.names import unknown_key
from nearabout.progress import monitor_for

if TYPE_CHECKING:
    from nearabout.profile import Profile

_ITERATED_KEYS = 4096  # keys fetched at a time when iterating
_METADATA_BYTES = 1 << 20  # limit; `build` writes a few hundred bytes, but a hostile file may claim any size


def open(path: str | os.PathLike[str], *, mapped: bool = True) -> Index:
    """Opens an index file. The file is mapped, not read: a gigabyte takes no longer to open than a megabyte.

    The structure of the file is validated at once. Each block of the large parts is checked against its checksum when
    it is first read, so damage raises an error and never gives a wrong result. The mapping stays valid if another
    index is saved under the same name: the open index keeps using the old bytes. It does not survive a program that
    truncates the file or writes into it (`cp` onto it, `rsync --inplace`, a network drive that goes away). As with any
    mapped file, the next read then ends the process with SIGBUS. Nearabout itself never modifies a file in place.

    Args:
        path: a .near file.
        mapped: if False, reads the whole file into memory at once. Later changes to the file then have no effect.

    Returns:
        The index. `with nearabout.open(path) as index:` closes it at the end of the block.

    Raises:
        FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError.
        OSError: the file does not exist or cannot be read.
        MemoryError: `mapped=False`, and the file is larger than memory.

    >>> import os, tempfile
    >>> import nearabout as na
    >>> path = os.path.join(tempfile.mkdtemp(), "two.near")
    >>> na.build([[0.0, 1.0], [1.0, 0.0]], keys=["north", "east"]).save(path)
    >>> na.open(path)
    <nearabout.Index: exact, 2 rows of 2 dims, cosine, f32>
    """
    return Index(_core.Index.open(check_path(path), check_flag("mapped", mapped)))


class Index(Measuring, Closable):
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
        """Kind of the index: "exact", "forest" or "ivf"."""
        return self._core.kind

    @property
    def effort_unit(self) -> str | None:
        """Unit of `effort=`: "lists" or "rows"; None if a search always compares every row."""
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
            from nearabout.other_methods import what_serves

            raise AttributeError(f"'Index' object has no attribute {name!r}{what_serves(name)}", name=name, obj=self)

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        if isinstance(self._core, Closed):
            return "<nearabout.Index: closed>"
        rows = f"{len(self):,} rows of {self.dims:,} dims"
        return f"<nearabout.Index: {self.kind}, {rows}, {self.metric}, {self.dtype}>"

    def info(self) -> dict[str, Any]:
        """Returns the properties of the index and the contents of its file, as plain values.

        The command `nearabout info` prints them. The Python reference has a table of all keys.

        Returns:
            A dict. All indexes have:

            - kind, metric, dtype, dims, rows, path, file_bytes
            - keys: "str", "int" or "none"
            - isa: the instruction set in use on this machine
            - metadata: the settings that `build` recorded
            - calibration: as `Index.calibration`, in plain values; None if the index is not calibrated
            - sections: name, element, rows, columns, bytes and offset of each part of the file

            Forests and IVF indexes add:

            - expected_recall: recall of the 10 nearest in a search without `recall=` and `effort=`
            - seed

            Forests add trees, leaf_size and sketch_bytes (per row in one tree).

            IVF indexes add lists, code_directions, code_bits (per direction), code_bytes (per row), curves,
            distance_source ("vectors", "int8" or "codes") and keeps_vectors.
        """
        return {
            "kind": self.kind,
            "metric": self.metric,
            "dtype": self.dtype,
            "dims": self.dims,
            "rows": len(self),
            "keys": self._core.key_type,
            "path": self.path,
            "file_bytes": self._core.file_bytes,
            "isa": _core.isa(),
            "metadata": self._metadata(),
            **self._details(),
            "calibration": self._core.calibration(),
            "sections": self._core.sections(),
        }

    def _details(self) -> dict[str, Any]:
        """Returns the entries of `info` that depend on the kind."""
        from nearabout.kinds import KINDS

        return KINDS[self.kind].info(self._core.details())

    # --- Searching ---

    def search(
        self,
        query: Any,
        k: int = 10,
        *,
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
            recall: target fraction of the k true neighbours, in (0, 1], on average over queries like those of the
                calibration. The search uses the smallest effort whose calibrated recall, minus 1.28 standard errors
                (a one-sided 90 % bound), still reaches the target. If no effort reaches it, the search compares every
                row and `hits.effort` is `EVERY_ROW` (-1). An index without vectors ranks the codes of all rows
                instead, and `hits.expected_recall` is the recall to expect. None uses the recall given to `build`
                (default 0.95), or about the maximum that codes can reach if that is lower.
            effort: amount of work of an approximate search. For a forest, the number of rows to look at (search_k in
                Annoy); for IVF, the number of lists to probe (nprobe in FAISS). A larger effort finds more of the true
                neighbours and takes longer. An effort of all rows, or all lists, finds all of them (an index that
                ranks by codes then ranks all rows by their codes). None chooses the effort by `recall`. An exact
                index takes no effort.
            exact: if True, compares the query with every vector, whatever the kind. The index must keep its vectors.
            threads: number of threads for a batch; None uses all cores. The results are the same.

        Returns:
            `Hits`, with min(k, len(index)) columns. Equal distances are in row order. Distances are computed from the
            vectors. If they are computed from codes (`info()["distance_source"]`), they are estimates in the same
            units.

        Raises:
            InvalidInputError: the query has the wrong dims or number of axes, contains NaN or infinity, or is zero
                under cosine; k is not a positive integer; `effort` is given for an exact index; `exact` is given for
                an index without vectors; `recall` is outside (0, 1] or the index is not calibrated; more than one of
                recall, effort and exact is given.

        >>> import nearabout as na
        >>> index = na.build([[0, 0], [3, 4], [6, 8]], metric="euclidean")
        >>> keys, distances = index.search([3, 4], k=2)
        >>> keys.tolist(), distances.tolist()
        ([1, 0], [0.0, 5.0])
        """
        if recall is not None:
            recall = check_spending(self._core, recall, effort, exact)
        found = self._core.search_single(query, k, effort, recall, exact, threads)
        if found is not None:
            rows, distances, used, unlike = found
            cost = SearchCost(self._core, len(rows), (effort, recall, False), used, unlike)
            return Hits(rows, distances, len(rows), self._metric, self._keys_of, cost)
        budget, everything = check_effort(effort, exact, self._core.effort_range is not None)
        k = check_k(k, len(self))
        queries, single = as_queries(query, self.metric, self.dtype, self.dims)
        with room_for_hits(len(queries), k):
            results = self._core.search(queries, k, budget, recall, everything, check_threads(threads))
        return self._full_hits(results, single, k, (budget, recall, everything))

    def profile(self, query: Any, k: int = 10, *, effort: int | None = None, threads: int | None = 1) -> Profile:
        """Searches, and returns the work that the search did instead of the hits. For kinds that count their
        work: IVF indexes.

        Args:
            query: as in `search`.
            k: as in `search`.
            effort: as in `search`.
            threads: as in `search`, but 1 by default, so that the seconds are wall-clock time.

        Returns:
            `Profile`: named counts of the work, and the seconds of each stage.

        Raises:
            InvalidInputError: as in `search`; or the index is of another kind, which does not count its work.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40))
        >>> index.profile(vectors, effort=5).queries
        2000
        """
        from nearabout.profile import Profile

        if not self._core.counts_work:
            raise InvalidInputError(f"profile() needs a kind of index that counts its work, and {self.kind!r} does not")
        budget, _ = check_effort(effort, False, self._core.effort_range is not None)
        k = check_k(k, len(self))
        queries, _ = as_queries(query, self.metric, self.dtype, self.dims)
        return Profile(**self._core.profile(queries, k, budget, check_threads(threads)))

    def search_by_key(
        self,
        key: Any,
        k: int = 10,
        *,
        include_self: bool = False,
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
            recall: as in `search`.
            effort: as in `search`.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits`, with min(k, len(index) - 1) columns; min(k, len(index)) with include_self.

        Raises:
            UnknownKeyError: a key is not in the index; the message suggests the nearest spellings.
            InvalidInputError: as in `search`; or the index keeps only small codes, which cannot be decoded to vectors.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 0.1]], keys=["north", "east", "easterly"])
        >>> index.search_by_key("east", k=1).keys.tolist()
        ['easterly']
        """
        include_self = check_flag("include_self", include_self)
        k = check_k(k, len(self) - (not include_self))
        searched_k = min(k + (not include_self), len(self))  # the search finds the row itself, which is left out
        recall = check_spending(self._core, recall, effort, exact)
        budget, everything = check_effort(effort, exact, self._core.effort_range is not None)
        single = is_single_key(key)
        wanted = np.array([self._row(key)], np.int64) if single else self.rows(key)
        with room_for_hits(len(wanted), k):
            found = self._core.search_rows(wanted, k, include_self, budget, recall, everything, check_threads(threads))
        return self._full_hits(found, single, searched_k, (budget, recall, everything))

    def analogy(
        self,
        positive: Any = (),
        negative: Any = (),
        k: int = 10,
        *,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        threads: int | None = None,
    ) -> Hits:
        """Returns the k nearest vectors to a sum: "king" plus "woman" minus "man" is near "queen".

        Under cosine, vectors are scaled to unit length before they are added, so that each counts the same; under
        other metrics they are added as they are. A single positive key is searched as stored. The given keys are left
        out of the hits. The command `nearabout search` does the same; gensim calls it most_similar.

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
        from nearabout.analogy import analogy

        return analogy(self, positive, negative, k, recall=recall, effort=effort, exact=exact, threads=threads)

    def radius_search(
        self,
        query: Any,
        radius: float,
        *,
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
            recall: as in `search`; every value is met by comparing every row.
            effort: as in `search`. Limits the search to that many rows or lists, so it may miss some vectors.
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
        recall = check_spending(self._core, recall, effort, exact)
        budget, everything = check_effort(effort, exact, self._core.effort_range is not None)
        radius = check_radius(radius, self.metric)
        queries, single = as_queries(query, self.metric, self.dtype, self.dims)
        with room_for_hits(len(queries), None):
            rows, distances, offsets, efforts, unlike = self._core.radius_search(
                queries, radius, budget, recall, everything, check_threads(threads)
            )
        requested = (budget, recall, everything)
        if single:
            cost = SearchCost(self._core, len(rows), requested, int(efforts[0]), bool(unlike[0]), True)
            return Hits(rows, distances, len(rows), self.metric, self._keys_of, cost)
        counts = np.diff(offsets)
        shape = (len(counts), int(counts.max(initial=0)))
        filled = np.arange(shape[1]) < counts[:, None]
        padded_rows = np.full(shape, -1, np.int64)
        padded_rows[filled] = rows
        padded_distances = np.full(shape, np.inf, np.float32)
        padded_distances[filled] = distances
        cost = SearchCost(self._core, shape[1], requested, efforts, unlike, True)
        return Hits(padded_rows, padded_distances, counts, self.metric, self._keys_of, cost)

    # --- Keys and vectors ---

    def __contains__(self, key: object) -> bool:
        return row_of(self._core, key) >= 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Returns the vector of a key, (dims,), or of each key of a list, (n, dims), as `vectors` does.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: the index keeps no vectors, as in `vectors`.
        """
        if is_single_key(key):
            stored = self._core.vectors(np.array([self._row(key)], np.int64))
            return stored_to_numpy(stored[0], self.dtype, self.dims)
        return self.vectors(self.rows(key))

    def __iter__(self) -> Iterator[str | int]:
        """Yields the keys in row order."""
        for first in range(0, len(self), _ITERATED_KEYS):
            yield from self.keys(np.arange(first, min(first + _ITERATED_KEYS, len(self)))).tolist()

    def keys(self, rows: Any = None) -> Keys:
        """Returns the keys of rows (all rows if None) in the shape of `rows`: int64, or strings in an object array.

        Raises:
            InvalidInputError: a row is outside 0 to len - 1.

        >>> import nearabout as na
        >>> na.build([[1.0], [2.0], [3.0]], keys=["a", "b", "c"]).keys([2, 0]).tolist()
        ['c', 'a']
        """
        return self._keys_of(checked_rows(rows, len(self)))

    def rows(self, keys: Any) -> NDArray[np.int64]:
        """Returns the row numbers of a list or array of keys, int64, (n,).

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: a value cannot be a key.
        """
        checked = as_keys(keys)
        if isinstance(checked, np.ndarray) != (self._core.key_type != "str") and len(checked):
            raise UnknownKeyError(self._unknown(checked[0]))
        rows = self._core.rows_of(checked) if len(checked) else np.empty(0, np.int64)  # type: ignore[arg-type]
        if len(rows) and int(rows.min()) < 0:
            raise UnknownKeyError(self._unknown(checked[int(np.argmin(rows))]))
        return rows

    def vectors(self, rows: Any = None) -> NDArray[Any]:
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

    def verify(self, *, progress: object = None) -> None:
        """Reads the whole index and checks it against its checksums.

        Args:
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Raises:
            CorruptFileError: a part differs from what was written; the message names it.
        """
        monitor, finish = monitor_for(progress, "verifying")
        try:
            self._core.verify(monitor)
            self._metadata()
        finally:
            finish()

    def __copy__(self) -> Index:
        return self

    def __deepcopy__(self, memo: object) -> Index:
        return self

    # --- Private ---

    def _metadata(self) -> dict[str, Any]:
        """Returns the metadata that `build` wrote, a small JSON object. The file is not trusted."""
        problem = f"more than {_METADATA_BYTES:,} bytes long"
        size = next((part["bytes"] for part in self._core.sections() if part["name"] == "metadata"), 0)
        if size <= _METADATA_BYTES:
            try:
                notes = json.loads(self._core.metadata() or "{}")
            except (ValueError, RecursionError) as error:
                problem = f"not JSON ({error})"
            else:
                if isinstance(notes, dict):
                    return notes
                problem = "JSON, but not an object"
        where = self._core.path or "the index in memory"
        raise CorruptFileError(f"{where} is corrupt: its section metadata is {problem}. Copy or build it again.")

    def _full_hits(self, found: tuple[Any, ...], single: bool, k: int, requested: tuple[Any, Any, bool]) -> Hits:
        rows, distances, efforts, unlike = found
        if single:
            cost = SearchCost(self._core, k, requested, int(efforts[0]), bool(unlike[0]))
            return Hits(rows[0], distances[0], rows.shape[1], self.metric, self._keys_of, cost)
        counts = np.full(len(rows), rows.shape[1], np.int64)
        cost = SearchCost(self._core, k, requested, efforts, unlike)
        return Hits(rows, distances, counts, self.metric, self._keys_of, cost)

    def _with(self, core: _core.Index) -> Index:
        """Returns the same index with another calibration. Its path is None: the file has the old calibration."""
        index = Index(core, self.skipped)
        index._path = None
        return index

    def _keys_of(self, rows: NDArray[np.int64]) -> Keys:
        return keys_of(self._core, rows)

    def _row(self, key: object) -> int:
        row = row_of(self._core, key)
        if row < 0:
            raise UnknownKeyError(self._unknown(key))
        return row

    def _unknown(self, key: object) -> str:
        return unknown_key(self._core, key.item() if isinstance(key, np.generic) else key)
