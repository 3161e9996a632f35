"""Runs one contestant of a race in its own process: ``python -m nearabout.evaluation.race_worker FOLDER``.

The threads, the memory and a crash of one library do not affect the others. `race` writes to the folder

    job.json        the contestant, as module:class, and its task
    base.npy, queries.npy, truth.npy

and afterwards reads, even if the process failed,

    built.json      after the build: version, settings, seconds, memory, the fraction of time lost to other work
    points.jsonl    one line per measurement of a setting: setting, seconds per query, whether it was timed at length,
                    the fraction of time lost to other work, how often it was timed
    rows-N.npy      the rows that measurement N found
    done            exists if all settings were tried
    error.json      the error that the library raised
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.evaluation.clock import Clock, Timing
from nearabout.evaluation.peers import Contestant, Setting, Task, library

_ENOUGH = 0.9995  # recall after which a series ends
_SLOWER = 1.05  # factor by which another setting must be better in the first measurement to skip the long timing
_COMPILED_WITH = 1000  # rows of an index that is built only to compile the library


class Look(NamedTuple):
    """The first measurement of a setting."""

    setting: Setting
    recall: float
    seconds: float


def resident_bytes() -> int | None:
    """Returns the resident memory of this process in bytes; None if the system does not report it."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "")
    return int(line.split()[1]) * 1024 if line else None


def prepared(vectors: NDArray[Any], metric: str) -> NDArray[np.float32]:
    """Returns vectors for the peers: float32, of unit length under cosine."""
    values = np.ascontiguousarray(vectors, dtype=np.float32)
    if metric == "cosine":
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values)


class Contest:
    """The build and the measurements of one contestant."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self.folder, self.job = folder, job
        module, _, name = job["contestant"].partition(":")
        self.kind: type[Contestant] = getattr(importlib.import_module(module), name)
        self.truth: NDArray[np.int64] = np.load(folder / "truth.npy")
        base, queries = (np.load(folder / f"{part}.npy") for part in ("base", "queries"))
        if self.kind.as_floats:
            base, queries = (prepared(vectors, job["metric"]) for vectors in (base, queries))
        self.base, self.queries = base, queries
        self.count = 0
        self.clock = Clock(job["threads"])

    def task(self, rows: int) -> Task:
        return Task(self.job["metric"], self.job["k"], self.job["threads"], rows, int(self.base.shape[1]))

    def run(self) -> None:
        library(self.kind)  # imported before time and memory are measured
        if self.kind.compiles:
            few = self.kind(self.task(min(_COMPILED_WITH, len(self.base))))
            few.build(self.base[:_COMPILED_WITH])
            few.choose(few.series()[0][0])
            few.ask(self.queries)
            del few
        side = self.build()
        looks = [look for series in side.series() for look in self.looks(side, series)]
        for look in worth_timing(looks):
            side.choose(look.setting)
            timing = self.clock.undisturbed(lambda: side.ask(self.queries), self.job["seconds"])
            self.keep(look.setting, timing, at_length=True)
        (self.folder / "done").touch()

    def build(self) -> Contestant:
        side = self.kind(self.task(len(self.base)))
        gc.collect()
        before = resident_bytes()
        timing = Clock(self.job["threads"]).once(lambda: side.build(self.base))
        gc.collect()
        after = resident_bytes()
        memory = None if before is None or after is None else max(0, after - before)
        record = {
            "version": version(self.kind.package),
            "built": side.built,
            "seconds": timing.seconds,
            "memory": memory,
        }
        record["lost"] = timing.lost
        (self.folder / "built.json").write_text(json.dumps(record))
        return side

    def looks(self, side: Contestant, series: Any) -> list[Look]:
        """Measures every setting twice, until one finds enough."""
        found = []
        for setting in series:
            side.choose(setting)
            timing = self.clock.best(lambda: side.ask(self.queries), 0)
            self.keep(setting, timing, at_length=False)
            rows = np.asarray(timing.result)
            fraction = float((self.truth[:, :, None] == rows[:, None, :]).any(axis=2).mean())
            found.append(Look(setting, fraction, timing.seconds))
            if fraction > _ENOUGH:
                break
        return found

    def keep(self, setting: Setting, timing: Timing, *, at_length: bool) -> None:
        np.save(self.folder / f"rows-{self.count}.npy", np.asarray(timing.result).astype(np.int64))
        line = {
            "setting": setting,
            "seconds": timing.seconds / len(self.queries),
            "at_length": at_length,
            "rows": self.count,
            "lost": timing.lost,
            "tries": timing.tries,
        }
        with (self.folder / "points.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.count += 1


def worth_timing(looks: list[Look]) -> list[Look]:
    """Returns the settings that no other setting clearly beats."""
    return [
        look
        for look in looks
        if not any(other.recall >= look.recall and other.seconds * _SLOWER < look.seconds for other in looks)
    ]


def version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def main(folder: Path) -> int:
    try:
        Contest(folder, json.loads((folder / "job.json").read_text())).run()
    except Exception as error:  # any error of the library
        record = {"kind": type(error).__name__, "message": str(error)}
        (folder / "error.json").write_text(json.dumps(record))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
