"""An open index: what can be asked of it."""

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
from nearabout.calibration import Spent, check_spending
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

_ITERATED_KEYS = 4096  # made at a time when iterating
_METADATA_BYTES = 1 << 20  # `build` notes a few hundred; a file of someone else's may claim anything


def open(path: str | os.PathLike[str], *, mapped: bool = True) -> Index:
    """Open an index file. The file is mapped, not read: this takes the same time for a megabyte and a gigabyte.

    The structure is validated at once; each block of what is large is compared with its checksum when it is first read,
    so damage is an error and never a wrong answer. The mapping stays valid when another index is saved under the same
    name: an open index goes on with the old bytes. It does not survive a program that truncates the file or writes into
    it (`cp` onto it, `rsync --inplace`, a network drive that goes away): reading it then ends the process with SIGBUS,
    as for any mapped file. Nearabout itself never does that.

    Args:
        path: a .near file.
        mapped: False reads the whole file into memory at once, so that nothing that happens to it later matters.

    Returns:
        The index. `with nearabout.open(path) as index:` closes it at the end of the block.

    Raises:
        FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError.
        OSError: there is no such file, or it may not be read.
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
    """Vectors and their keys, ready to be searched. Made by `build` and `open`; immutable.

    A row is the number of a vector, 0 to len - 1; its key is what the user calls it, a string or an int64. Where none
    were given, the row number is the key. One index may be searched by any number of threads at once (the interpreter
    lock is released), and by child processes after a fork. Pickling keeps the path of the file and what tells it from
    any other, so that unpickling refuses a file that was replaced; of an index in memory it keeps the bytes.

    Attributes:
        skipped: int64, the rows of the input that `build(invalid="skip")` left out; empty otherwise.
    """

    __slots__ = ("__weakref__", "_core", "_metric", "_path", "skipped")

    skipped: NDArray[np.int64]

    def __init__(self, core: _core.Index, skipped: NDArray[np.int64] | None = None) -> None:
        if not isinstance(core, _core.Index):
            raise InvalidInputError(
                "an Index is made by nearabout.build(vectors), or by nearabout.open(path) of a file"
            )
        self._core = core
        self._metric = core.metric
        self._path = str(Path(core.path).absolute()) if core.path else None
        self.skipped = np.empty(0, np.int64) if skipped is None else skipped

    # --- What it is ---

    @property
    def kind(self) -> str:
        """How it searches: "exact", "forest" or "ivf"."""
        return self._core.kind

    @property
    def effort_unit(self) -> str | None:
        """What `effort=` counts: "lists" or "rows"; None where a search always compares every row."""
        found = self._core.effort_range
        return None if found is None else found[0]

    @property
    def metric(self) -> str:
        """What near means, as given to `build`."""
        return self._metric

    @property
    def dims(self) -> int:
        """The length of a vector; for bits, how many."""
        return self._core.dims

    @property
    def dtype(self) -> str:
        """How a number is stored: "f32", "f16", "bf16", "u8", "i8" or "bits"."""
        return self._core.dtype

    @property
    def path(self) -> str | None:
        """The absolute path of the file that was opened; None for an index that came from none."""
        return self._path

    if not TYPE_CHECKING:  # a type checker would take any attribute for one of ours

        def __getattr__(self, name: str) -> Any:
            """Tells what serves for a method that other libraries have."""
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
        """What the index is and what its file holds, as plain values (the command `nearabout info` prints them).

        Returns:
            A dict. Every index has kind, metric, dtype, dims, rows, keys ("str", "int" or "none"), path, file_bytes,
            isa (the instruction set in use on this machine), metadata (what `build` noted) and sections (name, element,
            rows, columns, bytes and offset of each part of the file). A forest and lists of codes add calibration (as
            `Index.calibration`, in plain values; None if nothing was measured), expected_recall (of the 10 nearest, in
            a search without recall= and effort=) and seed. A forest adds trees, leaf_size, sketch_bytes (a row in one
            tree) and efforts. Lists of codes add lists, code_directions, code_bits (a direction), code_bytes (a row),
            curves, distance_source ("vectors", "int8" or "codes") and keeps_vectors. The Python reference has a table.
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
        """Returns what the kind tells of this index."""
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
        """The k nearest vectors to a query, or to each of a batch.

        Args:
            query: shape (dims,) for one query, (n, dims) for a batch; anything that `build` takes as vectors. For an
                index of bits: booleans, or packed bytes.
            k: how many neighbours, at least 1. Asking for more than there are gives all there are.
            recall: the share of the k true neighbours to find, on average over queries like those that the index was
                calibrated with: the least effort whose measured recall is as much even at the lower end of its
                interval, 1.28 standard errors below. What that cannot reach is answered by comparing every row, and
                `hits.effort` is then `EVERY_ROW`, -1; where no vectors are kept, by the codes of all rows, and
                `hits.expected_recall` tells what to expect. None: what `build` was given, 0.95; or, where codes cannot
                reach that, about the most that they find.
            effort: how much an approximate index may look at; of a forest: how many rows (Annoy calls it search_k); of
                lists of codes: into how many lists (nprobe elsewhere). More finds more of the true neighbours and takes
                longer; as many as there are rows, or lists, finds them all (lists that answer from codes then rank
                all rows by those codes). None leaves it to `recall`. An exact index has no such choice.
            exact: True compares the query with every vector, whatever the kind of index, if it keeps them.
            threads: how many threads a batch may use; None uses all cores. The answer is the same.

        Returns:
            `Hits`, with min(k, len(index)) columns; equal distances in the order of their rows. Distances are those of
            the vectors; where answers come from codes (`info()["distance_source"]`), they are estimates, in the same
            units.

        Raises:
            InvalidInputError: wrong dims or rank, NaN or infinity, a zero query under cosine, k that is no positive
                integer, an effort where there is no choice, `exact` where no vectors are kept, a recall outside (0, 1]
                or of an index that is not calibrated, two of recall, effort and exact at once.

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
            rows, distances, spent, unlike = found
            spending = Spent(self._core, len(rows), (effort, recall, False), spent, unlike)
            return Hits(rows, distances, len(rows), self._metric, self._keys_of, spending)
        looked, everything = check_effort(effort, exact, self._core.effort_range is not None)
        k = check_k(k, len(self))
        queries, single = as_queries(query, self.metric, self.dtype, self.dims)
        with room_for_hits(len(queries), k):
            answers = self._core.search(queries, k, looked, recall, everything, check_threads(threads))
        return self._full_hits(answers, single, k, (looked, recall, everything))

    def profile(self, query: Any, k: int = 10, *, effort: int | None = None, threads: int | None = 1) -> Profile:
        """Searches, and tells what the search did instead of what it found: for lists of codes.

        Args:
            query: as in `search`.
            k: as in `search`.
            effort: as in `search`.
            threads: as in `search`, but one by default, so that seconds are those of a clock.

        Returns:
            `Profile`: lists, codes, rows and bytes, and the seconds of each stage.

        Raises:
            InvalidInputError: as in `search`, and for an index of another kind, which keeps no count.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40))
        >>> index.profile(vectors, effort=5).queries
        2000
        """
        from nearabout.profile import Profile

        if not self._core.counts_work:
            raise InvalidInputError(
                f"profile() is for kinds that count their work; an index of kind {self.kind!r} does not"
            )
        spent, _ = check_effort(effort, False, self._core.effort_range is not None)
        k = check_k(k, len(self))
        queries, _ = as_queries(query, self.metric, self.dtype, self.dims)
        found = self._core.profile(queries, k, spent, check_threads(threads))
        stages = dict(zip(("bind", "rank", "scan", "compare"), found.pop("seconds"), strict=True))
        return Profile(**found, seconds=stages)

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
        """The k nearest vectors to that of a key, or to those of a list of keys.

        Args:
            key: a key, or a list or array of them.
            k: how many neighbours, at least 1.
            include_self: whether the key itself may be among its neighbours.
            recall: as in `search`.
            effort: as in `search`.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits`, with min(k, len(index) - 1) columns; min(k, len(index)) with include_self.

        Where 8-bit codes are kept in place of vectors, the query is what they stand for.

        Raises:
            UnknownKeyError: a key is not in the index; the sentence offers the nearest spellings.
            InvalidInputError: as in `search`; where small codes alone are kept, which no vector comes back from.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 0.1]], keys=["north", "east", "easterly"])
        >>> index.search_by_key("east", k=1).keys.tolist()
        ['easterly']
        """
        include_self = check_flag("include_self", include_self)
        k = check_k(k, len(self) - (not include_self))
        looked_for = min(k + (not include_self), len(self))  # the row itself is found, and left out
        recall = check_spending(self._core, recall, effort, exact)
        spent, everything = check_effort(effort, exact, self._core.effort_range is not None)
        single = is_single_key(key)
        wanted = np.array([self._row(key)], np.int64) if single else self.rows(key)
        with room_for_hits(len(wanted), k):
            found = self._core.search_rows(wanted, k, include_self, spent, recall, everything, check_threads(threads))
        return self._full_hits(found, single, looked_for, (spent, recall, everything))

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
        """The k nearest to a sum: "king" and "woman" added, "man" subtracted, is near "queen".

        Under cosine vectors are added as unit vectors, so that each counts alike; under other metrics as they are.
        One positive key alone is searched as it is stored. The keys that are given are left out of the answer. The
        shell's `nearabout search` does the same; gensim calls it most_similar.

        Args:
            positive: what is added: a key, a vector of shape (dims,), or a list of keys and vectors; each may be a
                tuple with a weight, ("king", 0.5). An array of numbers is a vector, or vectors, (n, dims).
            negative: what is subtracted: as `positive`.
            k: how many neighbours, at least 1.
            recall: as in `search`.
            effort: as in `search`.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits` of one query: min(k, the number of rows that were not given as keys).

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: nothing is given, or it cancels out; vectors of bits, and degrees, cannot be added; as in
                `search`.

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
        """All vectors at most `radius` away from a query, or from each of a batch.

        How many there are is not known before the search, so nothing can be calibrated for it: an index that keeps its
        vectors compares every row, through the screen that rules most rows out, and finds all of them.

        Args:
            query: as in `search`.
            radius: in the units of the metric (haversine: metres); under dot it may be negative: -20 asks for inner
                products of at least 20.
            recall: as in `search`; any recall is reached by comparing every row.
            effort: as in `search`: looks at that much and no more, so that some may be missed. `hits.expected_recall`
                is then None (in a batch NaN), since it was not measured.
            exact: as in `search`.
            threads: as in `search`.

        Returns:
            `Hits`, nearest first: as long as there are for one query; a batch is as wide as its longest answer, the
            others are padded (row -1, distance inf) and `counts` tells how many are real.

        Raises:
            InvalidInputError: as in `search`; a radius that is no number, NaN, or negative under another metric than
                dot.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], metric="euclidean")
        >>> index.radius_search([0.0, 0.0], radius=5).rows.tolist()
        [0, 1]
        """
        recall = check_spending(self._core, recall, effort, exact)
        spent, everything = check_effort(effort, exact, self._core.effort_range is not None)
        radius = check_radius(radius, self.metric)
        queries, single = as_queries(query, self.metric, self.dtype, self.dims)
        with room_for_hits(len(queries), None):
            rows, distances, offsets, efforts, unlike = self._core.radius_search(
                queries, radius, spent, recall, everything, check_threads(threads)
            )
        asked = (spent, recall, everything)
        if single:
            spending = Spent(self._core, len(rows), asked, int(efforts[0]), bool(unlike[0]), True)
            return Hits(rows, distances, len(rows), self.metric, self._keys_of, spending)
        counts = np.diff(offsets)
        shape = (len(counts), int(counts.max(initial=0)))
        filled = np.arange(shape[1]) < counts[:, None]
        padded_rows = np.full(shape, -1, np.int64)
        padded_rows[filled] = rows
        padded_distances = np.full(shape, np.inf, np.float32)
        padded_distances[filled] = distances
        spending = Spent(self._core, shape[1], asked, efforts, unlike, True)
        return Hits(padded_rows, padded_distances, counts, self.metric, self._keys_of, spending)

    # --- Keys and vectors ---

    def __contains__(self, key: object) -> bool:
        return row_of(self._core, key) >= 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """The vector of a key, (dims,), or those of a list of keys, (n, dims), as `vectors` gives them.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: no vectors are kept, as in `vectors`.
        """
        if is_single_key(key):
            stored = self._core.vectors(np.array([self._row(key)], np.int64))
            return stored_to_numpy(stored[0], self.dtype, self.dims)
        return self.vectors(self.rows(key))

    def __iter__(self) -> Iterator[str | int]:
        """The keys, in row order."""
        for first in range(0, len(self), _ITERATED_KEYS):
            yield from self.keys(np.arange(first, min(first + _ITERATED_KEYS, len(self)))).tolist()

    def keys(self, rows: Any = None) -> Keys:
        """The keys of rows (all rows when None): int64, or strings in an object array; the shape is that of `rows`.

        Raises:
            InvalidInputError: a row outside 0 to len - 1.

        >>> import nearabout as na
        >>> na.build([[1.0], [2.0], [3.0]], keys=["a", "b", "c"]).keys([2, 0]).tolist()
        ['c', 'a']
        """
        return self._keys_of(checked_rows(rows, len(self)))

    def rows(self, keys: Any) -> NDArray[np.int64]:
        """The row numbers of a list or array of keys.

        Raises:
            UnknownKeyError: one of them is not in the index.
            InvalidInputError: something that cannot be a key.
        """
        checked = as_keys(keys)
        if isinstance(checked, np.ndarray) != (self._core.key_type != "str") and len(checked):
            raise UnknownKeyError(self._unknown(checked[0]))
        rows = self._core.rows_of(checked) if len(checked) else np.empty(0, np.int64)  # type: ignore[arg-type]
        if len(rows) and int(rows.min()) < 0:
            raise UnknownKeyError(self._unknown(checked[int(np.argmin(rows))]))
        return rows

    def vectors(self, rows: Any = None) -> NDArray[Any]:
        """A copy of the stored vectors of rows (all rows when None), (..., dims).

        Their type is the stored one: float32, float16, uint8, int8; float32 for bf16, booleans for bits. Where 8-bit
        codes are kept in place of vectors (`IVF(keep_vectors=False)`), they are what those stand for: off by up to half
        of 1/254 of a dimension's range, and under cosine of length 1, about.

        Raises:
            InvalidInputError: a row outside 0 to len - 1; small codes alone are kept (`IVF(refine=False,
                keep_vectors=False)`).
        """
        wanted = checked_rows(rows, len(self))
        stored = self._core.vectors(wanted.ravel())
        return stored_to_numpy(stored, self.dtype, self.dims).reshape(*wanted.shape, self.dims)

    # --- The file ---

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to a file, whole or not at all: a failure or a kill leaves what was there before.

        Raises:
            OSError: the folder is missing, read-only or full.
        """
        self._core.save(check_path(path))

    def verify(self, *, progress: object = None) -> None:
        """Read everything and compare it with the checksums that were written with it.

        Args:
            progress: None, True (a bar on a terminal), or a function of the share done.

        Raises:
            CorruptFileError: something is not as it was written; the sentence tells which part.
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

    # --- Inside ---

    def _metadata(self) -> dict[str, Any]:
        """What `build` noted: a small JSON object, whatever the file claims."""
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

    def _full_hits(self, found: tuple[Any, ...], single: bool, k: int, asked: tuple[Any, Any, bool]) -> Hits:
        rows, distances, efforts, unlike = found
        if single:
            spent = Spent(self._core, k, asked, int(efforts[0]), bool(unlike[0]))
            return Hits(rows[0], distances[0], rows.shape[1], self.metric, self._keys_of, spent)
        counts = np.full(len(rows), rows.shape[1], np.int64)
        return Hits(rows, distances, counts, self.metric, self._keys_of, Spent(self._core, k, asked, efforts, unlike))

    def _with(self, core: _core.Index) -> Index:
        """The same, measured otherwise; its file has the calibration that it had, so that it has no path."""
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
