"""Reads and writes word2vec's binary format: a header line of two numbers, then records of a word, a space and float32.

``word2vec -binary 1`` writes it (Mikolov and others, 2013, https://code.google.com/archive/p/word2vec/); gensim leaves
out the line feed after each vector. Numbers are little-endian.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from nearabout import _core
from nearabout.errors import InvalidInputError, TruncatedFileError, quoted
from nearabout.formats import _text_writer, _words
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream
from nearabout.formats.word2vec_text import looks_like_text

NAME = "word2vec-binary"
SUFFIXES = (".bin",)
OPTIONS = frozenset({"errors", "dims"})
_ROWS = 4096


def sniff(head: Head) -> bool:
    header = _words.header_of(head.data)
    return header is not None and not looks_like_text(head, header)


def _parser(source: Source, options: ReadOptions, reserve: bool) -> tuple[Any, int, int | None]:
    """Returns the parser, the dims and the announced number of rows. ``reserve`` allocates memory for all rows."""
    header = _words.take_header(source, options)
    left = source.remaining(header.size)
    smallest = header.rows * (4 * header.dims + 1)  # every key empty
    if left is not None and left < smallest:
        raise TruncatedFileError(
            f"{source.path}: its header announces {header.rows:,} words of {header.dims:,} dimensions, which take "
            f"at least {smallest:,} bytes, but the file has {left:,}: get it again, or correct its first line"
        )
    parser = _core.RecordParser(
        dims=header.dims,
        announced_rows=header.rows,
        reserved_rows=header.rows if reserve and left is not None else 0,
        errors=options.errors,
        skip_bad=options.invalid == "skip",
        first_byte=header.size,
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
    words = _text_writer.packed(keys, rows)
    for row, word in words.spaced():
        if b" " in word or b"\n" in word:
            raise InvalidInputError(
                f"key {row}, {quoted(word.decode())}, cannot be written as {NAME}, which cannot store spaces and line "
                "feeds in keys. Replace them (word2vec's own phrases use _), or write word2vec-text or Parquet"
            )
    file.write(f"{rows} {dims}\n".encode())
    encoded = map(str.encode, words)
    for first in range(0, rows, _ROWS):
        block = vectors[first : first + _ROWS].astype("<f4")
        records = zip(block, encoded, strict=False)  # the words continue in the next block
        file.write(b"".join(b"%s %s\n" % (word, row.tobytes()) for row, word in records))
