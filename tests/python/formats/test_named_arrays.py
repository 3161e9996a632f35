"""Keys beside vectors in .npz, HDF5 and pickles: read, or refused by name, and never passed over."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout
from nearabout.errors import InvalidInputError
from nearabout.formats import open_rows, read

File = Callable[[str, bytes | str], Path]
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
WORDS = ["a", "日本", "c d"]


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def keys_of(path: Path, **options: Any) -> list[Any] | None:
    """The keys, which are the same in pieces."""
    found = read(path, **options)
    with open_rows(path, room=1 << 30, scratch=None, **options) as stream:
        pieces = list(stream.pieces) if stream.place is None else []
        keys, _ = stream.finish()
    assert not pieces or np.concatenate(pieces).tolist() == found.vectors.tolist()
    assert (keys is None) == (found.keys is None)
    if keys is None or found.keys is None:
        return None
    assert list(keys) == list(found.keys)
    return list(keys)


@pytest.mark.parametrize("dtype", [object, str, "S"])
@pytest.mark.parametrize("name", ["keys", "words", "vectors_words", "vocabulary"])
def test_npz_with_words_of_every_type(file: File, dtype: Any, name: str) -> None:
    words = [word.encode() for word in WORDS] if dtype == "S" else WORDS
    path = file("a.npz", npz(vectors=MATRIX, **{name: np.array(words, dtype)}))
    assert keys_of(path) == WORDS
    assert keys_of(path, key_column=name) == WORDS
    assert keys_of(path, key_column=False) is None


def test_npz_of_what_an_index_gives(file: File) -> None:
    index = nearabout.build(MATRIX, WORDS)
    path = file("a.npz", npz(vectors=index.vectors(), keys=index.keys()))
    assert keys_of(path) == WORDS
    numbered = nearabout.build(MATRIX, [7, 8, 9])
    assert keys_of(file("b.npz", npz(vectors=numbered.vectors(), keys=numbered.keys()))) == [7, 8, 9]


def test_objects_are_read_without_running_a_pickle(file: File) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return eval, ("1/0",)

    path = file("a.npz", npz(vectors=MATRIX, keys=np.array([Trap(), "b", "c"], object)))
    with pytest.raises(InvalidInputError, match=r"the pickle uses builtins\.eval"):
        read(path)
    assert len(read(path, key_column=False)) == 3


@pytest.mark.parametrize("keys", [
    np.array([1.0, 2.0, 3.0]), np.array([True, False, True]), np.array(["2024-01-01"] * 3, "M8[D]"),
    np.array([["a"]] * 3),
    np.array(["a", "b"]), np.array(["a", None, "c"], object), np.array([1.5, 2, 3], object), np.array("a"),
    np.zeros(3, "V4"), np.zeros(3, [("a", "i4")]), np.zeros(3, complex),
])  # fmt: skip
def test_npz_keys_that_cannot_be_used_are_refused(file: File, keys: Any) -> None:
    path = file("a.npz", npz(vectors=MATRIX, ids=keys))
    both: list[dict[str, Any]] = [{}, {"key_column": "ids"}]
    for options in both:
        with pytest.raises(InvalidInputError, match=r"ids|element \d is"):
            read(path, **options)
    assert read(path, key_column=False).keys is None


def test_npz_whose_vectors_cannot_be_used_is_not_read_for_others(file: File) -> None:
    for vectors in (np.array([[1, 2], [3, 4]], object), np.zeros((2, 2), [("a", "f4")])):
        for arrays in ({"vectors": vectors}, {"vectors": vectors, "other": MATRIX}):
            with pytest.raises(InvalidInputError, match=r"the array vectors holds .*not numbers.*dataset="):
                read(file("a.npz", npz(**arrays)))
    assert len(read(file("a.npz", npz(vectors=vectors, other=MATRIX)), dataset="other")) == 3
    labelled = read(file("a.npz", npz(X=MATRIX, y=np.array(["cat", "dog", "cat"]))))
    assert (len(labelled), labelled.keys) == (3, None)  # classes, which many rows share


def test_npz_keys_of_other_vectors_are_left_to_them(file: File) -> None:
    path = file("a.npz", npz(train=MATRIX, test=MATRIX[:2], ids=np.array([7, 8])))
    assert keys_of(path) is None
    assert keys_of(path, dataset="test") == [7, 8]
    pairs = [(7, MATRIX[0]), (8, MATRIX[1])]
    assert np.asarray(read(file("a.pkl", pickle.dumps(pairs))).keys).tolist() == [7, 8]
    with pytest.raises(
        InvalidInputError, match=r"a\.pkl: the pickle.*a list of arrays of more than one dimension.*np\.stack"
    ):
        read(file("a.pkl", pickle.dumps([MATRIX, MATRIX])))
    with pytest.raises(InvalidInputError, match=r"a\.pkl: 2 keys were given for 3 vectors"):
        read(file("a.pkl", pickle.dumps((MATRIX, ["a", "b"]))))
    with pytest.raises(InvalidInputError, match=r"first, second could each be the keys of vectors.*key_column="):
        read(file("b.npz", npz(vectors=MATRIX, first=np.array(WORDS), second=np.array(WORDS))))


@pytest.mark.parametrize("name", ["keys", "words", "anything"])
def test_hdf5_with_keys(tmp_path: Path, name: str) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.h5"
    for words in (WORDS, np.array([word.encode() for word in WORDS])):
        with h5py.File(path, "w") as file:
            file["vectors"] = MATRIX
            file[name] = words
        assert keys_of(path) == WORDS
        assert keys_of(path, key_column=False) is None
    with h5py.File(path, "w") as file:
        file["vectors"], file["ids"] = MATRIX, [7, 8, 7]
    assert keys_of(path) == [7, 8]
    with h5py.File(path, "w") as file:
        file["vectors"], file["ids"] = MATRIX, [7.0, 8.0, 9.0]
    with pytest.raises(
        InvalidInputError, match=r"ids, by its name the keys of vectors, holds float64.*key_column=False"
    ):
        read(path)


def test_pickles_with_words_of_other_forms(file: File) -> None:
    for content in (
        {"vectors": MATRIX, "vocabulary": WORDS}, (np.array(WORDS, object), MATRIX),
        {"embeddings": MATRIX.tolist(), "tokens": np.array(WORDS, object)},
        {"vectors": MATRIX, "x": WORDS, "n": [1, 2, 3]},
    ):  # fmt: skip
        assert read(file("a.pkl", pickle.dumps(content))).keys == WORDS
    with pytest.raises(InvalidInputError, match=r"first, second could each be the keys of vectors"):
        read(file("a.pkl", pickle.dumps({"vectors": MATRIX, "first": WORDS, "second": WORDS})))
    with pytest.raises(InvalidInputError, match=r"an array of objects of the shape \(2, 2\)"):
        read(file("a.pkl", pickle.dumps((np.array([["a", "b"]] * 2, object), MATRIX))))
