"""The data sets of the races between approximate indexes, and the true neighbours of their queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import _race
import numpy as np
from numpy.typing import NDArray

import nearabout as na

K = 10
Metric = Literal["euclidean", "cosine", "dot"]
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

# Of the copies that make SIFT longer, the standard deviation of each number. Two copies of a row are then 264 apart,
# about as far as a row and its nearest neighbour (255): with much less, rows would come in clumps of near duplicates.
JITTER = 20
_COPY = 100_000


@dataclass(frozen=True)
class Set:
    """Vectors as they are stored, and queries of the same type."""

    name: str
    metric: Metric
    base: NDArray[Any]
    queries: NDArray[Any]

    @property
    def vector_bytes(self) -> int:
        return int(self.base[0].nbytes)

    def for_peers(self, vectors: NDArray[Any]) -> Floats:
        """Returns float32, the only type that the peers support, of unit length under cosine."""
        values = np.ascontiguousarray(vectors, dtype=np.float32)
        if self.metric == "cosine":
            values = values / np.linalg.norm(values, axis=1, keepdims=True)
        return values

    def truth(self, threads: int = 1) -> Rows:
        """Returns the rows of the true neighbours, ties in the order of rows."""
        return na.build(self.base, metric=self.metric, kind="exact").search(self.queries, K, threads=threads).rows


def recall(found: NDArray[Any], truth: Rows) -> float:
    """Returns the fraction of the true neighbours that was found."""
    pairs = zip(found.tolist(), truth.tolist(), strict=True)
    return sum(len(set(near).intersection(true)) for near, true in pairs) / truth.size


def fashion() -> Set:
    with np.load(_race.sample("fashion_mnist_20k.npz")) as arrays:
        return Set("Fashion-MNIST 20k", "euclidean", arrays["train"], arrays["test"][:1000])


def mnist() -> Set:
    with np.load(_race.sample("mnist_70k.npz")) as arrays:
        return Set("MNIST 60k", "euclidean", arrays["train"], arrays["test"][:1000])


def minilm() -> Set:
    with np.load(_race.sample("minilm_wordnet_12k_f16.npz")) as arrays:
        return Set("MiniLM 12k", "cosine", arrays["base"], arrays["query"])


def words() -> Set:
    vectors = np.asarray(na.read(_race.sample("imdb_glove_100d_25k.txt.gz")).vectors)
    order = np.random.default_rng(1).permutation(len(vectors))
    return Set("words 24k", "cosine", vectors[order[1000:]], vectors[order[:1000]])


def sift() -> Set:
    with np.load(_race.sample("sift_100k.npz")) as arrays:
        return Set("SIFT 100k", "euclidean", arrays["base"], arrays["query"])


def sift_of(rows: int) -> Set:
    """SIFT at another length: its first rows, or all of them and then copies with a seeded jitter, to keep its shape.

    A longer one begins with a shorter one.
    """
    case = sift()
    parts = [case.base[:rows]]
    for copy in range(1, -(-rows // _COPY)):
        jitter = np.rint(np.random.default_rng(copy).normal(scale=JITTER, size=case.base.shape)).astype(np.int16)
        parts.append(np.clip(case.base + jitter, 0, 255).astype(np.uint8)[: rows - copy * _COPY])
    return Set(f"SIFT {rows:,}", case.metric, np.concatenate(parts), case.queries)


SETS: dict[str, Callable[[], Set]] = {
    "fashion": fashion,
    "mnist": mnist,
    "minilm": minilm,
    "words": words,
    "sift": sift,
}
