"""The options of ``read``, and the input of format detection.

Every format accepts ``invalid``. In formats such as .npy, single rows cannot be invalid, so it has no effect there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from nearabout.errors import InvalidInputError, quoted


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Keyword arguments of ``read``. Each format supports some of them, listed in OPTIONS of its module."""

    errors: Literal["strict", "replace", "ignore"] = "strict"
    dims: int | None = None
    dataset: str | None = None
    key_column: str | int | Literal[False] | None = None
    vector_column: str | int | None = None
    vector_columns: tuple[str | int, ...] | None = None
    header: bool | None = None
    delimiter: str | None = None
    quotes: bool | None = None
    invalid: Literal["raise", "skip"] = "raise"

    def check(self, format_name: str, taken: frozenset[str]) -> None:
        """Refuses invalid options, and options that this format would ignore."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default and one.name not in taken and one.name != "invalid":
                allowed = ", ".join(f"{name}=" for name in sorted(taken)) or "none"
                raise InvalidInputError(
                    f"{one.name}={quoted(value)} has no effect on the format {format_name}; its options are: "
                    f"{allowed}. Leave {one.name}= out, or name another format with format="
                )
        if self.errors not in ("strict", "replace", "ignore"):
            raise InvalidInputError(f"errors={quoted(self.errors)}: pass strict, replace or ignore")
        if self.dims is not None and (isinstance(self.dims, bool) or not isinstance(self.dims, int) or self.dims < 1):
            raise InvalidInputError(f"dims={quoted(self.dims)}: pass the number of dimensions, 1 or more")
        if self.invalid not in ("raise", "skip"):
            raise InvalidInputError(f"invalid={quoted(self.invalid)}: pass 'raise' or 'skip'")
        self._check_columns()

    def _check_columns(self) -> None:
        """Refuses columns that occur twice or have an invalid type."""
        if self.vector_columns is None:
            return
        if not self.vector_columns or len(set(self.vector_columns)) != len(self.vector_columns):
            raise InvalidInputError(
                f"vector_columns={quoted(list(self.vector_columns))}: pass one or more columns, each once"
            )
        if self.vector_column is not None:
            raise InvalidInputError(
                "pass vector_column= (one column of whole vectors) or vector_columns= (one column per dimension), not "
                "both"
            )


def read_options(**given: Any) -> ReadOptions:
    """Returns the options of ``read`` by name; ``vector_columns`` may be any list.

    Raises:
        InvalidInputError: there is no such option.
    """
    known = [one.name for one in fields(ReadOptions)]
    for name in given:
        if name not in known:
            raise InvalidInputError(f"{name}= is not an option for reading: pass one of {', '.join(known)}")
    return ReadOptions(**{**given, "vector_columns": _as_columns(given.get("vector_columns"))})


def _as_columns(columns: object) -> tuple[str | int, ...] | None:
    """Returns ``vector_columns=`` as a tuple; refuses anything but a list of names or positions."""
    if columns is None:
        return None
    if isinstance(columns, (str, int)) or not isinstance(columns, Iterable):
        raise InvalidInputError(f"vector_columns={quoted(columns)}: pass a list, such as ['lat', 'lon']")
    given = tuple(columns)
    for column in given:
        if isinstance(column, bool) or not isinstance(column, (str, int)):
            raise InvalidInputError(
                f"vector_columns= holds {quoted(column)}: pass names of columns, or positions from 0"
            )
    return given


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of the content of a file, for format detection."""

    data: bytes  # about 64 KiB, or the whole content
    suffix: str  # suffix of the name in lower case, with its dot, without that of the compression
    size: int | None  # size of the content in bytes; None if unknown in advance
