"""Delimited text, CSV and TSV: a row a line, perhaps with a header, perhaps with a key.

Quoting is that of RFC 4180, but a quoted field cannot hold a line feed. Numbers are read as float32.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats import _words
from nearabout.formats._arrays import KEY_NAMES
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._source import Source

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


def _records(source: Source, options: ReadOptions, rows: Rows) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields; blank lines are passed over."""
    delimiter = options.delimiter
    for number, raw in enumerate(source.lines(), 1):
        line = raw.removeprefix(_words.BOM) if number == 1 else raw
        text = rows.decode(line, number, options.errors).rstrip("\r")
        if not text.strip():
            rows.blank_lines += 1
            continue
        if delimiter is None:
            delimiter = _delimiter_of(text) or ","
        if '"' not in text:
            yield number, text.split(delimiter)
            continue
        try:
            yield number, next(csv.reader([text], delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            raise CorruptFile(
                f"{source.path}: line {number:,}: its quotes make no sense ({error}): mend the line"
            ) from None


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


def read(source: Source, options: ReadOptions) -> Embeddings:
    if options.delimiter is not None and (len(options.delimiter) != 1 or options.delimiter in '\n\r"'):
        raise InvalidInput(f"delimiter={options.delimiter!r}: give one character, such as ',' or '\\t'")
    rows = Rows(source.path, NAME)
    names: list[str] | None = None
    place: int | None = None
    first = True
    for number, fields in _records(source, options, rows):
        if first and names is None and (options.header or (options.header is None and _is_header(fields))):
            names = fields
            continue
        if first:
            place = _key_place(fields, names, options, source.path)
            first = False
        key = None
        if place is not None:
            if place >= len(fields):
                raise CorruptFile(
                    f"{source.path}: line {number:,} has {len(fields)} fields: the key's is missing; mend the line"
                )
            key = fields.pop(place)
        rows.add(number, map(float, fields), key)
    return rows.embeddings()
