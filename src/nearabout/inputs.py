"""Converts vectors and queries for the core. Everything that takes vectors uses this module.

It accepts NumPy arrays of any strides and byte order, read-only or not; nested sequences of numbers; anything with
DLPack, `__array_interface__`, `__array__` or the buffer protocol (torch, JAX, memoryview); and the inputs that `given`
handles: pandas and polars frames and series, anything with the Arrow C interface, dicts, iterators. It makes no copy if
the core can read the memory directly.

With `dtype=None`, the stored type follows from the type of the input:

=====================  =========================================================================
float32                f32, unchanged
float64, long double   f32, rounded to nearest (`dtype=` allows smaller types, never larger ones)
float16                f16, unchanged
bfloat16 (ml_dtypes)   bf16, unchanged; also from torch
uint8, int8            u8, i8, unchanged
other integers         f32 if all values are exact in it; rounded to nearest with dtype="f32"
bool                   bits under hamming and jaccard, eight per byte; u8 (0 and 1) under others
=====================  =========================================================================

It refuses with `InvalidInputError`: objects, complex numbers, dates, strings, ragged lists, masked arrays with masked
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

MAX_DIMS = 65_535  # limit up to which the core's integer kernels are exact
_MOST_WHOLE = 1 << 24  # float32 represents every whole number up to this one
_CHECKED_BYTES = 4 << 20  # bytes of input checked per step, which bounds the memory of a check

_CORE_NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "uint8": "u8", "int8": "i8", "bfloat16": "bf16"}
_NUMPY_TYPES = {"f32": np.float32, "f16": np.float16, "u8": np.uint8, "i8": np.int8}


class Vectors(NamedTuple):
    """Vectors converted for the core."""

    array: NDArray[Any]  # (n, dims), or (n, ceil(dims / 8)) for bits
    dims: int
    source_dtype: str  # type of the array
    dtype: str  # type to store


def as_array(data: object, what: str) -> NDArray[Any]:
    """Returns numbers of any accepted container as a NumPy array in native byte order. `what` names it in errors.

    Raises:
        InvalidInputError: the data is not real numbers in a rectangular shape.
    """
    array = to_numpy(data, what)
    if "numpy.ma" in sys.modules and isinstance(array, np.ma.MaskedArray):  # without the import there are none
        if np.ma.is_masked(array):
            raise InvalidInputError(f"{what} is a masked array with masked values; fill or drop them first")
        array = array.data
    kind = array.dtype.kind
    if kind in "US":
        raise InvalidInputError(
            f"{what} is text, not numbers; vectors come first, keys second: build(vectors, keys=words)"
            if what.endswith("data")
            else f"{what} is text, not numbers; to search by key, call search_by_key(key)"
        )
    if array.dtype.name == "bfloat16":  # from ml_dtypes; NumPy itself has none
        return np.asarray(array)
    if kind not in "biuf":
        raise InvalidInputError(
            f"{what} has the dtype {array.dtype}, but must be real numbers: {_ADVICE.get(kind, _CAST)}"
        )
    if kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


_CAST = "convert it with .astype('float32')"
_ADVICE = {
    "c": "pass the real and imaginary parts as dimensions, np.hstack([x.real, x.imag])",
    "O": "pass one list of numbers per vector, all of the same length, or an array (for a sparse matrix .toarray())",
    "M": "dates have no distance; convert them to numbers first",
    "m": "durations have no distance; convert them to numbers first",
    "V": "pass the fields as one plain array",
}


def to_numpy(data: object, what: str) -> NDArray[Any]:
    """Returns data of any container as a NumPy array, whatever its dtype."""
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
    """Returns a tensor, or a list of tensors, from any device, detached from its graph. bfloat16, which NumPy does not
    have, becomes float32 without loss.
    """
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
    """Returns the vectors of a new index, with the dtype to store them in. Errors count rows from `first_row`.

    Raises:
        InvalidInputError: the shape is wrong, the type is not a number, or the metric or the values do not allow the
            dtype.
    """
    array, dtype = as_array(data, "data"), stored_dtype(data, metric, dtype)
    if array.ndim != 2:
        raise InvalidInputError(_wrong_rank(array))
    if array.shape[1] == 0:
        raise InvalidInputError(f"data has the shape {array.shape}, but a vector needs at least one dimension")
    wants_bits = metric in BIT_METRICS or dtype == "bits"
    vectors = _as_bits(array, metric, dtype) if wants_bits else _as_numbers(array, dtype, first_row)
    vectors = vectors._replace(array=_rows_in_one_piece(vectors.array))
    if vectors.dims > MAX_DIMS:
        raise InvalidInputError(f"the vectors have {vectors.dims:,} dims; at most {MAX_DIMS:,} are allowed")
    if metric == "haversine" and vectors.dims != 2:
        raise InvalidInputError(
            f"haversine takes vectors of 2 dims, latitude and longitude in degrees; these have {vectors.dims} dims"
        )
    return vectors


def stored_dtype(data: object, metric: str, dtype: str | None) -> str | None:
    """Returns the dtype to store if it follows from the type of the data before its conversion, else `dtype`."""
    if dtype is None and metric not in BIT_METRICS and _is_torch_bfloat16(data):
        return "bf16"  # `_from_torch` made float32 of it; bf16 loses nothing
    return dtype


def _rows_in_one_piece(array: NDArray[Any]) -> NDArray[Any]:
    """Returns the array itself if each row is contiguous and rows ascend in memory, as in a slice, or else a copy."""
    to_next_row, to_next_value = array.strides
    row_bytes = array.shape[1] * array.itemsize
    if to_next_value == array.itemsize and to_next_row >= row_bytes and to_next_row % array.itemsize == 0:
        return array
    return np.ascontiguousarray(array)


def _wrong_rank(array: NDArray[Any]) -> str:
    if array.ndim == 1 and array.size == 0:
        return "data is empty, so its dims are unknown; for an empty index pass np.empty((0, dims), 'float32')"
    if array.ndim == 1:
        return f"data has the shape {array.shape}; pass the shape (n, dims), for a single vector data[None, :]"
    if array.ndim == 0:
        return "data is a single number; pass an array of vectors, (n, dims)"
    return f"data has the shape {array.shape}; pass the shape (n, dims): data.reshape(len(data), -1)"


def _as_bits(array: NDArray[Any], metric: str, dtype: str | None) -> Vectors:
    if metric not in BIT_METRICS:
        raise InvalidInputError(f"dtype 'bits' requires the metric hamming or jaccard; metric is {metric!r}")
    if dtype not in (None, "bits"):
        raise InvalidInputError(f"dtype is {dtype!r}, but the metric {metric!r} compares bits; pass 'bits' or no dtype")
    if array.dtype == np.bool_:
        return Vectors(np.packbits(array, axis=1, bitorder="little"), array.shape[1], "bits", "bits")
    if array.dtype == np.uint8 and dtype == "bits":
        return Vectors(array, array.shape[1] * 8, "bits", "bits")
    advice = "for packed bytes pass dtype='bits', for 0 and 1" if array.dtype == np.uint8 else "convert it with"
    raise InvalidInputError(
        f"data has the dtype {array.dtype}, but the metric {metric!r} compares bits: {advice} .astype(bool)"
    )


def _as_numbers(array: NDArray[Any], dtype: str | None, first_row: int) -> Vectors:
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    source = _CORE_NAMES.get(array.dtype.name)
    if source is None:  # wider integers
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
    """Refuses finite values outside the range of `dtype`, and fractions in an integer dtype. The core refuses NaN."""
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
            row, column = (int(position) for position in np.argwhere(bad)[0])
            raise InvalidInputError(
                f"row {first_row + first + row} has the value {part[row, column]:g} in dimension {column}, which "
                f"{reason}, so it does not fit the dtype {dtype}; scale the vectors or choose another dtype"
            )


def _check_exact(array: NDArray[Any], first_row: int) -> None:
    """Refuses whole numbers that float32 cannot represent, such as time stamps, unless float32 was requested."""
    step = max(1, _CHECKED_BYTES // max(1, array.shape[1] * array.dtype.itemsize))
    for first in range(0, len(array), step):
        part = array[first : first + step]
        if part.min(initial=0) >= -_MOST_WHOLE and part.max(initial=0) <= _MOST_WHOLE:
            continue
        rounded = part.astype(np.float32)
        # Compares integers, because float64 would round those above 2**53 as well. Rounding up may exceed their type.
        beyond = rounded >= float(2 ** np.iinfo(part.dtype).bits >> (part.dtype.kind == "i"))
        wrong = beyond | (np.where(beyond, 0, rounded).astype(part.dtype) != part)
        if wrong.any():
            row, column = (int(position) for position in np.argwhere(wrong)[0])
            raise InvalidInputError(
                f"row {first_row + first + row} has the value {int(part[row, column])} in dimension {column}, which "
                f"float32 rounds to {int(rounded[row, column])}: whole numbers are exact only up to {_MOST_WHOLE:,}. "
                "Subtract a starting point from such a column (for example time stamps), scale it, or pass dtype='f32' "
                "to round it"
            )


def as_queries(query: object, metric: str, dtype: str, dims: int) -> tuple[NDArray[Any], bool]:
    """Returns one query or a batch for the core, and whether it was a single query.

    The array is C-contiguous float32, (n, dims). It is bytes if both the index and the query are bytes, and packed bits
    for an index of bits.

    Raises:
        InvalidInputError: the number of axes or dims is wrong, or the query contains NaN or infinity, or is zero under
            cosine.
    """
    if isinstance(query, (bool, int, float)):
        raise InvalidInputError(f"the query is a number, {query}; the query comes first: search(query, k=10)")
    array = as_array(query, "the query")
    if array.ndim not in (1, 2):
        raise InvalidInputError(f"the query has the shape {array.shape}; pass ({dims},) or (n, {dims})")
    single = array.ndim == 1
    rows = array[None, :] if single else array
    if dtype == "bits":
        return _bit_queries(rows, dims, metric), single
    if rows.shape[1] != dims:
        raise InvalidInputError(f"the query has {rows.shape[1]} dims; the index has {dims}{_transposed(rows, dims)}")
    if dtype in ("u8", "i8") and rows.dtype == _NUMPY_TYPES[dtype]:
        queries: NDArray[Any] = np.ascontiguousarray(rows)
    else:
        with np.errstate(over="ignore"):  # overflow becomes infinity, which `_check_finite` refuses
            queries = np.ascontiguousarray(rows, dtype=np.float32)
        _check_finite(queries, rows)
    if metric == "cosine" and not (nonzero := queries.any(axis=1)).all():
        raise InvalidInputError(_zero_query(int(np.argmin(nonzero)), rows))
    if metric == "haversine" and (beyond := np.abs(queries[:, 0]) > 90).any():
        row = int(np.argmax(beyond))
        raise InvalidInputError(
            f"query {row} has the latitude {queries[row, 0]:g}; pass (latitude, longitude) with latitudes from -90 to "
            "90 degrees: perhaps the two are swapped"
        )
    return queries, single


def _zero_query(row: int, given: NDArray[Any]) -> str:
    """Returns the error sentence for a query that is zero in float32, either exactly or by underflow."""
    largest = float(np.abs(given[row]).max()) if given.shape[1] else 0.0
    if largest == 0:
        return f"query {row} is a zero vector, which has no direction, so cosine cannot compare it"
    return (
        f"query {row} is zero in float32 (its largest number is {largest:.3g}), so it has no direction and cosine "
        "cannot compare it; scale it, for example to length 1"
    )


def as_measured(queries: object, metric: str, dtype: str, dims: int) -> NDArray[np.float32]:
    """Returns calibration queries for the core: float32, with bits as zeros and ones; no rows for None.

    Raises:
        InvalidInputError: as in `as_queries`; or there are no queries.
    """
    if queries is None:
        return np.empty((0, dims), np.float32)
    found, _ = as_queries(queries, metric, "bits" if dtype == "bits" else "f32", dims)
    if not len(found):
        raise InvalidInputError("queries is empty; pass sample queries, or leave it out")
    if dtype == "bits":
        found = np.unpackbits(found, axis=1, count=dims, bitorder="little")
    return np.ascontiguousarray(found, np.float32)


def _check_finite(queries: NDArray[np.float32], given: NDArray[Any]) -> None:
    finite = np.isfinite(queries)
    if finite.all():
        return
    row, column = (int(position) for position in np.argwhere(~finite)[0])
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
    """Returns stored vectors in a type that NumPy supports: bf16 as float32, bits as booleans."""
    if dtype == "bf16":
        widened: NDArray[np.float32] = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return widened
    if dtype == "bits":
        return np.unpackbits(stored, axis=-1, count=dims, bitorder="little").astype(np.bool_)
    return stored
