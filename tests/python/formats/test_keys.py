"""KeyList: strings without string objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearabout.errors import InvalidInputError
from nearabout.formats import KeyList
from nearabout.formats._embeddings import without_duplicates
from nearabout.formats._keys import as_keys

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts, max_size=30))
def test_it_is_the_sequence_it_was_made_from(strings: list[str]) -> None:
    keys = KeyList.from_strings(strings)
    assert len(keys) == len(strings)
    assert list(keys) == strings
    assert keys == strings
    assert keys[:] == strings
    assert keys[::-2] == strings[::-2]
    assert [keys[row] for row in range(len(strings))] == strings
    assert [keys[row - len(strings)] for row in range(len(strings))] == strings
    assert keys.blob.tobytes() == "".join(strings).encode()
    assert keys.offsets.dtype == np.uint64


@given(st.lists(st.sampled_from(["", "a", "b", "\u00e9", "a\x00", "abcdefghi"]), max_size=30))
def test_duplicates_go_and_the_first_stay(strings: list[str]) -> None:
    vectors = np.arange(len(strings), dtype=np.float32).reshape(-1, 1)
    kept, keys, dropped = without_duplicates(vectors, KeyList.from_strings(strings))
    expected = list(dict.fromkeys(strings))
    assert keys == expected
    assert dropped == len(strings) - len(expected)
    assert kept[:, 0].tolist() == [strings.index(key) for key in expected]


def test_iteration_over_more_than_one_bunch() -> None:
    strings = [f"key {row}" for row in range(25_001)]
    keys = KeyList.from_strings(strings)
    assert list(keys) == strings
    assert keys.take(np.array([25_000, 0, 7]))[:] == ["key 25000", "key 0", "key 7"]


def test_integer_keys_keep_their_first_row() -> None:
    vectors = np.arange(4, dtype=np.float32).reshape(-1, 1)
    kept, keys, dropped = without_duplicates(vectors, np.array([5, 3, 5, 1]))
    assert np.asarray(keys).tolist() == [5, 3, 1]
    assert (kept[:, 0].tolist(), dropped) == ([0, 1, 3], 1)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"key 1.*lone surrogate at 1"):
        KeyList.from_strings(["a", "b\ud800"])
    with pytest.raises(InvalidInputError, match=r"key 1 is 2\.5, of type float"):
        as_keys(["a", 2.5], 2)
    with pytest.raises(InvalidInputError, match="2 keys were given for 3 vectors"):
        as_keys(["a", "b"], 3)
    with pytest.raises(InvalidInputError, match="outside the range of int64"):
        as_keys([1 << 63], 1)
    with pytest.raises(IndexError):
        KeyList.from_strings(["a"])[1]


def test_it_shows_its_first_keys() -> None:
    assert repr(KeyList.from_strings(["a", "b"])) == "KeyList(['a', 'b'])"
    assert "5 in all" in repr(KeyList.from_strings("abcde"))
