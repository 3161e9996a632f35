"""Arrow IPC and Feather files, and what Parquet shares with them: a column of lists of numbers, perhaps one of keys.

Needs pyarrow.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from nearabout.errors import CorruptFile, FileFormatError, InvalidInput, MissingDependency
from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES, as_vectors
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import KeyList, Keys, as_keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source

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
    stream = not source.head(6).startswith(b"ARROW1")
    return table_of(source, options, NAME, lambda file: _reader(file, stream).read_all())


def _reader(file: Any, stream: bool) -> Any:
    ipc = importlib.import_module("pyarrow.ipc")
    return ipc.open_stream(file) if stream else ipc.open_file(file)


def table_of(source: Source, options: ReadOptions, name: str, load: Any) -> Embeddings:
    """Loads a table and takes the two columns from it."""
    arrow = library()
    try:
        table = load(arrow.PythonFile(source.file(), mode="r"))
        table.validate(full=True)
        return _embeddings(arrow, table, source.path, options, name)
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


def _embeddings(arrow: Any, table: Any, path: str, options: ReadOptions, name: str) -> Embeddings:
    vector_name = _choose(table, options.vector_column, VECTOR_NAMES, arrow, path, lists=True)
    vectors = _vectors(arrow, table.column(vector_name), path, vector_name)
    key_name = None
    if options.key_column is not False:
        if isinstance(options.key_column, int):
            raise InvalidInput(
                f"key_column={options.key_column}: columns have names here: give one, or False for no keys"
            )
        key_name = _choose(table, options.key_column, KEY_NAMES, arrow, path, lists=False)
    found = None if key_name is None else _keys(arrow, table.column(key_name), path, key_name)
    vectors, keys, dropped = without_duplicates(vectors, found)
    return Embeddings(vectors, keys, path, name, Report(duplicates=dropped))


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


def _choose(table: Any, wanted: str | None, usual: tuple[str, ...], arrow: Any, path: str, *, lists: bool) -> Any:
    """The column that is asked for or meant; None where no column of keys is."""
    fits = [field.name for field in table.schema if (_is_vector if lists else _is_key)(arrow, field.type)]
    kind, option = ("lists of numbers", "vector_column") if lists else ("strings or whole numbers", "key_column")
    columns = ", ".join(f"{field.name} ({field.type})" for field in list(table.schema)[:12]) or "none"
    if wanted is not None:
        if fits.count(wanted) == 1:
            return wanted
        raise InvalidInput(f"{path}: {option}={wanted!r} is no column of {kind}; the columns are {columns}")
    for name in usual:
        if fits.count(name) == 1:
            return name
    strings = [name for name in fits if lists or not arrow.types.is_integer(table.schema.field(name).type)]
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
        raise CorruptFile(
            f"{path}: the lists in {name} differ in length ({min(widths)} and {max(widths)}): vectors must not"
        )
    return as_vectors(parts[0] if len(parts) == 1 else np.concatenate(parts), path, f"the column {name}")


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
    text = column.cast(arrow.large_string()).combine_chunks()
    if isinstance(text, arrow.ChunkedArray):
        text = arrow.concat_arrays(text.chunks)
    return _packed(text)


def _packed(text: Any) -> KeyList:
    """Arrow packs strings as KeyList does."""
    _, offsets_buffer, blob_buffer = text.buffers()
    if len(text) == 0:
        return KeyList.from_strings([])
    offsets = np.frombuffer(offsets_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
    blob = np.frombuffer(blob_buffer, np.uint8) if blob_buffer is not None else np.empty(0, np.uint8)
    first = int(offsets[0])
    return KeyList(blob[first : int(offsets[-1])].copy(), (offsets - first).astype(np.uint64))
