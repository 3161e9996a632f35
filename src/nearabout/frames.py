"""Converts hits to columns and to data frames of other libraries, with one row per hit."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import MissingDependencyError

if TYPE_CHECKING:
    from nearabout.hits import Hits


def columns(hits: Hits) -> dict[str, NDArray[Any]]:
    """Returns the hits as columns; implements `Hits.to_dict`."""
    if hits.rows.ndim == 1:
        ranks = np.arange(1, len(hits.rows) + 1)
        return {"rank": ranks, "key": hits.keys, "row": hits.rows, "distance": hits.distances}
    real = queries, ranks = np.nonzero(hits.rows >= 0)  # padding is row -1
    return {
        "query": queries,
        "rank": ranks + 1,
        "key": hits.keys[real],
        "row": hits.rows[real],
        "distance": hits.distances[real],
    }


def to_pandas(hits: Hits) -> Any:
    return library("pandas", "to_pandas").DataFrame(columns(hits))


def to_polars(hits: Hits) -> Any:
    polars = library("polars", "to_polars")
    return polars.DataFrame({name: polars.Series(name, _plain(values)) for name, values in columns(hits).items()})


def to_arrow(hits: Hits) -> Any:
    from nearabout.formats.arrow import library as library_of_files

    try:
        arrow = library_of_files()
    except MissingDependencyError:
        raise MissingDependencyError(_advice("pyarrow", "to_arrow")) from None
    return arrow.table(
        {
            name: arrow.array(_plain(values), arrow.string() if values.dtype == object else None)
            for name, values in columns(hits).items()
        }
    )


def library(name: str, method: str) -> Any:
    """Imports the library whose frames a method returns.

    Raises:
        MissingDependencyError: the library is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(_advice(name, method)) from None


def _advice(name: str, method: str) -> str:
    return (
        f"hits.{method}() needs the library {name}: pip install {name}; hits.to_dict() has the same columns without it"
    )


def _plain(values: NDArray[Any]) -> Any:
    """Returns strings as a list, because an array of objects may hold anything."""
    return values.tolist() if values.dtype == object else values
