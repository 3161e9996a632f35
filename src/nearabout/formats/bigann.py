"""Reads the formats of the billion-scale benchmarks: .fbin, .u8bin, .i8bin (also .f16bin and .ibin).

A file has two uint32, rows and dimensions, then the rows, all little-endian (https://big-ann-benchmarks.com/). The
suffix determines the element type.
"""

from __future__ import annotations

import numpy as np

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Block, Stream
from nearabout.formats._swapped import refuse_other_element, refuse_swapped

NAME = "bigann"
OPTIONS: frozenset[str] = frozenset()
_ELEMENTS = {".fbin": "<f4", ".f16bin": "<f2", ".u8bin": "u1", ".i8bin": "i1", ".ibin": "<i4"}
SUFFIXES = tuple(_ELEMENTS)
_MAX_DIMS = 1 << 24


def sniff(head: Head) -> bool:
    return head.suffix in SUFFIXES


def _block(source: Source) -> Block:
    element = _ELEMENTS.get(source.suffix)
    if element is None:
        raise InvalidInputError(
            f"{source.path}: the suffix determines the element type: give the file one of {', '.join(SUFFIXES)}"
        )
    refuse_swapped(source.head(), source.size, source.suffix, source.path)
    header = source.exactly(8, "the header of two uint32")
    rows, dims = int.from_bytes(header[:4], "little"), int.from_bytes(header[4:], "little")
    if not 1 <= dims <= _MAX_DIMS:
        raise CorruptFileError(
            f"{source.path}: its header announces {dims:,} dimensions; 1 to {_MAX_DIMS:,} are possible"
        )
    what = f"{rows:,} rows of {dims:,} dimensions"
    left = source.remaining(8)
    dtype = np.dtype(element)
    if dims * dtype.itemsize <= len(source.head()):
        some = np.frombuffer(source.head(), dtype, len(source.head()) // dtype.itemsize)
        refuse_other_element(some.astype(dtype.newbyteorder("=")), source.suffix, source.path)
    extra = "" if left is None else f" ({left - rows * dims * dtype.itemsize:,} bytes)"
    more = f"more data follows the {rows:,} rows that its header announces{extra}"
    return Block(dtype, (rows, dims), 8, what, more)


def read(source: Source, options: ReadOptions) -> Embeddings:
    block = _block(source)
    flat = block.whole(source)
    vectors = flat.astype(flat.dtype.newbyteorder("="), copy=False).reshape(block.shape)
    return Embeddings(vectors, None, source.path, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    return _block(source).stream(source, NAME)
