"""Pickles of vectors: a list or dictionary of words and vectors, or arrays, as tutorials save them.

A pickle is a program. This reader runs none: it builds NumPy arrays, lists, tuples, dictionaries, numbers and
strings, and refuses everything else by its name. Even NumPy's own functions are replaced by plain records, which are
checked before an array is made of them.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from typing import Any

import numpy as np

from nearabout.errors import CorruptFile, FileFormatError, InvalidInput
from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES, as_vectors
from nearabout.formats._embeddings import Embeddings, Report, without_duplicates
from nearabout.formats._keys import Keys, as_keys
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Stream, read_whole

NAME = "pickle"
SUFFIXES = (".pkl", ".pickle")
OPTIONS: frozenset[str] = frozenset()
_FORBIDDEN = {
    "PERSID",
    "BINPERSID",
    "EXT1",
    "EXT2",
    "EXT4",
    "INST",
    "OBJ",
    "NEXT_BUFFER",
    "READONLY_BUFFER",
    "NEWOBJ_EX",
}


def sniff(head: Head) -> bool:
    data = head.data
    if data[:1] == b"\x80" and len(data) > 3 and 2 <= data[1] <= 5:
        return data[1] < 4 or data[2:3] == b"\x95"
    return head.suffix in SUFFIXES


class _Type:
    """Stands for numpy.dtype."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        self.name = name
        self.order = "|"

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "=")):
            raise ValueError("a dtype of an unknown form")
        self.order = state[1]

    def dtype(self) -> np.dtype[Any]:
        if not isinstance(self.name, str) or self.name[:1] not in "fiubUS":
            raise ValueError(f"an array of {self.name!r}: numbers and strings are read, no objects")
        dtype = np.dtype(self.name)
        return dtype.newbyteorder(">") if self.order == ">" else dtype


class _Array:
    """Stands for numpy.ndarray while a pickle is read."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray[Any, Any]:
        _, shape, kind, fortran, data = self.state
        return _build(data, kind, shape, "F" if fortran else "C")


class _Buffer(_Array):
    """Stands for what protocol 5 makes an array of."""

    def __init__(self, data: Any = b"", kind: Any = None, shape: Any = (), order: Any = "C") -> None:
        self.state = (data, kind, shape, order)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("an array of an unknown form")

    def array(self) -> np.ndarray[Any, Any]:
        return _build(*self.state)


class _Scalar:
    """Stands for a NumPy number."""

    def __init__(self, kind: Any = None, data: Any = b"") -> None:
        self.state = (kind, data)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("a number of an unknown form")

    def value(self) -> Any:
        return _build(self.state[1], self.state[0], (1,), "C").tolist()[0]


def _build(data: Any, kind: Any, shape: Any, order: Any) -> np.ndarray[Any, Any]:
    if not isinstance(kind, _Type) or not isinstance(data, (bytes, bytearray)) or not isinstance(shape, tuple):
        raise ValueError("an array of an unknown form")
    dtype = kind.dtype()
    if not all(type(extent) is int and extent >= 0 for extent in shape) or len(shape) > 32 or order not in ("C", "F"):
        raise ValueError(f"an array of the shape {shape!r}")
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"an array of {shape} {dtype}, but {len(data):,} bytes of data")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _encode(text: Any, encoding: Any) -> bytes:
    """Stands for _codecs.encode, by which protocol 2 writes bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes of an unknown form")
    return text.encode("latin-1")


def _reconstruct(*_: Any) -> _Array:
    return _Array()


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "bytearray"): bytearray,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Buffer for core in ("core", "_core")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _STAND_INS.get((module, name))
        if found is None:
            raise _Refused(f"{module}.{name}")
        return found


class _Refused(Exception):
    pass


def _check_program(data: bytes) -> None:
    """Walks through the pickle without running it: no forbidden opcode, no memo number that would take the memory."""
    for opcode, argument, place in pickletools.genops(data):
        if opcode.name in _FORBIDDEN:
            raise _Refused(f"the opcode {opcode.name} at byte {place:,}")
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= int(argument or 0) <= len(data):
            raise ValueError(f"a memo number of {argument:,}")


def _load(data: bytes, path: str) -> Any:
    try:
        _check_program(data)
        return _Unpickler(io.BytesIO(data)).load()
    except _Refused as error:
        raise InvalidInput(
            f"{path}: the pickle asks for {error}: a pickle can run any program, so only arrays, lists, tuples, "
            "dictionaries, "
            "numbers and strings are read. If you trust it, load it yourself and save the vectors as .npy or Parquet"
        ) from None
    except Exception as error:  # a broken pickle may raise anything
        raise CorruptFile(f"{path}: the pickle cannot be read ({_first_line(error)}): get the file again") from None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:160]


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.array()
    return value.value() if isinstance(value, _Scalar) else value


def _stacked(rows: Any) -> np.ndarray[Any, Any]:
    """Rows of any kind as one array; of Python numbers, float32 as from text."""
    rows = _plain(rows)
    if isinstance(rows, np.ndarray):
        return rows
    parts = [_plain(row) for row in rows]
    lengths = {len(part) for part in parts}
    if len(lengths) != 1:
        raise ValueError(f"rows of {len(lengths)} different lengths" if lengths else "no rows")
    arrays = [part if isinstance(part, np.ndarray) else _numbers(part) for part in parts]
    return np.stack(arrays)


def _numbers(part: Any) -> np.ndarray[Any, Any]:
    values = [_plain(value) for value in part]
    if not all(type(value) in (int, float) for value in values):
        raise ValueError("a vector that holds something else than numbers")
    return np.array(values, np.float64).astype(np.float32)


def _keys_of(values: Any, rows: int) -> Keys:
    values = _plain(values)
    return as_keys(values if isinstance(values, np.ndarray) else [_plain(value) for value in values], rows)


def _is_words(value: Any) -> bool:
    value = _plain(value)
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "USiu"
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, (str, int)) for one in value)


def _parts(content: Any) -> tuple[Any, Any]:
    """Keys and vectors in the forms that people save."""
    content = _plain(content)
    if isinstance(content, dict):
        names = {name: value for name, value in content.items() if isinstance(name, str)}
        vectors = next((name for name in VECTOR_NAMES if np.ndim(_plain(names.get(name, 0))) == 2), None)
        if vectors is not None and len(content) <= 8:
            return next((names[name] for name in KEY_NAMES if name in names), None), names[vectors]
        return list(content.keys()), list(content.values())
    if isinstance(content, (list, tuple)):
        if len(content) == 2 and _is_words(content[0]) and not _is_words(content[1]):
            return content[0], content[1]
        if len(content) == 2 and _is_words(content[1]) and not _is_words(content[0]):
            return content[1], content[0]
        if content and all(
            isinstance(row, (list, tuple)) and len(row) == 2 and isinstance(row[0], str) for row in content
        ):
            return [row[0] for row in content], [row[1] for row in content]
    return None, content


def read(source: Source, options: ReadOptions) -> Embeddings:
    content = _load(source.rest(), source.path)
    try:
        words, rows = _parts(content)
        with np.errstate(over="ignore"):
            vectors: Any = as_vectors(_stacked(rows), source.path, "the pickled array")
        found = None if words is None else _keys_of(words, len(vectors))
    except (FileFormatError, InvalidInput):
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        raise CorruptFile(
            f"{source.path}: the pickle holds no vectors that can be made out ({_first_line(error)}): it takes "
            "an array, a list of "
            "vectors, a dictionary of words and vectors, or words and vectors as a pair"
        ) from None
    vectors, keys, dropped = without_duplicates(vectors, found)
    return Embeddings(vectors, keys, source.path, NAME, Report(duplicates=dropped))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """A pickle is a program, and what it makes is there when it has run: three times its size, with its own bytes."""
    size = None if source.size is None else 3 * source.size
    return read_whole(
        source, NAME, size, room, lambda: read(source, options), "save the vectors as .npy and their keys beside it"
    )
