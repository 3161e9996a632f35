"""``read`` and ``open_rows``: detect the format of a file and read it with the module of that format."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from nearabout.errors import InvalidInputError, TruncatedFileError, UnknownFormatError, quoted
from nearabout.formats import npz
from nearabout.formats._decimal_commas import refuse_decimal_commas
from nearabout.formats._embeddings import Embeddings, Report
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions, read_options
from nearabout.formats._recognised import refuse_others
from nearabout.formats._registry import BY_NAME, FORMATS, Format
from nearabout.formats._source import HEAD, Progress, Source
from nearabout.formats._stream import Stream
from nearabout.formats._warnings import warn_of_duplicates

_INDEX_MAGIC = b"\x89NEAR\r\n\x1a"  # core/storage writes it


def format_names() -> list[str]:
    """Returns the names that ``format=`` accepts."""
    return list(BY_NAME)


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    errors: Literal["strict", "replace", "ignore"] = "strict",
    member: str | None = None,
    dims: int | None = None,
    dataset: str | None = None,
    key_column: str | int | Literal[False] | None = None,
    vector_column: str | int | None = None,
    vector_columns: Sequence[str | int] | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    quotes: bool | None = None,
    invalid: Literal["raise", "skip"] = "raise",
    progress: Progress | None = None,
) -> Embeddings:
    """Reads vectors, and their keys if there are any, from a file.

    It detects the format by content, then by suffix, and decompresses .gz, .bz2, .xz, .zst and .zip.

    Args:
        path: path of the file; "-" is standard input.
        format: name of the format, if it cannot be detected.
        errors: how to treat keys that are not UTF-8: "strict" refuses them; "replace" and "ignore" repair them as in
            Python.
        member: file inside a .zip of several files; the same as ``"file.zip!member"``.
        dims: number of dimensions of a text format, if it is ambiguous.
        dataset: name of the array in a .npz, HDF5 or safetensors file.
        key_column: column, array or member of the keys, by name or, in delimited text, by position; False for none.
            None takes one with a usual name, or the only text column.
        vector_column: column or member of whole vectors.
        vector_columns: columns of the dimensions, by name or position, if each dimension has its own column.
        header: whether the first line of delimited text has column names; None detects it.
        delimiter: character between fields of delimited text; None detects it.
        quotes: whether quotes enclose fields of delimited text (True) or are ordinary characters (False); None detects
            it.
        invalid: how to treat rows that cannot be read. "raise" refuses the file. "skip" leaves them out; the report has
            their number in ``report.skipped_rows`` and the first few in ``report.first_skipped``. With "skip" and
            without keys, the keys are the row numbers of the file.
        progress: called with the fraction of the file that has been read, 0 to 1.

    Returns:
        `Embeddings`: the vectors, shape (n, dims), in the element type of the file (float32 for text), and the keys. If
        a key occurs twice, the first row is kept; the report counts the others, and there is a NearaboutWarning. NaN
        and infinity are kept.

    Raises:
        OSError: the file cannot be read.
        InvalidInputError: the format does not use an option, or a valid file has no usable vectors.
        FileFormatError: the file is damaged or has another format; the message names the line or the byte.
        MissingDependencyError: the format needs an optional library.

    >>> import nearabout as na
    >>> na.read("words.txt").vectors.shape
    (3, 2)
    """
    options = read_options(
        errors=errors,
        dims=dims,
        dataset=dataset,
        key_column=key_column,
        vector_column=vector_column,
        vector_columns=vector_columns,
        header=header,
        delimiter=delimiter,
        quotes=quotes,
        invalid=invalid,
    )
    with _opened(path, format, member, options, progress, None) as (source, chosen):
        embeddings = chosen.read(source, options)
    warn_of_duplicates(embeddings.source, embeddings.report, len(embeddings))
    if progress is not None:
        progress(1.0)
    return embeddings


@contextmanager
def open_rows(
    path: str | os.PathLike[str],
    *,
    room: int | None,
    scratch: str | None,
    progress: Progress | None = None,
    format: str | None = None,
    member: str | None = None,
    **options: Any,
) -> Iterator[Stream]:
    """Opens the vectors of a file without loading them: directly in the file, or piece by piece.

    The stream is valid inside the ``with`` block.

    Args:
        path: as in ``read``.
        room: bytes of memory for vectors that cannot be read in pieces; None is no limit.
        scratch: folder for compressed content that needs random access; None keeps it in memory.
        progress: as in ``read``.
        format: as in ``read``.
        member: as in ``read``.
        options: further options of ``read``.

    Raises:
        InvalidInputError: as in ``read``; or the file must be read whole and is larger than `room`.
        OSError, FileFormatError, MissingDependencyError: as in ``read``.
    """
    choices = read_options(**options)
    with _opened(path, format, member, choices, progress, scratch) as (source, chosen):
        stream = chosen.stream(source, choices, room)
        yield replace(stream, finish=lambda: _finished(stream))
        if stream.place is not None:
            source.check_not_replaced()


def _finished(stream: Stream) -> tuple[Keys, Report]:
    keys, report = stream.finish()
    warn_of_duplicates(stream.source, report, 0 if keys is None else len(keys))
    return keys, report


@contextmanager
def _opened(
    path: str | os.PathLike[str],
    format: str | None,
    member: str | None,
    options: ReadOptions,
    progress: Progress | None,
    scratch: str | None,
) -> Iterator[tuple[Source, Format]]:
    """Opens a file and detects its format. At the end, checks that the file did not change."""
    if format is not None and format not in BY_NAME:
        near = difflib.get_close_matches(format, BY_NAME, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InvalidInputError(f"format={quoted(format)} is not known{hint}: pass one of {', '.join(BY_NAME)}")
    name, member = _split_member(os.fspath(path), member)
    with Source(name, member, progress, scratch) as source:
        _refuse_index(source)
        if not source.zip_names:
            refuse_others(_head(source), source.path)
            source.translate_old_line_ends()
        chosen = BY_NAME[format] if format is not None else _recognise(source)
        options.check(chosen.NAME, chosen.OPTIONS)
        yield source, chosen
        source.check_unchanged()


def _split_member(path: str, member: str | None) -> tuple[str, str | None]:
    """Splits ``archive.zip!member``, unless a file has exactly that name."""
    archive, mark, inside = path.partition(".zip!")
    if member is None and mark and not os.path.exists(path):
        return f"{archive}.zip", inside
    return path, member


def _recognise(source: Source) -> Format:
    if source.zip_names:
        return BY_NAME[npz.NAME]
    data = source.head(HEAD)
    if not data:
        raise TruncatedFileError(f"{source.path}: is empty: there is nothing to read")
    head = _head(source)
    for one in FORMATS:
        if one.sniff(head):
            return one
    refuse_decimal_commas(data, source.path)
    for one in FORMATS:  # the reader raises the error
        if head.suffix in one.SUFFIXES:
            return one
    raise UnknownFormatError(
        f"{source.path}: has an unknown format: neither its content (it begins with {data[:16]!r}) nor its suffix is "
        f"recognised. Formats that can be read: {', '.join(BY_NAME)}. If the file has one of these, pass it with "
        "format="
    )


def _head(source: Source) -> Head:
    data = source.head(HEAD)
    return Head(data, source.suffix, len(data) if len(data) < HEAD else source.size)


def _refuse_index(source: Source) -> None:
    """Refuses an index file, which is not a file of vectors to build from."""
    if source.head(len(_INDEX_MAGIC)) != _INDEX_MAGIC:
        return
    if not source.plain:
        raise UnknownFormatError(
            f"{source.path}: is a compressed nearabout index: decompress it, then search it (nearabout search, or "
            "nearabout.open)"
        )
    stem, ending = os.path.splitext(source.path)
    path, target = shlex.quote(source.path), shlex.quote(f"{stem}.vec")  # so that the commands can be pasted
    convert = f"nearabout convert {path} {target}"
    if ending.lower() != ".near":
        convert = "give it a name that ends in .near, then use nearabout convert"
    raise UnknownFormatError(
        f"{source.path}: is already a nearabout index: search it (nearabout search {path}, or nearabout.open); "
        f"to export its vectors: {convert}"
    )
