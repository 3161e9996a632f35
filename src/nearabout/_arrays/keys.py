"""Converts keys for the core: strings or 64-bit integers, one per vector, no duplicates."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.conversion import refuse_masked
from nearabout._base.text import a_type, is_utf8
from nearabout.errors import InvalidInputError

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def as_keys(keys: object, count: int | None = None) -> Sequence[str] | NDArray[np.int64]:
    """Returns the keys for the core, in row order. `count` is the required number of keys.

    Strings may have any length and any character of UTF-8; integers must fit in int64. The build checks for duplicates.

    Raises:
        InvalidInputError: the number of keys is wrong, or a value cannot be a key; the message names the first one.
    """
    if _is_key_list(keys):
        checked: Sequence[str] | NDArray[np.int64] = keys  # type: ignore[assignment]
    elif hasattr(keys, "__array__") or hasattr(keys, "__dlpack__"):
        refuse_masked(keys, "the array of keys")
        checked = _from_array(np.asarray(keys))
    else:
        checked = _from_list(_listed(keys))
    if count is not None and len(checked) != count:
        raise InvalidInputError(
            f"there are {count:,} vectors but {len(checked):,} keys; pass one key per vector, in row order"
        )
    return checked


def _is_key_list(keys: object) -> bool:
    """Returns whether these are the keys of a file that `read` returned, which are already packed and checked."""
    return hasattr(keys, "blob") and hasattr(keys, "offsets")


def _listed(keys: object) -> list[Any]:
    if isinstance(keys, (str, bytes)):
        raise InvalidInputError(
            f"keys is a single {type(keys).__name__}, {keys!r:.60}; pass a list with one key per vector"
        )
    if isinstance(keys, slice):
        raise InvalidInputError(
            f"keys is {keys}; pass a list of keys. To get rows by number: index.vectors(range(0, 3))"
        )
    if isinstance(keys, (Mapping, Set)) and not isinstance(keys, KeysView):
        raise InvalidInputError(f"keys is {a_type(keys)}, which has no order; pass a list in the order of the rows")
    if not isinstance(keys, Iterable):
        raise InvalidInputError(f"keys is {a_type(keys)}; pass a list of strings or integers, one per vector")
    return list(keys)


def _from_array(array: NDArray[Any]) -> Sequence[str] | NDArray[np.int64]:
    if array.ndim != 1:
        raise InvalidInputError(
            f"keys has the shape {array.shape} and the dtype {array.dtype}; pass one key per vector, shape (n,). "
            "If these are vectors: vectors come first, keys second"
        )
    if array.dtype.kind in "iu":
        if array.dtype.kind == "u" and array.size and int(array.max()) > INT64_MAX:
            row = int(np.argmax(array > INT64_MAX))
            raise InvalidInputError(_outside(row, int(array[row])))
        return np.ascontiguousarray(array, dtype=np.int64)
    return _from_list(array.tolist())


def _from_list(keys: list[Any]) -> Sequence[str] | NDArray[np.int64]:
    kinds = set(map(type, keys))
    if kinds <= {str}:
        _check_text(keys)
        return keys
    if kinds <= {int}:
        return _integers(keys)
    # Subclasses, NumPy scalars (np.str_, np.int64), or values that cannot be keys.
    row = next((row for row, key in enumerate(keys) if not _may_be_key(key)), None)
    if row is not None:
        raise InvalidInputError(f"key {row} is {keys[row]!r:.60}, {a_type(keys[row])}; keys are strings or integers")
    if all(isinstance(key, str) for key in keys):
        return _from_list([str(key) for key in keys])
    row = next((row for row, key in enumerate(keys) if isinstance(key, str) != isinstance(keys[0], str)), None)
    if row is not None:
        raise InvalidInputError(
            f"key {row} is {keys[row]!r:.60}, {a_type(keys[row])}, while key 0 is {a_type(keys[0])}; "
            "keys are all strings or all integers"
        )
    return _integers([int(key) for key in keys])


def _may_be_key(key: object) -> bool:
    return isinstance(key, (str, int, np.integer)) and not isinstance(key, bool)


def _integers(keys: list[int]) -> NDArray[np.int64]:
    try:
        return np.array(keys, dtype=np.int64)
    except OverflowError:
        row = next(row for row, key in enumerate(keys) if not INT64_MIN <= key <= INT64_MAX)
        raise InvalidInputError(_outside(row, keys[row])) from None


def _outside(row: int, key: int) -> str:
    return (
        f"key {row} is {key}; integer keys must fit in int64, {INT64_MIN} to {INT64_MAX}: use strings for larger ones"
    )


def _check_text(keys: list[str]) -> None:
    for row, key in enumerate(keys):
        if not key.isascii() and not is_utf8(key):
            raise InvalidInputError(
                f"key {row}, {key!r:.60}, contains a lone surrogate and is not valid Unicode text; "
                "decode its bytes with errors='replace'"
            )
