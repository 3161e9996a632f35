"""The file of a graph: a .npz with the arrays rows and distances, the keys, and a note of what they are.

Arrays are stored as they are, not compressed, and begin at multiples of 64 bytes, so that they can be mapped.
"""

from __future__ import annotations

import errno
import json
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearabout._base.vocabulary import METRICS
from nearabout.errors import CorruptFileError, UnknownFormatError, UnsupportedVersionError
from nearabout.formats._source import naming
from nearabout.formats._writing import replacing
from nearabout.neighbors.graph import NeighborGraph

if TYPE_CHECKING:
    from nearabout._arrays.key_lookup import Keys

_FORMAT = "nearabout neighbor graph"
_VERSION = 1
_ALIGNED = 64
_PADDING = 0xD935  # the number of a field that has padding, in the header of a member: that of Android's zipalign
_HEADER_BYTES = 30  # of a member, before its name and its extra fields
_ZIP64_BYTES = 20  # of the extra field that zipfile writes for sizes of 64 bits
_MOST_COMPRESSED = 1_100  # times that deflate makes data smaller, at most
_BROKEN_HEADER = (tokenize.TokenError, SyntaxError)  # of an array
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error, RuntimeError)


def write_graph(path: str, graph: NeighborGraph) -> None:
    """Implements `NeighborGraph.save`."""
    about = {
        "format": _FORMAT,
        "version": _VERSION,
        "metric": graph.metric,
        "keys": _key_type(graph._keys),
        "recall": graph.recall,
        "measured_rows": graph.measured_rows,
    }
    with replacing(path) as file, naming(path), zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, file, "about", np.array(json.dumps(about)))
        for name, array in _key_arrays(graph._keys).items():
            _add(archive, file, name, array)
        _add(archive, file, "rows", graph.rows)
        _add(archive, file, "distances", graph.distances)


def _add(archive: zipfile.ZipFile, file: BinaryIO, name: str, array: NDArray[Any]) -> None:
    """Writes an array as a member whose data begins at a multiple of 64 bytes; NumPy's header is one, too."""
    info = zipfile.ZipInfo(f"{name}.npy")  # its date is always the same
    begin = file.tell() + _HEADER_BYTES + len(info.filename) + _ZIP64_BYTES + 4
    padding = -begin % _ALIGNED
    info.extra = struct.pack("<HH", _PADDING, padding) + bytes(padding)
    with archive.open(info, "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)


def _key_type(keys: Keys | None) -> str:
    """Returns the type of the keys, as an index names it."""
    return "none" if keys is None else "str" if keys.dtype == object else "int"


def _key_arrays(keys: Keys | None) -> dict[str, NDArray[Any]]:
    if keys is None:
        return {}
    if keys.dtype != object:
        return {"keys": keys}
    words = [word.encode() for word in keys.tolist()]
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=starts[1:])
    return {"key_text": np.frombuffer(b"".join(words), np.uint8), "key_starts": starts}


def read_graph(path: str, mapped: bool) -> NeighborGraph:
    """Implements `NeighborGraph.load`."""
    with naming(path), open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise UnknownFormatError(f"{path}: is not a .npz file, as a saved graph is ({error})") from None
        with archive, _converting_errors(path):
            about = _about(archive, path)
            keys = _keys(archive)
            if mapped:
                rows, distances = (_map(file, archive, path, name) for name in ("rows", "distances"))
            else:
                rows, distances = (_array(archive, name) for name in ("rows", "distances"))
            if _key_type(keys) != about.get("keys"):  # the names of arrays have no checksum
                raise ValueError(f"its keys are {about.get('keys')!r}, and there are others")
        _check(path, rows, distances, keys, checked=not mapped)
        return NeighborGraph(rows, distances, about["metric"], keys, about["recall"], about["measured_rows"])


@contextmanager
def _converting_errors(path: str) -> Iterator[None]:
    try:
        yield
    except (UnknownFormatError, UnsupportedVersionError, CorruptFileError):
        raise
    except KeyError as error:
        raise CorruptFileError(f"{path} is corrupt: {error.args[0]}. Copy or build it again.") from None
    except (*_BROKEN, *_BROKEN_HEADER, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that one is a seek to a forged place
            raise
        raise CorruptFileError(f"{path} is corrupt: {error}. Copy or build it again.") from None


def _about(archive: zipfile.ZipFile, path: str) -> dict[str, Any]:
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    found: Any = json.loads(str(_array(archive, "about"))) if "about" in names else None
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise UnknownFormatError(
            f"{path}: is a .zip or .npz file, but not one of a graph; it has {', '.join(names[:8]) or 'nothing'}. "
            "NeighborGraph.save writes graphs"
        )
    if found.get("version") != _VERSION:
        raise UnsupportedVersionError(
            f"{path}: is a graph of version {found.get('version')!r}, and this library reads version {_VERSION}; "
            "update nearabout"
        )
    recall, measured = found.get("recall"), found.get("measured_rows")
    if found.get("metric") not in METRICS or not isinstance(measured, int) or not _is_recall(recall):
        raise CorruptFileError(f"{path} is corrupt: its note is {found!r}. Copy or build it again.")
    return found


def _is_recall(value: object) -> bool:
    return value is None or (isinstance(value, float) and 0 <= value <= 1)


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as member:
        shape, _, dtype = _header(member)
        # Before there is memory for it: an array of numbers that the file has no room for is none.
        whole = member.tell() + math.prod(shape) * dtype.itemsize == info.file_size
        if not whole or info.file_size > _MOST_COMPRESSED * max(1, info.compress_size):
            raise ValueError(f"the array {name} has the shape {shape} and {info.file_size:,} bytes")
        member.seek(0)
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # reading to the end also compares the checksum
            raise ValueError(f"the array {name} has bytes behind its end")
    return array


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Reads the header of an array: its shape, whether it is stored by columns, and its type."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _map(file: BinaryIO, archive: zipfile.ZipFile, path: str, name: str) -> NDArray[Any]:
    """Maps an array of the file, read-only."""
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"the array {name} is compressed and cannot be mapped; load it with mapped=False")
    file.seek(info.header_offset)
    header = file.read(_HEADER_BYTES)
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    file.seek(info.header_offset + _HEADER_BYTES + name_bytes + extra_bytes)
    shape, in_columns, dtype = _header(file)
    if in_columns or dtype.hasobject:
        raise ValueError(f"the array {name} is not stored line by line")
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, "r", file.tell(), shape)


def _keys(archive: zipfile.ZipFile) -> Keys | None:
    names = archive.namelist()
    if "keys.npy" in names:
        return _array(archive, "keys")
    if "key_text.npy" not in names:
        return None
    text, starts = _array(archive, "key_text").tobytes(), _array(archive, "key_starts")
    if starts.dtype != np.int64 or starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(text):
        raise ValueError("the array key_starts does not divide key_text into keys")
    keys = np.empty(len(starts) - 1, object)
    keys[:] = [text[begin:end].decode() for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]
    return keys


def _check(path: str, rows: NDArray[Any], distances: NDArray[Any], keys: Keys | None, checked: bool) -> None:
    """Refuses arrays that contradict each other and, if `checked`, numbers that are not those of rows."""
    problem = None
    if rows.ndim != 2 or rows.dtype not in (np.int32, np.int64) or distances.dtype != np.float32:
        problem = f"rows and distances are {rows.dtype} and {distances.dtype} of {rows.ndim} axes"
    elif rows.shape != distances.shape:
        problem = f"rows and distances have the shapes {rows.shape} and {distances.shape}"
    elif keys is not None and (keys.shape != rows.shape[:1] or keys.dtype not in (np.int64, object)):
        problem = f"there are keys of the shape {keys.shape} for {len(rows):,} rows"
    elif checked and rows.size and (int(rows.min()) < 0 or int(rows.max()) >= len(rows)):
        problem = f"a neighbour is not one of its {len(rows):,} rows"
    elif checked and np.isnan(distances).any():
        problem = "a distance is not a number"
    if problem:
        raise CorruptFileError(f"{path} is corrupt: {problem}. Copy or build it again.")


def scratch_folder(path: str) -> str:
    """Returns the folder for temporary files of a graph that is written to a path."""
    return os.path.dirname(os.path.realpath(path)) or os.curdir
