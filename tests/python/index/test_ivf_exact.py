"""What lists of codes find within a radius, of a key, and of fewer rows than they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.python.index.test_approximate_exact import DIMS, ROWS, assert_same, table

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot"]
LISTS = 20


def test_a_radius_finds_most_of_what_is_in_it() -> None:
    base, queries = table("f32", ROWS, 8), table("f32", 30, 9)
    lists = na.build(base, metric="euclidean", kind=na.IVF(lists=LISTS))
    radius = float(np.median(lists.search(queries, 10, exact=True).distances[:, -1]))
    found = lists.radius_search(queries, radius).counts
    assert np.sum(found) >= 0.8 * np.sum(lists.radius_search(queries, radius, exact=True).counts)


@pytest.mark.parametrize("metric", METRICS)
def test_a_key_is_not_its_own_neighbour(metric: str) -> None:
    base = table("f32", ROWS, 10) + np.random.default_rng(11).random((ROWS, DIMS), np.float32)
    index = na.build(base, keys=[f"row {row}" for row in range(ROWS)], metric=metric, kind=na.IVF(lists=LISTS))
    asked = [f"row {row}" for row in range(0, ROWS, 60)]
    hits = index.search_by_key(asked, 5)
    assert hits.rows.shape == (20, 5)
    assert (hits.rows != index.rows(asked)[:, None]).all()
    if metric != "dot":
        with_self = index.search_by_key(asked, 5, include_self=True)
        np.testing.assert_array_equal(with_self.rows[:, 0], index.rows(asked))
        np.testing.assert_array_equal(with_self.rows[:, 1:], hits.rows[:, :4])


@pytest.mark.parametrize("lists", ["auto", 1, 2, 64])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5])
def test_fewer_rows_than_lists(rows: int, lists: Any) -> None:
    base = table("f32", 5, 12)[:rows]
    index = na.build(base, metric="euclidean", kind=na.IVF(lists=lists))
    index.verify()
    exact = na.build(base, metric="euclidean", kind="exact").search(table("f32", 4, 13), 10)
    for effort in (1, 2, None):
        hits = index.search(table("f32", 4, 13), 10, effort=effort)
        assert_same(hits, exact)  # as many are asked for as there are: all lists have to be looked into
