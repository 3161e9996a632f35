"""Reads Parquet with columns of vectors, and optionally of keys (https://parquet.apache.org/). Needs pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from nearabout.formats import arrow
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source, expands_too_far, most_expanded
from nearabout.formats._stream import Stream

NAME = "parquet"
SUFFIXES = (".parquet", ".pq")
OPTIONS = arrow.OPTIONS
_ROWS = 1024  # rows read at a time
_BUFFER = 1 << 20
_WIDTHS = {"FLOAT": 4, "DOUBLE": 8, "INT32": 4, "INT64": 8, "BOOLEAN": 1}  # bytes of a number


def sniff(head: Head) -> bool:
    return head.data.startswith(b"PAR1")


def read(source: Source, options: ReadOptions) -> Embeddings:
    """Reads only the columns that are needed."""
    arrow.library()

    def load(file: Any) -> Any:
        opened = importlib.import_module("pyarrow.parquet").ParquetFile(file)

        def select(names: list[str]) -> Any:
            _check_size(file, opened, names, source)
            return opened.read(columns=names)

        return opened.schema_arrow, select

    return arrow.table_of(source, options, NAME, load)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Reads some rows at a time, regardless of the size of row groups."""

    def opened(file: Any) -> Any:
        # Without a buffer size a whole column of a row group is read before its first row.
        return importlib.import_module("pyarrow.parquet").ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)

    def batches(file: Any, columns: list[str]) -> Iterator[Any]:
        table = opened(file)
        _check_size(file, table, columns, source)
        yield from table.iter_batches(_ROWS, columns=columns, use_threads=False)

    return arrow.stream_of(source, options, NAME, lambda file: opened(file).schema_arrow, batches)


class _Shared(NamedTuple):
    """Texts of a column in a row group, some of which may be stored once and used many times."""

    group: int
    name: str
    values: int
    longest: int  # upper bound of the longest shared text in bytes


def _check_size(file: Any, opened: Any, names: list[str], source: Source) -> None:
    """Refuses columns that repeat a value so often that a few bytes of Parquet would become gigabytes."""
    size, stored, wanted = 0, 0, set(names)
    shared: list[_Shared] = []
    for group in range(opened.metadata.num_row_groups):
        for place in range(opened.metadata.num_columns):
            chunk = opened.metadata.row_group(group).column(place)
            name = _column_of(chunk.path_in_schema, wanted)
            if not name:
                continue
            stored += chunk.total_compressed_size
            if chunk.physical_type == "BYTE_ARRAY":
                size += chunk.total_uncompressed_size
                shared.append(_Shared(group, name, chunk.num_values, _longest(file, group, name, chunk)))
            else:
                size += chunk.num_values * _WIDTHS.get(chunk.physical_type, opened.schema.column(place).length)
    most = most_expanded(stored)
    if size + sum(one.values * one.longest for one in shared) <= most:
        return
    for becomes in _sizes(opened, [one for one in shared if one.longest], size):
        if becomes > most:
            raise expands_too_far(source.path, becomes)


def _column_of(path: str, names: set[str]) -> str:
    """Returns the column that a path such as vector.list.element belongs to, or "". A name may contain points."""
    while path and path not in names:
        path = path.rpartition(".")[0]
    return path


def _longest(file: Any, group: int, name: str, chunk: Any) -> int:
    """Returns an upper bound of the bytes of a text that is stored once for many values; 0 if there is no such text."""
    if "DELTA_BYTE_ARRAY" in chunk.encodings:  # each text shares a prefix with the one before
        return int(chunk.total_uncompressed_size)
    if not chunk.has_dictionary_page:
        return 0
    # Reading one row loads the dictionary, unless the row is null.
    parquet = importlib.import_module("pyarrow.parquet").ParquetFile(file, read_dictionary=[name], pre_buffer=False)
    for batch in parquet.iter_batches(1, row_groups=[group], columns=[name], use_threads=False):
        words = batch.column(0).dictionary
        if len(words) > 1:
            compute = importlib.import_module("pyarrow.compute")
            return int(compute.max(compute.binary_length(words)).as_py() or 0)
        break
    return int(chunk.total_uncompressed_size)


def _sizes(opened: Any, shared: list[_Shared], size: int) -> Iterator[int]:
    """Yields ``size``, then the growing sum with the shared texts, which are read a few at a time."""
    yield size
    for one in shared:
        rows = max(1, most_expanded(0) // one.longest)
        for batch in opened.iter_batches(rows, row_groups=[one.group], columns=[one.name], use_threads=False):
            size += batch.nbytes
            yield size


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    """Writes a column ``vector`` of fixed-size lists, and a column ``key`` if there are keys."""
    pa = arrow.library()
    flat = np.ascontiguousarray(vectors).reshape(-1)
    columns: dict[str, Any] = {}
    if isinstance(keys, KeyList):
        offsets = pa.py_buffer(keys.offsets.astype(np.int64))
        columns["key"] = pa.LargeStringArray.from_buffers(
            len(keys), offsets, pa.py_buffer(np.ascontiguousarray(keys.blob))
        )
    elif keys is not None:
        columns["key"] = pa.array(keys)
    columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(flat), vectors.shape[1])
    importlib.import_module("pyarrow.parquet").write_table(pa.table(columns), file)
