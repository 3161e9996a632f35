"""Chooses the columns of vectors and keys of an Arrow table: the requested ones, or the only candidates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from nearabout.errors import InvalidInputError, quoted
from nearabout.formats._arrays import SHOWN, VECTOR_NAMES, key_candidates, several_names, several_texts
from nearabout.formats._arrow_keys import is_key, is_text, refusal
from nearabout.formats._arrow_vectors import is_list, is_number
from nearabout.formats._options import ReadOptions
from nearabout.formats._vector_text import is_vector_text

_NUMBERED = re.compile(r"(.*?)(\d+)")
_INDEX = re.compile(r"__index_level_\d+__")  # pandas' name for index columns without a name


class Chooser:
    """Finds columns by their names and types. ``sample`` returns one row, if the contents of text must decide."""

    def __init__(
        self, arrow: Any, schema: Any, options: ReadOptions, path: str, sample: Callable[[list[str]], Mapping[str, Any]]
    ) -> None:
        self._arrow = arrow
        self._fields = [(field.name, field.type) for field in schema]
        self._options = options
        self._path = path
        self._sample = sample

    def columns(self) -> tuple[tuple[str, ...], str | None]:
        """Returns the columns of the vectors (one, or one per dimension), and the column of the keys or None."""
        vectors = self._vectors()
        return vectors, self._key(set(vectors))

    def _listed(self) -> str:
        shown = ", ".join(f"{name:.60} ({kind})" for name, kind in self._fields[:SHOWN]) or "none"
        return shown + (f" and {len(self._fields) - SHOWN} more" if len(self._fields) > SHOWN else "")

    def _field(self, wanted: str | int, option: str) -> tuple[str, Any]:
        """Returns the name and type of a column that a caller names."""
        if isinstance(wanted, int):
            if isinstance(wanted, bool) or not 0 <= wanted < len(self._fields):
                raise InvalidInputError(
                    f"{self._path}: {option}={quoted(wanted)}: give 0 to {len(self._fields) - 1}, or a name"
                )
            wanted = self._fields[wanted][0]
        fits = [field for field in self._fields if field[0] == wanted]
        if len(fits) != 1:
            times = "several columns have that name" if fits else "no column has that name"
            raise InvalidInputError(
                f"{self._path}: {option}={quoted(wanted)}: {times}; the columns are {self._listed()}"
            )
        return fits[0]

    def _vectors(self) -> tuple[str, ...]:
        if self._options.vector_columns is not None:
            fields = [self._field(one, "vector_columns") for one in self._options.vector_columns]
            for name, kind in fields:
                if not is_number(self._arrow, kind):
                    raise InvalidInputError(
                        f"{self._path}: vector_columns= names {name}, which has the type {kind} and not numbers; the "
                        f"columns are {self._listed()}"
                    )
            return tuple(name for name, _ in fields)
        if self._options.vector_column is not None:
            name, kind = self._field(self._options.vector_column, "vector_column")
            if not is_list(self._arrow, kind) and not self._has_vector_text(name, kind):
                raise InvalidInputError(
                    f"{self._path}: vector_column={quoted(name)} holds neither lists of numbers nor vectors as "
                    f"text; the columns are {self._listed()}"
                )
            return (name,)
        lists = [name for name, kind in self._fields if is_list(self._arrow, kind)]
        if lists:
            return (self._one(lists, "hold lists of numbers"),)
        return self._vectors_otherwise()

    def _vectors_otherwise(self) -> tuple[str, ...]:
        """Returns the columns where none holds lists: vectors as text, or numbered columns."""
        texts = [name for name, kind in self._fields if self._has_vector_text(name, kind)]
        if texts:
            return (self._one(texts, "hold vectors as text"),)
        series = self._numbered()
        if len(series) == 1:
            return series[0]
        raise InvalidInputError(
            f"{self._path}: no column holds lists of numbers; the columns are {self._listed()}. If each dimension "
            "has its own column, name these columns with vector_columns=[...]"
        )

    def _one(self, names: list[str], what: str) -> str:
        for usual in VECTOR_NAMES:
            if names.count(usual) == 1:
                return usual
        if len(names) == 1:
            return names[0]
        raise InvalidInputError(
            f"{self._path}: {len(names)} columns {what}; the columns are {self._listed()}. Name one with vector_column="
        )

    def _has_vector_text(self, name: str, kind: Any) -> bool:
        if not is_text(self._arrow, kind) or sum(field[0] == name for field in self._fields) > 1:
            return False
        value = self._sample([name]).get(name)
        return isinstance(value, str) and is_vector_text(value)

    def _numbered(self) -> list[tuple[str, ...]]:
        """Returns the series of columns of numbers whose names count from 0 or 1: 0, 1, 2, or dim_1, dim_2."""
        found: dict[str, dict[int, str]] = {}
        for name, kind in self._fields:
            match = _NUMBERED.fullmatch(name)
            if match is not None and is_number(self._arrow, kind):
                found.setdefault(match[1], {})[int(match[2])] = name
        series = []
        for members in found.values():
            numbers = sorted(members)
            if len(numbers) > 1 and numbers[0] in (0, 1) and numbers[-1] - numbers[0] == len(numbers) - 1:
                series.append(tuple(members[number] for number in numbers))
        return series

    def _key(self, taken: set[str]) -> str | None:
        wanted = self._options.key_column
        if wanted is False:
            return None
        if isinstance(wanted, int):
            raise InvalidInputError(f"key_column={wanted}: pass the name of a column, or False for no keys")
        if wanted is not None:
            name, kind = self._field(wanted, "key_column")
            return self._checked(name, kind)
        free = [field for field in self._fields if field[0] not in taken]
        named = key_candidates(name for name, _ in free)
        levels = [name for name, _ in free if _INDEX.fullmatch(name)]
        if len(named) > 1 or (len(levels) > 1 and not named):
            raise several_names(self._path, named or levels, self._listed())
        if named or levels:
            return self._checked(*next(field for field in free if field[0] == (named or levels)[0]))
        texts = [name for name, kind in free if is_text(self._arrow, kind) and not self._has_vector_text(name, kind)]
        if len(texts) > 1:
            raise several_texts(self._path, len(texts), self._listed())
        return texts[0] if texts else None

    def _checked(self, name: str, kind: Any) -> str:
        if not is_key(self._arrow, kind) or sum(field[0] == name for field in self._fields) > 1:
            raise refusal(self._path, name, kind, self._listed())
        return name
