"""Equal vectors have the distance 0 under every metric but dot, by every way to ask, in every kind that keeps vectors;
under cosine so have vectors of one direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.annoy import AnnoyIndex
from tests.python.conftest import Kind, skip_unserved

METRICS = ["euclidean", "sqeuclidean", "cosine", "manhattan"]


def rows_with_copies(dtype: str) -> NDArray[Any]:
    """900 rows of 50 dims; row i + 600 is a copy of row i."""
    random = np.random.default_rng(7)
    integers = np.issubdtype(np.dtype(dtype), np.integer)
    rows = random.integers(1, 100, (600, 50)) if integers else random.normal(size=(600, 50))
    return np.concatenate([rows, rows[:300]]).astype(dtype)


def kinds_for(metric: str, kind: Kind) -> Kind:
    skip_unserved(kind, metric)
    return na.IVF(lists=20) if kind.name == "ivf" else na.Forest(trees=4) if kind.name == "forest" else kind


@pytest.mark.parametrize("dtype", ["float32", "float16", "bf16", "uint8", "int8"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_copy_is_at_distance_zero(kind: Kind, metric: str, dtype: str) -> None:
    stored = None if dtype != "bf16" else dtype
    index = na.build(
        rows_with_copies("float32" if stored else dtype), metric=metric, kind=kinds_for(metric, kind), dtype=stored
    )
    asked = range(0, 300, 7)
    vectors = index.vectors(asked)
    for row, vector in zip(asked, vectors, strict=True):
        within = index.radius_search(vector, 0, exact=True)
        assert within.rows.tolist() == [row, row + 600]
        assert within.distances.tolist() == [0, 0]
        alone = index.search(vector, 2, recall=1.0)
        assert (alone.rows.tolist(), alone.distances.tolist()) == ([row, row + 600], [0, 0])
        by_key = index.search_by_key(row, 1, exact=True)
        assert (by_key.rows.tolist(), by_key.distances.tolist()) == ([row + 600], [0])
    batch = index.radius_search(vectors, 0, exact=True)
    assert batch.rows.tolist() == [[row, row + 600] for row in asked]
    approximate = index.search(vectors, 2)
    found = approximate.rows == np.array([[row, row + 600] for row in asked])
    assert found.mean() > 0.9
    assert (approximate.distances[found] == 0).all()


@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
def test_equal_bits(metric: str) -> None:
    bits = np.random.default_rng(1).random((200, 77)) < 0.3
    index = na.build(np.concatenate([bits, bits]), metric=metric, kind="exact")
    assert index.radius_search(bits[:20], 0).rows.tolist() == [[row, row + 200] for row in range(20)]


def test_equal_places() -> None:
    places = np.random.default_rng(1).uniform(-90, 90, (200, 2)).astype("f4")
    index = na.build(np.concatenate([places, places]), metric="haversine")
    assert index.radius_search(places[:20], 0).rows.tolist() == [[row, row + 200] for row in range(20)]


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_multiples_have_no_angle(kind: Kind, dtype: str) -> None:
    rows = np.random.default_rng(2).integers(1, 50, (400, 30)).astype(dtype)
    index = na.build(np.concatenate([rows, 2 * rows, 5 * rows]), kind=kinds_for("cosine", kind))
    for row in range(0, 400, 11):
        assert index.radius_search(rows[row], 0, exact=True).rows.tolist() == [row, row + 400, row + 800]


def test_what_is_nearly_equal_is_not_at_zero() -> None:
    rows = np.random.default_rng(3).normal(size=(500, 40)).astype("f4")
    near = rows.copy()
    near[:, 0] = np.nextafter(near[:, 0], np.inf)
    index = na.build(np.concatenate([rows, near]), kind="exact")
    hits = index.search(rows[:50], 2)
    assert hits.rows.tolist() == [[row, row + 500] for row in range(50)]
    assert (hits.distances[:, 0] == 0).all()
    assert (hits.distances[:, 1] > 0).all()
    wide, other = rows[:50].astype("f8"), near[:50].astype("f8")
    units = wide / np.linalg.norm(wide, axis=1, keepdims=True) - other / np.linalg.norm(other, axis=1, keepdims=True)
    np.testing.assert_allclose(hits.distances[:, 1], (units**2).sum(1) / 2, rtol=1e-3)


@pytest.mark.parametrize("metric", ["angular", "euclidean", "manhattan"])
@pytest.mark.parametrize("dims", [1, 3, 40, 128])
def test_an_item_of_annoy_is_at_zero_of_itself(metric: str, dims: int) -> None:
    vectors = np.random.default_rng(4).normal(size=(500, dims)).astype("f4")
    index = AnnoyIndex(dims, metric)
    for item, vector in enumerate(vectors):
        index.add_item(item, vector)
    index.build(10)
    for item, vector in list(enumerate(vectors))[::9]:
        assert index.get_distance(item, item) == 0
        for n in (1, 500):
            for answer in (
                index.get_nns_by_item(item, n, include_distances=True),
                index.get_nns_by_vector(vector, n, include_distances=True),
            ):
                assert dict(zip(*answer, strict=True)).get(item, 0) == 0
