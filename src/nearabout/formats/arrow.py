"""Reads Arrow IPC and Feather files, and has the parts shared with Parquet: columns of vectors and optionally of keys.

Needs pyarrow.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._base.distinct import distinct_counts
from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError, MissingDependencyError
from nearabout.formats._arrow_columns import Chooser
from nearabout.formats._arrow_keys import joined, keys_of
from nearabout.formats._arrow_sizes import ColumnSize, may_grow
from nearabout.formats._arrow_vectors import NO_KEY, REASONS, reader_of
from nearabout.formats._bad_rows import BadRowError, BadRows
from nearabout.formats._embeddings import Embeddings, Report, Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import NamedRows, Stream, in_pieces

NAME = "arrow"
SUFFIXES = (".arrow", ".feather", ".ipc")
OPTIONS = frozenset({"key_column", "vector_column", "vector_columns"})


def sniff(head: Head) -> bool:
    return head.data.startswith((b"ARROW1\x00\x00", b"\xff\xff\xff\xff"))


def library() -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        raise MissingDependencyError(
            "Parquet and Arrow files need the library pyarrow: pip install 'nearabout[arrow]'"
        ) from None


def read(source: Source, options: ReadOptions) -> Embeddings:
    one_pass = _is_stream(source)

    def load(file: Any) -> Any:
        table = _reader(file, one_pass).read_all()
        return table.schema, table.select

    return table_of(source, options, NAME, load)


def _is_stream(source: Source) -> bool:
    return not source.head(6).startswith(b"ARROW1")


def _reader(file: Any, stream: bool) -> Any:
    ipc = importlib.import_module("pyarrow.ipc")
    return ipc.open_stream(file) if stream else ipc.open_file(file)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Reads the vectors batch by batch, as they were written."""
    one_pass = _is_stream(source)

    def batches(file: Any, columns: list[str]) -> Iterator[Any]:
        reader = _reader(file, one_pass)
        if one_pass:
            yield from (batch.select(columns) for batch in reader)
        else:
            yield from (reader.get_batch(index).select(columns) for index in range(reader.num_record_batches))

    return stream_of(source, options, NAME, lambda file: _reader(file, one_pass).schema, batches)


@contextmanager
def _converting_errors(source: Source, name: str) -> Iterator[Any]:
    """Yields the library, and converts its errors for damaged files to CorruptFileError."""
    arrow = library()
    try:
        yield arrow
    except (FileFormatError, InvalidInputError):
        raise
    except MemoryError:
        if not source.small:
            raise
        raise CorruptFileError(
            f"{source.path}: the {name} file needs more memory than there is, so it is damaged: get the file again"
        ) from None
    except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError) as error:
        first = str(error).split("\n")[0]
        raise CorruptFileError(f"{source.path}: the {name} file cannot be read ({first}): get the file again") from None


def table_of(source: Source, options: ReadOptions, name: str, load: Callable[[Any], Any]) -> Embeddings:
    """Reads the columns of vectors and keys of a table. ``load(file)`` returns its schema and a column loader."""
    with _converting_errors(source, name) as arrow:
        schema, select = load(arrow.PythonFile(source.file(), mode="r"))

        def batches(names: list[str]) -> Iterator[Any]:
            table = select(names)
            table.validate(full=True)
            yield from table.to_batches()

        rows = _TableRows(arrow, source.path, options, schema, batches)
        parts = list(rows.pieces())
        vectors = parts[0] if len(parts) == 1 else np.concatenate(parts)
        keys, report = rows.finish()
        return Embeddings(vectors, keys, source.path, name, report)


def stream_of(source: Source, options: ReadOptions, name: str, schema: Any, batches: Any) -> Stream:
    """Reads a table in pieces with ``schema(file)`` and ``batches(file, columns)``.

    It reads the keys first, in a separate pass, because it must know which rows are left out.
    """
    rows: list[_TableRows] = []

    def pieces() -> Iterator[Vectors]:
        with _converting_errors(source, name) as arrow:
            content = source.file()

            def columns(names: list[str]) -> Iterator[Any]:
                content.seek(0)
                for batch in batches(arrow.PythonFile(content, mode="r"), names):
                    batch.validate(full=True)
                    yield batch

            content.seek(0)
            fields = schema(arrow.PythonFile(content, mode="r"))
            rows.append(_TableRows(arrow, source.path, options, fields, columns))
            yield from rows[0].pieces()

    return in_pieces(source, name, pieces(), lambda: rows[0].finish(), lambda: rows[0].held() if rows else 0)


class _TableRows:
    """The rows of a table whose columns can be read repeatedly with ``batches(names)``."""

    def __init__(
        self, arrow: Any, path: str, options: ReadOptions, schema: Any, batches: Callable[[list[str]], Iterator[Any]]
    ) -> None:
        self._arrow = arrow
        self._path = path
        self._schema = schema
        self._batches = batches
        self._bad = BadRows(path, options)
        self._vectors, self._key = Chooser(arrow, schema, options, path, self._sample).columns()
        self._reader = reader_of(arrow, schema, path, self._vectors)
        self._good: NDArray[np.bool_] | None = None  # the valid rows; None means all
        self._named = NamedRows(0, None)

    def pieces(self) -> Iterator[Vectors]:
        """Reads the keys, then yields the vectors in one or more pieces."""
        self._settle()
        yield from self._named.without_duplicates(self._all_pieces())

    def finish(self) -> tuple[Keys, Report]:
        """Returns keys and report, after the last piece."""
        keys, report = self._named.finish()
        if self._good is not None:
            keys = np.flatnonzero(self._good) if keys is None else keys
            report = replace(report, skipped_rows=self._bad.count, first_skipped=tuple(self._bad.first))
        return keys, report

    def held(self) -> int:
        """Returns the bytes that keys take."""
        return self._named.held()

    def _sample(self, names: list[str]) -> dict[str, Any]:
        """Returns the first value of each column that is not null."""
        found: dict[str, Any] = {}
        for batch in self._batches(names):
            for name in names:
                if name not in found and batch.column(name).null_count < len(batch):
                    found[name] = batch.column(name).drop_null()[0].as_py()
            if len(found) == len(names):
                break
        return found

    def _bounded(self, names: list[str]) -> Iterator[Any]:
        """Yields the batches as long as the decoded size of their columns is plausible."""
        kinds = {name: self._schema.field(name).type for name in names}
        growing = [name for name, kind in kinds.items() if may_grow(self._arrow, kind)]
        sizes = {name: ColumnSize(self._arrow, self._path) for name in growing}
        for batch in self._batches(names):
            for name, size in sizes.items():
                size.add(batch.column(name))
            yield batch

    def _settle(self) -> None:
        """Reads the keys and, if bad rows are skipped, determines which rows are good."""
        names = [] if self._key is None else [self._key]
        if self._bad.skipping:
            names += self._vectors
        if not names:
            return
        # Packs keys batch by batch, because a column keeps its whole batch in memory, including vectors.
        parts: list[Keys] = []
        lengths: list[NDArray[np.int64]] = []
        for batch in self._bounded(list(dict.fromkeys(names))):
            column = None if self._key is None else batch.column(self._key)
            if self._bad.skipping:
                lengths.append(self._reader.lengths(batch))
                if column is not None:
                    lengths[-1][column.is_null().to_numpy(zero_copy_only=False)] = NO_KEY
                    column = column.drop_null()
            if column is not None:
                parts.append(keys_of(self._arrow, column, self._path, self._key or ""))
        keys = self._joined(parts)
        if self._bad.skipping:
            keys = self._leave_out(np.concatenate(lengths) if lengths else np.empty(0, np.int64), keys)
        self._named = NamedRows(0 if keys is None else len(keys), keys, self._key)

    def _joined(self, parts: list[Keys]) -> Keys:
        if self._key is None:
            return None
        some = [part for part in parts if part is not None and len(part)]
        kind = self._schema.field(self._key).type
        nothing = keys_of(self._arrow, self._arrow.chunked_array([], kind), self._path, self._key)
        return joined(some) if some else nothing

    def _leave_out(self, lengths: NDArray[np.int64], keys: Keys) -> Keys:
        """Determines the valid rows, reports the others, and returns the keys of the valid ones."""
        sizes, counts = distinct_counts(lengths[lengths > 0])
        if len(lengths) and not len(sizes):
            raise InvalidInputError(f"{self._path}: none of its {len(lengths):,} rows can be read")
        dims = int(sizes[np.argmax(counts)]) if len(sizes) else 0
        good = lengths == dims
        for row in np.flatnonzero(~good).tolist():
            reason = REASONS.get(int(lengths[row]), f"has {lengths[row]} numbers, {dims} are expected")
            self._bad.take(BadRowError(f"row {row:,}", f": {reason}"))
        if not good.all():
            self._good = good
        if keys is None or self._good is None:
            return keys
        kept = np.flatnonzero(good[lengths != NO_KEY])
        return keys.take(kept) if isinstance(keys, KeyList) else keys[kept]

    def _all_pieces(self) -> Iterator[Vectors]:
        """Yields the vectors of all rows that are not left out."""
        dims, row = 0, 0
        for batch in self._bounded(list(self._vectors)):
            first, row = row, row + len(batch)
            if self._good is not None:
                batch = batch.filter(self._arrow.array(self._good[first:row]))
            if not len(batch):
                continue
            piece = self._reader.piece(batch, first)
            if dims and piece.shape[1] != dims:
                raise InvalidInputError(
                    f"{self._path}: the lists in {self._vectors[0]} differ in length ({dims} and {piece.shape[1]}), "
                    "but vectors must have one length"
                )
            dims = piece.shape[1]
            yield piece
        if not dims:
            yield self._reader.nothing()
