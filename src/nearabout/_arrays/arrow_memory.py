"""Reads columns in memory through the Arrow C interface of pyarrow, polars, DuckDB and others, without a library.

The structures are those of https://arrow.apache.org/docs/format/CDataInterface.html. They come in capsules, see
https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html. Values are not copied if NumPy can view
them directly; such views keep the producer's memory alive.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_int64, c_void_p
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError

_NULLABLE_BITS = 0  # buffer with the validity bits of an array; the next buffers hold the values


class Schema(ctypes.Structure):
    """The type of an array."""


Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(Schema))),
    ("dictionary", POINTER(Schema)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class Array(ctypes.Structure):
    """The buffers of an array."""


Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(Array))),
    ("dictionary", POINTER(Array)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class _Stream(ctypes.Structure):
    """A stream of arrays of one type."""


_Stream._fields_ = [
    ("get_schema", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(Schema))),
    ("get_next", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(Array))),
    ("get_last_error", CFUNCTYPE(c_char_p, POINTER(_Stream))),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class _Owner:
    """Keeps the producer's objects alive: capsules, or structures that it releases at the end."""

    def __init__(self, *kept: Any) -> None:
        self._kept = kept

    def __del__(self) -> None:
        for one in self._kept:
            if isinstance(one, (Schema, Array)) and one.release:
                with contextlib.suppress(Exception):  # the interpreter may be shutting down
                    CFUNCTYPE(None, c_void_p)(one.release)(ctypes.addressof(one))


class Chunk(NamedTuple):
    """One array of a stream, and the owner that keeps it alive."""

    array: Array
    owner: _Owner
    first: int  # number of elements in the chunks before this one


class Arrays(NamedTuple):
    """The arrays of an object, read lazily, and their type."""

    schema: Schema
    chunks: Iterator[Chunk]
    owner: _Owner  # keeps the schema alive


def is_arrow(data: object) -> bool:
    """Returns whether an object offers the Arrow C interface."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def arrays_of(data: Any, what: str) -> Arrays:
    """Returns the arrays of an object with the Arrow C interface; `what` names it in errors.

    Raises:
        InvalidInputError: the object cannot export them.
    """
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return _of_stream(data.__arrow_c_stream__(), what)
        schema, array = data.__arrow_c_array__()
    except (InvalidInputError, MemoryError):
        raise
    except Exception as error:  # any error of the producer
        raise InvalidInputError(
            f"{what} ({type(data).__name__}) cannot be read through the Arrow C interface: {error}"
        ) from error
    owner = _Owner(schema, array)
    found = Array.from_address(_pointer(array, b"arrow_array"))
    return Arrays(Schema.from_address(_pointer(schema, b"arrow_schema")), iter([Chunk(found, owner, 0)]), owner)


def _pointer(capsule: object, name: bytes) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = c_void_p, [ctypes.py_object, c_char_p]
    address: int = get(capsule, name)
    return address


def _of_stream(capsule: object, what: str) -> Arrays:
    stream = _Stream.from_address(_pointer(capsule, b"arrow_array_stream"))
    schema = Schema()
    _check(stream, stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)), what)

    def chunks() -> Iterator[Chunk]:
        first = 0
        while True:
            array = Array()
            _check(stream, stream.get_next(ctypes.byref(stream), ctypes.byref(array)), what)
            if not array.release:  # the end
                return
            yield Chunk(array, _Owner(array, capsule), first)
            first += array.length

    return Arrays(schema, chunks(), _Owner(schema, capsule))


def _check(stream: _Stream, error: int, what: str) -> None:
    if error:
        message = stream.get_last_error(ctypes.byref(stream)) or b""
        raise InvalidInputError(
            f"{what} could not be read to its end: {message.decode(errors='replace') or f'error {error}'}"
        )


# --- Values ---


def view(chunk: Chunk, array: Array, buffer: int, dtype: Any, begin: int, count: int) -> NDArray[Any]:
    """Returns a view of elements [begin, begin + count) of a buffer."""
    element = np.dtype(dtype)
    address = array.buffers[buffer] if buffer < array.n_buffers else None
    if not address or not count:
        return np.zeros(count, element)
    memory = (c_char * (count * element.itemsize)).from_address(address + begin * element.itemsize)
    memory._owner = chunk.owner  # keeps the producer's memory alive as long as any view
    return np.frombuffer(memory, element)


def bits(chunk: Chunk, array: Array, buffer: int, begin: int, count: int) -> NDArray[np.bool_]:
    """Returns bits [begin, begin + count) of a buffer."""
    first = begin // 8
    packed = view(chunk, array, buffer, np.uint8, first, (begin + count + 7) // 8 - first)
    return np.unpackbits(packed, bitorder="little")[begin - first * 8 :][:count].astype(np.bool_)


Missing = NDArray[np.bool_] | None


def missing(chunk: Chunk, array: Array, begin: int, count: int) -> Missing:
    """Returns which of elements [begin, begin + count) are null; None if none is."""
    if array.null_count == 0 or array.n_buffers == 0 or not array.buffers[_NULLABLE_BITS]:
        return None
    return ~bits(chunk, array, _NULLABLE_BITS, array.offset + begin, count)


def either(one: Missing, other: Missing) -> Missing:
    """Returns the union of two masks of missing elements."""
    if one is None or other is None:
        return other if one is None else one
    return one | other


def child(holder: Any, place: int) -> Any:
    """Returns a child of a schema or of an array."""
    return holder.children[place].contents


def metadata(schema: Schema) -> dict[str, str]:
    """Returns the metadata of a type: pairs of texts, each stored after its length."""
    address = schema.metadata
    if not address:
        return {}

    def take(size: int) -> bytes:
        nonlocal address
        address += size
        return ctypes.string_at(address - size, size)

    def number() -> int:
        return int.from_bytes(take(4), sys.byteorder, signed=True)

    texts = [take(number()).decode(errors="replace") for _ in range(2 * number())]
    return dict(zip(texts[::2], texts[1::2], strict=True))
