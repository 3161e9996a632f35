"""Refuses numbers that the stored type cannot represent: values outside its range, fractions, large whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError

NUMPY_TYPES = {"f32": np.float32, "f16": np.float16, "u8": np.uint8, "i8": np.int8}
_MOST_WHOLE = 1 << 24  # float32 represents every whole number up to this one
_CHECKED_BYTES = 4 << 20  # bytes of input checked per step, which bounds the memory of a check


def _limits(dtype: str) -> tuple[float, float]:
    if dtype in ("u8", "i8"):
        limits = np.iinfo(NUMPY_TYPES[dtype])  # type: ignore[type-var]
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


def check_exact(array: NDArray[Any], first_row: int) -> None:
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
