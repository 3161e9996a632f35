"""Arrow IPC and Feather files, and what Parquet shares with them: a column of lists of numbers, perhaps one of keys.

Needs pyarrow.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFile, FileFormatError, InvalidInput, MissingDependency
from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES, as_vectors
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import KeyList, Keys, as_keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import NamedRows, Stream, in_pieces

NAME = "arrow"
SUFFIXES = (".arrow", ".feather", ".ipc")
OPTIONS = frozenset({"key_column", "vector_column"})


def sniff(head: Head) -> bool:
    return head.data.startswith((b"ARROW1\x00\x00", b"\xff\xff\xff\xff"))


def library() -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        raise MissingDependency(
            "Parquet and Arrow files need the library pyarrow: pip install 'nearabout[arrow]'"
        ) from None


def read(source: Source, options: ReadOptions) -> Embeddings:
    one_pass = _is_stream(source)
    return table_of(source, options, NAME, lambda file: _reader(file, one_pass).read_all())


def _is_stream(source: Source) -> bool:
    return not source.head(6).startswith(b"ARROW1")


def _reader(file: Any, stream: bool) -> Any:
    ipc = importlib.import_module("pyarrow.ipc")
    return ipc.open_stream(file) if stream else ipc.open_file(file)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Batch by batch, as they were written."""
    one_pass = _is_stream(source)

    def batches(file: Any, columns: list[str]) -> Iterator[Any]:
        reader = _reader(file, one_pass)
        if one_pass:
            yield from (batch.select(columns) for batch in reader)
        else:
            yield from (reader.get_batch(index).select(columns) for index in range(reader.num_record_batches))

    return stream_of(source, options, NAME, lambda file: _reader(file, one_pass).schema, batches)


@contextmanager
def _telling_broken(source: Source, name: str) -> Iterator[Any]:
    """The library; and what it raises for a damaged file, as CorruptFile."""
    arrow = library()
    try:
        yield arrow
    except (FileFormatError, InvalidInput):
        raise
    except MemoryError:
        if not source.small:
            raise
        raise CorruptFile(
            f"{source.path}: the {name} file asks for more memory than there is: get the file again"
        ) from None
    except (arrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError) as error:
        first = str(error).split("\n")[0]
        raise CorruptFile(f"{source.path}: the {name} file cannot be read ({first}): get the file again") from None


def table_of(source: Source, options: ReadOptions, name: str, load: Any) -> Embeddings:
    """Loads a table and takes the two columns from it."""
    with _telling_broken(source, name) as arrow:
        table = load(arrow.PythonFile(source.file(), mode="r"))
        table.validate(full=True)
        vector_name, key_name = _chosen(table.schema, options, arrow, source.path)
        vectors = _vectors(arrow, table.column(vector_name), source.path, vector_name)
        found = None if key_name is None else _keys(arrow, table.column(key_name), source.path, key_name)
        vectors, keys, dropped = without_duplicates(vectors, found)
        return Embeddings(vectors, keys, source.path, name, Report(duplicates=dropped))


def stream_of(source: Source, options: ReadOptions, name: str, schema: Any, batches: Any) -> Stream:
    """The same in pieces: ``schema(file)``, and ``batches(file, columns)`` that reads some columns from the beginning.

    The keys are read first, in a pass of their own: which rows are left out has to be known before them.
    """
    named: list[NamedRows] = []

    def pieces() -> Iterator[Vectors]:
        with _telling_broken(source, name) as arrow:
            content = source.file()

            def columns(*names: str) -> Iterator[Any]:
                content.seek(0)
                for batch in batches(arrow.PythonFile(content, mode="r"), list(names)):
                    batch.validate(full=True)
                    yield batch

            content.seek(0)
            fields = schema(arrow.PythonFile(content, mode="r"))
            vector_name, key_name = _chosen(fields, options, arrow, source.path)
            kind = fields.field(vector_name).type
            rows, found = 0, None
            if key_name is not None:
                # Packed batch by batch: a column keeps the memory of its whole batch, vectors and all.
                parts = [_keys(arrow, batch.column(key_name), source.path, key_name) for batch in columns(key_name)]
                nothing = _keys(arrow, arrow.chunked_array([], fields.field(key_name).type), source.path, key_name)
                found = _joined([part for part in parts if part is not None and len(part)])
                found = nothing if found is None else found
                rows = 0 if found is None else len(found)
            named.append(NamedRows(rows, found))
            found_pieces = _column_pieces(arrow, columns(vector_name), kind, source.path, vector_name)
            yield from named[0].without_duplicates(found_pieces)

    return in_pieces(source, name, pieces(), lambda: named[0].finish(), lambda: named[0].held() if named else 0)


def _column_pieces(arrow: Any, batches: Iterator[Any], kind: Any, path: str, name: str) -> Iterator[Vectors]:
    dims = 0
    for batch in batches:
        if len(batch):
            piece = _vectors(arrow, arrow.chunked_array([batch.column(name)]), path, name)
            if dims and piece.shape[1] != dims:
                raise _widths_differ(path, name, {dims, piece.shape[1]})
            dims = piece.shape[1]
            yield piece
    if not dims:
        yield _vectors(arrow, arrow.chunked_array([], kind), path, name)


def _chosen(schema: Any, options: ReadOptions, arrow: Any, path: str) -> tuple[str, str | None]:
    """The columns of the vectors and of the keys."""
    vector_name = _choose(schema, options.vector_column, VECTOR_NAMES, arrow, path, lists=True)
    key_name = None
    if options.key_column is not False:
        if isinstance(options.key_column, int):
            raise InvalidInput(
                f"key_column={options.key_column}: columns have names here: give one, or False for no keys"
            )
        key_name = _choose(schema, options.key_column, KEY_NAMES, arrow, path, lists=False)
    return vector_name, key_name


def _is_vector(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    return bool(types.is_floating(kind.value_type) or types.is_integer(kind.value_type))


def _is_key(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_dictionary(kind)
    )


def _choose(schema: Any, wanted: str | None, usual: tuple[str, ...], arrow: Any, path: str, *, lists: bool) -> Any:
    """The column that is asked for or meant; None where no column of keys is."""
    fits = [field.name for field in schema if (_is_vector if lists else _is_key)(arrow, field.type)]
    kind, option = ("lists of numbers", "vector_column") if lists else ("strings or whole numbers", "key_column")
    columns = ", ".join(f"{field.name} ({field.type})" for field in list(schema)[:12]) or "none"
    if wanted is not None:
        if fits.count(wanted) == 1:
            return wanted
        raise InvalidInput(f"{path}: {option}={wanted!r} is no column of {kind}; the columns are {columns}")
    for name in usual:
        if fits.count(name) == 1:
            return name
    strings = [name for name in fits if lists or not arrow.types.is_integer(schema.field(name).type)]
    if len(strings) == 1:
        return strings[0]
    if not lists:
        return None
    raise InvalidInput(f"{path}: {len(fits)} columns hold {kind}; the columns are {columns}. Name one with {option}=")


def _vectors(arrow: Any, column: Any, path: str, name: str) -> Vectors:
    parts = [_part(arrow, chunk, path, name) for chunk in column.chunks if len(chunk)]
    if not parts:
        kind = column.type
        dims = kind.list_size if arrow.types.is_fixed_size_list(kind) else 0
        if dims == 0:
            raise CorruptFile(f"{path}: the column {name} has no rows: nothing says how many dimensions there are")
        none = arrow.array([], kind.value_type).to_numpy(zero_copy_only=False)
        return as_vectors(none.reshape(0, dims), path, name)
    widths = {part.shape[1] for part in parts}
    if len(widths) > 1:
        raise _widths_differ(path, name, widths)
    return as_vectors(parts[0] if len(parts) == 1 else np.concatenate(parts), path, f"the column {name}")


def _widths_differ(path: str, name: str, widths: set[int]) -> CorruptFile:
    return CorruptFile(
        f"{path}: the lists in {name} differ in length ({min(widths)} and {max(widths)}): vectors must not"
    )


def _part(arrow: Any, chunk: Any, path: str, name: str) -> Any:
    if chunk.null_count:
        raise CorruptFile(
            f"{path}: the column {name} has {chunk.null_count:,} empty entries: fill or remove those rows"
        )
    if arrow.types.is_fixed_size_list(chunk.type):
        dims = chunk.type.list_size
    else:
        offsets = chunk.offsets.to_numpy()
        lengths = np.diff(offsets)
        dims = int(lengths[0])
        wrong = np.flatnonzero(lengths != dims)
        if len(wrong):
            raise CorruptFile(
                f"{path}: the lists in {name} differ in length ({dims} in the first row, {lengths[wrong[0]]} in row "
                f"{wrong[0]:,}): vectors must not"
            )
    values = chunk.flatten()
    if values.null_count:
        raise CorruptFile(
            f"{path}: the column {name} has {values.null_count:,} missing numbers: fill them or remove those rows"
        )
    if dims == 0 or len(values) != len(chunk) * dims:
        raise CorruptFile(
            f"{path}: the column {name} holds lists of {dims} numbers, {len(values):,} in all: it is no table "
            "of vectors"
        )
    return values.to_numpy(zero_copy_only=False).reshape(len(chunk), dims)


def _keys(arrow: Any, column: Any, path: str, name: str) -> Keys:
    if column.null_count:
        raise CorruptFile(f"{path}: the column {name} has {column.null_count:,} empty keys: fill or remove those rows")
    if arrow.types.is_integer(column.type):
        return as_keys(column.to_pylist(), len(column))
    text = column.cast(arrow.large_string())
    if isinstance(text, arrow.ChunkedArray):
        text = text.combine_chunks()
    if isinstance(text, arrow.ChunkedArray):
        text = arrow.concat_arrays(text.chunks)
    return _packed(text)


def _joined(parts: list[KeyList | NDArray[np.int64]]) -> Keys:
    """Keys of several batches, all of them of one kind; None where there are none."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts) if parts else None
    packed = [part for part in parts if isinstance(part, KeyList)]
    sizes = np.cumsum([0, *(len(part.blob) for part in packed)], dtype=np.uint64)
    offsets = [part.offsets[:-1] + first for part, first in zip(packed, sizes, strict=False)]
    return KeyList(np.concatenate([part.blob for part in packed]), np.concatenate([*offsets, sizes[-1:]]))


def _packed(text: Any) -> KeyList:
    """Arrow packs strings as KeyList does."""
    _, offsets_buffer, blob_buffer = text.buffers()
    if len(text) == 0:
        return KeyList.from_strings([])
    offsets = np.frombuffer(offsets_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
    blob = np.frombuffer(blob_buffer, np.uint8) if blob_buffer is not None else np.empty(0, np.uint8)
    first = int(offsets[0])
    return KeyList(blob[first : int(offsets[-1])].copy(), (offsets - first).astype(np.uint64))
