"""Reads NumPy's .npz: a .zip of .npy files, one per array. Vectors are chosen by name, or as the only matrix."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError, UnknownFormatError
from nearabout.formats import npy, pickled
from nearabout.formats._arrays import VECTOR_NAMES, Member, as_vectors, choose_keys, choose_vectors
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import Keys, keys_from
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import NamedRows, Stream, in_pieces

NAME = "npz"
SUFFIXES = (".npz",)
OPTIONS = frozenset({"dataset", "key_column"})
_NOTHING = Member("", (), "")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def sniff(head: Head) -> bool:
    return False  # never detected by content: `_reading` recognises the archive by its members


def _stream(source: Source, name: str, whole: bool = True) -> Source:
    return _Member(source, name, whole)


class _Member(Source):
    """A member of the archive as a source."""

    def __init__(self, archive: Source, name: str, whole: bool) -> None:  # no file is opened: the archive's is used
        self.path = f"{archive.path}!{name}"
        self.size = None
        self.regular = False
        self._progress = None
        self._consumed = 0
        self._buffer = b""
        self._layers = 1
        self._stream = archive.zip_member(name, whole)
        self._pieces = iter(lambda: self._stream.read(1 << 20), b"")


def _member(source: Source, name: str) -> Member:
    """Returns the type and shape of a member, from its header."""
    member = _stream(source, name, whole=False)
    text = npy.header_text(member.head(1 << 17), member.path)
    dtype, _, shape = npy.parse_header(text, member.path, objects=True)
    return Member(dtype.kind, shape, "objects" if dtype.kind == "O" else str(dtype))


@contextmanager
def _converting_errors(source: Source) -> Iterator[None]:
    """Converts the errors of zipfile for a damaged archive to CorruptFileError."""
    if not source.zip_names:
        raise UnknownFormatError(f"{source.path}: is not a .zip of .npy files, as a .npz is")
    try:
        yield
    except (FileFormatError, InvalidInputError):
        raise
    except _BROKEN as error:
        raise CorruptFileError(f"{source.path}: the .npz cannot be read ({error}): get the file again") from None


def read(source: Source, options: ReadOptions) -> Embeddings:
    with _converting_errors(source):
        chosen, members = _chosen(source, options)
        vectors = as_vectors(npy.read_array(_stream(source, f"{chosen}.npy")), source.path, f"the array {chosen}")
        name, found = _keys(source, options, members, chosen, len(vectors))
        vectors, keys, dropped = without_duplicates(vectors, found)
        return Embeddings(vectors, keys, source.path, NAME, Report(duplicates=dropped, key_column=name))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Reads the keys, then the vectors in order, because the archive has a checksum for each member."""
    with _converting_errors(source):
        chosen, members = _chosen(source, options)
        rows = members[chosen].shape[0]
        name, keys = _keys(source, options, members, chosen, rows)
        named = NamedRows(rows, keys, name)
        member = npy.stream(_stream(source, f"{chosen}.npy"), ReadOptions(), room)

    def pieces() -> Iterator[Vectors]:
        with _converting_errors(source):
            yield from named.without_duplicates(member.pieces)

    return in_pieces(source, NAME, pieces(), named.finish, named.held)


def _chosen(source: Source, options: ReadOptions) -> tuple[str, dict[str, Member]]:
    """Returns the name of the array of vectors, and all arrays."""
    members = {name.removesuffix(".npy"): _member(source, name) for name in source.zip_names}
    shapes = {name: one.shape for name, one in members.items() if one.kind in "fiub"}
    likely = options.dataset or next(
        (name for name in VECTOR_NAMES if len(members.get(name, _NOTHING).shape) > 1), None
    )
    if likely is None and not any(len(shape) > 1 for shape in shapes.values()):
        likely = next((name for name, one in members.items() if len(one.shape) > 1), None)
    if likely in members and likely not in shapes:
        raise InvalidInputError(
            f"{source.path}: the array {likely} holds {members[likely].what}, not numbers: save it as float32, "
            "or name another array with dataset="
        )
    return choose_vectors(shapes, options.dataset, source.path), members


def _keys(source: Source, options: ReadOptions, members: dict[str, Member], chosen: str, rows: int) -> tuple[str, Keys]:
    """Returns the name of the array of keys, and the keys."""
    name = choose_keys(members, options.key_column, chosen, rows, source.path)
    if name is None:
        return "", None
    member = _stream(source, f"{name}.npy")
    if members[name].kind == "O":
        head = member.head(1 << 17)
        member.skip(head.index(npy.header_text(head, member.path)) + len(npy.header_text(head, member.path)))
        return name, keys_from(source.path, pickled.texts_of(member.rest(), member.path), rows)
    return name, keys_from(source.path, _texts(npy.read_array(member), source.path, name), rows)


def _texts(array: NDArray[Any], path: str, name: str) -> list[Any]:
    try:
        if array.dtype.kind == "S":
            return [value.decode() for value in array.tolist()]
        return list(array.tolist())
    except (UnicodeDecodeError, ValueError) as error:
        raise CorruptFileError(f"{path}: the keys in {name} are not UTF-8 text ({error})") from None
