"""How much lists of codes find: nine in ten of the nearest at their own choice of effort; more with more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star
from tests.python.forest_recall import QUERIES, blobs, parted, recall

ENOUGH = 0.9  # of the 10 nearest, by distance, of queries that are not in the index
METRICS = ["euclidean", "cosine", "dot"]
LISTS = na.IVF(lists=64)
ROWS, DIMS = 4_000, 64

Shape = Callable[[np.random.Generator], NDArray[Any]]
SHAPES: dict[str, Shape] = {}


def shape(make: Shape) -> Shape:
    """Notes a maker of rows and queries under its name."""
    SHAPES[make.__name__] = make
    return make


@shape
def gaussian_blobs(random: np.random.Generator) -> NDArray[Any]:
    return blobs(random, DIMS)


@shape
def clusters_far_apart(random: np.random.Generator) -> NDArray[Any]:
    return blobs(random, DIMS, apart=200)


@shape
def two_rows_in_a_hundred_equal(random: np.random.Generator) -> NDArray[Any]:
    table = blobs(random, DIMS)
    table[::50] = table[0]
    return table


@shape
def nine_in_ten_in_one_cluster(random: np.random.Generator) -> NDArray[Any]:
    table = blobs(random, DIMS)
    crowd = random.random(len(table)) < 0.9
    table[crowd] = table[0] + 0.5 * random.normal(size=(int(crowd.sum()), DIMS))
    return table


@shape
def constant_dimensions(random: np.random.Generator) -> NDArray[Any]:
    table = blobs(random, DIMS)
    table[:, ::3] = np.arange(22) / 3
    return table


@shape
def one_dimension_a_thousand_times_as_wide(random: np.random.Generator) -> NDArray[Any]:
    table = blobs(random, DIMS)
    table[:, 5] *= 1_000
    return table


@shape
def of_size_1e18(random: np.random.Generator) -> NDArray[Any]:
    return blobs(random, DIMS) * 1e18


@shape
def of_size_1e_18(random: np.random.Generator) -> NDArray[Any]:
    return blobs(random, DIMS) * 1e-18


@shape
def norms_a_thousandfold_apart(random: np.random.Generator) -> NDArray[Any]:
    return np.asarray(random.normal(size=(ROWS + QUERIES, DIMS)) * 1_000 ** random.random((ROWS + QUERIES, 1)))


@shape
def low_rank_in_300(random: np.random.Generator) -> NDArray[Any]:
    flat = random.normal(size=(ROWS + QUERIES, 12)) @ random.normal(size=(12, 300))
    return np.asarray(flat + 0.05 * random.normal(size=(ROWS + QUERIES, 300)))


for _dims in (1, 2, 3, 7, 33, 1_024, 4_096):
    SHAPES[f"in_{_dims}_dims"] = lambda random, dims=_dims: blobs(random, dims, 1_500 if dims > 1_000 else 4_060)


# Directions in 4,096 dims take several times as long to learn as those in 1,024.
LONG = "in_4096_dims"


@pytest.mark.parametrize(
    ("shape", "metric"),
    [
        *star([shape for shape in SHAPES if shape != LONG], METRICS),
        *(pytest.param(LONG, metric, marks=pytest.mark.slow) for metric in METRICS),
    ],
)
def test_nine_in_ten_are_found(shape: str, metric: str) -> None:
    base, queries = parted(SHAPES[shape](np.random.default_rng(5)))
    assert recall(na.build(base, metric=metric, kind=LISTS), queries) >= ENOUGH


@pytest.mark.parametrize("metric", METRICS)
def test_clusters_of_three_lists(metric: str) -> None:
    """What a cluster of some three lists holds stands or falls with one list more."""
    base, queries = parted(blobs(np.random.default_rng(5), DIMS, apart=50))
    assert recall(na.build(base, metric=metric, kind=LISTS), queries) >= ENOUGH


@pytest.mark.parametrize(("dtype", "metric"), star(["f16", "bf16"], METRICS))
def test_half_floats(dtype: str, metric: str) -> None:
    base, queries = parted(blobs(np.random.default_rng(3), DIMS))
    assert recall(na.build(base, metric=metric, dtype=dtype, kind=LISTS), queries) >= ENOUGH


@pytest.mark.parametrize("metric", METRICS)
def test_bytes(metric: str) -> None:
    random = np.random.default_rng(1)
    table = random.gamma(2, 30, (4_060, 100)) * (blobs(random, 100) > 0)  # as images are: half of it dark
    base, queries = parted(np.clip(table, 0, 255), np.uint8)
    index = na.build(base, metric=metric, kind=LISTS)
    assert recall(index, queries) >= ENOUGH
    assert recall(index, queries.astype(np.float32)) >= ENOUGH
    assert recall(index, queries + np.float32(0.25)) >= ENOUGH  # no whole numbers: another way through the same lists
    base, queries = parted(np.clip(blobs(random, DIMS) * 12, -128, 127), np.int8)
    assert recall(na.build(base, metric=metric, kind=LISTS), queries) >= ENOUGH


@pytest.mark.parametrize(("metric", "far"), star(METRICS, [10.0, 1e3, 1e6, 1e15]))
def test_queries_far_outside(metric: str, far: float) -> None:
    base, queries = parted(blobs(np.random.default_rng(7), DIMS))
    index = na.build(base, metric=metric, kind=LISTS)
    assert recall(index, (queries * far + far).astype(np.float32)) >= ENOUGH


SETTINGS = [
    {},
    {"lists": 1},
    {"lists": 500},
    {"codes": 4},
    {"codes": na.PcaCodes(8, bits=1)},
    {"codes": na.PcaCodes(16, bits=2)},
    {"codes": na.PcaCodes(32, bits=4)},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_any_settings(settings: dict[str, Any]) -> None:
    base, queries = parted(blobs(np.random.default_rng(7), DIMS))
    assert recall(na.build(base, metric="euclidean", kind=na.IVF(**settings)), queries) >= ENOUGH


@pytest.mark.parametrize(
    ("settings", "metric"), star([{"lists": 64}, {"lists": 300}, {"lists": 64, "codes": 12}], METRICS)
)
def test_more_effort_finds_more(settings: dict[str, Any], metric: str) -> None:
    base, queries = parted(blobs(np.random.default_rng(8), DIMS, apart=0.5))
    index = na.build(base, metric=metric, kind=na.IVF(**settings))
    found = [recall(index, queries, effort=effort) for effort in (1, 3, 10, 30, 63)]
    assert all(later >= before - 0.01 for before, later in itertools.pairwise(found)), found
    assert found[0] < 0.9
    assert found[-1] >= (0.97 if settings["lists"] == 64 else found[0] + 0.1)


def test_longer_codes_compare_fewer() -> None:
    base, _ = parted(blobs(np.random.default_rng(9), DIMS, apart=1))
    sizes = (4, 16, 32)
    curves = [na.build(base, metric="euclidean", kind=na.IVF(64, size)).info()["curves"][10] for size in sizes]
    depths = [next(depth for share, _, depth in curve if share >= 0.9) for curve in curves]
    assert depths == sorted(depths, reverse=True)
    assert depths[-1] < depths[0]


def test_dimensions_of_zeros_change_little() -> None:
    """Distances are the same with eight columns of zeros; so should be, about, how many rows have to be compared."""
    random = np.random.default_rng(5)
    base = (random.normal(size=(4_000, 24)) * np.geomspace(1, 0.5, 24)).astype(np.float32)
    tables = base, np.hstack([base, np.zeros((4_000, 8), np.float32)])
    curves = [na.build(table, metric="euclidean", kind=LISTS).info()["curves"][10] for table in tables]
    short, padded = (next(depth for share, _, depth in curve if share >= 0.95) for curve in curves)
    assert short <= 3 * padded
