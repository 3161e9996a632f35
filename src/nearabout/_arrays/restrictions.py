"""Converts `filter=` and `exclude=` for the core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.conversion import refuse_masked
from nearabout._arrays.key_lookup import checked_rows, is_single_key, row_of, rows_of
from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError
from nearabout.row_filter import RowFilter

if TYPE_CHECKING:
    from nearabout._arrays.accepted_types import FilterLike, FiltersLike

_Rows: TypeAlias = NDArray[np.int64]


class Restriction(NamedTuple):
    """The rows that a search may find, as the core takes them."""

    filter: _core.RowFilter | list[_core.RowFilter | None] | None = None
    excluded: tuple[_Rows, _Rows] | None = None  # rows, and the offsets of each query's


def restriction_of(core: _core.Index, filter: FiltersLike, exclude: FiltersLike, queries: int) -> Restriction:
    """Returns the restriction of a search for this many queries.

    Raises:
        UnknownKeyError: a key is not in the index.
        InvalidInputError: a filter has the wrong length, type or index, or there are not as many as queries.
    """
    if queries == 0:
        return Restriction()
    filter, exclude = _collected(filter), _collected(exclude)
    filters = _each("filter", filter, queries)
    excludes = _each("exclude", exclude, queries)
    if filters is None and excludes is None:
        return _for_all(core, filter, exclude)
    return _per_query(core, filters or [filter] * queries, excludes or [exclude] * queries)


def _collected(given: Any) -> Any:
    """Returns what can be read more than once: a list for an iterator, and for a column of lists."""
    if isinstance(given, Iterator):
        return list(given)
    if hasattr(given, "__array__") and hasattr(given, "__iter__") and getattr(given, "ndim", 1) == 1:
        first = next((item for item in given if item is not None), None)
        if isinstance(first, (list, tuple, Set)) or getattr(first, "ndim", 0) == 1:
            return list(given)
    return given


def _for_all(core: _core.Index, filter: Any, exclude: Any) -> Restriction:
    """Returns the restriction of queries with the same filter."""
    allowed = None if filter is None else core_filter(core, filter, "filter")
    rows = None if exclude is None else _few_rows(core, exclude)
    if exclude is None or rows is not None:
        return Restriction(allowed, None if rows is None else (rows, np.array([0, len(rows)], np.int64)))
    return Restriction(_core.RowFilter.difference(allowed, core_filter(core, exclude, "exclude")))


def _per_query(core: _core.Index, filters: list[Any], excludes: list[Any]) -> Restriction:
    """Returns the restriction of queries with a filter, rows to leave out, or both, each."""
    made: dict[int, _core.RowFilter] = {}  # of each object, by its identity: many queries may share one

    def filter_of(given: Any, name: str) -> _core.RowFilter:
        if id(given) not in made:
            made[id(given)] = core_filter(core, given, name)
        return made[id(given)]

    allowed = [None if given is None else filter_of(given, "filter") for given in filters]
    excluded = _plain_rows(core, excludes)
    left_out: list[_Rows] = []
    for query, given in enumerate(excludes if excluded is None else ()):
        rows = np.empty(0, np.int64) if given is None else _few_rows(core, given)
        if rows is None:
            allowed[query] = _core.RowFilter.difference(allowed[query], filter_of(given, "exclude"))
            rows = np.empty(0, np.int64)
        left_out.append(rows)
    excluded = excluded or _joined(left_out)
    return Restriction(allowed if any(one is not None for one in allowed) else None, excluded)


def _plain_rows(core: _core.Index, excludes: list[Any]) -> tuple[_Rows, _Rows] | None:
    """Returns the rows to leave out and their offsets if all are given as short arrays of valid rows: the usual way,
    without the checks of each array, which take longer than its search.
    """
    if core.key_type == "int":  # rows or keys?
        return None
    most = len(core) // _core.FEW_EXCLUDED_OF
    for given in excludes:
        if type(given) is not np.ndarray or given.dtype != np.int64 or given.ndim != 1 or len(given) > most:
            return None
    rows, offsets = _joined(excludes)
    return (rows, offsets) if not len(rows) or 0 <= int(rows.min()) <= int(rows.max()) < len(core) else None


def _joined(lists: list[_Rows]) -> tuple[_Rows, _Rows]:
    return np.concatenate(lists), np.cumsum([0] + [len(rows) for rows in lists], dtype=np.int64)


def core_filter(core: _core.Index, given: FilterLike, name: str) -> _core.RowFilter:
    """Returns a filter that allows the given rows.

    Raises:
        UnknownKeyError: a key is not in the index.
        InvalidInputError: it has the wrong length or type, or is the filter of another index.
    """
    if isinstance(given, RowFilter):
        if not core.made(given._core):
            raise InvalidInputError(
                f"{name} was made for another index, or for this one before it was opened again, copied or calibrated "
                "anew; make it with this index's row_filter()"
            )
        return given._core
    mask = _mask_of(core, given, name)
    if mask is not None:
        return _core.RowFilter.of_mask(core, mask)
    return _core.RowFilter.of_rows(core, _rows_of(core, given, name))


def core_filter_of(core: _core.Index, form: str, given: Any) -> _core.RowFilter:
    """Returns a filter that allows what is given as `form`: "filter", "mask", "rows" or "keys"."""
    if form == "filter":
        return core_filter(core, given, form)
    if form == "mask":
        array = np.asarray(given) if _array_of(given, form) is None else given
        allowed = _mask_of(core, array, form)
        if allowed is None:
            raise InvalidInputError(f"mask has the dtype {np.asarray(array).dtype}; a mask has one bool for each row")
        return _core.RowFilter.of_mask(core, allowed)
    if form == "rows":
        rows = np.asarray(list(given) if isinstance(given, (Iterator, Set)) else given)
        if rows.ndim != 1:
            raise InvalidInputError(f"rows has the shape {rows.shape}; row numbers have one axis, (n,)")
        return _core.RowFilter.of_rows(core, checked_rows(rows, len(core)))
    return _core.RowFilter.of_rows(core, _rows_of_keys(core, given, _array_of(given, form), form))


def _few_rows(core: _core.Index, given: FilterLike) -> _Rows | None:
    """Returns the rows to leave out, or None if there are too many for a list."""
    most = len(core) // _core.FEW_EXCLUDED_OF
    if isinstance(given, RowFilter):
        if not core.made(given._core) or len(given) > most:
            return None
        return given.rows
    mask = _mask_of(core, given, "exclude")
    rows = np.flatnonzero(mask) if mask is not None else _rows_of(core, given, "exclude")
    return rows if len(rows) <= most else None


def _each(name: str, given: FiltersLike, queries: int) -> list[Any] | None:
    """Returns the filters of all queries, or None if there is one for all of them."""
    if isinstance(given, np.ndarray) and given.ndim == 2:
        given = list(given)
    if not isinstance(given, (list, tuple)) or not given or not all(_is_filter(one) for one in given):
        return None
    if len(given) != queries:
        raise InvalidInputError(
            f"{name} has {len(given)} filters for {queries} {'query' if queries == 1 else 'queries'}; pass one filter "
            "for all, or one for each query"
        )
    return list(given)


def _is_filter(given: object) -> bool:
    """Returns whether an item of a list is a filter and not a key."""
    return given is None or isinstance(given, RowFilter) or not is_single_key(given)


def _array_of(given: Any, name: str) -> NDArray[Any] | None:
    """Returns an array, a series or a tensor as a NumPy array; None for everything else."""
    if isinstance(given, (list, tuple)) and given and all(isinstance(item, (bool, np.bool_)) for item in given):
        return np.array(given)
    if not hasattr(given, "__array__"):
        return None
    refuse_masked(given, name)
    return np.asarray(given)


def _mask_of(core: _core.Index, given: Any, name: str) -> NDArray[np.uint8] | None:
    """Returns a mask as bytes; None if it is not one."""
    array = _array_of(given, name)
    if array is None or array.dtype != np.bool_:
        return None
    if array.shape != (len(core),):
        raise InvalidInputError(
            f"{name} has the shape {array.shape}, but the index has {len(core):,} rows; a mask has one True or False "
            f"per row, ({len(core)},)"
        )
    return np.ascontiguousarray(array).view(np.uint8)


def _rows_of(core: _core.Index, given: Any, name: str) -> _Rows:
    """Returns the rows of an array of row numbers or a list of keys, as given."""
    array = _array_of(given, name)
    if array is not None and array.ndim != 1:
        raise InvalidInputError(f"{name} has the shape {array.shape}; row numbers and keys have one axis, (n,)")
    if array is not None and array.size and array.dtype.kind in "iu":
        _refuse_zeros_and_ones(core, array, name)
        if _has_rows(given):
            _refuse_rows_or_keys(core, name)
            return checked_rows(array[array != -1] if name == "exclude" else array, len(core))
    elif array is not None and array.size and array.dtype.kind not in "OUT":
        raise InvalidInputError(
            f"{name} has the dtype {array.dtype}, or missing values; a mask has the dtype bool, and row numbers are "
            "integers"
        )
    return _rows_of_keys(core, given, array, name)


def _rows_of_keys(core: _core.Index, given: Any, array: NDArray[Any] | None, name: str) -> _Rows:
    """Returns the rows of a list of keys; `array` is the same as an array, if it is one."""
    if isinstance(given, (str, bytes, bytearray)) or not isinstance(given, Iterable):
        raise InvalidInputError(
            f"{name} is {a_type(given)}; pass a mask (one bool per row), an array of row numbers, a list of keys, or "
            "what index.row_filter() returns"
        )
    keys = list(given) if array is None else array.tolist()
    if name == "exclude":
        keys = _without_padding(core, keys)
    if not set(map(type, keys)) <= {int, str}:
        _refuse_no_keys(keys, name)
    return rows_of(core, keys) if keys else np.empty(0, np.int64)


def _without_padding(core: _core.Index, keys: list[Any]) -> list[Any]:
    """Returns the keys of hits without those of places that had none: None, NaN in a column, or -1."""
    padding = {None} | ({-1} if core.key_type != "str" and row_of(core, -1) < 0 else set())
    if None not in keys and -1 not in keys and not any(isinstance(key, float) for key in keys):
        return keys
    return [key for key in keys if key not in padding and not (isinstance(key, float) and key != key)]


def _has_rows(given: object) -> bool:
    """Returns whether integers are row numbers: in arrays and tensors; columns of tables have keys."""
    return isinstance(given, np.ndarray) or (hasattr(given, "__dlpack__") and not hasattr(given, "__arrow_c_array__"))


def _refuse_rows_or_keys(core: _core.Index, name: str) -> None:
    if core.key_type == "int":
        raise InvalidInputError(
            f"{name} is an array of integers, which may be row numbers or keys, because this index has integer keys; "
            f"pass {name}=index.row_filter(rows=...) or {name}=index.row_filter(keys=...), or a list of keys"
        )


def _refuse_zeros_and_ones(core: _core.Index, array: NDArray[Any], name: str) -> None:
    if 2 < len(array) == len(core) and array.min() >= 0 and array.max() <= 1:
        raise InvalidInputError(
            f"{name} has one 0 or 1 for each row, of the dtype {array.dtype}; a mask has the dtype bool: pass "
            f"{name}.astype(bool)"
        )


def _refuse_no_keys(keys: list[Any], name: str) -> None:
    """Refuses what cannot be keys with a sentence about filters."""
    for key in keys:
        if isinstance(key, (bool, np.bool_)) or key is None or type(key).__name__ == "NAType":
            raise InvalidInputError(
                f"{name} has {a_type(key)} among keys; keys are strings or integers, and a mask is an array of the "
                "dtype bool: fill missing values, or leave them out"
            )
        if hasattr(key, "__len__") and not isinstance(key, str):
            raise InvalidInputError(
                f"{name} has {a_type(key)} among keys; to give each query a filter of its own, pass a list with one "
                "for each, or None"
            )
