"""Busy cores: with clocks of our own, so that what is lost is known."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nearabout.evaluation import clock, race
from nearabout.evaluation.clock import Clock


class Time:
    """The clock on the wall and that of the processor, moved by hand."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0
        self.slept: list[float] = []

    def perf_counter(self) -> float:
        return self.wall

    def process_time(self) -> float:
        return self.processor

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.wall += seconds

    def work(self, *runs: tuple[float, float]) -> Callable[[], str]:
        """Work that takes so much of both in each run; the last again and again."""
        left = list(runs)

        def run() -> str:
            wall, processor = left.pop(0) if len(left) > 1 else left[0]
            self.wall += wall
            self.processor += processor
            return "found"

        return run


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(clock, "time", made)
    return made


def test_an_undisturbed_run_is_not_repeated(now: Time) -> None:
    timing = Clock(1).undisturbed(now.work((0.25, 0.25)), 0.5)
    assert timing == ("found", 0.25, 0.0, 1)
    assert now.slept == []


def test_a_busy_core_is_noticed_and_the_run_repeated(now: Time) -> None:
    # A warm-up, two runs of which another takes half, a warm-up, two runs alone.
    runs = [(0.25, 0.25), (0.5, 0.25), (0.5, 0.25), (0.25, 0.25), (0.25, 0.25), (0.25, 0.25)]
    timing = Clock(1).undisturbed(now.work(*runs), 0.5)
    assert timing.seconds == 0.25
    assert timing.lost == 0.0
    assert timing.tries == 2
    assert now.slept == [0.5]


def test_what_stays_busy_is_told_after_three_tries(now: Time) -> None:
    timing = Clock(1).undisturbed(now.work((0.5, 0.25)), 0.5)
    assert (timing.seconds, timing.lost, timing.tries) == (0.5, 0.5, 3)
    long = Clock(1).undisturbed(now.work((4.0, 3.0)), 0.5)  # a single run
    assert (long.seconds, long.lost, long.tries) == (4.0, 0.25, 3)


def test_several_threads_are_compared_with_their_best(now: Time) -> None:
    side = Clock(4)
    assert side.once(now.work((1.0, 3.0))).lost == 0.0  # they wait for each other
    assert side.once(now.work((1.0, 3.2))).lost == 0.0
    assert side.once(now.work((2.0, 3.2))).lost == pytest.approx(0.5)
    assert Clock(1).once(now.work((1.0, 2.0))).lost == 0.0  # a library that takes more threads than it was given


def test_the_steps_of_a_coarse_clock_are_no_disturbance(now: Time) -> None:
    assert Clock(1).once(now.work((0.025, 0.0))).lost == 0.0
    assert Clock(1).once(now.work((0.0, 0.0))).lost == 0.0


def test_a_race_tells_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contestant that sleeps in its searches has no processor time: to the clock its core was busy."""
    (tmp_path / "sleepy_peer.py").write_text(
        "import time\nimport numpy as np\nfrom nearabout.evaluation.peers import Contestant\n"
        "class Sleepy(Contestant):\n"
        "    module = package = 'numpy'\n"
        "    metrics = {'euclidean': 'l2'}\n"
        "    def build(self, base): pass\n"
        "    def series(self): return [[{'given': 1}]]\n"
        "    def choose(self, setting): pass\n"
        "    def ask(self, queries):\n"
        "        time.sleep(0.06)\n"
        "        return np.zeros((len(queries), self.task.k), np.int64)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.syspath_prepend(str(tmp_path))
    peer = __import__("sleepy_peer").Sleepy
    race_module = sys.modules["nearabout.evaluation.race"]
    monkeypatch.setattr(race_module, "OURS", {})
    monkeypatch.setattr(race_module, "PEERS", {"Sleepy": peer})
    vectors = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    through = []
    outcome = race(
        vectors[10:], vectors[:10], metric="euclidean", peers=["Sleepy"], seconds=0.1, finished=through.append
    )
    (run,) = outcome.runs
    assert through == [run]
    assert run.problem == ""
    assert run.busy_fraction > clock.BUSY
    assert run.repeated_timings == 1
    assert json.loads(json.dumps(outcome.as_dict()))["runs"][0]["repeated_timings"] == 1
