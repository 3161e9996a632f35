"""The common parts of the races: alternating repeats, medians, the state of the machine, a table and a JSON file each.

A ratio is how many times as fast (or as small) as the peer we are: above 1 we win. Our runs and the peer's alternate,
so that a machine that slows down slows both, and the median of each side is taken.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nearabout import _core

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT.parent / "shared" / "data"
PEERS = PROJECT / "benchmarks" / "peers"


@dataclass(frozen=True)
class Result:
    """One line of the table: our figure and the peer's in `unit`; smaller is better."""

    case: str
    ours: float
    peer: float
    unit: str
    asked: float  # the ratio that is claimed
    peer_name: str

    @property
    def ratio(self) -> float:
        return self.peer / self.ours

    @property
    def met(self) -> bool:
        return self.ratio >= self.asked


@dataclass
class Race:
    """The results of one command, printed as they are measured and saved on request."""

    name: str
    packages: Sequence[str]
    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def start(self) -> None:
        print(f"{self.name}: {describe(self.machine())}")
        print(f"{'case':44} {'ours':>11} {'peer':>11} {'ratio':>7} {'asked':>7}")

    def add(self, case: str, ours: float, peer: float, unit: str, *, asked: float, peer_name: str) -> None:
        result = Result(case, ours, peer, unit, asked, peer_name)
        self.results.append(result)
        shown = [f"{value:.4g} {unit}" for value in (ours, peer)]
        verdict = "" if result.met else "  not reached"
        ratios = f"{result.ratio:>6.2f}x {asked:>6.2f}x"
        print(f"{case:44} {shown[0]:>11} {shown[1]:>11} {ratios}  {peer_name}{verdict}", flush=True)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)
        print(sentence, flush=True)

    def machine(self) -> dict[str, object]:
        return {
            "date": datetime.date.today().isoformat(),
            "cpu": cpu_name(),
            "isa": _core.isa(),
            "caches": caches(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name) for name in ("nearabout", "numpy", *self.packages)},
        }

    def finish(self, save: bool) -> int:
        """Prints the verdict and saves the figures on request. Returns exit code 1 if a claim was not reached."""
        missed = [result.case for result in self.results if not result.met]
        print(f"{len(self.results) - len(missed)} of {len(self.results)} claims reached")
        if save:
            path = results_folder() / f"{self.name}.json"
            results = [{**asdict(result), "ratio": round(result.ratio, 3)} for result in self.results]
            text = json.dumps({"machine": self.machine(), "results": results, "notes": self.notes}, indent=2)
            path.write_text(text + "\n", encoding="utf-8")
            print(f"saved to {path.relative_to(PROJECT)}")
        return 1 if missed else 0


def cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def results_folder() -> Path:
    """Returns the folder of this processor's results: those of several processors stand side by side.

    Its name ends in the instruction set, because virtual machines may name generations of processors alike.
    """
    name = re.sub(r"\(r\)|\(tm\)|processor|cpu|@.*|[0-9]+-core", " ", f"{cpu_name()} {_core.isa()}".lower())
    folder = PROJECT / "benchmarks" / "results" / "-".join(re.findall(r"[a-z0-9]+", name))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def caches() -> dict[str, str]:
    """Returns the sizes of the first core's caches, as Linux names them; none elsewhere."""
    found = {}
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((cache / name).read_text(encoding="ascii").strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            found[f"L{level}"] = size
    return found


def describe(machine: dict[str, object]) -> str:
    versions = machine["versions"]
    assert isinstance(versions, dict)
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, {listed}"


def arguments(description: str | None, repeats: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    parser.add_argument("--repeats", type=int, default=repeats, help=f"runs of each side (default {repeats})")
    return parser.parse_args()


def sample(name: str) -> Path:
    """Returns the path of a file of the large sample data next to the project; ends the program if it is missing."""
    path = DATA / name
    if not path.exists():
        sys.exit(f"This race needs {name} in ../shared/data, next to the project, but there is no such file.")
    return path


def alternate(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Returns the median seconds of each side over `repeats` alternating runs, after one warm-up run of each."""
    times: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):
        for side, run in enumerate((ours, peer)):
            begin = time.perf_counter()
            run()
            if repeat > 0:
                times[side].append(time.perf_counter() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def program(name: str) -> str:
    """Returns the path of a command in the folder of the running interpreter."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        sys.exit(f"{name} is not installed in the environment of {sys.executable}; run pip install . first.")
    return str(path)


def run_process(*command: str | Path) -> str:
    """Runs a process and returns its output; a failure ends the race with the error of the process."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)} failed:\n{done.stderr}")
    return done.stdout
