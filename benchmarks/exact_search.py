"""Exact search, k = 10, one thread: a batch of 1,000 and single queries, against faiss IndexFlat and Panorama.

Fashion-MNIST (20,000 x 784) and MNIST (60,000 x 784) under euclidean, as uint8 and as float32; MiniLM sentence vectors
(11,200 x 384) under cosine, for which faiss gets normalised vectors and, flat, the inner product. faiss knows float32
only.
Every answer is compared: at each place both must be equally far, measured in float64. Claimed: twice as fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import faiss
import numpy as np
from numpy.typing import NDArray

import nearabout as na

K = 10
SINGLE_QUERIES = 200
PANORAMA_LEVELS = 8


@dataclass(frozen=True)
class Set:
    name: str
    metric: str
    base: NDArray[Any]
    queries: NDArray[Any]

    def for_faiss(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        values = np.ascontiguousarray(vectors, dtype=np.float32)
        if self.metric == "cosine":
            values = values / np.linalg.norm(values, axis=1, keepdims=True)
        return values

    def distances(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns the true distances of the rows of each query."""
        out = np.empty(rows.shape)
        for number, (query, near) in enumerate(zip(self.queries.astype(np.float64), rows, strict=True)):
            base = self.base[near].astype(np.float64)
            if self.metric == "cosine":
                out[number] = 1 - base @ query / (np.linalg.norm(base, axis=1) * np.linalg.norm(query))
            else:
                out[number] = np.linalg.norm(base - query, axis=1)
        return out


def sets() -> Iterator[Set]:
    for name, file in (("Fashion-MNIST 20k", "fashion_mnist_20k.npz"), ("MNIST 60k", "mnist_70k.npz")):
        with np.load(_race.sample(file)) as arrays:
            base, queries = arrays["train"], arrays["test"][:1000]
        yield Set(f"{name} uint8", "euclidean", base, queries)
        yield Set(f"{name} float32", "euclidean", base.astype(np.float32), queries.astype(np.float32))
    with np.load(_race.sample("minilm_wordnet_12k_f16.npz")) as arrays:  # 200 queries, and 800 rows held out
        rows, queries = arrays["base"].astype(np.float32), arrays["query"].astype(np.float32)
    yield Set("MiniLM 11k float32", "cosine", rows[:-800], np.concatenate([queries, rows[-800:]]))


def same_answers(case: Set, ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> float:
    """Returns the fraction of places with the same row. Ends the race if distances differ."""
    mine, peers = np.sort(case.distances(ours), axis=1), np.sort(case.distances(theirs), axis=1)
    # faiss sums in float32 (by norms, in a batch), so near ties may have another order: hence the tolerance.
    if not np.allclose(mine, peers, rtol=1e-4, atol=1e-6) or np.any(mine > peers * (1 + 1e-12) + 1e-15):
        worst = np.max(np.abs(mine - peers))
        sys.exit(f"{case.name}: the distances differ by up to {worst:.3g}, so the race is not valid")
    return float(np.mean(ours == theirs))


def peers_of(case: Set) -> dict[str, Any]:
    """The plain scan; and Panorama, which drops a row as soon as its first principal directions rule it out. The latter
    goes by distance under cosine, too: principal directions are taken about the mean, which changes inner products.
    """
    dims = case.base.shape[1]
    flat = faiss.IndexFlatIP(dims) if case.metric == "cosine" else faiss.IndexFlatL2(dims)
    panorama = faiss.IndexFlatL2Panorama(dims, PANORAMA_LEVELS)
    return {
        type(flat).__name__: flat,
        type(panorama).__name__: faiss.IndexPreTransform(faiss.PCAMatrix(dims, dims), panorama),
    }


def race_set(race: _race.Race, case: Set, repeats: int) -> None:
    index = na.build(case.base, metric=case.metric, kind="exact")
    base = case.for_faiss(case.base)
    for name, peer in peers_of(case).items():
        peer.train(base)
        peer.add(base)
        race_peer(race, case, index, peer, name, repeats)


def race_peer(race: _race.Race, case: Set, index: na.Index, peer: Any, peer_name: str, repeats: int) -> None:
    queries, peer_queries = case.queries, case.for_faiss(case.queries)

    def one_by_one_ours() -> NDArray[np.int64]:
        return np.stack([index.search(query, k=K, threads=1).rows for query in queries[:SINGLE_QUERIES]])

    def one_by_one_peer() -> NDArray[np.int64]:
        singles = peer_queries[:SINGLE_QUERIES]
        return np.concatenate([peer.search(singles[i : i + 1], K)[1] for i in range(SINGLE_QUERIES)])

    same = same_answers(case, index.search(queries, k=K, threads=1).rows, peer.search(peer_queries, K)[1])
    few = Set(case.name, case.metric, case.base, queries[:SINGLE_QUERIES])
    same_answers(few, one_by_one_ours(), one_by_one_peer())
    batch = _race.alternate(
        lambda: index.search(queries, k=K, threads=1), lambda: peer.search(peer_queries, K), repeats
    )
    single = _race.alternate(one_by_one_ours, one_by_one_peer, repeats)
    for label, seconds, count in (("batch", batch, len(queries)), ("one a call", single, SINGLE_QUERIES)):
        mine, theirs = (value / count * 1e6 for value in seconds)
        race.add(f"{case.name}, {label}", mine, theirs, "us", asked=2, peer_name=peer_name)
    race.note(f"  the same distances throughout; the same rows in the same places: {same:.2%}")


def main() -> int:
    options = _race.arguments(__doc__, repeats=5)
    faiss.omp_set_num_threads(1)
    race = _race.Race("exact_search", ["faiss-cpu"])
    race.start()
    for case in sets():
        race_set(race, case, options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
