"""`nearabout eval`: measures the recall and the speed of an index."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.output import print_json, printable, table
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearabout.evaluation import Evaluated, Questions, Truth
    from nearabout.index import Index

USAGE = f"""
usage: nearabout eval INDEX.near [--queries FILE] [--truth FILE] [-k 10] [--efforts 1,2,4 | --recalls .8,.9]
                      [--threads 1] [--seconds S] [--plot FILE.svg|.png] [--json]

Searches an index in batches. For each target recall or each effort it prints: the measured recall (fraction of the true
neighbours found) with a 95 % confidence interval; the recall by distance, where rows at equal distance count as found;
the recall that the calibration of the index predicts; and the queries per second.

  --queries FILE   vectors in any format that build reads, or an ann-benchmarks data set (.hdf5) (default: up to 1,000
                   rows of the index, each left out of its own results; these are easier than other queries, and much
                   too easy for a graph, where a row leads to its neighbours)
  --truth FILE     rows of the true neighbours, nearest first, one line per query: .ivecs, .npy, .npz of
                   evaluation.Truth, or .hdf5 of ann-benchmarks (default: computed by comparing every row)
  -k N             number of neighbours (default 10)
  --efforts LIST   efforts to measure, such as 1,2,4,8
  --recalls LIST   target recalls to measure (default .5,.8,.9,.95,.98,.99,.995)
  --threads N      threads of a batch (default 1)
  --seconds S      minimum time of each measurement in seconds (default 0.5)
  --plot FILE      plot recall against queries per second, as .svg or .png; needs matplotlib
  --json           one line of JSON

{reading_usage("the queries")}
"""

_OPTIONS = Options(
    "eval",
    {
        "queries": str,
        "truth": str,
        "k": int,
        "efforts": str,
        "recalls": str,
        "threads": int,
        "seconds": str,
        "plot": str,
        "json": bool,
        **reading_names(),
    },
    {"k": "k"},
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "eval")
    k = int(str(given.get("k", 10)))
    efforts, targets = _numbers("efforts", given, int), _numbers("recalls", given, float)
    seconds = number("seconds", str(given.get("seconds", 0.5)))
    if not 0 <= seconds < float("inf"):
        raise InvalidInputError(f"--seconds is {seconds:g}; pass 0 or more, such as 0.5")

    from nearabout._base.checks import check_k
    from nearabout.evaluation import evaluate, questions_of
    from nearabout.evaluation.plot import check_plot
    from nearabout.index import open

    if "plot" in given:
        check_plot(str(given["plot"]))
    index = open(path)
    k = check_k(k, len(index))
    queries, truth = _read(index, given, k)
    questions = questions_of(index, queries, truth, k)
    threads = int(str(given.get("threads", 1)))
    points = evaluate(index, questions, k, efforts=efforts, targets=targets, threads=threads, seconds=seconds)
    if "json" in given:
        facts = {"index": path, "kind": index.kind, "metric": index.metric, "rows": len(index), "dims": index.dims}
        source = given.get("queries", given.get("truth") if questions.rows is None else None)
        queried = {"queries": len(questions.vectors), "queries_from": source or "rows of the index"}
        print_json({**facts, **queried, "k": k, "threads": threads, "points": [_plain(point) for point in points]})
    else:
        print("\n".join(_lines(index, questions, points, k, threads)))
    if "plot" in given:
        _plot(index, path, questions, points, k, threads, str(given["plot"]))
        if "json" not in given:
            print(f"wrote  {printable(str(given['plot']))}")
    return 0


def _numbers(name: str, given: dict[str, Any], kind: type) -> list[Any] | None:
    """Returns the numbers of an option such as 1,2,4; None if it is not given."""
    if name not in given:
        return None
    try:
        return [kind(part) for part in str(given[name]).split(",")]
    except ValueError:
        usual = "1,2,4" if kind is int else ".8,.9"
        raise InvalidInputError(
            f"--{name} is {given[name]!r}; pass numbers separated by commas, such as {usual}"
        ) from None


def _read(index: Index, given: dict[str, Any], k: int) -> tuple[NDArray[Any] | None, Truth | None]:
    """Reads the files of queries and of true neighbours."""
    from nearabout.evaluation.ann_benchmarks import is_data_set, read_dataset
    from nearabout.formats import read

    queries = truth = None
    reading = taken(given)
    if reading and "queries" not in given:
        option = f"--{next(iter(reading)).replace('_', '-')}"
        raise InvalidInputError(f"{option} is an option for reading --queries, which is not given; leave it out")
    for name in ("truth", "queries"):
        if name in given and not (reading and name == "queries") and is_data_set(str(given[name])):
            known = read_dataset(str(given[name]))
            queries = known.test if name == "queries" or "queries" not in given else None
            truth = known.truth if name == "truth" else truth
    if "queries" in given and queries is None:
        queries = read(str(given["queries"]), **reading).vectors
    if "truth" in given and truth is None:
        if queries is None:
            raise InvalidInputError("--truth needs the queries as well; add --queries FILE")
        truth = _truth(index, str(given["truth"]), queries, k)
    if queries is not None and index.dtype == "bits":
        queries = queries.astype(bool)
    return queries, truth


def _truth(index: Index, path: str, queries: NDArray[Any], k: int) -> Truth:
    """Reads the true rows, and computes their distances if the index keeps the vectors."""
    import numpy as np

    from nearabout.evaluation import Truth, true_distances
    from nearabout.formats import read

    if path.endswith(".npz"):
        return Truth.load(path)
    given: NDArray[Any] = np.asarray(read(path).vectors)
    if given.dtype.kind not in "iu" and not (given == np.rint(given)).all():
        raise InvalidInputError(
            f"{path}: contains {given.dtype}, not row numbers; --truth takes the rows of the true neighbours"
        )
    rows: NDArray[np.int64] = given.astype(np.int64)
    if len(rows) != len(queries) or rows.shape[1] < k:
        raise InvalidInputError(
            f"{path}: has the shape {rows.shape}; {len(queries):,} queries and k {k} need at least "
            f"({len(queries)}, {k})"
        )
    rows = rows[:, :k]
    if rows.min(initial=0) < 0 or rows.max(initial=0) >= len(index):
        raise InvalidInputError(f"{path}: has a row outside 0 to {len(index) - 1}; perhaps it is for other vectors")
    if not index.info().get("keeps_vectors", True):
        return Truth(rows, np.zeros(rows.shape, np.float32), index.metric)
    distances = true_distances(index, queries.astype(bool) if index.dtype == "bits" else queries, rows)
    order = np.argsort(distances, axis=1, kind="stable")
    return Truth(np.take_along_axis(rows, order, 1), np.take_along_axis(distances, order, 1), index.metric)


def _lines(index: Index, questions: Questions, points: list[Evaluated], k: int, threads: int) -> list[str]:
    what = "queries" if questions.rows is None else "rows of the index, each left out of its own results"
    queried = f"{len(questions.vectors):,} {what}; {'1 thread' if threads == 1 else f'{threads} threads'}"
    unit = index.effort_unit or "effort"
    head = ["target", unit, f"recall@{k}", "95 % interval", "by distance", "expected", "queries/s"]
    rows = [
        [
            "-" if point.target is None else f"{point.target:g}",
            "all" if point.effort is None else f"{point.effort:,}",
            f"{point.recall:.4f}",
            f"{point.recall_low:.3f} to {point.recall_high:.3f}",
            _fraction(point.recall_by_distance),
            _fraction(point.expected_recall),
            f"{point.queries_per_second:,.0f}",
        ]
        for point in points
    ]
    return [f"asked  {queried}", "", *table([head, *rows], "rrrrrrr")]


def _fraction(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _plain(point: Evaluated) -> dict[str, Any]:
    names = ("target", "effort", "recall", "recall_low", "recall_high", "recall_by_distance", "expected_recall")
    values = dataclasses.asdict(point)
    return {name: values[name] for name in (*names, "queries_per_second")}


def _plot(
    index: Index, path: str, questions: Questions, points: list[Evaluated], k: int, threads: int, target: str
) -> None:
    from nearabout.evaluation import Race, Run, plot

    run = Run(f"nearabout {index.kind}", "nearabout", points=list(points))
    title, count = os.path.basename(path), len(questions.vectors)
    plot(Race(title, len(index), index.dims, count, index.metric, k, threads, {}, None, [run], []), target)
