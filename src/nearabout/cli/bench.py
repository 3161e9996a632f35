"""`nearabout bench`: compares Nearabout with other libraries on the user's own vectors."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from nearabout.cli.arguments import Options
from nearabout.cli.output import print_json, printable, read_name, table
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearabout.evaluation import Race, Run, Truth

USAGE = f"""
usage: nearabout bench BASE [QUERIES] [--peers a,b] [-k 10] [--metric M] [--threads N] [--limit N] [--queries N]
                       [--seconds S] [--timeout S] [--plot FILE.svg|.png] [--report FILE.html] [--results FOLDER]
                       [--json]

Builds an index of each of our kinds and of each installed peer, runs the same queries on all of them at many settings,
each in its own process, and prints the recall and speed of each. Recall counts every row that is as near as the true
neighbours. BASE and QUERIES are files of vectors in any format that build reads. BASE may be an ann-benchmarks data set
(.hdf5), which includes queries and a metric.

  --peers a,b        some of annoy, faiss, hnswlib, pynndescent, scann, scikit-learn, usearch, voyager; or none
                     (default: all that are installed)
  -k N               number of neighbours (default 10)
  --metric M         cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --threads N        threads of each build and each search (default 1, as in most published benchmarks)
  --limit N          use only the first N vectors of BASE
  --queries N        number of queries: the first N of QUERIES, or without QUERIES, held out from BASE (default 1000, or
                     a tenth of BASE if that is less)
  --seconds S        time in seconds for each setting on the Pareto front (default 0.5)
  --timeout S        time limit of one contestant in seconds (default 600); earlier measurements are kept
  --plot FILE        plot recall against queries per second, as .svg or .png
  --report FILE      self-contained HTML page: plot, tables, settings, machine
  --results FOLDER   write result files of ann-benchmarks, for its own plots
  --json             one line of JSON

{reading_usage("BASE, and QUERIES,")}
"""

_OPTIONS = Options(
    "bench",
    {
        "peers": str,
        "k": int,
        "metric": str,
        "threads": int,
        "limit": int,
        "queries": int,
        "seconds": str,
        "timeout": str,
        "plot": str,
        "report": str,
        "results": str,
        "json": bool,
        **reading_names(),
    },
    {"k": "k"},
)
_MOST_QUERIES = 1000  # default


class Data(NamedTuple):
    """The vectors and queries of a race."""

    title: str
    metric: str
    base: NDArray[Any]
    queries: NDArray[Any]
    truth: Truth | None
    notes: list[str]


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) not in (1, 2):
        received = f"{len(words)} were given: {' '.join(words)}" if words else "none was given"
        raise InvalidInputError(f"`nearabout bench` takes one or two files, BASE and optionally QUERIES; {received}")
    seconds, timeout = (_seconds(name, given) for name in ("seconds", "timeout"))
    for name in ("limit", "queries"):
        if name in given and int(given[name]) < 1:  # type: ignore[arg-type]
            raise InvalidInputError(f"--{name} is {given[name]}; pass at least 1")

    from nearabout.evaluation import plot, race, report
    from nearabout.evaluation.plot import check_plot
    from nearabout.evaluation.report import check_report

    if "plot" in given:
        check_plot(str(given["plot"]))
    if "report" in given:
        check_report(str(given["report"]))
    data = _read(words, given)
    outcome = race(
        data.base,
        data.queries,
        metric=data.metric,
        k=int(given.get("k", 10)),  # type: ignore[arg-type]
        peers=_peers(given.get("peers")),
        threads=int(given.get("threads", 1)),  # type: ignore[arg-type]
        seconds=0.5 if seconds is None else seconds,
        timeout=600.0 if timeout is None else timeout,
        truth=data.truth,
        title=data.title,
        results=str(given["results"]) if "results" in given else None,
        progress=_Reporter(data.notes, quiet="json" in given).begin,
        finished=_Reporter.finish if "json" not in given else None,
    )
    _status("")
    if "json" in given:
        print_json(_plain(outcome))
    else:
        print("\n".join(_lines(outcome)))
    for name, write in (("plot", plot), ("report", report)):
        if name in given:
            write(outcome, str(given[name]))
            if "json" not in given:
                print(f"wrote  {printable(str(given[name]))}")
    return 0


def _seconds(name: str, given: dict[str, Any]) -> float | None:
    if name not in given:
        return None
    try:
        value = float(given[name])
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf") or (name == "timeout" and value == 0):
        raise InvalidInputError(f"--{name} is {given[name]!r}; pass a number of seconds, such as 2 or 0.5")
    return value


def _peers(given: Any) -> list[str] | None:
    if given is None:
        return None
    return [] if given == "none" else [name.strip() for name in given.split(",") if name.strip()]


class _Reporter:
    """Prints the files that were read before the first contestant, and a line for each finished contestant."""

    def __init__(self, notes: list[str], quiet: bool) -> None:
        self._notes = [] if quiet else notes

    def begin(self, name: str) -> None:
        for note in self._notes:
            print(note, flush=True)
        self._notes = []
        _status(name)

    @staticmethod
    def finish(run: Run) -> None:
        _status("")
        print(f"raced  {run.name}: {_summary(run)}", flush=True)


def _summary(run: Run) -> str:
    """Returns the results of a contestant in one line."""
    from nearabout.evaluation.clock import BUSY
    from nearabout.evaluation.report import RECALLS, figures

    build, _, *speeds, most = figures(run)
    results = [f"built in {build}"] if run.build_seconds is not None else []
    reached = [
        f"{speed} queries per second at {recall:.2f}"
        for recall, speed in zip(RECALLS, speeds, strict=True)
        if speed != "-"
    ]
    results += reached[-1:]
    results += [f"recall up to {most}"] if run.points else []
    results += [f"failed, {printable(run.problem)}"] if run.problem else []
    if run.busy_fraction > BUSY:
        results.append(f"other work used its cores for up to {run.busy_fraction:.0%} of the time")
    return "; ".join(results)


def _status(name: str) -> None:
    """Shows the current contestant, replacing the previous one; an empty name clears the line."""
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r{'racing ' + name if name else '':<40}" + ("" if name else "\r"))
        sys.stderr.flush()


def _read(words: list[str], given: dict[str, Any]) -> Data:
    from nearabout.evaluation.ann_benchmarks import is_data_set, read_dataset
    from nearabout.formats import read

    reading = taken(given)
    title = os.path.splitext(os.path.basename(read_name(words[0])))[0]
    metric, limit, count = given.get("metric"), given.get("limit"), given.get("queries")
    if len(words) == 1 and not reading and is_data_set(words[0]):
        known = read_dataset(words[0])
        truth = known.truth if metric in (None, known.metric) and limit is None else None
        queries = known.test[: count or _MOST_QUERIES]
        truth = truth.first(len(queries)) if truth is not None and truth.k >= given.get("k", 10) else None
        base, metric = known.train[:limit], metric or known.metric
        size = f"{len(base):,} vectors of {base.shape[1]:,} dims, {len(queries):,} queries"
        return Data(title, metric, base, queries, truth, [f"read   {printable(words[0])}: {size}"])
    metric = metric or "cosine"
    base = read(words[0], **reading).vectors[:limit]
    base, notes = _usable(base, metric, read_name(words[0]))
    if len(words) == 2:
        queries = read(words[1], **reading).vectors[: count or _MOST_QUERIES]
        queries, more = _usable(queries, metric, read_name(words[1]))
        return Data(title, metric, base, queries, None, [*notes, *more])
    base, queries = _held_out(base, count)
    notes.append(f"       {len(queries):,} of them held out as queries")
    return Data(title, metric, base, queries, None, notes)


def _usable(vectors: NDArray[Any], metric: str, name: str) -> tuple[NDArray[Any], list[str]]:
    """Returns vectors without NaN, infinity and, under cosine, zeros; as booleans if the metric is for bits."""
    import numpy as np

    notes = [f"read   {printable(name)}: {len(vectors):,} vectors of {vectors.shape[1]:,} dims"]
    if metric in ("hamming", "jaccard"):
        if ((vectors != 0) & (vectors != 1)).any():
            raise InvalidInputError(
                f"{name}: contains numbers other than 0 and 1, but {metric} compares bits; choose another metric"
            )
        return vectors.astype(np.bool_), notes
    usable = np.isfinite(vectors).all(axis=1) if vectors.dtype.kind == "f" else np.ones(len(vectors), np.bool_)
    if metric == "cosine":
        usable &= vectors.any(axis=1)
    if usable.all():
        return vectors, notes
    return vectors[usable], [*notes, f"       {int((~usable).sum()):,} left out (NaN, infinite or zero)"]


def _held_out(vectors: NDArray[Any], count: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Splits vectors into base and queries, the same way each time."""
    import numpy as np

    count = min(_MOST_QUERIES, len(vectors) // 10) if count is None else count
    if not 0 < count < len(vectors):
        raise InvalidInputError(
            f"there are {len(vectors):,} vectors, and {count:,} would be held out as queries; pass a smaller "
            "--queries, or a file of queries"
        )
    order = np.random.default_rng(0).permutation(len(vectors))
    return vectors[np.sort(order[count:])], vectors[np.sort(order[:count])]


def _lines(outcome: Race) -> list[str]:
    from nearabout.evaluation.plot import in_order
    from nearabout.evaluation.report import RECALLS, busy, figures, made

    threads = "1 thread" if outcome.threads == 1 else f"{outcome.threads} threads"
    lines = [f"asked  {outcome.queries:,} queries in a batch, {outcome.metric}, k {outcome.k}, {threads}"]
    if outcome.hardness is not None:
        lines.append(f"data   {outcome.hardness.summary()}")
    head = ["", "build", "memory", *(f"at {recall:.2f}" for recall in RECALLS), "max recall", ""]
    runs = in_order(outcome.runs)
    rows = [[run.name, *figures(run), made(run)] for run in runs]
    caption = f"Queries per second at a recall@{outcome.k}, and the time and memory of the build:"
    lines += ["", caption, *table([head, *rows], "lrrrrrrl"), ""]
    lines += [f"failed {run.name}: {printable(run.problem)}" for run in runs if run.problem]
    lines += [f"busy   {run.name}: {busy(run)}" for run in runs if busy(run)]
    lines += [f"absent {skip.name}: {skip.reason}" for skip in outcome.skipped]
    return lines


def _plain(outcome: Race) -> dict[str, Any]:
    """Returns the race as a dict for JSON, with the speeds that the table shows."""
    from nearabout.evaluation import queries_per_second_at
    from nearabout.evaluation.report import RECALLS

    race = outcome.as_dict()
    for plain, run in zip(race["runs"], outcome.runs, strict=True):
        speeds = {f"{recall:.2f}": queries_per_second_at(run.points, recall) for recall in RECALLS}
        plain["queries_per_second_at"] = speeds
    return race
