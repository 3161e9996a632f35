"""Rows that are read one by one in Python: gathered into one array, with their keys."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from nearabout.errors import CorruptFile
from nearabout.formats._embeddings import Embeddings, Report, without_duplicates
from nearabout.formats._keys import Keys, as_keys

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Rows:
    """Collects float32 rows of one length; says which line is wrong."""

    def __init__(self, path: str, format_name: str) -> None:
        self._path = path
        self._format = format_name
        self._numbers = array("f")
        self._keys: list[Any] = []
        self._rows = 0
        self.dims = 0  # of the first row; 0 until it has come
        self.bytes_repaired = 0
        self.blank_lines = 0

    def add(self, line: int, numbers: Iterable[Any], key: Any = None) -> None:
        before = len(self._numbers)
        try:
            self._numbers.extend(numbers)
        except (ValueError, TypeError, OverflowError) as error:
            raise CorruptFile(
                f"{self._path}: line {line:,}: a value is not a number ({error}): mend or remove the line"
            ) from None
        count = len(self._numbers) - before
        if self._rows == 0:
            self.dims = count
        if count == 0 or count != self.dims:
            expected = f"{self.dims} are expected, as in the first row" if self._rows else "one at least is expected"
            raise CorruptFile(f"{self._path}: line {line:,} has {count} numbers; {expected}: mend or remove the line")
        self._rows += 1
        if key is not None:
            self._keys.append(key)
        if self._keys and len(self._keys) != self._rows:
            raise CorruptFile(
                f"{self._path}: line {line:,}: some rows have keys and some have none: give all of them one, or none"
            )

    def add_bytes(self, numbers: bytes, key: str | None) -> None:
        """A row of which all is known: ``dims`` float32, and a key where the others have one."""
        self._numbers.frombytes(numbers)
        self._rows += 1
        if key is not None:
            self._keys.append(key)

    def decode(self, line: bytes, number: int, errors: Literal["strict", "replace", "ignore"]) -> str:
        """A line as text; bytes that are not UTF-8 are counted."""
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            if errors == "strict":
                raise CorruptFile(
                    f"{self._path}: line {number:,} is not UTF-8 (its byte {error.start + 1:,}, "
                    f"0x{line[error.start]:02x}): "
                    "read with errors='replace' or errors='ignore', or convert the file"
                ) from None
        kept = line.decode(errors="ignore").encode()
        self.bytes_repaired += len(line) - len(kept)
        return line.decode(errors=errors)

    def embeddings(self) -> Embeddings:
        if self._rows == 0:
            raise CorruptFile(f"{self._path}: holds no row: there is nothing that says how many dimensions there are")
        vectors: Any = np.frombuffer(self._numbers, np.float32).reshape(self._rows, self.dims)
        vectors, keys, dropped = without_duplicates(vectors, self._as_keys())
        report = Report(dropped, self.bytes_repaired, self.blank_lines)
        return Embeddings(vectors, keys, self._path, self._format, report)

    def _as_keys(self) -> Keys:
        """Keys that are all whole numbers become int64; a mixture becomes text."""
        if not self._keys:
            return None
        if all(type(key) is int or (type(key) is str and _WHOLE_NUMBER.fullmatch(key)) for key in self._keys):
            return as_keys([int(key) for key in self._keys], self._rows)
        return as_keys([str(key) for key in self._keys], self._rows)
