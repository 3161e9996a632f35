"""Graphs that keep 8-bit codes instead of vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from nearabout.errors import InvalidInputError
from tests.python.forest_recall import blobs

ROWS, DIMS = 1_500, 24
TABLE = blobs(np.random.default_rng(5), DIMS, ROWS + 50).astype(np.float32)
BASE, QUERIES = TABLE[:ROWS], TABLE[ROWS:]
SMALL = na.Graph(degree=16, code_bits=8, keep_vectors=False)


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "dot"])
def test_codes_answer_as_those_of_lists_do(metric: str) -> None:
    """With the largest effort both compare every row, by the same codes."""
    graph = na.build(BASE, metric=metric, kind=SMALL, calibrate=False)
    lists = na.build(BASE, metric=metric, kind=na.IVF(lists=20, keep_vectors=False), calibrate=False)
    mine, theirs = (one.search(QUERIES, k=10, effort=one._core.effort_range[2]) for one in (graph, lists))
    np.testing.assert_array_equal(mine.rows, theirs.rows)
    np.testing.assert_array_equal(mine.distances, theirs.distances)


def test_a_walk_finds_the_neighbours(tmp_path: Path) -> None:
    exact = na.build(BASE, metric="euclidean", kind="exact").search(QUERIES, k=10)
    index = na.build(BASE, metric="euclidean", kind=SMALL, path=tmp_path / "small.near")
    hits = index.search(QUERIES, k=10)
    assert np.mean([np.isin(one, true).mean() for one, true in zip(hits.rows, exact.rows, strict=True)]) >= 0.9
    assert np.median(np.abs(hits.distances / exact.distances - 1)) < 0.02
    assert index.info()["distance_source"] == "int8"
    kept = na.build(BASE, metric="euclidean", kind=na.Graph(degree=16, code_bits=8), calibrate=False)
    assert index.info()["file_bytes"] < kept.info()["file_bytes"] - 2 * BASE.nbytes / 3
    with na.open(tmp_path / "small.near") as again:
        np.testing.assert_array_equal(again.search(QUERIES, k=10).rows, hits.rows)


def test_what_needs_vectors() -> None:
    index = na.build(BASE, metric="euclidean", kind=SMALL, keys=range(ROWS), calibrate=False)
    np.testing.assert_allclose(index[7], BASE[7], atol=0.1)
    among = index.search(QUERIES, k=5, filter=np.arange(ROWS) % 3 == 0)
    assert (np.asarray(among.keys) % 3 == 0).all()
    with pytest.raises(InvalidInputError, match="keeps no vectors"):
        index.search(QUERIES, k=5, exact=True)
    with pytest.raises(InvalidInputError, match="without vectors a graph does not support metric 'manhattan'"):
        na.build(BASE, metric="manhattan", kind=SMALL)
    pixels = na.build((BASE * 20 + 128).clip(0, 255).astype(np.uint8), metric="euclidean", kind=SMALL, calibrate=False)
    assert pixels.info()["keeps_vectors"]
