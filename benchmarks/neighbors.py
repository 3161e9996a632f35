"""The neighbours of every row, k = 15 and 30, recall .95: from vectors to the graph, on one and two threads.

Against pynndescent (claimed: 8 times as fast; its compilation is left out), hnswlib, faiss (lists and flat) and
scikit-learn's brute force (3 times). Every peer has its quickest setting of a few whose recall, measured on 1,000 rows,
is .95. `--umap` compares embeddings that UMAP makes of our graph and of its own, by trustworthiness.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import Any

import _graphs
import _race
import numpy as np
from _graphs import Case, Truth
from _sets import SETS
from threadpoolctl import threadpool_limits

import nearabout as na

RECALL = 0.95
NAMES = ("minilm", "fashion", "sift", "mnist")
PACKAGES = ("pynndescent", "hnswlib", "faiss-cpu", "scikit-learn")
UMAP_ROWS = 6_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each side (default 1)")
    parser.add_argument("--sets", default=",".join(NAMES), help=f"of {', '.join(SETS)}")
    parser.add_argument("-k", default="15,30", help="numbers of neighbours (default 15,30)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default 1,2)")
    parser.add_argument("--peers", default=",".join(_graphs.PEERS), help=f"of {', '.join(_graphs.PEERS)}")
    parser.add_argument("--umap", action="store_true", help="compare embeddings of UMAP as well")
    return parser.parse_args()


def race_case(race: _race.Race, case: Case, truth: Truth, peers: list[str], repeats: int) -> None:
    label = f"{case.data.name}, k {case.k}, {case.threads} thread{'s' if case.threads > 1 else ''}"
    ours = _graphs.ours(case, RECALL)
    recall = truth.recall(ours())
    race.note(f"{label}: our recall {recall:.4f}")
    for name in peers:
        with threadpool_limits(case.threads):
            chosen = _graphs.quickest(name, case, truth, RECALL)
            if chosen is None:
                race.note(f"  {name}: no setting that was tried reaches recall {RECALL}")
                continue
            setting, find, found = chosen
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(repeats):
                times[0].append(_graphs.timed(ours)[0])
                times[1].append(_graphs.timed(find)[0])
        mine, theirs = (statistics.median(side) for side in times)
        asked = 8 if name == "pynndescent" else 3
        race.add(label, mine, theirs, "s", asked=asked, peer_name=f"{name}, {setting}, recall {found:.3f}")


def embed(race: _race.Race) -> None:
    """Compares the embeddings of UMAP that begin with our graph and with its own."""
    import umap
    from sklearn.manifold import trustworthiness

    vectors = SETS["fashion"]().base[:UMAP_ROWS].astype(np.float32)
    graph = na.neighbor_graph(vectors, 14, metric="euclidean", recall=RECALL)
    scores = []
    for knn in (graph.to_arrays(include_self=True), None):
        options: dict[str, Any] = {} if knn is None else {"precomputed_knn": knn}
        embedding = umap.UMAP(n_neighbors=15, random_state=1, n_jobs=1, **options).fit_transform(vectors)
        scores.append(float(trustworthiness(vectors, embedding, n_neighbors=15)))
    race.note(f"UMAP of {UMAP_ROWS:,} pictures: trustworthiness {scores[0]:.4f} with our graph, {scores[1]:.4f} alone")


def main() -> int:
    options = arguments()
    race = _race.Race("neighbors", PACKAGES)
    race.start()
    for name in options.sets.split(","):
        data = SETS[name]()
        vectors = data.for_peers(data.base)
        for k in map(int, options.k.split(",")):
            truth = Truth(data, k)
            for threads in map(int, options.threads.split(",")):
                peers = [peer for peer in options.peers.split(",") if peer]
                race_case(race, Case(data, vectors, k, threads), truth, peers, options.repeats)
    if options.umap:
        embed(race)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
