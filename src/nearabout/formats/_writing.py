"""``write``: writes a file that is either complete or absent."""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import ArrayLike

from nearabout.errors import InvalidInputError, quoted
from nearabout.formats import npy, parquet
from nearabout.formats._compression import CODECS, library_of
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import Keys, as_keys
from nearabout.formats._registry import WRITERS, WritableFormat
from nearabout.formats._source import naming

_WITH_KEYS = ("word2vec-binary", "word2vec-text", "glove", "parquet", "delimited", "json-lines")
_NOT_WRITTEN = (".bvecs", ".ivecs")  # suffixes of a format with several written forms
_COMPRESSORS = (".gz", ".bz2", ".xz")


def writer_names() -> list[str]:
    """Returns the names that ``format=`` of ``write`` accepts."""
    return [one.NAME for one in WRITERS]


def written_suffixes(keyed: bool = False) -> list[str]:
    """Returns the suffixes of the formats that ``write`` supports; ``keyed``: only of formats that store keys.

    A suffix of a compression may follow.
    """
    writers = [one for one in WRITERS if not keyed or one.NAME in _WITH_KEYS]
    return [suffix for one in writers for suffix in one.SUFFIXES if suffix not in _NOT_WRITTEN]


def written_as(path: str, format: str | None) -> tuple[str, bool]:
    """Returns the name of the format that ``write`` would choose, and whether it stores keys."""
    name = _choose(path, format)[0].NAME
    return name, name in _WITH_KEYS


def write(
    path: str | os.PathLike[str] | BinaryIO,
    embeddings: Embeddings | ArrayLike,
    keys: Sequence[str] | Sequence[int] | Any = None,
    *,
    format: str | None = None,
) -> None:
    """Writes vectors, and their keys if the format stores keys.

    The suffix determines the format (.bin .vec .txt .npy .fvecs .parquet .csv .jsonl; a .gz, .bz2 or .xz after it
    compresses), unless ``format`` names it. .npy and Parquet keep the element type; the other formats hold float32. If
    there are no keys and the format needs them, row numbers are written. Keys that the format cannot store, or would
    change, are refused. The file is either complete or absent, and keeps the mode and owner of a file that it replaces.
    ``path`` may be an open binary file, such as ``sys.stdout.buffer``; then ``format`` is required.
    """
    opened = None if isinstance(path, (str, os.PathLike)) else path
    name = os.fspath(path) if opened is None else "the open file"  # type: ignore[arg-type]
    chosen, compressor = _choose(name, format)
    vectors, found = _content(embeddings, keys)
    if chosen.NAME not in (npy.NAME, parquet.NAME):
        vectors = _as_float32(vectors, chosen.NAME)
    if chosen.NAME not in _WITH_KEYS and found is not None:
        raise InvalidInputError(
            f"{name}: {chosen.NAME} cannot store keys: write {', '.join(_WITH_KEYS)}, or leave the keys out"
        )
    if opened is not None:
        chosen.write(opened, vectors, found)
        return
    with replacing(name) as raw:
        if compressor is None:
            chosen.write(raw, vectors, found)
        else:
            with _compressed(raw, compressor) as file:
                chosen.write(file, vectors, found)


def _choose(path: str, format: str | None) -> tuple[WritableFormat, str | None]:
    stem, suffix = os.path.splitext(path.lower())
    compressor = suffix if suffix in _COMPRESSORS else None
    if compressor is not None:
        suffix = os.path.splitext(stem)[1]
    for one in WRITERS:
        if format == one.NAME or (format is None and suffix in one.SUFFIXES and suffix not in _NOT_WRITTEN):
            return one, compressor
    given = (
        f"format={quoted(format)}" if format is not None else f"the suffix {quoted(suffix)}" if suffix else "no suffix"
    )
    raise InvalidInputError(
        f"{path}: {given} does not name a format that can be written: pass format= with one of "
        f"{', '.join(writer_names())}"
    )


def _content(embeddings: Embeddings | ArrayLike, keys: Any) -> tuple[Vectors, Keys]:
    if isinstance(embeddings, Embeddings):
        vectors = embeddings.vectors
        found = embeddings.keys if keys is None else as_keys(keys, len(vectors))
    else:
        vectors = np.asarray(embeddings)
        found = as_keys(keys, len(vectors)) if vectors.ndim == 2 else None
    if vectors.ndim != 2 or vectors.shape[1] == 0 or vectors.dtype.kind not in "fiu":
        raise InvalidInputError(
            f"vectors of {vectors.dtype} with the shape {vectors.shape}: pass numbers in rows and columns"
        )
    return vectors, found


def _as_float32(vectors: Vectors, name: str) -> Vectors:
    with np.errstate(over="ignore"):
        converted = vectors.astype(np.float32, copy=False)
    if converted.dtype != vectors.dtype and vectors.dtype.kind == "f":
        lost = np.flatnonzero((np.isinf(converted) & np.isfinite(cast(Any, vectors))).any(axis=1))
        if len(lost):
            raise InvalidInputError(
                f"row {lost[0]:,} has a number too large for float32, the element type of {name}: write .npy"
            )
    return converted


@contextlib.contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Opens a temporary file that replaces ``path`` when it is complete, with the mode and owner of the old file.

    It follows symbolic links. It writes to a pipe or a device directly and never replaces it.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with naming(path), open(path, "wb") as device:
            yield device
        return
    wanted, path = path, os.path.realpath(path) if os.path.islink(path) else path
    temporary = f"{path}.{secrets.token_hex(4)}.part"
    private = os.path.exists(path)
    try:
        with naming(wanted, temporary), open(temporary, "xb", opener=_open_private if private else None) as file:
            yield file
            file.flush()
            if private:
                _keep_mode_and_owner(file.fileno(), path)
            os.fsync(file.fileno())
        with naming(wanted, temporary):
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _keep_mode_and_owner(descriptor: int, replaced: str) -> None:
    """Copies mode and owner. If the system refuses, the new file remains private."""
    if os.name != "posix":
        return
    before, now = os.stat(replaced), os.fstat(descriptor)
    mode = stat.S_IMODE(before.st_mode)
    if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except OSError:  # only the superuser can change the owner; anyone can set one of their own groups
            mode &= 0o777
            with contextlib.suppress(OSError):
                os.fchown(descriptor, -1, before.st_gid)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, mode)


def _compressed(file: BinaryIO, suffix: str) -> Any:
    if suffix == ".gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6)
    library = library_of(next(codec for codec in CODECS if codec.suffix == suffix))
    return library.BZ2File(file, "wb") if suffix == ".bz2" else library.LZMAFile(file, "wb")
