"""The task of all contestants of a race, and the evaluation of their results."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.evaluation.ann_benchmarks import write_result
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.pareto import pareto_front
from nearabout.evaluation.peers import OURS, Contestant
from nearabout.evaluation.recall import interval, recalls_by_distance, relative_error
from nearabout.evaluation.sweep import Measured
from nearabout.evaluation.truth import Truth

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """The results of one contestant.

    Attributes:
        name: name of the library, or of our kind of index.
        package: name of its package, as installed.
        version: version of the package.
        built: settings of its build.
        build_seconds: seconds of the build; None if the build did not finish.
        memory_bytes: growth of the process in bytes during the build; None if the system does not report it.
        points: its settings on the Pareto front, by ascending recall. Recall is by distance, so that ties count as
            found.
        problem: description of a failure; "" if there was none. Earlier measurements are kept.
        one_thread: whether its searches used one thread, regardless of `threads`.
        busy_fraction: largest fraction of a timing, or of the build, in which other work used its cores, after
            repeated timings. 0 if none was detected.
        repeated_timings: number of repeated timings.
    """

    name: str
    package: str
    version: str = ""
    built: str = ""
    build_seconds: float | None = None
    memory_bytes: int | None = None
    points: list[Measured] = field(default_factory=list)
    problem: str = ""
    one_thread: bool = False
    busy_fraction: float = 0.0
    repeated_timings: int = 0

    @property
    def ours(self) -> bool:
        """Whether this is one of our kinds."""
        return self.name in OURS


@dataclass(frozen=True)
class RaceProtocol:
    """The data and settings that are the same for all contestants."""

    base: NDArray[Any]
    queries: NDArray[Any]
    truth: Truth
    metric: str
    k: int
    threads: int
    seconds: float
    timeout: float
    title: str
    results: str | os.PathLike[str] | None

    def lay_out(self, folder: Path) -> None:
        np.save(folder / "base.npy", self.base)
        np.save(folder / "queries.npy", self.queries)
        np.save(folder / "truth.npy", self.truth.rows[:, : self.k])

    def run(self, name: str, contestant: type[Contestant], shared: Path) -> Run:
        """Runs one contestant and returns its results."""
        with tempfile.TemporaryDirectory(dir=shared) as place:
            folder = Path(place)
            for part in ("base", "queries", "truth"):
                os.link(shared / f"{part}.npy", folder / f"{part}.npy")
            job = {
                "contestant": f"{contestant.__module__}:{contestant.__qualname__}",
                "metric": self.metric,
                "k": self.k,
                "threads": int(self.threads),
                "seconds": self.seconds,
            }
            (folder / "job.json").write_text(json.dumps(job))
            problem = self._process(folder)
            built = _json(folder / "built.json")
            looks = _looks(folder)
            points = self._points(name, folder, built, looks)
        return Run(
            name,
            contestant.package,
            built.get("version", ""),
            built.get("built", ""),
            built.get("seconds"),
            built.get("memory"),
            points,
            problem,
            contestant.one_thread,
            max([built.get("lost", 0.0), *(look["lost"] for look in looks if look["at_length"])]),
            sum(look["tries"] > 1 for look in looks),
        )

    def _process(self, folder: Path) -> str:
        """Runs the process of a contestant; returns a description of a failure, or ""."""
        environment = {**os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(self.threads))}
        if paths := environment.get("PYTHONPATH"):  # the process starts in another folder
            environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
        command = [sys.executable, "-m", "nearabout.evaluation.race_worker", str(folder)]
        with (folder / "log").open("wb") as log:
            try:
                # Runs in its own folder, so that a user's file called faiss.py does not shadow the library.
                done = subprocess.run(
                    command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    timeout=self.timeout, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return f"stopped after {self.timeout:g} seconds"
        error = _json(folder / "error.json")
        if error:
            return f"{error['kind']}: {error['message']}"
        if done.returncode < 0:
            return f"crashed: ended by the signal {signal.Signals(-done.returncode).name}"
        if done.returncode:
            lines = (folder / "log").read_text(errors="replace").strip().splitlines()
            return f"ended with the exit code {done.returncode}: {lines[-1] if lines else 'it said nothing'}"
        return ""

    def _points(self, name: str, folder: Path, built: dict[str, Any], looks: list[dict[str, Any]]) -> list[Measured]:
        """Returns the Pareto front of the settings timed at length, or of all settings if it did not get that far."""
        if (folder / "done").exists():
            looks = [look for look in looks if look["at_length"]]
        points = {}
        for look in looks:
            rows, distances = self._true(np.load(folder / f"rows-{look['rows']}.npy"))
            point = self._measured(look, distances)
            points[point.setting] = point
            if self.results is not None:
                self._write(name, look, point, rows, distances, built)
        return pareto_front(points.values())

    def _true(self, found: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns the rows found, sorted by exact distance. Libraries use other units, and some another order."""
        rows = _without_repeats(found, len(self.base))
        distances = true_distances(self.base, self.queries, rows, metric=self.metric)
        order = np.argsort(distances, axis=1, kind="stable")
        return np.take_along_axis(rows, order, axis=1), np.take_along_axis(distances, order, axis=1)

    def _measured(self, look: dict[str, Any], distances: NDArray[np.float32]) -> Measured:
        shares = recalls_by_distance(distances, self.truth, self.k)
        error = relative_error(distances, self.truth, self.k)
        setting: dict[str, float] = look["setting"]
        low, high = interval(shares)
        return Measured(
            effort=int(setting["effort"]) if "effort" in setting else None,
            recall=float(shares.mean()),
            queries_per_second=1 / max(look["seconds"], 1e-12),
            recall_low=low,
            recall_high=high,
            recall_by_distance=float(shares.mean()),
            relative_error=None if np.isnan(error) else error,
            setting=", ".join(f"{key}={value:g}" for key, value in setting.items()),
        )

    def _write(
        self,
        name: str,
        look: dict[str, Any],
        point: Measured,
        rows: NDArray[Any],
        distances: NDArray[Any],
        built: dict[str, Any],
    ) -> None:
        """Writes a result file of ann-benchmarks."""
        assert self.results is not None
        write_result(
            self.results,
            dataset=re.sub(r"[^\w.-]+", "_", self.title).lstrip(".-") or "data",
            algorithm=name.replace(" ", "-"),
            name=f"{name}({point.setting})",
            arguments=[self.metric, built.get("built", ""), look["setting"]],
            k=self.k,
            metric=self.metric,
            rows=rows,
            distances=distances,
            seconds=look["seconds"],
            build_seconds=float(built.get("seconds", 0)),
            index_kilobytes=float(built.get("memory") or 0) / 1024,
        )


def _looks(folder: Path) -> list[dict[str, Any]]:
    """Returns the measurements that a contestant recorded, even if it did not finish."""
    path = folder / "points.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def _json(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):  # missing or incomplete
        return {}
    return value


def _without_repeats(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Replaces duplicate and invalid rows by -1, because neither counts as found."""
    cleaned = np.where((rows >= 0) & (rows < count), rows, -1)
    order = np.argsort(cleaned, axis=1, kind="stable")
    ranked = np.take_along_axis(cleaned, order, axis=1)
    again = np.zeros(rows.shape, np.bool_)
    np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
    return np.where(again, -1, cleaned)
