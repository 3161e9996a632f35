"""Reads keys from an Arrow column, and explains why other types cannot be keys."""

from __future__ import annotations

import importlib
import uuid
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError, quoted
from nearabout.formats._arrow_sizes import is_view, points
from nearabout.formats._keys import KeyList, Keys, keys_from

_ADVICE = "cast it to text or whole numbers, name another column with key_column=, or pass key_column=False for none"


def _inner(arrow: Any, kind: Any) -> Any:
    """Returns the type of the values of a dictionary or run-end encoded column."""
    while points(arrow, kind):
        kind = kind.value_type
    return kind


def is_text(arrow: Any, kind: Any) -> bool:
    """Returns whether a type is text, in any layout."""
    types, kind = arrow.types, _inner(arrow, kind)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_binary(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def is_key(arrow: Any, kind: Any) -> bool:
    """Returns whether a column of this type can be keys: text, whole numbers, UUID, or bytes, which must be UTF-8."""
    inner = _inner(arrow, kind)
    known = is_text(arrow, inner) or _is_binary(arrow, inner) or arrow.types.is_integer(inner)
    return bool(known or _is_uuid(inner))


def _is_uuid(kind: Any) -> bool:
    return getattr(kind, "extension_name", None) == "arrow.uuid"


def refusal(path: str, name: str, kind: Any, listed: str) -> InvalidInputError:
    """Returns the error for a column that should be keys and cannot be."""
    return InvalidInputError(
        f"{path}: the column {quoted(name)} has the type {kind}, which cannot be keys: {_ADVICE}. The columns are "
        f"{listed}"
    )


def keys_of(arrow: Any, column: Any, path: str, name: str) -> Keys:
    """Returns the keys in a column, an array or a chunked array, without nulls.

    Raises:
        InvalidInputError: there is a null, a number outside int64, or bytes that are not UTF-8.
    """
    if column.null_count:
        raise InvalidInputError(
            f"{path}: the column {name} has {column.null_count:,} empty keys: fill or remove those rows, or leave them "
            "out with invalid='skip'"
        )
    column = _decoded(arrow, column)
    if arrow.types.is_integer(column.type):
        return keys_from(path, column.to_pylist(), len(column)) if len(column) else np.empty(0, np.int64)
    if _is_uuid(column.type):
        return KeyList.from_strings(str(uuid.UUID(bytes=one.as_py().bytes)) for one in column)
    if arrow.types.is_binary_view(column.type):
        column = column.cast(arrow.large_binary())
    try:
        text = column.cast(arrow.large_string())
    except arrow.ArrowInvalid as error:
        raise InvalidInputError(f"{path}: the keys in the column {name} are not UTF-8 ({error}): {_ADVICE}") from None
    if isinstance(text, arrow.ChunkedArray):
        text = text.combine_chunks()
    if isinstance(text, arrow.ChunkedArray):
        text = arrow.concat_arrays(text.chunks)
    return _packed(text)


def _decoded(arrow: Any, column: Any) -> Any:
    """Decodes a dictionary or run-end encoded column. ``ColumnSize`` has already checked its size."""
    while points(arrow, column.type):
        if arrow.types.is_run_end_encoded(column.type):
            column = importlib.import_module("pyarrow.compute").run_end_decode(column)
        elif isinstance(column, arrow.ChunkedArray):
            chunks = [_looked_up(arrow, chunk) for chunk in column.chunks]
            kind = chunks[0].type if chunks else column.type.value_type
            column = arrow.chunked_array(chunks, kind)
        else:
            column = _looked_up(arrow, column)
    return column


def _looked_up(arrow: Any, column: Any) -> Any:
    """Looks up the values of a dictionary. Copies views, because Arrow cannot look them up."""
    words = column.dictionary
    if is_view(arrow, words.type):
        words = words.cast(arrow.large_string() if arrow.types.is_string_view(words.type) else arrow.large_binary())
        column = arrow.DictionaryArray.from_arrays(column.indices, words)
    return column.dictionary_decode()


def joined(parts: list[KeyList | NDArray[np.int64]]) -> Keys:
    """Joins the keys of several batches, which all have one type. Returns None if there are none."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts) if parts else None
    packed = [part for part in parts if isinstance(part, KeyList)]
    sizes = np.cumsum([0, *(len(part.blob) for part in packed)], dtype=np.uint64)
    offsets = [part.offsets[:-1] + first for part, first in zip(packed, sizes, strict=False)]
    return KeyList(np.concatenate([part.blob for part in packed]), np.concatenate([*offsets, sizes[-1:]]))


def _packed(text: Any) -> KeyList:
    """Returns strings as a KeyList, which has the same layout as Arrow's."""
    _, offsets_buffer, blob_buffer = text.buffers()
    if len(text) == 0:
        return KeyList.from_strings([])
    offsets = np.frombuffer(offsets_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
    blob = np.frombuffer(blob_buffer, np.uint8) if blob_buffer is not None else np.empty(0, np.uint8)
    first = int(offsets[0])
    return KeyList(blob[first : int(offsets[-1])].copy(), (offsets - first).astype(np.uint64))
