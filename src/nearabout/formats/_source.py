"""Reads the content of a file once from front to back, decompressed and extracted from its archive."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nearabout.errors import (
    CorruptFileError,
    FileFormatError,
    InvalidInputError,
    TruncatedFileError,
    UnknownFormatError,
    quoted,
)
from nearabout.formats._compression import CODECS, PIECE, ahead, codec_of, decompressed, split

HEAD = 1 << 16
STANDARD_INPUT = "-"
_CHUNK = 1 << 20
MAX_LINE = 1 << 26  # bytes of a line: far more than a vector of 65,535 dims and a key of a megabyte
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SMALL = 1 << 24
_ALWAYS = 1 << 28  # bytes that any file may expand to
_EXPANSION = 200
_MAX_LAYERS = 4  # a .gz in a .zip is common; deeper nesting is suspicious
_COMPRESSED_SUFFIXES = tuple(codec.suffix for codec in CODECS)
# Errors of zipfile for a damaged archive; not every build of Python has lzma.
_ZIP_ERRORS = (
    struct.error,
    getattr(getattr(zipfile, "lzma", None), "LZMAError", zipfile.BadZipFile),
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
)

Progress = Callable[[float], object]


class Source:
    """A single pass over a file with lookahead.

    It never allocates memory only because a header says so: ``array`` checks against the size of the file if that is
    known, and otherwise (compressed files, pipes) grows with the data.
    """

    def __init__(
        self, path: str, member: str | None = None, progress: Progress | None = None, scratch: str | None = None
    ) -> None:
        """Opens a file. ``scratch`` is a folder for compressed content that needs random access; None uses memory."""
        self.path = "standard input" if path == STANDARD_INPUT else path
        self.name = path  # name of the content; changes with each decompressed layer
        self._progress = progress
        self._consumed = 0
        self._buffer = b""
        self._scratch = scratch
        self._closing = ExitStack()  # of temporary files
        self._content: BinaryIO | None = None  # decompressed content, if it needed random access
        self._pieces: Iterator[bytes] = iter(())
        with naming(self.path):
            self._file = io.FileIO(path) if path != STANDARD_INPUT else io.FileIO(os.dup(0))
        try:
            with naming(self.path):
                self._before = os.fstat(self._file.fileno())
            # Standard input is always read as a pipe, because it cannot be opened a second time.
            self.regular = stat.S_ISREG(self._before.st_mode) and path != STANDARD_INPUT
            self.size: int | None = self._before.st_size if self.regular else None
            self._pieces = self._raw_pieces()
            self._layers = 0
            self.zip_names: list[str] = []  # members of an archive of .npy files (.npz)
            self._unwrap(member)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()  # stops the thread that decompresses
        self._closing.close()
        self._file.close()

    @property
    def plain(self) -> bool:
        """Whether this is a regular uncompressed file, which allows random access."""
        return self.regular and self._layers == 0

    @property
    def small(self) -> bool:
        """Whether the file is so small that running out of memory means that its header is damaged."""
        return self.regular and self._before.st_size < _SMALL

    @property
    def suffix(self) -> str:
        name = self.name.lower()
        for compressed in _COMPRESSED_SUFFIXES:
            name = name.removesuffix(compressed)
        return os.path.splitext(name)[1]

    # --- Reading. ---

    def head(self, size: int = HEAD) -> bytes:
        """Returns up to ``size`` next bytes without consuming them; fewer only at the end."""
        if len(self._buffer) < size:
            parts = [self._buffer]
            missing = size - len(self._buffer)
            while missing > 0 and (piece := self._advance()):
                parts.append(piece)
                missing -= len(piece)
            self._buffer = b"".join(parts)
        return self._buffer[:size]

    def skip(self, size: int) -> None:
        """Consumes bytes that ``head`` has returned."""
        self._buffer = self._buffer[size:]

    def pass_over(self, size: int) -> None:
        """Skips bytes; fewer if the source ends."""
        while size and (some := len(self.head(min(size, _CHUNK)))):
            self.skip(some)
            size -= some

    def chunks(self) -> Iterator[bytes]:
        """Yields the rest in non-empty pieces."""
        if self._buffer:
            first, self._buffer = self._buffer, b""
            yield first
        while piece := self._advance():
            yield piece

    def lines(self) -> Iterator[bytes]:
        """Yields the rest by lines, without line feeds. Refuses a line longer than ``MAX_LINE``."""
        begun: list[bytes] = []  # parts of the current line
        size = 0
        number = 1
        for chunk in self.chunks():
            parts = chunk.split(b"\n")
            size += len(parts[0])
            self.check_line(number, size)
            begun.append(parts[0])
            if len(parts) > 1:
                yield b"".join(begun)
                yield from parts[1:-1]
                begun, size = [parts[-1]], len(parts[-1])
                number += len(parts) - 1
        if size:
            yield b"".join(begun)

    def check_line(self, number: int, size: int) -> None:
        """Refuses a line of more than ``MAX_LINE`` bytes, which no supported file has."""
        if size > MAX_LINE:
            raise InvalidInputError(
                f"{self.path}: line {number:,} is longer than the limit of {MAX_LINE:,} bytes: perhaps its line ends "
                "are lost, or the file is not text"
            )

    def exactly(self, size: int, what: str) -> bytes:
        """Returns exactly ``size`` bytes, for small parts such as headers."""
        data = self.head(size)
        if len(data) < size:
            raise TruncatedFileError(
                f"{self.path}: the file ends in {what}: {size:,} bytes are needed, {len(data):,} are left"
            )
        self.skip(size)
        return data

    def remaining(self, position: int) -> int | None:
        """Returns the number of bytes after ``position``; None if the size is unknown."""
        return None if self.size is None else self.size - position

    def check_room(self, what: str, needed: int, position: int) -> None:
        """Refuses a file whose size is known and too small."""
        left = self.remaining(position)
        if left is not None and left < needed:
            self._too_short(what, needed, left)

    def array(self, dtype: DTypeLike, count: int, position: int, what: str) -> NDArray[Any]:
        """Returns ``count`` elements; ``position`` is the number of bytes read before them."""
        element = np.dtype(dtype)
        needed = count * element.itemsize
        if needed == 0:
            return np.empty(0, element)
        self.check_room(what, needed, position)
        if self.size is not None:
            result = np.empty(count, element)
            taken = self._fill(memoryview(cast(Any, result.view(np.uint8))))
        else:
            grown = bytearray()
            while len(grown) < needed and (piece := self._some(min(_CHUNK, needed - len(grown)))):
                grown += piece
            taken = len(grown)
            result = np.frombuffer(grown, element, count) if taken == needed else np.empty(0, element)
        if taken < needed:
            self._too_short(what, needed, taken)
        return result

    def rest(self) -> bytes:
        """Returns the rest at once."""
        return b"".join(self.chunks())

    def at_end(self) -> bool:
        return not self.head(1)

    def file(self) -> BinaryIO:
        """Returns the whole content as a seekable file, positioned at its start. Call it before consuming anything;
        a second call returns the same file.
        """
        if self.plain:
            self._file.seek(0)
            self._buffer = b""
            return cast(BinaryIO, io.BufferedReader(_Unclosable(self._file)))
        if self._content is None:
            self._content = self._kept()
        self._content.seek(0)
        return self._content

    def _kept(self) -> BinaryIO:
        """Returns the rest of compressed content as a file."""
        if self._scratch is None:
            return io.BytesIO(self.rest())
        file = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115  close() closes it
        self._closing.callback(file.close)
        for chunk in self.chunks():
            file.write(chunk)
        return cast(BinaryIO, file)

    def check_unchanged(self) -> None:
        """Refuses a file that changed while it was read, because the result matches no version of it."""
        if not self.regular:
            return
        with naming(self.path):
            after = os.fstat(self._file.fileno())
        if (after.st_size, after.st_mtime_ns) != (self._before.st_size, self._before.st_mtime_ns):
            raise CorruptFileError(
                f"{self.path}: the file changed while it was read ({self._before.st_size:,} bytes before, "
                f"{after.st_size:,} after): read it again when its writer has finished"
            )

    def check_not_replaced(self) -> None:
        """Refuses a file that was replaced since it was opened, before it is opened a second time."""
        now = os.stat(self.path)
        if (now.st_dev, now.st_ino) != (self._before.st_dev, self._before.st_ino):
            raise CorruptFileError(f"{self.path}: the file was replaced while it was read: read it again")

    def translate_old_line_ends(self) -> None:
        """Converts carriage returns to line feeds if only they end the lines of a text, as on old Macintoshes."""
        head = self.head(HEAD)
        if b"\r" not in head or b"\n" in head or any(byte < 9 for byte in head):
            return
        pieces, self._buffer = chain([self._buffer], self._pieces), b""
        self._pieces = _with_line_feeds(pieces, self.path)
        self._layers += 1  # no longer a direct view of the file
        self.size = None

    # --- Inside. ---

    def _too_short(self, what: str, needed: int, left: int) -> None:
        raise TruncatedFileError(
            f"{self.path}: {what} takes {needed:,} bytes, but only {left:,} are left: the file is cut short or its "
            "header is wrong; get the file again"
        )

    def _some(self, size: int) -> bytes:
        data = self.head(1) and self._buffer[:size]
        self.skip(len(data))
        return data

    def _fill(self, view: memoryview) -> int:
        taken = 0
        while taken < len(view) and (piece := self._some(min(_CHUNK, len(view) - taken))):
            view[taken : taken + len(piece)] = piece
            taken += len(piece)
        return taken

    def _raw_pieces(self) -> Iterator[bytes]:
        while True:
            with naming(self.path):
                piece = self._file.read(_CHUNK)
            if not piece:
                return
            self._consumed += len(piece)
            yield piece

    def _advance(self) -> bytes:
        """Returns the next piece. Reports progress here, on the thread of the caller."""
        piece = next(self._pieces, b"")
        if self._progress is not None and self.regular and self._before.st_size:
            self._progress(min(1.0, self._consumed / self._before.st_size))
        return piece

    def _unwrap(self, member: str | None) -> None:
        while True:
            head = self.head(16)
            codec = codec_of(head)
            if codec is not None:
                pieces = split(chain([self._buffer], self._pieces), PIECE)
                self._buffer = b""
                self.name = self.name.removesuffix(codec.suffix)
                self._enter(ahead(decompressed(pieces, codec, self.path)))
            elif head.startswith(_ZIP):
                if self._open_archive(member):
                    return
                member = None
            else:
                break
        if member is not None:
            raise InvalidInputError(
                f"{self.path}: member={quoted(member)} has no effect: the file is not a .zip; leave member= out"
            )

    def _enter(self, pieces: Iterator[bytes]) -> None:
        self._layers += 1
        if self._layers > _MAX_LAYERS:
            raise FileFormatError(f"{self.path}: is compressed more than {_MAX_LAYERS} times: unpack it first")
        self._pieces = self._bounded(pieces)
        self.size = None
        self._content = None

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yields the pieces as long as their total size is plausible for the compressed bytes read so far."""
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > most_expanded(self._consumed):
                raise expands_too_far(self.path, size)
            yield piece

    def _open_archive(self, member: str | None) -> bool:
        """Continues inside a member of the archive. Returns True if the archive stays whole (.npz)."""
        file = self.file()
        try:
            archive = zipfile.ZipFile(file)
            names = [info.filename for info in archive.infolist() if not info.is_dir() and info.file_size > 0]
            if member is None and names and all(name.endswith(".npy") for name in names):
                self.zip_names = names
                self._pieces = iter(())
                self._archive = archive
                return True
            chosen = self._choose(names, member)
            stream = archive.open(chosen)
        except (InvalidInputError, FileFormatError):
            raise
        except (*_ZIP_ERRORS, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: a position before the start
                raise
            raise CorruptFileError(f"{self.path}: the .zip cannot be read ({error}): get the file again") from None
        self.name = chosen
        self._check_member(archive.getinfo(chosen))
        self._enter(ahead(_member_pieces(stream, self.path, chosen)))
        return False

    def _choose(self, names: list[str], member: str | None) -> str:
        wanted = [name for name in names if not name.startswith("__MACOSX/")]
        if member is not None:
            if member in names:
                return member
            raise InvalidInputError(
                f"{self.path}: has no member {quoted(member)}; it has {_listed(wanted)}: name one of these"
            )
        if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
            raise UnknownFormatError(
                f"{self.path}: is an Excel workbook: save its sheet as CSV, or as Parquet from pandas"
            )
        if any(name.endswith("/data.pkl") for name in names):
            raise UnknownFormatError(
                f"{self.path}: was written by torch.save: load it with torch, and save the vectors with numpy.save or "
                "as .safetensors"
            )
        if len(wanted) == 1:
            return wanted[0]
        if not wanted:
            raise FileFormatError(f"{self.path}: the .zip holds no file, or only empty ones")
        raise InvalidInputError(
            f"{self.path}: holds {len(wanted)} files: {_listed(wanted)}. Name one: {self.path}!{wanted[0]}, or member="
        )

    def _check_member(self, member: zipfile.ZipInfo) -> None:
        self._consumed = max(self._consumed, member.compress_size)
        if member.file_size > most_expanded(member.compress_size):
            raise expands_too_far(self.path, member.file_size)

    def zip_member(self, name: str, whole: bool = True) -> BinaryIO:
        """Opens a member of an archive that stays whole. ``whole=False``: only its first bytes are needed."""
        if whole:
            self._check_member(self._archive.getinfo(name))
        return cast(BinaryIO, self._archive.open(name))


def most_expanded(size: int) -> int:
    """Returns the largest plausible size of compressed content or of a pickle; more counts as a decompression bomb.

    Vectors compress moderately, those of few values to about a hundredth; only zeros compress to almost nothing.
    """
    return max(_ALWAYS, _EXPANSION * size)


def expands_too_far(path: str, size: int) -> InvalidInputError:
    """Returns the error for content that expands beyond ``most_expanded``."""
    return InvalidInputError(
        f"{path}: expands to at least {size:,} bytes, over {_EXPANSION} times its own size: it holds little but "
        "repeated values. If that is intended, decompress it first, or save it as a plain file"
    )


@contextmanager
def naming(path: str, temporary: str | None = None) -> Iterator[None]:
    """Adds the name of the file to a system error that has no name, or that has the name of a temporary file."""
    try:
        yield
    except OSError as error:
        if error.filename in (None, temporary):
            error.filename = path
            del error.filename2  # the target of a rename, which is the same file
        raise


class _Unclosable(io.RawIOBase):
    """A raw file that is closed elsewhere."""

    def __init__(self, file: io.FileIO) -> None:
        self._inner = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, buffer: Any, /) -> int:
        return self._inner.readinto(buffer) or 0


def _with_line_feeds(pieces: Iterator[bytes], path: str) -> Iterator[bytes]:
    for piece in pieces:
        if b"\n" in piece:
            raise CorruptFileError(
                f"{path}: some of its lines end in a carriage return and some in a line feed: give all lines the same "
                "end"
            )
        yield piece.replace(b"\r", b"\n")


def _member_pieces(stream: Any, path: str, name: str) -> Iterator[bytes]:
    try:
        while piece := stream.read(_CHUNK):
            yield piece
    except _ZIP_ERRORS as error:
        raise CorruptFileError(f"{path}: its member {name} is damaged ({error}): get the file again") from None


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
