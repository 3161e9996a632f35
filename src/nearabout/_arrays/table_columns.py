"""Chooses the columns of vectors and of keys of a table in memory, by the same names as the readers of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError

_SHOWN = 12  # columns that an error lists
_BLOCK = 1 << 22  # bytes of rows stacked at a time


class Column(NamedTuple):
    """The description of a column."""

    name: str
    holds: Literal["numbers", "integers", "vectors", "text", "other"]
    type: str  # as errors show it


class Chosen(NamedTuple):
    """Positions of the chosen columns."""

    vectors: list[int]  # one column of vectors, or one column per dimension
    key: int | None


class Part(NamedTuple):
    """Rows of a table without those that have missing values."""

    vectors: NDArray[Any]  # (n, dims); (n,) for a single column of numbers
    keys: Any
    missing: NDArray[np.bool_]  # for each input row, whether it is left out
    keys_from: str = ""  # origin of the keys, for errors


def choose(columns: Sequence[Column], what: str, keyed: bool) -> Chosen:
    """Returns the columns of vectors and of keys.

    Args:
        columns: all columns of the table.
        what: name of the table in errors.
        keyed: whether the caller passed keys separately.

    Raises:
        InvalidInputError: no column fits, several columns fit, or a column has no use; the message lists all columns.
    """
    from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES, is_like_key

    lists = [place for place, column in enumerate(columns) if column.holds == "vectors"]
    usual = {place: column.name.lower() for place, column in enumerate(columns) if column.name.lower() in KEY_NAMES}
    if not lists:
        usual = {place: name for place, name in usual.items() if _is_key_with_dimensions(columns[place], name)}
    places = sorted(
        (place for place in usual if columns[place].holds != "vectors"), key=lambda place: KEY_NAMES.index(usual[place])
    )
    if not places:  # doc_id, userId
        places = [at for at, one in enumerate(columns) if one.holds in ("text", "integers") and is_like_key(one.name)]
        if len(places) > 1 and not keyed:
            likely = " and ".join(repr(columns[place].name) for place in places)
            raise InvalidInputError(
                f"{likely} of {what} could each be the key; {_listed(columns)}: pass the keys, "
                f"keys={what}[{columns[places[0]].name!r}], and the columns to use"
            )
    key = _key(columns, places, what, keyed)
    if len(lists) == 1:
        return Chosen(lists, None if keyed else key)
    if lists:
        named = [place for name in VECTOR_NAMES for place in lists if columns[place].name == name]
        if not named:
            raise InvalidInputError(
                f"{what} has {len(lists)} columns of vectors; {_listed(columns)}: pass the one to use, "
                f"{what}[{columns[lists[0]].name!r}]"
            )
        return Chosen(named[:1], None if keyed else key)
    return Chosen(_dimensions(columns, {key, *places}, key, what, keyed), None if keyed else key)


def _is_key_with_dimensions(column: Column, name: str) -> bool:
    from nearabout.formats._arrays import COUNTED_KEYS

    return column.holds == "text" or name in COUNTED_KEYS


def _key(columns: Sequence[Column], usual: list[int], what: str, keyed: bool) -> int | None:
    """Returns the first of the columns with a usual name for keys, or else the only text column."""
    if usual:
        column = columns[usual[0]]
        if column.holds not in ("text", "integers") and not keyed:
            raise InvalidInputError(
                f"the column {column.name!r} of {what} has the type {column.type}; keys are strings or whole numbers: "
                "convert it, drop it, or pass keys="
            )
        return usual[0]
    texts = [place for place, column in enumerate(columns) if column.holds == "text"]
    if len(texts) > 1 and not keyed:
        raise InvalidInputError(
            f"{what} has {len(texts)} columns of text, and none has a usual name for keys such as 'key', 'word' or "
            f"'id'; {_listed(columns)}: pass the keys, keys={what}[{columns[texts[0]].name!r}]"
        )
    return texts[0] if len(texts) == 1 else None


def _dimensions(columns: Sequence[Column], keys: set[int | None], key: int | None, what: str, keyed: bool) -> list[int]:
    """Returns all columns except the keys. If the caller passed keys, text and possible keys are left out too."""
    rest = [place for place in range(len(columns)) if place not in (keys if keyed else {key})]
    odd = [place for place in rest if columns[place].holds not in ("numbers", "integers") or place in keys]
    if keyed:
        odd = [place for place in odd if columns[place].holds != "text"]
    if odd:
        column = columns[odd[0]]
        raise InvalidInputError(
            f"the column {column.name!r} of {what} ({column.type}) is neither a dimension, a vector nor the key; "
            f"{_listed(columns)}: drop it, or pass the columns to use"
        )
    found = [place for place in rest if columns[place].holds in ("numbers", "integers")]
    if not found:
        raise InvalidInputError(f"{what} has no column of numbers or of vectors; {_listed(columns)}")
    return found


def _listed(columns: Sequence[Column]) -> str:
    if not columns:
        return "it has no columns"
    more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    return "its columns are " + ", ".join(f"{one.name:.60} ({one.type:.60})" for one in columns[:_SHOWN]) + more


def stacked(numbers: list[NDArray[Any]]) -> NDArray[Any]:
    """Returns columns, one per dimension, as rows of the narrowest type that can hold them all."""
    dtype = np.result_type(*numbers)
    rows = np.empty((len(numbers[0]), len(numbers)), dtype)
    step = max(1, _BLOCK // (len(numbers) * dtype.itemsize))  # rows that fit in the cache
    for first in range(0, len(rows), step):
        rows[first : first + step] = np.array([column[first : first + step] for column in numbers], dtype).T
    return rows
