"""`build(queries=)`: the curve of lists of codes, measured with what will be asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na

LISTS = na.IVF(lists=64)
Floats = NDArray[np.float32]


def sphere_and_its_middle() -> tuple[Floats, Floats]:
    """From near the middle all rows are about equally far, and the nearest centroid says little."""
    random = np.random.default_rng(8)
    directions = random.normal(size=(6600, 8))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions[:6000].astype(np.float32), (0.05 * directions[6000:]).astype(np.float32)


def share_found(found: NDArray[Any], true: NDArray[Any]) -> float:
    pairs = zip(found.tolist(), true.tolist(), strict=True)
    return sum(len(set(near) & set(truth)) for near, truth in pairs) / true.size


def test_the_curve_is_of_the_queries_that_were_given() -> None:
    rows, middle = sphere_and_its_middle()
    given, fresh = middle[:300], middle[300:]
    truth = na.build(rows, metric="euclidean", kind="exact").search(fresh).rows
    by_rows = na.build(rows, metric="euclidean", kind=LISTS)
    by_queries = na.build(rows, metric="euclidean", kind=LISTS, queries=given)
    assert share_found(by_queries.search(fresh).rows, truth) >= 0.93
    of_rows = int(np.median(by_rows.search(rows[::20]).effort))
    assert share_found(by_rows.search(fresh, effort=of_rows).rows, truth) < 0.93, "the test has to be harder"
    assert (by_rows.search(fresh).effort == na.EVERY_ROW).all(), "their neighbours are farther away than those of rows"
    deepest = {effort: share for share, effort, _ in by_queries.info()["curves"][10] if share >= 0.8}
    for effort, share in deepest.items():
        assert abs(share_found(by_queries.search(fresh, effort=int(effort)).rows, truth) - share) < 0.05


def test_queries_that_are_rows_may_find_themselves() -> None:
    """A row that serves as a query is not its own neighbour; a query of the user's is among the rows or it is not."""
    far_apart = 100 * np.eye(40, dtype=np.float32)
    copies = np.repeat(far_apart, 20, axis=0)  # nothing but duplicates is near
    alone = na.build(copies, metric="euclidean", kind=na.IVF(lists=40))
    asked = na.build(copies, metric="euclidean", kind=na.IVF(lists=40), queries=far_apart)
    assert asked.info()["curves"][10][-1][1] == 1, "the nearest list has them all"
    assert alone.info()["curves"][10] != asked.info()["curves"][10]


@pytest.mark.parametrize("dtype", ["float64", "float16", "uint8", "int8"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_queries_of_any_type(dtype: str, metric: str) -> None:
    table = np.random.default_rng(5).integers(1, 100, size=(800, 12)).astype(dtype)
    queries = table[:50].copy()
    index = na.build(table, metric=metric, kind=na.IVF(lists=8), queries=queries)
    wide = na.build(table, metric=metric, kind=na.IVF(lists=8), queries=queries.astype(np.float32))
    assert index.info()["curves"][10] == wide.info()["curves"][10]
    single = na.build(table, metric=metric, kind=na.IVF(lists=8), queries=queries[0])
    assert single.info()["curves"][10]


def test_the_same_file_at_any_number_of_threads() -> None:
    rows, middle = sphere_and_its_middle()
    built = [
        na.build(rows, metric="cosine", kind="ivf", queries=middle, threads=threads).info() for threads in (1, 2, 3)
    ]
    assert built[0]["curves"] == built[1]["curves"] == built[2]["curves"]
    assert built[0]["lists"] == built[1]["lists"] == built[2]["lists"]


@pytest.mark.parametrize(
    ("queries", "sentence"),
    [
        (np.ones((3, 5)), "the query has 5 dims; the index has 4"),
        (np.ones((0, 4)), "queries is empty"),
        ([[np.nan, 1, 1, 1]], "not a finite float32"),
        ([[0, 0, 0, 0]], "zero vector"),
        ("words", "query"),
    ],
)
def test_queries_that_cannot_be(queries: Any, sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(np.eye(4), kind="ivf", queries=queries)


def test_a_kind_that_measures_nothing_with_them() -> None:
    with pytest.raises(na.InvalidInputError, match="an exact index is not calibrated"):
        na.build(np.eye(4), kind="exact", queries=np.eye(4))


@pytest.mark.parametrize("kept", [{"refine": False}, {"keep_vectors": False}, {"refine": False, "keep_vectors": False}])
def test_where_rows_are_not_compared_by_vectors(kept: dict[str, bool]) -> None:
    rows, middle = sphere_and_its_middle()
    truth = na.build(rows, metric="euclidean", kind="exact").search(middle[300:]).rows
    index = na.build(rows, metric="euclidean", kind=na.IVF(lists=64, **kept), queries=middle[:300])
    expected = index.info()["expected_recall"]
    assert abs(share_found(index.search(middle[300:]).rows, truth) - expected) < 0.05


def test_auto_takes_queries_whatever_it_chooses() -> None:
    rows, middle = sphere_and_its_middle()
    assert na.build(rows, metric="euclidean", queries=middle).kind == "exact"
    with pytest.raises(na.InvalidInputError, match="the query has 7 dims; the index has 8"):
        na.build(rows, metric="euclidean", queries=middle[:, :7])
