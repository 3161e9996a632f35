"""Stores the keys of many rows without one object per key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nearabout._base.distinct import distinct
from nearabout.errors import InvalidInputError, quoted

_IS_SPACE = np.zeros(256, np.bool_)
_IS_SPACE[np.frombuffer(b" \t\n\r\v\f", np.uint8)] = True


class KeyList(Sequence[str]):
    """Strings packed into one buffer and decoded on access.

    Key ``i`` is the UTF-8 text ``blob[offsets[i]:offsets[i + 1]]``. Each key takes 8 bytes in addition to its text; in
    a list of Python strings it takes about 60 more. The core builds an index directly from the two arrays.
    """

    __slots__ = ("blob", "offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.uint64]) -> None:
        self.blob = blob
        self.offsets = offsets

    @classmethod
    def from_strings(cls, strings: Iterable[str]) -> KeyList:
        """Packs strings. Refuses other types, and lone surrogates, which UTF-8 cannot encode."""
        encoded: list[bytes] = []
        for row, string in enumerate(strings):
            if not isinstance(string, str):
                raise InvalidInputError(f"key {row} is {quoted(string)}, of type {type(string).__name__}: give strings")
            try:
                encoded.append(string.encode())
            except UnicodeEncodeError as error:
                raise InvalidInputError(
                    f"key {row}, {quoted(string)}, has a lone surrogate at {error.start}, so it is not Unicode "
                    "text: remove the surrogate, or encode the key differently"
                ) from None
        offsets = np.zeros(len(encoded) + 1, np.uint64)
        np.cumsum([len(one) for one in encoded], out=offsets[1:], dtype=np.uint64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def take(self, rows: NDArray[np.int64]) -> KeyList:
        """Returns the keys of some rows, in the given order."""
        starts = self.offsets[rows]
        lengths = (self.offsets[rows + 1] - starts).astype(np.int64)
        offsets = np.zeros(len(rows) + 1, np.uint64)
        np.cumsum(lengths, out=offsets[1:])
        places = np.repeat(starts - offsets[:-1], lengths) + np.arange(int(offsets[-1]), dtype=np.uint64)
        return KeyList(self.blob[places], offsets)

    def spaced(self) -> Iterator[tuple[int, bytes]]:
        """Yields the keys that contain white space, with their row numbers."""
        places = np.flatnonzero(_IS_SPACE[self.blob]).astype(np.uint64)
        for row in distinct(np.searchsorted(self.offsets, places, side="right") - 1).tolist():
            yield row, self.blob[int(self.offsets[row]) : int(self.offsets[row + 1])].tobytes()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(f"row {index} of {len(self)} keys")
        return self.blob[int(self.offsets[row]) : int(self.offsets[row + 1])].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        step = 10_000  # decoded in batches, to limit memory
        for first in range(0, len(self), step):
            places = self.offsets[first : first + step + 1].tolist()
            text = self.blob[places[0] : places[-1]].tobytes()
            for begin, end in pairwise(places):
                yield text[begin - places[0] : end - places[0]].decode()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KeyList):
            return np.array_equal(self.offsets, other.offsets) and np.array_equal(self.blob, other.blob)
        if isinstance(other, (list, tuple)):
            return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # lists are not hashable

    def __repr__(self) -> str:
        shown = ", ".join(repr(key) for key in self[:3])
        more = f", … {len(self):,} in all" if len(self) > 3 else ""
        return f"KeyList([{shown}{more}])"


Keys = KeyList | NDArray[np.int64] | None


def as_keys(values: Sequence[Any] | NDArray[Any] | KeyList | None, rows: int) -> Keys:
    """Returns keys of any type as a KeyList or an int64 array, one for each of ``rows`` vectors."""
    if values is None:
        return None
    if len(values) != rows:
        raise InvalidInputError(f"{len(values)} keys were given for {rows} vectors: pass one key per vector, or none")
    if isinstance(values, KeyList):
        return values
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise InvalidInputError(f"keys have the shape {values.shape}: pass an array of one dimension")
        values = values.tolist()
    if rows and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        try:
            return np.array(values, np.int64)
        except OverflowError:
            raise InvalidInputError("a key is outside the range of int64: pass strings, or smaller numbers") from None
    return KeyList.from_strings(values)


def keys_from(path: str, values: Sequence[Any] | NDArray[Any] | KeyList | None, rows: int) -> Keys:
    """Returns the keys of a file like ``as_keys``; errors begin with the name of the file."""
    try:
        return as_keys(values, rows)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from None
