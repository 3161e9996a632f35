"""Recall as a contract: compares the target with the measured recall, and the time with the smallest possible one.

For each set, kind, k and target: the recall of `search(recall=)` on queries that calibration never saw, the median
effort that it spent (none where comparing every row is faster), the least effort that meets the target on these very
queries (found by trying efforts, which nobody could know beforehand), and the ratio of the times of both. Efforts of
few lists are coarse: one list more than the least is told as such.

Then queries of another kind than the rows, with and without `queries=`, and what calibration adds to the time of a
build and of a search.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import _race
import numpy as np
from _filtered import FilteredPromise, hostile_cases, show_filtered
from _hostile import SETS as HOSTILE
from _promises import Promise, best_of, found, seconds_of, show_hostile
from _sets import SETS, Metric, Set
from numpy.typing import NDArray

import nearabout as na

TARGETS = (0.80, 0.90, 0.95, 0.99)
NEIGHBOURS = (1, 10, 100)
KINDS = ("ivf", "forest")
ALLOWED_BELOW, ALLOWED_RATIO = 0.01, 1.3


@dataclass(frozen=True)
class Cell:
    """One promise, and the measured result."""

    set: str
    kind: str
    k: int
    target: float
    recall: float
    expected: float
    effort: int  # the median; EVERY_ROW if most queries compared every row
    least: int
    ratio: float  # of the times of both

    @property
    def kept(self) -> bool:
        return self.recall >= self.target - ALLOWED_BELOW

    @property
    def thrifty(self) -> bool:
        return self.ratio <= ALLOWED_RATIO

    @property
    def coarse(self) -> bool:
        """Returns whether the next larger effort would be too much."""
        return not self.thrifty and 0 < self.effort <= self.least + 1


class Truth:
    """The true neighbours of some queries, and the recall of searches."""

    def __init__(self, index: na.Index, queries: NDArray[Any]) -> None:
        self.index = index
        self.queries = queries
        self.distances = index.search(queries, max(NEIGHBOURS), exact=True).distances
        self.most = int(index.info()["lists"]) if index.kind == "ivf" else len(index)

    def recall(self, k: int, effort: int) -> float:
        return self.of(self.index.search(self.queries, k, effort=effort).distances, k)

    def of(self, distances: NDArray[np.float32], k: int) -> float:
        """Returns the recall; a hit no farther than the true k-th neighbour counts as found."""
        return float(found(distances, self.distances, k).mean())

    def least_effort(self, k: int, target: float) -> int:
        """Finds the effort by bisection, because recall hardly ever falls when the effort rises."""
        low, high = 0, self.most
        while high - low > max(1, high // 200):
            middle = (low + high) // 2
            if self.recall(k, middle) >= target:
                high = middle
            else:
                low = middle
        return high


def cells_of(case: Set, kind: str, seed: int) -> list[Cell]:
    index = na.build(case.base, metric=case.metric, kind=kind, seed=seed)
    truth = Truth(index, case.queries)
    cells = []
    for k in NEIGHBOURS:
        for target in TARGETS:
            hits = index.search(case.queries, k, recall=target)
            effort = int(np.median(np.asarray(hits.effort)))
            expected = float(np.mean(np.asarray(hits.expected_recall)))
            least = truth.least_effort(k, target)
            spent = best_of(3, partial(index.search, case.queries, k, recall=target, threads=1))
            ratio = spent / best_of(3, partial(index.search, case.queries, k, effort=least, threads=1))
            cells.append(Cell(case.name, kind, k, target, truth.of(hits.distances, k), expected, effort, least, ratio))
    return cells


def show(cells: list[Cell]) -> None:
    print(f"{'set':18} {'kind':6} {'k':>3} target recall expected  effort   least  ratio")
    for cell in cells:
        told = "" if cell.kept else "  below"
        told += "" if cell.thrifty else "  one step more" if cell.coarse else "  too much"
        print(
            f"{cell.set:18} {cell.kind:6} {cell.k:3} {cell.target:6.2f} {cell.recall:6.3f} {cell.expected:8.3f} "
            f"{cell.effort:7,} {cell.least:7,} {cell.ratio:6.2f}{told}"
        )
    kept = sum(cell.kept for cell in cells)
    thrifty = sum(cell.thrifty or cell.coarse for cell in cells)
    print(
        f"recall at least the target less .01: {kept} of {len(cells)}; time at most 1.3 times that of the least "
        f"effort, or one list more: {thrifty}; median ratio {np.median([cell.ratio for cell in cells]):.2f}"
    )


@dataclass(frozen=True)
class Strange:
    """Queries unlike the rows: half of them to calibrate with, half to search for."""

    name: str
    metric: Metric
    base: NDArray[Any]
    given: NDArray[Any]
    asked: NDArray[Any]


def strange_sets() -> Iterator[Strange]:
    pictures, clothes = SETS["mnist"](), SETS["fashion"]()
    fresh = np.concatenate([clothes.queries, clothes.base[:1000]])
    yield Strange("MNIST asked with Fashion-MNIST", "euclidean", pictures.base, fresh[1000:], fresh[:1000])
    words = SETS["words"]()
    rows = words.base / np.linalg.norm(words.base, axis=1, keepdims=True)
    chosen = np.random.default_rng(4).integers(len(rows), size=(2000, 4))
    sums = rows[chosen].sum(axis=1).astype(np.float32)
    yield Strange("words asked with sums of four", "cosine", words.base, sums[1000:], sums[:1000])


def show_strange(kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Compares promised and measured recall for queries unlike the rows, with and without some to calibrate with."""
    print(f"\n{'queries':31} {'kind':6} {'k':>3} target   given: recall expected  unlike   not given: the same")
    told = []
    for case in strange_sets():
        for kind in kinds:
            alone = na.build(case.base, metric=case.metric, kind=kind)
            given = na.build(case.base, metric=case.metric, kind=kind, queries=case.given)
            truth = Truth(alone, case.asked)
            for k in NEIGHBOURS:
                for target in TARGETS:
                    row: dict[str, Any] = {"queries": case.name, "kind": kind, "k": k, "target": target}
                    for name, index in (("given", given), ("not given", alone)):
                        hits = index.search(case.asked, k, recall=target)
                        out_of_distribution = float(np.mean(hits.out_of_distribution))
                        expected = float(np.mean(np.asarray(hits.expected_recall)))
                        row[name] = (truth.of(hits.distances, k), expected, out_of_distribution)
                    told.append(row)
                    parts = ["{:6.3f} {:8.3f} {:8.2f}".format(*row[name]) for name in ("given", "not given")]
                    below = "" if row["given"][0] >= target - ALLOWED_BELOW else "  below"
                    print(
                        f"{case.name:31} {kind:6} {k:3} {target:6.2f}          {parts[0]}           {parts[1]}{below}"
                    )
    kept = sum(row["given"][0] >= row["target"] - ALLOWED_BELOW for row in told)
    print(f"with queries given, recall at least the target less .01: {kept} of {len(told)}")
    return told


def ask_one_by_one(index: na.Index, queries: NDArray[Any], effort: int | None) -> None:
    for query in queries:
        index.search(query, effort=effort)


def show_costs(repeats: int) -> dict[str, float]:
    """Builds and searches in turn with and without calibration; the median of the ratios of neighbours in time."""
    case = SETS["sift"]()
    costs = {}
    build = partial(na.build, case.base, metric=case.metric)
    print()
    for kind in KINDS:
        for threads in (1, 2):
            pairs = [
                [seconds_of(partial(build, kind=kind, threads=threads, calibrate=on)) for on in (True, False)]
                for _ in range(repeats)
            ]
            costs[f"build {kind}, threads {threads}"] = float(np.median([on / off for on, off in pairs]))
        indexes = [build(kind=kind, calibrate=on) for on in (True, False)]
        effort = max(1, int(np.median(indexes[0].search(case.queries).effort)))
        for index in indexes:
            index.search(case.queries, effort=effort)
        ratios: dict[str, list[float]] = {"batch": [], "one a call": []}
        for _ in range(5 * repeats):
            batch = [seconds_of(partial(index.search, case.queries, effort=effort, threads=1)) for index in indexes]
            ratios["batch"].append(batch[0] / batch[1])
            single = [seconds_of(partial(ask_one_by_one, index, case.queries[:300], effort)) for index in indexes]
            ratios["one a call"].append(single[0] / single[1])
        costs |= {f"search {kind}, {name}": float(np.median(values)) for name, values in ratios.items()}
    for name, ratio in costs.items():
        print(f"SIFT 100k, time with calibration / without: {name:28} {ratio:.3f}")
    return costs


def short(value: object) -> object:
    """Rounds to four digits; None for NaN and infinity, which JSON lacks."""
    if not isinstance(value, float):
        return value
    return round(value, 4) if np.isfinite(value) else None


def save_promises(name: str, promises: Sequence[Promise] | Sequence[FilteredPromise]) -> None:
    """Writes one line per promise to benchmarks/results."""
    race = _race.Race(name, ())
    rows = [{key: short(value) for key, value in asdict(promise).items()} for promise in promises]
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    text = f'{{"machine": {json.dumps(race.machine())},\n"promises": [\n{lines}\n]}}\n'
    (_race.results_folder() / f"{name}.json").write_text(text, encoding="utf-8")


def filters(options: argparse.Namespace) -> None:
    kinds = options.kinds.split(",")
    names = tuple(options.sets.split(",")) if options.sets else tuple(HOSTILE if options.hostile else SETS)
    if options.hostile:
        cases = (case for rows in options.rows.split(",") for case in hostile_cases(int(rows), names))
        promises = show_filtered(cases, kinds)
    else:
        promises = show_filtered((SETS[name]() for name in names), kinds)
    if options.save:
        save_promises("hostile_filters" if options.hostile else "filter_contract", promises)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", help="names separated by commas (default: all)")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=7, help="of builds, whose medians count (default 7)")
    parser.add_argument(
        "--hostile", action="store_true", help="run hostile sets instead, and compare times with the exact kind"
    )
    parser.add_argument(
        "--rows", default="300,3000,20000,100000", help="of each hostile set (default 300,3000,20000,100000)"
    )
    parser.add_argument(
        "--filters",
        action="store_true",
        help="search among the rows that filters allow; with --hostile, of hostile sets",
    )
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    options = parser.parse_args()
    if options.filters:
        filters(options)
        return
    if options.hostile:
        names = options.sets.split(",") if options.sets else tuple(HOSTILE)
        promises = [
            promise
            for rows in options.rows.split(",")
            for promise in show_hostile(int(rows), options.kinds.split(","), names)
        ]
        if options.save:
            save_promises("hostile", promises)
        return
    cells = [
        cell
        for name in (options.sets.split(",") if options.sets else SETS)
        for case in [SETS[name]()]
        for kind in options.kinds.split(",")
        for cell in cells_of(case, kind, options.seed)
    ]
    show(cells)
    strange = show_strange(options.kinds.split(","))
    costs = show_costs(options.repeats)
    if options.save:
        race = _race.Race("contract", ())
        told = {**race.machine(), "cells": [asdict(cell) for cell in cells], "strange": strange, "costs": costs}
        path = _race.results_folder() / "contract.json"
        path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
