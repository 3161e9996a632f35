"""Vectors and keys of what offers the Arrow C interface: arrays, chunked arrays, tables, streams of batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout.arrow_memory import Array, Chunk, Schema, arrays_of, bits, child, metadata, missing, view
from nearabout.columns import Column, Part, choose, stacked
from nearabout.errors import InvalidInput

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
_IN_VIEW = 12  # bytes of a text that fit into its view


def parts_of(data: Any, what: str, keyed: bool) -> Iterator[Part]:
    """Returns the rows of an object with the Arrow C interface, a batch at a time; `what` names it in errors.

    Raises:
        InvalidInput: a type, or a choice of columns, that is not understood.
    """
    arrays = arrays_of(data, what)
    schema = arrays.schema
    if _format(schema) != "+s":
        column = _column(schema)
        if column.holds not in ("vectors", "numbers", "integers"):
            raise InvalidInput(_no_vectors(column, what))
        for chunk in arrays.chunks:
            yield _single(chunk, schema, what)
        if column.holds == "vectors":
            yield _nothing([schema], None)
        return
    fields = [child(schema, place) for place in range(schema.n_children)]
    chosen = choose([_column(field) for field in fields], what, keyed)
    for chunk in arrays.chunks:
        yield _rows(chunk, fields, chosen.vectors, chosen.key, what)
    yield _nothing([fields[place] for place in chosen.vectors], None if chosen.key is None else fields[chosen.key])


def _nothing(vectors: list[Schema], key: Schema | None) -> Part:
    """No rows, as wide and of the type that the columns tell: there may have been no batch at all."""
    kinds = [_dtype(field) for field in vectors]
    dims = len(vectors) if _format(vectors[0]) in _NUMBERS else _width(vectors[0])
    return Part(np.empty((0, dims), np.result_type(*kinds)), None, np.zeros(0, np.bool_))


def _width(schema: Schema) -> int:
    """How many numbers a list has; 0 where its type does not say."""
    kind = _format(schema)
    if kind in _NUMBERS:
        return 1
    return int(kind[len("+w:") :]) * _width(child(schema, 0)) if kind.startswith("+w:") else 0


def _no_vectors(column: Column, what: str) -> str:
    if column.holds == "text":
        return f"{what} holds text, not numbers; vectors come first, keys second: build(vectors, keys=words)"
    return f"{what} holds {column.type}; numbers, or lists of numbers of one length, are needed"


def _single(chunk: Chunk, schema: Schema, what: str) -> Part:
    """An array that is no table: of vectors, or of numbers that are one."""
    array = chunk.array
    if _format(schema) in _NUMBERS:
        values, absent = _numbers(chunk, schema, array, 0, array.length)
        return Part(values[~absent] if absent.any() else values, None, absent)
    vectors, absent = _vectors(chunk, schema, array, 0, array.length, what)
    return Part(vectors, None, absent)


def _rows(chunk: Chunk, fields: list[Schema], places: list[int], key: int | None, what: str) -> Part:
    """A batch of a table: its columns are the children of one array."""
    table, count = chunk.array, chunk.array.length
    absent = missing(chunk, table, 0, count)
    columns = [child(table, place) for place in range(table.n_children)]

    def whole(place: int) -> tuple[Chunk, Schema, Array, int, int]:
        return chunk, fields[place], columns[place], table.offset, count

    words = None if key is None else _keys(*whole(key))
    if words is not None:
        absent = absent | words[1]
    if _format(fields[places[0]]) in _NUMBERS:
        read = [_numbers(*whole(place)) for place in places]
        absent = absent | np.logical_or.reduce([one for _, one in read])
        vectors = stacked([values for values, _ in read])
        vectors = vectors[~absent] if absent.any() else vectors
    else:
        vectors, without = _vectors(*whole(places[0]), what)
        if absent.any():
            vectors = vectors[~absent[~without]]
        absent = absent | without
    keys = None if words is None else words[0]
    if keys is not None and absent.any():
        kept = np.flatnonzero(~absent)
        keys = keys[kept] if isinstance(keys, np.ndarray) else keys.take(kept)
    return Part(vectors, keys, absent)


# --- Types. ---


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
    """Whether lists hold numbers, or arrays of a fixed shape of numbers."""
    inner = child(schema, 0)
    if inner.dictionary or _extension(inner) not in ("", "arrow.bool8"):
        return False
    kind = _format(inner)
    return kind in _NUMBERS or (kind.startswith("+w:") and _innermost(inner))


def _type(schema: Schema) -> str:
    """Returns the type for people."""
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


# --- Values of elements [begin, begin + count), and which of them are null. ---


def _numbers(
    chunk: Chunk, schema: Schema, array: Array, begin: int, count: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    kind, first = _format(schema), array.offset + begin
    if kind == "b":
        values: NDArray[Any] = bits(chunk, array, 1, first, count)
    else:
        values = view(chunk, array, 1, _NUMBERS[kind], first, count)
        if _extension(schema):  # a boolean in a byte
            values = values != 0
    return values, missing(chunk, array, begin, count)


def _vectors(
    chunk: Chunk, schema: Schema, array: Array, begin: int, count: int, what: str
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The vectors of those that are there."""
    _check_shape(schema, what)
    absent = missing(chunk, array, begin, count)
    kind = _format(schema)
    if kind.startswith("+w:"):
        flat, without = _flat(chunk, schema, array, begin, count)
        absent = absent | without.any(axis=1)
        return (flat[~absent] if absent.any() else flat), absent
    starts, lengths = _extents(chunk, kind, array, begin, count)
    kept = np.flatnonzero(~absent)
    if not len(kept):
        return np.empty((0, 0), _dtype(schema)), absent
    starts, lengths = starts[kept], lengths[kept]
    dims = int(lengths[0])
    if (lengths != dims).any():
        row = int(np.argmax(lengths != dims))
        raise InvalidInput(
            f"{what} is ragged: row {chunk.first + kept[0]} has {dims} values, row {chunk.first + kept[row]} has "
            f"{lengths[row]}; every vector needs the same dims"
        )
    inner, values = child(schema, 0), child(array, 0)
    first, last = int(starts.min()), int((starts + lengths).max())
    flat, without = _flat_child(chunk, inner, values, first, last - first)
    if not (np.diff(starts) == dims).all():  # gaps, or lists in another order
        places = (starts - first)[:, None] + np.arange(dims)
        flat, without = flat[places.ravel()], without[places.ravel()]
    vectors, holes = flat.reshape(len(kept), -1), without.reshape(len(kept), -1).any(axis=1)
    absent[kept[holes]] = True
    return (vectors[~holes] if holes.any() else vectors), absent


def _check_shape(schema: Schema, what: str) -> None:
    """Refuses a tensor whose numbers lie in another order than its dimensions."""
    if _extension(schema) != _TENSOR:
        return
    noted = json.loads(metadata(schema).get("ARROW:extension:metadata") or "{}")
    order = noted.get("permutation")
    if order is not None and order != sorted(order):
        raise InvalidInput(
            f"{what} holds tensors with permuted dimensions; pass the numbers in one order, such as "
            "tensors.to_numpy_ndarray().reshape(len(tensors), -1)"
        )


def _dtype(schema: Schema) -> np.dtype[Any]:
    """Of the numbers in lists."""
    kind = _format(schema)
    return np.dtype(_NUMBERS[kind]) if kind in _NUMBERS else _dtype(child(schema, 0))


def _extents(
    chunk: Chunk, kind: str, array: Array, begin: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where lists of any length begin, and how long they are."""
    first = array.offset + begin
    if kind in ("+vl", "+vL"):
        size = "i4" if kind == "+vl" else "i8"
        starts, lengths = (view(chunk, array, buffer, size, first, count).astype(np.int64) for buffer in (1, 2))
        return starts, lengths
    offsets = _offsets(chunk, array, "i4" if kind == "+l" else "i8", first, count)
    return offsets[:-1], np.diff(offsets)


def _offsets(chunk: Chunk, array: Array, size: str, first: int, count: int) -> NDArray[np.int64]:
    """Where elements begin, and where the last one ends. Of no elements the buffer may be empty."""
    return view(chunk, array, 1, size, first, count + 1).astype(np.int64) if count else np.zeros(1, np.int64)


def _flat(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Lists of a fixed length, as rows."""
    dims = int(_format(schema)[len("+w:") :])
    first = (array.offset + begin) * dims
    values, absent = _flat_child(chunk, child(schema, 0), child(array, 0), first, count * dims)
    return values.reshape(count, -1 if count else dims), absent.reshape(count, -1 if count else dims)


def _flat_child(
    chunk: Chunk, schema: Schema, array: Array, begin: int, count: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The numbers inside lists: at any depth, one after the other."""
    if _format(schema) in _NUMBERS:
        return _numbers(chunk, schema, array, begin, count)
    values, without = _flat(chunk, schema, array, begin, count)
    absent = missing(chunk, array, begin, count)
    return values.ravel(), (without | absent[:, None]).ravel()


# --- Keys. ---


def _keys(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> tuple[Any, NDArray[np.bool_]]:
    """Keys, and which of them are null; those are empty."""
    if not schema.dictionary:
        if _format(schema) in _NUMBERS:
            return _numbers(chunk, schema, array, begin, count)
        return _text(chunk, schema, array, begin, count), missing(chunk, array, begin, count)
    words = array.dictionary.contents
    found = _text(chunk, schema.dictionary.contents, words, 0, words.length)
    places, absent = _numbers(chunk, schema, array, begin, count)
    places = np.where(absent, 0, places).astype(np.int64)
    absent = absent | (missing(chunk, words, 0, words.length)[places] if words.length else True)
    return found.take(places if words.length else places[:0]), absent


def _text(chunk: Chunk, schema: Schema, array: Array, begin: int, count: int) -> Any:
    """Texts, packed one after another."""
    kind, first = _format(schema), array.offset + begin
    if kind == "vu":
        source, starts, lengths = _views(chunk, array, first, count)
    else:
        offsets = _offsets(chunk, array, "i4" if kind == "u" else "i8", first, count)
        source = view(chunk, array, 2, np.uint8, 0, int(offsets[-1]))
        starts, lengths = offsets[:-1], np.diff(offsets)
    ends = np.zeros(count + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if count and (starts[1:] == (starts + lengths)[:-1]).all():
        blob = source[int(starts[0]) : int(starts[0] + ends[-1])].copy()
    else:
        blob = source[np.repeat(starts - ends[:-1], lengths) + np.arange(int(ends[-1]))]
    return _checked(blob, ends)


def _views(
    chunk: Chunk, array: Array, first: int, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Texts in views: short ones lie in the view itself, the others in one of several buffers."""
    views = view(chunk, array, 1, _VIEW, first, count)
    absent = missing(chunk, array, first - array.offset, count)
    lengths = np.where(absent, 0, views["length"]).astype(np.int64)
    buffers = array.n_buffers - 3
    sizes = view(chunk, array, array.n_buffers - 1, np.int64, 0, buffers)
    lying = [view(chunk, array, 2 + place, np.uint8, 0, int(size)) for place, size in enumerate(sizes)]
    begins = np.cumsum([views.nbytes, *sizes])
    starts = np.arange(count, dtype=np.int64) * _VIEW.itemsize + 4
    long = lengths > _IN_VIEW
    starts[long] = begins[views["buffer"][long]] + views["offset"][long]
    return np.concatenate([views.view(np.uint8), *lying]), starts, lengths


def _checked(blob: NDArray[np.uint8], ends: NDArray[np.int64]) -> Any:
    """Producers promise UTF-8; a file must not hold anything else."""
    from nearabout.formats import KeyList

    begins = ends[:-1][ends[:-1] < len(blob)]
    if len(begins) and ((blob[begins] & 0xC0) == 0x80).any():
        raise InvalidInput("a key is not valid UTF-8: it begins in the middle of a character")
    try:
        blob.tobytes().decode()
    except UnicodeDecodeError as error:
        row = int(np.searchsorted(ends, error.start, side="right")) - 1
        raise InvalidInput(f"key {row} is not valid UTF-8 ({error.reason})") from None
    return KeyList(blob, ends.astype(np.uint64))
