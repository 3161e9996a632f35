"""Items of every metric, and the two packages under one roof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nearabout.annoy import AnnoyIndex

METRICS = ("angular", "euclidean", "manhattan", "hamming", "dot")


def items_for(metric: str, count: int, dims: int, seed: int = 1) -> NDArray[np.float32]:
    """Random vectors in clumps, so that trees have something to find."""
    source = np.random.default_rng(seed)
    centres = source.normal(size=(max(count // 50, 2), dims))
    vectors = centres[source.integers(0, len(centres), count)] + 0.5 * source.normal(size=(count, dims))
    return (vectors > 0.3 if metric == "hamming" else vectors).astype(np.float32)


def filled(kind: Any, metric: str, vectors: NDArray[Any], numbers: Any = None) -> Any:
    """An index of `kind`, ours or Annoy's, with the vectors as items; not built."""
    index = kind(vectors.shape[1], metric)
    for number, vector in zip(range(len(vectors)) if numbers is None else numbers, vectors, strict=True):
        index.add_item(int(number), vector)
    return index


def ours(metric: str, count: int, dims: int, trees: int = 5) -> AnnoyIndex:
    index: AnnoyIndex = filled(AnnoyIndex, metric, items_for(metric, count, dims))
    index.build(trees, n_jobs=1)
    return index


@pytest.fixture(scope="session")
def annoy() -> Any:
    """The package that is stood in for."""
    return pytest.importorskip("annoy")
