"""Reads JSON values as rows: an object {"key": ..., "vector": [...]}, a pair [key, [...]], or only a vector.

The members may have any of the usual names (key, word, token, id, ...; vector, embedding, ...), or those of key_column=
and vector_column=. The first row determines the members.
"""

from __future__ import annotations

from typing import Any

from nearabout.errors import InvalidInputError, quoted
from nearabout.formats._arrays import SHOWN, VECTOR_NAMES, key_candidates, several_names, several_texts
from nearabout.formats._bad_rows import BadRowError
from nearabout.formats._options import ReadOptions
from nearabout.formats._rows import Rows
from nearabout.formats._warnings import warn_of_rounding

_MOST_WHOLE = 1 << 24  # float32 represents all whole numbers up to this one


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(one) in (int, float) for one in value)


def _listed(entry: dict[str, Any]) -> str:
    return ", ".join(f"{name:.60} ({type(value).__name__})" for name, value in list(entry.items())[:SHOWN]) or "none"


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Builds a dict of members for ``object_pairs_hook``. Raises ValueError if a name occurs twice."""
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in content if names.count(name) > 1)
        raise ValueError(f"the member {twice!r:.80} occurs twice in one object")
    return content


class JsonRows:
    """Adds JSON values to rows, one by one."""

    def __init__(self, rows: Rows, options: ReadOptions, path: str) -> None:
        self._rows = rows
        self._options = options
        self._path = path
        self._looked = False  # whether the first row was checked for rounding
        self._members: tuple[str | None, str] | None = None  # names of the members of key and vector

    def add(self, number: int, entry: Any) -> None:
        """Adds a row; raises BadRowError if the value is not a row."""
        key, vector = self._parts(number, entry)
        if not isinstance(vector, list) or bool in map(type, vector):
            missing = vector is None and isinstance(entry, dict) and self._members is not None
            raise BadRowError(
                self._rows.place(number),
                " has no vector",
                sound=missing,
                advice="write a list of numbers, or an object with such a list; name the list "
                f"{', '.join(VECTOR_NAMES[:4])}, or pass its name with vector_column=. invalid='skip' leaves rows "
                "without a vector out",
            )
        if any(isinstance(one, (list, dict)) for one in vector[:1]):
            raise BadRowError(
                self._rows.place(number),
                f" has a vector that begins with a {type(vector[0]).__name__}",
                sound=True,
                advice="a vector is a list of numbers; if the rows are deeper in the file, write them as one array",
            )
        if key is not None and (isinstance(key, bool) or not isinstance(key, (str, int))):
            raise BadRowError(
                self._rows.place(number),
                f": the key {key!r:.80} is neither a string nor a whole number",
                sound=True,
                advice="write it as text, name another member with key_column=, or pass key_column=False for no keys",
            )
        if isinstance(key, str) and not key.isascii():
            self._check_text(number, key)
        if not self._looked:
            self._looked = True
            wide = [one for one in vector if type(one) is int and abs(one) > _MOST_WHOLE]
            for one in wide[:1]:
                warn_of_rounding(self._path, self._rows.place(number), one)
        self._rows.add(number, vector, key)

    def _parts(self, number: int, entry: Any) -> tuple[Any, Any]:
        """Returns the key and the vector of a value."""
        if isinstance(entry, dict):
            if self._members is None:
                self._members = self._choose(number, entry)
                self._rows.key_column = self._members[0] or ""
            key_name, vector_name = self._members
            key = None if key_name is None else entry.get(key_name)
            if key_name is not None and key is None:
                raise BadRowError(
                    self._rows.place(number),
                    ": some rows have keys and some have none; the member "
                    f"{quoted(key_name)} is " + ("null" if key_name in entry else "missing"),
                    sound=key_name in entry,
                    advice="give every row a key, leave such rows out with invalid='skip', or pass key_column=False",
                )
            return key, entry.get(vector_name)
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], list):
            return (None if self._options.key_column is False else entry[0]), entry[1]
        return None, entry

    def _choose(self, number: int, entry: dict[str, Any]) -> tuple[str | None, str]:
        """Chooses the members by the first row that has a vector."""
        vector = self._choose_vector(number, entry)
        wanted = self._options.key_column
        if wanted is False:
            return None, vector
        if isinstance(wanted, str):
            if wanted not in entry:
                raise InvalidInputError(
                    f"{self._path}: {self._rows.place(number)} has no member {quoted(wanted)}, which key_column= "
                    f"names; it has {_listed(entry)}"
                )
            return wanted, vector
        if wanted is not None:
            raise InvalidInputError(
                f"{self._path}: key_column={quoted(wanted)}: pass the name of a member, or False for no keys"
            )
        named = key_candidates(name for name in entry if name != vector)
        if len(named) > 1:
            raise several_names(self._path, named, _listed(entry), "members")
        if named:
            return named[0], vector
        texts = [name for name, value in entry.items() if isinstance(value, str) and name != vector]
        if len(texts) > 1:
            raise several_texts(self._path, len(texts), _listed(entry), "members")
        return (texts[0] if texts else None), vector

    def _choose_vector(self, number: int, entry: dict[str, Any]) -> str:
        wanted = self._options.vector_column
        if wanted is not None:
            if not isinstance(wanted, str) or wanted not in entry:
                raise BadRowError(
                    self._rows.place(number),
                    f" has no member vector_column={quoted(wanted)}; it has {_listed(entry)}",
                    sound=True,
                    advice="name one of these",
                )
            return wanted
        usual = next((name for name in VECTOR_NAMES if isinstance(entry.get(name), list)), None)
        fits = [name for name, value in entry.items() if _is_vector(value)]
        if usual is None and len(fits) > 1:
            raise InvalidInputError(
                f"{self._path}: {len(fits)} members hold lists of numbers; the members are {_listed(entry)}. Name one "
                "with vector_column="
            )
        chosen = usual or (fits[0] if fits else None)
        if chosen is None:
            raise BadRowError(
                self._rows.place(number),
                f" has no vector; its members are {_listed(entry)}",
                sound=True,
                advice="write a list of numbers, or an object with such a list; vector_column= names the list",
            )
        return chosen

    def _check_text(self, number: int, key: str) -> None:
        """Refuses a lone surrogate, which JSON can contain but UTF-8 cannot."""
        try:
            key.encode()
        except UnicodeEncodeError:
            raise BadRowError(
                self._rows.place(number), f": the key {key!r:.80} has a lone surrogate, so it is not Unicode text"
            ) from None
