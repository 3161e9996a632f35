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
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream

NAME = "parquet"
SUFFIXES = (".parquet", ".pq")
OPTIONS = arrow.OPTIONS
_ROWS = 1024  # read at a time
_BUFFER = 1 << 20


def sniff(head: Head) -> bool:
    return head.data.startswith(b"PAR1")


def read(source: Source, options: ReadOptions) -> Embeddings:
    arrow.library()

    def load(file: Any) -> Any:
        return importlib.import_module("pyarrow.parquet").ParquetFile(file).read()

    return arrow.table_of(source, options, NAME, load)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Some rows at a time, however large the row groups are."""

    def opened(file: Any) -> Any:
        # Without a buffer size a whole column of a row group is read before its first row.
        return importlib.import_module("pyarrow.parquet").ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)

    def batches(file: Any, columns: list[str]) -> Iterator[Any]:
        yield from opened(file).iter_batches(_ROWS, columns=columns, use_threads=False)

    return arrow.stream_of(source, options, NAME, lambda file: opened(file).schema_arrow, batches)


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
