"""Sums of keys and vectors: against a calculation by hand, and against the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.cli.search import Searcher
from tests.python.conftest import Kind, skip_unserved

RNG = np.random.default_rng(5)
VECTORS = RNG.normal(size=(60, 7)).astype(np.float32)
WORDS = [f"w{row}" for row in range(60)]


def built(metric: str, kind: Kind | str = "exact", keys: Any = WORDS) -> na.Index:
    return na.build(VECTORS, keys=keys, metric=metric, kind=kind)


def by_hand(metric: str, terms: list[tuple[float, np.ndarray]], left_out: list[int], k: int) -> list[int]:
    """Rows of the nearest, in float64."""
    if metric == "cosine":
        terms = [(weight, vector / np.linalg.norm(vector.astype(np.float64))) for weight, vector in terms]
    total = sum(weight * vector.astype(np.float64) for weight, vector in terms)
    base = VECTORS.astype(np.float64)
    distances = {
        "cosine": 1 - base @ total / np.linalg.norm(base, axis=1) / np.linalg.norm(total),
        "dot": -base @ total,
        "euclidean": np.linalg.norm(base - total, axis=1),
        "manhattan": np.abs(base - total).sum(axis=1),
    }[metric]
    return [int(row) for row in np.argsort(distances, kind="stable") if row not in left_out][:k]


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean", "manhattan"])
def test_against_a_calculation(metric: str, kind: Kind) -> None:
    skip_unserved(kind, metric)
    index, own = built(metric, kind), RNG.normal(size=7).astype(np.float32)
    found = index.analogy(["w3", "w8", own], ["w5"], 6, exact=True)
    terms = [(1.0, VECTORS[3]), (1.0, VECTORS[8]), (1.0, own), (-1.0, VECTORS[5])]
    assert found.rows.tolist() == by_hand(metric, terms, [3, 8, 5], 6)
    assert found.keys.tolist() == [WORDS[row] for row in found.rows]
    weighted = index.analogy(positive=[("w3", 0.25), (own, 2)], negative=("w5", 3.0), exact=True)
    terms = [(0.25, VECTORS[3]), (2.0, own), (-3.0, VECTORS[5])]
    assert weighted.rows.tolist() == by_hand(metric, terms, [3, 5], 10)
    assert weighted.expected_recall == 1.0


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_the_shell_answers_the_same(metric: str, kind: Kind, tmp_path: Path) -> None:
    skip_unserved(kind, metric)
    path = tmp_path / "words.near"
    built(metric, kind).save(path)
    index = na.open(path)
    searcher = Searcher(str(path), 5, exact=index.kind != "exact")
    for positive, negative, words in [
        (["w1", "w2"], ["w3"], "w1 + w2 - w3"),
        (["w1"], ["w3"], "w1 - w3"),
        (["w1", "w1", "w4"], [], "w1 w1 w4"),
        (["w7"], [], "w7"),
        ([], ["w7"], "- w7"),
    ]:
        hits = index.analogy(positive, negative, 5, exact=True)
        told = searcher.find([words])
        assert hits.rows.tolist() == [row for _, row, _ in told]
        assert hits.distances.tolist() == [distance for _, _, distance in told]


def test_what_is_alone_stands_for_a_list_of_one() -> None:
    index, own = built("cosine"), VECTORS[9] * 2
    assert index.analogy("w4").rows.tolist() == index.search_by_key("w4").rows.tolist()
    assert index.analogy(positive="w4", negative="w5").rows.tolist() == index.analogy(["w4"], ["w5"]).rows.tolist()
    assert index.analogy(own, k=3).rows.tolist() == index.search(own, k=3).rows.tolist()
    assert index.analogy([own.tolist()], k=3).rows.tolist() == index.search(own, k=3).rows.tolist()
    two = np.stack([own, VECTORS[1]])
    assert index.analogy(two).rows.tolist() == index.analogy([own, VECTORS[1]]).rows.tolist()
    assert index.analogy(("w1", "w2")).rows.tolist() == index.analogy(["w1", "w2"]).rows.tolist()
    assert index.analogy(np.array(["w1", "w2"])).rows.tolist() == index.analogy(["w1", "w2"]).rows.tolist()
    assert (
        index.analogy((word for word in ("w1", "w2")), None).rows.tolist() == index.analogy(["w1", "w2"]).rows.tolist()
    )


def test_numbers_as_keys() -> None:
    for keys in (None, list(range(100, 160))):
        index, first = built("cosine", keys=keys), 0 if keys is None else 100
        hits = index.analogy([first + 3, np.int64(first + 8)], first + 5)
        assert hits.rows.tolist() == built("cosine").analogy(["w3", "w8"], "w5").rows.tolist()
        assert hits.keys.tolist() == [row + first for row in hits.rows.tolist()]


def test_all_there_are(kind: Kind) -> None:
    index = built("cosine", kind)
    assert len(index.analogy(["w1", "w2"], ["w3", "w3"], 1000).rows) == 57
    hits = index.analogy(["w1", "w2"], k=4)
    assert (hits.rows.shape, hits.distances.shape, hits.counts) == ((4,), (4,), 4)
    assert hits.out_of_distribution in (True, False)
    one = na.build([[1.0, 2.0], [2.0, 1.0]], keys=["a", "b"])
    assert one.analogy(["a", "b"]).rows.tolist() == []


def test_spending(kind: Kind) -> None:
    index = built("euclidean", kind)
    assert index.analogy(["w1", "w2"], recall=1.0).effort == na.EVERY_ROW
    if kind.name != "exact":
        assert index.analogy(["w1", "w2"], effort=1).effort > 0  # asked again where a list holds too few
    with pytest.raises(na.InvalidInputError, match="k is 0"):
        index.analogy(["w1"], k=0)


@pytest.mark.parametrize(
    ("positive", "negative", "sentence"),
    [
        ([], [], "positive and negative are empty"),
        (None, None, "positive and negative are empty"),
        (["w1"], ["w1"], "cancel out"),
        (["w1", ("w2", float("nan"))], [], "positive has the weight nan"),
        (VECTORS[0].tolist(), [], "positive contains .*, a float; pass keys or vectors"),
        ([True], [], "positive contains True"),
        ("w1", [None], "negative contains None, a NoneType"),
        ([VECTORS], [], r"an item of the shape \(60, 7\)"),
        ([VECTORS[0][:5]], [], "positive contains a vector that cannot be used: .*5 dims"),
        ([VECTORS[0] * np.nan], [], "positive contains a vector that cannot be used: .*nan"),
        ((1, 2), [], r"two keys or a key and its weight; pass a list: \[1, 2\] or \[\(1, 2\)\]"),
        ({"w1": 2.0}, [], "positive is a dict"),
        (b"w1", [], "positive is a bytes"),
        (2.5, [], "positive is a float"),
    ],
)
def test_what_cannot_be_added_is_told(positive: Any, negative: Any, sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        built("cosine").analogy(positive, negative)


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(na.UnknownKeyError, match="no key 'w1000' among the 60 of this index; nearest spellings: "):
        built("cosine").analogy(["w1", "w1000"])


def test_a_sum_as_the_shell_has_it_is_explained() -> None:
    sentence = r"to add and subtract, pass positive=\['w1', 'w3'\], negative=\['w2'\]$"
    with pytest.raises(na.UnknownKeyError, match=sentence):
        built("cosine").analogy("w1 - w2 + w3")
    with pytest.raises(na.UnknownKeyError, match=r"no key 'w1 w1000' among the 60 of this index$"):
        built("cosine").analogy("w1 w1000")
    with pytest.raises(na.InvalidInputError, match="2 dims; the index has 7; if these are keys, pass a list of them"):
        built("cosine", keys=range(60)).analogy(np.array([1, 2]))


def test_bits_and_degrees_cannot_be_added() -> None:
    bits = na.build(VECTORS > 0, keys=WORDS, metric="hamming")
    places = na.build(VECTORS[:, :2], keys=WORDS, metric="haversine")
    for index in (bits, places):
        assert index.analogy("w1", k=3).rows.tolist() == index.search_by_key("w1", k=3).rows.tolist()
        for positive in (["w1", "w2"], [VECTORS[0][: index.dims]]):
            with pytest.raises(na.InvalidInputError, match="cannot be added; ask for one key at a time"):
                index.analogy(positive)
