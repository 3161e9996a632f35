"""The libraries that find the neighbours of every row, each at its quickest setting that reaches the recall."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import faiss
import hnswlib
import numpy as np
import pynndescent
from _sets import Set
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

import nearabout as na

SAMPLED = 1_000  # rows that recall is measured on, other ones than the 128 of Nearabout
Rows = NDArray[Any]


class Case(NamedTuple):
    """Vectors, and how many neighbours of each are wanted on how many threads."""

    data: Set
    vectors: NDArray[np.float32]  # for the peers: of unit length under cosine
    k: int
    threads: int


class Truth:
    """The true neighbours of some rows, and the recall of a graph by them."""

    def __init__(self, data: Set, k: int) -> None:
        index = na.build(data.base, metric=data.metric, kind="exact")
        self.rows = np.sort(np.random.default_rng(5).choice(len(data.base), SAMPLED, replace=False))
        self._true = index.search_by_key(self.rows, k).rows

    def recall(self, rows: Rows) -> float:
        """Returns the fraction of the true neighbours in the lines of the sampled rows of a whole graph."""
        return self.recall_of(rows[self.rows])

    def recall_of(self, rows: Rows) -> float:
        pairs = zip(rows.tolist(), self._true.tolist(), strict=True)
        return sum(len(set(near).intersection(true)) for near, true in pairs) / self._true.size


Find = Callable[[], Rows]


def ours(case: Case, recall: float) -> Find:
    def find() -> Rows:
        graph = na.neighbor_graph(case.data.base, case.k, metric=case.data.metric, recall=recall, threads=case.threads)
        return graph.rows

    return find


def without_self(rows: Rows, k: int) -> Rows:
    """Returns k neighbours of each row, without the row itself, which is mostly the first."""
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True  # copies were nearer: the last place is one too many
    kept: Rows = rows[~own].reshape(len(rows), -1)[:, :k]
    return kept


def descent(case: Case, neighbors: int) -> Find:
    def find() -> Rows:
        index = pynndescent.NNDescent(
            case.vectors, metric=case.data.metric, n_neighbors=neighbors + 1, n_jobs=case.threads, random_state=1
        )
        return without_self(index.neighbor_graph[0], case.k)

    return find


def hnsw(case: Case, construction: int, search: int) -> Find:
    def find() -> Rows:
        space = "cosine" if case.data.metric == "cosine" else "l2"
        index = hnswlib.Index(space, case.vectors.shape[1])
        index.init_index(len(case.vectors), M=16, ef_construction=construction, random_seed=1)
        index.add_items(case.vectors, num_threads=case.threads)
        index.set_ef(search)
        return without_self(index.knn_query(case.vectors, case.k + 1, num_threads=case.threads)[0], case.k)

    return find


def faiss_flat(case: Case) -> Find:
    def find() -> Rows:
        faiss.omp_set_num_threads(case.threads)
        index = faiss.IndexFlatL2(case.vectors.shape[1])
        index.add(case.vectors)
        return without_self(index.search(case.vectors, case.k + 1)[1], case.k)

    return find


def faiss_lists(case: Case, probes: int) -> Find:
    def find() -> Rows:
        faiss.omp_set_num_threads(case.threads)
        dims = case.vectors.shape[1]
        lists = int(2 * np.sqrt(len(case.vectors)))
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dims), dims, lists)
        index.train(case.vectors)
        index.add(case.vectors)
        index.nprobe = probes
        return without_self(index.search(case.vectors, case.k + 1)[1], case.k)

    return find


def brute_force(case: Case) -> Find:
    def find() -> Rows:
        index = NearestNeighbors(n_neighbors=case.k, algorithm="brute", n_jobs=case.threads).fit(case.vectors)
        rows: Rows = index.kneighbors(return_distance=False)
        return rows

    return find


def settings(name: str, case: Case) -> Iterator[tuple[str, Find]]:
    """Yields a peer's settings, the quickest first within a build."""
    k = case.k
    if name == "pynndescent":
        for neighbors in (k, k * 3 // 2, 2 * k, 3 * k):
            yield f"{neighbors} neighbours", descent(case, neighbors)
    elif name == "hnswlib":
        for search in (k + 1, 2 * k, 3 * k, 5 * k, 8 * k):
            yield f"construction 60, ef {search}", hnsw(case, 60, search)
    elif name == "faiss IVF":
        for probes in (2, 4, 6, 8, 12, 16, 24, 32, 48, 64):
            yield f"{probes} probes", faiss_lists(case, probes)
    elif name == "faiss flat":
        yield "exact", faiss_flat(case)
    else:
        yield "exact", brute_force(case)


PEERS = ("pynndescent", "hnswlib", "faiss IVF", "faiss flat", "sklearn brute")
EXACT = ("faiss flat", "sklearn brute")


def compiled(case: Case) -> None:
    """Lets pynndescent compile its functions, which takes longer than all the rest, before its time is taken."""
    few = case._replace(vectors=case.vectors[:2_000])
    descent(few, case.k)()


def quickest(name: str, case: Case, truth: Truth, recall: float) -> tuple[str, Find, float] | None:
    """Returns the first setting that reaches the recall, and its recall; None if none does."""
    if name == "pynndescent":
        compiled(case)
    for setting, find in settings(name, case):
        found = 1.0 if name in EXACT else truth.recall(find())
        if found >= recall:
            return setting, find, found
    return None


def timed(find: Find) -> tuple[float, Rows]:
    begin = time.perf_counter()
    rows = find()
    return time.perf_counter() - begin, rows
