"""Reads and writes word2vec's text format, which is fastText's .vec: a header of two numbers, then one word per line.

``word2vec -binary 0`` writes it (Mikolov and others, 2013, https://code.google.com/archive/p/word2vec/).
"""

from __future__ import annotations

from typing import Any, BinaryIO

from nearabout import _core
from nearabout.errors import InvalidInputError, quoted
from nearabout.formats import _text_writer, _words
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream

NAME = "word2vec-text"
SUFFIXES = (".vec", ".w2v")
OPTIONS = frozenset({"errors", "dims"})


def looks_like_text(head: Head, header: _words.Header) -> bool:
    """Returns whether text follows the header: raw float32 soon has bytes that do not occur in text."""
    body = head.data[header.size :]
    if not body:
        return head.suffix != ".bin"  # only a header
    line, line_end, _ = body[: header.dims * 32 + 256].partition(b"\n")
    if _has_controls(line):
        return False
    fields = line.split()
    if not line_end and len(fields) < 2:
        return head.suffix != ".bin"  # a key that is longer than the head
    if not fields or header.dims > 8 or any(_words.NUMBER.fullmatch(field) for field in fields[1:]):
        return True
    # No number in the first line: still text, such as "the 0,1 0,2", except rare binary data that looks like it.
    return not _has_controls(body) and (_are_lines(head, header) or not _are_records(head, header))


def _has_controls(text: bytes) -> bool:
    return any(byte < 32 and byte not in b"\t\r\n" for byte in text)


def _are_lines(head: Head, header: _words.Header) -> bool:
    """Returns whether each line has a word and the announced number of fields."""
    lines = [line for line in head.data[header.size :].split(b"\n") if line.strip()]
    if len(head.data) != head.size:
        lines.pop()  # cut off
    return bool(lines) and all(len(line.split()) > header.dims for line in lines)


def _are_records(head: Head, header: _words.Header) -> bool:
    """Returns whether the file consists of the announced number of binary records."""
    if len(head.data) != head.size:
        return False
    place = header.size
    for _ in range(header.rows):
        key_end = head.data.find(b" ", place)
        place = key_end + 1 + 4 * header.dims
        if key_end < 0 or place > len(head.data):
            return False
        while head.data[place : place + 1] == b"\n":
            place += 1
    return place == len(head.data)


def sniff(head: Head) -> bool:
    header = _words.header_of(head.data)
    return header is not None and looks_like_text(head, header)


def _parser(source: Source, options: ReadOptions, reserve: bool) -> tuple[Any, int, int | None]:
    """Returns the parser, the dims and the announced number of rows. ``reserve`` allocates memory for all rows."""
    header = _words.take_header(source, options)
    # A number takes at least two bytes, so the size of a plain file bounds the memory to reserve.
    left = source.remaining(header.size) or 0
    parser = _core.LineParser(
        dims=header.dims,
        announced_rows=header.rows,
        reserved_rows=min(header.rows, left // (2 * header.dims)) if reserve else 0,
        errors=options.errors,
        skip_bad=options.invalid == "skip",
        first_line=2,
        fractions_in_keys=options.dims is not None,
    )
    return parser, header.dims, header.rows


def read(source: Source, options: ReadOptions) -> Embeddings:
    parser, dims, announced = _parser(source, options, True)
    return _words.run(parser, source, options, dims, announced, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    parser, dims, announced = _parser(source, options, False)
    return _words.stream(parser, source, options, dims, announced, NAME)


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    rows, dims = vectors.shape
    words = _text_writer.words_of(keys, rows, dims, NAME)
    for row, word in words.spaced():
        fields = word.split()
        if len(fields) > 1 and b"." in fields[-1] and _words.NUMBER.fullmatch(fields[-1]):
            raise InvalidInputError(
                f"key {row}, {quoted(word.decode())}, ends in a fraction, which would be read as part of the vector: "
                "change the key, or write Parquet"
            )
    file.write(f"{rows} {dims}\n".encode())
    _text_writer.write_lines(file, words, vectors)
