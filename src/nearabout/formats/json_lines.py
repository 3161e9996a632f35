"""JSON lines: an object {"key": ..., "vector": [...]} or a pair [key, [...]] a line, or vectors alone.

The members may have any of the usual names (key, word, token, id, ...; vector, embedding, ...), or those given by
key_column= and vector_column=. Numbers are read as float32.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from nearabout.errors import CorruptFile
from nearabout.formats import _words
from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream

NAME = "json-lines"
SUFFIXES = (".jsonl", ".ndjson", ".json")
OPTIONS = frozenset({"errors", "key_column", "vector_column"})
_LONG_LINE = re.compile(rb'[{\[]\s*(?:"|-?[0-9.eE+-]+\s*,)')


def sniff(head: Head) -> bool:
    """A first line that is JSON: a bracket alone may be a word of GloVe's."""
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


def _member(entry: dict[str, Any], wanted: object, names: tuple[str, ...]) -> Any:
    if isinstance(wanted, str):
        return entry.get(wanted)
    return next((entry[name] for name in names if name in entry), None)


def _key_and_vector(entry: Any, options: ReadOptions) -> tuple[Any, Any]:
    if isinstance(entry, dict):
        key = None if options.key_column is False else _member(entry, options.key_column, KEY_NAMES)
        return key, _member(entry, options.vector_column, VECTOR_NAMES)
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], list):
        return (None if options.key_column is False else entry[0]), entry[1]
    return None, entry


def read(source: Source, options: ReadOptions) -> Embeddings:
    rows = Rows(source.path, NAME)
    return rows.read(_add_lines(rows, source, options))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    rows = Rows(source.path, NAME)
    return rows.stream(source, _add_lines(rows, source, options))


def _add_lines(rows: Rows, source: Source, options: ReadOptions) -> Iterator[None]:
    for number, raw in enumerate(source.lines(), 1):
        text = rows.decode(raw.removeprefix(_words.BOM) if number == 1 else raw, number, options.errors)
        if not text.strip():
            rows.blank_lines += 1
            continue
        where = f"{source.path}: line {number:,}"
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CorruptFile(f"{where} is not JSON ({error}): JSON lines have one whole value a line") from None
        key, vector = _key_and_vector(entry, options)
        if not isinstance(vector, list) or bool in map(type, vector):
            raise CorruptFile(
                f"{where} has no vector: it takes a list of numbers, or an object with one named "
                f"{', '.join(VECTOR_NAMES[:4])}; "
                "another name is given with vector_column="
            )
        if key is not None and (isinstance(key, bool) or not isinstance(key, (str, int))):
            raise CorruptFile(f"{where}: the key {key!r:.80} is neither a string nor a whole number")
        if isinstance(options.key_column, str) and key is None:
            raise CorruptFile(f"{where} has no member {options.key_column!r}, which key_column= names")
        if isinstance(key, str) and not key.isascii():
            key = _valid(key, where)
        rows.add(number, vector, key)
        yield


def _valid(key: str, where: str) -> str:
    """JSON can spell a lone surrogate, which is no text."""
    try:
        key.encode()
    except UnicodeEncodeError:
        raise CorruptFile(
            f"{where}: the key {key!r:.80} has a lone surrogate: it is no Unicode text; mend the line"
        ) from None
    return key
