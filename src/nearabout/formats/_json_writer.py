"""Writes JSON lines: one object {"key": ..., "vector": [...]} per line, or only the vector without keys."""

from __future__ import annotations

import json
from typing import BinaryIO

import numpy as np

from nearabout.errors import InvalidInputError
from nearabout.formats._embeddings import Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._text_writer import numbers_of

NAME = "json-lines"
SUFFIXES = (".jsonl", ".ndjson")


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    """Writes string keys as strings and integer keys as numbers. Refuses NaN and infinity, which JSON lacks."""
    bad = np.flatnonzero(~np.isfinite(np.asarray(vectors, np.float32)).all(axis=1))
    if len(bad):
        raise InvalidInputError(
            f"row {bad[0]:,} has a number that is NaN or infinite, which JSON cannot represent: write .csv or .npy"
        )
    for first, lines in numbers_of(vectors, b", "):
        if keys is None:
            objects = [b"[" + line + b"]" for line in lines]
        else:
            words = (json.dumps(key, ensure_ascii=False).encode() for key in _slice(keys, first, first + len(lines)))
            objects = [
                b'{"key": ' + word + b', "vector": [' + line + b"]}" for word, line in zip(words, lines, strict=True)
            ]
        file.write(b"\n".join(objects) + b"\n")


def _slice(keys: Keys, begin: int, end: int) -> list[str] | list[int]:
    """Returns some of the keys."""
    assert keys is not None
    some = keys[begin:end]
    return some.tolist() if isinstance(some, np.ndarray) else list(some)
