"""Determines the columns of delimited text: the header, the key and the numbers."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from nearabout.errors import InvalidInputError, quoted
from nearabout.formats import _words
from nearabout.formats._arrays import (
    COUNTED_KEYS,
    KEY_NAMES,
    SHOWN,
    VECTOR_NAMES,
    is_like_key,
    key_candidates,
    several_names,
    several_texts,
    shown_names,
)
from nearabout.formats._bad_rows import is_missing
from nearabout.formats._decimal_commas import COMMA_ADVICE, is_decimal_comma
from nearabout.formats._options import ReadOptions
from nearabout.formats._vector_text import is_vector_text

_INDEX_NAMES = ("", "index", "unnamed: 0")  # pandas' names for the column of an index
_NAME_NUMBERS = "; name the columns of numbers, without the other, with vector_columns="
_YEARS = range(1500, 2201)
_YEAR = re.compile(r"[0-9]{4}")
# A number with a comma, spaces, two points, a per cent sign or brackets; a hexadecimal number; an error value of a
# spreadsheet.
_DAMAGED = re.compile(r"[+\-\u2212(]*[0-9][0-9.,_\u00a0 ]*[%)]?|0[xX][0-9a-fA-F]+|#[A-Z/0]+[!?]?|#N/A")


class Columns(NamedTuple):
    """The positions of the parts of a row."""

    width: int  # fields of a row
    key: int | None
    numbers: tuple[int, ...] | None  # one column per dimension; None means all except the key
    text: int | None = None  # column of whole vectors as text


def is_number(field: str) -> bool:
    return _words.NUMBER.fullmatch(field.strip().encode()) is not None


def has_header(first: list[str], second: list[str] | None, path: str) -> bool:
    """Returns whether the first line names the columns. Refuses a line of numbers that is ambiguous."""
    if any(is_vector_text(field) for field in first):
        return False
    if len(first) > 1 and not any(map(is_number, first[1:])):
        return True
    if len(first) == 1:
        return not is_number(first[0]) and second is not None and all(map(is_number, second))
    named = first[0].strip().lower() in (*_INDEX_NAMES, *KEY_NAMES) or bool(key_candidates(first[:1]))
    if (
        not named and not is_number(first[0]) and _count_from_zero(first[1:])
    ):  # an index of any name, as pandas writes it
        verdict: bool | None = _counted_columns(first[1:], second)
    elif not all(map(is_number, first[named:])) or second is None or len(second) != len(first):
        verdict = False if not (named and first[0].strip() == "") else None
    else:
        names = [field.strip() for field in first[named:]]
        values = [field.strip() for field in second[named:]]
        verdict = _named_columns(names, values, first[0].strip()) if named else _bare_columns(names, values)
    if verdict is None:
        shown = ",".join(f"{field:.24}" for field in first[:6]) + (",…" if len(first) > 6 else "")
        raise InvalidInputError(
            f"{path}: its first line, {shown}, may be names of columns or a row of numbers: pass header=True or "
            "header=False"
        )
    return verdict


def _named_columns(names: list[str], values: list[str], index_name: str) -> bool | None:
    """Decides whether a first line of the name of an index (or an empty field) and numbers is a header."""
    if _are_whole(names) and _rise(names):
        return True if index_name == "" or _step(names) == 1 or _are_fractions(values) else None
    if index_name == "":  # an empty key, or column names that are not whole numbers
        return True if len(names) > 2 and _step(names) is not None else None
    return False


def _counted_columns(names: list[str], second: list[str] | None) -> bool | None:
    """Decides whether a first line of a text and the numbers 0, 1, 2, ... is a header or the row of a word."""
    if second is None or len(second) != len(names) + 1:
        return False
    values = [field.strip() for field in second[1:]]
    if all(map(is_number, values)) and _goes_on(names, values, 1.0):
        return False
    return True if _are_fractions(values) else None


def _count_from_zero(fields: list[str]) -> bool:
    return len(fields) > 2 and [field.strip() for field in fields] == [str(number) for number in range(len(fields))]


def _bare_columns(names: list[str], values: list[str]) -> bool | None:
    """Decides whether a first line of numbers only is a header, such as the names 0, 1, 2 or years from pandas."""
    step = _step(names)
    whole = _are_whole(names) and _rise(names)
    years = whole and len(names) > 1 and all(map(_is_year, names))
    regular = step is not None and step > 0 and (len(names) > (2 if whole else 3) or float(names[0]) == 0)
    if not (years or (regular and len(names) > 1)):
        return False
    if step is not None and all(map(is_number, values)) and _goes_on(names, values, step):
        return False  # np.arange(n).reshape(...)
    if years and all(map(_is_year, values)):
        return False
    if whole and len(names) > 2 and _are_fractions(values):
        return True
    return None


def _is_year(value: str) -> bool:
    return _YEAR.fullmatch(value) is not None and int(value) in _YEARS


def _are_whole(fields: list[str]) -> bool:
    return all(field.isascii() and field.isdigit() for field in fields)


def _are_fractions(fields: list[str]) -> bool:
    return all(is_number(field) and not field.lstrip("+-").isdigit() for field in fields)


def _rise(fields: list[str]) -> bool:
    return all(float(one) < float(other) for one, other in itertools.pairwise(fields))


def _step(fields: list[str]) -> float | None:
    """Returns the constant step between numbers; None if the steps differ."""
    values = list(map(float, fields))
    steps = [other - one for one, other in itertools.pairwise(values)]
    if not steps:
        return 1.0 if values == [0.0] else None
    same = all(abs(step - steps[0]) <= 1e-6 * abs(steps[0]) for step in steps)
    return steps[0] if same and steps[0] > 0 else None


def _goes_on(names: list[str], values: list[str], step: float) -> bool:
    return _step(values) is not None and abs(float(values[0]) - float(names[-1]) - step) <= 1e-6 * step


def choose_columns(names: list[str] | None, line: int, row: list[str], options: ReadOptions, path: str) -> Columns:
    """Returns the requested columns, or the only candidates. ``row`` is the first row of data, in ``line``."""
    _refuse_decimal_commas(row, path)
    if len(row) == 1 and not is_number(row[0]) and not is_vector_text(row[0]):
        raise InvalidInputError(
            f"{path}: no delimiter was found in line {line:,}, {row[0]!r:.60}: pass delimiter=, or format='glove' for "
            "words and numbers with spaces between them"
        )
    chooser = _Chooser(names, row, path)
    numbers = None
    if options.vector_columns is not None:
        numbers = tuple(chooser.place(one, "vector_columns") for one in options.vector_columns)
    text = None
    if options.vector_column is not None:
        text = chooser.place(options.vector_column, "vector_column")
        if not is_vector_text(row[text]):
            raise InvalidInputError(
                f"{path}: vector_column={quoted(options.vector_column)} holds {row[text]!r:.40}, not a vector in "
                "brackets such as [0.1, 0.2]: name columns of numbers with vector_columns="
            )
    elif numbers is None:
        text = chooser.column_of_vectors()
    taken = {text} if text is not None else set(numbers or ())
    key = chooser.key(options.key_column, taken)
    if text is None and numbers is None:
        if options.key_column is False:
            numbers = chooser.without_text()
        chooser.check_numbers(key, line, numbers)
    return Columns(len(row), key, numbers, text)


def _refuse_decimal_commas(row: list[str], path: str) -> None:
    for field in row[1:]:
        if is_decimal_comma(field):
            raise InvalidInputError(f"{path}: {quoted(field.strip())} is not a number: {COMMA_ADVICE}")


class _Chooser:
    """Finds columns by name, by position, or by the contents of the first row of data."""

    def __init__(self, names: list[str] | None, row: list[str], path: str) -> None:
        self._names = names
        self._plain = [name.strip().lower() for name in names or ()]
        self._row = row
        self._path = path

    def listed(self) -> str:
        """Returns the columns with their first values, for error sentences."""
        labels = self._names if self._names is not None else [f"column {place}" for place in range(len(self._row))]
        shown = [f"{label:.60} ({value!r:.24})" for label, value in zip(labels, self._row, strict=False)]
        return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")

    def place(self, wanted: str | int, option: str) -> int:
        """Returns the position of a column that the caller names."""
        if isinstance(wanted, str):
            if self._names is None:
                raise InvalidInputError(
                    f"{self._path}: {option}={quoted(wanted)}, but the file has no header: pass the position of the "
                    f"column, 0 to {len(self._row) - 1}, or header=True"
                )
            if self._names.count(wanted) != 1:
                times = "several columns have that name" if wanted in self._names else "no column has that name"
                raise InvalidInputError(
                    f"{self._path}: {option}={quoted(wanted)}: {times}; the columns are {shown_names(self._names)}"
                )
            wanted = self._names.index(wanted)
        if isinstance(wanted, bool) or not 0 <= wanted < len(self._row):
            raise InvalidInputError(
                f"{self._path}: {option}={quoted(wanted)}: give 0 to {len(self._row) - 1}, or a name"
            )
        return wanted

    def column_of_vectors(self) -> int | None:
        """Returns the only column of vectors in brackets, or the one with a usual name."""
        fits = [place for place, field in enumerate(self._row) if is_vector_text(field)]
        if len(fits) < 2:
            return fits[0] if fits else None
        for name in VECTOR_NAMES:
            if name in self._plain and self._plain.index(name) in fits:
                return self._plain.index(name)
        raise InvalidInputError(
            f"{self._path}: {len(fits)} columns hold vectors in brackets; the columns are {self.listed()}. Name one "
            "with vector_column="
        )

    def key(self, wanted: str | int | None, taken: set[int]) -> int | None:
        """Returns the column of keys: the requested one, one with a usual name, or the only text column."""
        if wanted is False:
            return None
        if wanted is not None:
            return self.place(wanted, "key_column")
        free = [place for place in range(len(self._row)) if place not in taken and not is_vector_text(self._row[place])]
        named = [] if self._names is None else key_candidates(self._names[place] for place in free)
        if len(named) > 1:
            raise several_names(self._path, named, self.listed())
        if named and self._names is not None:
            key = next(place for place in free if self._names[place] == named[0])
            if not taken:
                self._refuse_second_key(key)
            return key
        if 0 in free and self._names and (self._plain[0] in _INDEX_NAMES or self._heads_numbered_columns()):
            return 0
        texts = [place for place in free if not is_number(self._row[place]) and not is_missing(self._row[place])]
        if not texts and 0 in free and self._names is None and not self._row[0].strip():
            raise InvalidInputError(
                f"{self._path}: its first row begins with an empty field: fill it and pass key_column=0 if it is a "
                "key, or pass key_column=False and invalid='skip' if a number is missing"
            )
        if len(texts) > 1:
            more = "" if taken else "; name the columns of numbers with vector_columns="
            raise several_texts(self._path, len(texts), self.listed(), more=more)
        if texts and _DAMAGED.fullmatch(self._row[texts[0]].strip()):
            raise InvalidInputError(
                f"{self._path}: its column {texts[0]} begins with {self._row[texts[0]]!r:.24}, which is almost a "
                f"number: correct it, or pass key_column={texts[0]} if the column holds keys"
            )
        if texts and texts[0] and not taken:
            raise InvalidInputError(
                f"{self._path}: only its column {texts[0]} holds text ({self._row[texts[0]]!r:.24}), which may be a "
                f"key or a class that many rows share; the columns are {self.listed()}. Pass key_column={texts[0]} if "
                "it is the key, or key_column=False to leave it out"
            )
        return texts[0] if texts else None

    def _heads_numbered_columns(self) -> bool:
        """Returns whether the header is an index name and numbered columns, as pandas writes it: item, 0, 1, 2."""
        return bool(self._plain) and not is_number(self._plain[0]) and _count_from_zero(self._plain[1:])

    def _refuse_second_key(self, key: int) -> None:
        """Refuses a second column of numbers with a usual name for keys, which would become a dimension."""
        for place, name in enumerate(self._names or ()):
            usual = self._plain[place] in COUNTED_KEYS or is_like_key(name)
            if usual and place != key and is_number(self._row[place]):
                raise several_names(self._path, [(self._names or [])[key], name], self.listed(), more=_NAME_NUMBERS)

    def without_text(self) -> tuple[int, ...] | None:
        """Returns all columns except the only text column, which would be the keys; None if there is none."""
        places = range(len(self._row))
        texts = [place for place in places if not is_number(self._row[place]) and not is_missing(self._row[place])]
        return tuple(place for place in places if place != texts[0]) if len(texts) == 1 else None

    def check_numbers(self, key: int | None, line: int, numbers: tuple[int, ...] | None) -> None:
        """Refuses text among the columns of the vectors. The file is valid, but the caller must choose the columns."""
        taken = numbers or [place for place in range(len(self._row)) if place != key]
        wrong = [place for place in taken if not _words.is_float(self._row[place]) and not is_missing(self._row[place])]
        if wrong:
            field = self._row[wrong[0]]
            header = "" if self._names is not None else " (or, if the first line names the columns, pass header=True)"
            raise InvalidInputError(
                f"{self._path}: line {line:,}: a value is not a number ({field!r:.40}). The columns are "
                f"{self.listed()}: choose "
                f"those of the vectors with vector_columns=[...]{header}"
            )


def refuse_row_numbers(first: list[str], second: list[str] | None, path: str) -> None:
    """Refuses a first column that looks like row numbers, as pandas writes them, and would become a dimension.

    Raises:
        InvalidInputError: the first column counts, and all others are fractions.
    """
    if second is None or len(first) != len(second) or len(first) < 2:
        return
    counts = (first[0].strip(), second[0].strip()) in (("0", "1"), ("1", "2"))
    others = [field.strip() for field in (*first[1:], *second[1:])]
    if counts and _are_fractions(others):
        raise InvalidInputError(
            f"{path}: its first column seems to count rows ({first[0].strip()}, {second[0].strip()}): pass "
            "key_column=0 if these are keys, or key_column=False if they are numbers of the vectors"
        )
