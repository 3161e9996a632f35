"""Reads vectors written as text in a column of a table, such as "[0.1, 0.2]"."""

from __future__ import annotations

import re
import string
from array import array

from nearabout.errors import quoted
from nearabout.formats._words import number_of

_BRACKETS = re.compile(r"\s*\[\s*[-+0-9.nNiI].*\]\s*", re.DOTALL)
_SEPARATOR = re.compile(r"\s*,\s*|\s+", re.ASCII)


def is_vector_text(field: str) -> bool:
    """Returns whether a field looks like a vector: numbers in brackets."""
    return _BRACKETS.fullmatch(field) is not None


def numbers_of(text: str) -> array[float]:
    """Returns the numbers of a vector in brackets, with commas between them, or spaces as NumPy prints them.

    Raises:
        ValueError: the text is not a vector in brackets, or was shortened when it was printed.
    """
    inside = text.strip()
    if not (inside.startswith("[") and inside.endswith("]")):
        raise ValueError(f"not a vector in brackets: {quoted(inside)}")
    if "..." in inside or "…" in inside:
        raise ValueError("the vector was shortened to '...' when it was printed, so its numbers are lost")
    tokens = _SEPARATOR.split(inside[1:-1].strip(string.whitespace))
    return array("f", map(number_of, tokens))
