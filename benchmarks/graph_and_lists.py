"""Graph against lists from 25,000 to 1.6 million rows, in a batch and one query per call: where is each faster?

The rows are those of growth.py (SIFT, 128 dims, uint8, and copies with a jitter). Each kind is built with two threads
and asked on one; a time at a recall@10 of .90, .95 or .99 lies on the line between the settings on either side of it in
logarithms. "graph" has 2-bit codes of neighbours beside its edges, "graph, gathered" none (code_bits=8). Nothing is
claimed: the table and the picture say where each is better, and `kind="auto"` follows them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

# Before the libraries are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
from _contestant import Ours
from _curves import WAYS, Way, seconds_at
from _plot import draw_growth
from _sets import sift_of
from _sweep import BUILD_THREADS, TARGETS, Sweep, timed_build, worth_timing

SIZES = (25_000, 100_000, 400_000, 1_600_000)
BEYOND = 0.993  # no more effort is tried than finds this
SIDES = {
    "lists": Ours("IVF"),
    "graph": Ours("Graph", code_bits=2),
    "graph, gathered": Ours("Graph", code_bits=8),
}
Times = dict[str, list[float | None]]  # of each recall and way, the microseconds at each size


def measure(name: str, rows: int, repeats: int) -> dict[tuple[float, Way], float | None]:
    """Prints the line of a kind at a size, and returns its microseconds per query."""
    side, case = SIDES[name], sift_of(rows)
    build, cores = timed_build(side, case)
    sweep = Sweep([side], case, case.truth(BUILD_THREADS))
    points = [sweep.point(look, repeats) for look in worth_timing(sweep.looks(BEYOND))]
    found = {(target, way): seconds_at(points, target, way) for target in TARGETS for way in WAYS}
    times = {place: None if seconds is None else seconds * 1e6 for place, seconds in found.items()}
    shown = "".join(f"{'-' if time is None else f'{time:.1f}':>9}" for time in times.values())
    print(f"{rows:>9,} {name:16} {build:8.1f} s on {cores:.1f}{shown}", flush=True)
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="leave out sizes above this, for a quick look")
    parser.add_argument("--repeats", type=int, default=3, help="timings of each setting (default 3)")
    parser.add_argument("--save", action="store_true", help="write the figures and the picture to benchmarks/results")
    options = parser.parse_args()
    sizes = [rows for rows in SIZES if rows <= options.largest]
    if not sizes or options.repeats < 1:
        parser.error(f"--largest is {options.largest} and --repeats {options.repeats}; {SIZES[0]} and 1 are the least")
    machine = _race.Race("graph_and_lists", []).machine()
    print(_race.describe(machine))
    heads = "".join(f"{target:.2f} {way}"[1:].rjust(9)[:9] for target in TARGETS for way in ("bat.", "one"))
    print(f"{'rows':>9} {'':16} {'build':>17}{heads}   (us per query)")
    lines: dict[str, Times] = {name: {} for name in SIDES}
    for rows in sizes:
        for name in SIDES:
            for (target, way), time in measure(name, rows, options.repeats).items():
                lines[name].setdefault(f"{target:.2f} {way}", []).append(time)
    if options.save:
        path = _race.results_folder() / "graph_and_lists.json"
        saved = {"machine": machine, "rows": sizes, "microseconds": lines}
        path.write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")
        draw_growth(sizes, lines, path.with_suffix(".svg"))
        print(f"saved to {path.relative_to(_race.PROJECT)} and .svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
