"""Races: each contestant in its own process, the missing and the crashing named, the others unharmed."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import ground_truth, race, read_dataset, recall_by_distance, write_dataset
from nearabout.evaluation.peers import OURS, PEERS, Contestant, Task
from nearabout.evaluation.race_protocol import _without_repeats
from nearabout.evaluation.race_worker import Look, worth_timing
from nearabout.kinds import KINDS

VECTORS = np.random.default_rng(0).normal(size=(640, 12)).astype(np.float32)
BASE, QUERIES = VECTORS[:600], VECTORS[600:]
QUICK: dict[str, Any] = {"seconds": 0, "timeout": 120}

# Peers that go wrong in every way; the first lines are what they share with the others.
ODD = """
import os, signal, time
import numpy as np
from nearabout.evaluation.peers import Contestant

class Odd(Contestant):
    module = package = "numpy"
    metrics = {"euclidean": "l2"}
    def build(self, base): self.built = f"{base.dtype}"
    def series(self): return [[{"given": 1}, {"given": 2}]]
    def choose(self, setting): self.given = setting["given"]
    def ask(self, queries): return np.zeros((len(queries), self.task.k), np.int64)

class Crash(Odd):
    def ask(self, queries):
        if self.given == 2: os.kill(os.getpid(), signal.SIGSEGV)
        return super().ask(queries)

class Raise(Odd):
    def build(self, base): raise RuntimeError("not today")

class Quit(Odd):
    def build(self, base): print("out of luck", flush=True); os._exit(3)

class Sleep(Odd):
    def ask(self, queries):
        if self.given == 2: time.sleep(60)
        return super().ask(queries)
"""


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their module where the processes of a race find it as well."""
    (tmp_path / "odd_peers.py").write_text(ODD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("odd_peers", None)
    module = importlib.import_module("odd_peers")
    for name in ("Odd", "Crash", "Raise", "Quit", "Sleep"):
        monkeypatch.setitem(PEERS, name, getattr(module, name))


def test_ours_beside_each_other() -> None:
    seen: list[str] = []
    outcome = race(BASE, QUERIES, metric="euclidean", peers=[], progress=seen.append, title="noise", **QUICK)
    assert seen == list(OURS) == [run.name for run in outcome.runs]
    assert (outcome.rows, outcome.dims, outcome.queries, outcome.k, outcome.title) == (600, 12, 40, 10, "noise")
    for run in outcome.runs:
        assert (run.problem, run.ours, run.version) == ("", True, na.__version__)
        assert run.build_seconds is not None
        assert run.points[-1].recall > 0.99
        recalls = [point.recall for point in run.points]
        assert recalls == sorted(recalls)
    exact = outcome.runs[0].points
    assert [(point.recall, point.effort, point.relative_error) for point in exact] == [(1, None, 0)]
    assert outcome.hardness is not None
    assert outcome.hardness.dims == 12
    assert outcome.as_dict()["runs"][2]["name"] == "nearabout ivf"


@pytest.mark.usefixtures("odd")
def test_what_goes_wrong_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    peers = ["Crash", "Raise", "Quit", "Sleep", "Odd"]
    monkeypatch.setattr(sys.modules["nearabout.evaluation.race"], "OURS", {})
    outcome = race(BASE, QUERIES, metric="euclidean", peers=peers, seconds=0, timeout=4)
    runs = {run.name: run for run in outcome.runs}
    assert runs["Crash"].problem == "crashed: ended by the signal SIGSEGV"
    assert len(runs["Crash"].points) == 1  # what was measured before it
    assert runs["Raise"].problem == "RuntimeError: not today"
    assert runs["Raise"].build_seconds is None
    assert runs["Quit"].problem == "ended with the exit code 3: out of luck"
    assert runs["Sleep"].problem == "stopped after 4 seconds"
    assert [point.setting for point in runs["Sleep"].points] == ["given=1"]
    assert (runs["Odd"].problem, runs["Odd"].built) == ("", "float32")
    # It lists one row ten times, which counts once.
    truth = ground_truth(BASE, QUERIES, 10, metric="euclidean")
    expected = (truth.rows == 0).any(axis=1).mean() / 10
    assert runs["Odd"].points[0].recall == pytest.approx(expected)


def test_peers_that_cannot_take_part_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(Contestant):
        module, package = "no_such_library", "no-such-library"
        metrics = {"manhattan": "l1"}  # noqa: RUF012

    monkeypatch.setitem(PEERS, "missing", Missing)
    outcome = race(BASE, QUERIES, metric="manhattan", peers=["missing", "hnswlib"], **QUICK)
    assert {skip.name: skip.reason for skip in outcome.skipped} == {
        "nearabout ivf": "does not support manhattan",
        "nearabout lsh": "does not support manhattan",
        "hnswlib": "does not support manhattan",
        "missing": "is not installed (pip install no-such-library)",
    }
    served = ("exact", "forest", "graph", "kdtree")
    assert [run.name for run in outcome.runs] == [f"nearabout {kind}" for kind in served]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if side.compiles else []) for name, side in PEERS.items()]
)
def test_a_peer_finds_the_neighbours(name: str) -> None:
    """Each that is installed, in this process: the shape of its answers, and that its best setting finds most."""
    side = PEERS[name]
    if importlib.util.find_spec(side.module) is None:
        pytest.skip(f"{side.package} is not installed")
    for metric in ("euclidean", "cosine"):
        base, queries = BASE, QUERIES
        if metric == "cosine":
            base, queries = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (BASE, QUERIES))
        contestant = side(Task(metric, 10, 1, *BASE.shape))
        contestant.build(base)
        contestant.choose(contestant.series()[-1][-1])
        rows = np.asarray(contestant.ask(queries))
        truth = ground_truth(BASE, QUERIES, 10, metric=metric)
        assert rows.shape == (40, 10)
        assert rows.dtype.kind in "iu"
        found = (truth.rows[:, :, None] == rows[:, None, :]).any(axis=2).mean()
        assert found > 0.95
        assert contestant.built


def test_annoy_from_its_own_process_and_results_for_other_plots(tmp_path: Path) -> None:
    pytest.importorskip("annoy", reason="the test extra brings annoy")
    h5py = pytest.importorskip("h5py", reason="results of ann-benchmarks are HDF5")
    write_dataset(tmp_path / "noise.hdf5", BASE, QUERIES, metric="euclidean", k=20)
    known = read_dataset(tmp_path / "noise.hdf5")
    outcome = race(
        known.train,
        known.test,
        metric="euclidean",
        peers=["annoy"],
        truth=known.truth,
        title=known.name,
        results=tmp_path / "results",
        **QUICK,
    )
    assert outcome.runs[-1].name == "annoy"
    assert outcome.runs[-1].one_thread
    assert outcome.runs[-1].points[-1].recall > 0.9
    folder = tmp_path / "results" / "noise" / "10"
    assert {path.name for path in folder.iterdir()} == {
        "annoy-batch",
        *(f"nearabout-{kind}-batch" for kind in KINDS),
    }
    written = sorted((folder / "annoy-batch").iterdir())
    assert len(written) >= len(outcome.runs[-1].points)
    with h5py.File(written[0]) as run:
        distances = np.array(run["distances"])
        assert run.attrs["algo"] == "annoy"
    assert 0 < recall_by_distance(distances, known.truth, 10) <= 1


def test_duplicates_types_that_differ_and_a_title_of_any_kind(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="results of ann-benchmarks are HDF5")
    same = np.full((80, 3), 7, np.uint8)
    outcome = race(
        same,
        np.ones((5, 3)),
        metric="euclidean",
        peers=[],
        title="../all: the same",
        results=tmp_path,
        **QUICK,
    )
    assert outcome.hardness is not None
    assert outcome.hardness.contrast == pytest.approx(1)
    assert outcome.as_dict()["hardness"]["intrinsic_dimension"] is None  # infinite
    assert [run.points[-1].recall for run in outcome.runs] == [1] * len(outcome.runs)  # all are equally near
    assert [folder.name for folder in tmp_path.iterdir()] == ["_all_the_same"]
    json.dumps(outcome.as_dict(), allow_nan=False)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"metric": "l2"}, "did you mean 'euclidean'"),
        ({"peers": ["anoy"]}, "did you mean 'annoy'"),
        ({"k": 601}, "there are 600 vectors"),
        ({"threads": 0}, "threads is 0"),
        ({"seconds": -1}, "seconds is -1"),
        ({"metric": "hamming"}, "pass booleans under hamming"),
        ({"queries": QUERIES[:, :3]}, "the same dims"),
        ({"truth": ground_truth(BASE, QUERIES, 5)}, "does not fit 40 queries"),
        ({"metric": "manhattan", "results": tmp_path}, "which ann-benchmarks does not have"),
    ]
    for change, sentence in cases:
        arguments: dict[str, Any] = {"base": BASE, "queries": QUERIES, **change}
        with pytest.raises(na.InvalidInputError, match=sentence):
            race(**arguments)


def test_rows_that_repeat_or_are_none_do_not_count() -> None:
    rows = np.array([[3, 3, 1, 3], [9, -5, 0, 0]])
    assert _without_repeats(rows, 5).tolist() == [[3, -1, 1, -1], [-1, -1, 0, -1]]


def test_settings_that_another_beats_are_not_timed() -> None:
    looks = [Look({"a": 1}, 0.5, 1.0), Look({"a": 2}, 0.5, 2.0), Look({"a": 3}, 0.9, 1.02), Look({"a": 4}, 0.9, 5.0)]
    assert [look.setting["a"] for look in worth_timing(looks)] == [1, 3]
