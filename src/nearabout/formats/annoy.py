"""Reads Annoy's files, and the words that people store for them in an LMDB map.

An Annoy file has no magic number, no number of dimensions and no metric. So it cannot be detected, and `read` does not
support it; the caller passes metric and dims (`nearabout convert --metric --dims`).

Annoy identifies its vectors only by item numbers. The usual way to store words is a map with two entries per word: `w`
and the word map to the number as decimal text, `i` and the number map to the word.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError, MissingDependencyError, UnknownFormatError, quoted
from nearabout.formats._embeddings import Embeddings, Vectors
from nearabout.formats._keys import KeyList

if TYPE_CHECKING:
    import lmdb

NAME = "annoy"
SUFFIXES = (".annoy", ".ann")

# Annoy's names -> our names.
METRICS = {
    "angular": "cosine",
    "euclidean": "euclidean",
    "manhattan": "manhattan",
    "hamming": "hamming",
    "dot": "dot",
}


def read_annoy(path: str, metric: str, dims: int, words: str | None = None) -> Embeddings:
    """Reads the vectors of an Annoy file in the order of their numbers. Items that were never added are left out.

    Args:
        path: path of the file.
        metric: Annoy's name of the metric; one of METRICS.
        dims: the `f` that the file was written with.
        words: path of an LMDB map of the words. Without it the keys are the item numbers, or None if those are 0 to
            n - 1.

    Returns:
        `Embeddings`: the vectors, float32, or bool under hamming, and their keys.

    Raises:
        OSError: a file cannot be read, or has a size that is impossible for this metric and dims.
        FileFormatError: the file has other contents, or the map does not have each item exactly once.
        InvalidInputError: there is no such metric.
        MissingDependencyError: the map needs the library lmdb.
    """
    if metric not in METRICS:
        raise InvalidInputError(f"Annoy has no metric {metric!r}: pass one of {', '.join(METRICS)}")
    if dims < 1:
        raise InvalidInputError(f"dims is {dims}: pass the number of dimensions that the file was made with")
    index = _core.AnnoyIndex(dims, metric)
    index._load(path, False)
    numbers, vectors = index._items()
    if metric == "hamming":
        vectors = np.unpackbits(vectors, axis=1, count=dims, bitorder="little").view(np.bool_)
    return _named(vectors, numbers, path, words)


def _named(vectors: Vectors, numbers: NDArray[np.int64], path: str, words: str | None) -> Embeddings:
    if words is not None:
        return Embeddings(vectors, KeyList.from_strings(read_words(words, numbers.tolist())), source=path, format=NAME)
    plain = bool(len(numbers) == 0 or numbers[-1] == len(numbers) - 1)
    return Embeddings(vectors, None if plain else numbers, source=path, format=NAME)


def read_words(path: str, numbers: Iterable[int]) -> list[str]:
    """Returns the word of each item, from the LMDB map at `path`, a folder or a file.

    Raises:
        FileFormatError: an item has no word, a word does not map back to its item, or a word has no item.
    """
    try:
        import lmdb
    except ImportError:
        raise MissingDependencyError("a map of words needs the library lmdb: pip install 'nearabout[lmdb]'") from None
    if not os.path.exists(path):  # LMDB's own error would be about a folder
        raise FileNotFoundError(2, "there is no such LMDB map", path)
    try:
        with lmdb.open(path, subdir=os.path.isdir(path), readonly=True, lock=False, create=False) as environment:
            with environment.begin() as transaction:
                found = [_word_of(transaction, number, path) for number in numbers]
                if transaction.stat()["entries"] != 2 * len(found):
                    _find_stray(transaction, set(found), path)
            return found
    except lmdb.Error as error:
        raise UnknownFormatError(f"{path} cannot be read as an LMDB map: {error}") from None


def _word_of(transaction: lmdb.Transaction, number: int, path: str) -> str:
    """Returns the word of item `number`, which must map back to it."""
    entry = transaction.get(b"i%d" % number)
    if entry is None:
        raise CorruptFileError(f"{path} has no word for item {number}: the entry i{number} is missing")
    word = _text(bytes(entry), path)
    back = transaction.get(b"w" + bytes(entry))
    if back is None:
        raise CorruptFileError(f"{path}: item {number} is {quoted(word)}, but the entry w{word} is missing")
    if bytes(back) != b"%d" % number:
        leads = _text(bytes(back), path)
        raise CorruptFileError(f"{path}: item {number} is {quoted(word)}, but the entry w{word} leads to item {leads}")
    return word


def _find_stray(transaction: lmdb.Transaction, words: set[str], path: str) -> None:
    """Returns the first entry that belongs to no item; there is one, because there are too many entries."""
    for key, value in transaction.cursor():
        name, target = _text(bytes(key), path), _text(bytes(value), path)
        if (name[1:] if name[:1] == "w" else target) not in words or name[:1] not in ("w", "i"):
            raise CorruptFileError(
                f"{path}: the entry {name} leads to {quoted(target)}, which is not an item of the index"
            )
    raise CorruptFileError(f"{path}: several entries i<number> lead to one word; each item needs its own word")


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise CorruptFileError(f"{path}: {data!r:.60} is not UTF-8 text") from None
