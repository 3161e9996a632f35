"""Reads and writes the TEXMEX formats: .fvecs, .bvecs and .ivecs.

Each row is its number of dimensions as an int32, then its elements as float32, uint8 or int32; all little-endian
(http://corpus-texmex.irisa.fr/). Content alone cannot distinguish float32 from int32, so the suffix decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, InvalidInputError, TruncatedFileError
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Place, Stream, can_lie, in_pieces, in_place
from nearabout.formats._swapped import refuse_other_element, refuse_swapped

NAME = "vecs"
SUFFIXES = (".fvecs", ".bvecs", ".ivecs")
OPTIONS: frozenset[str] = frozenset()
_ELEMENTS = {".fvecs": "<f4", ".bvecs": "u1", ".ivecs": "<i4"}
_MAX_DIMS = 1 << 24
_BLOCK = 1 << 22


def sniff(head: Head) -> bool:
    return head.suffix in SUFFIXES


def _record(source: Source) -> np.dtype[Any]:
    element = _ELEMENTS.get(source.suffix)
    if element is None:
        raise InvalidInputError(
            f"{source.path}: the suffix determines the element type: give the file one of .fvecs, .bvecs, .ivecs"
        )
    dims = int.from_bytes(source.head(4), "little")
    if len(source.head(4)) < 4 or not 1 <= dims <= _MAX_DIMS:
        raise CorruptFileError(
            f"{source.path}: its first row announces {dims:,} dimensions; 1 to {_MAX_DIMS:,} are possible"
        )
    return np.dtype([("dims", "<i4"), ("row", element, (dims,))])


def _blocks(source: Source) -> Iterator[NDArray[Any]]:
    """Yields blocks of records (dimensions, then row) whose dimensions are checked."""
    if source.at_end():
        raise TruncatedFileError(f"{source.path}: is empty, so the number of dimensions is unknown: get the file again")
    refuse_swapped(source.head(), source.size, source.suffix, source.path)
    record = _record(source)
    dims = record["row"].shape[0]
    rows = 0
    while data := source.head(max(_BLOCK // record.itemsize, 1) * record.itemsize):
        if len(data) % record.itemsize:
            raise TruncatedFileError(
                f"{source.path}: row {rows + len(data) // record.itemsize:,} is cut short: it has "
                f"{len(data) % record.itemsize:,} of {record.itemsize:,} bytes. The file is incomplete, or its rows "
                "differ in length: get it again"
            )
        block = np.frombuffer(data, record)
        wrong = np.flatnonzero(block["dims"] != dims)
        if len(wrong):
            raise CorruptFileError(
                f"{source.path}: row {rows + wrong[0]:,} announces {block['dims'][wrong[0]]:,} dimensions, the first "
                f"row {dims:,}: all rows must have the same length"
            )
        if rows == 0:
            refuse_other_element(block["row"].astype(_row(record)), source.suffix, source.path)
        yield block
        rows += len(block)
        source.skip(len(data))


def _row(record: np.dtype[Any]) -> np.dtype[Any]:
    element: np.dtype[Any] = record["row"].base.newbyteorder("=")
    return element


def read(source: Source, options: ReadOptions) -> Embeddings:
    size = source.size
    blocks: list[Vectors] = []
    result: Vectors | None = None
    rows = 0
    for block in _blocks(source):
        if result is None and size is not None:
            result = np.empty((size // block.dtype.itemsize, block["row"].shape[1]), _row(block.dtype))
        if result is not None:
            result[rows : rows + len(block)] = block["row"]
        else:
            blocks.append(block["row"].astype(_row(block.dtype)))
        rows += len(block)
    vectors = result if result is not None else np.concatenate(blocks)
    return Embeddings(vectors, None, source.path, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    blocks = _blocks(source)
    first = next(blocks)
    dtype = _row(first.dtype)
    if not (source.plain and can_lie(dtype)):
        return in_pieces(source, NAME, (block["row"].astype(dtype) for block in chain([first], blocks)))
    # One pass over the file checks the dims before each row; then the core reads the rows directly.
    rows = len(first) + sum(map(len, blocks))
    return in_place(source, NAME, Place(dtype, rows, first["row"].shape[1], 4, first.dtype.itemsize))


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    """Writes .fvecs."""
    rows, dims = vectors.shape
    record = np.dtype([("dims", "<i4"), ("row", "<f4", (dims,))])
    step = max(_BLOCK // record.itemsize, 1)
    for first in range(0, rows, step):
        block = vectors[first : first + step]
        records = np.empty(len(block), record)
        records["dims"] = dims
        records["row"] = block
        file.write(records.tobytes())
