"""Shared parts of the formats of words and numbers: the header line, the parser and its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from nearabout import _core
from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError, TruncatedFileError, quoted
from nearabout.formats._bad_rows import MEND, BadRowError
from nearabout.formats._decimal_commas import COMMA_ADVICE, is_decimal_comma
from nearabout.formats._embeddings import Embeddings, Report, Vectors
from nearabout.formats._keys import KeyList
from nearabout.formats._options import ReadOptions
from nearabout.formats._source import MAX_LINE, Source
from nearabout.formats._stream import PIECE, Stream, in_pieces

BOM = b"\xef\xbb\xbf"
NUMBER = re.compile(rb"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?i:inf|infinity|nan))")
_HEADER = re.compile(rb"[ \t]*(\d{1,19})[ \t]+(\d{1,19})[ \t\r]*(?:\n|\Z)")
MAX_DIMS = 1 << 24  # limit; one such vector takes 64 MiB


class Header(NamedTuple):
    """The first line of word2vec's formats."""

    rows: int
    dims: int
    size: int  # bytes of the header, with a byte order mark and the line feed


def number_of(field: str) -> float:
    """Returns the number in a field, ignoring blanks around it.

    Refuses what Python accepts but the compiled parser does not, digits of any script and 1_000, because the two must
    agree.

    Raises:
        ValueError: the field is not a number; the message is the field.
    """
    try:
        if field.isascii() and "_" not in field:
            return float(field)
    except ValueError:
        pass
    raise ValueError(quoted(field))


def is_float(field: str) -> bool:
    """Returns whether a field is a number, ignoring blanks around it."""
    try:
        number_of(field)
    except ValueError:
        return False
    return True


def header_of(head: bytes) -> Header | None:
    """Returns the header that these bytes begin with, or None."""
    start = len(BOM) if head.startswith(BOM) else 0
    match = _HEADER.match(head[:200], start)
    return Header(int(match[1]), int(match[2]), match.end()) if match else None


def take_header(source: Source, options: ReadOptions) -> Header:
    """Reads and checks the header."""
    header = header_of(source.head(200))
    if header is None:
        first = source.head(40).split(b"\n")[0]
        raise CorruptFileError(
            f"{source.path}: begins with {first!r} instead of a header of two whole numbers, the number of words and "
            "the number of dimensions: if the file has no header, read it with format='glove'"
        )
    if not 1 <= header.dims <= MAX_DIMS:
        raise CorruptFileError(
            f"{source.path}: its header announces {header.dims:,} dimensions; 1 to {MAX_DIMS:,} are possible"
        )
    if options.dims is not None and options.dims != header.dims:
        raise InvalidInputError(
            f"{source.path}: has {header.dims} dimensions by its header, which contradicts dims={options.dims}: leave "
            "dims= out"
        )
    source.skip(header.size)
    return header


def run(
    parser: Any, source: Source, options: ReadOptions, dims: int, announced: int | None, format_name: str
) -> Embeddings:
    """Feeds the rest of a source to a parser, which collects the vectors."""
    for _ in _fed(parser, source, dims, announced):
        pass
    vectors = parser.take_rows()
    keys, report = _finished(parser, source.path, options, dims)
    return Embeddings(vectors, keys, source.path, format_name, report)


def stream(
    parser: Any, source: Source, options: ReadOptions, dims: int, announced: int | None, format_name: str
) -> Stream:
    """Runs a parser and takes vectors out as they are parsed."""

    def pieces() -> Iterator[Vectors]:
        for _ in _fed(parser, source, dims, announced):
            if parser.rows_waiting * dims * 4 >= PIECE:
                yield parser.take_rows()
        yield parser.take_rows()

    return in_pieces(
        source,
        format_name,
        pieces(),
        lambda: _finished(parser, source.path, options, dims),
        lambda: int(parser.key_bytes),
    )


def _finished(parser: Any, path: str, options: ReadOptions, dims: int) -> tuple[KeyList, Report]:
    keys = KeyList(*parser.take_keys())
    if isinstance(parser, _core.LineParser):
        _refuse_carriage_returns(keys, path)
        if options.dims is None:
            _refuse_rows(keys, path, dims)
    left_out = (parser.skipped, tuple(_skipped(parser, dims)))
    return keys, Report(parser.duplicates, parser.bytes_repaired, parser.blank_lines, *left_out)


def _refuse_carriage_returns(keys: KeyList, path: str) -> None:
    """Refuses carriage returns within a line, which would join a row and the next key into one key."""
    places = np.flatnonzero(keys.blob == ord("\r"))
    if len(places):
        row = int(np.searchsorted(keys.offsets, places[0], side="right")) - 1
        raise CorruptFileError(
            f"{path}: the key {keys[row]!r:.80} (row {row:,}) has a carriage return inside; lines end in a line feed, "
            "with or without a carriage return before it: correct the line ends"
        )


def are_in_quotes(keys: KeyList) -> bool:
    """Returns whether all words are in quotes, as R's write.table writes them."""
    starts, ends = keys.offsets[:-1], keys.offsets[1:]
    if len(keys) < 2 or (ends - starts).min() < 2:
        return False
    return bool((keys.blob[starts] == ord('"')).all() and (keys.blob[ends - np.uint64(1)] == ord('"')).all())


def holds_a_row(key: bytes, dims: int) -> str:
    """Returns why a key of several words looks like part of a row of numbers; "" if it does not."""
    fields = key.split()
    if sum(NUMBER.fullmatch(field) is not None for field in fields) >= max(2, min(dims, 3)):
        return "contains numbers, as if two rows were in one line"
    if len(fields) > 1 and is_decimal_comma(fields[-1].decode(errors="replace")):
        return "ends in a number with a decimal comma"
    return ""


def _refuse_rows(keys: KeyList, path: str, dims: int) -> None:
    """Refuses a row without a line end or with an invalid number, which would become part of a key."""
    if are_in_quotes(keys):
        raise InvalidInputError(
            f"{path}: every word is in quotes, such as {keys[0]!r:.40}: read it with format='delimited', delimiter=' '"
        )
    for row, key in keys.spaced():
        wrong = holds_a_row(key, dims)
        if wrong:
            advice = COMMA_ADVICE if "comma" in wrong else "correct the line"
            raise CorruptFileError(
                f"{path}: the key {key.decode()!r:.80} (row {row:,}) {wrong}: {advice}. If it is a key, pass "
                f"dims={dims}"
            )


def _fed(parser: Any, source: Source, dims: int, announced: int | None) -> Iterator[None]:
    """Feeds the parser piece by piece; yields after each."""
    for chunk in source.chunks():
        problem = parser.feed(chunk)
        if problem is not None:
            raise _error(problem, source.path, _place_name(parser), dims, announced)
        _check_length(parser, source, dims)
        yield
    problem = parser.finish()
    if problem is not None:
        raise _error(problem, source.path, _place_name(parser), dims, announced)
    if parser.skipped and not parser.rows_read:
        first = ", ".join(_skipped(parser, dims))
        raise InvalidInputError(f"{source.path}: none of its {parser.skipped:,} rows can be read: {first}")
    if announced is not None and parser.rows_read + parser.skipped < announced:
        raise TruncatedFileError(
            f"{source.path}: its header announces {announced:,} words, but the file ends after {parser.rows_read:,}: "
            "get the file again, or correct its first line"
        )


def _place_name(parser: Any) -> str:
    return "byte" if isinstance(parser, _core.RecordParser) else "line"


def _check_length(parser: Any, source: Source, dims: int) -> None:
    """Refuses a line, or a record of binary data, that is longer than the limit."""
    if isinstance(parser, _core.LineParser):
        source.check_line(parser.place, parser.waiting_bytes)
    elif parser.waiting_bytes > MAX_LINE + 4 * dims:
        raise CorruptFileError(
            f"{source.path}: the record at byte {parser.place:,} has no end within {MAX_LINE:,} bytes: get the file "
            "again"
        )


def _skipped(parser: Any, dims: int) -> list[str]:
    """Returns the positions of the first skipped rows, with the reasons."""
    return [_bad_row(problem, _place_name(parser), dims).described() for problem in parser.first_skipped]


def _bad_row(problem: _core.TextProblem, place_name: str, dims: int) -> BadRowError:
    """Returns the error for one unreadable row in a readable file."""
    kind, number, found, token = problem
    place = f"{place_name} {number:,}"
    if kind == "too_few_numbers":
        return BadRowError(place, f" has {found} numbers after its key; {dims} are expected")
    if kind == "too_many_numbers":
        more = f". If the first of them belong to the key, pass dims={dims}"
        return BadRowError(place, f" has {found} numbers after its key; {dims} are expected", advice=MEND + more)
    if kind == "not_a_number":
        advice = COMMA_ADVICE if is_decimal_comma(token[:40].decode("latin-1")) else MEND
        return BadRowError(place, f", number {found + 1} of {dims}: {_shown(token)} is not a number", advice=advice)
    return BadRowError(
        place,
        f": the key {_shown(token)} is not UTF-8 (its byte {found + 1:,}, 0x{token[found]:02x})",
        advice="read with errors='replace' or errors='ignore', or convert the file",
    )


def _error(
    problem: _core.TextProblem, path: str, place_name: str, dims: int, announced: int | None
) -> FileFormatError | InvalidInputError:
    kind, place, found, _ = problem
    where = f"{path}: {place_name} {place:,}"
    if kind == "more_rows":
        return CorruptFileError(
            f"{where}: the header announces {announced:,} words, but more data follows: correct the header, or cut the "
            "file here"
        )
    if kind == "truncated":
        return TruncatedFileError(f"{where}: the last record is cut short after {found:,} bytes: get the file again")
    return _bad_row(problem, place_name, dims).error(path)


def _shown(token: bytes) -> str:
    return quoted(token)[1:]
