"""Writes CSV as in RFC 4180: a header, one row per line, keys in quotes if necessary."""

from __future__ import annotations

import re
from typing import BinaryIO

from nearabout.formats._embeddings import Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._text_writer import numbers_of, packed

NAME = "delimited"
SUFFIXES = (".csv",)
_NEEDS_QUOTES = re.compile(rb'[",\r\n]|^\s|\s$|^$')


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    """Writes a column ``key`` if there are keys, then one column per dimension: ``d0``, ``d1``, ..."""
    rows, dims = vectors.shape
    names = [f"d{place}" for place in range(dims)]
    file.write(",".join(names if keys is None else ["key", *names]).encode() + b"\n")
    words = None if keys is None else packed(keys, rows)
    for first, lines in numbers_of(vectors, b","):
        if words is not None:
            lines = [_quoted(words[first + place].encode()) + b"," + line for place, line in enumerate(lines)]
        file.write(b"\n".join(lines) + b"\n")


def _quoted(field: bytes) -> bytes:
    return b'"' + field.replace(b'"', b'""') + b'"' if _NEEDS_QUOTES.search(field) else field
