"""The list index against its peers: queries a second at equal recall@10, build time and size, on five sets.

Fashion-MNIST (20,000 x 784, uint8) and MNIST (60,000 x 784, uint8), euclidean; MiniLM sentence vectors (12,000 x 384,
float16) and words (24,000 x 100, float32), cosine; SIFT (100,000 x 128, uint8), euclidean. The peers are rabitqlib's
SymphonyQG (symqg), hnswlib, three kinds of faiss' lists (4-bit product codes with refinement, of several sizes; RaBitQ
codes; vectors by Panorama), LoRANN, scann and pynndescent. They know float32 only, and under cosine get unit vectors;
ours gets the vectors as they are stored.

Each side on each set has a process of its own, builds with two threads and searches with one; a search that keeps more
cores busy ends its run. All settings worth it are timed, "batch" with all queries in one call and "one a call" one
after the other from Python; the time at a recall lies on the line between the two settings around it, in logarithms.
The machine may be shared, so ours is run before and after the peers of a set, the likeliest winner last, and the
better of the two counts, setting by setting. For that a peer has twice our repeats in its one run and builds twice: on
both sides it is the best of as many. Of a peer with a choice of builds the fastest counts at each recall, and the
build time is that of its fastest at .95. Compilation at a first use is not counted. "cores" tells how many a build
kept busy: where two threads had hardly more than one, something else was running, and build times of that run mean
little. Below the table of a set: where the time of our queries in a batch goes, and what share of it is the floor that
the machine sets for as many products, codes and rows (_stages.py).

Claimed against the best peer at each recall, .90, .95 and .99: 4 times the queries in a batch on the two image sets,
2.2 on SIFT, 1.6 elsewhere; 1.3 times one a call. A fifth of hnswlib's time to build and at most 1.5 times that of
faiss. At most 110 bytes a row beyond the vector at 784 and 384 dims, 40 at 128.
"""

from __future__ import annotations

import os
import sys

# Before the libraries are loaded, here and in the processes to come.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["NUMBA_NUM_THREADS"] = "2"  # the most that pynndescent may build with; its searches take one

import argparse
import json
import math
from dataclasses import asdict

import _race
from _contestant import EFFORTS
from _curves import WAYS, Way, faster, reaching, seconds_at
from _peers import PEERS, installed
from _sets import SETS, Set
from _sweep import TARGETS, Build, Run, in_own_process

import nearabout as na

LABELS: dict[Way, str] = {"batch": "batch", "single": "one a call"}
ASKED_IMAGES, ASKED_SIFT, ASKED_ELSEWHERE, ASKED_SINGLY = 4.0, 2.2, 1.6, 1.3
ASKED_BUILD = {"hnswlib": 5.0, "faiss": 1 / 1.5}
MOST_BYTES = {784: 110, 384: 110, 128: 40}
QUICK_PEERS = ["hnswlib", "symqg"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS), help=f"some of {','.join(SETS)}")
    parser.add_argument("--peers", help=f"some of {','.join(PEERS)} (default all)")
    parser.add_argument("--kind", default="IVF", choices=EFFORTS, help="our kind of index (default IVF)")
    parser.add_argument("--repeats", type=int, default=3, help="timings of a setting in each of our runs (default 3)")
    parser.add_argument("--quick", action="store_true", help="two peers, one timing and one build: a look in minutes")
    parser.add_argument("--save", action="store_true", help="write figures and picture to benchmarks/results")
    options = parser.parse_args()
    options.sets = options.sets.split(",")
    options.peers = options.peers.split(",") if options.peers else QUICK_PEERS if options.quick else list(PEERS)
    for what, given, known in (("set", options.sets, SETS), ("peer", options.peers, PEERS)):
        for name in given:
            if name not in known:
                parser.error(f"there is no {what} {name!r}; there are {', '.join(known)}")
    if options.repeats < 1:
        parser.error(f"--repeats is {options.repeats}; 1 is the least")
    if not hasattr(na, options.kind):
        parser.error(f"the nearabout that is installed has no na.{options.kind}")
    return options


def build_of(run: Run) -> Build:
    """The build that counts: of the fastest setting at .95, or of the one that finds most where none reaches that."""
    point = reaching(run.points, 0.95, "batch") or max(run.points, key=lambda point: point.recall)
    return run.builds[point.build]


def run_ours(name: str, options: argparse.Namespace) -> Run:
    repeats = 1 if options.quick else options.repeats
    return in_own_process("", name, options.kind, repeats, 1)


def run_peer(race: _race.Race, peer: str, name: str, options: argparse.Namespace) -> Run | None:
    """None for a peer that fails, which is told: the race goes on among the others."""
    repeats, builds = (1, 1) if options.quick else (2 * options.repeats, 2)
    try:
        run = in_own_process(peer, name, options.kind, repeats, builds)
    except RuntimeError as error:
        race.note(f"{peer} failed on {name}: {error}")
        return None
    if not run.points:
        race.note(f"{peer} finds too little on {name} to be compared")
        return None
    return run


def run_set(race: _race.Race, name: str, options: argparse.Namespace) -> list[Run]:
    """Ours first, then the peers."""
    first = run_ours(name, options)
    peers = [run for peer in PEERS if peer in options.peers for run in [run_peer(race, peer, name, options)] if run]
    second = run_ours(name, options)
    (label, build), (_, again) = *first.builds.items(), *second.builds.items()
    builds = {label: min(build, again, key=lambda build: build.seconds)}
    stages = list({each.target: each for each in first.stages + second.stages}.values())
    return [Run("nearabout", builds, faster(first.points, second.points), stages), *peers]


def print_table(case: Set, runs: list[Run]) -> None:
    rows, dims = case.base.shape
    print(f"\n{case.name}: {rows:,} x {dims} {case.base.dtype}, {case.metric}, {len(case.queries):,} queries")
    recalls = "".join(f"{f'.{round(100 * target)}':>10}" for target in TARGETS)
    print(f"{'':12} {'build s':>8} {'cores':>6} {'bytes a row':>12}  q/s, batch {recalls}  q/s, one a call {recalls}")
    for run in runs:
        build = build_of(run)
        size = "-" if build.bytes_a_row is None else f"{build.bytes_a_row:,.0f}"
        rates = []
        for way in WAYS:
            seconds = [seconds_at(run.points, target, way) for target in TARGETS]
            rates.append("".join(f"{'-' if each is None else f'{1 / each:,.0f}':>10}" for each in seconds))
        built = f"{build.seconds:>8.2f} {build.cores:>6.2f} {size:>12}"
        print(f"{run.name:12} {built}  {'':10} {rates[0]}  {'':15} {rates[1]}", flush=True)
    for stages in runs[0].stages:
        print(stages)


def claim_queries(race: _race.Race, case: Set, runs: list[Run]) -> None:
    """Ours against the best peer at each recall; a recall that a peer reaches and ours does not is lost."""
    image = ASKED_IMAGES if case.base.shape[1] == 784 else ASKED_ELSEWHERE
    asked = {"batch": ASKED_SIFT if case.name.startswith("SIFT") else image, "single": ASKED_SINGLY}
    ours, *peers = runs
    for way in WAYS:
        for target in TARGETS:
            times = [(seconds, run) for run in peers if (seconds := seconds_at(run.points, target, way)) is not None]
            if not times:
                race.note(f"{case.name}, recall {target:.2f}, {LABELS[way]}: no peer reaches it")
                continue
            seconds, best = min(times, key=lambda pair: pair[0])
            mine = seconds_at(ours.points, target, way)
            micros = math.inf if mine is None else mine * 1e6
            label = f"{case.name}, recall {target:.2f}, {LABELS[way]}"
            race.add(label, micros, seconds * 1e6, "us", asked=asked[way], peer_name=best.name)


def claim_build(race: _race.Race, case: Set, runs: list[Run]) -> None:
    ours, *peers = runs
    mine = build_of(ours)
    for run in peers:
        if run.name in ASKED_BUILD:
            asked = ASKED_BUILD[run.name]
            race.add(f"{case.name}, build", mine.seconds, build_of(run).seconds, "s", asked=asked, peer_name=run.name)
    most = MOST_BYTES.get(case.base.shape[1])
    if most is not None and mine.bytes_a_row is not None:
        race.add(f"{case.name}, bytes a row", mine.bytes_a_row, most, "B", asked=1, peer_name="allowed")


def save(race: _race.Race, kind: str, cases: list[Set], results: list[list[Run]]) -> None:
    """Everything that was measured, and the picture. What was not reached is null: JSON knows no infinity."""
    claims = []
    for result in race.results:
        reached = math.isfinite(result.ours)
        claims.append({**asdict(result), "ours": result.ours if reached else None, "ratio": round(result.ratio, 3)})
    sets = [
        {
            "name": case.name,
            "metric": case.metric,
            "rows": len(case.base),
            "dims": case.base.shape[1],
            "dtype": str(case.base.dtype),
            "queries": len(case.queries),
            "runs": [asdict(run) for run in runs],
        }
        for case, runs in zip(cases, results, strict=True)
    ]
    everything = {"machine": race.machine(), "kind": kind, "results": claims, "notes": race.notes, "sets": sets}
    text = json.dumps(everything, indent=1, allow_nan=False)
    (_race.results_folder() / "race.json").write_text(text + "\n", encoding="utf-8")

    import _plot  # matplotlib is wanted for this alone

    titles = [case.name for case in cases]
    _plot.draw(list(zip(titles, results, strict=True)), _race.results_folder() / "race.svg")
    print(f"saved to {_race.results_folder().relative_to(_race.PROJECT)}: race.json and race.svg")


def main() -> int:
    options = arguments()
    missing = [peer for peer in options.peers if not installed(peer)]
    options.peers = [peer for peer in options.peers if peer not in missing]
    race = _race.Race("race", [PEERS[peer].package for peer in options.peers])
    for peer in missing:
        race.note(f"{peer} is left out: {PEERS[peer].package} is not installed")
    cases, results = [SETS[name]() for name in options.sets], []
    for name, case in zip(options.sets, cases, strict=True):
        results.append(run_set(race, name, options))
        print_table(case, results[-1])
    print()
    race.start()
    for case, runs in zip(cases, results, strict=True):
        claim_queries(race, case, runs)
        claim_build(race, case, runs)
    if options.save:
        save(race, options.kind, cases, results)
    return race.finish(False)


if __name__ == "__main__":
    sys.exit(main())
