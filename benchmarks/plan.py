"""What `na.plan` says of a build beside what the build takes: seconds, memory and bytes of the file.

Real vectors of 16 to 784 dims as f32, f16 and u8, 5,000 to 200,000 rows; exact search, forests and lists of codes; one
thread and two; in memory, and within a budget of 64 MB to a file. Each build runs in a fresh process and tells its
peak of resident memory beyond what the vectors took; plans and builds alternate. Printed are the medians of what was
planned and what it was, and the ratio. The exit code is 1 where one of them is off by more than a factor of
two. With --queries it is the time of a query instead, as planned for a recall and as searches that ask for it take, and
a factor of three. Needs Linux (/proc tells the peak) and, for the seconds, a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _race
import numpy as np
from _plan_queries import compare_queries
from _sets import SETS, sift_of
from auto_choice import shortened

import nearabout as na

KINDS = ("exact", "forest", "ivf")
BUDGET = "64MB"
ALLOWED = 2.0
MEASURED = {"seconds": (1.0, 3), "memory": (1e6, 1), "file": (1e6, 1)}  # unit and digits
_SELF = Path("/proc/self")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="sets of at most 24,000 rows")
    parser.add_argument("--repeats", type=int, default=3, help="plans and builds of each, in turn (default 3)")
    parser.add_argument("--queries", action="store_true", help="compare the time of queries instead of builds")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    return parser.parse_args()


def sets() -> Iterator[tuple[str, np.ndarray[Any, Any], str]]:
    sift, mnist, minilm, words = sift_of(200_000), SETS["mnist"](), SETS["minilm"](), SETS["words"]()
    short = shortened(sift_of(200_000), 16).base.astype(np.float32)
    yield "words", words.base[:5_000], "cosine"
    yield "words", words.base, "cosine"
    yield "MiniLM", minilm.base[:5_000].astype(np.float32), "cosine"
    yield "MiniLM", minilm.base, "cosine"
    yield "SIFT", sift.base[:20_000], "euclidean"
    yield "SIFT of 16", short[:20_000], "euclidean"
    yield "MNIST", mnist.base[:5_000], "euclidean"
    yield "MNIST", mnist.base[:20_000].astype(np.float32), "euclidean"
    yield "MNIST", mnist.base, "euclidean"
    yield "SIFT", sift.base[:100_000].astype(np.float32), "euclidean"
    yield "SIFT", sift.base, "euclidean"
    yield "SIFT of 16", short, "euclidean"


def resident(name: str) -> int:
    """VmRSS, or VmHWM: the peak since it was last cleared."""
    found = re.search(rf"{name}:\s+(\d+) kB", (_SELF / "status").read_text(encoding="ascii"))
    assert found is not None
    return 1024 * int(found.group(1))


def child(source: str, metric: str, kind: str, threads: str, target: str) -> None:
    """One build; prints its seconds, its peak of memory and the bytes of its file."""
    budget = BUDGET if target else None
    data: Any = source if target else np.load(source)
    options: dict[str, Any] = {"metric": metric, "kind": kind, "threads": int(threads), "memory": budget}
    path = target or None
    na.build(np.eye(600, 16, dtype=np.float32) + 1, path=path, **options)  # whatever is needed is loaded
    (_SELF / "clear_refs").write_text("5", encoding="ascii")
    before = resident("VmRSS")
    begin = time.perf_counter()
    index = na.build(data, path=path, **options)
    took = time.perf_counter() - begin
    peak = resident("VmHWM") - before
    print(json.dumps([took, peak, index.info()["file_bytes"]]))


def na_type(dtype: np.dtype[Any]) -> str:
    return {"float32": "f32", "float16": "f16", "uint8": "u8"}[dtype.name]


def planned_and_real(array: np.ndarray[Any, Any], case: tuple[str, str, int, str], source: Path) -> list[list[float]]:
    """Of one case, once: seconds, memory and file, planned and real."""
    metric, kind, threads, target = case
    command = (sys.executable, __file__, "--child", source, metric, kind, str(threads), target)
    rows, dims = array.shape
    budget = BUDGET if target else None
    expected = na.plan(rows, dims, metric=metric, kind=kind, dtype=na_type(array.dtype), threads=threads, memory=budget)
    real = json.loads(_race.run_process(*command))
    return [[expected.build_seconds, expected.build_memory, expected.file_bytes], real]


def compared(
    name: str, array: np.ndarray[Any, Any], metric: str, folder: Path, repeats: int
) -> Iterator[dict[str, float]]:
    """The ratios of the builds of one set, planned over real."""
    source = folder / "vectors.npy"
    np.save(source, np.ascontiguousarray(array))
    for kind in KINDS:
        for threads, target in ((1, ""), (2, ""), (1, str(folder / "a.near"))):
            case = (metric, kind, threads, target)
            runs = [planned_and_real(array, case, source) for _ in range(repeats)]
            planned, real = np.median(np.array(runs), axis=0).tolist()
            ratios = dict(zip(MEASURED, (p / r for p, r in zip(planned, real, strict=True)), strict=True))
            cells = [
                f"{p / unit:>8.{digits}f} {r / unit:>8.{digits}f} {p / r:>5.2f}"
                for p, r, (unit, digits) in zip(planned, real, MEASURED.values(), strict=True)
            ]
            shape = f"{na_type(array.dtype):4} {len(array):>7,} x {array.shape[1]:<4}"
            where = f"{threads}t{' ' + BUDGET if target else ''}"
            off = "" if all(within(ratio) for ratio in ratios.values()) else "  <--"
            print(f"{name:11} {shape} {kind:7} {where:8} {'  '.join(cells)}{off}", flush=True)
            yield ratios


def within(ratio: float) -> bool:
    return 1 / ALLOWED <= ratio <= ALLOWED


def main() -> int:
    options = arguments()
    if options.child:
        child(*options.child)
        return 0
    print(f"plan: {_race.describe(_race.Race('plan', ()).machine())}")
    if options.queries:
        return 1 if compare_queries(options.quick, na_type) else 0
    print(f"{'':45}  {'seconds':>23}  {'memory, MB':>23}  {'file, MB':>23}")
    print(f"{'':45}" + f"  {'planned':>8} {'real':>8} {'ratio':>5}" * 3)
    found: dict[str, list[float]] = {what: [] for what in MEASURED}
    with tempfile.TemporaryDirectory() as folder:
        for name, array, metric in sets():
            if options.quick and len(array) > 24_000:
                continue
            for ratios in compared(name, array, metric, Path(folder), options.repeats):
                for what, ratio in ratios.items():
                    found[what].append(ratio)
    missed = 0
    for what, all_ratios in found.items():
        outside = sum(not within(ratio) for ratio in all_ratios)
        missed += outside
        told = f"{len(all_ratios)} ratios from {min(all_ratios):.2f} to {max(all_ratios):.2f}"
        print(f"{what}: {told}, {outside} off by more than a factor of two")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
