"""Reads words and vectors in the usual forms of pickles and JSON objects.

The forms are an array, a list of vectors, a dictionary of words to vectors, a dictionary with words and vectors under
usual names, a pair of words and vectors, or a list of (word, vector) pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nearabout.errors import FileFormatError, InvalidInputError
from nearabout.formats._arrays import KEY_NAMES, VECTOR_NAMES, as_vectors, shown_names
from nearabout.formats._embeddings import Embeddings, Report, without_duplicates
from nearabout.formats._keys import Keys, keys_from
from nearabout.formats._source import expands_too_far

Plain = Callable[[Any], Any]
_MOST_PARTS = 8  # most entries of a dictionary with named parts; one of words has more


def embeddings_of(
    content: Any, path: str, format_name: str, what: str, most: int, plain: Plain = lambda value: value
) -> Embeddings:
    """Returns the vectors and keys in an object. ``plain`` converts the stand-ins of a reader to arrays and numbers.

    ``most`` limits the bytes of the vectors, because a list that is stored once may be referenced a million times.

    Raises:
        InvalidInputError: there are no vectors, they are ambiguous, or they are larger than ``most``.
    """
    try:
        words, rows = _Forms(plain, path).parts(content)
        with np.errstate(over="ignore"):
            vectors: Any = as_vectors(_stacked(rows, plain, path, most), path, "the saved array")
        found = None if words is None else _keys_of(words, len(vectors), plain, path, most)
    except (FileFormatError, InvalidInputError):
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            f"{path}: {what} holds no recognisable vectors ({first_line(error)}): save an array, a list of vectors, a "
            "dictionary from words to vectors, or a pair of words and vectors"
        ) from None
    vectors, keys, dropped = without_duplicates(vectors, found)
    return Embeddings(vectors, keys, path, format_name, Report(duplicates=dropped))


def first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:160]


def _stacked(rows: Any, plain: Plain, path: str, most: int) -> np.ndarray[Any, Any]:
    """Stacks rows of any type into one array; Python numbers become float32."""
    rows = plain(rows)
    if isinstance(rows, np.ndarray):
        return rows
    parts = [plain(row) for row in rows]
    lengths = {len(part) for part in parts}
    if len(lengths) != 1:
        raise ValueError(f"rows of {len(lengths)} different lengths" if lengths else "no rows")
    if any(isinstance(part, np.ndarray) and part.ndim > 1 for part in parts):
        raise ValueError(
            "a list of arrays of more than one dimension: save np.stack([array.ravel() for array in arrays])"
        )
    size = 8 * len(parts) * lengths.pop()
    if size > most:
        raise expands_too_far(path, size)
    return np.stack([part if isinstance(part, np.ndarray) else _numbers(part, plain) for part in parts])


def _numbers(part: Any, plain: Plain) -> np.ndarray[Any, Any]:
    values = [plain(value) for value in part]
    if not all(type(value) in (int, float) for value in values):
        raise ValueError("a vector with elements that are not numbers")
    return np.array(values, np.float64).astype(np.float32)


def _keys_of(values: Any, rows: int, plain: Plain, path: str, most: int) -> Keys:
    values = plain(values)
    if isinstance(values, np.ndarray):
        return keys_from(path, values, rows)
    values = [plain(value) for value in values]
    check_texts(values, most, path)
    return keys_from(path, values, rows)


def check_texts(values: list[Any], most: int, path: str) -> None:
    """Refuses texts of more than ``most`` characters in all: a text stored once may be referenced a million times."""
    size = sum(len(value) for value in values if isinstance(value, str))
    if size > most:
        raise expands_too_far(path, size)


class _Forms:
    """Distinguishes words from vectors."""

    def __init__(self, plain: Plain, path: str) -> None:
        self._plain = plain
        self._path = path

    def _are_words(self, value: Any) -> bool:
        value = self._plain(value)
        if isinstance(value, np.ndarray):
            return value.ndim == 1 and value.dtype.kind in "USiu"
        return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, (str, int)) for one in value)

    def _is_pair(self, row: Any) -> bool:
        """Returns whether a value is a pair of a key (a word or a number) and a vector."""
        if not isinstance(row, (list, tuple)) or len(row) != 2:
            return False
        key = self._plain(row[0])
        return isinstance(key, str) or (
            isinstance(key, int) and isinstance(self._plain(row[1]), (list, tuple, np.ndarray))
        )

    def parts(self, content: Any) -> tuple[Any, Any]:
        """Returns the keys, or None, and the vectors."""
        content = self._plain(content)
        if isinstance(content, dict):
            return self._of_dictionary(content)
        if isinstance(content, (list, tuple)):
            if len(content) == 2 and self._are_words(content[0]) and not self._are_words(content[1]):
                return content[0], content[1]
            if len(content) == 2 and self._are_words(content[1]) and not self._are_words(content[0]):
                return content[1], content[0]
            if content and all(map(self._is_pair, content)):
                return [row[0] for row in content], [row[1] for row in content]
        return None, content

    def _of_dictionary(self, content: dict[Any, Any]) -> tuple[Any, Any]:
        names = {name: value for name, value in content.items() if isinstance(name, str)}
        vectors = next((name for name in VECTOR_NAMES if self._rank(names.get(name)) == 2), None)
        if vectors is None or len(content) > _MOST_PARTS:
            return list(content.keys()), list(content.values())
        usual = next((names[name] for name in KEY_NAMES if name in names), None)
        return (self._other_words(names, vectors) if usual is None else usual), names[vectors]

    def _rank(self, value: Any) -> int:
        """Returns the rank of an array or of nested lists. Looks at first elements only; NumPy would copy them all."""
        rank, value = 0, self._plain(value)
        while isinstance(value, (list, tuple)) and rank < 3:
            rank += 1
            value = self._plain(value[0]) if value else None
        return rank + (value.ndim if isinstance(value, np.ndarray) else 0)

    def _other_words(self, names: dict[str, Any], vectors: str) -> Any:
        """Returns words under an unusual name. Refuses to choose among several."""
        rows = len(self._plain(names[vectors]))
        texts = [name for name, value in names.items() if self._are_words(value) and len(self._plain(value)) == rows]
        texts = [name for name in texts if not isinstance(self._plain(names[name])[0], int | np.integer)]
        if len(texts) > 1:
            raise InvalidInputError(
                f"{self._path}: {shown_names(texts)} could each be the keys of {vectors}: save the keys under the "
                "name 'keys'"
            )
        return names[texts[0]] if texts else None
