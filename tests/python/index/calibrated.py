"""Tables to calibrate with, in each kind and answer, and how much of the truth a search finds."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nearabout as na
from tests.python.forest_recall import blobs

ROWS, ASKED, DIMS = 5_000, 400, 24
FOREST = na.Forest()
LISTS = na.IVF(lists=60)
KINDS: dict[str, na.Forest | na.IVF] = {
    "forest": FOREST,
    "trees": na.Forest(trees=3, leaf_size=20),
    "lists": LISTS,
    "bytes": na.IVF(lists=60, keep_vectors=False),
    "codes": na.IVF(lists=60, refine=False, keep_vectors=False),
}
BOTH = ["forest", "lists"]
WITH_VECTORS = ["forest", "trees", "lists"]


@cache
def table(seed: int = 5) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rows, and queries of the same kind that are not among them."""
    made = blobs(np.random.default_rng(seed), DIMS, ROWS + ASKED, apart=1).astype(np.float32)
    return made[:ROWS], made[ROWS:]


@cache
def built(name: str, metric: str = "euclidean") -> na.Index:
    return na.build(table()[0], metric=metric, kind=KINDS[name])


@cache
def truth(metric: str, k: int) -> NDArray[np.int64]:
    return na.build(table()[0], metric=metric, kind="exact").search(table()[1], k).rows


def share(found: NDArray[Any], true: NDArray[Any]) -> float:
    pairs = zip(found.tolist(), true.tolist(), strict=True)
    return sum(len({*near} & {*expected}) for near, expected in pairs) / true.size


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)
