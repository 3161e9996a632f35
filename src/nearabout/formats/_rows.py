"""Collects rows that are read one by one in Python into one array, or into pieces, with their keys."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError, quoted
from nearabout.formats._bad_rows import BadRowError, BadRows, is_missing
from nearabout.formats._decimal_commas import COMMA_ADVICE, is_decimal_comma
from nearabout.formats._embeddings import Embeddings, Report, Vectors
from nearabout.formats._keys import KeyList, Keys
from nearabout.formats._options import ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import PIECE, Stream, in_pieces

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_HELD = 100  # number of rows whose lengths determine dims, if bad rows are skipped


class Rows:
    """Collects float32 rows of equal length; errors name the line."""

    def __init__(self, path: str, format_name: str, options: ReadOptions, place_name: str = "line") -> None:
        self._path = path
        self._format = format_name
        self._typed = format_name.startswith("json")  # keys have types: number or text
        self._place_name = place_name
        self._numbers = array("f")  # numbers of pending rows
        self._keys: list[Any] = []  # keys of pending rows
        self._rows = 0  # rows added
        self._seen = 0  # rows added or skipped
        self._named = 0
        self._numbered: list[int] = []  # positions of added rows among all rows, if rows are skipped
        self._table = _core.KeyTable()  # all keys so far, as text
        self._whole_numbers = True  # whether all keys so far are whole numbers
        self._first_number = 0  # line of the first key that is a number, or 0
        self._first_digits = 0  # line of the first key that is text of digits, or 0
        self._duplicates = 0
        self.bad = BadRows(path, options)
        self._held: list[
            tuple[int, array[float], Any, int] | BadRowError
        ] = []  # the last item is the position among all rows
        self.key_column = ""  # column of the keys
        self.dims = 0  # dims of a row; 0 until known
        self.bytes_repaired = 0
        self.blank_lines = 0

    def place(self, line: int) -> str:
        return f"{self._place_name} {line:,}"

    def add(self, line: int, numbers: Iterable[Any], key: Any = None) -> None:
        """Adds a row. Raises BadRowError and adds nothing if it is invalid."""
        values = array("f")
        try:
            values.extend(numbers)
        except (ValueError, TypeError, OverflowError) as error:
            raise self._no_number(line, error) from None
        if self.bad.skipping and not self.dims:
            if not values:
                raise BadRowError(self.place(line), " has 0 numbers")
            self._held.append((line, values, key, self._seen))
            self._seen += 1
            if len(self._held) == _HELD:
                self.settle()
            return
        self._add(line, values, key, self._seen)
        self._seen += 1

    def _no_number(self, line: int, error: Exception) -> BadRowError:
        token = str(error).rpartition(": ")[2].strip("'\"")
        if is_decimal_comma(token):
            return BadRowError(self.place(line), f": {quoted(token)} is not a number", sound=True, advice=COMMA_ADVICE)
        missing = isinstance(error, ValueError) and is_missing(token)
        missing = missing or "NoneType" in str(error)
        reason = ": a value is missing" if missing else f": a value is not a number ({error})"
        return BadRowError(self.place(line), reason, sound=missing)

    def settle(self) -> None:
        """Determines the length of rows from the first rows, if bad rows are skipped, and adds those that fit."""
        held, self._held = self._held, []
        if not held:
            return
        lengths = Counter(len(one[1]) for one in held if not isinstance(one, BadRowError))
        self.dims = max(lengths, key=lambda length: (lengths[length], length), default=0)
        for one in held:
            try:
                if isinstance(one, BadRowError):
                    raise one
                self._add(*one)
            except BadRowError as bad:
                self.bad.take(bad)

    def _add(self, line: int, values: array[float], key: Any, row: int) -> None:
        count = len(values)
        if count == 0 or (self.dims and count != self.dims):
            raise self.wrong_count(line, count)
        if (key is not None) != bool(self._named) and self._rows:
            raise BadRowError(
                self.place(line), ": some rows have keys and some have none", advice="give every row a key, or none"
            )
        self._check_kind(line, key)
        self.dims = count
        self._numbers.extend(values)
        self._take_key(key, row)

    def wrong_count(self, line: int, count: int) -> BadRowError:
        """Returns the error for a row with the wrong number of values."""
        expected = f"{self.dims} are expected, as in the first row" if self.dims else "at least one is expected"
        return BadRowError(self.place(line), f" has {count} numbers; {expected}")

    def _take_key(self, key: Any, row: int) -> None:
        if key is not None:
            self._keys.append(key)
            self._named += 1
        elif self.bad.skipping:
            self._numbered.append(row)
        self._rows += 1

    def _check_kind(self, line: int, key: Any) -> None:
        """Refuses 1 and "1" in one file, because they may be one key or two."""
        if type(key) is int:
            self._first_number = self._first_number or line
        elif type(key) is str and key[-1:].isdigit() and _WHOLE_NUMBER.fullmatch(key):
            self._first_digits = self._first_digits or line
        if self._first_number and self._first_digits and self._typed:
            raise InvalidInputError(
                f"{self._path}: the key in {self.place(self._first_number)} is a number, the key in "
                f'{self.place(self._first_digits)} is text of digits, so 1 and "1" cannot be distinguished: write '
                "all keys as numbers, or all as text"
            )

    def add_bytes(self, numbers: bytes, key: str | None) -> None:
        """Adds a valid row: ``dims`` float32 values, and a key if the other rows have keys."""
        self._numbers.frombytes(numbers)
        self._take_key(key, self._seen)
        self._seen += 1

    def skip(self, bad: BadRowError) -> None:
        """Skips a row, or raises its error."""
        self._seen += 1
        if self.bad.skipping and not self.dims:
            self._held.append(bad)
        else:
            self.bad.take(bad)

    def decode(self, line: bytes, number: int, errors: Literal["strict", "replace", "ignore"]) -> str:
        """Returns a line as text; bytes that are not UTF-8 are counted."""
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            if errors == "strict":
                raise BadRowError(
                    self.place(number),
                    f" is not UTF-8 (its byte {error.start + 1:,}, 0x{line[error.start]:02x})",
                    advice="read with errors='replace' or errors='ignore', or convert the file",
                ) from None
        kept = line.decode(errors="ignore").encode()
        self.bytes_repaired += len(line) - len(kept)
        return line.decode(errors=errors)

    def read(self, lines: Iterator[None]) -> Embeddings:
        """Reads all rows at once; iterating over ``lines`` adds them."""
        for _ in lines:
            pass
        self._check_some()
        vectors = self._take()
        keys, report = self._finish()
        return Embeddings(vectors, keys, self._path, self._format, report)

    def stream(self, source: Source, lines: Iterator[None]) -> Stream:
        """Reads the rows in pieces."""

        def pieces() -> Iterator[Vectors]:
            for _ in lines:
                if len(self._numbers) * self._numbers.itemsize >= PIECE:
                    yield self._take()
            self._check_some()
            if self._numbers:
                yield self._take()

        return in_pieces(source, self._format, pieces(), self._finish, lambda: self._table.bytes)

    def _check_some(self) -> None:
        self.settle()
        if self._rows:
            return
        if self.bad.count:
            raise InvalidInputError(
                f"{self._path}: none of its {self.bad.count:,} rows can be read: {', '.join(self.bad.first)}"
            )
        raise CorruptFileError(f"{self._path}: has no rows, so the number of dimensions is unknown")

    def _take(self) -> Vectors:
        """Returns the pending rows without those whose key occurred before."""
        vectors: Vectors = np.frombuffer(self._numbers, np.float32).reshape(-1, self.dims)
        self._numbers = array("f")
        if not self._named:
            return vectors
        # Whole numbers are equal exactly if their texts are, so one table finds duplicates of both.
        self._whole_numbers = self._whole_numbers and all(map(self._is_whole_number, self._keys))
        packed = KeyList.from_strings(map(str, self._keys))
        self._keys = []
        kept = self._table.insert(packed.blob, packed.offsets)
        self._duplicates += len(packed) - len(kept)
        return vectors if len(kept) == len(packed) else vectors[kept]

    def _finish(self) -> tuple[Keys, Report]:
        """Returns the keys and the report. Keys that are all whole numbers become int64 (also text of digits in tables,
        which have no types); a mixture becomes text. Without keys, and if rows were skipped, the keys are row numbers
        of the file.
        """
        keys: Keys = None
        if self._named:
            keys = KeyList(*self._table.take())
            if self._whole_numbers:
                keys = self._as_integers(keys)
        elif self.bad.count:
            keys = np.array(self._numbered, np.int64)
        left_out = (self.bad.count, tuple(self.bad.first))
        column = self.key_column if self._named else ""
        return keys, Report(self._duplicates, self.bytes_repaired, self.blank_lines, *left_out, column)

    def _is_whole_number(self, key: Any) -> bool:
        if type(key) is int:
            return True
        return not self._typed and type(key) is str and _WHOLE_NUMBER.fullmatch(key) is not None

    def _as_integers(self, keys: KeyList) -> NDArray[np.int64]:
        try:
            return np.fromiter(map(int, keys), np.int64, len(keys))
        except OverflowError:
            raise InvalidInputError(
                f"{self._path}: a key is outside the range of int64: write the keys as text, or as smaller numbers"
            ) from None
