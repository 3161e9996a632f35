"""Reads NumPy's .npy: one array after a text header.

See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. This module parses the header itself, to
check its sizes against the file before anything is allocated, and never to load objects.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, InvalidInputError, TruncatedFileError, UnknownFormatError, quoted
from nearabout.formats._arrays import as_vectors, shaped
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Block, Stream, in_pieces, read_whole, rows_in_piece

NAME = "npy"
SUFFIXES = (".npy",)
OPTIONS: frozenset[str] = frozenset()
MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1 << 16


def sniff(head: Head) -> bool:
    return head.data.startswith(MAGIC)


def parse_header(text: bytes, path: str, objects: bool = False) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """Returns the element type, whether the array is in column order, and the shape.

    ``objects`` allows arrays of any type, of which only the header is needed.
    """
    try:
        header = ast.literal_eval(text.decode("latin-1").strip())
        description, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        dtype = np.dtype(description) if isinstance(description, str) else np.dtype("V")
        good = isinstance(fortran, bool) and isinstance(shape, tuple) and len(shape) <= 32
        good = good and all(type(extent) is int and 0 <= extent < 1 << 62 for extent in shape)
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError, IndexError):
        good = False
    if not good:
        raise CorruptFileError(f"{path}: its .npy header {text[:80]!r} is not valid: get the file again")
    if not objects and (dtype.kind not in "fiubUS" or dtype.itemsize == 0):
        raise InvalidInputError(f"{path}: an array of {quoted(description)}: {_way_out(dtype)}")
    return dtype, fortran, shape


def _way_out(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "V" and dtype.fields is None and dtype.itemsize in (1, 2):
        return (
            "perhaps bfloat16 or float8 of ml_dtypes, which a .npy file cannot distinguish: save "
            "array.astype(np.float32), or a .safetensors file"
        )
    return "save numbers, or text for keys; objects and records are not read"


def header_text(head: bytes, path: str) -> bytes:
    """Returns the text of the header that these bytes begin with."""
    if len(head) < 12 or not head.startswith(MAGIC):
        raise CorruptFileError(f"{path}: is not a .npy file")
    width = 2 if head[6] == 1 else 4
    size = int.from_bytes(head[8 : 8 + width], "little")
    return head[8 + width : 8 + width + size]


def _block(source: Source) -> tuple[Block, bool]:
    """Returns the array of a source, and whether it is in column order."""
    start = source.exactly(8, "the .npy header")
    if not start.startswith(MAGIC):
        raise UnknownFormatError(f"{source.path}: does not begin with the magic of a .npy file")
    width = {1: 2, 2: 4, 3: 4}.get(start[6])
    if width is None:
        raise CorruptFileError(f"{source.path}: is a .npy file of version {start[6]}; versions 1 to 3 can be read")
    size = int.from_bytes(source.exactly(width, "the .npy header"), "little")
    if size > _MAX_HEADER:
        raise CorruptFileError(
            f"{source.path}: has a .npy header of {size:,} bytes; at most {_MAX_HEADER:,} are allowed"
        )
    dtype, fortran, shape = parse_header(source.exactly(size, "the .npy header"), source.path)
    what = f"an array of {dtype} with the shape {shape}"
    return Block(dtype, shape, 8 + width + size, what, "bytes follow the array; a .npy file holds one array"), fortran


def read_array(source: Source) -> NDArray[Any]:
    """Reads the array of a source."""
    block, fortran = _block(source)
    return shaped(block.whole(source), block.shape, "F" if fortran else "C", source.path)


def read(source: Source, options: ReadOptions) -> Embeddings:
    return Embeddings(as_vectors(read_array(source), source.path, "the array"), None, source.path, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    block, fortran = _block(source)
    if not fortran:
        return block.stream(source, NAME)
    block.row_dims(source)
    if source.plain:
        return in_pieces(source, NAME, _from_columns(source, block))

    def load() -> Embeddings:
        array = shaped(block.whole(source), block.shape, "F", source.path)
        return Embeddings(as_vectors(array, source.path, "the array"), None, source.path, NAME)

    return read_whole(source, NAME, 2 * block.size, room, load, "decompress the file, or save the array in C order")


def _from_columns(source: Source, block: Block) -> Iterator[Vectors]:
    """Yields the rows of an array in column order, in pieces."""
    rows, dims = block.shape
    step = rows_in_piece(dims, block.dtype)
    file = source.file()
    for first in range(0, max(rows, 1), step):
        count = min(step, rows - first)
        piece = np.empty((count, dims), block.dtype)
        for dimension in range(dims):
            file.seek(block.position + (dimension * rows + first) * block.dtype.itemsize)
            data = file.read(count * block.dtype.itemsize)
            if len(data) < count * block.dtype.itemsize:
                raise TruncatedFileError(f"{source.path}: the file became shorter while it was read: get it again")
            piece[:, dimension] = np.frombuffer(data, block.dtype)
        yield as_vectors(piece, source.path, "the array")
    file.seek(0, os.SEEK_END)
    if file.tell() != block.position + block.size:
        raise CorruptFileError(f"{source.path}: {block.more}")


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    array = np.asarray(vectors)
    header = np.lib.format.header_data_from_array_1_0(np.empty((0, 1), array.dtype))
    header["shape"] = array.shape
    np.lib.format.write_array_header_1_0(file, header)
    # NumPy writes past Python's file object, and its errors name neither the cause nor the file.
    for first in range(0, len(array), rows_in_piece(array.shape[1], array.dtype)):
        block = array[first : first + rows_in_piece(array.shape[1], array.dtype)]
        file.write(np.ascontiguousarray(block).data)
