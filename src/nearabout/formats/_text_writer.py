"""Lines of words and numbers, so written that reading gives back the same float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInput
from nearabout.formats._keys import KeyList, Keys

_ROWS = 512


def encoded(keys: Keys, rows: int) -> list[bytes]:
    """Every key as UTF-8; row numbers where there are none."""
    if keys is None:
        return [str(row).encode() for row in range(rows)]
    if isinstance(keys, KeyList):
        return [key.encode() for key in keys]
    return [str(key).encode() for key in keys.tolist()]


def words_of(keys: Keys, rows: int, format_name: str) -> list[bytes]:
    """Keys that a line can begin with: the others are refused, since they would come back changed."""
    words = encoded(keys, rows)
    for row, word in enumerate(words):
        if b"\n" in word or word[-1:] in (b" ", b"\t", b"\r") or (row == 0 and word.startswith(b"\xef\xbb\xbf")):
            raise InvalidInput(
                f"key {row}, {word.decode()!r}, cannot be written as {format_name}: a key must not hold a line "
                "feed, end in a "
                "blank, nor begin the file with a byte order mark. Change the key, or write Parquet"
            )
    return words


def write_lines(file: BinaryIO, words: Sequence[bytes], vectors: NDArray[Any]) -> None:
    """NumPy's text of a float32 is the shortest that reads back as the same."""
    for first in range(0, len(words), _ROWS):
        block = vectors[first : first + _ROWS].astype(np.float32).astype("U")
        lines = [b"%s %s\n" % (words[first + i], " ".join(row).encode()) for i, row in enumerate(block.tolist())]
        file.write(b"".join(lines))
