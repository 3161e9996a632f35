"""The types of what users pass, under the names that signatures use: in the style of NumPy's `ArrayLike`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from nearabout.formats import Embeddings
    from nearabout.row_filter import RowFilter


class SupportsArray(Protocol):
    """A pandas series, a torch tensor or any other object that NumPy can convert."""

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]: ...


class SupportsDLPack(Protocol):
    """A tensor of any library."""

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...


class SupportsArrowStream(Protocol):
    """A table or a chunked column of pyarrow, pandas, polars, DuckDB and others."""

    def __arrow_c_stream__(self, *args: Any, **kwargs: Any) -> object: ...


class SupportsArrowArray(Protocol):
    """A record batch or a column of the same libraries."""

    def __arrow_c_array__(self, *args: Any, **kwargs: Any) -> object: ...


Key: TypeAlias = str | int | np.integer[Any]

KeysLike: TypeAlias = Iterable[Key] | SupportsArray | SupportsDLPack
"""Keys, in order: a list of strings or of integers, an array, a series."""

RowsLike: TypeAlias = int | np.integer[Any] | Sequence[int] | Sequence[Sequence[int]] | NDArray[np.integer[Any]]
"""Row numbers, in any shape."""

ArrayOrTensor: TypeAlias = ArrayLike | Sequence[Sequence[float]] | SupportsArray | SupportsDLPack
"""An array, (nested) lists of numbers, or a tensor."""

VectorsLike: TypeAlias = (
    ArrayOrTensor
    | SupportsArrowStream
    | SupportsArrowArray
    | Mapping[Any, ArrayOrTensor]
    | Iterable[ArrayOrTensor | tuple[Key, ArrayOrTensor]]
)
"""Vectors: an array or nested lists, a tensor, a frame or an Arrow table, a dict of keys to vectors, an iterator of
vectors or of (key, vector) pairs.
"""

DataLike: TypeAlias = "VectorsLike | Embeddings | str | os.PathLike[str]"
"""What `build` takes: vectors, the path of a file, or what `read` returned."""

Term: TypeAlias = Key | ArrayOrTensor | tuple[Key | ArrayOrTensor, float]
"""A term of a sum: a key or a vector, or a pair of one and its weight."""

TermsLike: TypeAlias = Term | Iterable[Term] | None
"""A term, or several; None for no term."""

FilterLike: TypeAlias = "RowFilter | KeysLike | NDArray[np.bool_] | NDArray[np.integer[Any]]"
"""Rows: a mask with one bool per row, an array of row numbers, a list of keys, or a `RowFilter`."""

FiltersLike: TypeAlias = "FilterLike | Sequence[FilterLike | None] | None"
"""Rows for all queries of a batch, or a list with rows for each query; None stands for no filter."""

Progress: TypeAlias = bool | Callable[[float], object] | None
"""`progress=`: a bar, a function that is called with the fraction done, or neither."""
