"""Reads numbers out of any container as a NumPy array.

It accepts NumPy arrays of any strides and byte order, read-only or not; nested sequences of numbers; anything with
DLPack, `__array_interface__`, `__array__` or the buffer protocol (torch, JAX, memoryview); and the inputs that `pieces`
handles: pandas and polars frames and series, anything with the Arrow C interface, dicts, iterators. It makes no copy if
NumPy can view the memory directly.

It refuses with `InvalidInputError`: objects, complex numbers, dates, strings, ragged lists, masked arrays with masked
values.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.pieces import Pieces, comes_in_pieces, refuse_lazy
from nearabout.errors import InvalidInputError


def as_array(data: object, what: str) -> NDArray[Any]:
    """Returns numbers of any accepted container as a NumPy array in native byte order. `what` names it in errors.

    Raises:
        InvalidInputError: the data is not real numbers in a rectangular shape.
    """
    refuse_masked(data, what)
    array = np.asarray(to_numpy(data, what))  # of a masked array that masks nothing, its data
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


def refuse_masked(data: object, what: str) -> None:
    """Raises InvalidInputError for a masked array with masked values, and for a list that has one."""
    if "numpy.ma" not in sys.modules:  # without the import there are none
        return
    for part in (data, *data) if isinstance(data, (list, tuple)) else (data,):
        if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
            raise InvalidInputError(f"{what} is a masked array with masked values; fill or drop them first")


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
    if is_torch_bfloat16(tensor):
        tensor = tensor.float()
    return np.asarray(tensor.numpy())


def is_torch_bfloat16(data: object) -> bool:
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
