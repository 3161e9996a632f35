"""Reads delimited text, CSV and TSV: one row per line, with an optional header and optional keys.

Quoting follows RFC 4180: a quoted field may contain line feeds. In text with tabs a quote may be a word of its own, as
in the vocabularies of word vectors. Numbers are read as float32.

The first rows determine the columns. The compiled core then reads the plain lines. All other lines, and the first ones,
are read in Python, which accepts every valid line and explains errors in the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError, quoted
from nearabout.formats import _words
from nearabout.formats._bad_rows import BadRowError
from nearabout.formats._columns import Columns, choose_columns, has_header, is_number, refuse_row_numbers
from nearabout.formats._decimal_commas import COMMA_ADVICE, has_decimal_commas
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._quotes import Fields, Quotes, is_open
from nearabout.formats._rows import Rows
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream
from nearabout.formats._vector_text import numbers_of
from nearabout.formats._warnings import warn_of_rounding

NAME = "delimited"
SUFFIXES = (".csv", ".tsv", ".tab")
OPTIONS = frozenset({"errors", "key_column", "vector_column", "vector_columns", "header", "delimiter", "quotes"})
_DELIMITERS = (",", "\t", ";", "|")
_EXCEL = re.compile(rb'"?sep=([!-/:;|\t ])"?\r?', re.IGNORECASE)  # a first line that sets the delimiter for Excel
_WIDE_WHOLE = re.compile(r"[+-]?[0-9]{8,40}")  # numbers with fewer digits are finite in float32
_MAX_FIELD = 1 << 26  # bytes of a record, so that an unclosed quote does not take the whole file


def _delimiter_of(line: str, suffix: str) -> str | None:
    if suffix in (".tsv", ".tab") and "\t" in line:
        return "\t"
    best = max(_DELIMITERS, key=line.count)
    return best if line.count(best) else None


def sniff(head: Head) -> bool:
    if head.suffix in SUFFIXES:
        return b"\x00" not in head.data
    lines = [line for line in head.data.removeprefix(_words.BOM).decode("latin-1").split("\n") if line.strip()]
    if not lines or b"\x00" in head.data or lines[0][0] in "{[" or has_decimal_commas(lines[0]):
        return False
    delimiter = _delimiter_of(lines[0], head.suffix)
    line = lines[-1 if len(lines) < 3 else 1]
    fields = line.split(delimiter)
    if delimiter is None or len(fields) < 2 or sum(map(is_number, fields)) < len(fields) - 1:
        return False
    words = line.split()
    return not (delimiter == "," and len(words) > 1 and all(map(is_number, words[1:])))  # the comma is a word


class _Table:
    """Parses the lines one by one."""

    def __init__(self, rows: Rows, options: ReadOptions, source: Source) -> None:
        self._rows = rows
        self._options = options
        self._path = source.path
        self._suffix = source.suffix
        self._delimiter = options.delimiter or ""
        self._quotes = Quotes(options.quotes, source.path)
        self._names: list[str] | None = None
        self._columns: Columns | None = None

    def take_all(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[None]:
        """Parses all lines; yields after each."""
        first = self._next(lines)
        if first is None:
            return
        second = self._next(lines)
        header = self._options.header
        if header is None:
            header = has_header(first[1], None if second is None else second[1], self._path)
        if header:
            self._names = first[1]
            while second is not None and not self._fits_header(*second):
                second = self._next(lines)
        elif self._options.key_column is None and self._options.vector_columns is None:
            refuse_row_numbers(first[1], None if second is None else second[1], self._path)
        row = second if header else first
        if row is not None:
            self._columns = choose_columns(self._names, *row, self._options, self._path)
            self._rows.key_column = self._key_name()
            self._warn_of_rounding(*row)
        for one in filter(None, (None if header else first, second)):
            self._add(*one)
            yield
        for number, line in lines:
            self.take(number, line, lines)
            yield

    def take(self, number: int, line: bytes, more: Iterator[tuple[int, bytes]]) -> None:
        """Parses one line, and the following ones if a quote is open at its end."""
        if self._rows.dims and self._take_plain(line.rstrip(b"\r")):
            return
        try:
            record = self._record(number, line, more)
        except BadRowError as bad:
            self._rows.skip(bad)
            return
        if record is not None:
            self._add(number, record)

    def _next(self, lines: Iterator[tuple[int, bytes]]) -> tuple[int, Fields] | None:
        """Returns the number and the fields of the next line that is not blank."""
        for number, line in lines:
            try:
                record = self._record(number, line, lines)
            except BadRowError as bad:
                self._rows.skip(bad)
                continue
            if record is not None:
                return number, record
        return None

    def _warn_of_rounding(self, number: int, row: list[str]) -> None:
        """Warns if float32 rounds a number of the first row: a column of time stamps has such a number in every row."""
        columns = self._columns
        if columns is None or columns.text is not None:
            return
        places = columns.numbers or [place for place in range(len(row)) if place != columns.key]
        for field in (row[place].strip() for place in places):
            if _WIDE_WHOLE.fullmatch(field):
                warn_of_rounding(self._path, f"line {number:,}", int(field))
                return

    def _key_name(self) -> str:
        place = self._columns.key if self._columns is not None else None
        if place is None:
            return ""
        return (self._names[place] if self._names is not None else "") or f"column {place}"

    def _fits_header(self, number: int, row: list[str]) -> bool:
        """Returns whether the first row of data has as many columns as the header; bad rows are refused or skipped."""
        names = self._names or []
        if len(row) == len(names) + 1:
            self._names = ["", *names]  # R's write.table writes no name for the column of row names
        elif len(row) != len(names):
            expected = f"{len(names)} are expected, as the first line has"
            self._rows.skip(BadRowError(f"line {number:,}", f" has {len(row)} fields; {expected}"))
            return False
        return True

    def _take_plain(self, line: bytes) -> bool:
        """Parses a line like the first row on the fast path. Returns False and does nothing for other lines."""
        columns = self._columns
        if columns is None or columns.numbers is not None or columns.text is not None:
            return False
        if not self._delimiter.isascii() or (b'"' in line and not self._quotes.settled(self._delimiter)):
            return False
        found = _core.read_delimited(line, self._delimiter, self._rows.dims, columns.key)
        if found is None:
            return False
        numbers, key = found
        if columns.key is not None and not key:
            return False  # the slow path distinguishes an empty field from one in quotes
        try:
            self._rows.add_bytes(numbers, None if columns.key is None else key.decode())
        except UnicodeDecodeError:
            return False
        return True

    def _record(self, number: int, line: bytes, more: Iterator[tuple[int, bytes]]) -> Fields | None:
        """Returns the fields of a line and of the following lines while a quote is open; None for a blank line."""
        if not line.strip():
            self._rows.blank_lines += 1
            return None
        declared = _EXCEL.fullmatch(line) if number == 1 else None
        if declared is not None:
            self._delimiter = self._delimiter or declared[1].decode()
            return None
        if not self._delimiter:
            self._delimiter = self._find_delimiter(line)
        if b'"' in line and self._quotes.enclose and not self._is_literal(line):
            line = self._complete(number, line, more)
        text = self._rows.decode(line.rstrip(b"\r"), number, self._options.errors)
        return self._quotes.fields(text, self._delimiter, number, self._width())

    def _find_delimiter(self, line: bytes) -> str:
        text = line.decode(errors="replace")
        delimiter = _delimiter_of(text, self._suffix) or ","
        if delimiter == "," and has_decimal_commas(text):
            raise InvalidInputError(
                f"{self._path}: its first line is {text[:60]!r}: {COMMA_ADVICE} (or pass delimiter=',' if each comma "
                "separates two numbers)"
            )
        return delimiter

    def _width(self) -> int | None:
        return None if self._columns is None else self._columns.width

    def _is_literal(self, line: bytes) -> bool:
        return self._quotes.is_literal(line.rstrip(b"\r").decode("latin-1"), self._delimiter, self._width())

    def _complete(self, number: int, line: bytes, more: Iterator[tuple[int, bytes]]) -> bytes:
        """Returns a line with the following lines that are inside its quotes."""
        delimiter = self._delimiter.encode()
        parts, size, open_ = [line], len(line), is_open(line, delimiter)
        while open_:
            following = next(more, None)
            size += 1 + (len(following[1]) if following else 0)
            if following is None or size > _MAX_FIELD:
                end = "the end of the file" if following is None else f"{_MAX_FIELD:,} bytes"
                raise CorruptFileError(
                    f"{self._path}: line {number:,}: its quotes are not valid (one is open until {end}): correct the "
                    "line, or pass quotes=False if quotes are ordinary characters"
                )
            parts.append(following[1])
            open_ = is_open(following[1], delimiter, inside=True)
        return b"\n".join(parts)

    def _add(self, number: int, fields: Fields) -> None:
        columns = self._columns
        if columns is None:
            return
        try:
            if len(fields) != columns.width and (columns.numbers or columns.text is not None):
                raise BadRowError(f"line {number:,}", f" has {len(fields)} fields; {columns.width} are expected")
            key = None if columns.key is None else self._key(number, fields, columns.key)
            if columns.text is not None:
                self._rows.add(number, self._vector(number, fields[columns.text]), key)
                return
            count = len(fields) - (columns.key is not None)
            if columns.numbers is None and self._rows.dims and count != self._rows.dims:
                raise self._rows.wrong_count(number, count)
            places = columns.numbers or (place for place in range(len(fields)) if place != columns.key)
            self._rows.add(number, (_words.number_of(fields[place]) for place in places), key)
        except BadRowError as bad:
            self._rows.skip(bad)

    def _key(self, number: int, fields: Fields, place: int) -> str:
        """Returns the key of a row. An empty field is a missing key; two quotes are an empty key."""
        if place >= len(fields):
            raise BadRowError(f"line {number:,}", f" has {len(fields)} fields: that of the key is missing")
        if not fields[place] and place not in fields.stated:
            name = self._names[place] if self._names is not None else ""
            column = f"the column {quoted(name)}" if name else f"column {place}"
            advice = "fill it, write \"\" if the key is the empty text, or leave such rows out with invalid='skip'"
            raise BadRowError(f"line {number:,}", f": its key is missing, {column} is empty", sound=True, advice=advice)
        return fields[place]

    def _vector(self, number: int, field: str) -> Iterator[float]:
        if not field.strip():
            raise BadRowError(f"line {number:,}", ": its vector is missing", sound=True)
        try:
            return iter(numbers_of(field))
        except ValueError as error:
            raise BadRowError(
                f"line {number:,}", f": a value is not a number ({error})", sound="shortened" in str(error)
            ) from None


def _add_lines(rows: Rows, source: Source, options: ReadOptions) -> Iterator[None]:
    if options.delimiter is not None and (len(options.delimiter) != 1 or options.delimiter in '\n\r"'):
        raise InvalidInputError(f"delimiter={quoted(options.delimiter)}: pass one character, such as ',' or '\\t'")
    if source.head(3) == _words.BOM:
        source.skip(3)
    yield from _Table(rows, options, source).take_all(iter(enumerate(source.lines(), 1)))


def read(source: Source, options: ReadOptions) -> Embeddings:
    rows = Rows(source.path, NAME, options)
    return rows.read(_add_lines(rows, source, options))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    rows = Rows(source.path, NAME, options)
    return rows.stream(source, _add_lines(rows, source, options))
