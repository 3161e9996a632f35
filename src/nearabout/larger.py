"""Vectors that need not fit into memory, on their way to the core: left in their file, or written aside in pieces.

Readers are loaded where a file is read: an array is indexed without them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import InvalidInputError
from nearabout.given import Pieces
from nearabout.inputs import Vectors, as_vectors, check_range, stored_dtype, to_numpy
from nearabout.progress import Monitor

if TYPE_CHECKING:
    from nearabout.formats import Place, Report, Stream

LEAST_MEMORY = 64_000_000  # what blocks, parsers and libraries take between them, with room to spare
_PIECE = 4 << 20  # bytes of vectors that are converted at a time
_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([kmgt])(i?)b\s*", re.IGNORECASE)
# Keys are held by the reader, with a table of them, then packed, copied by the core and mapped. A million keys of 13
# bytes took 53 MB at the most, of which the reader's table was 33.
_COPIES_OF_KEYS = 2


class FileVectors(NamedTuple):
    """Vectors that lie in a file, with what else the file told."""

    rows: _core.RowsInFile
    dims: int
    source_dtype: str
    dtype: str
    keys: Any
    source: str
    format: str
    report: Report


def check_memory(memory: object, path: str | None) -> int:
    """The bytes that `memory=` stands for; 0 where it is not given."""
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
            f"memory={memory!r} was given without path=: an index that is built in memory takes all of its own size; "
            "say where to write it"
        )
    return size


def from_place(path: str, metric: str, dtype: str | None, reading: dict[str, Any]) -> FileVectors | None:
    """The vectors of a file that can be used where they lie; None where it has to be read."""
    # A pipe is opened once only; a file that is not there will be missed by whoever reads.
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
    """The vectors of any file, in place or in a temporary file beside the target."""
    from nearabout.formats import open_rows

    folder = os.path.dirname(target) or os.curdir
    with open_rows(path, room=memory // 2, scratch=folder, progress=progress, **reading) as stream:
        if stream.place is not None:
            return _placed(stream, stream.place, metric, dtype)
        rows, vectors = _set_aside(_within(stream.pieces, stream.held, memory, stream.source), metric, dtype, target)
        keys, report = stream.finish()
    return FileVectors(rows, *vectors[1:], keys, stream.source, stream.format, report)


def from_array(data: object, metric: str, dtype: str | None, target: str) -> Vectors | FileVectors:
    """The vectors of an array; where they have to be converted, the copy is written aside."""
    array, dtype = to_numpy(data, "data"), stored_dtype(data, metric, dtype)
    if array.ndim != 2 or array.shape[1] == 0:
        return as_vectors(array, metric, dtype)  # which refuses it
    converted = as_vectors(array[:1], metric, dtype).array
    if len(array) <= 1 or (converted.dtype == array.dtype and np.may_share_memory(converted, array)):
        return as_vectors(array, metric, dtype)
    from nearabout.formats import Report

    rows, vectors = _set_aside([array], metric, dtype, target)
    return FileVectors(rows, *vectors[1:], None, "", "", Report())


def from_pieces(pieces: Pieces, metric: str, dtype: str | None, memory: int, target: str) -> FileVectors:
    """Writes the vectors of a table or an iterator aside as they come."""
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
    """Writes vectors to a temporary file as the core reads them; what they are is told by the last piece."""
    scratch = _core.ScratchFile(target)
    rows, first_one = 0, None
    for piece in pieces:
        step = max(1, _PIECE // max(1, piece.shape[1] * piece.itemsize))
        for first in range(0, max(len(piece), 1), step):
            vectors = as_vectors(piece[first : first + step], metric, dtype, rows)
            first_one = first_one or vectors
            if vectors.source_dtype != first_one.source_dtype:  # whole numbers came first, or fractions
                array = vectors.array.astype(first_one.array.dtype)
                vectors = vectors._replace(array=array, source_dtype=first_one.source_dtype)
            scratch.append(np.ascontiguousarray(vectors.array).reshape(-1).view(np.uint8))
            rows += len(vectors.array)
    stride = vectors.array.shape[1] * vectors.array.itemsize
    lying = scratch.rows(stride=stride, rows=rows, dims=vectors.dims, dtype=vectors.source_dtype)
    return lying, vectors


def _within(
    pieces: Iterable[NDArray[Any]], held: Callable[[], int], memory: int, source: str
) -> Iterator[NDArray[Any]]:
    """Gives out pieces as long as their keys, which take `held` bytes, leave room for all else."""
    rows = 0
    for piece in pieces:
        rows += len(piece)
        needed = _COPIES_OF_KEYS * held() + LEAST_MEMORY // 2
        if needed > memory:
            raise InvalidInputError(
                f"{source}: the keys of the first {rows:,} rows take {needed:,} bytes of memory already, and "
                f"memory={memory:,} was given: keys are held until the index is written; give more, or use row numbers"
            )
        yield piece
