"""One answer, whatever the threads, the company of a query and its place in a batch; one file, whatever the threads."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star
from tests.python.conftest import Kind, skip_unserved

METRICS = ["euclidean", "sqeuclidean", "cosine", "dot", "manhattan"]


def clusters(rows: int, dims: int, seed: int, dtype: str = "f32") -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(25, dims))
    table = (centres[random.integers(0, 25, rows)] + 0.4 * random.normal(size=(rows, dims))).astype(np.float32)
    if dtype in ("u8", "i8"):
        low, high = (0, 255) if dtype == "u8" else (-128, 127)
        table = np.clip(np.rint(table * 30 + (low + high) / 2), low, high).astype(np.float32)
    return table


def same(hits: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(hits.rows, other.rows)
    np.testing.assert_array_equal(hits.distances.view(np.int32), other.distances.view(np.int32))
    np.testing.assert_array_equal(hits.counts, other.counts)


Case = tuple[na.Index, NDArray[np.float32]]
FOREST = na.Forest(trees=2, leaf_size=5)  # more than 2,048 leaves: they are ranked in groups
WHAT = [*((metric, "f32") for metric in METRICS), ("euclidean", "u8"), ("dot", "u8")]
EXACT = [(na.Exact(), *what) for what in WHAT]
LISTS = [(na.IVF(lists=70), *what) for what in WHAT if what[0] != "manhattan"]


@cache
def made(kind: Kind, metric: str, dtype: str) -> Case:
    """An index large enough for a screen and for its rows to be shared out, and queries."""
    base = clusters(9000, 120, 1, dtype)
    return na.build(base, metric=metric, dtype=dtype, kind=kind), clusters(300, 120, 2, dtype)


def named(what: tuple[Kind, str, str]) -> str:
    return "-".join((what[0].name, *what[1:]))


def seldom(what: tuple[Kind, str, str]) -> Any:
    """Squares are left to the slow run where vectors are in the order that they have under euclidean."""
    return pytest.param(what, marks=[pytest.mark.slow] if what[1] == "sqeuclidean" else [])


@pytest.fixture(params=[*EXACT, *map(seldom, LISTS), *(seldom((FOREST, *what)) for what in WHAT)], ids=named)
def case(request: pytest.FixtureRequest) -> Case:
    return made(*request.param)


@pytest.fixture(params=EXACT, ids=named)
def exact_case(request: pytest.FixtureRequest) -> Case:
    return made(*request.param)


@pytest.mark.parametrize(("k", "batch"), star([10, 1, 300], [130, 300, 1, 3, 5, 9]))
def test_threads_change_nothing(case: Case, batch: int, k: int) -> None:
    index, queries = case
    one = index.search(queries[:batch], k, threads=1)
    for threads in (2, 3):
        same(index.search(queries[:batch], k, threads=threads), one)


def test_company_changes_nothing(case: Case) -> None:
    index, queries = case
    batch = index.search(queries, 10)
    for number in range(0, 300, 23):
        alone = index.search(queries[number], 10)
        np.testing.assert_array_equal(alone.rows, batch.rows[number])
        np.testing.assert_array_equal(alone.distances, batch.distances[number])
    order = np.random.default_rng(3).permutation(300)
    shuffled = index.search(queries[order], 10)
    np.testing.assert_array_equal(shuffled.rows, batch.rows[order])
    np.testing.assert_array_equal(shuffled.distances, batch.distances[order])
    for size in (2, 4, 5, 8, 9, 31, 129):
        some = index.search(queries[:size], 10)
        np.testing.assert_array_equal(some.rows, batch.rows[:size])
        np.testing.assert_array_equal(some.distances, batch.distances[:size])


def test_fewer_neighbours_are_the_first_of_more(exact_case: Case) -> None:
    index, queries = exact_case
    many = index.search(queries[:9], 500).rows
    for k in (1, 2, 10, 129, 499):
        np.testing.assert_array_equal(index.search(queries[:9], k).rows, many[:, :k])


def test_a_radius_agrees_with_a_search(exact_case: Case) -> None:
    index, queries = exact_case
    hits = index.search(queries[:5], 400)
    for number in range(5):
        radius = float((hits.distances[number, 299] + hits.distances[number, 300]) / 2)
        within = index.radius_search(queries[number], radius)
        np.testing.assert_array_equal(within.rows, hits.rows[number, : int(within.counts)])
        assert (within.distances <= np.float32(radius)).all()
        if int(within.counts) < 400:
            assert hits.distances[number, int(within.counts)] >= np.float32(radius)


# Those that are like another in the quick run are left to the slow one.
QUICK = [("euclidean", "f32"), ("euclidean", "f16"), ("euclidean", "u8")]
QUICK += [(metric, "f32") for metric in ("cosine", "dot", "manhattan")]
BUILT = [
    pytest.param(metric, dtype, marks=[] if (metric, dtype) in QUICK else [pytest.mark.slow])
    for metric in METRICS
    for dtype in ("f32", "f16", "bf16", "u8", "i8")
]


@pytest.mark.parametrize(("metric", "dtype"), BUILT)
def test_threads_build_the_same_file(metric: str, dtype: str, kind: Kind, tmp_path: Path) -> None:
    skip_unserved(kind, metric)
    rows = 1200 if kind.name == "graph" else 3000  # a graph compares each with many
    base = clusters(rows, 130, 4, dtype)
    files = []
    for threads in (1, 3):
        path = tmp_path / f"{threads}.near"
        na.build(base, metric=metric, dtype=dtype, kind=kind, threads=threads, path=path)
        files.append(path.read_bytes())
    assert files[1] == files[0]
    na.build(base, metric=metric, dtype=dtype, kind=kind).save(tmp_path / "saved.near")  # in memory first
    assert (tmp_path / "saved.near").read_bytes() == files[0]


def test_a_saved_index_answers_the_same(case: Case, tmp_path: Path) -> None:
    index, queries = case
    index.save(tmp_path / "same.near")
    same(na.open(tmp_path / "same.near").search(queries[:20], 10), index.search(queries[:20], 10))
