"""Arrays from files: which of several is meant, and what makes one a set of vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats._embeddings import Vectors

# What people call them, the likeliest first.
VECTOR_NAMES = ("train", "vectors", "vector", "embeddings", "embedding", "base", "data", "x", "X", "arr_0", "values")
# Not "label": that is a class, which many rows share.
KEY_NAMES = ("keys", "key", "words", "word", "tokens", "token", "ids", "id", "names", "name", "texts", "text")


def as_vectors(array: NDArray[Any], path: str, what: str) -> Vectors:
    """(n, dims) in native byte order; more dimensions, as images have, become one."""
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise CorruptFile(f"{path}: {what} holds {array.dtype}: vectors are floating point numbers or integers")
    if array.ndim < 2:
        raise CorruptFile(f"{path}: {what} has the shape {array.shape}: vectors need two dimensions, rows and columns")
    if array.ndim > 2:
        array = array.reshape(array.shape[0], math.prod(array.shape[1:]))
    if array.shape[1] == 0:
        raise CorruptFile(f"{path}: {what} has the shape {array.shape}: vectors of no dimensions")
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def shaped(flat: NDArray[Any], shape: tuple[int, ...], order: Literal["C", "F"], path: str) -> NDArray[Any]:
    """A header's shape may be one that NumPy cannot have, even of no elements."""
    try:
        return flat.reshape(shape, order=order)
    except (ValueError, OverflowError) as error:
        raise CorruptFile(f"{path}: its header announces the shape {shape}, which is not possible ({error})") from None


def choose_vectors(shapes: Mapping[str, tuple[int, ...]], wanted: str | None, path: str) -> str:
    """The array that was asked for, or the one that is meant without a doubt. ``shapes`` has those of numbers only."""
    if wanted is not None:
        if wanted in shapes:
            return wanted
        raise InvalidInput(
            f"{path}: has no array of numbers named {wanted!r}; it has {_listed(shapes)}: name one with dataset="
        )
    matrices = [name for name, shape in shapes.items() if len(shape) >= 2]
    for name in VECTOR_NAMES:
        if name in matrices:
            return name
    if len(matrices) == 1:
        return matrices[0]
    if not matrices:
        raise CorruptFile(f"{path}: has no array of two dimensions; it has {_listed(shapes)}")
    raise InvalidInput(f"{path}: has several arrays: {_listed(shapes)}. Name one with dataset=")


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    shown = ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:12])
    return shown or "none"


def choose_keys(lengths: Mapping[str, int], vectors_name: str, rows: int) -> str | None:
    """The array of keys that goes with the vectors: named as keys are, perhaps after the vectors, and as long."""
    for name in (*KEY_NAMES, *(f"{vectors_name}_{key}" for key in KEY_NAMES)):
        if lengths.get(name) == rows:
            return name
    return None
