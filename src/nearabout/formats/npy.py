"""NumPy's .npy: one array, after a header in text.

The format is https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. The header is read here and not by
NumPy, so that its sizes are compared with the file before anything is allocated, and so that objects are never loaded.
"""

from __future__ import annotations

import ast
import math
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFile, NotOurFile
from nearabout.formats._arrays import as_vectors, shaped
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source

NAME = "npy"
SUFFIXES = (".npy",)
OPTIONS: frozenset[str] = frozenset()
MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1 << 16


def sniff(head: Head) -> bool:
    return head.data.startswith(MAGIC)


def parse_header(text: bytes, path: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """The element type, whether columns come first, and the shape."""
    try:
        header = ast.literal_eval(text.decode("latin-1").strip())
        description, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        dtype = np.dtype(description) if isinstance(description, str) else np.dtype("V")
        good = isinstance(fortran, bool) and isinstance(shape, tuple) and len(shape) <= 32
        good = good and all(type(extent) is int and 0 <= extent < 1 << 62 for extent in shape)
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError, IndexError):
        good = False
    if not good:
        raise CorruptFile(f"{path}: its .npy header {text[:80]!r} makes no sense: get the file again")
    if dtype.kind not in "fiubUS" or dtype.itemsize == 0:
        raise CorruptFile(
            f"{path}: an array of {description!r}: numbers are read, and text as keys, but no objects or records"
        )
    return dtype, fortran, shape


def read_array(source: Source) -> NDArray[Any]:
    """The one array of a source."""
    start = source.exactly(8, "the .npy header")
    if not start.startswith(MAGIC):
        raise NotOurFile(f"{source.path}: does not begin with the magic of a .npy file")
    width = {1: 2, 2: 4, 3: 4}.get(start[6])
    if width is None:
        raise CorruptFile(f"{source.path}: a .npy file of version {start[6]}; 1 to 3 are known")
    size = int.from_bytes(source.exactly(width, "the .npy header"), "little")
    if size > _MAX_HEADER:
        raise CorruptFile(f"{source.path}: a .npy header of {size:,} bytes; {_MAX_HEADER:,} are allowed")
    dtype, fortran, shape = parse_header(source.exactly(size, "the .npy header"), source.path)
    flat = source.array(dtype, math.prod(shape), 8 + width + size, f"an array of {dtype} with the shape {shape}")
    if not source.at_end():
        raise CorruptFile(f"{source.path}: bytes follow after the array: a .npy file holds one")
    return shaped(flat, shape, "F" if fortran else "C", source.path)


def read(source: Source, options: ReadOptions) -> Embeddings:
    return Embeddings(as_vectors(read_array(source), source.path, "the array"), None, source.path, NAME)


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    np.lib.format.write_array(file, np.asarray(vectors), allow_pickle=False)
