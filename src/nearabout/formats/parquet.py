"""Parquet with columns of vectors, and perhaps one of keys (https://parquet.apache.org/). Needs pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, BinaryIO

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
_ROWS = 1024  # read at a time
_BUFFER = 1 << 20
_WIDTHS = {"FLOAT": 4, "DOUBLE": 8, "INT32": 4, "INT64": 8, "BOOLEAN": 1}  # bytes of a number


def sniff(head: Head) -> bool:
    return head.data.startswith(b"PAR1")


def read(source: Source, options: ReadOptions) -> Embeddings:
    """Only the columns that are needed are read."""
    arrow.library()

    def load(file: Any) -> Any:
        opened = importlib.import_module("pyarrow.parquet").ParquetFile(file)

        def select(names: list[str]) -> Any:
            _check_size(opened, names, source)
            return opened.read(columns=names)

        return opened.schema_arrow, select

    return arrow.table_of(source, options, NAME, load)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Some rows at a time, however large the row groups are."""

    def opened(file: Any) -> Any:
        # Without a buffer size a whole column of a row group is read before its first row.
        return importlib.import_module("pyarrow.parquet").ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)

    def batches(file: Any, columns: list[str]) -> Iterator[Any]:
        table = opened(file)
        _check_size(table, columns, source)
        yield from table.iter_batches(_ROWS, columns=columns, use_threads=False)

    return arrow.stream_of(source, options, NAME, lambda file: opened(file).schema_arrow, batches)


def _check_size(opened: Any, names: list[str], source: Source) -> None:
    """Refuses columns of the same number again and again: a few bytes of Parquet may stand for gigabytes of them."""
    groups = [opened.metadata.row_group(index) for index in range(opened.metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    some = [column for column in columns if column.path_in_schema.partition(".")[0] in names]
    size = sum(column.num_values * _WIDTHS.get(column.physical_type, 0) for column in some)
    if size > most_expanded(sum(column.total_compressed_size for column in some)):
        raise expands_too_far(source.path, size)


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    """A column ``vector`` of fixed-size lists, and one ``key`` where there are keys."""
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
