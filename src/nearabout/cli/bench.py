"""`nearabout bench`: ours against other libraries, on the user's own vectors."""

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

Builds an index of each kind of ours and of each peer that is installed, asks all of them the same queries at many
settings, each in a process of its own, and prints what each reaches. Recall counts every row that is as near as the
true neighbours. BASE and QUERIES are files of vectors of any format that build takes; BASE may be a data set of
ann-benchmarks (.hdf5), which brings its queries and its metric.

  --peers a,b        some of annoy, faiss, hnswlib, pynndescent, scann, scikit-learn, usearch, voyager; or none (all
                     that are installed)
  -k N               how many neighbours (10)
  --metric M         cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --threads N        of each build and each search (1, as in others' figures)
  --limit N          only the first N vectors of BASE
  --queries N        how many queries: the first N of QUERIES; without QUERIES, held out of BASE (1000, or a tenth of
                     BASE if that is less)
  --seconds S        how long each setting worth having is timed (0.5)
  --timeout S        the most that one contestant may take (600); what it measured until then is kept
  --plot FILE        recall against queries a second, as .svg or .png
  --report FILE      a page that stands alone: picture, tables, settings, machine
  --results FOLDER   result files of ann-benchmarks, for its own plots
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
_MOST_QUERIES = 1000  # where it is not said how many


class Data(NamedTuple):
    """What is raced on."""

    title: str
    metric: str
    base: NDArray[Any]
    queries: NDArray[Any]
    truth: Truth | None
    notes: list[str]


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) not in (1, 2):
        told = f"{len(words)} were given: {' '.join(words)}" if words else "none was given"
        raise InvalidInputError(f"`nearabout bench` takes one or two files, BASE and perhaps QUERIES; {told}")
    seconds, timeout = (_seconds(name, given) for name in ("seconds", "timeout"))
    for name in ("limit", "queries"):
        if name in given and int(given[name]) < 1:  # type: ignore[arg-type]
            raise InvalidInputError(f"--{name} is {given[name]}; at least 1 is needed")

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
        progress=_Teller(data.notes, quiet="json" in given).begin,
        finished=_Teller.finish if "json" not in given else None,
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
        raise InvalidInputError(f"--{name} is {given[name]!r}; a number of seconds is needed, such as 2 or 0.5")
    return value


def _peers(given: Any) -> list[str] | None:
    if given is None:
        return None
    return [] if given == "none" else [name.strip() for name in given.split(",") if name.strip()]


class _Teller:
    """Prints what was read before the first contestant, and a line for each that is through."""

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
    """What came of a contestant, on a line."""
    from nearabout.evaluation.clock import BUSY
    from nearabout.evaluation.report import RECALLS, figures

    build, _, *speeds, most = figures(run)
    told = [f"built in {build}"] if run.build_seconds is not None else []
    reached = [
        f"{speed} queries a second at {recall:.2f}"
        for recall, speed in zip(RECALLS, speeds, strict=True)
        if speed != "-"
    ]
    told += reached[-1:]
    told += [f"recall up to {most}"] if run.points else []
    told += [f"failed, {printable(run.problem)}"] if run.problem else []
    told += (
        [f"other work had its cores for up to {run.busy_fraction:.0%} of the time"] if run.busy_fraction > BUSY else []
    )
    return "; ".join(told)


def _status(name: str) -> None:
    """The contestant whose turn it is, in place of the one before; an empty name wipes the line."""
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
    """Without NaN, infinity and, under cosine, zeros; as booleans where the metric is of bits."""
    import numpy as np

    notes = [f"read   {printable(name)}: {len(vectors):,} vectors of {vectors.shape[1]:,} dims"]
    if metric in ("hamming", "jaccard"):
        if ((vectors != 0) & (vectors != 1)).any():
            raise InvalidInputError(
                f"{name}: holds other numbers than 0 and 1; {metric} is of bits: choose another metric"
            )
        return vectors.astype(np.bool_), notes
    usable = np.isfinite(vectors).all(axis=1) if vectors.dtype.kind == "f" else np.ones(len(vectors), np.bool_)
    if metric == "cosine":
        usable &= vectors.any(axis=1)
    if usable.all():
        return vectors, notes
    return vectors[usable], [*notes, f"       {int((~usable).sum()):,} left out (NaN, infinite or zero)"]


def _held_out(vectors: NDArray[Any], count: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """What is left, and queries taken out of it, the same each time."""
    import numpy as np

    count = min(_MOST_QUERIES, len(vectors) // 10) if count is None else count
    if not 0 < count < len(vectors):
        raise InvalidInputError(
            f"there are {len(vectors):,} vectors and {count:,} would be held out as queries; give fewer with "
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
    head = ["", "build", "memory", *(f"at {recall:.2f}" for recall in RECALLS), "most recall", ""]
    runs = in_order(outcome.runs)
    rows = [[run.name, *figures(run), made(run)] for run in runs]
    caption = f"Queries a second at a recall@{outcome.k}, beside what the build took:"
    lines += ["", caption, *table([head, *rows], "lrrrrrrl"), ""]
    lines += [f"failed {run.name}: {printable(run.problem)}" for run in runs if run.problem]
    lines += [f"busy   {run.name}: {busy(run)}" for run in runs if busy(run)]
    lines += [f"absent {skip.name}: {skip.reason}" for skip in outcome.skipped]
    return lines


def _plain(outcome: Race) -> dict[str, Any]:
    """The race as JSON has it, with the speeds that the table shows."""
    from nearabout.evaluation import queries_per_second_at
    from nearabout.evaluation.report import RECALLS

    told = outcome.as_dict()
    for plain, run in zip(told["runs"], outcome.runs, strict=True):
        speeds = {f"{recall:.2f}": queries_per_second_at(run.points, recall) for recall in RECALLS}
        plain["queries_per_second_at"] = speeds
    return told
