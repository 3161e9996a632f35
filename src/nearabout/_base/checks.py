"""Checks of arguments that many functions share."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from nearabout._base.text import a_type, is_utf8
from nearabout.errors import InvalidInputError, quoted


def check_k(k: object, available: int) -> int:
    """Returns the number of neighbours to search for: `k`, but at most the `available` rows."""
    try:
        if isinstance(k, (bool, np.bool_)):
            raise TypeError
        count = operator.index(k)  # type: ignore[arg-type]
    except TypeError:
        shape = getattr(k, "shape", None)
        hint = "" if shape is None else f" of shape {shape}"
        raise InvalidInputError(
            f"k is {a_type(k)}{hint}; pass a positive integer. The query comes first: search(query, k)"
        ) from None
    if count < 1:
        raise InvalidInputError(f"k is {count}; pass at least 1")
    return max(0, min(count, available))


def check_seed(seed: object, is_random: bool) -> int:
    """Returns the seed as an int; it must be 0 if the build is not random."""
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise InvalidInputError(f"seed is {seed!r}; pass a whole number from 0 to 2**64 - 1")
    if seed != 0 and not is_random:
        raise InvalidInputError(f"seed is {seed}, but the build of this kind uses no random numbers; leave it out")
    return int(seed)


def check_threads(threads: object) -> int:
    """Returns the number of threads for the core, where 0 stands for all cores."""
    if threads is None:
        return 0
    if isinstance(threads, (bool, np.bool_)) or not isinstance(threads, (int, np.integer)) or not 1 <= threads < 2**31:
        raise InvalidInputError(f"threads is {threads!r}; pass a positive integer, or None for all cores")
    return int(threads)


def check_radius(radius: object, metric: str) -> float:
    """Returns the radius as a float, if the metric can have such a distance; infinity finds everything."""
    if isinstance(radius, (bool, np.bool_)) or not isinstance(radius, (int, float, np.integer, np.floating)):
        raise InvalidInputError(f"radius is {a_type(radius)}; pass a number in the units of the metric")
    try:
        value = float(radius)
    except OverflowError:  # an integer beyond any distance
        value = math.copysign(math.inf, 1 if radius > 0 else -1)
    if math.isnan(value):
        raise InvalidInputError("radius is NaN; pass a number in the units of the metric, or inf for everything")
    if value < 0 and metric != "dot":  # dot distances are negative products
        raise InvalidInputError(
            f"radius is {value:g}, but distances under {metric} are never negative; pass 0 or more, or inf for "
            "everything"
        )
    return value


def check_count(name: str, value: object, most: int, other: str = "") -> None:
    """Raises InvalidInputError unless the value is a whole number from 1 to `most`. `other`: what else is allowed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; pass a whole number from 1 to {most:,}{other}")


def check_flag(name: str, value: object) -> bool:
    """Returns the flag as a bool, if it is True or False; 0, 1 and None are refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidInputError(f"{name} is {value!r}; pass True or False")
    return bool(value)


def check_path(path: object) -> str:
    """Returns a path as a string."""
    try:
        text = os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidInputError(f"path is {a_type(path)}; pass a string or a pathlib.Path") from None
    if "\0" in text or not text:
        raise InvalidInputError(f"the path {quoted(text)} is empty or contains a zero byte; no file can have that name")
    if not is_utf8(text):
        raise InvalidInputError(f"the path {quoted(text)} is not valid UTF-8; give the file or folder another name")
    return text


_HIT_BYTES = 12  # bytes of a row number and a distance


@contextmanager
def room_for_hits(queries: int, k: int | None) -> Iterator[None]:
    """Replaces a MemoryError of a search by one that says how large the results are and how to request less.

    `k` is None for a radius search, whose results have no known length.
    """
    try:
        yield
    except MemoryError:
        count = f"{queries:,} quer{'y' if queries == 1 else 'ies'}"
        if k is None:
            request, less = f"a radius search for {count}", "use a smaller radius"
        else:
            request, less = f"{count} with {k:,} neighbours each", "request fewer neighbours"
            request += f", which take {queries * k * _HIT_BYTES / 1e9:,.1f} GB" if queries * k > 10**7 else ""
        in_parts = ", or search in parts: index.search(queries[:1000]) and so on" if queries > 1 else ""
        raise MemoryError(f"there is not enough memory for the results of {request}; {less}{in_parts}") from None
