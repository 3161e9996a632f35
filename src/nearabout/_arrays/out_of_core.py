"""Prepares vectors that are larger than memory for the core: used directly in their file, or copied to a scratch file.

Readers of files are loaded only when a file is read; arrays do not need them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.conversion import to_numpy
from nearabout._arrays.number_ranges import check_range
from nearabout._arrays.pieces import Pieces
from nearabout._arrays.vectors import Vectors, as_vectors, stored_dtype
from nearabout._base.progress import Monitor
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout.formats import Place, Report, Stream

LEAST_MEMORY = 64_000_000  # bytes for blocks, parsers and libraries together, with a margin
_PIECE = 4 << 20  # bytes of vectors converted at a time
_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([kmgt])(i?)b\s*", re.IGNORECASE)
# The reader holds keys with a hash table; then they are packed, and the core copies and maps them. A million keys of 13
# bytes took at most 53 MB, of which 33 MB were the reader's table.
_COPIES_OF_KEYS = 2


class FileVectors(NamedTuple):
    """Vectors in a file, with the keys and the other results of reading it."""

    rows: _core.RowsInFile
    dims: int
    source_dtype: str
    dtype: str
    keys: Any
    source: str
    format: str
    report: Report


def check_memory(memory: object, path: str | None) -> int:
    """Returns the bytes that `memory=` stands for; 0 for None."""
    if memory is None:
        return 0
    size = -1
    if isinstance(memory, (int, np.integer)) and not isinstance(memory, bool):
        size = int(memory)
    elif isinstance(memory, str) and (match := _SIZE.fullmatch(memory)):
        size = int(float(match[1]) * (1024 if match[3] else 1000) ** ("kmgt".index(match[2].lower()) + 1))
    if not LEAST_MEMORY <= size < 2**63:
        raise InvalidInputError(
            f"memory is {memory!r}; pass a number of bytes, or a size such as '512MB', '2GB' or '1.5 GiB', "
            f"of at least {LEAST_MEMORY // 10**6}MB"
        )
    if path is None:
        raise InvalidInputError(
            f"memory={memory!r} was given without path=; pass path= as well, because an index that is built in memory "
            "takes its full size"
        )
    return size


def from_place(path: str, metric: str, dtype: str | None, reading: dict[str, Any]) -> FileVectors | None:
    """Returns the vectors of a file if the core can use them directly in the file; None if they must be parsed."""
    # A pipe can be opened only once. For a missing file, the caller's read raises the error.
    if path == "-" or not os.path.isfile(path):
        return None
    from nearabout.formats import open_rows

    with open_rows(path, room=None, scratch=None, **reading) as stream:
        return None if stream.place is None else _placed(stream, stream.place, metric, dtype)


def from_file(
    path: str,
    metric: str,
    dtype: str | None,
    memory: int,
    target: str,
    progress: Monitor,
    reading: dict[str, Any],
) -> FileVectors:
    """Returns the vectors of any file: in the file itself, or in a temporary file in the folder of the target."""
    from nearabout.formats import open_rows

    folder = os.path.dirname(target) or os.curdir
    with open_rows(path, room=memory // 2, scratch=folder, progress=progress, **reading) as stream:
        if stream.place is not None:
            return _placed(stream, stream.place, metric, dtype)
        rows, vectors = _set_aside(_within(stream.pieces, stream.held, memory, stream.source), metric, dtype, target)
        keys, report = stream.finish()
    return FileVectors(rows, *vectors[1:], keys, stream.source, stream.format, report)


def from_array(data: object, metric: str, dtype: str | None, target: str) -> Vectors | FileVectors:
    """Returns the vectors of an array. If they must be converted, the copy goes to a scratch file."""
    array, dtype = to_numpy(data, "data"), stored_dtype(data, metric, dtype)
    if array.ndim != 2 or array.shape[1] == 0:
        return as_vectors(array, metric, dtype)  # raises the error
    converted = as_vectors(array[:1], metric, dtype).array
    if len(array) <= 1 or (converted.dtype == array.dtype and np.may_share_memory(converted, array)):
        return as_vectors(array, metric, dtype)
    from nearabout.formats import Report

    rows, vectors = _set_aside([array], metric, dtype, target)
    return FileVectors(rows, *vectors[1:], None, "", "", Report())


def from_pieces(pieces: Pieces, metric: str, dtype: str | None, memory: int, target: str) -> FileVectors:
    """Writes the vectors of a table or an iterator to a scratch file, piece by piece."""
    from nearabout.formats import Report

    rows, vectors = _set_aside(_within(pieces.tables(), pieces.held, memory, "data"), metric, dtype, target)
    return FileVectors(rows, *vectors[1:], None, "", "", Report())


def _placed(stream: Stream, place: Place, metric: str, dtype: str | None) -> FileVectors:
    plan = as_vectors(np.empty((0, place.dims), place.dtype), metric, dtype)
    rows = _core.RowsInFile(
        stream.source,
        offset=place.offset,
        stride=place.stride,
        rows=place.rows,
        dims=plan.dims,
        dtype=plan.source_dtype,
    )
    if plan.dtype != plan.source_dtype:
        step = max(1, _PIECE // place.stride)
        for first in range(0, place.rows, step):
            block = rows.read(first, min(first + step, place.rows)).view(place.dtype)
            check_range(block, plan.dtype, first)
    keys, report = stream.finish()
    return FileVectors(rows, *plan[1:], keys, stream.source, stream.format, report)


def _set_aside(
    pieces: Iterable[NDArray[Any]], metric: str, dtype: str | None, target: str
) -> tuple[_core.RowsInFile, Vectors]:
    """Writes vectors to a scratch file; returns the rows for the core, and the last piece, which has their types."""
    scratch = _core.ScratchFile(target)
    rows, first_one = 0, None
    for piece in pieces:
        step = max(1, _PIECE // max(1, piece.shape[1] * piece.itemsize))
        for first in range(0, max(len(piece), 1), step):
            vectors = as_vectors(piece[first : first + step], metric, dtype, rows)
            first_one = first_one or vectors
            if vectors.source_dtype != first_one.source_dtype:  # pieces mix whole numbers and fractions
                array = vectors.array.astype(first_one.array.dtype)
                vectors = vectors._replace(array=array, source_dtype=first_one.source_dtype)
            scratch.append(np.ascontiguousarray(vectors.array).reshape(-1).view(np.uint8))
            rows += len(vectors.array)
    stride = vectors.array.shape[1] * vectors.array.itemsize
    in_file = scratch.rows(stride=stride, rows=rows, dims=vectors.dims, dtype=vectors.source_dtype)
    return in_file, vectors


def _within(
    pieces: Iterable[NDArray[Any]], held: Callable[[], int], memory: int, source: str
) -> Iterator[NDArray[Any]]:
    """Yields pieces as long as their keys, of `held()` bytes, leave enough of the memory budget."""
    rows = 0
    for piece in pieces:
        rows += len(piece)
        needed = _COPIES_OF_KEYS * held() + LEAST_MEMORY // 2
        if needed > memory:
            raise InvalidInputError(
                f"{source}: the keys of the first {rows:,} rows already need {needed:,} bytes of memory, more than "
                f"memory={memory:,}; keys stay in memory until the index is written: pass a larger memory=, or use row "
                "numbers"
            )
        yield piece
