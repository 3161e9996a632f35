"""Handles quotes in delimited text: quotes as in RFC 4180, or ordinary characters.

In RFC 4180, a field in quotes may contain delimiters, line feeds and doubled quotes. Text with tabs often has no
quoting at all; there a quote may be a word, such as `"` and `''` in the vocabularies of word vectors. A line that is a
valid row only if its quotes are ordinary characters decides; a file that needs both meanings is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

from nearabout.errors import InvalidInputError
from nearabout.formats._bad_rows import BadRowError
from nearabout.formats._words import is_float


def is_open(line: bytes, delimiter: bytes, inside: bool = False) -> bool:
    """Returns whether a quoted field is open at the end of a line. ``inside``: it was open at the start."""
    place = 0
    while True:
        if inside:
            place = line.find(b'"', place) + 1
            if place == 0:
                return True
            if line[place : place + 1] == b'"':
                place += 1
                continue
            inside = False
        elif line[place : place + 1] == b'"':
            inside = True
            place += 1
            continue
        place = line.find(delimiter, place)
        if place < 0:
            return False
        place += len(delimiter)


class Fields(list[str]):
    """The fields of a record.

    ``stated`` has the positions of empty fields in quotes: they are empty text, while an empty field without quotes is
    a missing value.
    """

    def __init__(self, fields: Iterable[str], stated: frozenset[int] = frozenset()) -> None:
        super().__init__(fields)
        self.stated = stated


def _split(text: str, delimiter: str) -> tuple[Fields, bool]:
    """Splits a record as in RFC 4180. Returns the fields, and whether any was in quotes; ValueError names the fault."""
    fields: list[str] = []
    stated: set[int] = set()
    quoted = False
    place = 0
    while True:
        if text[place : place + 1] == '"':
            field, place = _take_quoted(text, place + 1)
            quoted = True
            if not field:
                stated.add(len(fields))
            if place < len(text) and text[place] != delimiter:
                raise ValueError(f"{text[place : place + 8]!r} follows a closing quote")
        else:
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            field, place = text[place:end], end
            _refuse_carriage_return(field)
        fields.append(field)
        if place >= len(text):
            return Fields(fields, frozenset(stated)), quoted
        place += 1


def _take_quoted(text: str, place: int) -> tuple[str, int]:
    parts = []
    while True:
        end = text.find('"', place)
        if end < 0:
            raise ValueError("a quote is not closed")
        parts.append(text[place:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        place = end + 2


def _refuse_carriage_return(text: str) -> None:
    if "\r" in text:
        raise ValueError("there is a carriage return within the line")


class Quotes:
    """Decides the meaning of quotes in one file."""

    def __init__(self, wanted: bool | None, path: str) -> None:
        self._wanted = wanted
        self._path = path
        self._enclosing = 0  # the first line where quotes enclosed a field
        self._letters = 0  # the first line where quotes were ordinary characters

    @property
    def enclose(self) -> bool:
        """Returns whether a quote at the start of a field may open a quoted field."""
        return self._wanted is not False

    def settled(self, delimiter: str) -> bool:
        """Returns whether quotes are known to enclose fields, so that a line may take the fast path."""
        return self._wanted is True or (self._wanted is None and delimiter != "\t")

    def is_literal(self, text: str, delimiter: str, width: int | None) -> bool:
        """Returns whether the quotes of a line are ordinary characters: only then is the line a valid row."""
        if self.settled(delimiter):
            return False
        try:
            enclosed = len(_split(text, delimiter)[0])
        except ValueError:
            enclosed = 0
        fields = text.split(delimiter)
        fits = len(fields) == width if width is not None else len(fields) > 1
        return fits and enclosed != len(fields) and all(map(is_float, fields[1:]))

    def fields(self, text: str, delimiter: str, line: int, width: int | None) -> Fields:
        """Returns the fields of a record; raises BadRowError if its quotes are not valid."""
        try:
            if '"' not in text or not self.enclose:
                _refuse_carriage_return(text)
                return Fields(text.split(delimiter))
            if self.is_literal(text, delimiter, width):
                self._letters = self._letters or line
                fields = Fields(text.split(delimiter))
            else:
                fields, enclosed = _split(text, delimiter)
                self._enclosing = self._enclosing or (line if enclosed else 0)
        except ValueError as error:
            what = ": its quotes are not valid" if '"' in text else ""
            raise BadRowError(f"line {line:,}", f"{what or ' cannot be read'} ({error})") from None
        if self._letters and self._enclosing and self._wanted is None:
            raise InvalidInputError(
                f"{self._path}: a quote is an ordinary character in line {self._letters:,}, but encloses a field in "
                f"line {self._enclosing:,}: pass quotes=True if quotes enclose fields, or quotes=False"
            )
        return fields
