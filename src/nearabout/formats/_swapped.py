"""Detects swapped suffixes of formats without a magic number: .fvecs for .fbin and the reverse, integers for floats.

Both formats begin with integers, so reading one as the other may succeed and give absurd numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import InvalidInputError

_MAX_DIMS = 1 << 24
_ROWS = 3  # rows to compare
_VECS = {".fbin": ".fvecs", ".f16bin": ".fvecs", ".u8bin": ".bvecs", ".i8bin": ".bvecs", ".ibin": ".ivecs"}
_BIGANN = {".fvecs": ".fbin", ".bvecs": ".u8bin", ".ivecs": ".ibin"}
_SIZES = {".fvecs": 4, ".bvecs": 1, ".ivecs": 4, ".fbin": 4, ".f16bin": 2, ".u8bin": 1, ".i8bin": 1, ".ibin": 4}


def refuse_swapped(head: bytes, size: int | None, suffix: str, path: str) -> None:
    """Refuses a file whose rows are laid out as in the other family of formats.

    Raises:
        InvalidInputError: the layout of the suffix does not fit, but the other one does.
    """
    if suffix in _VECS and not _is_bigann(head, size, suffix) and _is_vecs(head, size, _VECS[suffix]):
        other = _VECS[suffix]
    elif suffix in _BIGANN and not _is_vecs(head, size, suffix) and _is_bigann(head, size, _BIGANN[suffix], sure=True):
        other = _BIGANN[suffix]
    else:
        return
    raise InvalidInputError(
        f"{path}: is named {suffix}, but its rows are laid out as in {other}: rename it to end in {other}"
    )


def _number(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "little")


def _is_vecs(head: bytes, size: int | None, suffix: str) -> bool:
    """Returns whether each of the first rows begins with the same dims, and rows fill the file."""
    dims = _number(head, 0)
    record = 4 + dims * _SIZES[suffix]
    if not 1 <= dims <= _MAX_DIMS or (size is not None and size % record):
        return False
    places = range(0, min(_ROWS * record, len(head) - 3), record)
    return (size is not None or len(places) > 1) and all(_number(head, place) == dims for place in places)


def _is_bigann(head: bytes, size: int | None, suffix: str, sure: bool = False) -> bool:
    """Returns whether the header fits the size of the file. If the size is unknown, ``sure`` returns False."""
    rows, dims = _number(head, 0), _number(head, 4)
    if not 1 <= dims <= _MAX_DIMS or len(head) < 8:
        return False
    if size is None:
        return not sure and not _is_vecs(head, size, _VECS[suffix])
    return size == 8 + rows * dims * _SIZES[suffix]


def refuse_other_element(rows: NDArray[np.generic], suffix: str, path: str) -> None:
    """Refuses whole numbers in a file named for float32, and the reverse. Read as the wrong type, they are absurd.

    Raises:
        InvalidInputError: all numbers of the first rows are absurd in the type of the suffix.
    """
    some = rows[:100].reshape(-1)
    if rows.dtype.name not in ("float32", "int32") or not some.any():
        return
    bits = np.ascontiguousarray(some).view(np.uint32)
    bits = bits[bits != 0]
    if rows.dtype.name == "float32":
        wrong = bool(((bits & 0x7F800000) == 0).all())  # all denormal: small whole numbers
        other, kind = suffix.replace("f", "i", 1), "whole numbers"
    else:
        exponents = (bits >> 23) & 0xFF
        wrong = bool(len(bits) > 8 and ((exponents > 64) & (exponents < 160)).all())  # 1e-19 to 1e10
        other, kind = suffix.replace("i", "f", 1), "fractions"
    if wrong:
        raise InvalidInputError(f"{path}: is named {suffix}, but its numbers are {kind}: rename it to end in {other}")
