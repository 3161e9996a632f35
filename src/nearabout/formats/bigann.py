"""The formats of the billion-scale benchmarks: .fbin, .u8bin, .i8bin (also .f16bin and .ibin).

Two uint32, rows and dimensions, then the rows; all little-endian (https://big-ann-benchmarks.com/). The suffix gives
the element type.
"""

from __future__ import annotations

from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source

NAME = "bigann"
OPTIONS: frozenset[str] = frozenset()
_ELEMENTS = {".fbin": "<f4", ".f16bin": "<f2", ".u8bin": "u1", ".i8bin": "i1", ".ibin": "<i4"}
SUFFIXES = tuple(_ELEMENTS)
_MAX_DIMS = 1 << 24


def sniff(head: Head) -> bool:
    return head.suffix in SUFFIXES


def read(source: Source, options: ReadOptions) -> Embeddings:
    element = _ELEMENTS.get(source.suffix)
    if element is None:
        raise InvalidInput(f"{source.path}: the element type is in the suffix: name the file {', '.join(SUFFIXES)}")
    header = source.exactly(8, "the header of two uint32")
    rows, dims = int.from_bytes(header[:4], "little"), int.from_bytes(header[4:], "little")
    if not 1 <= dims <= _MAX_DIMS:
        raise CorruptFile(f"{source.path}: its header announces {dims:,} dimensions; 1 to {_MAX_DIMS:,} are possible")
    left = source.remaining(8)
    flat = source.array(element, rows * dims, 8, f"{rows:,} rows of {dims:,} dimensions")
    if not source.at_end():
        more = "" if left is None else f" ({left - flat.nbytes:,} bytes)"
        raise CorruptFile(f"{source.path}: there is more than the {rows:,} rows that its header announces{more}")
    return Embeddings(
        flat.astype(flat.dtype.newbyteorder("="), copy=False).reshape(rows, dims), None, source.path, NAME
    )
