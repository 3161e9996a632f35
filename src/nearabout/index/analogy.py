"""Analogies: the neighbours of a weighted sum of keys and vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.key_lookup import known_row
from nearabout._arrays.queries import as_queries
from nearabout._base.checks import check_k
from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError, UnknownKeyError, quoted

if TYPE_CHECKING:
    from nearabout.hits import Hits
    from nearabout.index import Index


class _Terms(NamedTuple):
    """The terms of the sum with their weights: rows of the index, and vectors of the caller."""

    rows: list[tuple[float, int]]
    vectors: list[NDArray[np.float32]]
    weights: list[float]


def analogy(index: Index, positive: Any, negative: Any, k: Any, **options: Any) -> Hits:
    """Searches for a weighted sum; implements `Index.analogy`."""
    terms = _Terms([], [], [])
    for name, given, sign in (("positive", positive, 1.0), ("negative", negative, -1.0)):
        for item in _items(name, given):
            _add(index, terms, name, item, sign)
    if not terms.rows and not terms.vectors:
        raise InvalidInputError(
            "positive and negative are empty; pass at least one key or vector, such as positive=['king']"
        )
    own = {row for _, row in terms.rows}
    k = check_k(k, len(index) - len(own))
    if len(terms.rows) == 1 and not terms.vectors and terms.rows[0][0] == 1:
        return index.search_by_key(index.keys(terms.rows[0][1])[()], k, **options)  # the vector as stored
    vectors = np.array(terms.vectors, np.float32).reshape(len(terms.vectors), index.dims)
    query = index._core.weighted_sum(terms.rows, vectors, terms.weights)
    return index.search(query, k + len(own), **options)._without(own, k)


def _items(name: str, given: Any) -> list[Any]:
    """Returns a list of keys, vectors and (key or vector, weight) tuples. A single item becomes a list of one."""
    if given is None:
        return []
    if isinstance(given, (str, int, np.integer)) and not isinstance(given, bool):
        return [given]
    if isinstance(given, tuple) and _is_weighted(given):
        if not isinstance(given[0], str) and np.ndim(given[0]) == 0:
            raise InvalidInputError(
                f"{name} is {given}, which is either two keys or a key and its weight; pass a list: {list(given)} or "
                f"[{given}]"
            )
        return [given]
    if isinstance(given, np.ndarray) and given.dtype.kind in "biuf" and given.ndim in (1, 2):
        return list(np.atleast_2d(given))
    if hasattr(given, "__iter__") and not isinstance(given, (bytes, dict)):
        return given.tolist() if isinstance(given, np.ndarray) else list(given)
    raise InvalidInputError(f"{name} is {a_type(given)}; pass a key, a vector, or a list of keys and vectors")


def _is_weighted(item: Any) -> bool:
    """Returns whether it is a (key or vector, weight) tuple: two items, the second one a number."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], (int, float, np.number))


def _add(index: Index, terms: _Terms, name: str, item: Any, sign: float) -> None:
    weight = 1.0
    if _is_weighted(item):
        item, weight = item[0], float(item[1])
        if not np.isfinite(weight):
            raise InvalidInputError(f"{name} has the weight {weight}; weights must be finite numbers")
    if isinstance(item, (str, int, np.integer)) and not isinstance(item, bool):
        try:
            terms.rows.append((sign * weight, known_row(index._core, item)))
        except UnknownKeyError as error:
            raise UnknownKeyError(f"{error}{_as_lists(index, item)}") from None
        return
    if np.ndim(item) == 0:
        raise InvalidInputError(
            f"{name} contains {quoted(item)}, {a_type(item)}; pass keys or vectors. To pass a single vector, make it "
            "an array, or put it into a list: [vector]"
        )
    if index.dtype == "bits" or index.metric == "haversine":
        raise InvalidInputError(f"vectors under metric {index.metric!r} cannot be added; ask for one key at a time")
    try:
        vector, single = as_queries(item, index.metric, "f32", index.dims)
    except InvalidInputError as error:
        advice = "; if these are keys, pass a list of them" if np.asarray(item).dtype.kind in "iu" else ""
        raise InvalidInputError(f"{name} contains a vector that cannot be used: {error}{advice}") from None
    if not single:
        raise InvalidInputError(
            f"{name} contains an item of the shape {np.shape(item)}; each must be a key or a vector, ({index.dims},)"
        )
    terms.vectors.append(vector[0])
    terms.weights.append(sign * weight)


def _as_lists(index: Index, item: Any) -> str:
    """Returns the end of an error about "king - man + woman", which only the shell accepts: the lists to pass."""
    lists: dict[str, list[str]] = {"+": [], "-": []}
    sign = "+"
    for word in item.split() if isinstance(item, str) and " " in item else []:
        if word in lists:
            sign = word
        elif word not in index:
            return ""
        else:
            lists[sign].append(word)
            sign = "+"
    return f"; to add and subtract, pass positive={lists['+']}, negative={lists['-']}" if any(lists.values()) else ""
