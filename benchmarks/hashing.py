"""Hashing: iterative quantization against random hyperplanes, and the scan of binary codes against faiss.

Recall: the 10 nearest among the 100 rows whose codes differ least, on Fashion-MNIST (20,000 x 784, euclidean) and
MiniLM (12,000 x 384, cosine), for 64, 128 and 256 bits. Speed: the 100 nearest binary vectors, one thread, a batch and
single queries, against `IndexBinaryFlat`, whose distances are the same; the vectors are signs of random projections,
and SIFT's 100,000 rows come besides. Then searches for 10 neighbours at a recall of .9 and .95, in a batch and one by
one, against our own lists: where is hashing worth it? Claimed: fewer misses at 64 and 128 bits, and as fast as faiss.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import faiss
import numpy as np
from _sets import Set, fashion, minilm, recall, sift
from numpy.typing import NDArray

import nearabout as na

K = 10
COMPARED = 100
SINGLE_QUERIES = 200
CLAIMED_BITS = (64, 128)
TARGETS = (0.9, 0.95)


def race_recall(race: _race.Race, case: Set) -> None:
    """The fraction of neighbours that is missed, which is to be smaller with learnt planes."""
    truth = case.truth()
    for bits in (*CLAIMED_BITS, 256):
        missed = {}
        for hashing in ("itq", "hyperplanes"):
            kind = na.LSH(bits=bits, hashing=hashing)
            index = na.build(case.base, metric=case.metric, kind=kind, calibrate=False)
            missed[hashing] = 1 - recall(index.search(case.queries, K, effort=COMPARED).rows, truth)
        asked = 1.0 if bits in CLAIMED_BITS else 0.0
        name = f"{case.name}, {bits} bits, missed"
        race.add(name, missed["itq"], missed["hyperplanes"], "", asked=asked, peer_name="hyperplanes")


def binary_codes(case: Set, bits: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Returns the signs of random projections of rows and queries."""
    base, queries = case.for_peers(case.base), case.for_peers(case.queries)
    centre = base.mean(axis=0)
    planes = np.random.default_rng(bits).normal(size=(base.shape[1], bits)).astype(np.float32)
    return (base - centre) @ planes > 0, (queries - centre) @ planes > 0


def race_scan(race: _race.Race, case: Set, bits: int, repeats: int) -> None:
    base, queries = binary_codes(case, bits)
    index = na.build(base, metric="hamming", kind=na.LSH(bits=bits), calibrate=False)
    peer = faiss.IndexBinaryFlat(bits)
    packed, asked = (np.packbits(codes, axis=1, bitorder="little") for codes in (base, queries))
    peer.add(packed)
    ours = index.search(asked, COMPARED, effort=COMPARED, threads=1)
    theirs = peer.search(asked, COMPARED)[0]
    if not np.array_equal(np.rint(ours.distances * bits), theirs):
        sys.exit(f"{case.name}, {bits} bits: the distances differ, so the race is not valid")
    few = asked[:SINGLE_QUERIES]
    ways: dict[str, tuple[Any, Any, int]] = {
        "batch": (
            lambda: index.search(asked, COMPARED, effort=COMPARED, threads=1),
            lambda: peer.search(asked, COMPARED),
            len(asked),
        ),
        "one a call": (
            lambda: [index.search(query, COMPARED, effort=COMPARED, threads=1) for query in few],
            lambda: [peer.search(few[i : i + 1], COMPARED) for i in range(len(few))],
            len(few),
        ),
    }
    for way, (mine, others, count) in ways.items():
        seconds = _race.alternate(mine, others, repeats)
        us = [value / count * 1e6 for value in seconds]
        race.add(f"{case.name}, {bits} bits, {way}", us[0], us[1], "us", asked=1, peer_name="IndexBinaryFlat")


def race_lists(race: _race.Race, case: Set, repeats: int) -> None:
    """Nothing is claimed: how long hashes and lists take for the same promise."""
    hashes = na.build(case.base, metric=case.metric, kind=na.LSH(), threads=2)
    lists = na.build(case.base, metric=case.metric, kind="ivf", threads=2)
    few = case.queries[:SINGLE_QUERIES]
    for target in TARGETS:
        for way, queries in (("batch", case.queries), ("one a call", few)):

            def search(index: na.Index, queries: Any = queries, way: str = way, target: float = target) -> None:
                if way == "batch":
                    index.search(queries, K, recall=target, threads=1)
                else:
                    for query in queries:
                        index.search(query, K, recall=target, threads=1)

            seconds = _race.alternate(lambda: search(hashes), lambda: search(lists), repeats)
            us = [value / len(queries) * 1e6 for value in seconds]
            race.add(f"{case.name}, recall {target}, {way}", us[0], us[1], "us", asked=0, peer_name="lists")


def main() -> int:
    options = _race.arguments(__doc__, repeats=5)
    faiss.omp_set_num_threads(1)
    race = _race.Race("hashing", ["faiss-cpu"])
    race.start()
    cases = [fashion(), minilm()]
    for case in cases:
        race_recall(race, case)
    cases.append(sift())
    for case in cases:
        for bits in (64, 128, 256):
            race_scan(race, case, bits, options.repeats)
    for case in cases:
        race_lists(race, case, options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
