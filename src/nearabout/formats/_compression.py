"""Detects compressed streams by their first bytes and decompresses them piece by piece."""

from __future__ import annotations

import importlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nearabout.errors import CorruptFileError, MissingDependencyError, TruncatedFileError

PIECE = 1 << 16  # bytes of compressed input, enough to make the cost of calls negligible
# Largest piece of content in bytes. gzip can expand a thousandfold and more, and several pieces are queued at a time.
# zstandard has no such limit: 4 KiB can expand to at most 128 MiB, and typically to some 40 KiB.
_CONTENT = 1 << 20
_SMALL_PIECE = 1 << 12


class Codec(NamedTuple):
    """A compression format: its name, its suffix, its first bytes, and the module that decompresses it.

    Modules are imported only when needed: zstandard is an extra, and some builds of Python lack bz2 or lzma.
    """

    name: str
    suffix: str
    magic: bytes
    module: str
    decompressor: Callable[[Any], Any]  # exceptions of the module
    errors: Callable[[Any], tuple[type[Exception], ...]]


CODECS = (
    Codec("gzip", ".gz", b"\x1f\x8b\x08", "zlib", lambda zlib: zlib.decompressobj(31), lambda zlib: (zlib.error,)),
    Codec("bzip2", ".bz2", b"BZh", "bz2", lambda bz2: bz2.BZ2Decompressor(), lambda bz2: (OSError, ValueError)),
    Codec("xz", ".xz", b"\xfd7zXZ\x00", "lzma", lambda lzma: lzma.LZMADecompressor(), lambda lzma: (lzma.LZMAError,)),
    Codec(
        "zstd",
        ".zst",
        b"\x28\xb5\x2f\xfd",
        "zstandard",
        lambda zstandard: zstandard.ZstdDecompressor().decompressobj(),
        lambda zstandard: (zstandard.ZstdError,),
    ),
)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # "BZh" alone might begin a word


def codec_of(head: bytes) -> Codec | None:
    """Returns the codec whose magic number these bytes begin with."""
    for codec in CODECS:
        if head.startswith(codec.magic) and (codec.name != "bzip2" or head[4:10] in _BZIP2_BLOCKS):
            return codec
    return None


def library_of(codec: Codec) -> Any:
    """Imports the module that a codec needs."""
    try:
        return importlib.import_module(codec.module)
    except ImportError:
        remedy = "pip install 'nearabout[zstd]'" if codec.name == "zstd" else "this Python was built without it"
        raise MissingDependencyError(
            f"{codec.name} files need the library {codec.module}: {remedy}, or decompress the file first"
        ) from None


def decompressed(pieces: Iterator[bytes], codec: Codec, path: str) -> Iterator[bytes]:
    """Yields the content of one or more concatenated streams (gzip and others allow this)."""
    library = library_of(codec)
    errors = codec.errors(library)
    decompressor = codec.decompressor(library)
    limit = () if codec.name == "zstd" else (_CONTENT,)
    for piece in split(pieces, _SMALL_PIECE) if codec.name == "zstd" else pieces:
        data = piece
        while data or _has_more(decompressor):
            if decompressor.eof:
                if not data.strip(b"\x00"):  # zeros may pad a stream
                    break
                decompressor = codec.decompressor(library)
            try:
                content = decompressor.decompress(data, *limit)
            except errors as error:
                raise CorruptFileError(
                    f"{path}: its {codec.name} data is damaged ({error}): get the file again"
                ) from None
            data = decompressor.unused_data if decompressor.eof else getattr(decompressor, "unconsumed_tail", b"")
            if content:
                yield content
    if not decompressor.eof:
        raise TruncatedFileError(f"{path}: its {codec.name} data ends too early: get the file again")


def _has_more(decompressor: Any) -> bool:
    """Returns whether the decompressor has more output without more input, as bz2 and lzma may."""
    return not decompressor.eof and not getattr(decompressor, "needs_input", True)


def split(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        for begin in range(0, len(piece), size):
            yield piece[begin : begin + size]


def ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yields the pieces from a separate thread that runs a few pieces ahead, so that decompression and parsing overlap
    (both release the interpreter lock).
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=8)
    stopped = threading.Event()

    def put(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for piece in pieces:
                put(piece)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # raised again in the reading thread
            put(error)

    thread = threading.Thread(target=produce, name="nearabout-decompress", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(timeout=1)  # a daemon, because it may wait for a silent pipe
