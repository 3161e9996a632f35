"""Reads input piece by piece: frames, Arrow, dicts, iterators of rows. Arrays and lists are left to `inputs`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, MappingView
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.table_columns import Part
from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError

_PYTHON_NUMBERS = {np.dtype(np.int64), np.dtype(np.float64)}  # lists may mix: one of ints, the next one of floats
_PIECE = 4 << 20  # bytes of rows in a piece
_COLLECTING = ("toPandas", "to_pandas", "collect", "compute", "df")  # methods that compute the rows of a lazy frame


def comes_in_pieces(data: object) -> bool:
    """Returns whether `Pieces` must read this, because it is neither an array nor a sequence of rows."""
    if isinstance(data, (np.ndarray, list, tuple, str, bytes)):
        return False
    return _is_arrow(data) or _is_pandas(data) or isinstance(data, Mapping) or _is_iterable_only(data)


def _is_arrow(data: object) -> bool:
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def _is_pandas(data: object) -> bool:
    return hasattr(data, "iloc") and hasattr(data, "index")


def refuse_lazy(data: object, what: str) -> None:
    """Refuses a lazy frame, whose rows are not computed yet (polars, dask, Spark, DuckDB)."""
    kind = type(data)  # looks at the class, because a frame may have a column with such a name
    method = next((name for name in _COLLECTING if callable(getattr(kind, name, None))), None)
    if method is not None and hasattr(kind, "columns"):
        library = kind.__module__.partition(".")[0]
        raise InvalidInputError(
            f"{what} is a {kind.__name__} of {library}, whose rows are not computed yet; pass the result of its "
            f".{method}()"
        )


def _is_iterable_only(data: object) -> bool:
    """Returns whether this is an iterator, a view of a dict, or an iterable without length and array interface."""
    if not isinstance(data, Iterable) or hasattr(data, "__dlpack__") or hasattr(data, "__array_interface__"):
        return False
    return isinstance(data, (Iterator, MappingView)) or not (hasattr(data, "__len__") or hasattr(data, "__array__"))


class Pieces:
    """Iterates over the rows of the input, piece by piece. The attributes are complete after the last piece.

    Attributes:
        keys: keys of the rows yielded so far, one part for each piece that had keys.
        keys_from: origin of the keys, for errors.
        missing: int64 arrays, the input rows that were left out so far.
        rows: number of input rows so far, including the missing ones.
    """

    def __init__(self, data: Any, what: str, keyed: bool, on_missing: str) -> None:
        """Initializes the iteration.

        Args:
            data: the input.
            what: name of the input in errors.
            keyed: whether the caller passed keys separately.
            on_missing: "skip" leaves out rows with missing values (null); anything else refuses them.
        """
        self._parts = _parts_of(data, what, keyed)
        self._what = what
        self._skip = on_missing == "skip"
        self.keys: list[Any] = []
        self.keys_from = ""
        self.missing: list[NDArray[np.int64]] = []
        self.rows = 0

    def __iter__(self) -> Iterator[NDArray[Any]]:
        dims = 0
        for part in self._parts:
            absent = np.flatnonzero(part.missing) + self.rows
            if len(absent) and not self._skip:
                raise InvalidInputError(self._why_missing(part, absent))
            before, self.rows = self.rows, self.rows + len(part.missing)
            self.missing.append(absent)
            if part.keys is not None:
                self.keys.append(part.keys)
                self.keys_from = part.keys_from
            if part.vectors.ndim == 2 and len(part.vectors):
                if dims not in (0, part.vectors.shape[1]):
                    raise InvalidInputError(
                        f"{self._what} is ragged: row 0 has {dims} values, row {before} has {part.vectors.shape[1]}; "
                        "every vector needs the same dims"
                    )
                dims = part.vectors.shape[1]
            yield part.vectors

    def _why_missing(self, part: Part, absent: NDArray[np.int64]) -> str:
        if part.vectors.ndim == 1:
            return f"{self._what} has a missing value at {absent[0]}; fill it or leave it out"
        more = f" (at least {len(absent):,} such rows)" if len(absent) > 1 else ""
        advice = ', or pass invalid="skip"' if self._what == "data" else ""
        return f"row {absent[0]} of {self._what} has a missing value (null){more}; fill it, leave the row out{advice}"

    def all_missing(self) -> NDArray[np.int64]:
        return np.concatenate(self.missing) if self.missing else np.empty(0, np.int64)

    def all_keys(self) -> Any:
        """Returns the keys of all rows yielded so far; None if there are none."""
        if not self.keys:
            return None
        if len(self.keys) == 1:
            return self.keys[0]
        if all(isinstance(part, np.ndarray) for part in self.keys):
            return np.concatenate(self.keys)
        return [key for part in self.keys for key in part]

    def held(self) -> int:
        """Returns the bytes of memory that the keys take so far."""
        return sum(map(_bytes_of_keys, self.keys))

    def tables(self) -> Iterator[NDArray[Any]]:
        """Yields the pieces that have rows; if no piece has any, yields an empty one that has the dims."""
        empty: NDArray[Any] | None = None
        some = False
        for piece in self:
            if len(piece):
                some = True
                yield piece
            elif 0 not in piece.shape[1:]:
                empty = piece
        if some:
            return
        if empty is None:
            raise InvalidInputError(
                f"{self._what} has no rows, so its dims are unknown; for an empty index pass "
                "np.empty((0, dims), 'float32')"
            )
        yield empty

    def whole(self) -> NDArray[Any]:
        """Returns all rows as one array."""
        pieces = list(self.tables())
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _bytes_of_keys(keys: Any) -> int:
    if isinstance(keys, list):
        return sum(map(sys.getsizeof, keys)) + 8 * len(keys)
    return int(keys.nbytes if isinstance(keys, np.ndarray) else keys.blob.nbytes + keys.offsets.nbytes)


def _parts_of(data: Any, what: str, keyed: bool) -> Iterator[Part]:
    if _is_pandas(data):
        from nearabout._arrays.pandas_columns import is_pandas, part_of

        if is_pandas(data):
            return iter([part_of(data, what, keyed)])
    if _is_arrow(data):
        from nearabout._arrays.arrow_columns import parts_of

        return parts_of(data, what, keyed)
    refuse_lazy(data, what)
    if isinstance(data, Mapping):
        return _parts_of_rows(iter(data.items()), what, True)
    return _parts_of_rows(iter(data), what, False)


def _parts_of_rows(rows: Iterator[Any], what: str, named: bool) -> Iterator[Part]:
    """Gathers rows one by one. Each is a vector, a (key, vector) pair (always if `named`), or an array of several."""
    gathered = _Gathered(what)
    for row in rows:
        key, vector = row if named or _is_pair(row) else (None, row)
        if gathered.take(vector, key):
            yield gathered.part()
    yield gathered.part()


def _is_pair(row: Any) -> bool:
    return (
        isinstance(row, tuple) and len(row) == 2 and isinstance(row[0], (str, int, np.integer)) and _is_vector(row[1])
    )


def _is_vector(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


class _Gathered:
    """Collects rows for one array. The first row sets the type of all."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._dtype: np.dtype[Any] | None = None
        self._named: bool | None = None
        self._rows: list[NDArray[Any]] = []
        self._keys: list[Any] = []
        self._bytes = 0
        self._count = 0  # rows so far
        self._dims = 0

    def take(self, vector: Any, key: Any) -> bool:
        """Adds a row or an array of rows. Returns True if the piece is full."""
        plain = type(vector) is np.ndarray and vector.dtype == self._dtype and vector.shape == (self._dims,)
        rows = vector[None, :] if plain else self._array(vector)
        if self._named not in (None, key is not None):
            raise InvalidInputError(
                f"row {self._count} of {self._what} {'has no' if self._named else 'has a'} key, unlike row 0"
            )
        self._named = key is not None
        if self._named and len(rows) != 1:
            raise InvalidInputError(
                f"row {self._count} of {self._what} has {len(rows)} vectors with one key, {key!r:.60}"
            )
        if self._named:
            self._keys.append(key)
            self._bytes += sys.getsizeof(key)
        self._rows.append(rows)
        self._count += len(rows)
        self._bytes += rows.nbytes
        return self._bytes >= _PIECE

    def part(self) -> Part:
        """Returns the collected rows and starts a new piece."""
        vectors = np.concatenate(self._rows) if self._rows else np.empty((0, 0), np.float32)
        keys = self._keys if self._named else None
        self._rows, self._keys, self._bytes = [], [], 0
        return Part(vectors, keys, np.zeros(len(vectors), np.bool_))

    def _array(self, vector: Any) -> NDArray[Any]:
        from nearabout._arrays.conversion import as_array

        where = f"row {self._count} of {self._what}"
        array = as_array(vector, where)
        if array.ndim != 1 and comes_in_pieces(vector):  # it may have its own keys
            raise InvalidInputError(
                f"{where} is {a_type(vector)}; pass a vector or an array (n, dims) of vectors: concatenate such "
                "tables, or pass their numbers, .to_numpy()"
            )
        if array.ndim not in (1, 2) or 0 in array.shape[-1:]:
            raise InvalidInputError(
                f"{where} has the shape {array.shape}; pass a vector or an array (n, dims) of vectors"
            )
        array = array[None, :] if array.ndim == 1 else array
        if self._dims not in (0, array.shape[1]):
            raise InvalidInputError(
                f"{self._what} is ragged: row 0 has {self._dims} values, row {self._count} has {array.shape[1]}; every "
                "vector needs the same dims"
            )
        self._dims = array.shape[1]
        self._dtype = self._dtype or array.dtype
        plain = isinstance(vector, (list, tuple)) and {array.dtype, self._dtype} == _PYTHON_NUMBERS
        if array.dtype != self._dtype and not plain:
            if not np.can_cast(array.dtype, self._dtype, "safe"):
                raise InvalidInputError(
                    f"{where} has the dtype {array.dtype}, row 0 has {self._dtype}; all rows need the same dtype: "
                    "convert them, for example with np.asarray(row, 'float32')"
                )
            array = array.astype(self._dtype)
        return array
