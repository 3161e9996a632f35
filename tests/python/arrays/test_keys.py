"""Keys: what they may be, how they are found, and what is told of those that cannot be or are not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import Kind

AWKWARD = ["", " ", "New York", "line\nbreak", "nul\0inside", "x" * 1_000_000, "שלום", "e\u0301", "é", "🦉", "-", "1"]


def with_keys(keys: Any, rows: int = 3, kind: str | Kind = "auto") -> na.Index:
    return na.build(np.arange(1, rows + 1, dtype=np.float32)[:, None], keys=keys, metric="euclidean", kind=kind)


def test_strings_of_all_sorts(kind: Kind) -> None:
    index = with_keys(AWKWARD, len(AWKWARD), kind)
    assert list(index) == AWKWARD
    for row, key in enumerate(AWKWARD):
        assert key in index
        assert index[key].tolist() == [row + 1]
        assert index.search_by_key(key, 1, include_self=True).rows.tolist() == [row]
    assert index.rows(AWKWARD).tolist() == list(range(len(AWKWARD)))


@pytest.mark.parametrize(
    "keys",
    [
        [7, -(2**63), 2**63 - 1],
        (7, 8, 9),
        range(3),
        np.array([5, 6, 7], np.uint8),
        np.array([5, 6, 7], ">i4"),
        [np.int32(1), 2, np.int64(3)],
        np.array([1, 2, 3], object),
    ],
)
def test_integers(keys: Any, kind: Kind) -> None:
    index = with_keys(keys, kind=kind)
    expected = [int(key) for key in keys]
    assert list(index) == expected
    assert index.keys().dtype == np.int64
    assert [index[key].tolist() for key in expected] == [[1], [2], [3]]
    assert np.int64(expected[0]) in index
    assert index.search([1.0], 1).keys.tolist() == expected[:1]


@pytest.mark.parametrize(
    "keys",
    [
        ("a", "b", "c"),
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], object),
        [np.str_("a"), "b", "c"],
        (letter for letter in "abc"),
        {"a": 0, "b": 1, "c": 2}.keys(),
    ],
)
def test_strings_in_other_containers(keys: Any) -> None:
    assert list(with_keys(keys)) == ["a", "b", "c"]


def test_without_keys_the_rows_are_keys(kind: Kind) -> None:
    index = with_keys(None, kind=kind)
    assert list(index) == [0, 1, 2]
    assert (2 in index, 3 in index, -1 in index, "2" in index) == (True, False, False, False)
    assert index[1].tolist() == [2]
    assert index.search([3.0], 1).keys.tolist() == [2]
    with pytest.raises(
        na.UnknownKeyError, match="no key 3: this index has no keys, only 3 rows with the numbers 0 to 2"
    ):
        _ = index[3]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (["a", "b"], "3 vectors but 2 keys"),
        (["a", "b", "a"], r"\ba\b"),
        ([4, 5, 4], "4"),
        (["a", 2, "c"], "key 1 is 2, an int, while key 0 is a str"),
        ([1, 2.5, 3], "key 1 is 2.5, a float"),
        ([1, True, 3], "key 1 is True, a bool"),
        (["a", None, "c"], "key 1 is None"),
        (["a", b"b", "c"], "key 1 is b'b', a bytes"),
        (["a", "\ud800", "c"], "key 1.*lone surrogate"),
        ([1, 2**63, 3], "key 1 is 9223372036854775808.*int64"),
        ([1, 2, -(2**63) - 1], "key 2 is -9223372036854775809.*int64"),
        (np.array([1, 2, 2**63], np.uint64), "key 2 is 9223372036854775808.*int64"),
        (np.array([1.0, 2.0, 3.0]), "key 0 is 1.0, a float"),
        (np.array([b"a", b"b", b"c"]), "key 0 is b'a', a bytes"),
        ("abc", "single str"),
        ({"a", "b", "c"}, "keys is a set, which has no order"),
        ({"a": 1, "b": 2, "c": 3}, "keys is a dict, which has no order"),
        (7, "keys is an int"),
    ],
)
def test_keys_that_cannot_be(keys: Any, sentence: str, kind: Kind) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        with_keys(keys, kind=kind)


def test_what_cannot_be_a_key_is_not_in_the_index(compass: na.Index, kind: Kind) -> None:
    for key in (0, True, None, 1.5, b"north", "\ud800", ("north",)):
        assert key not in compass
    numbered = with_keys([1, 2, 3], kind=kind)
    for other in (True, 1.0, "1", 2**63, -(2**70), None):
        assert other not in numbered


def test_unknown_keys_are_told_with_what_is_near(compass: na.Index) -> None:
    with pytest.raises(
        na.UnknownKeyError, match=r"no key 'sotuh' among the 5 of this index; nearest spellings: south"
    ) as told:
        _ = compass["sotuh"]
    assert isinstance(told.value, KeyError)
    with pytest.raises(na.UnknownKeyError, match=r"no key 7: the keys of this index are strings"):
        _ = compass[7]
    with pytest.raises(na.UnknownKeyError, match="no key 'a': the keys of this index are integers"):
        _ = with_keys([1, 2, 3])["a"]
    with pytest.raises(na.UnknownKeyError, match="no key 9"):
        with_keys([1, 2, 3]).rows([1, 9])
    with pytest.raises(na.UnknownKeyError, match="keys of this index are strings"):
        compass.rows([1, 2])
    with pytest.raises(na.UnknownKeyError, match="no key None"):
        _ = compass[None]


def test_vectors_and_keys_of_rows(compass: na.Index) -> None:
    assert compass["east"].tolist() == [1, 0]
    assert compass[["west", "north"]].tolist() == [[-1, 0], [0, 1]]
    assert compass.keys([3, 0]).tolist() == ["south", "north"]
    assert compass.keys([[3], [0]]).tolist() == [["south"], ["north"]]
    assert compass.keys().shape == (5,)
    assert compass.vectors([2]).tolist() == [[1, 0]]
    assert compass.vectors(2).tolist() == [1, 0]
    assert compass.vectors([]).shape == (0, 2)
    for rows in ([5], [-1], [0, 99]):
        with pytest.raises(na.InvalidInputError, match=r"there is no row .*0 to 4"):
            compass.keys(rows)
    with pytest.raises(na.InvalidInputError, match="row numbers are integers, 0 to 4$"):
        compass.vectors([0.5])  # type: ignore[arg-type]
    with pytest.raises(
        na.InvalidInputError, match=r"row numbers are integers, 0 to 4: index\[key\] is the vector of a key"
    ):
        compass.vectors("east")  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match=r"keys is slice\(0, 2, None\); .*index\.vectors\(range"):
        _ = compass[0:2]


def test_a_vector_is_a_copy(compass: na.Index) -> None:
    vector = compass["east"]
    vector[:] = 9
    assert compass["east"].tolist() == [1, 0]


@pytest.mark.parametrize("labels", [["cat", "dog", "cat"], [7, 8, 7]])
def test_labels_that_rows_share_are_no_keys(labels: list[Any]) -> None:
    advice = r"of row 0 and again of row 2\..* build without keys, .* by row number, labels\[hits\.rows\]"
    with pytest.raises(na.InvalidInputError, match=advice):
        with_keys(labels)
    hits = with_keys(None).search([3.0], k=2)  # what the sentence says
    assert np.array(labels)[hits.rows].tolist() == [labels[2], labels[1]]


def test_a_key_of_the_other_type_is_pointed_to() -> None:
    with pytest.raises(na.UnknownKeyError, match=r"the keys of this index are integers; 2 is in the index$"):
        _ = with_keys([1, 2, 3])["2"]
    with pytest.raises(na.UnknownKeyError, match=r"the keys of this index are strings; '2' is in the index$"):
        _ = with_keys(["1", "2", "3"])[2]
    with pytest.raises(na.UnknownKeyError, match=r"the keys of this index are integers$"):
        _ = with_keys([1, 2, -1])["9" * 30]
    with pytest.raises(na.UnknownKeyError, match=r"the keys of this index are integers$"):
        _ = with_keys([1, 2, -1])["nine"]
    for index in (with_keys(None), with_keys([0, 1, 2])):
        sentence = r"no key 2\.0: keys are strings or integers, but this is a float; 2 is in the index$"
        with pytest.raises(na.UnknownKeyError, match=sentence):
            index.search_by_key(2.0)  # type: ignore[arg-type]
    with pytest.raises(na.UnknownKeyError, match=r"no key nan: keys are strings or integers, but this is a float$"):
        with_keys(None).search_by_key(float("nan"))  # type: ignore[arg-type]
    with pytest.raises(na.UnknownKeyError, match=r"no key True: keys are strings or integers, but this is a bool$"):
        with_keys(None).search_by_key(True)
    with pytest.raises(na.UnknownKeyError, match="no key 'a': this index is empty"):
        _ = na.build(np.empty((0, 2), np.float32))["a"]
