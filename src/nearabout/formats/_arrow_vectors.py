"""Reads vectors from Arrow columns: lists of numbers, one column per dimension, or text such as "[0.1, 0.2]"."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError
from nearabout.formats._arrays import as_vectors
from nearabout.formats._arrow_keys import is_text
from nearabout.formats._embeddings import Vectors
from nearabout.formats._vector_text import numbers_of
from nearabout.formats._warnings import warn_of_rounding

# Negative values replace the length of a row that cannot be read.
NO_VECTOR, NO_NUMBER, NO_KEY = -1, -2, -3
REASONS = {NO_VECTOR: "its vector is missing", NO_NUMBER: "a number is missing", NO_KEY: "its key is missing"}


def is_number(arrow: Any, kind: Any) -> bool:
    """Returns whether a type is numbers or booleans that NumPy supports."""
    types = arrow.types
    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind))


def storage(kind: Any) -> Any:
    """Returns the storage type of a tensor; any other type is returned unchanged."""
    is_tensor = getattr(kind, "extension_name", None) == "arrow.fixed_shape_tensor"
    if is_tensor and kind.permutation in (None, list(range(len(kind.shape)))):
        return kind.storage_type
    return kind


def is_list(arrow: Any, kind: Any) -> bool:
    """Returns whether a type is lists of numbers, in any layout."""
    types, kind = arrow.types, storage(kind)
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
    return any(one(kind) for one in lists) and is_number(arrow, kind.value_type)


class ListColumn:
    """A column of lists of numbers."""

    def __init__(self, arrow: Any, kind: Any, path: str, name: str) -> None:
        self._arrow = arrow
        self._kind = storage(kind)
        self._path = path
        self._name = name

    def lengths(self, batch: Any) -> NDArray[np.int64]:
        """Returns the number of elements of each row, or one of the negative values above."""
        chunk = self._chunk(batch)
        known = chunk.value_lengths().fill_null(NO_VECTOR).to_numpy(zero_copy_only=False)
        lengths: NDArray[np.int64] = known.astype(np.int64)
        values = chunk.flatten()
        if values.null_count:
            rows = np.repeat(np.arange(len(lengths)), np.maximum(lengths, 0))
            lengths[rows[values.is_null().to_numpy(zero_copy_only=False)]] = NO_NUMBER
        return lengths

    def piece(self, batch: Any, first_row: int) -> Vectors:
        """Returns the vectors of a batch, which is not empty."""
        chunk = self._chunk(batch)
        if chunk.null_count:
            raise InvalidInputError(f"{self._where()} has {chunk.null_count:,} empty entries: {_ADVICE}")
        lengths = self._lengths_alone(chunk)
        dims = int(lengths[0])
        wrong = np.flatnonzero(lengths != dims)
        if len(wrong):
            raise InvalidInputError(
                f"{self._path}: the lists in {self._name} differ in length ({dims} in row {first_row:,}, "
                f"{lengths[wrong[0]]} in row {first_row + wrong[0]:,}), but vectors must have one length; {_ADVICE}"
            )
        values = chunk.flatten()
        if values.null_count:
            raise InvalidInputError(f"{self._where()} has {values.null_count:,} missing numbers: {_ADVICE}")
        if dims == 0 or len(values) != len(chunk) * dims:
            raise InvalidInputError(
                f"{self._where()} holds {len(values):,} numbers in {len(chunk):,} lists, which should have {dims} "
                "each: write vectors of one length"
            )
        found = values.to_numpy(zero_copy_only=False).reshape(len(chunk), dims)
        return as_vectors(found, self._path, f"the column {self._name}")

    def nothing(self) -> Vectors:
        """Returns an empty array of vectors with the dimensions that the type declares."""
        dims = self._kind.list_size if self._arrow.types.is_fixed_size_list(self._kind) else 0
        if dims == 0:
            raise InvalidInputError(f"{self._where()} has no rows, so the number of dimensions is unknown")
        none = self._arrow.array([], self._kind.value_type).to_numpy(zero_copy_only=False)
        return as_vectors(none.reshape(0, dims), self._path, self._name)

    def _chunk(self, batch: Any) -> Any:
        column = batch.column(self._name)
        return column.storage if isinstance(column, self._arrow.ExtensionArray) else column

    def _lengths_alone(self, chunk: Any) -> NDArray[np.int64]:
        if self._arrow.types.is_fixed_size_list(chunk.type):
            return np.full(len(chunk), chunk.type.list_size, np.int64)
        return np.asarray(chunk.value_lengths().to_numpy(zero_copy_only=False), np.int64)

    def _where(self) -> str:
        return f"{self._path}: the column {self._name}"


_ADVICE = "fill or remove those rows, or leave them out with invalid='skip'"


class NumberColumns:
    """Vectors with one column per dimension."""

    def __init__(self, schema: Any, path: str, names: tuple[str, ...]) -> None:
        self._names = names
        self._path = path
        self._dtype = np.result_type(*(_numpy_type(schema.field(name).type) for name in names))

    def lengths(self, batch: Any) -> NDArray[np.int64]:
        lengths = np.full(len(batch), len(self._names), np.int64)
        for name in self._names:
            if batch.column(name).null_count:
                lengths[batch.column(name).is_null().to_numpy(zero_copy_only=False)] = NO_NUMBER
        return lengths

    def piece(self, batch: Any, first_row: int) -> Vectors:
        found = np.empty((len(batch), len(self._names)), self._dtype)
        for place, name in enumerate(self._names):
            column = batch.column(name)
            if column.null_count:
                raise InvalidInputError(
                    f"{self._path}: the column {name} has {column.null_count:,} missing numbers: {_ADVICE}"
                )
            values = column.to_numpy(zero_copy_only=False)
            if first_row == 0 and values.dtype.kind in "iu" and self._dtype.kind == "f":
                warn_of_rounding(self._path, f"the column {name}", int(values[0]))
            found[:, place] = values
        return as_vectors(found, self._path, "the columns")

    def nothing(self) -> Vectors:
        return as_vectors(np.empty((0, len(self._names)), self._dtype), self._path, "the columns")


def _numpy_type(kind: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(kind.to_pandas_dtype())
    return dtype


class TextColumn:
    """A column of text with a vector in brackets in each entry, read as float32."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name

    def lengths(self, batch: Any) -> NDArray[np.int64]:
        lengths = np.full(len(batch), NO_VECTOR, np.int64)
        for row, text in enumerate(batch.column(self._name).to_pylist()):
            if text is not None:
                try:
                    lengths[row] = len(numbers_of(text))
                except ValueError:
                    lengths[row] = NO_NUMBER
        return lengths

    def piece(self, batch: Any, first_row: int) -> Vectors:
        found = array("f")
        dims = 0
        for row, text in enumerate(batch.column(self._name).to_pylist(), first_row):
            where = f"{self._path}: row {row:,} of the column {self._name}"
            if text is None:
                raise InvalidInputError(f"{where} is empty: {_ADVICE}")
            try:
                numbers = numbers_of(text)
            except ValueError as error:
                raise InvalidInputError(f"{where}: a value is not a number ({error}): {_ADVICE}") from None
            dims = dims or len(numbers)
            if len(numbers) != dims:
                raise InvalidInputError(f"{where} has {len(numbers)} numbers; {dims} are expected: {_ADVICE}")
            found.extend(numbers)
        return np.frombuffer(found, np.float32).reshape(len(batch), dims)

    def nothing(self) -> Vectors:
        raise InvalidInputError(
            f"{self._path}: the column {self._name} has no rows, so the number of dimensions is unknown"
        )


Reader = ListColumn | NumberColumns | TextColumn


def reader_of(arrow: Any, schema: Any, path: str, names: tuple[str, ...]) -> Reader:
    """Returns the reader of the columns of vectors, which ``_arrow_columns`` has chosen."""
    kind = schema.field(names[0]).type
    if is_list(arrow, kind):
        return ListColumn(arrow, kind, path, names[0])
    if is_text(arrow, kind):
        return TextColumn(path, names[0])
    return NumberColumns(schema, path, names)
