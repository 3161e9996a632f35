"""Small arguments that many functions take, each checked in one place."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from nearabout.errors import InvalidInputError, quoted
from nearabout.keys import is_utf8
from nearabout.names import a_type


def check_k(k: object, available: int) -> int:
    """How many neighbours to ask the core for: `k`, or all there are; nothing is allocated for more."""
    try:
        if isinstance(k, (bool, np.bool_)):
            raise TypeError
        count = operator.index(k)  # type: ignore[arg-type]
    except TypeError:
        shape = getattr(k, "shape", None)
        hint = "" if shape is None else f" of shape {shape}"
        raise InvalidInputError(
            f"k is {a_type(k)}{hint}; it is a positive integer, and the query comes before it"
        ) from None
    if count < 1:
        raise InvalidInputError(f"k is {count}; ask for at least 1 neighbour")
    return max(0, min(count, available))


def check_effort(effort: object, exact: object, has_effort: bool) -> tuple[int | None, bool]:
    """How much a search may look at, as the core takes it: a number or None for the index's own choice, and whether it
    looks at everything."""
    everything = check_flag("exact", exact)
    if effort is None:
        return None, everything
    if everything:
        raise InvalidInputError(
            f"effort is {effort!r} and exact is True; an exact search looks at everything: pass one"
        )
    if not has_effort:
        raise InvalidInputError(f"effort is {effort!r}; an exact index always looks at everything: leave it out")
    if isinstance(effort, (bool, np.bool_)) or not isinstance(effort, (int, np.integer)) or effort < 1:
        raise InvalidInputError(
            f"effort is {effort!r}; pass a positive whole number: how many rows or lists to look at"
        )
    return min(int(effort), 2**63), everything


def check_seed(seed: object, is_random: bool) -> int:
    """A number that the core can draw from."""
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise InvalidInputError(f"seed is {seed!r}; pass a whole number from 0 to 2**64 - 1")
    if seed != 0 and not is_random:
        raise InvalidInputError(f"seed is {seed}; nothing is random in an exact index: leave it out")
    return int(seed)


def check_threads(threads: object) -> int:
    """What the core takes: 0 for all cores."""
    if threads is None:
        return 0
    if isinstance(threads, (bool, np.bool_)) or not isinstance(threads, (int, np.integer)) or not 1 <= threads < 2**31:
        raise InvalidInputError(f"threads is {threads!r}; pass a positive integer, or None for all cores")
    return int(threads)


def check_radius(radius: object, metric: str) -> float:
    """A distance that the metric may have; infinity asks for everything."""
    if isinstance(radius, (bool, np.bool_)) or not isinstance(radius, (int, float, np.integer, np.floating)):
        raise InvalidInputError(f"radius is {a_type(radius)}; pass a number in the units of the metric")
    value = float(radius)
    if math.isnan(value):
        raise InvalidInputError("radius is NaN; pass a number in the units of the metric, or inf for everything")
    if value < 0 and metric != "dot":  # whose distances are negative products
        raise InvalidInputError(
            f"radius is {value:g}, and distances under {metric} are never negative; pass 0 or more, or inf for "
            "everything"
        )
    return value


def check_flag(name: str, value: object) -> bool:
    """True or False, and nothing that merely looks like it."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidInputError(f"{name} is {value!r}; pass True or False")
    return bool(value)


def check_path(path: object) -> str:
    """A path as text."""
    try:
        text = os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidInputError(f"path is {a_type(path)}; pass a string or a pathlib.Path") from None
    if "\0" in text or not text:
        raise InvalidInputError(f"the path {quoted(text)} is empty or holds a zero byte; no file can have that name")
    if not is_utf8(text):
        raise InvalidInputError(f"the path {quoted(text)} is not valid UTF-8; give the file or folder another name")
    return text


_HIT_BYTES = 12  # a row number and a distance


@contextmanager
def room_for_hits(queries: int, k: int | None) -> Iterator[None]:
    """Makes a sentence of a MemoryError in a search: what the answer takes, and how to ask for less. `k` is None for a
    radius search, whose answers are as long as they are."""
    try:
        yield
    except MemoryError:
        asked = f"{queries:,} quer{'y' if queries == 1 else 'ies'}"
        if k is None:
            told, less = f"a radius search for {asked}", "with a smaller radius"
        else:
            told, less = f"{asked} with {k:,} neighbours each", "for fewer neighbours"
            told += f", which takes {queries * k * _HIT_BYTES / 1e9:,.1f} GB" if queries * k > 10**7 else ""
        in_parts = ", or in parts: index.search(queries[:1000]) and so on" if queries > 1 else ""
        raise MemoryError(f"there is not enough memory for the answer to {told}; ask {less}{in_parts}") from None
