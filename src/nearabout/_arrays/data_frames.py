"""Turns named columns into data frames of other libraries, which are imported here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, TypeAlias

from numpy.typing import NDArray

from nearabout.errors import MissingDependencyError

Columns: TypeAlias = Mapping[str, NDArray[Any]]  # strings are in object arrays


def to_pandas(columns: Columns) -> Any:
    return library("pandas", "to_pandas").DataFrame(dict(columns))


def to_polars(columns: Columns) -> Any:
    polars = library("polars", "to_polars")
    series = {}
    for name, values in columns.items():
        # Without values, polars does not know that they would be strings.
        dtype = polars.String if values.dtype == object else None
        series[name] = polars.Series(name, _plain(values), dtype=dtype)
    return polars.DataFrame(series)


def to_arrow(columns: Columns) -> Any:
    from nearabout.formats.arrow import library as library_of_files

    try:
        arrow = library_of_files()
    except MissingDependencyError:
        raise MissingDependencyError(_advice("pyarrow", "to_arrow")) from None
    return arrow.table(
        {
            name: arrow.array(_plain(values), arrow.string() if values.dtype == object else None)
            for name, values in columns.items()
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
