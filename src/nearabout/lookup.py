"""Converts between the keys of an index and its row numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError
from nearabout.keys import INT64_MAX, INT64_MIN, is_utf8

if TYPE_CHECKING:
    from nearabout import _core
    from nearabout.hits import Keys


def is_single_key(key: object) -> bool:
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
