"""Lines of words and numbers, so written that reading gives back the same float32."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from nearabout import _core
from nearabout.errors import InvalidInput
from nearabout.formats._embeddings import Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._words import BOM

_NUMBERS = 1 << 18  # written at once: some 3 MB of text
_IS_SPACE = np.zeros(256, np.bool_)
_IS_SPACE[np.frombuffer(b" \t\n\r\v\f", np.uint8)] = True


def packed(keys: Keys, rows: int) -> KeyList:
    """Every key as UTF-8; row numbers where there are none."""
    if isinstance(keys, KeyList):
        return keys
    return KeyList.from_strings(map(str, range(rows) if keys is None else keys.tolist()))


def spaced(keys: KeyList) -> Iterator[tuple[int, bytes]]:
    """The keys that hold white space, with their rows. Few do, and only they can be what a format cannot hold."""
    places = np.flatnonzero(_IS_SPACE[keys.blob]).astype(np.uint64)
    for row in np.unique(np.searchsorted(keys.offsets, places, side="right") - 1).tolist():
        yield row, keys.blob[int(keys.offsets[row]) : int(keys.offsets[row + 1])].tobytes()


def words_of(keys: Keys, rows: int, format_name: str) -> KeyList:
    """Keys that a line can begin with: the others are refused, since they would come back changed."""
    words = packed(keys, rows)
    marked = [(0, words[0].encode())] if rows and words[0].encode().startswith(BOM) else []
    for row, word in (*marked, *spaced(words)):
        if b"\n" in word or word[-1:] in (b" ", b"\t", b"\r") or (row == 0 and word.startswith(BOM)):
            raise InvalidInput(
                f"key {row}, {word.decode()!r}, cannot be written as {format_name}: a key must not hold a line "
                "feed, end in a blank, nor begin the file with a byte order mark. Change the key, or write Parquet"
            )
    return words


def numbers_of(vectors: Vectors, separator: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Gives out the numbers of rows as text, in blocks: the first row of a block, and a line for each of its rows."""
    rows, dims = vectors.shape
    step = max(_NUMBERS // dims, 1)
    nothing = KeyList(np.empty(0, np.uint8), np.zeros(step + 1, np.uint64))  # no words before the numbers
    for first in range(0, rows, step):
        block = np.ascontiguousarray(vectors[first : first + step], np.float32)
        text = bytes(_core.lines_of(block, nothing.blob, nothing.offsets[: len(block) + 1]))
        yield first, [line.strip().replace(b" ", separator) for line in text.splitlines()]


def write_lines(file: BinaryIO, words: KeyList, vectors: Vectors) -> None:
    """In blocks: the whole text is never in memory."""
    rows, dims = vectors.shape
    step = max(_NUMBERS // dims, 1)
    for first in range(0, rows, step):
        block = np.ascontiguousarray(vectors[first : first + step], np.float32)
        file.write(_core.lines_of(block, words.blob, words.offsets[first : first + step + 1]))
