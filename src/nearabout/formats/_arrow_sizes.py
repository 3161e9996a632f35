"""Bounds the decoded size of an Arrow column, whose values may be stored once and referenced many times."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.formats._source import expands_too_far, most_expanded


def points(arrow: Any, kind: Any) -> bool:
    """Returns whether values of this type are stored once and referenced, by a dictionary or by runs."""
    return bool(arrow.types.is_dictionary(kind) or arrow.types.is_run_end_encoded(kind))


def is_view(arrow: Any, kind: Any) -> bool:
    """Returns whether values of this type are views of text or bytes, which may overlap."""
    return bool(arrow.types.is_string_view(kind) or arrow.types.is_binary_view(kind))


def may_grow(arrow: Any, kind: Any) -> bool:
    """Returns whether values of this type may be stored once and referenced many times."""
    return points(arrow, kind) or is_view(arrow, kind) or _is_list_view(arrow, kind)


def _is_list_view(arrow: Any, kind: Any) -> bool:
    return bool(arrow.types.is_list_view(kind) or arrow.types.is_large_list_view(kind))


class ColumnSize:
    """Adds up the decoded size and the stored size of a column, batch by batch."""

    def __init__(self, arrow: Any, path: str) -> None:
        self._arrow = arrow
        self._path = path
        self._becomes = 0
        self._taken = 0
        self._dictionary = 0  # the largest dictionary, which batches share

    def add(self, column: Any) -> None:
        """Counts a batch of the column.

        Raises:
            InvalidInputError: the decoded size is implausibly large for the stored size.
        """
        if self._arrow.types.is_dictionary(column.type):
            self._taken += column.indices.nbytes
            self._dictionary = max(self._dictionary, column.dictionary.nbytes)
        else:
            self._taken += column.nbytes
        self._becomes += _size(self._arrow, column)
        if self._becomes > most_expanded(self._taken + self._dictionary):
            raise expands_too_far(self._path, self._becomes)


def _size(arrow: Any, column: Any) -> int:
    if not arrow.types.is_run_end_encoded(column.type):
        return int(_lengths(arrow, column).sum())
    values, runs = _runs(column)
    return int((_lengths(arrow, values) * runs).sum())


def _runs(column: Any) -> tuple[Any, NDArray[np.int64]]:
    """Returns the values of runs, and the length of each run."""
    first, count = column.find_physical_offset(), column.find_physical_length()
    ends = column.run_ends.to_numpy().astype(np.int64)[first : first + count] - column.offset
    return column.values.slice(first, count), np.diff(np.minimum(ends, len(column)), prepend=0)


def _lengths(arrow: Any, column: Any) -> NDArray[np.int64]:
    """Returns the size in bytes of each text or list of numbers; 0 for nulls and for single numbers."""
    kind = column.type
    if arrow.types.is_run_end_encoded(kind):
        values, runs = _runs(column)
        return np.repeat(_lengths(arrow, values), runs)
    if arrow.types.is_dictionary(kind):
        # The last entry is for nulls.
        lengths = np.append(_lengths(arrow, column.dictionary), 0)
        places = column.indices.cast(arrow.int64()).fill_null(len(lengths) - 1)
        return np.asarray(lengths[places.to_numpy()], np.int64)
    if is_view(arrow, kind):
        views = np.frombuffer(column.buffers()[1] or b"", np.int32)[: 4 * (column.offset + len(column)) : 4]
        return np.where(column.is_null().to_numpy(zero_copy_only=False), 0, views[column.offset :]).astype(np.int64)
    if _is_list_view(arrow, kind):
        sizes = column.value_lengths().cast(arrow.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return np.asarray(sizes * max(1, kind.value_type.bit_width // 8), np.int64)
    if not _has_length(arrow, kind):
        return np.zeros(len(column), np.int64)
    sizes = importlib.import_module("pyarrow.compute").binary_length(column).fill_null(0)
    return np.asarray(sizes.to_numpy(zero_copy_only=False), np.int64)


def _has_length(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    known = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(one(kind) for one in known)
