"""Reads pickles of vectors: a list or dictionary of words and vectors, or arrays, as tutorials save them.

A pickle is a program. This reader runs no code: it builds NumPy arrays, lists, tuples, dictionaries, numbers and
strings, and refuses everything else by name. It even replaces NumPy's own functions by plain records, which are checked
before an array is made from them.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from typing import Any

import numpy as np

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._named_parts import check_texts, embeddings_of, first_line
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source, most_expanded
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
    """Replaces numpy.dtype."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        self.name = name
        self.order = "|"

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "=")):
            raise ValueError("a dtype of an unknown form")
        self.order = state[1]

    def dtype(self) -> np.dtype[Any]:
        if not isinstance(self.name, str) or self.name[:1] not in "fiubUS":
            raise ValueError(f"an array of {self.name!r}: only numbers and strings are read")
        dtype = np.dtype(self.name)
        return dtype.newbyteorder(">") if self.order == ">" else dtype


class _Array:
    """Replaces numpy.ndarray while a pickle is read."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> Any:
        """Returns the array, or a list if its elements are objects, as in arrays of words."""
        _, shape, kind, fortran, data = self.state
        if isinstance(kind, _Type) and isinstance(kind.name, str) and kind.name[:1] == "O":
            return _object_list(shape, data)
        return _build(data, kind, shape, "F" if fortran else "C")


class _Buffer(_Array):
    """Replaces the buffer of an array in protocol 5."""

    def __init__(self, data: Any = b"", kind: Any = None, shape: Any = (), order: Any = "C") -> None:
        self.state = (data, kind, shape, order)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("an array of an unknown form")

    def array(self) -> np.ndarray[Any, Any]:
        return _build(*self.state)


class _Scalar:
    """Replaces a NumPy number."""

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


def _object_list(shape: Any, data: Any) -> list[Any]:
    if not isinstance(data, list) or shape != (len(data),):
        raise ValueError(f"an array of objects of the shape {shape!r}: only lists of text or numbers are read")
    return data


def _encode(text: Any, encoding: Any) -> bytes:
    """Replaces _codecs.encode, which protocol 2 uses for bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes of an unknown form")
    return text.encode("latin-1")


def _bytearray(content: Any = b"", encoding: Any = None) -> bytearray:
    """Replaces bytearray, which would allocate gigabytes if it was given a number."""
    if encoding is not None:
        content = _encode(content, encoding)
    if not isinstance(content, (bytes, bytearray)):
        raise ValueError("a bytearray of an unknown form")
    return bytearray(content)


def _reconstruct(*_: Any) -> _Array:
    return _Array()


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "bytearray"): _bytearray,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Buffer for core in ("core", "_core")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _STAND_INS.get((module, name))
        if found is None:
            raise _RefusedError(f"{module:.60}.{name:.60}")
        return found


class _RefusedError(Exception):
    pass


def _check_program(data: bytes) -> None:
    """Checks the opcodes without running them. Refuses forbidden ones, and memo numbers that would exhaust memory."""
    for opcode, argument, place in pickletools.genops(data):
        if opcode.name in _FORBIDDEN:
            raise _RefusedError(f"the opcode {opcode.name} at byte {place:,}")
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= int(argument or 0) <= len(data):
            raise ValueError(f"a memo number of {argument:,}")


def _load(data: bytes, path: str) -> Any:
    try:
        _check_program(data)
        return _Unpickler(io.BytesIO(data)).load()
    except _RefusedError as error:
        raise InvalidInputError(
            f"{path}: the pickle uses {error}, which is refused: a pickle can run any program, so only arrays, lists, "
            "tuples, dictionaries, numbers and strings are read. If you trust it, load it yourself and save the "
            "vectors as .npy or Parquet"
        ) from None
    except Exception as error:  # a damaged pickle may raise any error
        raise CorruptFileError(f"{path}: the pickle cannot be read ({first_line(error)}): get the file again") from None


def texts_of(data: bytes, path: str) -> list[Any]:
    """Returns the elements, text or whole numbers, of a pickled array of objects, as NumPy saves arrays of words.

    Raises:
        InvalidInputError: an element is neither text nor a whole number.
        CorruptFileError: the pickle cannot be read.
    """
    content = _load(data, path)
    try:
        values = content.array() if isinstance(content, _Array) else content
        values = [_plain(value) for value in values]
    except (ValueError, TypeError) as error:
        raise InvalidInputError(f"{path}: the array of objects cannot be used as keys ({first_line(error)})") from None
    for row, value in enumerate(values):
        if type(value) not in (str, int):
            raise InvalidInputError(
                f"{path}: its element {row:,} is {value!r:.40}, neither text nor a whole number: save the keys as "
                "text, keys.astype(str)"
            )
    check_texts(values, most_expanded(len(data)), path)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.array()
    return value.value() if isinstance(value, _Scalar) else value


def read(source: Source, options: ReadOptions) -> Embeddings:
    data = source.rest()
    return embeddings_of(_load(data, source.path), source.path, NAME, "the pickle", most_expanded(len(data)), _plain)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    """Reads the pickle at once: it is a program, which has no partial results. That takes three times its size."""
    size = None if source.size is None else 3 * source.size
    return read_whole(
        source, NAME, size, room, lambda: read(source, options), "save the vectors as .npy and the keys in another file"
    )
