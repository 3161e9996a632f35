"""Writes lines of words and numbers with enough digits to read back the same float32."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from nearabout import _core
from nearabout.errors import InvalidInputError, quoted
from nearabout.formats._embeddings import Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._words import BOM, are_in_quotes, holds_a_row

_NUMBERS = 1 << 18  # numbers per write, about 3 MB of text


def packed(keys: Keys, rows: int) -> KeyList:
    """Returns every key as UTF-8; row numbers if there are no keys."""
    if isinstance(keys, KeyList):
        return keys
    return KeyList.from_strings(map(str, range(rows) if keys is None else keys.tolist()))


def words_of(keys: Keys, rows: int, dims: int, format_name: str) -> KeyList:
    """Returns keys that a line can begin with. Refuses others, which a reader would change or lose."""
    words = packed(keys, rows)
    if are_in_quotes(words):
        raise InvalidInputError(
            f"every key is in quotes, such as {words[0]!r:.40}, which {format_name} does not support: remove the "
            "quotes from the keys"
        )
    for row, word in words.spaced():
        wrong = holds_a_row(word, dims)
        if wrong:
            raise InvalidInputError(
                f"key {row}, {word.decode()!r:.80}, cannot be written as {format_name}: it {wrong}. Change the key, or "
                "write Parquet"
            )
    marked = [(0, words[0].encode())] if rows and words[0].encode().startswith(BOM) else []
    for row, word in (*marked, *words.spaced()):
        if b"\n" in word or b"\r" in word or word[-1:] in (b" ", b"\t") or (row == 0 and word.startswith(BOM)):
            raise InvalidInputError(
                f"key {row}, {quoted(word.decode())}, cannot be written as {format_name}: a key must not contain a "
                "line feed or a carriage return, end in a blank, or begin the file with a byte order mark. Change the "
                "key, or write Parquet"
            )
    return words


def numbers_of(vectors: Vectors, separator: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Yields the numbers of rows as text, in blocks: the first row of a block, and one line per row."""
    rows, dims = vectors.shape
    step = max(_NUMBERS // dims, 1)
    nothing = KeyList(np.empty(0, np.uint8), np.zeros(step + 1, np.uint64))  # numbers without words
    for first in range(0, rows, step):
        block = np.ascontiguousarray(vectors[first : first + step], np.float32)
        text = bytes(_core.lines_of(block, nothing.blob, nothing.offsets[: len(block) + 1]))
        yield first, [line.strip().replace(b" ", separator) for line in text.splitlines()]


def write_lines(file: BinaryIO, words: KeyList, vectors: Vectors) -> None:
    """Writes the lines in blocks, so that the whole text is never in memory."""
    rows, dims = vectors.shape
    step = max(_NUMBERS // dims, 1)
    for first in range(0, rows, step):
        block = np.ascontiguousarray(vectors[first : first + step], np.float32)
        file.write(_core.lines_of(block, words.blob, words.offsets[first : first + step + 1]))
