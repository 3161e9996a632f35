"""A file that cannot be is refused where it is met, and a search of it ends."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from nearabout.annoy import AnnoyIndex

from .conftest import filled, items_for

DIMS, ITEMS = 6, 200
NODE_BYTES = {"angular": 12 + 4 * DIMS, "euclidean": 16 + 4 * DIMS, "hamming": 24, "dot": 16 + 4 * DIMS}
CHILDREN = {"angular": 4, "euclidean": 8, "hamming": 4, "dot": 4}
ROOM = {"angular": DIMS + 2, "euclidean": DIMS + 2, "hamming": 5, "dot": DIMS + 3}


class Image:
    """The nodes of a good file, to be spoilt."""

    def __init__(self, metric: str, path: Path) -> None:
        index = filled(AnnoyIndex, metric, items_for(metric, ITEMS, DIMS))
        index.build(2, n_jobs=1)
        index.save(path)
        self.metric, self.path, self.data = metric, path, bytearray(path.read_bytes())

    def place(self, node: int) -> int:
        return node * NODE_BYTES[self.metric]

    def get(self, node: int, offset: int = 0) -> int:
        return int(struct.unpack_from("<i", self.data, self.place(node) + offset)[0])

    def put(self, node: int, offset: int, value: int) -> None:
        struct.pack_into("<i", self.data, self.place(node) + offset, value)

    def nodes(self, of_kind: Callable[[int], bool]) -> list[int]:
        count = len(self.data) // NODE_BYTES[self.metric]
        return [node for node in range(ITEMS, count) if of_kind(self.get(node))]

    def planes(self) -> list[int]:
        return self.nodes(lambda descendants: descendants > ROOM[self.metric])

    def lists(self) -> list[int]:
        return self.nodes(lambda descendants: 2 <= descendants <= ROOM[self.metric])

    def load(self) -> AnnoyIndex:
        path = self.path.with_suffix(".spoilt")
        path.unlink(missing_ok=True)
        path.write_bytes(self.data)
        index = AnnoyIndex(DIMS, self.metric)
        index.load(path)
        return index

    def refused(self, words: str) -> None:
        index = self.load()
        with pytest.raises(na.CorruptFileError, match=words):
            index.get_nns_by_item(0, ITEMS, 10**6)
        with pytest.raises(na.CorruptFileError, match=words):
            index.get_nns_by_vector([0.3] * DIMS, ITEMS, 10**6)
        assert len(index.get_item_vector(0)) == DIMS


@pytest.fixture(params=["angular", "euclidean", "hamming", "dot"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Image:
    return Image(request.param, tmp_path / "good.ann")


def test_the_good_file_is_good(image: Image) -> None:
    assert image.planes()
    assert image.lists()
    assert sorted(image.load().get_nns_by_item(0, ITEMS, 10**6)) == list(range(ITEMS))


@pytest.mark.parametrize("child", [-1, 10**6, 2**31 - 1, -(2**31)])
def test_a_child_that_does_not_exist(image: Image, child: int) -> None:
    for plane in image.planes():
        image.put(plane, CHILDREN[image.metric] + 4, child)
    image.refused("has a child that does not exist")


def test_a_circle(image: Image) -> None:
    for plane in image.planes():
        for offset in (0, 4):
            image.put(plane, CHILDREN[image.metric] + offset, plane)
    image.refused("is reached in a circle")


def test_a_circle_through_the_roots(image: Image) -> None:
    planes = image.planes()
    for plane in planes:
        image.put(plane, CHILDREN[image.metric], planes[-1])
    image.refused("is reached in a circle")


def test_a_list_of_items_that_do_not_exist(image: Image) -> None:
    for node in image.lists():
        image.put(node, CHILDREN[image.metric], ITEMS)
    image.refused("lists an item that does not exist")


def test_an_item_with_descendants(image: Image) -> None:
    for item in range(ITEMS):
        image.put(item, 0, 3)
    for plane in image.planes():
        image.put(plane, CHILDREN[image.metric], 5)
    image.refused("is an item, yet has descendants")


def test_a_negative_number_of_descendants(image: Image) -> None:
    for node in image.lists():
        image.put(node, 0, -4)
    image.refused("has a negative number of descendants")


def test_a_bit_that_does_not_exist(tmp_path: Path) -> None:
    image = Image("hamming", tmp_path / "good.ann")
    for plane in image.planes():
        image.put(plane, 16, 64)
    image.refused("splits by a bit that does not exist")


@pytest.mark.parametrize("items", [-1, 10**6, 2**31 - 1])
def test_a_number_of_items_that_cannot_be(image: Image, items: int) -> None:
    last = len(image.data) // NODE_BYTES[image.metric] - 1
    image.put(last, 0, items)
    with pytest.raises(na.CorruptFileError, match="is the root of a tree and says that it has"):
        image.load()


def test_files_cut_between_nodes(image: Image) -> None:
    """Any cut leaves something that is refused or answers in order; most cannot be told from a file of Annoy."""
    size = NODE_BYTES[image.metric]
    whole = bytes(image.data)
    for nodes in range(1, len(whole) // size):
        image.data = bytearray(whole[: nodes * size])
        try:
            index = image.load()
            found = index.get_nns_by_vector([0.3] * DIMS, 10)
        except na.CorruptFileError:
            continue
        assert all(0 <= item < index.get_n_items() for item in found)


def test_files_of_before_norms_were_stored(tmp_path: Path) -> None:
    """Old files of Annoy have no squared norms at their angular items: the answers are the same without."""
    image = Image("angular", tmp_path / "good.ann")
    index = AnnoyIndex(DIMS, "angular")
    index.load(image.path)
    expected = [index.get_nns_by_item(item, 7, 100, True) for item in range(20)]
    for item in range(ITEMS):
        image.put(item, 4, 0)
    old = image.load()
    for item, (items, distances) in enumerate(expected):
        found, told = old.get_nns_by_item(item, 7, 100, True)
        assert found == items
        np.testing.assert_allclose(told, distances, rtol=1e-6)
