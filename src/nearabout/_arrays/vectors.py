"""Converts the vectors of a new index for the core, and stored vectors back.

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

`conversion` lists the accepted containers. Here values too large for the dtype are refused; the core refuses NaN and
infinity, and names the row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.conversion import as_array, is_torch_bfloat16
from nearabout._arrays.number_ranges import NUMPY_TYPES, check_exact, check_range
from nearabout._base.vocabulary import BIT_METRICS
from nearabout.errors import InvalidInputError

MAX_DIMS = 65_535  # limit up to which the core's integer kernels are exact

_CORE_NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "uint8": "u8", "int8": "i8", "bfloat16": "bf16"}


class Vectors(NamedTuple):
    """Vectors converted for the core."""

    array: NDArray[Any]  # (n, dims), or (n, ceil(dims / 8)) for bits
    dims: int
    source_dtype: str  # type of the array
    dtype: str  # type to store


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
    if dtype is None and metric not in BIT_METRICS and is_torch_bfloat16(data):
        return "bf16"  # `conversion` made float32 of it; bf16 loses nothing
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
            check_exact(array, first_row)
        array = array.astype(NUMPY_TYPES.get(target, np.float64))
        source = _CORE_NAMES[array.dtype.name]
    else:
        target = dtype or ("f32" if source == "f64" else source)
        if target != source:
            check_range(array, target, first_row)
    if source == "bf16":
        array = array.view(np.uint16)
    return Vectors(array, array.shape[1], source, target)


def stored_to_numpy(stored: NDArray[Any], dtype: str, dims: int) -> NDArray[Any]:
    """Returns stored vectors in a type that NumPy supports: bf16 as float32, bits as booleans."""
    if dtype == "bf16":
        widened: NDArray[np.float32] = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return widened
    if dtype == "bits":
        return np.unpackbits(stored, axis=-1, count=dims, bitorder="little").astype(np.bool_)
    return stored
