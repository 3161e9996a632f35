"""What a graph promises where walks are easily wrong: few dimensions, ties, rows that hardly differ, memory budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

PLANE = np.random.default_rng(5).normal(size=(4_000, 2)).astype(np.float32)
ROUNDING = 1.00001
NOISE = 0.015  # of a recall of 400 queries


def found(index: na.Index, queries: Any, k: int, recall: float) -> float:
    """The fraction of the neighbours that are as near as the k nearest."""
    near = index.search(queries, k, recall=recall).distances
    nearest = index.search(queries, k, exact=True).distances
    return float((near <= nearest[:, -1:] * ROUNDING).mean())


@pytest.mark.parametrize("bits", [2, 8])
@pytest.mark.parametrize("k", [3, 15, 20, 50, 150])
def test_numbers_of_neighbours_that_were_not_measured(bits: int, k: int) -> None:
    """A walk is at least as wide as k, so its recall for 100 neighbours says nothing of one as wide for 20."""
    index = na.build(PLANE, metric="euclidean", kind=na.Graph(code_bits=bits))
    queries = np.random.default_rng(7).normal(size=(400, 2)).astype(np.float32)
    for recall in (0.9, 0.95):
        assert found(index, queries, k, recall) >= recall - NOISE


@pytest.mark.parametrize("bits", [1, 2, 8])
def test_rows_find_themselves_among_ties(bits: int) -> None:
    grid = np.stack(np.meshgrid(np.arange(48), np.arange(48)), -1).reshape(-1, 2).astype(np.float32)
    index = na.build(grid, metric="euclidean", kind=na.Graph(code_bits=bits))
    assert np.mean(index.search(grid, 1, recall=0.95).distances == 0) >= 0.95 - NOISE


@pytest.mark.parametrize("bits", [2, 8])
def test_rows_that_hardly_differ(bits: int) -> None:
    """Their bytes are equal, so a walk keeps any of them: every row is compared."""
    random = np.random.default_rng(7)
    alike = 5 + 1e-7 * random.normal(size=(1_500, 16))
    rows = random.permutation(np.concatenate([random.normal(size=(1_500, 16)), alike])).astype(np.float32)
    index = na.build(rows, metric="euclidean", kind=na.Graph(code_bits=bits))
    for k in (1, 10):
        assert found(index, rows[::8], k, 0.9) >= 0.9 - NOISE


@pytest.mark.parametrize("settings", [{}, {"keep_vectors": False}])
def test_a_memory_budget_changes_nothing(settings: dict[str, Any], tmp_path: Path) -> None:
    """Under a budget, queries of the calibration are searched one at a time: each has absent rows of its own."""
    one, other = tmp_path / "one.near", tmp_path / "other.near"
    na.build(PLANE, metric="euclidean", kind=na.Graph(**settings), path=one)
    na.build(PLANE, metric="euclidean", kind=na.Graph(**settings), path=other, memory="1GB")
    assert one.read_bytes() == other.read_bytes()


def test_filters_compare_the_allowed_rows() -> None:
    index = na.build(PLANE, metric="euclidean", kind="graph")
    allowed = np.random.default_rng(7).random(len(PLANE)) < 0.5
    hits = index.search(PLANE[:50], 10, filter=index.row_filter(mask=allowed))
    expected = na.build(PLANE[allowed], metric="euclidean", kind="exact").search(PLANE[:50], 10)
    np.testing.assert_array_equal(hits.rows, np.flatnonzero(allowed)[expected.rows])
    without = na.build(PLANE, metric="euclidean", kind=na.Graph(keep_vectors=False))
    hits = without.search(PLANE[:50], 10, filter=without.row_filter(mask=allowed))
    assert np.isnan(np.asarray(hits.expected_recall, float)).all()


def test_an_effort_limits_a_search_within_a_radius() -> None:
    index = na.build(PLANE, metric="euclidean", kind="graph")
    hits = index.radius_search(PLANE[3], 0.05, effort=30)
    assert 3 in hits.rows.tolist()
    assert len(hits.rows) <= len(index.radius_search(PLANE[3], 0.05).rows)


@pytest.mark.slow
def test_the_codes_are_chosen_by_searches_of_a_sample() -> None:
    rows = np.random.default_rng(7).normal(size=(20_000, 8)).astype(np.float32)
    index = na.build(rows, metric="euclidean", kind="graph", calibrate=False)
    assert index.info()["code_bits"] in (2, 8)
    assert found(na.build(rows, metric="euclidean", kind="graph"), rows[:300], 10, 0.95) >= 0.95 - NOISE


CANNOT_BE: list[dict[str, Any]] = [
    *({"degree": degree} for degree in (24, 32.0, np.int64(32), True)),
    *({"alpha": alpha} for alpha in (0.5, "1", np.float32(1.5))),
    *({"code_bits": bits} for bits in (3, 2.0, "2")),
    {"keep_vectors": 1},
]


@pytest.mark.parametrize("settings", CANNOT_BE)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(na.InvalidInputError, match=f"^{next(iter(settings))} is .*; pass "):
        na.Graph(**settings)
