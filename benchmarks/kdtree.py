"""K-d trees against SciPy's cKDTree and scikit-learn's KDTree and BallTree: places on the Earth, and points in space.

Cities and airports are searched by their distance on the Earth: ours and BallTree by haversine, the others by points of
the unit sphere, which are computed for them beforehand. Queries are places near places. Random points are uniform in a
cube. Each peer has its default size of leaves in builds, and in searches the fastest of four. Our builds are timed
without calibration, which the peers do not have either; a note has the time with it. All on one thread, with the same
answers. Claimed: builds and searches as fast as cKDTree, searches three times as fast as scikit-learn's under the same
metric.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

# Before the libraries are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import numpy as np

import nearabout as na

QUERIES, SINGLE = 5_000, 300
NEIGHBOURS = (1, 10, 100)
LEAVES = (8, 16, 32, 64)
OF_SKLEARN = (10, 20, 40, 80)


class Set(NamedTuple):
    """Rows and queries of ours, the same as their metric has them for the peers, and what is claimed of each peer."""

    name: str
    metric: Any
    rows: Any
    queries: Any
    points: Any
    asked: Any


class Peer(NamedTuple):
    """A class of trees of another library, over points of its own."""

    name: str
    claim: float
    build: Callable[[Any, int], Any]
    default: int
    sizes: tuple[int, ...]
    rows: Any
    queries: Any


def sphere(places: Any) -> Any:
    latitude, longitude = np.radians(places.astype(np.float64)).T
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )


def places(name: str) -> Set:
    with zipfile.ZipFile(_race.sample("geo.zip")) as archive:
        rows = np.load(io.BytesIO(archive.read(f"geo/{name}_latlon.npy"))).astype(np.float32)
    random = np.random.default_rng(0)
    near = rows[random.integers(0, len(rows), QUERIES)] + random.normal(scale=0.3, size=(QUERIES, 2))
    queries = near.clip([-90, -180], [90, 180]).astype(np.float32)
    return Set(name, "haversine", rows, queries, sphere(rows), sphere(queries))


def cube(rows: int, dims: int) -> Set:
    random = np.random.default_rng(0)
    points = random.random((rows, dims), dtype=np.float32)
    queries = random.random((QUERIES, dims), dtype=np.float32)
    wide = points.astype(np.float64), queries.astype(np.float64)
    return Set(f"{rows // 1000}k x {dims}", "euclidean", points, queries, *wide)


def peers_of(case: Set) -> list[Peer]:
    from scipy.spatial import cKDTree
    from sklearn.neighbors import BallTree, KDTree

    of_space = 1 if case.metric == "haversine" else 3  # chords alone, without distances on the Earth
    peers = [
        Peer("cKDTree", 1, lambda rows, size: cKDTree(rows, size), 16, LEAVES, case.points, case.asked),
        Peer("KDTree", of_space, lambda rows, size: KDTree(rows, size), 40, OF_SKLEARN, case.points, case.asked),
    ]
    if case.metric != "haversine":
        return peers
    angles = np.radians(case.rows.astype(np.float64)), np.radians(case.queries.astype(np.float64))
    on_earth = Peer("BallTree", 3, lambda rows, size: BallTree(rows, size, metric="haversine"), 40, OF_SKLEARN, *angles)
    return [*peers, on_earth]


def fastest(peer: Peer, k: int) -> Any:
    """Returns the tree that takes the least time, of four sizes of leaves."""
    taken = []
    for size in peer.sizes:
        tree = peer.build(peer.rows, size)
        begin = time.thread_time()
        tree.query(peer.queries, k=k)
        taken.append((time.thread_time() - begin, size, tree))
    return min(taken, key=lambda one: one[:2])[2]


def check(case: Set, index: na.Index, peer: Peer, tree: Any) -> None:
    """Ends the race if the distances differ."""
    far = np.asarray(tree.query(peer.queries, k=10)[0])
    if case.metric == "haversine":
        far = (far if peer.name == "BallTree" else 2 * np.arcsin(np.minimum(far / 2, 1))) * 6_371_008.8
    np.testing.assert_allclose(index.search(case.queries, 10).distances, far, rtol=1e-5, atol=0.5)


def alternate(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Returns the median seconds of the thread, after a warm-up run of each: other work on the machine counts less."""
    times: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):
        for side, run in enumerate((ours, peer)):
            begin = time.thread_time()
            run()
            if repeat > 0:
                times[side].append(time.thread_time() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def built(case: Set, calibrate: bool = True) -> na.Index:
    return na.build(case.rows, metric=case.metric, kind="kdtree", threads=1, calibrate=calibrate)


def race_builds(race: _race.Race, case: Set, peer: Peer, repeats: int) -> None:
    ours, theirs = alternate(lambda: built(case, False), lambda: peer.build(peer.rows, peer.default), repeats)
    race.add(f"{case.name}, build", ours * 1e3, theirs * 1e3, "ms", asked=1, peer_name=peer.name)
    if peer.claim == 1:
        ours, _ = alternate(lambda: built(case), lambda: None, repeats)
        race.note(f"{case.name}, build with calibration: {ours * 1e3:.3g} ms")


def race_batches(race: _race.Race, case: Set, index: na.Index, peer: Peer, k: int, repeats: int) -> None:
    tree, one = fastest(peer, k), 1e6 / QUERIES
    ours, theirs = alternate(
        lambda: index.search(case.queries, k, threads=1), lambda: tree.query(peer.queries, k=k), repeats
    )
    race.add(f"{case.name}, batch, k={k}", ours * one, theirs * one, "us", asked=peer.claim, peer_name=peer.name)


def race_single(race: _race.Race, case: Set, index: na.Index, peer: Peer, repeats: int) -> None:
    tree, one = fastest(peer, 10), 1e6 / SINGLE
    own, its = case.queries[:SINGLE], peer.queries[:SINGLE, None, :]
    ours, theirs = alternate(
        lambda: [index.search(query, 10, threads=1) for query in own],
        lambda: [tree.query(query, k=10) for query in its],
        repeats,
    )
    race.add(f"{case.name}, one a call, k=10", ours * one, theirs * one, "us", asked=peer.claim, peer_name=peer.name)


def measure(race: _race.Race, case: Set, repeats: int) -> None:
    index = built(case)
    for peer in peers_of(case):
        race_builds(race, case, peer, repeats)
        check(case, index, peer, peer.build(peer.rows, peer.default))
        for k in NEIGHBOURS:
            race_batches(race, case, index, peer, k, repeats)
        race_single(race, case, index, peer, repeats)


def main() -> int:
    options = _race.arguments(__doc__, repeats=7)
    race = _race.Race("kdtree", ["scipy", "scikit-learn"])
    race.start()
    for case in (places("cities"), places("airports"), cube(100_000, 3), cube(100_000, 8)):
        measure(race, case, options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
