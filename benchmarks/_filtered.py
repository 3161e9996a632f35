"""Compares promised and measured recall among the rows that a filter allows: `contract.py --filters`, and with
`--hostile` on the hostile sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import _race
import numpy as np
from _hostile import hostile_sets
from _promises import best_of
from _sets import Set
from numpy.typing import NDArray

import nearabout as na

TARGETS = (0.80, 0.90, 0.95, 0.99)
NEIGHBOURS = (1, 10, 100)
FRACTIONS = (0.9, 0.5, 0.1, 0.01, 0.001)
CLUSTERS = 20
LEFT_OUT = (20, 200)  # nearest rows that a filter leaves out
ALLOWED_BELOW = 0.01

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Filtered:
    """Filters of a set: a mask for each query. Queries of a group have the same one."""

    name: str
    masks: list[Mask]
    groups: NDArray[np.int64]
    true: NDArray[np.float32] | None = None  # distances of the true neighbours, where they are known


@dataclass(frozen=True)
class FilteredPromise:
    """One promise under a filter, and the measured result."""

    set: str
    filter: str
    allowed: float  # the share of rows, on average over the queries
    kind: str
    k: int
    target: float
    recall: float
    error: float  # two standard errors of it
    effort: float  # the median over the queries that did not compare every allowed row
    every_row: float  # the share of queries that did
    microseconds: float  # per query, in a batch on one thread
    exact: float  # the same of the exact kind

    @property
    def kept(self) -> bool:
        return self.recall >= self.target - ALLOWED_BELOW - self.error


def labels_of(case: Set) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the labels of rows and queries: those of the pictures, or the nearest of some rows."""
    files = {"Fashion-MNIST 20k": "fashion_mnist_20k.npz", "MNIST 60k": "mnist_70k.npz"}
    if case.name in files:
        with np.load(_race.sample(files[case.name])) as arrays:
            return arrays["train_labels"].astype(np.int64), arrays["test_labels"][: len(case.queries)].astype(np.int64)
    centres = case.base[np.random.default_rng(5).choice(len(case.base), CLUSTERS, replace=False)]
    nearest = na.build(centres, metric=case.metric, kind="exact")
    return nearest.search(case.base, 1).rows[:, 0], nearest.search(case.queries, 1).rows[:, 0]


def filters_of(case: Set) -> Iterator[Filtered]:
    random = np.random.default_rng(6)
    same = np.zeros(len(case.queries), np.int64)
    for fraction in FRACTIONS:
        yield Filtered(f"{fraction:.1%} at random", [random.random(len(case.base)) < fraction], same)
    of_rows, of_queries = labels_of(case)
    groups = sorted(set(of_queries.tolist()))
    place = np.searchsorted(groups, of_queries)
    yield Filtered("one cluster", [of_rows == groups[0]], same)
    yield Filtered("own cluster", [of_rows == group for group in groups], place)
    yield Filtered("all but own cluster", [of_rows != group for group in groups], place)
    tenth = random.random(len(case.base)) < 0.1
    yield Filtered("own cluster, a tenth of others", [(of_rows == group) | tenth for group in groups], place)
    yield Filtered("others, a tenth of own cluster", [(of_rows != group) | tenth for group in groups], place)


def without_the_nearest(case: Set, exact: na.Index) -> Iterator[Filtered]:
    """Filters that leave out the very rows that are nearest to each query: what a user has seen on the pages before."""
    for count in LEFT_OUT:
        nearest = exact.search(case.queries, count + max(NEIGHBOURS))
        masks = []
        for rows in nearest.rows[:, :count]:
            mask = np.ones(len(case.base), np.bool_)
            mask[rows] = False
            masks.append(mask)
        every = np.arange(len(case.queries))
        yield Filtered(f"all but the nearest {count}", masks, every, nearest.distances[:, count:])


def true_distances(exact: na.Index, case: Set, filtered: Filtered) -> NDArray[np.float32]:
    """Returns the distances of the true neighbours among allowed rows, by an index of these rows alone."""
    if filtered.true is not None:
        return filtered.true
    true = np.full((len(case.queries), max(NEIGHBOURS)), np.inf, np.float32)
    for group, mask in enumerate(filtered.masks):
        asked = np.flatnonzero(filtered.groups == group)
        if not len(asked) or not mask.any():
            continue
        alone = na.build(case.base[mask], metric=case.metric, kind="exact")
        distances = alone.search(case.queries[asked], max(NEIGHBOURS)).distances
        true[asked, : distances.shape[1]] = distances
    return true


def recall_among(distances: NDArray[np.float32], true: NDArray[np.float32], k: int) -> NDArray[np.float64]:
    """Returns the recall of each query among as many neighbours as there are."""
    wanted = np.minimum(np.isfinite(true).sum(axis=1), k)
    last = true[np.arange(len(true)), wanted - 1]
    hits: NDArray[np.float64] = (distances[:, :k] <= last[:, None]).sum(axis=1) / wanted
    return hits


def promises_of(case: Set, kinds: Sequence[str]) -> Iterator[FilteredPromise]:
    exact = na.build(case.base, metric=case.metric, kind="exact")
    indexes = {kind: na.build(case.base, metric=case.metric, kind=kind) for kind in kinds}
    for filtered in (*filters_of(case), *without_the_nearest(case, exact)):
        true = true_distances(exact, case, filtered)
        allowed = float(np.mean([filtered.masks[group].mean() for group in filtered.groups]))

        def given(index: na.Index, filtered: Filtered = filtered) -> Any:
            made = [index.row_filter(mask) for mask in filtered.masks]
            return made[0] if len(made) == 1 else [made[group] for group in filtered.groups]

        rows = given(exact)
        seconds = {k: best_of(3, partial(exact.search, case.queries, k, filter=rows, threads=1)) for k in NEIGHBOURS}
        for kind, index in indexes.items():
            rows = given(index)
            for k in NEIGHBOURS:
                for target in TARGETS:
                    search = partial(index.search, case.queries, k, filter=rows, recall=target, threads=1)
                    hits = search()
                    share = recall_among(hits.distances, true, k)
                    efforts = np.asarray(hits.effort)
                    chosen = efforts[efforts != na.EVERY_ROW]
                    yield FilteredPromise(
                        case.name,
                        filtered.name,
                        allowed,
                        kind,
                        k,
                        target,
                        float(share.mean()),
                        2 * float(share.std()) / len(share) ** 0.5,
                        float(np.median(chosen)) if len(chosen) else float("nan"),
                        float(np.mean(efforts == na.EVERY_ROW)),
                        1e6 * best_of(3, search) / len(case.queries),
                        1e6 * seconds[k] / len(case.queries),
                    )


def hostile_cases(rows: int, names: tuple[str, ...], queries: int = 300) -> Iterator[Set]:
    """The hostile sets, with some of their queries: most filters are one for each query."""
    for case in hostile_sets(rows, names=names):
        yield Set(f"{case.name} {rows:,}", case.metric, case.base, case.queries[:queries])


def show_filtered(cases: Iterable[Set], kinds: Sequence[str]) -> list[FilteredPromise]:
    print(f"{'set':28} {'filter':31} allowed {'kind':6} {'k':>3} target recall  effort every row     us   exact")
    promises = []
    for case in cases:
        for promise in promises_of(case, kinds):
            promises.append(promise)
            print(
                f"{promise.set:28} {promise.filter:31} {promise.allowed:7.2%} {promise.kind:6} {promise.k:3} "
                f"{promise.target:6.2f} {promise.recall:6.3f} {promise.effort:7,.0f} {promise.every_row:9.2f} "
                f"{promise.microseconds:6.1f} {promise.exact:7.1f}{'' if promise.kept else '  broken'}",
                flush=True,
            )
    print(
        f"of {len(promises)} promises {sum(p.kept for p in promises)} kept (found at least the target less .01 and two "
        f"standard errors), {sum(p.recall >= p.target - ALLOWED_BELOW for p in promises)} without the allowance for "
        "standard errors"
    )
    return promises
