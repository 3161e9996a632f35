"""What forests of bits must agree on with an exact index, and what one leaf holds."""

from __future__ import annotations

import numpy as np
import pytest

import nearabout as na
from tests.python.index.test_approximate_exact import ROWS, assert_same, table


@pytest.mark.parametrize("dims", [5, 64, 77])
def test_bits(dims: int) -> None:
    random = np.random.default_rng(4)
    base, queries = random.random((ROWS, dims)) < 0.3, random.random((20, dims)) < 0.3
    exact = na.build(base, metric="hamming", kind="exact")
    forest = na.build(base, metric="hamming", kind="forest")
    packed = np.packbits(queries, axis=1, bitorder="little")
    for options in ({"exact": True}, {"effort": ROWS}):
        assert_same(forest.search(queries, 25, **options), exact.search(queries, 25))
        assert_same(forest.search(packed, 25, **options), exact.search(queries, 25))
    np.testing.assert_array_equal(forest.search(packed, 5).rows, forest.search(queries, 5).rows)


@pytest.mark.parametrize("trees", [1, 4])
def test_no_effort_finds_less_than_one_leaf_holds(trees: int) -> None:
    base = table("f32", 700, 10)[:, :20] + np.arange(700, dtype=np.float32)[:, None] / 4096
    forest = na.build(base, metric="euclidean", kind=na.Forest(trees=trees, leaf_size=48))
    hits = forest.search(base[::9], 1, effort=1)
    assert (hits.rows[:, 0] == np.arange(700)[::9]).mean() > 0.8  # a row is in the leaf that is nearest to it, mostly
