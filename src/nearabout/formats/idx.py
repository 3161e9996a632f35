"""Reads IDX, the format of MNIST: two zero bytes, an element type and a rank; the extents; big-endian elements.

http://yann.lecun.com/exdb/mnist/. Images of 28 x 28 become rows of 784.
"""

from __future__ import annotations

import math

import numpy as np

from nearabout.errors import CorruptFileError
from nearabout.formats._arrays import as_vectors, shaped
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Block, Stream

NAME = "idx"
SUFFIXES = (".idx", ".idx3-ubyte", ".idx2-ubyte", ".idx1-ubyte")
OPTIONS: frozenset[str] = frozenset()
_ELEMENTS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_RANK = 8


def sniff(head: Head) -> bool:
    data = head.data
    known = len(data) >= 4 and data[:2] == b"\x00\x00" and data[2] in _ELEMENTS and 1 <= data[3] <= _MAX_RANK
    return known and head.suffix not in (".fbin", ".f16bin", ".u8bin", ".i8bin", ".ibin", ".fvecs", ".bvecs", ".ivecs")


def _block(source: Source) -> Block:
    magic = source.exactly(4, "the IDX magic")
    element = _ELEMENTS.get(magic[2])
    if magic[:2] != b"\x00\x00" or element is None or not 1 <= magic[3] <= _MAX_RANK:
        raise CorruptFileError(
            f"{source.path}: begins with {magic!r}: an IDX file begins with two zeros, a type of 8 to 14 and a rank"
        )
    rank = magic[3]
    sizes = source.exactly(4 * rank, "the IDX header")
    shape = tuple(int.from_bytes(sizes[4 * i : 4 * i + 4], "big") for i in range(rank))
    rows = shape if rank < 3 else (shape[0], math.prod(shape[1:]))  # the pixels of an image are a vector
    more = f"more data follows the array of the shape {shape} that its header announces"
    return Block(np.dtype(element), rows, 4 + 4 * rank, f"an array with the shape {shape}", more)


def read(source: Source, options: ReadOptions) -> Embeddings:
    block = _block(source)
    array = shaped(block.whole(source), block.shape, "C", source.path)
    return Embeddings(as_vectors(array, source.path, "the array"), None, source.path, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    return _block(source).stream(source, NAME)
