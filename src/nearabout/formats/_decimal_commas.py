"""Recognises numbers with decimal commas, so that the error can name them."""

from __future__ import annotations

import re

from nearabout.errors import InvalidInputError, quoted

COMMA_ADVICE = "numbers are read with a decimal point, not with a comma: replace the decimal commas in the file"
_NUMBER = r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?"
_WHOLE = re.compile(rf"\s*{_NUMBER}\s*")
# A separate number: in quotes, or between blanks, semicolons and the like.
_WITHIN = re.compile(rf"(?:[;|\s]|^){_NUMBER}(?=[;|\s]|$)|\"{_NUMBER}\"")
_LINES = 3  # lines to check


def is_decimal_comma(field: str) -> bool:
    """Returns whether a field is a number with a decimal comma."""
    return _WHOLE.fullmatch(field) is not None


def has_decimal_commas(line: str) -> bool:
    """Returns whether a line has numbers with decimal commas and another separator: "the 0,1 0,2"."""
    for other in ("\t", ";", "|", None):
        parts = line.split(other)
        if len(parts) > 1 and all(map(is_decimal_comma, parts[1:])):
            return True
    return False


def refuse_decimal_commas(head: bytes, path: str) -> None:
    """Refuses text of an unknown format whose first lines have numbers with decimal commas.

    Raises:
        InvalidInputError: there is such a number.
    """
    if b"\x00" in head:
        return
    for number, line in enumerate(head.decode("latin-1").split("\n")[:_LINES], 1):
        found = _WITHIN.search(line)
        if found is not None:
            raise InvalidInputError(f"{path}: line {number} has {quoted(found[0].strip(' ;|'))}: {COMMA_ADVICE}")
