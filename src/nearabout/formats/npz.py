"""NumPy's .npz: a .zip of .npy files, one an array. Vectors are chosen by name, or as the only matrix."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from nearabout.errors import CorruptFile, FileFormatError, InvalidInput, NotOurFile, TruncatedFile
from nearabout.formats import npy
from nearabout.formats._arrays import as_vectors, choose_keys, choose_vectors
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import Keys, as_keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import NamedRows, Stream, in_pieces

NAME = "npz"
SUFFIXES = (".npz",)
OPTIONS = frozenset({"dataset", "key_column"})
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def sniff(head: Head) -> bool:
    return False  # an archive is opened before content is looked at: the dispatcher knows it by its members


def _stream(source: Source, name: str) -> Source:
    return _Member(source, name)


class _Member(Source):
    """A member of the archive as a source of its own."""

    def __init__(self, archive: Source, name: str) -> None:  # no file is opened: the archive's is used
        self.path = f"{archive.path}!{name}"
        self.size = None
        self.regular = False
        self._progress = None
        self._consumed = 0
        self._buffer = b""
        self._layers = 1
        self._stream = archive.zip_member(name)
        self._pieces = iter(lambda: self._stream.read(1 << 20), b"")


def _shape(source: Source, name: str) -> tuple[str, tuple[int, ...]]:
    """The kind and shape of a member, from its header."""
    member = _stream(source, name)
    head = member.head(1 << 17)
    if len(head) < 12 or not head.startswith(npy.MAGIC):
        raise CorruptFile(f"{member.path}: is no .npy file")
    width = 2 if head[6] == 1 else 4
    size = int.from_bytes(head[8 : 8 + width], "little")
    dtype, _, shape = npy.parse_header(head[8 + width : 8 + width + size], member.path)
    return dtype.kind, shape


@contextmanager
def _telling_broken(source: Source) -> Iterator[None]:
    """What a damaged archive makes zipfile raise, as CorruptFile."""
    if not source.zip_names:
        raise NotOurFile(f"{source.path}: is no .zip of .npy files, as a .npz is")
    try:
        yield
    except (FileFormatError, InvalidInput):
        raise
    except _BROKEN as error:
        raise CorruptFile(f"{source.path}: the .npz cannot be read ({error}): get the file again") from None


def read(source: Source, options: ReadOptions) -> Embeddings:
    with _telling_broken(source):
        chosen, lengths = _chosen(source, options)
        vectors = as_vectors(npy.read_array(_stream(source, f"{chosen}.npy")), source.path, f"the array {chosen}")
        found = _keys(source, options, lengths, chosen, len(vectors))
        vectors, keys, dropped = without_duplicates(vectors, found)
        return Embeddings(vectors, keys, source.path, NAME, Report(duplicates=dropped))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """The member is read in order, as its checksum is; keys are read before it."""
    with _telling_broken(source):
        chosen, lengths = _chosen(source, options)
        rows = _shape(source, f"{chosen}.npy")[1][0]
        keys = _keys(source, options, lengths, chosen, rows)
        named = NamedRows(rows, keys)
        member = npy.stream(_stream(source, f"{chosen}.npy"), ReadOptions(), room)

    def pieces() -> Iterator[Vectors]:
        with _telling_broken(source):
            yield from named.without_duplicates(member.pieces)

    return in_pieces(source, NAME, pieces(), named.finish, named.held)


def _chosen(source: Source, options: ReadOptions) -> tuple[str, dict[str, int]]:
    """The array of vectors, and all that may be keys with their lengths."""
    shapes: dict[str, tuple[int, ...]] = {}
    lengths: dict[str, int] = {}
    for name in source.zip_names:
        try:
            kind, shape = _shape(source, name)
        except TruncatedFile:
            raise
        except CorruptFile:
            continue  # an array of objects beside those of numbers is no reason to refuse them
        if kind in "fiub":
            shapes[name.removesuffix(".npy")] = shape
        if kind in "iuUS" and len(shape) == 1:
            lengths[name.removesuffix(".npy")] = shape[0]
    return choose_vectors(shapes, options.dataset, source.path), lengths


def _keys(source: Source, options: ReadOptions, lengths: dict[str, int], chosen: str, rows: int) -> Keys:
    name = options.key_column
    if name is False:
        return None
    if name is None:
        name = choose_keys(lengths, chosen, rows)
        if name is None:
            return None
    elif name not in lengths:
        raise InvalidInput(
            f"{source.path}: key_column={name!r}: it has {', '.join(lengths) or 'no array of one dimension'}"
        )
    return as_keys(_texts(npy.read_array(_stream(source, f"{name}.npy")), source.path, str(name)), rows)


def _texts(array: NDArray[Any], path: str, name: str) -> list[Any]:
    try:
        if array.dtype.kind == "S":
            return [value.decode() for value in array.tolist()]
        return list(array.tolist())
    except (UnicodeDecodeError, ValueError) as error:
        raise CorruptFile(f"{path}: the keys in {name} are not text ({error})") from None
