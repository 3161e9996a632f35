"""What an explanation says of a row is what searches do with it."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.calibration.explain import explain, sum_query
from nearabout.kinds import Kind

from .calibrated import base

KINDS: dict[str, Kind] = {
    "exact": na.Exact(),
    "forest": na.Forest(leaf_size=16),
    "lists": na.IVF(lists=64, codes=4),
    "small codes": na.IVF(lists=64, codes=4, refine=False),
    "8-bit codes": na.IVF(lists=64, codes=4, keep_vectors=False),
    "nothing but small codes": na.IVF(lists=64, codes=4, refine=False, keep_vectors=False),
    "graph": na.Graph(degree=16),
}
VECTORS = np.random.default_rng(0).normal(size=(3000, 24)).astype(np.float32)
QUERIES = np.random.default_rng(1).normal(size=(25, 24)).astype(np.float32)


@pytest.fixture(scope="module", params=list(KINDS))
def index(request: pytest.FixtureRequest) -> na.Index:
    return na.build(VECTORS, metric="euclidean", kind=KINDS[request.param])


def truth(index: na.Index, query: Any) -> np.ndarray[Any, Any]:
    """All rows by their distance: by the vectors, or as the index has it where it keeps none."""
    if index.info().get("keeps_vectors", True):
        return np.argsort(((VECTORS.astype(float) - query) ** 2).sum(axis=1), kind="stable")
    return index.search(query, len(index), effort=index.info()["lists"]).rows


def cases(index: na.Index, effort: int | None) -> list[tuple[Any, int, bool, na.Explanation]]:
    """Rows that are found, rows that are missed and rows that are far, each with its true rank and its explanation."""
    found = []
    for query in QUERIES:
        true, seen = truth(index, query), index.search(query, effort=effort).rows.tolist()
        missed = [int(row) for row in true[:10] if row not in seen]
        wrong = [int(row) for row in seen if row not in true[:10]]
        for row in {int(true[0]), int(true[9]), int(true[300]), *missed[:1], *wrong[:1]}:
            rank = 1 + true.tolist().index(row)
            found.append((query, rank, row in seen, index.explain(query, row, effort=effort)))
    return found


def test_explanations_agree_with_searches(index: na.Index) -> None:
    for effort in [None] if index.kind == "exact" else [None, 3, 40]:
        for query, rank, seen, explanation in cases(index, effort):
            assert (explanation.rank, explanation.is_true_neighbour, explanation.found, explanation.k) == (
                rank,
                rank <= 10,
                seen,
                10,
            )
            assert effort in (None, explanation.effort)
            if explanation.distance_source == "vectors":
                assert explanation.distance == pytest.approx(np.linalg.norm(VECTORS[explanation.row] - query), rel=1e-6)
            assert (explanation.distance <= explanation.kth_distance) == explanation.is_true_neighbour
            if index.kind != "exact":
                assert explanation.reachable == (explanation.min_effort_found is not None)
            if (
                explanation.is_true_neighbour
                and explanation.effort is not None
                and explanation.min_effort_found is not None
            ):
                assert explanation.found or explanation.min_effort_found > explanation.effort
            if explanation.min_effort_found is not None:
                at = index.search(query, max(10, rank), effort=explanation.min_effort_found).rows
                assert explanation.row in at
                if explanation.min_effort_found > 1:
                    assert (
                        explanation.row
                        not in index.search(query, max(10, rank), effort=explanation.min_effort_found - 1).rows
                    )


def test_some_are_missed(index: na.Index) -> None:
    """The cases above are of both sorts."""
    if index.kind != "exact":
        explanation = [explanation for _, _, _, explanation in cases(index, 3)]
        assert any(each.is_true_neighbour and not each.found for each in explanation)
        assert any(each.found and not each.is_true_neighbour for each in explanation)
        assert any(each.found and each.is_true_neighbour for each in explanation)


def test_lists_tell_which_of_their_ways_missed_a_row() -> None:
    index = na.build(VECTORS, metric="euclidean", kind=KINDS["lists"])
    reasons = set()
    for effort in (3, 10, 30):
        for query in QUERIES:
            within = set(index.radius_search(query, 1e9, effort=effort).rows.tolist())  # all rows of those lists
            for row in truth(index, query)[:10].tolist():
                explanation = index.explain(query, row, effort=effort)
                assert explanation.probed == (row in within)
                if not explanation.found:
                    reasons.add(explanation.why.split(": ")[1].split(",")[0].split(".")[0])
    assert reasons == {"its list was not probed", "its list was probed"}
    assert index.explain(QUERIES[0], 5, effort=64).probed is None


def test_a_graph_tells_whether_the_walk_was_there() -> None:
    index = na.build(VECTORS, metric="euclidean", kind=KINDS["graph"])
    reasons = set()
    for effort in (10, 14):
        for query in QUERIES:
            within = set(index.radius_search(query, 1e9, effort=effort).rows.tolist())  # of all nodes it was at
            for row in truth(index, query)[:10].tolist():
                explanation = index.explain(query, row, effort=effort)
                assert explanation.probed == (row in within)
                if not explanation.found:
                    reasons.add(explanation.why.split(": ")[1].split(",")[0].split(".")[0])
    assert reasons <= {"the walk was not at its node", "the walk was at its node"}
    assert "the walk was not at its node" in reasons


def test_a_key_as_query_is_no_answer_to_itself(index: na.Index) -> None:
    if index.info().get("distance_source") == "codes":
        return
    near = index.search_by_key(7, 20)
    for row in near.rows[[0, 9, 19]].tolist():
        explanation = index.explain(7, row)
        assert explanation.found == (row in index.search_by_key(7, 10).rows)
        assert explanation.rank >= near.rows.tolist().index(row) + 1
    with pytest.raises(na.InvalidInputError, match="the key 7 is the query itself"):
        index.explain(7, 7)


def test_recall_says_what_to_spend() -> None:
    index = na.build(VECTORS, metric="euclidean", kind=KINDS["lists"])
    hits = index.search(QUERIES[0], recall=0.5)
    explanation = index.explain(QUERIES[0], hits.rows[0], recall=0.5)
    assert (explanation.found, type(explanation.key)) == (True, int)
    np.testing.assert_array_equal(hits.rows, index.search(QUERIES[0], effort=explanation.effort).rows)
    everything = index.explain(QUERIES[0], 17, recall=1)
    assert (everything.effort, everything.found) == (None, everything.is_true_neighbour)
    missed = next(
        explanation
        for _, _, _, explanation in cases(index, 2)
        if explanation.is_true_neighbour and not explanation.found
    )
    assert missed.min_effort_found is not None
    assert f"A search with effort={missed.min_effort_found} finds it" in missed.why
    assert "this search, which took 2 lists, missed it" in missed.why
    named = re.search(r"Those with recall=(\S+) (?:begin with (\d+) lists?|compare every row)\.", missed.why)
    assert named is not None
    least = base(index, 10, float(named[1]))
    assert least == (int(named[2]) if named[2] else math.inf)
    assert least >= missed.min_effort_found


def test_a_sum_leaves_its_terms_out() -> None:
    words = na.build(VECTORS[:200], keys=[f"w{row}" for row in range(200)], metric="cosine")
    unit = VECTORS[:200] / np.linalg.norm(VECTORS[:200], axis=1, keepdims=True)
    vector = unit[3] - unit[4] + unit[5]
    order = [row for row in np.argsort(-(unit @ vector)).tolist() if row not in (3, 4, 5)]
    asked = sum_query(words._core, [(1.0, 3), (-1.0, 4), (1.0, 5)])
    for rank in (1, 10, 190):
        explanation = explain(words._core, asked, f"w{order[rank - 1]}")
        assert (explanation.rank, explanation.is_true_neighbour, explanation.found, explanation.row) == (
            rank,
            rank <= 10,
            rank <= 10,
            order[rank - 1],
        )
    with pytest.raises(na.InvalidInputError, match="is the query itself"):
        explain(words._core, asked, "w4")


def test_ties_are_ranked_by_row() -> None:
    index = na.build([[0.0], [1.0], [1.0], [1.0], [2.0]], metric="euclidean")
    assert [index.explain([0.0], row, k=2).rank for row in range(5)] == [1, 2, 3, 4, 5]
    assert index.explain([0.0], 2, k=2).why == (
        "It is the 3rd nearest, at 1, and the 2nd is at 1: a search for 2 neighbours is right to leave it out."
    )
    assert index.explain([0.0], 0, k=1).why == "It is the nearest, and the exact scan found it."


@pytest.mark.parametrize(
    ("query", "key", "options", "error", "sentence"),
    [
        ([1.0, 2.0], 0, {}, na.InvalidInputError, "the query has 2 dims; the index has 24"),
        (QUERIES, 0, {}, na.InvalidInputError, r"shape \(25, 24\).* one query at a time"),
        (QUERIES[0], 3000, {}, na.UnknownKeyError, "no key 3000"),
        (QUERIES[0], "a", {}, na.UnknownKeyError, "no key 'a'"),
        (QUERIES[0], [1, 2], {}, na.UnknownKeyError, r"no key \[1, 2\]"),
        (3001, 0, {}, na.UnknownKeyError, "no key 3001"),
        (QUERIES[0], 0, {"k": 0}, na.InvalidInputError, "k is 0"),
        (QUERIES[0], 0, {"effort": 0}, na.InvalidInputError, "effort is 0"),
        (
            QUERIES[0],
            0,
            {"effort": 3, "recall": 0.9},
            na.InvalidInputError,
            "^pass either recall= or effort=, not both",
        ),
        (QUERIES[0], 0, {"recall": 2}, na.InvalidInputError, "recall is 2"),
    ],
)
def test_what_is_refused(query: Any, key: Any, options: dict[str, Any], error: type[Exception], sentence: str) -> None:
    index = na.build(VECTORS, metric="euclidean", kind=KINDS["lists"])
    with pytest.raises(error, match=sentence):
        index.explain(query, key, **options)
