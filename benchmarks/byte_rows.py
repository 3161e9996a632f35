"""Byte rows: searches with one byte per dimension kept besides the vectors, and without, one thread, k = 10.

The same rows as float32, at recall@10 of .95 and .99 (lists) and exactly; a batch and one query a call. Every answer is
compared: rows and distances must be equal to the last bit. Above 1, byte rows are faster. Claimed: nothing but that the
answers are the same; whether byte rows pay depends on the processor, so this says where.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import numpy as np
from _sets import SETS, K, Set

import nearabout as na

SINGLE_QUERIES = 200
SETS_HERE = ("fashion", "minilm", "words", "sift")
Kind = type[na.Exact] | type[na.IVF]


def as_floats(case: Set) -> Set:
    return Set(case.name, case.metric, case.base.astype(np.float32), case.queries.astype(np.float32))


def built(case: Set, kind: Kind, byte_rows: bool) -> tuple[na.Index, float]:
    begin = time.perf_counter()
    index = na.build(case.base, metric=case.metric, kind=kind(byte_rows=byte_rows), threads=1)
    return index, time.perf_counter() - begin


def require_same(with_bytes: na.Hits, without: na.Hits, name: str) -> None:
    for one, other in ((with_bytes.rows, without.rows), (with_bytes.distances, without.distances)):
        if not np.array_equal(one, other):
            sys.exit(f"{name}: byte rows change the answers, so they are wrong")


def race_searches(
    race: _race.Race, case: Set, pair: tuple[na.Index, na.Index], name: str, repeats: int, how: dict[str, Any]
) -> None:
    def batch(index: na.Index) -> na.Hits:
        return index.search(case.queries, K, threads=1, **how)

    def singles(index: na.Index) -> None:
        for query in case.queries[:SINGLE_QUERIES]:
            index.search(query, K, threads=1, **how)

    require_same(batch(pair[0]), batch(pair[1]), name)
    for label, work, count in (("batch", batch, len(case.queries)), ("one a call", singles, SINGLE_QUERIES)):
        seconds = _race.alternate(partial(work, pair[0]), partial(work, pair[1]), repeats)
        mine, other = (value / count * 1e6 for value in seconds)
        race.add(f"{name}, {label}", mine, other, "us", asked=0, peer_name="without")


def race_set(race: _race.Race, case: Set, repeats: int) -> None:
    for kind in (na.Exact, na.IVF):
        (index, seconds), (plain, plain_seconds) = built(case, kind, True), built(case, kind, False)
        name = f"{case.name} float32, {index.kind}"
        if kind is na.Exact:
            race_searches(race, case, (index, plain), name, repeats, {})
        else:
            for recall in (0.95, 0.99):
                race_searches(race, case, (index, plain), f"{name} .{100 * recall:.0f}", repeats, {"recall": recall})
                effort = int(np.median(np.abs(plain.search(case.queries, K, recall=recall).effort)))
                work = [one.profile(case.queries, K, effort=effort) for one in (index, plain)]
                compared, of = (one.counts["compared"] / one.queries for one in work)
                race.note(f"  compared in full at {effort} lists: {compared:.1f} rows of {of:.1f}")
        more = (index.info()["file_bytes"] - plain.info()["file_bytes"]) / len(index)
        race.note(f"  {more:.0f} bytes more a row; built in {seconds:.2f} s, without in {plain_seconds:.2f} s")


def main() -> int:
    options = _race.arguments(__doc__, repeats=7)
    race = _race.Race("byte_rows", [])
    race.start()
    for name in SETS_HERE:
        race_set(race, as_floats(SETS[name]()), options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
