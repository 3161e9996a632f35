"""Numbers that are too small for the type they are stored in: zero there, which cosine cannot take, and told so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import Kind

SMALL = np.array([[1.0, 2.0], [3e-300, -1e-300], [2.0, 1.0]])


def test_a_row_that_vanishes_is_told_from_a_zero_vector(kind: Kind) -> None:
    with pytest.raises(
        na.InvalidInputError, match=r"row 1 has only numbers that are zero as f32 \(the largest is about 1e-300"
    ):
        na.build(SMALL, kind=kind)
    zero = np.where(np.abs(SMALL) < 1e-100, 0, SMALL)
    with pytest.raises(na.InvalidInputError, match=r"row 1 is a zero vector, .* the only such row"):
        na.build(zero, kind=kind)
    assert na.build(SMALL, kind=kind, invalid="skip").skipped.tolist() == [1]
    assert len(na.build(SMALL / np.abs(SMALL).max(axis=1, keepdims=True), kind=kind)) == 3  # what the sentence says


def test_the_same_of_smaller_types() -> None:
    with pytest.raises(
        na.InvalidInputError, match=r"row 0 has only numbers that are zero as f16 \(the largest is about 1e-12"
    ):
        na.build(np.full((1, 2), 1e-12, np.float32), dtype="f16")


@pytest.mark.parametrize("query", [[3e-300, 0], np.array([0, -3e-300]), np.array([[1, 1], [3e-300, 1e-310]])])
def test_a_query_that_vanishes(query: Any, kind: Kind) -> None:
    index = na.build([[1.0, 2.0], [2.0, 1.0]], kind=kind)
    row = np.ndim(query) - 1
    sentence = rf"query {row} is zero in float32 \(its largest number is 3e-300\)"
    with pytest.raises(na.InvalidInputError, match=sentence):
        index.search(query)
    assert index.search(query / np.abs(query).max(axis=-1, keepdims=True)).rows.shape[-1] == 2


def test_other_metrics_take_them_as_the_zero_that_they_become() -> None:
    index = na.build(SMALL, metric="euclidean")
    assert index.search([1e-300, 0.0], k=1).rows.tolist() == [1]
