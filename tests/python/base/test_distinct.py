"""Distinct values by sorting, against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

from nearabout._base.distinct import distinct, distinct_counts, first_rows


@pytest.mark.parametrize("size", [0, 1, 2, 17, 1000])
@pytest.mark.parametrize("most", [1, 3, 10**12])
def test_as_numpy_finds_them(size: int, most: int) -> None:
    values = np.random.default_rng(size).integers(-most, most, size)
    counted, counts = distinct_counts(values)
    np.testing.assert_array_equal(distinct(values), np.unique(values))
    np.testing.assert_array_equal(counted, np.unique(values))
    np.testing.assert_array_equal(counts, np.unique(values, return_counts=True)[1])
    np.testing.assert_array_equal(first_rows(values), np.sort(np.unique(values, return_index=True)[1]))


def test_the_type_stays() -> None:
    assert distinct(np.array([3, 3, 1], np.uint64)).dtype == np.uint64
    assert distinct_counts(np.array([3, 3, 1], np.int32))[1].dtype == np.int64
