"""Reads vectors and keys through the Arrow C interface: arrays, chunked arrays, tables, streams of batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.arrow_memory import (
    Array,
    Chunk,
    Missing,
    Schema,
    arrays_of,
    bits,
    child,
    either,
    metadata,
    missing,
    view,
)
from nearabout._arrays.table_columns import Column, Part, choose, stacked
from nearabout.errors import InvalidInputError

_NUMBERS = {"c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8"}
_NUMBERS |= {"e": "f2", "f": "f4", "g": "f8", "b": "?"}
_INTEGERS = set("cCsSiIlL")
_TEXT = ("u", "U", "vu")
_TENSOR = "arrow.fixed_shape_tensor"
_NAMES = {"n": "null", "z": "binary", "Z": "binary", "vz": "binary", "u": "string", "U": "string", "vu": "string"}
_NAMES |= {"+s": "struct", "+m": "map", "+r": "run-end encoded", "tdD": "date", "tdm": "date", "tDs": "duration"}
_FAMILIES = {"+l": "list", "+L": "list", "+vl": "list", "+vL": "list", "+w": "list", "+u": "union", "w:": "binary"}
_FAMILIES |= {"d:": "decimal", "ts": "timestamp", "tt": "time", "tD": "duration", "ti": "interval"}
_VIEW = np.dtype([("length", "<i4"), ("prefix", "<u4"), ("buffer", "<i4"), ("offset", "<i4")])
_IN_VIEW = 12  # longest text in bytes that is stored in its view


def parts_of(data: Any, what: str, keyed: bool) -> Iterator[Part]:
    """Yields the rows of an object with the Arrow C interface, one batch at a time; `what` names it in errors.

    Raises:
        InvalidInputError: a type cannot be used, or the columns are ambiguous.
    """
    arrays = arrays_of(data, what)
    schema = arrays.schema
    if _format(schema) != "+s":
        column = _column(schema)
        if column.holds not in ("vectors", "numbers", "integers"):
            raise InvalidInputError(_no_vectors(column, what))
        for chunk in arrays.chunks:
            yield _single(chunk, schema, what)
        if column.holds == "vectors":
            yield _nothing([schema])
        return
    fields = [child(schema, place) for place in range(schema.n_children)]
    chosen = choose([_column(field) for field in fields], what, keyed)
    for chunk in arrays.chunks:
        yield _rows(chunk, fields, chosen.vectors, chosen.key, what)
    yield _nothing([fields[place] for place in chosen.vectors])


def _nothing(vectors: list[Schema]) -> Part:
    """Returns an empty part with the width and type of the columns, because there may have been no batch at all."""
    kinds = [_dtype(field) for field in vectors]
    dims = len(vectors) if _format(vectors[0]) in _NUMBERS else _width(vectors[0])
    return Part(np.empty((0, dims), np.result_type(*kinds)), None, np.zeros(0, np.bool_))


def _width(schema: Schema) -> int:
    """Returns the number of values in a list; 0 if its type does not fix it."""
    kind = _format(schema)
    if kind in _NUMBERS:
        return 1
    return int(kind[len("+w:") :]) * _width(child(schema, 0)) if kind.startswith("+w:") else 0


def _no_vectors(column: Column, what: str) -> str:
    if column.holds == "text":
        return f"{what} is text, not numbers; vectors come first, keys second: build(vectors, keys=words)"
    return f"{what} has the type {column.type}; pass numbers, or lists of numbers of one length"


def _single(chunk: Chunk, schema: Schema, what: str) -> Part:
    """Reads an array that is not a table: an array of vectors, or of numbers that form one vector."""
    array = chunk.array
    if _format(schema) in _NUMBERS:
        values, absent = _numbers(chunk, schema, array, 0, array.length)
        return Part(_present(values, absent), None, _as_rows(absent, array.length))
    vectors, absent = _vectors(chunk, schema, array, 0, array.length, what)
    return Part(vectors, None, _as_rows(absent, array.length))


def _present(values: Any, absent: Missing) -> Any:
    """Returns the rows that are not missing."""
    if absent is None or not absent.any():
        return values
    return values[~absent] if isinstance(values, np.ndarray) else values.take(np.flatnonzero(~absent))


def _as_rows(absent: Missing, count: int) -> NDArray[np.bool_]:
    return np.zeros(count, np.bool_) if absent is None else absent


def _rows(chunk: Chunk, fields: list[Schema], places: list[int], key: int | None, what: str) -> Part:
    """Reads a batch of a table, whose columns are the children of one array."""
    table, count = chunk.array, chunk.array.length
    absent = missing(chunk, table, 0, count)
    columns = [child(table, place) for place in range(table.n_children)]

    def whole(place: int) -> tuple[Chunk, Schema, Array, int, int]:
        return chunk, fields[place], columns[place], table.offset, count

    keys = None
    if key is not None:
        keys, without = _keys(*whole(key))
        absent = either(absent, without)
    if _format(fields[places[0]]) in _NUMBERS:
        numbers = []
        for place in places:
            values, without = _numbers(*whole(place))
            numbers.append(values)
            absent = either(absent, without)
        vectors = _present(stacked(numbers), absent)
    else:
        vectors, without = _vectors(*whole(places[0]), what)
        vectors = _present(vectors, absent if absent is None or without is None else absent[~without])
        absent = either(absent, without)
    if key is None:
        return Part(vectors, None, _as_rows(absent, count))
    name = f"the column {_column(fields[key]).name!r} of {what}"
    return Part(vectors, _present(keys, absent), _as_rows(absent, count), name)


# --- Types ---


def _format(schema: Schema) -> str:
    return schema.format.decode() if schema.format else ""


def _column(schema: Schema) -> Column:
    return Column((schema.name or b"").decode(errors="replace"), _holds(schema), _type(schema))


def _holds(schema: Schema) -> Literal["numbers", "integers", "vectors", "text", "other"]:
    if schema.dictionary:
        return "text" if _format(schema.dictionary.contents) in _TEXT else "other"
    kind, extension = _format(schema), _extension(schema)
    if extension not in ("", _TENSOR, "arrow.bool8"):
        return "other"
    if kind in _NUMBERS:
        return "integers" if kind in _INTEGERS and not extension else "numbers"
    if kind in _TEXT:
        return "text"
    return "vectors" if _is_list(kind) and _innermost(schema) else "other"


def _extension(schema: Schema) -> str:
    return metadata(schema).get("ARROW:extension:name", "")


def _is_list(kind: str) -> bool:
    return kind in ("+l", "+L", "+vl", "+vL") or kind.startswith("+w:")


def _innermost(schema: Schema) -> bool:
    """Returns whether lists contain numbers, or fixed-size arrays of numbers."""
    inner = child(schema, 0)
    if inner.dictionary or _extension(inner) not in ("", "arrow.bool8"):
        return False
    kind = _format(inner)
    return kind in _NUMBERS or (kind.startswith("+w:") and _innermost(inner))


def _type(schema: Schema) -> str:
    """Returns a readable name of the type."""
    kind, extension = _format(schema), _extension(schema)
    if extension:
        return extension
    if schema.dictionary:
        return f"dictionary of {_type(schema.dictionary.contents)}"
    if kind in _NUMBERS:
        return str(np.dtype(_NUMBERS[kind]).name)
    if _is_list(kind):
        return f"list of {_type(child(schema, 0))}"
    return str(_NAMES.get(kind) or next((name for head, name in _FAMILIES.items() if kind.startswith(head)), kind))


# --- Values of elements [begin, begin + count), and which of them are null ---


def _numbers(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[NDArray[Any], Missing]:
    kind, first = _format(schema), array.offset + begin
    if kind == "b":
        values: NDArray[Any] = bits(chunk, array, 1, first, count)
    else:
        values = view(chunk, array, 1, _NUMBERS[kind], first, count)
        if _extension(schema):  # booleans, one per byte
            values = values != 0
    return values, missing(chunk, array, begin, count)


def _vectors(
    chunk: Chunk, schema: Schema, array: Array, begin: int, count: int, what: str
) -> tuple[NDArray[Any], Missing]:
    """Returns the vectors that are not missing, and the mask of missing ones."""
    _check_shape(schema, what)
    absent = missing(chunk, array, begin, count)
    kind = _format(schema)
    if kind.startswith("+w:"):
        flat, holes = _flat(chunk, schema, array, begin, count)
        absent = either(absent, None if holes is None else np.asarray(holes.any(axis=1)))
        return _present(flat, absent), absent
    starts, lengths = _extents(chunk, kind, array, begin, count)
    kept = np.arange(count) if absent is None else np.flatnonzero(~absent)
    if not len(kept):
        return np.empty((0, 0), _dtype(schema)), absent
    starts, lengths = starts[kept], lengths[kept]
    dims = int(lengths[0])
    if (lengths != dims).any():
        row = int(np.argmax(lengths != dims))
        raise InvalidInputError(
            f"{what} is ragged: row {chunk.first + kept[0]} has {dims} values, row {chunk.first + kept[row]} has "
            f"{lengths[row]}; every vector needs the same dims"
        )
    inner, values = child(schema, 0), child(array, 0)
    first, last = int(starts.min()), int((starts + lengths).max())
    width = _width(inner)
    flat, without = _flat_child(chunk, inner, values, first, last - first)
    flat, without = flat.reshape(-1, width), None if without is None else without.reshape(-1, width)
    if not (np.diff(starts) == dims).all():  # gaps, or lists in another order
        places = ((starts - first)[:, None] + np.arange(dims)).ravel()
        flat, without = flat[places], None if without is None else without[places]
    vectors = flat.reshape(len(kept), dims * width)
    if without is None or not without.any():
        return vectors, absent
    bad = np.asarray(without.reshape(len(kept), -1).any(axis=1))
    rows = _as_rows(absent, count)
    rows[kept[bad]] = True
    return vectors[~bad], rows


def _check_shape(schema: Schema, what: str) -> None:
    """Refuses a tensor whose dimensions are permuted in memory."""
    if _extension(schema) != _TENSOR:
        return
    noted = json.loads(metadata(schema).get("ARROW:extension:metadata") or "{}")
    order = noted.get("permutation")
    if order is not None and order != sorted(order):
        raise InvalidInputError(
            f"{what} contains tensors with permuted dimensions; pass the numbers in order, such as "
            "tensors.to_numpy_ndarray().reshape(len(tensors), -1)"
        )


def _dtype(schema: Schema) -> np.dtype[Any]:
    """Returns the type of the numbers in lists."""
    kind = _format(schema)
    return np.dtype(_NUMBERS[kind]) if kind in _NUMBERS else _dtype(child(schema, 0))


def _extents(
    chunk: Chunk, kind: str, array: Array, begin: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the starts and the lengths of variable-size lists."""
    first = array.offset + begin
    if kind in ("+vl", "+vL"):
        size = "i4" if kind == "+vl" else "i8"
        starts, lengths = (view(chunk, array, buffer, size, first, count).astype(np.int64) for buffer in (1, 2))
        return starts, lengths
    offsets = _offsets(chunk, array, "i4" if kind == "+l" else "i8", first, count)
    return offsets[:-1], np.diff(offsets)


def _offsets(chunk: Chunk, array: Array, size: str, first: int, count: int) -> NDArray[np.int64]:
    """Returns the start of each element and the end of the last one. Without elements the buffer may be empty."""
    return view(chunk, array, 1, size, first, count + 1).astype(np.int64) if count else np.zeros(1, np.int64)


def _flat(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[NDArray[Any], Missing]:
    """Returns fixed-size lists as rows."""
    dims = int(_format(schema)[len("+w:") :])
    first = (array.offset + begin) * dims
    values, absent = _flat_child(chunk, child(schema, 0), child(array, 0), first, count * dims)
    shape = (count, _width(schema))
    return values.reshape(shape), None if absent is None else absent.reshape(shape)


def _flat_child(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[NDArray[Any], Missing]:
    """Returns the numbers of nested lists of any depth in one flat array."""
    if _format(schema) in _NUMBERS:
        return _numbers(chunk, schema, array, begin, count)
    values, without = _flat(chunk, schema, array, begin, count)
    absent = missing(chunk, array, begin, count)
    wide = None if absent is None else np.repeat(absent, values.shape[1])
    return values.ravel(), either(None if without is None else without.ravel(), wide)


# --- Keys ---


def _keys(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[Any, Missing]:
    """Returns keys, and which of them are null; a null key is empty."""
    if not schema.dictionary:
        if _format(schema) in _NUMBERS:
            return _numbers(chunk, schema, array, begin, count)
        return _text(chunk, schema, array, begin, count), missing(chunk, array, begin, count)
    words = array.dictionary.contents
    found = _text(chunk, schema.dictionary.contents, words, 0, words.length)
    places, absent = _numbers(chunk, schema, array, begin, count)
    if not words.length:
        return found, np.ones(count, np.bool_)
    places = (places if absent is None else np.where(absent, 0, places)).astype(np.int64)
    without = missing(chunk, words, 0, words.length)
    return found.take(places), either(absent, None if without is None else without[places])


def _text(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> Any:
    """Returns texts, packed into one buffer."""
    kind, first = _format(schema), array.offset + begin
    if kind == "vu":
        source, starts, lengths = _views(chunk, array, begin, count)
    else:
        offsets = _offsets(chunk, array, "i4" if kind == "u" else "i8", first, count)
        source = view(chunk, array, 2, np.uint8, 0, int(offsets[-1]))
        starts, lengths = offsets[:-1], np.diff(offsets)
    absent = missing(chunk, array, begin, count)
    if absent is not None:
        lengths = np.where(absent, 0, lengths)  # the memory of null elements is undefined
    ends = np.zeros(count + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if count and (starts[1:] == (starts + lengths)[:-1]).all():
        blob = source[int(starts[0]) : int(starts[0] + ends[-1])].copy()
    else:
        blob = source[np.repeat(starts - ends[:-1], lengths) + np.arange(int(ends[-1]))]
    return _checked(blob, ends)


def _views(
    chunk: Chunk, array: Array, begin: int, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Returns a buffer of texts, their starts in it and their lengths. A short text is stored in its view itself."""
    views = view(chunk, array, 1, _VIEW, array.offset + begin, count)
    absent = missing(chunk, array, begin, count)
    lengths = views["length"].astype(np.int64)
    if absent is not None:
        lengths[absent] = 0
    buffers = array.n_buffers - 3
    sizes = view(chunk, array, array.n_buffers - 1, np.int64, 0, buffers)
    texts = [view(chunk, array, 2 + buffer, np.uint8, 0, int(size)) for buffer, size in enumerate(sizes)]
    begins = np.cumsum([views.nbytes, *sizes])
    starts = np.arange(count, dtype=np.int64) * _VIEW.itemsize + 4
    long = lengths > _IN_VIEW
    starts[long] = begins[views["buffer"][long]] + views["offset"][long]
    return np.concatenate([views.view(np.uint8), *texts]), starts, lengths


def _checked(blob: NDArray[np.uint8], ends: NDArray[np.int64]) -> Any:
    """Returns packed keys. Refuses invalid UTF-8, which a producer must not export and an index must not store."""
    from nearabout.formats import KeyList

    begins = ends[:-1][ends[:-1] < len(blob)]
    if len(begins) and ((blob[begins] & 0xC0) == 0x80).any():
        raise InvalidInputError("a key is not valid UTF-8: it starts in the middle of a character")
    try:
        blob.tobytes().decode()
    except UnicodeDecodeError as error:
        row = int(np.searchsorted(ends, error.start, side="right")) - 1
        raise InvalidInputError(f"key {row} is not valid UTF-8 ({error.reason})") from None
    return KeyList(blob, ends.astype(np.uint64))
