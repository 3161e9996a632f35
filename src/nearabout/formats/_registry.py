"""The list of all formats, in the order of detection."""

from __future__ import annotations

from typing import BinaryIO, Protocol, cast

from nearabout.formats import (
    _delimited_writer,
    _json_writer,
    arrow,
    bigann,
    delimited,
    glove,
    hdf5,
    idx,
    json_document,
    json_lines,
    npy,
    npz,
    parquet,
    pickled,
    safetensors,
    vecs,
    word2vec_binary,
    word2vec_text,
)
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream


class Format(Protocol):
    """The interface of the module of a format."""

    NAME: str
    SUFFIXES: tuple[str, ...]
    OPTIONS: frozenset[str]

    def sniff(self, head: Head) -> bool: ...
    def read(self, source: Source, options: ReadOptions) -> Embeddings: ...
    def stream(self, source: Source, options: ReadOptions, room: int | None) -> Stream: ...


class WritableFormat(Protocol):
    """The interface of the module of a format that can be written."""

    NAME: str
    SUFFIXES: tuple[str, ...]

    def write(self, file: BinaryIO, vectors: Vectors, keys: Keys) -> None: ...


# Formats with a magic number first; then those detected by suffix and structure; text last, the strictest first.
FORMATS = cast(
    tuple[Format, ...],
    (
        npy,
        npz,
        hdf5,
        parquet,
        arrow,
        vecs,
        bigann,
        safetensors,
        idx,
        pickled,
        json_document,
        json_lines,
        word2vec_binary,
        word2vec_text,
        delimited,
        glove,
    ),
)
WRITERS = cast(
    tuple[WritableFormat, ...],
    (word2vec_binary, word2vec_text, glove, npy, vecs, parquet, _delimited_writer, _json_writer),
)
BY_NAME = {one.NAME: one for one in FORMATS}
