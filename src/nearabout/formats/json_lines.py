"""Reads JSON lines: one row per line, in a form that ``_json_rows`` reads. Numbers become float32."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from nearabout.formats import _words
from nearabout.formats._bad_rows import BadRowError
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._json_rows import JsonRows, once
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream

NAME = "json-lines"
SUFFIXES = (".jsonl", ".ndjson")
OPTIONS = frozenset({"errors", "key_column", "vector_column"})
_LONG_LINE = re.compile(rb'[{\[]\s*(?:"|-?[0-9.eE+-]+\s*,)')


def sniff(head: Head) -> bool:
    """Returns whether the first line is JSON. A bracket alone may be a word of a GloVe file."""
    line, line_end, _ = head.data.removeprefix(_words.BOM).lstrip().partition(b"\n")
    if line[:1] not in (b"{", b"["):
        return False
    if not line_end and len(head.data) != head.size:
        return _LONG_LINE.match(line) is not None
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def read(source: Source, options: ReadOptions) -> Embeddings:
    rows = Rows(source.path, NAME, options)
    return rows.read(_add_lines(rows, source, options))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    rows = Rows(source.path, NAME, options)
    return rows.stream(source, _add_lines(rows, source, options))


def _add_lines(rows: Rows, source: Source, options: ReadOptions) -> Iterator[None]:
    taker = JsonRows(rows, options, source.path)
    for number, raw in enumerate(source.lines(), 1):
        try:
            text = rows.decode(raw.removeprefix(_words.BOM) if number == 1 else raw, number, options.errors)
            if not text.strip():
                rows.blank_lines += 1
                continue
            taker.add(number, _value(text, rows.place(number)))
        except BadRowError as bad:
            rows.skip(bad)
        yield


def _value(text: str, place: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        reason = f" is not JSON ({error}); JSON lines have one complete value per line"
        raise BadRowError(place, reason) from None
