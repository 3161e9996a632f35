"""Chooses the array of vectors among the arrays of a file, and checks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, InvalidInputError, quoted
from nearabout.formats._embeddings import Vectors

SHOWN = 12  # columns, arrays or members that an error lists

# Usual names, the most likely first.
VECTOR_NAMES = ("train", "vectors", "vector", "embeddings", "embedding", "base", "data", "x", "X", "arr_0", "values")
# Without "label", which is a class of many rows.
KEY_NAMES = ("keys", "key", "words", "word", "tokens", "token", "ids", "id", "names", "name", "texts", "text")


def as_vectors(array: NDArray[Any], path: str, what: str) -> Vectors:
    """Returns the array, (n, dims), in native byte order."""
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise InvalidInputError(f"{path}: {what} holds {array.dtype}: save it as floating point numbers or integers")
    check_shape(array.shape, path, what)
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def check_shape(shape: tuple[int, ...], path: str, what: str) -> None:
    """Refuses a shape other than (n, dims). With more axes, only the author knows which of them form a vector."""
    advice = ""
    if len(shape) < 2:
        advice = "vectors need two dimensions, rows and columns"
    elif len(shape) > 2:
        advice = (
            f"vectors need two dimensions, rows and columns: save array.reshape({shape[0]}, -1) if each of the "
            f"{shape[0]:,} is a vector"
        )
    elif shape[1] == 0:
        advice = "a vector has at least one dimension"
    if advice:
        raise InvalidInputError(f"{path}: {what} has the shape {shape}: {advice}")


def shaped(flat: NDArray[Any], shape: tuple[int, ...], order: Literal["C", "F"], path: str) -> NDArray[Any]:
    """Returns an array with the shape of a header, or refuses a shape that NumPy does not support."""
    try:
        return flat.reshape(shape, order=order)
    except (ValueError, OverflowError) as error:
        raise CorruptFileError(
            f"{path}: its header announces the shape {shape}, which is not possible ({error})"
        ) from None


def choose_vectors(shapes: Mapping[str, tuple[int, ...]], wanted: str | None, path: str) -> str:
    """Returns the requested array, or the only candidate. ``shapes`` has only arrays of numbers."""
    if wanted is not None:
        if wanted in shapes:
            return wanted
        raise InvalidInputError(
            f"{path}: has no array of numbers named {quoted(wanted)}; it has {_listed(shapes)}: name one with dataset="
        )
    matrices = [name for name, shape in shapes.items() if len(shape) >= 2]
    for name in VECTOR_NAMES:
        if name in matrices:
            return name
    if len(matrices) == 1:
        return matrices[0]
    if not matrices:
        raise InvalidInputError(f"{path}: has no array of two dimensions, which vectors need; it has {_listed(shapes)}")
    raise InvalidInputError(f"{path}: has several arrays: {_listed(shapes)}. Name one with dataset=")


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    shown = ", ".join(f"{name:.60} {shape}" for name, shape in list(shapes.items())[:SHOWN])
    return shown or "none"


_LIKE_KEYS = re.compile(
    r"(?i:.*[_\-. ](?:ids?|keys?|uuid|guid)|_id|uuid|guid)"  # doc_id, item-key
    r"|.*[a-z](?:Ids?|IDs?|Keys?|Uuid|UUID)"  # userId
)
COUNTED_KEYS = ("key", "keys", "id", "ids")  # names for which whole numbers are keys and not a dimension
_CLASSES = ("y", "label", "labels", "target", "targets", "class", "classes", "category", "categories")


def key_candidates(names: Iterable[str]) -> list[str]:
    """Returns the names that are likely names of keys.

    This is the first of the usual names, in any case; otherwise all names that end like doc_id, userId and product.key.
    """
    known = list(names)
    plain = {name.strip().lower(): name for name in reversed(known)}
    for usual in KEY_NAMES:
        if usual in plain:
            return [plain[usual]]
    return [name for name in known if is_like_key(name)]


def is_like_key(name: str) -> bool:
    """Returns whether a name ends like a name of keys: doc_id, userId, product.key."""
    return _LIKE_KEYS.fullmatch(name.strip()) is not None


def shown_names(names: Sequence[str]) -> str:
    """Returns the first names of a list, each cut to a limit, for a sentence."""
    return ", ".join(f"{name:.60}" for name in names[:SHOWN])


def several_names(
    path: str, names: Sequence[str], listed: str, parts: str = "columns", more: str = ""
) -> InvalidInputError:
    """Returns the error for several columns with usual names of keys; ``listed`` are all the ``parts`` of a row."""
    return InvalidInputError(
        f"{path}: {shown_names(names)} could each be the key; the {parts} are {listed}. Name the key with "
        f"key_column=, or pass key_column=False for none{more}"
    )


def several_texts(path: str, count: int, listed: str, parts: str = "columns", more: str = "") -> InvalidInputError:
    """Returns the error for several columns of text, none of which has a usual name of keys."""
    return InvalidInputError(
        f"{path}: {count} {parts} hold text, and any of them could be the key; the {parts} are {listed}. Name the key "
        f"with key_column=, or pass key_column=False for none{more}"
    )


class Member(NamedTuple):
    """A candidate for the keys: the NumPy kind of its elements, its shape, and its type as errors show it."""

    kind: str
    shape: tuple[int, ...]
    what: str

    def fits(self, rows: int) -> bool:
        """Returns whether these can be the keys of this many rows."""
        return len(self.shape) == 1 and self.shape[0] == rows and self.kind in "iuUSO"


def choose_keys(
    members: Mapping[str, Member], wanted: str | int | Literal[False] | None, vectors: str, rows: int, path: str
) -> str | None:
    """Returns the name of the array of keys, or None.

    This is the requested array. Otherwise it is the array with a usual name for keys, which may begin with the name of
    the vectors (vectors_ids), or else the only array of text.

    Raises:
        InvalidInputError: an array with such a name cannot be the keys, or several could be.
    """
    if wanted is False:
        return None
    listed = ", ".join(f"{name:.60} ({one.what} {one.shape})" for name, one in list(members.items())[:SHOWN])
    advice = f"the arrays are {listed}. Name the keys with key_column=, or pass key_column=False for none"
    if wanted is not None:
        if not isinstance(wanted, str) or wanted not in members:
            raise InvalidInputError(f"{path}: key_column={quoted(wanted)}: there is no such array; {advice}")
        if not members[wanted].fits(rows):
            raise InvalidInputError(
                f"{path}: key_column={quoted(wanted)}: it must hold {rows:,} texts or whole numbers; {advice}"
            )
        return wanted
    for name in (*KEY_NAMES, *(f"{vectors}_{key}" for key in KEY_NAMES)):
        if name not in members or name == vectors or _belongs_elsewhere(members, name, vectors, rows):
            continue
        if members[name].fits(rows):
            return name
        raise InvalidInputError(
            f"{path}: {name}, by its name the keys of {vectors}, holds {members[name].what} of the shape "
            f"{members[name].shape} instead of {rows:,} texts or whole numbers; {advice}"
        )
    free = {name: one for name, one in members.items() if one.fits(rows) and name != vectors}
    texts = [name for name, one in free.items() if one.kind in "USO" and name.lower() not in _CLASSES]
    texts = key_candidates(free) or texts
    if len(texts) > 1:
        raise InvalidInputError(f"{path}: {shown_names(texts)} could each be the keys of {vectors}; {advice}")
    return texts[0] if texts else None


def _belongs_elsewhere(members: Mapping[str, Member], name: str, vectors: str, rows: int) -> bool:
    """Returns whether an array has one row per vector of another array, and not of this one."""
    shape = members[name].shape
    others = {one.shape[0] for other, one in members.items() if len(one.shape) > 1 and other not in (name, vectors)}
    return bool(shape) and len(shape) == 1 and shape[0] != rows and shape[0] in others
