"""The one conversion of vectors and queries, used by everything that takes them.

What is accepted: NumPy arrays of any strides and byte order, read-only or not; nested sequences of numbers; anything
with DLPack, `__array_interface__`, `__array__` or the buffer protocol (torch, JAX, memoryview); and what `given` takes
apart: frames and series of pandas and polars, anything with the Arrow C interface, dicts, iterators. No copy is made
where the core can read the memory as it lies.

What is stored for each type of number, when `dtype=None`:

=====================  =========================================================================
float32                f32, as it is
float64, long double   f32, rounded to nearest (`dtype=` may ask for less, never for more)
float16                f16, as it is
bfloat16 (ml_dtypes)   bf16, as it is; torch's too
uint8, int8            u8, i8, as they are
other integers         f32, if it holds each of them; rounded to nearest with dtype="f32"
bool                   bits under hamming and jaccard, eight a byte; u8 (0 and 1) under the others
=====================  =========================================================================

Refused with `InvalidInputError`: objects, complex numbers, dates, strings, ragged lists, masked arrays with masked
values, values too large for the dtype, NaN and infinity (the core names the row).
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError
from nearabout.given import Pieces, comes_in_pieces, refuse_lazy
from nearabout.names import BIT_METRICS

MAX_DIMS = 65_535  # the core's integer kernels are exact up to here
_MOST_WHOLE = 1 << 24  # beyond it float32 leaves whole numbers out
_CHECKED_BYTES = 4 << 20  # of input looked at in one step, so that a check of a large array needs no large memory

_CORE_NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "uint8": "u8", "int8": "i8", "bfloat16": "bf16"}
_NUMPY_TYPES = {"f32": np.float32, "f16": np.float16, "u8": np.uint8, "i8": np.int8}


class Vectors(NamedTuple):
    """Vectors as the core takes them."""

    array: NDArray[Any]  # (n, dims), or (n, ceil(dims / 8)) for bits
    dims: int
    source_dtype: str  # what the array holds
    dtype: str  # what to store


def as_array(data: object, what: str) -> NDArray[Any]:
    """Whatever holds numbers, as a NumPy array in native byte order; `what` names it in errors.

    Raises:
        InvalidInputError: it does not hold real numbers in a rectangular shape.
    """
    array = to_numpy(data, what)
    if "numpy.ma" in sys.modules and isinstance(array, np.ma.MaskedArray):  # else nobody has made one
        if np.ma.is_masked(array):
            raise InvalidInputError(f"{what} is a masked array with masked values; fill or drop them first")
        array = array.data
    kind = array.dtype.kind
    if kind in "US":
        raise InvalidInputError(
            f"{what} holds text, not numbers; vectors come first, keys second: build(vectors, keys=words)"
            if what.endswith("data")
            else f"{what} holds text, not numbers; to search by a key use search_by_key(key)"
        )
    if array.dtype.name == "bfloat16":  # of ml_dtypes: NumPy itself has none
        return np.asarray(array)
    if kind not in "biuf":
        raise InvalidInputError(
            f"{what} has the dtype {array.dtype}; real numbers are needed: {_ADVICE.get(kind, _CAST)}"
        )
    if kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


_CAST = "convert it with .astype('float32')"
_ADVICE = {
    "c": "pass the real and imaginary parts as dimensions, np.hstack([x.real, x.imag])",
    "O": "a list of numbers a vector, all of one length, or an array (of a sparse matrix: .toarray())",
    "M": "dates have no distance here; convert them to numbers first",
    "m": "durations have no distance here; convert them to numbers first",
    "V": "pass the fields as one plain array",
}


def to_numpy(data: object, what: str) -> NDArray[Any]:
    """Whatever can be seen as an array, whatever it holds."""
    if isinstance(data, np.ndarray):
        return data
    if isinstance(data, (str, bytes)):
        return np.asarray(data)
    if comes_in_pieces(data):
        return Pieces(data, what, keyed=True, on_missing="error").whole()
    refuse_lazy(data, what)
    try:
        if _is_torch(data) or (isinstance(data, (list, tuple)) and data and _is_torch(data[0])):
            return _from_torch(data)
        if hasattr(data, "__dlpack__") and not hasattr(data, "__array_interface__"):
            try:
                return np.from_dlpack(data)
            except (BufferError, RuntimeError, TypeError, ValueError) as error:
                if not hasattr(data, "__array__"):
                    raise InvalidInputError(
                        f"{what} cannot be read through DLPack: {error}; move it to the CPU"
                    ) from error
        return np.asarray(data)
    except InvalidInputError:
        raise
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise InvalidInputError(_why_not_an_array(data, what, error)) from error


def _is_torch(data: object) -> bool:
    return type(data).__module__.partition(".")[0] == "torch" and hasattr(data, "detach")


def _from_torch(data: Any) -> NDArray[Any]:
    """Takes a tensor, or a list of some, from wherever it lies and out of its graph; bfloat16, which NumPy does not
    have, becomes the same numbers in float32."""
    if isinstance(data, (list, tuple)):
        return np.stack([_from_torch(tensor) if _is_torch(tensor) else np.asarray(tensor) for tensor in data])
    tensor = data.detach().cpu()
    if _is_torch_bfloat16(tensor):
        tensor = tensor.float()
    return np.asarray(tensor.numpy())


def _is_torch_bfloat16(data: object) -> bool:
    """Returns whether this is a tensor, or a list of tensors, of torch's bfloat16."""
    one = data[0] if isinstance(data, (list, tuple)) and data else data
    return _is_torch(one) and str(getattr(one, "dtype", "")) == "torch.bfloat16"


def _why_not_an_array(data: object, what: str, error: Exception) -> str:
    if isinstance(data, (list, tuple)):
        lengths = [len(row) if hasattr(row, "__len__") else None for row in data]
        for row, length in enumerate(lengths):
            if length != lengths[0]:
                first = "a number" if lengths[0] is None else f"{lengths[0]} values"
                other = "is a number" if length is None else f"has {length}"
                return f"{what} is ragged: row 0 has {first}, row {row} {other}; every vector needs the same dims"
    return f"{what} ({type(data).__name__}) cannot be read as an array: {error}"


def as_vectors(data: object, metric: str, dtype: str | None, first_row: int = 0) -> Vectors:
    """The vectors of an index to be, with the dtype to store them in. Errors count rows from `first_row`.

    Raises:
        InvalidInputError: wrong shape, a type that is not numbers, a dtype that the metric or the values do not allow.
    """
    array, dtype = as_array(data, "data"), stored_dtype(data, metric, dtype)
    if array.ndim != 2:
        raise InvalidInputError(_wrong_rank(array))
    if array.shape[1] == 0:
        raise InvalidInputError(f"data has the shape {array.shape}; a vector needs at least one dimension")
    wants_bits = metric in BIT_METRICS or dtype == "bits"
    vectors = _as_bits(array, metric, dtype) if wants_bits else _as_numbers(array, dtype, first_row)
    vectors = vectors._replace(array=_rows_in_one_piece(vectors.array))
    if vectors.dims > MAX_DIMS:
        raise InvalidInputError(f"the vectors have {vectors.dims:,} dims; at most {MAX_DIMS:,} are allowed")
    if metric == "haversine" and vectors.dims != 2:
        raise InvalidInputError(
            f"haversine takes vectors of 2 dims, latitude and longitude in degrees; these have {vectors.dims}"
        )
    return vectors


def stored_dtype(data: object, metric: str, dtype: str | None) -> str | None:
    """Returns the dtype to store, where that follows from what the data was before it became an array."""
    if dtype is None and metric not in BIT_METRICS and _is_torch_bfloat16(data):
        return "bf16"  # which holds the float32 that it became as it was
    return dtype


def _rows_in_one_piece(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself where each row is in one piece and the next one after it, as in a slice of rows; else a copy."""
    to_next_row, to_next_value = array.strides
    row_bytes = array.shape[1] * array.itemsize
    if to_next_value == array.itemsize and to_next_row >= row_bytes and to_next_row % array.itemsize == 0:
        return array
    return np.ascontiguousarray(array)


def _wrong_rank(array: NDArray[Any]) -> str:
    if array.ndim == 1 and array.size == 0:
        return "data is empty and does not tell the dims; for an empty index pass np.empty((0, dims), 'float32')"
    if array.ndim == 1:
        return f"data has the shape {array.shape}; (n, dims) is needed: for a single vector pass data[None, :]"
    if array.ndim == 0:
        return "data is a single number; an array of vectors, (n, dims), is needed"
    return f"data has the shape {array.shape}; (n, dims) is needed: reshape it with data.reshape(len(data), -1)"


def _as_bits(array: NDArray[Any], metric: str, dtype: str | None) -> Vectors:
    if metric not in BIT_METRICS:
        raise InvalidInputError(f"dtype 'bits' goes with the metrics hamming and jaccard, not with {metric!r}")
    if dtype not in (None, "bits"):
        raise InvalidInputError(f"the metric {metric!r} compares bits; dtype is {dtype!r}: leave it out or pass 'bits'")
    if array.dtype == np.bool_:
        return Vectors(np.packbits(array, axis=1, bitorder="little"), array.shape[1], "bits", "bits")
    if array.dtype == np.uint8 and dtype == "bits":
        return Vectors(array, array.shape[1] * 8, "bits", "bits")
    advice = "packed bytes need dtype='bits', 0 and 1 need" if array.dtype == np.uint8 else "convert it with"
    raise InvalidInputError(
        f"the metric {metric!r} compares bits; data has the dtype {array.dtype}: {advice} .astype(bool)"
    )


def _as_numbers(array: NDArray[Any], dtype: str | None, first_row: int) -> Vectors:
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    source = _CORE_NAMES.get(array.dtype.name)
    if source is None:  # the wider integers
        target = dtype or "f32"
        check_range(array, target, first_row)
        if dtype is None:
            _check_exact(array, first_row)
        array = array.astype(_NUMPY_TYPES.get(target, np.float64))
        source = _CORE_NAMES[array.dtype.name]
    else:
        target = dtype or ("f32" if source == "f64" else source)
        if target != source:
            check_range(array, target, first_row)
    if source == "bf16":
        array = array.view(np.uint16)
    return Vectors(array, array.shape[1], source, target)


def _limits(dtype: str) -> tuple[float, float]:
    if dtype in ("u8", "i8"):
        limits = np.iinfo(_NUMPY_TYPES[dtype])  # type: ignore[type-var]
        return float(limits.min), float(limits.max)
    if dtype == "f16":
        return -65504.0, 65504.0
    largest = float(np.finfo(np.float32).max) if dtype == "f32" else 3.3895313892515355e38  # bf16: 2^128 - 2^120
    return -largest, largest


def check_range(array: NDArray[Any], dtype: str, first_row: int = 0) -> None:
    """Refuse finite values outside `dtype`, and fractions where it holds whole numbers. NaN is left to the core."""
    if array.dtype.name in ("float16", "uint8", "int8") and dtype not in ("u8", "i8", "f16"):
        return
    low, high = _limits(dtype)
    step = max(1, _CHECKED_BYTES // max(1, array.shape[1] * array.dtype.itemsize))
    for first in range(0, len(array), step):
        part = array[first : first + step]
        if array.dtype.name == "bfloat16":
            part = part.astype(np.float32)
        finite = np.isfinite(part)
        bad = ((part < low) | (part > high)) & finite
        reason = f"is outside {low:g} to {high:g}"
        if not bad.any() and dtype in ("u8", "i8") and part.dtype.kind == "f":
            bad = (part != np.rint(part)) & finite
            reason = "is not a whole number"
        if bad.any():
            row, column = (int(place) for place in np.argwhere(bad)[0])
            raise InvalidInputError(
                f"row {first_row + first + row} has the value {part[row, column]:g} in dimension {column}, which "
                f"{reason}: it does not fit the dtype {dtype}; scale the vectors or choose another dtype"
            )


def _check_exact(array: NDArray[Any], first_row: int) -> None:
    """Refuses whole numbers that float32 does not hold, such as time stamps, where nobody asked for float32."""
    step = max(1, _CHECKED_BYTES // max(1, array.shape[1] * array.dtype.itemsize))
    for first in range(0, len(array), step):
        part = array[first : first + step]
        if part.min(initial=0) >= -_MOST_WHOLE and part.max(initial=0) <= _MOST_WHOLE:
            continue
        rounded = part.astype(np.float32)
        # Compared as whole numbers: float64 would round those beyond 2**53 as well. Rounding up may leave their type.
        beyond = rounded >= float(2 ** np.iinfo(part.dtype).bits >> (part.dtype.kind == "i"))
        wrong = beyond | (np.where(beyond, 0, rounded).astype(part.dtype) != part)
        if wrong.any():
            row, column = (int(place) for place in np.argwhere(wrong)[0])
            raise InvalidInputError(
                f"row {first_row + first + row} has the value {int(part[row, column])} in dimension {column}, which "
                f"float32 rounds to {int(rounded[row, column])}: it holds whole numbers up to {_MOST_WHOLE:,}. "
                "Subtract a starting point from such a column (of time stamps, say), scale it, or pass dtype='f32' to "
                "have it rounded"
            )


def as_queries(query: object, metric: str, dtype: str, dims: int) -> tuple[NDArray[Any], bool]:
    """One query or a batch as the core takes it, and whether it was one.

    C-contiguous float32 (n, dims); bytes where the index holds bytes and the query does too; packed bits for bits.

    Raises:
        InvalidInputError: wrong rank or dims, NaN, infinity, a zero vector under cosine.
    """
    if isinstance(query, (bool, int, float)):
        raise InvalidInputError(f"the query is a number, {query}; the query comes first: search(query, k=10)")
    array = as_array(query, "the query")
    if array.ndim not in (1, 2):
        raise InvalidInputError(f"the query has the shape {array.shape}; ({dims},) or (n, {dims}) is needed")
    single = array.ndim == 1
    rows = array[None, :] if single else array
    if dtype == "bits":
        return _bit_queries(rows, dims, metric), single
    if rows.shape[1] != dims:
        raise InvalidInputError(f"the query has {rows.shape[1]} dims; the index has {dims}{_transposed(rows, dims)}")
    if dtype in ("u8", "i8") and rows.dtype == _NUMPY_TYPES[dtype]:
        queries: NDArray[Any] = np.ascontiguousarray(rows)
    else:
        with np.errstate(over="ignore"):  # becomes infinity, and is refused as such below
            queries = np.ascontiguousarray(rows, dtype=np.float32)
        _check_finite(queries, rows)
    if metric == "cosine" and not (nonzero := queries.any(axis=1)).all():
        raise InvalidInputError(_zero_query(int(np.argmin(nonzero)), rows))
    if metric == "haversine" and (beyond := np.abs(queries[:, 0]) > 90).any():
        row = int(np.argmax(beyond))
        raise InvalidInputError(
            f"query {row} has the latitude {queries[row, 0]:g}; latitudes lie within -90 to 90 degrees and come before "
            "longitudes: perhaps the two are swapped"
        )
    return queries, single


def _zero_query(row: int, given: NDArray[Any]) -> str:
    """The sentence about a query that is zero as float32: because it is, or because its numbers are too small."""
    largest = float(np.abs(given[row]).max()) if given.shape[1] else 0.0
    if largest == 0:
        return f"query {row} is a zero vector, which has no direction: cosine cannot compare it"
    return (
        f"query {row} has only numbers that are zero as float32 (the largest is {largest:.3g}), so it has no direction "
        "and cosine cannot compare it: scale it, for example to length 1"
    )


def as_measured(queries: object, metric: str, dtype: str, dims: int) -> NDArray[np.float32]:
    """Queries to measure with, as the core takes them: float32, bits as zeros and ones; no rows for None.

    Raises:
        InvalidInputError: as `as_queries`; no query among them.
    """
    if queries is None:
        return np.empty((0, dims), np.float32)
    found, _ = as_queries(queries, metric, "bits" if dtype == "bits" else "f32", dims)
    if not len(found):
        raise InvalidInputError("queries is empty; pass some of the queries that will be asked, or leave them out")
    if dtype == "bits":
        found = np.unpackbits(found, axis=1, count=dims, bitorder="little")
    return np.ascontiguousarray(found, np.float32)


def _check_finite(queries: NDArray[np.float32], given: NDArray[Any]) -> None:
    finite = np.isfinite(queries)
    if finite.all():
        return
    row, column = (int(place) for place in np.argwhere(~finite)[0])
    bad_rows = int((~finite.all(axis=1)).sum())
    raise InvalidInputError(
        f"query {row} has the value {float(given[row, column])} in dimension {column}, not a finite float32"
        + (f" ({bad_rows} such queries in all)" if bad_rows > 1 else "")
        + "; leave it out or replace the value"
    )


def _transposed(rows: NDArray[Any], dims: int) -> str:
    return "; it looks transposed: pass query.T" if rows.shape[0] == dims else ""


def _bit_queries(rows: NDArray[Any], dims: int, metric: str) -> NDArray[np.uint8]:
    packed_dims = (dims + 7) // 8
    if rows.dtype == np.bool_ and rows.shape[1] == dims:
        return np.packbits(rows, axis=1, bitorder="little")
    if rows.dtype == np.uint8 and rows.shape[1] == packed_dims:
        if dims % 8 and (rows[:, -1] >> (dims % 8)).any():
            raise InvalidInputError(f"a packed query has bits set beyond its {dims} dims; the padding must be zero")
        return np.ascontiguousarray(rows)
    raise InvalidInputError(
        f"the query has the dtype {rows.dtype} and {rows.shape[1]} values; an index of {dims} bits ({metric}) takes "
        f"{dims} booleans, or {packed_dims} bytes packed with np.packbits(x, axis=-1, bitorder='little')"
    )


def stored_to_numpy(stored: NDArray[Any], dtype: str, dims: int) -> NDArray[Any]:
    """Vectors as they lie in the index, in a type that NumPy calculates with: bf16 as float32, bits as booleans."""
    if dtype == "bf16":
        widened: NDArray[np.float32] = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return widened
    if dtype == "bits":
        return np.unpackbits(stored, axis=-1, count=dims, bitorder="little").astype(np.bool_)
    return stored
