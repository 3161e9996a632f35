"""A search for one query on indexes of 16 rows, whose answer takes next to nothing: what is left is the call.

For each kind the least of many calls in microseconds, and in the notes their medians: `search(query, k=10)` with a
query of shape (dims,), the same with one of shape (1, dims), and the call of the core alone that both come to. Larger
indexes follow, whose searches begin to show. Two limits stand in the place of a peer. Claimed of 16 rows: the least is
under 3 us; for all sizes a query of shape (1, dims) takes at most a fifth more than one of shape (dims,).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import _race
import numpy as np

import nearabout as na

SIZES = ((16, 16), (1_000, 64), (25_000, 64))  # rows and dims
K = 10
CALLS = 200  # of each way in a run
LIMIT = 3.0  # microseconds
A_FIFTH_MORE = 1 / 1.2
CASES = (
    ("exact", "euclidean", "f32"),
    ("exact", "cosine", "f32"),
    ("exact", "euclidean", "u8"),
    ("ivf", "cosine", "f32"),
    ("ivf", "euclidean", "u8"),
    ("forest", "cosine", "f32"),
)


class Times(NamedTuple):
    """Microseconds of a call."""

    least: float
    median: float


def made(kind: str, metric: Any, dtype: str, rows: int, dims: int) -> tuple[na.Index, Any]:
    """Returns an index and a query of its own type that is not one of its rows."""
    vectors = np.random.default_rng(0).normal(size=(rows + 1, dims)).astype(np.float32)
    if dtype == "u8":
        vectors = (vectors * 32 + 128).clip(0, 255).astype(np.uint8)
    return na.build(vectors[:-1], metric=metric, kind=kind), vectors[-1].copy()


def timed(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, Times]:
    """Times calls of each way. The ways take turns, so that a machine that slows down slows all of them."""
    taken: dict[str, list[int]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, call in ways.items():
            call()
            for _ in range(CALLS):
                begin = time.perf_counter_ns()
                call()
                taken[way].append(time.perf_counter_ns() - begin)
    return {way: Times(min(times) / 1e3, statistics.median(times) / 1e3) for way, times in taken.items()}


def measure(race: _race.Race, case: tuple[str, str, str], rows: int, dims: int, repeats: int) -> None:
    index, query = made(*case, rows, dims)
    table, core = query[None], index._core
    times = timed(
        {
            "(dims,)": lambda: index.search(query, K),
            "(1, dims)": lambda: index.search(table, K),
            "core": lambda: core.search_single(query, K, None, None, False, None, None, None),
        },
        repeats,
    )
    name = f"{' '.join(case)}, {rows:,} rows"
    one, batch = times["(dims,)"], times["(1, dims)"]
    if rows == SIZES[0][0]:
        race.add(f"{name}, (dims,)", one.least, LIMIT, "us", asked=1, peer_name="limit")
    race.add(f"{name}, (1, dims)", batch.least, one.least, "us", asked=A_FIFTH_MORE, peer_name="(dims,)")
    medians = ", ".join(f"{way} {median:.2f}" for way, (_, median) in times.items())
    race.note(f"{name}: the core alone {times['core'].least:.2f} us; medians {medians}")


def main() -> int:
    options = _race.arguments(__doc__, repeats=20)
    race = _race.Race("call_overhead", [])
    race.start()
    for rows, dims in SIZES:
        for case in CASES:
            measure(race, case, rows, dims, options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
