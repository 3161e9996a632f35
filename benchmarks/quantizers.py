"""Quantizers alone: neighbours that their codes keep, and the time to fit and to encode, against faiss and others.

Missed: the fraction of the 10 nearest that is not among the 100 rows whose codes are nearest to a query, on SIFT
(100,000 x 128) and MiniLM (12,000 x 384, of length 1), for codes of 8 to 64 bytes. All are fitted to the rows that they
encode. A code of LOPQ counts with its byte for the cell. Peers: faiss' PQ, OPQ, scalar quantizer and RaBitQ; nanopq;
and LOPQ as published, in NumPy (its package is for Python 2). Time is that of the processor on one thread, so that a
busy machine counts for nothing. Claimed: PQ as good as faiss', OPQ and LOPQ each better than the one before, and
fitting in at most .7 of faiss' time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import faiss
import nanopq
import numpy as np
from _sets import Set, minilm, sift
from numpy.typing import NDArray

import nearabout as na

K = 10
CANDIDATES = 100
QUERIES = 500
TOGETHER = 50  # queries
SIZES = (8, 16, 32, 64)
LEARNT_SIZES = (8, 16)  # of the peers that take minutes
TURNS = 10  # of nanopq, whose default of 20 takes twice the time
Floats = NDArray[np.float32]
Timed = tuple[float, float, Callable[[Floats], NDArray[Any]]]  # seconds to fit, to encode, and distances from queries


def missed(distances: Callable[[Floats], NDArray[Any]], queries: Floats, truth: NDArray[np.int64]) -> float:
    """Returns the fraction of the neighbours that is not among the candidates."""
    found = 0
    for begin in range(0, len(queries), TOGETHER):
        some = distances(queries[begin : begin + TOGETHER])
        near = np.argpartition(some, CANDIDATES, axis=1)[:, :CANDIDATES]
        found += sum(
            len(set(rows.tolist()) & set(true)) for rows, true in zip(near, truth[begin:].tolist(), strict=False)
        )
    return 1 - found / truth.size


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def ours(quantizer: Any, base: Floats) -> Timed:
    fit, _ = timed(lambda: quantizer.fit(base, threads=1))
    encode, codes = timed(lambda: quantizer.encode(base, threads=1))
    return fit, encode, lambda queries: quantizer.distances(queries, codes, threads=1)


def decoded(fit: float, encode: float, near: Floats) -> Timed:
    """Distances from the vectors that a peer's codes stand for."""
    squares = (near**2).sum(axis=1)
    return fit, encode, lambda queries: squares - 2 * (queries @ near.T)


def faiss_pq(base: Floats, size: int, rotated: bool) -> Timed:
    product = faiss.ProductQuantizer(base.shape[1], size, 8)
    rotation = faiss.OPQMatrix(base.shape[1], size)

    def fit() -> Floats:
        if rotated:
            rotation.train(base)
        turned: Floats = rotation.apply(base) if rotated else base
        product.train(turned)
        return turned

    fitted, turned = timed(fit)
    encoded, codes = timed(lambda: product.compute_codes(turned))
    near = product.decode(codes)
    return decoded(fitted, encoded, rotation.reverse_transform(near) if rotated else near)


def faiss_index(index: Any, base: Floats) -> Timed:
    fit, _ = timed(lambda: index.train(base))
    encode, codes = timed(lambda: index.sa_encode(base))
    index.add(base)
    del codes

    def distances(queries: Floats) -> NDArray[Any]:
        found, rows = index.search(queries, CANDIDATES)
        table = np.full((len(queries), len(base)), np.inf, np.float32)
        np.put_along_axis(table, rows, found, axis=1)
        return table

    return fit, encode, distances


def nano_pq(base: Floats, size: int) -> Timed:
    product = nanopq.PQ(M=size, Ks=256, verbose=False)
    fit, _ = timed(lambda: product.fit(base[:: max(1, len(base) // 16_384)], iter=TURNS, seed=0))
    encode, codes = timed(lambda: product.encode(base))
    return decoded(fit, encode, product.decode(codes))


def balanced(variances: NDArray[Any], parts: int) -> list[int]:
    """Allocates directions to parts so that the products of variances are about equal."""
    room = len(variances) // parts
    taken: list[list[int]] = [[] for _ in range(parts)]
    sums = np.zeros(parts)
    for direction in np.argsort(-variances):
        open_parts = [part for part in range(parts) if len(taken[part]) < room]
        part = min(open_parts, key=lambda one: float(sums[one]))
        taken[part].append(int(direction))
        sums[part] += np.log(max(variances[direction], 1e-12) / 1e-12)
    return [direction for part in taken for direction in part]


def published_lopq(base: Floats, size: int, cells: int) -> Timed:
    """LOPQ as published: cells by k-means, a rotation of each by its covariance, and codebooks that cells share."""

    def fit() -> tuple[NDArray[Any], Floats, Floats, Any]:
        means = faiss.Kmeans(base.shape[1], cells, niter=10, seed=1)
        means.train(base)
        own = means.index.search(base, 1)[1][:, 0]
        residuals = base - means.centroids[own]
        turned = np.empty_like(base)
        rotations = np.empty((cells, base.shape[1], base.shape[1]), np.float32)
        for cell in range(cells):
            rows = residuals[own == cell]
            variances, axes = np.linalg.eigh(np.cov(rows.T, bias=True))
            rotations[cell] = axes[:, balanced(variances, size)]
            turned[own == cell] = rows @ rotations[cell]
        product = faiss.ProductQuantizer(base.shape[1], size, 8)
        product.train(turned)
        return own, means.centroids, rotations, (product, turned)

    fitted, (own, centroids, rotations, (product, turned)) = timed(fit)
    encoded, codes = timed(lambda: product.compute_codes(turned))
    near = product.decode(codes)
    for cell in range(cells):
        near[own == cell] = near[own == cell] @ rotations[cell].T + centroids[cell]
    return decoded(fitted, encoded, near)


def compare(race: _race.Race, case: Set, size: int) -> None:
    base, queries = case.for_peers(case.base), case.for_peers(case.queries)[:QUERIES]
    truth = case.truth(threads=2)[: len(queries)]
    runs: dict[str, Timed] = {"PQ": ours(na.PQ(size), base), "OPQ": ours(na.OPQ(size), base)}
    lopq = na.LOPQ(size)
    runs["LOPQ"] = ours(lopq, base)
    runs["faiss PQ"] = faiss_pq(base, size, rotated=False)
    if size in LEARNT_SIZES:
        runs["faiss OPQ"] = faiss_pq(base, size, rotated=True)
        runs["nanopq"] = nano_pq(base, size)
        runs["LOPQ as published"] = published_lopq(base, size, lopq.info()["cells"])
    found = {name: missed(run[2], queries, truth) for name, run in runs.items()}
    as_good = found["faiss PQ"] / (found["faiss PQ"] + 0.005)
    pairs = [("PQ", "faiss PQ", as_good), ("OPQ", "PQ", 1.0), ("LOPQ", "OPQ", 1.0), ("OPQ", "faiss OPQ", 1.0)]
    pairs += [("PQ", "nanopq", 0.0), ("LOPQ", "LOPQ as published", 0.0)]
    for mine, other, asked in pairs:
        if other in found:
            name = f"{case.name}, {size} bytes, {mine}, missed"
            race.add(name, found[mine], found[other], "", asked=asked, peer_name=other)
    for mine, other in (("PQ", "faiss PQ"), ("OPQ", "faiss OPQ")):
        if other in runs:
            asked = 1 / 0.7 if mine == "PQ" else 1.0
            fits = (runs[mine][0], runs[other][0])
            race.add(f"{case.name}, {size} bytes, {mine}, fit", *fits, "s", asked=asked, peer_name=other)
            encodes = (runs[mine][1], runs[other][1])
            race.add(f"{case.name}, {size} bytes, {mine}, encode", *encodes, "s", asked=0, peer_name=other)


def compare_numbers(race: _race.Race, case: Set) -> None:
    """Quantizers of each dimension by itself."""
    base, queries = case.for_peers(case.base), case.for_peers(case.queries)[:QUERIES]
    truth = case.truth(threads=2)[: len(queries)]
    dims = base.shape[1]
    scalar = faiss.ScalarQuantizer
    peers: list[tuple[str, Any, Any, str]] = [
        (f"SQ({bits})", na.SQ(bits), faiss.IndexScalarQuantizer(dims, kind), "faiss SQ")
        for bits, kind in ((4, scalar.QT_4bit), (6, scalar.QT_6bit), (8, scalar.QT_8bit))
    ]
    peers.append(("RaBitQ(1)", na.RaBitQ(1), faiss.IndexRaBitQ(dims, faiss.METRIC_L2), "faiss RaBitQ"))
    for name, quantizer, peer, peer_name in peers:
        mine, other = ours(quantizer, base), faiss_index(peer, base)
        gone = [max(missed(run[2], queries, truth), 1e-5) for run in (mine, other)]
        race.add(f"{case.name}, {name}, missed", gone[0], gone[1], "", asked=0, peer_name=peer_name)
        race.add(f"{case.name}, {name}, encode", mine[1], other[1], "s", asked=0, peer_name=peer_name)


def main() -> int:
    options = _race.arguments(__doc__, repeats=1)
    faiss.omp_set_num_threads(1)
    race = _race.Race("quantizers", ["faiss-cpu", "nanopq"])
    race.start()
    for case in (sift(), minilm()):
        for size in SIZES:
            compare(race, case, size)
        compare_numbers(race, case)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
