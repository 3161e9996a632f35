"""Exact search on real data: sentence embeddings, image descriptors, pictures and words, where samples are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.python.brute_force import assert_exact

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def arrays(name: str, base: str, query: str) -> tuple[NDArray[Any], NDArray[Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in shared/data beside the project")
    with np.load(path) as file:
        return file[base], file[query]


def check(base: NDArray[Any], queries: NDArray[Any], metric: str) -> None:
    index = na.build(base, metric=metric, kind="exact")
    assert "row_terms" in [section["name"] for section in index.info()["sections"]], "there is no screen"
    assert_exact(index, queries[:16], 10)
    for query in queries[16:18]:
        assert_exact(index, query, 100)
    assert_exact(index, base[:: max(len(base) // 2, 1)], 10)
    one, two = (index.search(queries, 10, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.rows, two.rows)
    np.testing.assert_array_equal(one.distances, two.distances)


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_sentences(metric: str) -> None:
    base, queries = arrays("minilm_wordnet_12k_f16.npz", "base", "query")
    check(base, queries, metric)
    if metric == "cosine":
        check(base[:6000].astype(np.float32), queries.astype(np.float32), metric)


@pytest.mark.parametrize(
    ("metric", "dtype"), [("euclidean", np.uint8), ("euclidean", np.float32), ("cosine", np.uint8)]
)
def test_image_descriptors(metric: str, dtype: Any) -> None:
    base, queries = arrays("sift_100k.npz", "base", "query")
    check(base[:20_000].astype(dtype), queries[:200], metric)


@pytest.mark.parametrize("metric", ["euclidean", "dot", "manhattan"])
def test_pictures(metric: str) -> None:
    base, queries = arrays("fashion_mnist_20k.npz", "train", "test")
    if metric == "manhattan":  # has no screen
        assert_exact(na.build(base[:2000], metric=metric, kind="exact"), queries[:10], 10)
    else:
        check(base[:4000], queries[:100], metric)


def test_words() -> None:
    words = na.read(Path(str(na.__file__)).parent / "data" / "glove.6B.50d.5k.bin")
    vectors = np.asarray(words.vectors)
    for metric in ("cosine", "euclidean", "dot"):
        check(vectors, vectors[::17] + np.float32(0.2) * vectors[:1], metric)


def test_more_words() -> None:
    path = DATA / "imdb_w2v_100d_25k.bin"
    if not path.exists():
        pytest.skip(f"{path.name} is not in shared/data beside the project")
    vectors = np.asarray(na.read(path).vectors)
    check(vectors, vectors[::100] + vectors[1::100][: len(vectors[::100])], "cosine")
