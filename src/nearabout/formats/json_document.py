"""Reads JSON that is one value: an array of rows, or an object of words and vectors, or of named parts.

Rows have the forms that ``_json_rows`` reads. Arrays of any length are read row by row. An object is read whole; it is
``{"word": [...], ...}``, or ``{"keys": [...], "vectors": [[...], ...]}`` with the usual names. Numbers become float32.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from nearabout.errors import CorruptFileError, InvalidInputError, TruncatedFileError
from nearabout.formats import _words
from nearabout.formats._arrays import VECTOR_NAMES
from nearabout.formats._bad_rows import BadRowError
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._json_rows import JsonRows, once
from nearabout.formats._named_parts import embeddings_of
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._source import MAX_LINE, Source, most_expanded
from nearabout.formats._stream import Stream, read_whole

NAME = "json"
SUFFIXES = (".json",)
OPTIONS = frozenset({"errors", "key_column", "vector_column"})
_ARRAY = re.compile(rb"\s*\[\s*[\[{]")
_OBJECT = re.compile(rb'\s*\{\s*"((?:[^"\\]|\\.)*)"\s*:\s*\[\s*(\[|"|-?[0-9])')
_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST_TOKEN = 32  # longest token that may be cut off at the end: -Infinity, \\ud83d\\ude00
_PIECE = 1 << 16  # characters of text to search at once


def sniff(head: Head) -> bool:
    """Returns whether it is an array of lists or objects, which JSON lines never is, or an object of many vectors."""
    data = head.data.removeprefix(_words.BOM)
    if _ARRAY.match(data):
        return True
    match = _OBJECT.match(data)
    if match is None or (match[1].decode("latin-1") in VECTOR_NAMES and match[2] != b"["):
        return False
    first, line_end, rest = data.lstrip().partition(b"\n")
    if line_end or len(head.data) == head.size:
        try:
            value = json.loads(first)
        except (ValueError, RecursionError):
            return True  # it continues on the next lines
        many = len(value) > 1 or match[2] == b"["
        return not rest.strip() and all(isinstance(one, list) for one in value.values()) and many
    return True


def read(source: Source, options: ReadOptions) -> Embeddings:
    if _is_object(source):
        return _read_object(source, options)
    rows = Rows(source.path, NAME, options, "row")
    return rows.read(_add_rows(rows, source, options))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    if _is_object(source):
        size = None if source.size is None else 12 * source.size
        advice = "write it as JSON lines, or save the vectors as .npy"
        return read_whole(source, NAME, size, room, lambda: _read_object(source, options), advice)
    rows = Rows(source.path, NAME, options, "row")
    return rows.stream(source, _add_rows(rows, source, options))


def _is_object(source: Source) -> bool:
    return source.head().removeprefix(_words.BOM).lstrip()[:1] == b"{"


def _read_object(source: Source, options: ReadOptions) -> Embeddings:
    if options.invalid == "skip":
        raise InvalidInputError(
            f"{source.path}: invalid='skip' has no effect on one JSON object: write an array or JSON lines"
        )
    for name in ("key_column", "vector_column"):
        if getattr(options, name) is not None:
            raise InvalidInputError(
                f"{source.path}: {name}= has no effect on one object of words and vectors: leave it out"
            )
    text = source.rest().removeprefix(_words.BOM)
    try:
        content = json.loads(text.decode(errors=options.errors), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"{source.path}: is not JSON ({error}): correct the file") from None
    return embeddings_of(content, source.path, NAME, "the JSON object", most_expanded(len(text)))


def _add_rows(rows: Rows, source: Source, options: ReadOptions) -> Iterator[None]:
    taker = JsonRows(rows, options, source.path)
    for number, value in enumerate(_elements(source, options), 1):
        try:
            taker.add(number, value)
        except BadRowError as bad:
            rows.skip(bad)
        yield


class _Text:
    """The text of a source. It reads only as much as the next value needs."""

    def __init__(self, source: Source, options: ReadOptions) -> None:
        if source.head(3) == _words.BOM:
            source.skip(3)
        self._path = source.path
        self._chunks = source.chunks()
        self._decoder = codecs.getincrementaldecoder("utf-8")(options.errors)
        self.text = ""
        self.place = 0
        self.ended = False

    def more(self) -> bool:
        """Reads more text and drops the text before ``place``. Returns False at the end."""
        if self.ended:
            return False
        parts = [self.text[self.place :]]
        wanted = max(_PIECE, len(parts[0]))  # doubles the amount, so that the total time is linear
        try:
            while wanted > 0:
                chunk = next(self._chunks, b"")
                self.ended = not chunk
                parts.append(self._decoder.decode(chunk, self.ended))
                wanted -= len(parts[-1])
                if self.ended:
                    break
        except UnicodeDecodeError as error:
            raise CorruptFileError(
                f"{self._path}: is not UTF-8 (0x{error.object[error.start]:02x}): read with errors='replace' or "
                "errors='ignore', or convert the file"
            ) from None
        if len(parts[0]) > MAX_LINE:
            raise InvalidInputError(
                f"{self._path}: a row is longer than the limit of {MAX_LINE:,} bytes: write vectors of fewer numbers"
            )
        self.text, self.place = "".join(parts), 0
        return True

    def next(self) -> str:
        """Returns the next character that is not white space, without consuming it; "" at the end."""
        while True:
            self.place = _SPACE.match(self.text, self.place).end()  # type: ignore[union-attr]
            if self.place < len(self.text):
                return self.text[self.place]
            if not self.more():
                return ""


def _elements(source: Source, options: ReadOptions) -> Iterator[Any]:
    """Yields the elements of the array in a source."""
    text = _Text(source, options)
    if text.next() != "[":
        raise CorruptFileError(f"{source.path}: begins with {text.text[:40]!r}: write an array of rows, or an object")
    text.place += 1
    decoder = json.JSONDecoder(object_pairs_hook=once)
    closed = text.next() == "]"
    number = 0
    while not closed:
        number += 1
        yield _element(text, decoder, number, source.path)
        separator = text.next()
        if separator not in (",", "]"):
            _refuse(separator, number, source.path)
        text.place += 1
        closed = separator == "]"
    if closed and number == 0:
        text.place += 1
    if text.next():
        raise CorruptFileError(f"{source.path}: {text.text[text.place :][:40]!r} follows its array: correct the file")


def _refuse(found: str, number: int, path: str) -> None:
    if not found:
        raise TruncatedFileError(f"{path}: the file ends after row {number:,} of its array: get the file again")
    raise CorruptFileError(f"{path}: {found!r} follows row {number:,} of its array instead of , or ]: correct the file")


def _element(text: _Text, decoder: json.JSONDecoder, number: int, path: str) -> Any:
    while True:
        if not text.next():
            raise TruncatedFileError(f"{path}: the file ends before row {number:,} of its array: get the file again")
        try:
            value, end = decoder.raw_decode(text.text, text.place)
        except json.JSONDecodeError as error:
            cut_off = error.pos + _LONGEST_TOKEN > len(text.text) or error.msg.startswith("Unterminated")
            if cut_off and text.more():
                continue
            raise _no_json(path, number, error) from None
        except (RecursionError, ValueError) as error:  # the last of duplicate members
            raise _no_json(path, number, error) from None
        if end == len(text.text) and text.more():
            continue  # a number at the end may continue
        text.place = end
        return value


def _no_json(path: str, number: int, error: Exception) -> CorruptFileError:
    reason = getattr(error, "msg", error)
    return CorruptFileError(f"{path}: row {number:,} of its array is not JSON ({reason}): correct the file")
