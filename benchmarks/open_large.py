"""Opening a file of 1 MiB and one of 1 GiB, and the first answers by key.

Each run is a fresh process; the pages are warm. There is no peer: the small file and a limit of 10 ms stand in its
place. `index[key]` finds the key and gives its vector; `search_by_key` then scans every vector, which takes as long as
the memory needs, so that only the small file is held to a limit there. Importing NumPy and the package is not counted.
Claimed: open and index[key] of 1 GiB in 10 ms together; opening costs the same for both (0.5 allows for noise among
fractions of a millisecond).
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

import _race
import numpy as np

import nearabout as na

DIMS = 100
ROW_BYTES = 525  # vector, code, terms and key
FIRST_ANSWERS = """
import json, sys, time
import numpy
import nearabout as na
na.open, na.Index
path, key = sys.argv[1:]
marks = [time.perf_counter()]
index = na.open(path); marks.append(time.perf_counter())
index[key]; marks.append(time.perf_counter())
index.search_by_key(key, k=10); marks.append(time.perf_counter())
index.search_by_key(key + '0', k=10); marks.append(time.perf_counter())
print(json.dumps([(after - before) * 1e3 for before, after in zip(marks, marks[1:])]))
"""


def make_file(path: Path, total: int) -> None:
    """An exact index of about `total` bytes: float32 vectors (random ones: no scan is longer), keys key0, key1, ..."""
    rows = total // ROW_BYTES
    vectors = np.random.default_rng(7).standard_normal((rows, DIMS), np.float32)
    na.build(vectors, keys=[f"key{row}" for row in range(rows)], path=str(path), kind="exact")


def first_answers(path: Path, repeats: int) -> list[float]:
    """Median milliseconds of open, index[key] and two search_by_key; one process before, uncounted, warms the pages."""
    runs = [
        json.loads(_race.run_process(sys.executable, "-c", FIRST_ANSWERS, path, "key100")) for _ in range(repeats + 1)
    ]
    return [statistics.median(column) for column in zip(*runs[1:], strict=True)]


def main() -> int:
    options = _race.arguments(__doc__, repeats=7)
    race = _race.Race("open_large", [])
    race.start()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.near", Path(folder) / "large.near"
        make_file(small, 2**20)
        make_file(large, 2**30)
        small_ms, large_ms = first_answers(small, options.repeats), first_answers(large, options.repeats)
        race.note(f"files: {small.stat().st_size / 2**20:.2f} MiB and {large.stat().st_size / 2**20:.0f} MiB")
    race.add("1 GiB: open + index[key]", large_ms[0] + large_ms[1], 10, "ms", asked=1, peer_name="limit")
    race.add("1 GiB: open, against 1 MiB", large_ms[0], small_ms[0], "ms", asked=0.5, peer_name="1 MiB")
    race.add("1 MiB: open + search_by_key", small_ms[0] + small_ms[2], 10, "ms", asked=1, peer_name="limit")
    race.note(
        f"1 GiB: the first search_by_key (all codes and their checksums, all cores) {large_ms[2]:.1f} ms, the "
        f"next {large_ms[3]:.1f} ms"
    )
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
