"""How the list index grows with its rows, 25,000 to 1.6 million, and what a second thread gives a batch.

SIFT vectors (128 dims, uint8, euclidean, 1,000 queries): the first 25,000, all 100,000, and these followed by 3 and 15
copies of themselves with a seeded jitter (standard deviation 20, so that copies are as far apart as neighbours). A
query is timed in a batch on one thread at recall@10 of .95, on the line between the settings on either side of it in
logarithms; the build with two threads; of both the least of several times counts. A time grows as rows^x where x is the
slope of the least-squares line through the logarithms. Claimed: x is at most .6 for a query and 1.1 for the build; one
million rows are built within 30 seconds; and two threads answer a batch 1.75 times as fast as one. For the last the two
are timed in turn and medians are compared: it needs two idle cores.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass

# Before the libraries are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
from _contestant import EFFORTS, Ours
from _curves import exponent, seconds_at
from _sets import K, Set, sift_of
from _sweep import BUILD_THREADS, Look, Sweep, timed_build

import nearabout as na

SIZES = (25_000, 100_000, 400_000, 1_600_000)
TARGET = 0.95
BEYOND = 0.97  # no more effort is tried than finds this
THREADS_ROWS = 100_000
MOST_QUERY, MOST_BUILD, ASKED_THREADS = 0.6, 1.1, 1.75
MILLION, MOST_SECONDS = 1_000_000, 30.0


@dataclass(frozen=True)
class Figures:
    rows: int
    build: float
    cores: float  # that the build kept busy
    query: float


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", action="store_true", help="only the growth")
    parser.add_argument("--threads", action="store_true", help="only the second thread")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="leave out sizes above this, for a quick look")
    parser.add_argument("--kind", default="IVF", choices=EFFORTS, help="our kind of index (default IVF)")
    parser.add_argument("--repeats", type=int, default=3, help="timings of each (default 3)")
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    options = parser.parse_args()
    if not options.growth and not options.threads:
        options.growth = options.threads = True
    if options.largest < SIZES[1]:
        parser.error(f"--largest is {options.largest}; growth is seen between two sizes, {SIZES[1]} is the least")
    if options.repeats < 1:
        parser.error(f"--repeats is {options.repeats}; 1 is the least")
    if not hasattr(na, options.kind):
        parser.error(f"the nearabout that is installed has no na.{options.kind}")
    return options


def around_target(case: Set, sweep: Sweep) -> list[Look]:
    """The last setting that finds too little, and those after it."""
    looks = sweep.looks(BEYOND)
    if max(look.recall for look in looks) < TARGET:
        sys.exit(f"{case.name}: no effort finds {TARGET:.0%}; there is nothing to compare")
    last = max((place for place, look in enumerate(looks) if look.recall < TARGET), default=0)
    return looks[last:]


def figures_at(rows: int, kind: str, repeats: int) -> Figures:
    case, side = sift_of(rows), Ours(kind)
    build, cores = min(timed_build(side, case) for _ in range(repeats))
    sweep = Sweep([side], case, case.truth(BUILD_THREADS))
    points = [sweep.point(look, repeats) for look in around_target(case, sweep)]
    query = seconds_at(points, TARGET, "batch")
    assert query is not None, "the looks that are timed reach the target"
    return Figures(rows, build, cores, query)


def race_growth(race: _race.Race, options: argparse.Namespace) -> None:
    measured = []
    for rows in SIZES:
        if rows <= options.largest:
            measured.append(figures_at(rows, options.kind, options.repeats))
            last = measured[-1]
            query, build = f"{last.query * 1e6:.1f} us a query at {TARGET}", f"build {last.build:.2f} s"
            race.note(f"SIFT, {rows:>9,} rows: {query}, {build} on {last.cores:.1f} cores")
    sizes = [figures.rows for figures in measured]
    for label, times, most in (
        (f"SIFT, query at {TARGET}, rows^x", [figures.query for figures in measured], MOST_QUERY),
        ("SIFT, build, rows^x", [figures.build for figures in measured], MOST_BUILD),
    ):
        race.add(label, exponent(sizes, times), most, "", asked=1, peer_name="at most")
    if options.largest >= MILLION:
        seconds, _ = timed_build(Ours(options.kind), sift_of(MILLION))
        race.add("SIFT, 1,000,000 rows, build", seconds, MOST_SECONDS, "s", asked=1, peer_name="at most")


def race_threads(race: _race.Race, options: argparse.Namespace) -> None:
    case, side = sift_of(THREADS_ROWS), Ours(options.kind)
    timed_build(side, case)
    looks = around_target(case, Sweep([side], case, case.truth(BUILD_THREADS)))
    effort = int(next(look for look in looks if look.recall >= TARGET).setting[0])

    def ask(threads: int) -> None:
        for _ in range(10):
            side.index.search(case.queries, K, effort=effort, threads=threads)

    count = 10 * len(case.queries)
    two, one = (
        seconds / count * 1e6 for seconds in _race.alternate(lambda: ask(2), lambda: ask(1), 3 * options.repeats)
    )
    label = f"{case.name}, batch of {len(case.queries):,}, 2 threads"
    race.add(label, two, one, "us", asked=ASKED_THREADS, peer_name=f"1 thread; effort {effort}")


def main() -> int:
    options = arguments()
    race = _race.Race("growth", [])
    race.start()
    if options.growth:
        race_growth(race, options)
    if options.threads:
        race_threads(race, options)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
