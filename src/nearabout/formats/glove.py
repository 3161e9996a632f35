"""Reads and writes GloVe's text format: one word and its numbers per line, no header.

It is the format of Pennington, Socher and Manning (2014), https://nlp.stanford.edu/projects/glove/. The number of
dimensions is not stored; it is the most common count of numbers in the first lines. Some words of the published vectors
contain spaces (". . .", "at name@domain.com").
"""

from __future__ import annotations

from collections import Counter
from typing import Any, BinaryIO

import numpy as np

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError, quoted
from nearabout.formats import _text_writer, _words
from nearabout.formats._decimal_commas import refuse_decimal_commas
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import HEAD, Source
from nearabout.formats._stream import Stream

NAME = "glove"
SUFFIXES = (".txt", ".glove")
OPTIONS = frozenset({"errors", "dims"})
_LINES = 100  # lines to check for the number of dimensions
_MAX_LINE = 1 << 26


def _numbers_after_word(line: bytes) -> int:
    fields = line.split()
    count = 0
    while count < len(fields) - 1 and _words.NUMBER.fullmatch(fields[-1 - count]):
        count += 1
    return count


def _dims_of(head: bytes, complete: bool) -> list[int]:
    """Returns the most common numbers of dimensions, ascending; empty if there are no vectors."""
    lines = head.removeprefix(_words.BOM).split(b"\n")
    if not complete and len(lines) > 1:
        lines.pop()  # cut off
    counts = Counter(_numbers_after_word(line) for line in lines[:_LINES] if line.strip())
    most = max(counts.values(), default=0)
    return sorted(dims for dims, count in counts.items() if count == most and dims)


def sniff(head: Head) -> bool:
    if b"\x00" in head.data:
        return False
    return bool(_dims_of(head.data, len(head.data) == head.size))


def _parser(source: Source, options: ReadOptions) -> tuple[Any, int, int | None]:
    """Returns the parser, the dims, and None for the number of rows, because there is no header."""
    size = 1 << 18
    head = source.head(size)
    while b"\n" not in head and len(head) == size and size < _MAX_LINE:
        size *= 4
        head = source.head(size)
    found = [options.dims] if options.dims else _dims_of(head, len(head) < size)
    if len(found) != 1:
        refuse_decimal_commas(head[:HEAD], source.path)
    if len(found) > 1:
        choices = " or ".join(f"dims={one}" for one in found[:4])
        raise CorruptFileError(
            f"{source.path}: its lines have {' or '.join(map(str, found[:4]))} numbers after their word, equally "
            f"often: correct the lines, or pass {choices}"
        )
    dims = found[0] if found else 0
    if dims == 0:
        raise CorruptFileError(
            f"{source.path}: its first lines do not have a word and numbers: if the file has another format, pass it "
            "with format="
        )
    _refuse_numbers_alone(head, dims, source.path)
    if dims > _words.MAX_DIMS:
        raise InvalidInputError(f"{source.path}: has {dims:,} dimensions; 1 to {_words.MAX_DIMS:,} are possible")
    if head.startswith(_words.BOM):
        source.skip(len(_words.BOM))
    parser = _core.LineParser(
        dims=dims,
        announced_rows=None,
        reserved_rows=0,
        errors=options.errors,
        skip_bad=options.invalid == "skip",
        first_line=1,
        fractions_in_keys=options.dims is not None,
    )
    return parser, dims, None


def _refuse_numbers_alone(head: bytes, dims: int, path: str) -> None:
    """Refuses lines of fractions without words, as `numpy.savetxt` writes them: the first would be taken for words."""
    lines = [line.split() for line in head.removeprefix(_words.BOM).split(b"\n")[:_LINES] if line.strip()]
    firsts = [fields[0] for fields in lines if len(fields) == dims + 1]
    if len(firsts) > 1 and all(_words.NUMBER.fullmatch(one) and not one.lstrip(b"+-").isdigit() for one in firsts):
        raise InvalidInputError(
            f"{path}: its lines seem to have {dims + 1} numbers and no words: to read them as vectors, pass "
            "format='delimited', delimiter=' ' and key_column=False; otherwise begin each line with a word"
        )


def read(source: Source, options: ReadOptions) -> Embeddings:
    parser, dims, announced = _parser(source, options)
    return _words.run(parser, source, options, dims, announced, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    parser, dims, announced = _parser(source, options)
    return _words.stream(parser, source, options, dims, announced, NAME)


def write(file: BinaryIO, vectors: Vectors, keys: Keys) -> None:
    words = _text_writer.words_of(keys, len(vectors), vectors.shape[1], NAME)
    for row in np.flatnonzero(np.diff(words.offsets.astype(np.int64)) == 0)[:1].tolist():
        raise InvalidInputError(
            f"key {row} is empty, which this format cannot store: write word2vec-text or Parquet, or name the key"
        )
    for row, word in words.spaced():
        fields = word.split()
        if not fields:
            raise InvalidInputError(
                f"key {row}, {quoted(word.decode())}, is only white space and would be lost: rename the key"
            )
        if len(fields) > 1 and _words.NUMBER.fullmatch(fields[-1]):
            raise InvalidInputError(
                f"key {row}, {quoted(word.decode())}, ends in a number, which would be read as part of the vector: "
                "write word2vec-text instead"
            )
    _text_writer.write_lines(file, words, vectors)
