"""Delimited text, CSV and TSV: a row a line, perhaps with a header, perhaps with a key.

Quoting is that of RFC 4180, but a quoted field cannot hold a line feed. Numbers are read as float32.

The first row settles what a row is; those after it are read by the compiled core where they are plain. Every other
line goes the way of the first, in Python, which reads all that can be read and says what is wrong with the rest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from nearabout import _core
from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats import _words
from nearabout.formats._arrays import KEY_NAMES
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream

NAME = "delimited"
SUFFIXES = (".csv", ".tsv", ".tab")
OPTIONS = frozenset({"errors", "key_column", "header", "delimiter"})
_DELIMITERS = (",", "\t", ";", "|")


def _is_number(field: str) -> bool:
    return _words.NUMBER.fullmatch(field.strip().encode()) is not None


def _delimiter_of(line: str) -> str | None:
    best = max(_DELIMITERS, key=line.count)
    return best if line.count(best) else None


def sniff(head: Head) -> bool:
    if head.suffix in SUFFIXES:
        return b"\x00" not in head.data
    lines = [line for line in head.data.removeprefix(_words.BOM).decode("latin-1").split("\n") if line.strip()]
    if not lines or b"\x00" in head.data or lines[0][0] in "{[":
        return False
    delimiter = _delimiter_of(lines[0])
    fields = lines[-1 if len(lines) < 3 else 1].split(delimiter)
    return delimiter is not None and len(fields) > 1 and sum(map(_is_number, fields)) >= len(fields) - 1


def _is_header(fields: list[str]) -> bool:
    return len(fields) > 1 and not any(_is_number(field) for field in fields[1:])


def _key_place(fields: list[str], names: list[str] | None, options: ReadOptions, path: str) -> int | None:
    """The column of the keys: the one asked for; else the first, where it holds no number or is named as keys are."""
    wanted = options.key_column
    if wanted is False:
        return None
    if isinstance(wanted, str):
        if names is None or wanted not in names:
            has = "has no header" if names is None else f"has the columns {', '.join(names[:8])}"
            raise InvalidInput(
                f"{path}: key_column={wanted!r}, but the file {has}: give a name that is there, or a number"
            )
        return names.index(wanted)
    if wanted is not None:
        if isinstance(wanted, bool) or not 0 <= wanted < len(fields):
            raise InvalidInput(f"{path}: key_column={wanted!r}: give 0 to {len(fields) - 1}, a name, or False for none")
        return wanted
    named = names is not None and names[0].strip().lower() in (*KEY_NAMES, "index", "")
    return 0 if named or not _is_number(fields[0]) else None


class _Table:
    """Takes the lines one by one."""

    def __init__(self, rows: Rows, options: ReadOptions, path: str) -> None:
        self._rows = rows
        self._options = options
        self._path = path
        self._delimiter = options.delimiter
        self._names: list[str] | None = None
        self._key_place: int | None = None

    def take(self, number: int, line: bytes) -> None:
        if self._rows.dims and self._take_plain(line.rstrip(b"\r")):
            return
        text = self._rows.decode(line, number, self._options.errors).rstrip("\r")
        if text.strip():
            self._take_fields(number, self._split(number, text))
        else:
            self._rows.blank_lines += 1

    def _take_plain(self, line: bytes) -> bool:
        """The short way of a line like the first row; False where it is another, and nothing has happened."""
        delimiter = self._delimiter or ","
        if not delimiter.isascii():
            return False
        found = _core.read_delimited(line, delimiter, self._rows.dims, self._key_place)
        if found is None:
            return False
        numbers, key = found
        try:
            self._rows.add_bytes(numbers, None if self._key_place is None else key.decode())
        except UnicodeDecodeError:
            return False
        return True

    def _split(self, number: int, text: str) -> list[str]:
        if self._delimiter is None:
            self._delimiter = _delimiter_of(text) or ","
        if '"' not in text:
            return text.split(self._delimiter)
        try:
            return next(csv.reader([text], delimiter=self._delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            raise CorruptFile(
                f"{self._path}: line {number:,}: its quotes make no sense ({error}): mend the line"
            ) from None

    def _take_fields(self, number: int, fields: list[str]) -> None:
        if not self._rows.dims:
            header = self._options.header
            if self._names is None and (header or (header is None and _is_header(fields))):
                self._names = fields
                return
            self._key_place = _key_place(fields, self._names, self._options, self._path)
        key = None
        if self._key_place is not None:
            if self._key_place >= len(fields):
                raise CorruptFile(
                    f"{self._path}: line {number:,} has {len(fields)} fields: the key's is missing; mend the line"
                )
            key = fields.pop(self._key_place)
        self._rows.add(number, map(float, fields), key)


def _add_lines(rows: Rows, source: Source, options: ReadOptions) -> Iterator[None]:
    if options.delimiter is not None and (len(options.delimiter) != 1 or options.delimiter in '\n\r"'):
        raise InvalidInput(f"delimiter={options.delimiter!r}: give one character, such as ',' or '\\t'")
    table = _Table(rows, options, source.path)
    for number, line in enumerate(source.lines(), 1):
        table.take(number, line.removeprefix(_words.BOM) if number == 1 else line)
        yield


def read(source: Source, options: ReadOptions) -> Embeddings:
    rows = Rows(source.path, NAME)
    return rows.read(_add_lines(rows, source, options))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    rows = Rows(source.path, NAME)
    return rows.stream(source, _add_lines(rows, source, options))
