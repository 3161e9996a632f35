"""Builds one side on one set, and times every setting worth timing, in its own process."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from _contestant import Contestant, Ours, Setting
from _curves import Point
from _peers import PEERS
from _sets import SETS, Rows, Set, recall
from _stages import Stages, stages_of

BUILD_THREADS = 2
STRETCH = 0.3  # minimum seconds of a timing
ENOUGH = 0.9995  # recall after which a sweep ends
SLOWER = 1.05  # a setting that another beats by this factor in the first run is not timed
USELESS = 0.75  # nor is a setting with less recall
SAMPLE = 5000  # rows of an index that only makes a library compile its code
MOST_BUSY = 1.2  # cores in a search on one thread
TARGETS = (0.90, 0.95, 0.99)


@dataclass(frozen=True)
class Build:
    seconds: float
    cores: float  # kept busy; fewer than the threads where some of it is serial, or somebody else had them
    bytes_a_row: float | None  # beyond the vectors as they were given; None where there is no file


@dataclass
class Run:
    """The results of one side on one set."""

    name: str
    builds: dict[str, Build] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    stages: list[Stages] = field(default_factory=list)  # of lists of codes: where the time goes


@dataclass(frozen=True)
class Look:
    """The first run of a setting."""

    side: Contestant
    setting: Setting
    recall: float
    seconds: float


def stretch(run: Callable[[], object]) -> float:
    """Returns the seconds per run over a stretch of runs. More than one busy core ends the race."""
    count, begin, begin_busy = 0, time.perf_counter(), time.process_time()
    while (spent := time.perf_counter() - begin) < STRETCH:
        run()
        count += 1
    busy = (time.process_time() - begin_busy) / spent
    if busy > MOST_BUSY:
        raise RuntimeError(f"a search on one thread kept {busy:.1f} cores busy")
    return spent / count


def timed_build(side: Contestant, case: Set) -> tuple[float, float]:
    """Returns the seconds, and the number of busy cores."""
    base = case.for_peers(case.base) if side.as_floats else case.base
    begin, begin_busy = time.perf_counter(), time.process_time()
    side.build(base, case, BUILD_THREADS)
    seconds = time.perf_counter() - begin
    return seconds, (time.process_time() - begin_busy) / seconds


def bytes_a_row(side: Contestant, case: Set) -> float | None:
    """Returns the bytes per row of the saved index in addition to the given vector."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        if not side.save(path):
            return None
        files = path.iterdir() if path.is_dir() else [path]
        extra = sum(file.stat().st_size for file in files) / len(case.base)
    given = case.vector_bytes if not side.as_floats else 4 * case.base.shape[1]
    return extra - given


class Sweep:
    """The builds of one side on one set, with its queries and their true neighbours."""

    def __init__(self, sides: list[Contestant], case: Set, truth: Rows) -> None:
        self.sides, self.case, self.truth = sides, case, truth
        self.queries = case.for_peers(case.queries) if sides[0].as_floats else case.queries

    def looks(self, enough: float = ENOUGH) -> list[Look]:
        """Runs every setting twice; a series ends at the recall that is enough."""
        found = []
        for side in self.sides:
            for series in side.series():
                for setting in series:
                    side.choose(setting)
                    times = []
                    for _ in range(2):
                        begin = time.perf_counter()
                        rows = side.ask(self.queries)
                        times.append(time.perf_counter() - begin)
                    share = recall(rows, self.truth)
                    found.append(Look(side, setting, share, min(times)))
                    if share > enough:
                        break
        return found

    def point(self, look: Look, repeats: int) -> Point:
        """Returns the smallest time of several stretches, in a batch and one query per call."""
        look.side.choose(look.setting)
        count = len(self.queries)

        def one_by_one() -> None:
            for query in self.queries:
                look.side.ask_one(query)

        batch = min(stretch(lambda: look.side.ask(self.queries)) for _ in range(repeats))
        single = min(stretch(one_by_one) for _ in range(repeats))
        setting = ", ".join(f"{value:g}" for value in look.setting)
        return Point(look.side.label, setting, look.recall, batch / count, single / count)


def worth_timing(looks: list[Look]) -> list[Look]:
    """Returns the settings without those that find little or that another clearly beats."""
    return [
        look
        for look in looks
        if look.recall >= USELESS
        and not any(other.recall >= look.recall and other.seconds * SLOWER < look.seconds for other in looks)
    ]


def measure(name: str, set_name: str, kind: str, repeats: int, builds: int) -> Run:
    """Runs the whole sweep; `name` is a peer's, or empty for ours. A build worth timing is repeated `builds` times."""
    case = SETS[set_name]()
    sides: list[Contestant] = PEERS[name].variants(case) if name else [Ours(kind)]
    run = Run(name or "nearabout")
    if sides[0].compiles:
        few = Set(case.name, case.metric, case.base[:SAMPLE], case.queries)
        warm = Sweep(sides[:1], few, few.truth())
        timed_build(sides[0], few)
        warm.looks()
    first = {side.label: timed_build(side, case) for side in sides}
    sweep = Sweep(sides, case, case.truth())
    kept = worth_timing(sweep.looks())
    run.points = [sweep.point(look, repeats) for look in kept]
    for side in sides:
        if not any(look.side is side for look in kept):
            continue
        size = bytes_a_row(side, case)
        again = [timed_build(side, case) for _ in range(builds - 1)]
        seconds, cores = min([first[side.label], *again])
        run.builds[side.label] = Build(seconds, cores, size)
        if isinstance(side, Ours) and side.index.kind == "ivf":
            run.stages = stages_of(side.index, sweep.queries, run.points, TARGETS)
    return run


def answer(sender: Connection, *arguments: Any) -> None:
    """Runs in the other process: sends the results, or a sentence about the error."""
    try:
        sender.send(measure(*arguments))
    except Exception as error:  # whatever a library raises; some do not survive the way between processes
        sender.send(f"{type(error).__name__}: {error}")


def in_own_process(name: str, set_name: str, kind: str, repeats: int, builds: int) -> Run:
    """`measure` in a fresh process: no library sees the threads or the memory of another.

    Raises:
        RuntimeError: with what the library raised there, or that the process died.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(sender, name, set_name, kind, repeats, builds))
    process.start()
    sender.close()  # the other process has the only one left, so that its death ends the waiting
    try:
        received = receiver.recv()
    except EOFError:
        received = "the process died"
    process.join()
    if not isinstance(received, Run):
        raise RuntimeError(f"{received} (exit code {process.exitcode})")
    return received
