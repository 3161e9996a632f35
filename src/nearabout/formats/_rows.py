"""Rows that are read one by one in Python: gathered into one array, or into pieces, with their keys."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats._embeddings import Embeddings, Report, Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._source import Source
from nearabout.formats._stream import PIECE, Stream, in_pieces

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Rows:
    """Collects float32 rows of one length; says which line is wrong."""

    def __init__(self, path: str, format_name: str) -> None:
        self._path = path
        self._format = format_name
        self._numbers = array("f")  # of rows that wait to be taken
        self._keys: list[Any] = []  # theirs
        self._rows = 0
        self._named = 0
        self._table = _core.KeyTable()  # all keys that were taken, as text
        self._whole_numbers = True  # so far, every one of them
        self._duplicates = 0
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
            self._named += 1
        if self._named and self._named != self._rows:
            raise CorruptFile(
                f"{self._path}: line {line:,}: some rows have keys and some have none: give all of them one, or none"
            )

    def add_bytes(self, numbers: bytes, key: str | None) -> None:
        """A row of which all is known: ``dims`` float32, and a key where the others have one."""
        self._numbers.frombytes(numbers)
        self._rows += 1
        if key is not None:
            self._keys.append(key)
            self._named += 1

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

    def read(self, lines: Iterator[None]) -> Embeddings:
        """Everything at once; ``lines`` adds rows as it goes."""
        for _ in lines:
            pass
        self._check_some()
        vectors = self._take()
        keys, report = self._finish()
        return Embeddings(vectors, keys, self._path, self._format, report)

    def stream(self, source: Source, lines: Iterator[None]) -> Stream:
        """The same in pieces."""

        def pieces() -> Iterator[Vectors]:
            for _ in lines:
                if len(self._numbers) * self._numbers.itemsize >= PIECE:
                    yield self._take()
            self._check_some()
            if self._numbers:
                yield self._take()

        return in_pieces(source, self._format, pieces(), self._finish, lambda: self._table.bytes)

    def _check_some(self) -> None:
        if self._rows == 0:
            raise CorruptFile(f"{self._path}: holds no row: there is nothing that says how many dimensions there are")

    def _take(self) -> Vectors:
        """The rows that wait, less those whose key had come before."""
        vectors: Vectors = np.frombuffer(self._numbers, np.float32).reshape(-1, self.dims)
        self._numbers = array("f")
        if not self._named:
            return vectors
        # As text, whole numbers are the same exactly where the numbers are: one table finds the duplicates of either.
        self._whole_numbers = self._whole_numbers and all(map(_is_whole_number, self._keys))
        packed = KeyList.from_strings(map(str, self._keys))
        self._keys = []
        kept = self._table.insert(packed.blob, packed.offsets)
        self._duplicates += len(packed) - len(kept)
        return vectors if len(kept) == len(packed) else vectors[kept]

    def _finish(self) -> tuple[Keys, Report]:
        """Keys that are all whole numbers become int64; a mixture becomes text."""
        keys: Keys = None
        if self._named:
            keys = KeyList(*self._table.take())
            if self._whole_numbers:
                keys = _as_integers(keys)
        return keys, Report(self._duplicates, self.bytes_repaired, self.blank_lines)


def _is_whole_number(key: Any) -> bool:
    return type(key) is int or (type(key) is str and _WHOLE_NUMBER.fullmatch(key) is not None)


def _as_integers(keys: KeyList) -> NDArray[np.int64]:
    try:
        return np.fromiter(map(int, keys), np.int64, len(keys))
    except OverflowError:
        raise InvalidInput("a key is outside the range of int64: give strings, or smaller numbers") from None
