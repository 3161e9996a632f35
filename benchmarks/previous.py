"""This version beside another one: builds and searches at recall@10 of .95, one thread, on five sets, for each kind.

`--other` is the interpreter of a virtual environment in which the other version is installed, such as the commit before
a change. The two take turns, each build in a process of its own, and the medians are compared: above 1 this version is
faster. Claimed: nothing is slower by more than a tenth, which is the noise of a shared machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
from _sets import SETS, K

import nearabout as na

KINDS = ("exact", "ivf", "forest")
FIGURES = {"build": "s", "batch": "us", "one a call": "us"}
ASKED = 0.9
BATCHES, CALLS = 5, 300


def measured(name: str, kind: str) -> dict[str, float]:
    """Returns the seconds of a build, and the microseconds of a query in the fastest batch and in the median call."""
    case = SETS[name]()
    begin = time.perf_counter()
    index = na.build(case.base, metric=case.metric, kind=kind, threads=1)
    built = time.perf_counter() - begin
    recall = None if kind == "exact" else 0.95
    batches, calls = [], []
    index.search(case.queries, K, threads=1, recall=recall)
    for _ in range(BATCHES):
        begin = time.perf_counter()
        index.search(case.queries, K, threads=1, recall=recall)
        batches.append((time.perf_counter() - begin) / len(case.queries))
    for query in case.queries[:CALLS]:
        begin = time.perf_counter()
        index.search(query, K, threads=1, recall=recall)
        calls.append(time.perf_counter() - begin)
    return {"build": built, "batch": min(batches) * 1e6, "one a call": statistics.median(calls) * 1e6}


def measured_by(python: str, name: str, kind: str) -> dict[str, float]:
    command = [python, str(Path(__file__).resolve()), "--measure", name, kind]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return figures


def compare(race: _race.Race, other: str, name: str, kind: str, repeats: int) -> None:
    ours, theirs = [], []
    for _ in range(repeats):
        theirs.append(measured_by(other, name, kind))
        ours.append(measured_by(sys.executable, name, kind))
    for figure, unit in FIGURES.items():
        here, there = (statistics.median(run[figure] for run in runs) for runs in (ours, theirs))
        race.add(f"{name}, {kind}, {figure}", here, there, unit, asked=ASKED, peer_name="other version")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", help="interpreter that has the other version")
    parser.add_argument("--sets", default=",".join(SETS), help=f"some of {','.join(SETS)}")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"some of {','.join(KINDS)}")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (default 3)")
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    parser.add_argument("--measure", nargs=2, metavar=("SET", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(*options.measure)))
        return 0
    if options.other is None:
        parser.error("--other is missing: name the interpreter that has the other version")
    race = _race.Race("previous", [])
    race.start()
    for name in options.sets.split(","):
        for kind in options.kinds.split(","):
            compare(race, options.other, name, kind, options.repeats)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
