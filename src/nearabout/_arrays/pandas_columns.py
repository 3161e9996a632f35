"""Reads vectors and keys of pandas frames and series without importing pandas, which the caller has imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.table_columns import Column, Part, choose, stacked
from nearabout.errors import InvalidInputError, quoted


def is_pandas(data: object) -> bool:
    """Returns whether this is a pandas frame or series, or an object of a subclass."""
    return hasattr(data, "iloc") and any(base.__module__.split(".")[0] == "pandas" for base in type(data).__mro__)


def part_of(data: Any, what: str, keyed: bool) -> Part:
    """Returns the rows of a frame or a series.

    Args:
        data: the frame or series.
        what: its name in errors.
        keyed: whether the caller passed keys separately, so that its own keys are not used.

    Raises:
        InvalidInputError: the columns are ambiguous, or a column or the index cannot be used.
    """
    if data.ndim == 1:
        return _of_series(data, what, keyed)
    names = [str(name) for name in data.columns]
    columns = [data.iloc[:, place] for place in range(len(names))]
    kinds = [_column(name, column) for name, column in zip(names, columns, strict=True)]
    chosen = choose(kinds, what, keyed)
    holders = [columns[place] for place in chosen.vectors]
    one_type = len({column.dtype for column in holders}) == 1 and isinstance(holders[0].dtype, np.dtype)
    absent = np.zeros(len(data), np.bool_)
    words = None
    if chosen.key is not None:
        absent |= columns[chosen.key].isna().to_numpy(bool)
        words = columns[chosen.key]
    if kinds[chosen.vectors[0]].holds == "vectors":
        vectors, absent = _lists(holders[0], absent, what)
    elif one_type and len(holders) == len(columns) and holders[0].dtype.kind != "O":
        vectors = data.to_numpy()  # no copy if pandas stores it in one block
    else:
        vectors, absent = _table(holders, absent)
    if keyed:
        return Part(vectors, None, absent)
    labels = _labels(data.index, what, words is not None)
    if words is not None:
        return Part(vectors, _plain(words[~absent]), absent, f"the column {str(words.name)!r} of {what}")
    if labels is not None and absent.any():
        labels = labels[~absent]
    return Part(vectors, labels, absent, f"the index of {what}")


def _of_series(data: Any, what: str, keyed: bool) -> Part:
    kind = _column(str(data.name), data)
    absent = np.zeros(len(data), np.bool_)
    if kind.holds in ("numbers", "integers"):  # one vector; its labels name the dimensions
        vectors, absent = _table([data], absent)
        return Part(vectors[:, 0], None, absent)
    if kind.holds == "text":
        raise InvalidInputError(
            f"{what} is text, not numbers; vectors come first, keys second: build(vectors, keys=words)"
        )
    if kind.holds == "other" and len(data):
        raise InvalidInputError(f"{what} has the type {kind.type}; pass numbers, or lists of numbers of one length")
    vectors, absent = _lists(data, absent, what)
    labels = None if keyed else _labels(data.index, what, False)
    return Part(vectors, labels if labels is None else labels[~absent], absent)


def _column(name: str, column: Any) -> Column:
    return Column(name, _holds(column), _type(column))


def _type(column: Any) -> str:
    kind = str(column.dtype)
    if kind != "object":
        return kind
    present = column[column.notna()]
    return f"object: {type(present.iloc[0]).__name__}" if len(present) else "object: nothing"


def _holds(column: Any) -> Literal["numbers", "integers", "vectors", "text", "other"]:
    kind = column.dtype
    if hasattr(kind, "categories"):
        return "text" if _all_text(kind.categories) else "other"
    if kind.kind in "iu":
        return "integers"
    if kind.kind in "bf":
        return "numbers"
    if kind.kind not in "OSU" and str(kind.type.__name__) not in ("list", "str"):
        return "other"
    present = column[column.notna()]
    if len(present) and all(isinstance(value, (list, tuple, np.ndarray)) for value in present):
        return "vectors"
    if len(present) and all(type(value) is int or isinstance(value, np.integer) for value in present):
        return "integers"
    return "text" if _all_text(present) else "other"


def _all_text(values: Any) -> bool:
    return len(values) > 0 and all(isinstance(value, str) for value in values)


# --- Vectors ---


def _table(columns: Sequence[Any], absent: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Reads one dimension from each column. The core handles NaN; this handles missing values of pandas."""
    read = []
    for column in columns:
        kind = column.dtype
        if isinstance(kind, np.dtype) and kind.kind != "O":
            read.append(column.to_numpy())
            continue
        absent = absent | column.isna().to_numpy(bool)
        if hasattr(kind, "numpy_dtype"):
            read.append(column.to_numpy(dtype=kind.numpy_dtype, na_value=0))
        elif hasattr(kind, "subtype"):  # sparse
            read.append(column.to_numpy(kind.subtype))
        else:  # whole numbers as objects
            read.append(column.mask(column.isna(), 0).to_numpy(np.int64))
    vectors = stacked(read)
    return (vectors[~absent] if absent.any() else vectors), absent


def _lists(column: Any, absent: NDArray[np.bool_], what: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Reads one vector from each entry. A vector that contains None counts as missing."""
    from nearabout._arrays.conversion import to_numpy

    rows = column.tolist()
    absent = absent | column.isna().to_numpy(bool) | np.fromiter(map(_has_hole, rows), np.bool_, len(rows))
    kept = [row for row, gone in zip(rows, absent, strict=True) if not gone]
    for position, row in enumerate(kept):
        if len(row) != len(kept[0]):
            rows_kept = np.flatnonzero(~absent)
            raise InvalidInputError(
                f"{what} is ragged: row {rows_kept[0]} has {len(kept[0])} values, row {rows_kept[position]} has "
                f"{len(row)}; every vector needs the same dims"
            )
    return to_numpy(kept, what), absent


def _has_hole(row: Any) -> bool:
    return isinstance(row, (list, tuple)) and any(value is None for value in row)


# --- Keys ---


def _labels(index: Any, what: str, has_keys: bool) -> NDArray[Any] | None:
    """Returns the labels of the index as keys; None if they are row numbers, or numbers next to a column of keys."""
    if type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1):
        return None
    counts = getattr(index, "nlevels", 1) == 1 and index.dtype.kind in "iu"
    if has_keys and counts:
        return None
    if has_keys:
        raise InvalidInputError(
            f"{what} has both a column of keys and an index with labels: drop one of them, "
            f"{what}.reset_index(drop=True), or pass keys="
        )
    text = getattr(index, "nlevels", 1) == 1 and not hasattr(index, "tz") and _all_text(index.dropna())
    if not (counts or text or len(index) == 0) or index.hasnans:
        kind = "several levels" if getattr(index, "nlevels", 1) > 1 else index.dtype
        raise InvalidInputError(
            f"the index of {what} ({kind}) cannot be the keys, which are strings or whole numbers: pass keys=, such as "
            f"keys={what}.index.astype(str), or {what}.reset_index(drop=True) for row numbers"
        )
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise InvalidInputError(
            f"the index of {what} has the label {quoted(twice)} more than once, but keys must be unique: pass keys=, "
            f"or {what}.reset_index(drop=True) for row numbers, and look up labels[hits.rows]"
        )
    return _plain(index)


def _plain(values: Any) -> NDArray[Any]:
    """Returns integers, or strings as objects."""
    if values.dtype.kind in "iu":
        return np.asarray(values.to_numpy())
    return np.asarray(values.to_numpy(dtype=object))
