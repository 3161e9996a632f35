"""How much a forest finds: nine in ten of the nearest at its own choice of effort; more with more."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star
from tests.python.forest_recall import SHAPES, blobs, parted, recall

from .test_exact_real_data import arrays

ENOUGH = 0.9  # of the 10 nearest, by distance, of queries that are not in the index
METRICS = ["euclidean", "cosine", "dot"]
# Lengths a thousandfold apart are for inner products; elsewhere the codes of the longest leave nothing of the shortest.
THOUSANDFOLD = "norms_a_thousandfold_apart"
CASES = [*star([shape for shape in SHAPES if shape != THOUSANDFOLD], METRICS), (THOUSANDFOLD, "dot")]


@pytest.mark.parametrize(("shape", "metric"), CASES)
def test_nine_in_ten_are_found(shape: str, metric: str) -> None:
    base, queries = parted(SHAPES[shape](np.random.default_rng(5)))
    index = na.build(base, metric=metric, kind="forest")
    assert recall(index, queries) >= ENOUGH


@pytest.mark.parametrize("shape", ["gaussian_blobs", "clusters_far_apart", "constant_dimensions", "in_17_dims"])
def test_under_manhattan(shape: str) -> None:
    base, queries = parted(SHAPES[shape](np.random.default_rng(5)))
    assert recall(na.build(base, metric="manhattan", kind="forest"), queries) >= ENOUGH


@pytest.mark.parametrize("metric", [*METRICS, "manhattan"])
def test_bytes(metric: str) -> None:
    random = np.random.default_rng(1)
    table = random.gamma(2, 30, (4_060, 100)) * (blobs(random, 100) > 0)  # as images are: half of it dark
    base, queries = parted(np.clip(table, 0, 255), np.uint8)
    assert recall(na.build(base, metric=metric, kind="forest"), queries) >= ENOUGH
    base, queries = parted(np.clip(blobs(random, 40) * 12, -128, 127), np.int8)
    assert recall(na.build(base, metric=metric, kind="forest"), queries) >= ENOUGH


@pytest.mark.parametrize("flipped", [0.08, 0.5])
def test_bits(flipped: float) -> None:
    """Around twenty centres, and quite at random."""
    random = np.random.default_rng(2)
    centres = random.random((20, 128)) < 0.5
    base, queries = parted(centres[random.integers(0, 20, 4_060)] ^ (random.random((4_060, 128)) < flipped), bool)
    assert recall(na.build(base, metric="hamming", kind="forest"), queries) >= ENOUGH


@pytest.mark.parametrize(("metric", "far"), star([*METRICS, "manhattan"], [10.0, 1e3, 1e6, 1e15]))
def test_queries_far_outside(metric: str, far: float) -> None:
    base, queries = parted(blobs(np.random.default_rng(7)))
    index = na.build(base, metric=metric, kind="forest")
    queries = (queries * far + far).astype(np.float32)
    assert recall(index, queries) >= ENOUGH
    hits, everything = index.search(queries[:9], 10), index.search(queries[:9], len(base), exact=True)
    place = np.argsort(everything.rows, axis=1)
    own = np.take_along_axis(everything.distances, np.take_along_axis(place, hits.rows, axis=1), axis=1)
    np.testing.assert_array_equal(hits.distances, own)


SETTINGS = [{}, {"trees": 5}, {"leaf_size": 3}, {"trees": 5, "leaf_size": 3}, {"leaf_size": 1}, {"leaf_size": 10**6}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_any_settings(settings: dict[str, Any]) -> None:
    base, queries = parted(blobs(np.random.default_rng(7)))
    index = na.build(base, metric="euclidean", kind=na.Forest(**settings))
    assert recall(index, queries) >= ENOUGH


@pytest.mark.parametrize(
    ("settings", "metric"), star([{}, {"trees": 5}, {"leaf_size": 1}, {"leaf_size": 200}], METRICS)
)
def test_more_effort_finds_more(settings: dict[str, Any], metric: str) -> None:
    base, queries = parted(blobs(np.random.default_rng(8), apart=1))
    index = na.build(base, metric=metric, kind=na.Forest(**settings))
    found = [recall(index, queries, effort=effort) for effort in (10, 40, 160, 640, 2_560)]
    assert all(later >= before - 0.01 for before, later in itertools.pairwise(found)), found
    assert found[0] < 0.99
    assert found[-1] >= 0.97


@pytest.mark.parametrize(("trees", "leaf_size"), [(1, 5), (3, 3)])
def test_leaves_in_groups(trees: int, leaf_size: int) -> None:
    """More than 2,048 leaves are ranked by way of groups, and little is lost on the way."""
    base, queries = parted(blobs(np.random.default_rng(9), 16, 20_060))
    index = na.build(base, metric="euclidean", kind=na.Forest(trees=trees, leaf_size=leaf_size))
    nodes = next(part["rows"] for part in index.info()["sections"] if part["name"] == "node_offsets")
    assert nodes > 2_500
    one_level = na.build(base, metric="euclidean", kind=na.Forest(trees=trees, leaf_size=48))
    for effort in (300, 1_000, 4_000):
        assert recall(index, queries, effort=effort) >= recall(one_level, queries, effort=effort) - 0.02
    assert recall(index, queries, effort=4_000) >= 0.99


# --- Real data ---


def held_out(name: str) -> tuple[NDArray[Any], NDArray[Any], str]:
    """Rows, up to 1,000 queries that are not among them, and the metric that goes with them."""
    if name == "words":
        path = Path(__file__).resolve().parents[4] / "shared" / "data" / "imdb_w2v_100d_25k.bin"
        if not path.exists():
            pytest.skip(f"{path.name} is not in shared/data beside the project")
        vectors = np.asarray(na.read(path).vectors)
        apart = np.arange(0, len(vectors), 40)
        return np.delete(vectors, apart, axis=0), vectors[apart], "cosine"
    file, rows, queries, metric = {
        "pictures": ("fashion_mnist_20k.npz", "train", "test", "euclidean"),
        "sentences": ("minilm_wordnet_12k_f16.npz", "base", "query", "cosine"),
        "descriptors": ("sift_100k.npz", "base", "query", "euclidean"),
    }[name]
    base, asked = arrays(file, rows, queries)
    return base, asked[:1_000], metric


@pytest.mark.parametrize(
    "name",
    ["sentences", "words", *(pytest.param(name, marks=pytest.mark.slow) for name in ("pictures", "descriptors"))],
)
def test_real_data(name: str) -> None:
    base, queries, metric = held_out(name)
    index = na.build(base, metric=metric, kind="forest")
    assert recall(index, queries) >= 0.93
    np.testing.assert_array_equal(
        index.search(queries[:50], 10, effort=len(base)).rows, index.search(queries[:50], 10, exact=True).rows
    )
