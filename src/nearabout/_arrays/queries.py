"""Converts queries for the core. Every search and every calibration uses this module."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.conversion import as_array
from nearabout._arrays.number_ranges import NUMPY_TYPES
from nearabout.errors import InvalidInputError


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
    if dtype in ("u8", "i8") and rows.dtype == NUMPY_TYPES[dtype]:
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
