"""Converts between the keys of an index and its row numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.keys import INT64_MAX, INT64_MIN, as_keys
from nearabout._arrays.unknown_key import unknown_key
from nearabout._base.text import is_utf8
from nearabout.errors import InvalidInputError, UnknownKeyError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from nearabout import _core
    from nearabout._arrays.accepted_types import Key

Keys: TypeAlias = NDArray[Any]  # int64, or strings in an object array


def is_single_key(key: object) -> TypeIs[Key]:
    """Returns whether this is one key and not a list of keys."""
    return isinstance(key, (str, bytes, int, float, np.generic)) or key is None


def row_of(core: _core.Index, key: object) -> int:
    """Returns the row of a key, or -1 if it is not in the index or cannot be a key."""
    if core.key_type == "str":
        return core.row_of(str(key)) if isinstance(key, str) and is_utf8(key) else -1
    if isinstance(key, (bool, np.bool_)) or not isinstance(key, (int, np.integer)):
        return -1
    number = int(key)
    return core.row_of(number) if INT64_MIN <= number <= INT64_MAX else -1


def known_row(core: _core.Index, key: object) -> int:
    """Returns the row of a key.

    Raises:
        UnknownKeyError: the key is not in the index; the message suggests the nearest spellings.
    """
    row = row_of(core, key)
    if row < 0:
        raise _unknown(core, key)
    return row


def rows_of(core: _core.Index, keys: object) -> NDArray[np.int64]:
    """Returns the rows of a list or array of keys.

    Raises:
        UnknownKeyError: a key is not in the index.
        InvalidInputError: a value cannot be a key.
    """
    checked = as_keys(keys)
    if isinstance(checked, np.ndarray) != (core.key_type != "str") and len(checked):
        raise _unknown(core, checked[0])
    rows = core.rows_of(checked) if len(checked) else np.empty(0, np.int64)  # type: ignore[arg-type]
    if len(rows) and int(rows.min()) < 0:
        raise _unknown(core, checked[int(np.argmin(rows))])
    return rows


def _unknown(core: _core.Index, key: object) -> UnknownKeyError:
    return UnknownKeyError(unknown_key(core, key.item() if isinstance(key, np.generic) else key))


def keys_of(core: _core.Index, rows: NDArray[np.int64]) -> Keys:
    """Returns the keys of rows, in the same shape. The key of row -1 is None, or -1 if keys are integers."""
    if core.key_type == "none":
        return rows
    found = rows >= 0
    if core.key_type == "int":
        numbers = np.full(rows.shape, -1, np.int64)
        numbers[found] = core.keys_of(rows[found])
        return numbers
    words = np.full(rows.shape, None, object)
    words[found] = core.keys_of(rows[found])
    return words


def checked_rows(rows: Any, count: int) -> NDArray[np.int64]:
    """Returns row numbers for the core; None stands for all `count` rows."""
    if rows is None:
        return np.arange(count, dtype=np.int64)
    array = np.asarray(rows)
    if array.size == 0:
        return np.empty(array.shape, np.int64)
    if array.dtype.kind not in "iu":
        advice = ": index[key] is the vector of a key" if array.dtype.kind in "OUT" else ""
        raise InvalidInputError(f"rows has the dtype {array.dtype}; row numbers are integers, 0 to {count - 1}{advice}")
    if (low := int(array.min())) < 0 or int(array.max()) >= count:
        given = low if low < 0 else int(array.max())
        raise InvalidInputError(f"there is no row {given}; the index has {count:,} rows, 0 to {count - 1}")
    return array.astype(np.int64)
