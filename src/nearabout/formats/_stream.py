"""Streams the vectors of a file that may be larger than memory: directly in the file, or piece by piece.

Every format has ``stream`` as well as ``read``; both return the same vectors, keys and report. A stream keeps a few
pieces of vectors and all keys in memory, because finding duplicates takes all keys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats._arrays import as_vectors, check_shape, shaped
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import Keys
from nearabout.formats._source import Source

PIECE = 1 << 22  # approximate bytes of vectors in a piece
_IN_PLACE = ("f2", "f4", "f8", "u1", "i1")  # element types that the core reads directly from the file


class Place(NamedTuple):
    """Rows in a plain file with a constant stride, in an element type that the core reads."""

    dtype: np.dtype[Any]
    rows: int
    dims: int
    offset: int  # bytes before the first row
    stride: int  # bytes from one row to the next


@dataclass(frozen=True, slots=True)
class Stream:
    """The vectors of a file: either at a ``place`` in it, or in one or more ``pieces`` of one width and type.

    ``finish`` returns keys and report; it is called after the last piece.
    """

    source: str
    format: str
    place: Place | None
    pieces: Iterator[Vectors]
    finish: Callable[[], tuple[Keys, Report]]
    held: Callable[[], int]  # bytes that keys take in memory so far


def _nothing() -> tuple[Keys, Report]:
    return None, Report()


def in_pieces(
    source: Source,
    name: str,
    pieces: Iterator[Vectors],
    finish: Callable[[], tuple[Keys, Report]] = _nothing,
    held: Callable[[], int] = lambda: 0,
) -> Stream:
    """Returns a stream of vectors that must be read in order."""
    return Stream(source.path, name, None, pieces, finish, held)


def in_place(source: Source, name: str, place: Place) -> Stream:
    """Returns a stream of vectors without keys that the core reads directly from the file."""
    return Stream(source.path, name, place, iter(()), _nothing, lambda: 0)


def can_lie(dtype: np.dtype[Any]) -> bool:
    """Returns whether the core can read this element type directly from the file."""
    return dtype.isnative and dtype.str[1:] in _IN_PLACE


def read_whole(
    source: Source, name: str, size: int | None, room: int | None, load: Callable[[], Embeddings], advice: str
) -> Stream:
    """Reads a file at once that cannot be read in pieces, if its ``size`` in bytes (None: unknown) fits ``room``."""

    def refuse(needed: str) -> InvalidInputError:
        return InvalidInputError(
            f"{source.path}: a {name} file like this one must be read whole, which takes {needed} of memory, but the "
            f"budget leaves {room:,} bytes: {advice}, or pass a larger memory="
        )

    if room is not None and (size is None or size > room):
        raise refuse("an unknown amount" if size is None else f"about {size:,} bytes")
    loaded: list[Embeddings] = []

    def pieces() -> Iterator[Vectors]:
        loaded.append(load())
        yield loaded[0].vectors

    return in_pieces(source, name, pieces(), lambda: (loaded[0].keys, loaded[0].report))


class Block(NamedTuple):
    """An array of numbers in a source, in row order."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    position: int  # bytes before it
    what: str  # name in error sentences
    more: str | None  # error about bytes after it; None if such bytes are allowed
    before: int = 0  # bytes to skip from the current position
    name: str = "the array"  # addition to an error about its shape

    @property
    def size(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def whole(self, source: Source) -> NDArray[Any]:
        """Returns all elements as a one-dimensional array."""
        source.pass_over(self.before)
        flat = source.array(self.dtype, math.prod(self.shape), self.position, self.what)
        self.check_end(source)
        return flat

    def check_end(self, source: Source) -> None:
        if self.more is not None and not source.at_end():
            raise CorruptFileError(f"{source.path}: {self.more}")

    def row_dims(self, source: Source) -> int:
        """Returns the number of dimensions of a row, after checking the block."""
        source.check_room(self.what, self.size, self.position)
        check_shape(self.shape, source.path, self.name)
        nothing = shaped(np.empty(0, self.dtype), (0, self.shape[1]), "C", source.path)
        return int(as_vectors(nothing, source.path, self.name).shape[1])

    def stream(self, source: Source, name: str) -> Stream:
        dims = self.row_dims(source)
        if source.plain and can_lie(self.dtype):
            if self.more is not None and source.remaining(self.position) != self.size:
                raise CorruptFileError(f"{source.path}: {self.more}")
            stride = dims * self.dtype.itemsize
            return in_place(source, name, Place(self.dtype, self.shape[0], dims, self.position, stride))
        return in_pieces(source, name, self.pieces(source))

    def pieces(self, source: Source) -> Iterator[Vectors]:
        """Yields the rows in pieces."""
        dims, rows = self.row_dims(source), self.shape[0]
        source.pass_over(self.before)
        step = rows_in_piece(dims, self.dtype)
        position = self.position
        for first in range(0, max(rows, 1), step):
            count = min(step, rows - first)
            what = f"rows {first:,} to {first + count:,} of {self.what}"
            flat = source.array(self.dtype, count * dims, position, what)
            position += flat.nbytes
            yield as_vectors(flat.reshape(count, dims), source.path, self.name)
        self.check_end(source)


class NamedRows:
    """Rows whose keys are all known in advance, as in a table or an archive."""

    def __init__(self, rows: int, keys: Keys, column: str | None = None) -> None:
        self._rows = rows
        self._column = column or ""
        # Works on row numbers, so that vectors are not copied.
        numbers = np.arange(rows if keys is not None else 0)
        kept, self._keys, self._dropped = without_duplicates(numbers, keys)
        self._kept: NDArray[Any] | None = kept if self._dropped else None

    def without_duplicates(self, pieces: Iterator[Vectors]) -> Iterator[Vectors]:
        """Yields the rows that remain. Raises ValueError if the number of rows differs from that of keys."""
        first = 0
        for piece in pieces:
            if self._kept is None:
                yield piece
            else:
                begin, end = np.searchsorted(self._kept, (first, first + len(piece)))
                yield piece[self._kept[begin:end] - first]
            first += len(piece)
        if self._keys is not None and first != self._rows:
            raise ValueError(f"{self._rows:,} keys, {first:,} vectors")

    def finish(self) -> tuple[Keys, Report]:
        return self._keys, Report(duplicates=self._dropped, key_column=self._column)

    def held(self) -> int:
        keys = self._keys
        if keys is None or isinstance(keys, np.ndarray):
            return 0 if keys is None else keys.nbytes
        return keys.blob.nbytes + keys.offsets.nbytes


def rows_in_piece(dims: int, dtype: np.dtype[Any]) -> int:
    return max(1, PIECE // max(1, dims * dtype.itemsize))
