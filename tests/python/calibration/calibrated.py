"""Tables to calibrate with, in each kind and answer, and how much of the truth a search finds.

Rows have fewer dimensions than a screen needs, so that comparing all of these few takes longer, by the model of costs,
than most efforts do: with a screen a forest would hardly ever be worth its leaves among so few rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.python.forest_recall import blobs

ROWS, ASKED, DIMS = 8_000, 400, 15
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


def few_trees_seldom(names: Iterable[str]) -> list[Any]:
    """As parameters; few trees differ from a forest less than the others do, and are left to the slow run."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name == "trees" else []) for name in names]


EACH = few_trees_seldom(KINDS)
EACH_WITH_VECTORS = few_trees_seldom(WITH_VECTORS)


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


def base(index: na.Index, k: int = 10, recall: float | None = None) -> float:
    """The effort that each query is given at least; infinity where every row is compared."""
    effort = index._core.base_effort(k, None, recall, False)
    return math.inf if effort is None else effort


def share(found: NDArray[Any], true: NDArray[Any]) -> float:
    pairs = zip(found.tolist(), true.tolist(), strict=True)
    return sum(len({*near} & {*expected}) for near, expected in pairs) / true.size


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)
