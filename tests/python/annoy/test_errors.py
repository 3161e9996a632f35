"""What cannot be done is refused, with the exception that Annoy raises where it raises one."""

from __future__ import annotations

import array
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.annoy import Annoy, AnnoyIndex

from .conftest import filled, items_for, ours


class NoLength:
    pass


class NoItems:
    def __len__(self) -> int:
        return 3


class Short(NoItems):
    def __getitem__(self, place: int) -> float:
        raise IndexError("no such thing")


class Failing:
    def __float__(self) -> float:
        raise RuntimeError("not today")


def built(kind: Any) -> Any:
    index = filled(kind, "euclidean", items_for("euclidean", 20, 3))
    index.build(2)
    return index


# What is done to a built index of 20 items in 3 dimensions, by either package.
WRONG: list[Callable[[Any], Any]] = [
    lambda index: index.add_item(1, NoLength()),
    lambda index: index.add_item(1, NoItems()),
    lambda index: index.add_item(1, Short()),
    lambda index: index.add_item(1, ["1", "2", "3"]),
    lambda index: index.add_item(1, [1, None, 3]),
    lambda index: index.add_item(1, None),
    lambda index: index.add_item(1, [1.0, 2.0, Failing()]),
    lambda index: index.add_item(1, [1, 2]),
    lambda index: index.add_item(1, (1, 2, 3, 4)),
    lambda index: index.add_item(1, np.zeros(4)),
    lambda index: index.add_item(1, np.zeros((3, 2))),
    lambda index: index.add_item(1, np.array([1, "x", 2], object)),
    lambda index: index.add_item(-1, [1, 2, 3]),
    lambda index: index.add_item(2**31, [1, 2, 3]),
    lambda index: index.add_item(1.5, [1, 2, 3]),
    lambda index: index.add_item("1", [1, 2, 3]),
    lambda index: index.add_item(1),
    lambda index: index.get_nns_by_item(-1, 3),
    lambda index: index.get_nns_by_item(20, 3),
    lambda index: index.get_nns_by_item(3),
    lambda index: index.get_nns_by_item(3, 2.0),
    lambda index: index.get_nns_by_item(3, 2**40),
    lambda index: index.get_nns_by_item(3, 2, wrong=1),
    lambda index: index.get_nns_by_vector([1, 2], 3),
    lambda index: index.get_nns_by_vector("abc", 3),
    lambda index: index.get_item_vector(20),
    lambda index: index.get_item_vector(-5),
    lambda index: index.get_item_vector("0"),
    lambda index: index.get_distance(0, 20),
    lambda index: index.get_distance(-1, 0),
    lambda index: index.build(3),
    lambda index: index.load("no-such-file.ann"),
    lambda index: index.load(""),
    lambda index: index.load(7),
    lambda index: index.load("a\0b"),
    lambda index: index.save("no-such-folder/x.ann"),
    lambda index: index.save(""),
    lambda index: index.on_disk_build("no-such-folder/x.ann"),
    lambda index: index.set_seed("x"),
    lambda index: pickle.dumps(index),
    lambda index: type(index)(3, "banana"),
    lambda index: type(index)("3", "angular"),
    lambda index: type(index)(3, 5),
    lambda index: type(index)(),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_the_same_exceptions(annoy: Any, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception) as theirs:
        WRONG[number](built(annoy.AnnoyIndex))
    index = built(AnnoyIndex)
    with pytest.raises(theirs.type):
        WRONG[number](index)
    index = built(AnnoyIndex)  # one that was refused something works as before
    before = index.get_nns_by_item(3, 5)
    with pytest.raises(theirs.type):
        WRONG[number](index)
    assert index.get_nns_by_item(3, 5) == before


def test_words_that_programs_look_for(tmp_path: Path) -> None:
    index = AnnoyIndex(3, "angular")
    with pytest.raises(TypeError, match=r"^object of type 'NoLength' has no len\(\)$"):
        index.add_item(1, NoLength())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="^'NoItems' object is not subscriptable$"):
        index.add_item(1, NoItems())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="^must be real number, not str$"):
        index.add_item(1, ["1", "2", "3"])  # type: ignore[list-item]
    with pytest.raises(IndexError, match=r"Vector has wrong length \(expected 3, got 2\)"):
        index.add_item(1, [1, 2])
    with pytest.raises(IndexError, match="Item index larger than the largest item index"):
        index.get_item_vector(0)
    with pytest.raises(OSError, match="You can't save an index that hasn't been built"):
        index.save(tmp_path / "x.ann")
    with pytest.raises(ValueError, match="No such metric"):
        AnnoyIndex(3, "cosine")
    index.add_item(0, [1, 2, 3])
    index.build(1)
    with pytest.raises(na.InvalidInputError, match="You can't build a built index"):
        index.build(1)
    index.save(tmp_path / "x.ann")
    for change, words in (
        (lambda: index.add_item(1, [1, 2, 3]), "You can't add an item to a loaded index"),
        (lambda: index.build(1), "You can't build a loaded index"),
        (index.unbuild, "You can't unbuild a loaded index"),
    ):
        with pytest.raises(na.InvalidInputError, match=words):
            change()
    with pytest.raises(OSError, match="You can't build a built or loaded index on disk"):
        index.on_disk_build(tmp_path / "y.ann")


@pytest.mark.parametrize(("trees", "jobs"), [(-2, 1), (3, 0), (3, -2)])
def test_numbers_that_make_annoy_hang_or_build_nothing(trees: int, jobs: int) -> None:
    index = AnnoyIndex(3, "angular")
    index.add_item(0, [1, 2, 3])
    with pytest.raises(na.InvalidInputError, match="n_trees is -2|n_jobs is"):
        index.build(trees, n_jobs=jobs)
    assert index.build(2)


def test_more_than_annoy_refuses() -> None:
    with pytest.raises(na.InvalidInputError, match="f is 0"):
        AnnoyIndex(0, "angular")
    with pytest.raises(AttributeError):
        AnnoyIndex(3, "angular").f = 4
    index = ours("dot", 30, 3)
    with pytest.raises(na.InvalidInputError, match="You can't add an item to a built index; call unbuild"):
        index.add_item(30, [1, 2, 3])  # Annoy writes it over the trees


def test_the_default_metric() -> None:
    with pytest.warns(FutureWarning, match="default argument for metric"):
        index = AnnoyIndex(2)
    index.add_item(0, [1, 0])
    index.add_item(1, [0, 5])
    assert index.get_distance(0, 1) == pytest.approx(2**0.5)
    assert AnnoyIndex(f=3, metric="euclidean").f == 3
    assert Annoy is AnnoyIndex


@pytest.mark.parametrize(
    "vector",
    [
        [1, 2.5, True],
        (1, 2.5, 1),
        np.array([1, 2.5, 1]),
        np.array([1, 2.5, 1], np.float32)[::-1][::-1],
        np.array([1, 9, 2.5, 9, 1, 9], np.float32)[::2],
        np.array([1, 2.5, 1], ">f8"),
        np.array([1, 2.5, 1], np.float16),
        np.array([1, 2.5, 1], object),
        array.array("d", [1, 2.5, 1]),
        memoryview(array.array("f", [1, 2.5, 1])),
        [np.float32(1), np.float64(2.5), np.int8(1)],
    ],
    ids=lambda vector: f"{type(vector).__name__} {getattr(vector, 'dtype', '')}",
)
def test_all_kinds_of_vectors(annoy: Any, vector: Any) -> None:
    mine, theirs = AnnoyIndex(3, "euclidean"), annoy.AnnoyIndex(3, "euclidean")
    mine.add_item(0, vector)
    theirs.add_item(0, vector)
    assert mine.get_item_vector(0) == theirs.get_item_vector(0) == [1.0, 2.5, 1.0]


@pytest.mark.parametrize("kind", "?bBhHiIlLqQ")
def test_arrays_of_integers(kind: str) -> None:
    values = np.array([1, 0, 100], kind)
    index = AnnoyIndex(3, "euclidean")
    index.add_item(np.int64(0), values)
    assert index.get_item_vector(0) == values.tolist()


def test_a_list_that_shrinks_while_it_is_read() -> None:
    class Emptying:
        def __float__(self) -> float:
            vector.clear()
            return 1.0

    vector: list[Any] = [Emptying(), 2.0, 3.0]
    index = AnnoyIndex(3, "euclidean")
    with pytest.raises(IndexError):
        index.add_item(0, vector)
    assert index.get_n_items() == 0
