"""Distinct values of an array, by sorting.

This package does not use `numpy.unique`. Since NumPy 2.3 it takes the interpreter lock in a C++ destructor, so a daemon
thread that runs it while the interpreter exits aborts the process. It also loads `numpy.ma`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def first_places(ordered: NDArray[Any]) -> NDArray[np.int64]:
    """Returns the position of the first occurrence of each distinct value of a sorted array."""
    is_first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Returns the distinct values in ascending order."""
    ordered = np.sort(values)
    return ordered[first_places(ordered)]


def first_rows(values: NDArray[Any]) -> NDArray[np.int64]:
    """Returns the rows where a value occurs for the first time, in ascending order."""
    order = np.argsort(values, kind="stable")
    return np.sort(order[first_places(values[order])])


def distinct_counts(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Returns the distinct values in ascending order, and how often each occurs."""
    ordered = np.sort(values)
    places = first_places(ordered)
    return ordered[places], np.diff(places, append=len(ordered))
