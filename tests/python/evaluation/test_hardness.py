"""Intrinsic dimension and contrast where the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import contrast, hardness, intrinsic_dimension

RANDOM = np.random.default_rng(0)


def turned(vectors: np.ndarray, dims: int) -> np.ndarray:
    """The same vectors in a random subspace of more dimensions."""
    basis, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(dims, vectors.shape[1])))
    return vectors @ basis.T


@pytest.mark.parametrize(("dims", "room"), [(1, 0.05), (2, 0.05), (5, 0.1), (10, 0.2)])
def test_a_cube_has_the_dimension_that_it_has(dims: int, room: float) -> None:
    cube = np.random.default_rng(dims).random((10_000, dims))
    assert intrinsic_dimension(turned(cube, 40), metric="euclidean") == pytest.approx(dims, rel=room)


@pytest.mark.parametrize("dims", [2, 5])
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
def test_a_sphere_has_the_dimension_of_its_surface_whatever_the_metric(dims: int, metric: str) -> None:
    points = np.random.default_rng(dims).normal(size=(10_000, dims + 1))
    sphere = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert intrinsic_dimension(sphere, metric=metric) == pytest.approx(dims, rel=0.06)


def test_the_contrast_of_a_line_is_that_of_theory() -> None:
    line = np.outer(np.random.default_rng(2).random(2000), np.ones(100))
    # Two of n points on a line of length 1 are 1/3 apart, a point and its nearest 1 / 2n, its 10th 10 / 2n.
    assert contrast(line, metric="euclidean") == pytest.approx(2000 * 2 / 3, rel=0.1)
    assert contrast(line, metric="euclidean", nth=10) == pytest.approx(2000 * 2 / 3 / 10, rel=0.1)


def test_noise_of_many_dimensions_is_hopeless_and_a_cube_of_three_is_not() -> None:
    noise = hardness(np.random.default_rng(0).normal(size=(1200, 1000)), metric="euclidean")
    assert 1 < noise.contrast_10 < noise.contrast < 1.12
    assert noise.intrinsic_dimension > 50
    assert "no index helps much" in noise.summary()
    cube = hardness(turned(np.random.default_rng(0).random((3000, 3)), 100), metric="euclidean")
    assert cube.contrast_10 > 5
    assert cube.summary().endswith("an index will help.")
    middling = hardness(np.random.default_rng(0).normal(size=(3000, 30)), metric="euclidean")
    assert "hard:" in middling.summary()
    assert (middling.rows, middling.dims, middling.metric) == (3000, 30, "euclidean")


def test_duplicates_do_not_count() -> None:
    cube = np.random.default_rng(4).random((5000, 3))
    twice = np.concatenate([cube, cube, cube])
    assert intrinsic_dimension(twice, metric="euclidean") < 10
    assert np.isfinite(contrast(twice, metric="euclidean"))
    with pytest.raises(na.InvalidInputError, match="remove duplicates"):
        hardness(np.ones((100, 3)), metric="euclidean")


def test_an_index_bits_and_queries_of_ones_own() -> None:
    cube = np.random.default_rng(5).random((5000, 3)).astype(np.float32)
    index = na.build(cube, metric="euclidean", kind=na.IVF(lists=16))
    assert hardness(index) == hardness(cube, metric="euclidean")
    bits = np.random.default_rng(5).random((500, 64)) < 0.5
    assert 1 < contrast(bits, metric="hamming", nth=10) < 2
    far = hardness(index, queries=np.array([[5.0, 5.0, 5.0], [6.0, 5.0, 5.0]]))
    assert far.contrast_10 < 1.5  # from far away everything is equally far
    assert hardness(cube, metric="euclidean", sample=50, seed=1) != hardness(cube, metric="euclidean", sample=50)


def test_what_cannot_be_told_is_refused() -> None:
    cube = np.random.default_rng(6).random((100, 3))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"metric": "dot"}, "no ratio of distances"),
        ({"sample": 0}, "sample is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"queries": [1.0, 2.0, 3.0]}, r"\(n, dims\)"),
    ]
    for arguments, sentence in cases:
        with pytest.raises(na.InvalidInputError, match=sentence):
            hardness(cube, **arguments)
    with pytest.raises(na.InvalidInputError, match="at least 30"):
        hardness(cube[:29])
    with pytest.raises(na.InvalidInputError, match="nth is 21"):
        contrast(cube, nth=21)
    with pytest.raises(na.InvalidInputError, match="leave metric out"):
        hardness(na.build(cube), metric="euclidean")
