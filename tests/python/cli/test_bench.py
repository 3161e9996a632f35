"""`nearabout bench`: what it reads, what it prints, what it refuses before anything takes time."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nearabout.cli import main
from nearabout.evaluation import Run as Outcome
from nearabout.evaluation import write_dataset
from nearabout.evaluation.race_protocol import RaceProtocol
from nearabout.kinds import KINDS

from .conftest import Run

VECTORS = np.random.default_rng(0).normal(size=(330, 6)).astype(np.float32)
QUICK = ["--peers", "none", "--seconds", "0"]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "noise.npy"
    np.save(path, VECTORS)
    return path


def test_a_table_a_plot_and_a_page(run: Run, base: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn by matplotlib: pip install nearabout[plot]")
    plot, page = tmp_path / "race.svg", tmp_path / "race.html"
    done = run("bench", base, *QUICK, "--plot", plot, "--report", page, "-k", 5)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"read   {base}: 330 vectors of 6 dims"
    assert lines[1] == "       33 of them held out as queries"
    for line, kind in zip(lines[2 : len(KINDS) + 2], KINDS, strict=True):
        told = rf"raced  nearabout {kind}: built in [\d.]+ s; [\d,]+ queries per second at 0\.99; recall up to [\d.]+"
        assert re.fullmatch(told + r"(; other work used its cores for up to \d+% of the time)?", line)
    assert lines[len(KINDS) + 2] == "asked  33 queries in a batch, cosine, k 5, 1 thread"
    assert lines[len(KINDS) + 3].startswith("data   297 vectors of 6 dims")
    for kind in KINDS:
        (line,) = [line for line in lines if line.startswith(f"nearabout {kind}")]
        assert re.fullmatch(
            rf"nearabout {kind} +[\d.]+ s +(-|\d+ MB)( +[\d,]+){{3}} +(0\.99\d\d|1\.0000)  nearabout 0\..*", line
        )
    assert lines[-2:] == [f"wrote  {plot}", f"wrote  {page}"]
    assert "noise: 297 x 6, cosine" in plot.read_text(encoding="utf-8")
    assert "<title>noise</title>" in page.read_text(encoding="utf-8")


def test_json_a_file_of_queries_and_fewer_vectors(run: Run, base: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "queries.npy", VECTORS[:40] + np.float32(0.01))
    options = ["--json", "--metric", "euclidean", "--limit", 200, "--queries", 20]
    done = run("bench", base, tmp_path / "queries.npy", *QUICK, *options)
    assert done.code == 0
    told = json.loads(done.out)
    assert [told[name] for name in ("rows", "queries", "metric", "k", "threads")] == [200, 20, "euclidean", 10, 1]
    assert [each["name"] for each in told["runs"]] == [f"nearabout {kind}" for kind in KINDS]
    exact = told["runs"][0]
    assert exact["points"][0]["recall"] == 1
    assert exact["queries_per_second_at"]["0.99"] == pytest.approx(exact["points"][0]["queries_per_second"])
    assert told["hardness"]["rows"] == 200
    assert told["machine"]["nearabout"]


def test_a_data_set_of_ann_benchmarks_and_results_for_its_plots(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="data sets of ann-benchmarks are HDF5: pip install nearabout[hdf5]")
    bits = np.random.default_rng(1).random((230, 40)) < 0.5
    path = tmp_path / "bits-40-hamming.hdf5"
    write_dataset(path, bits[:200], bits[200:], metric="hamming", k=20)
    done = run("bench", path, *QUICK, "--results", tmp_path / "results")
    assert (done.code, done.err) == (0, "")
    assert f"read   {path}: 200 vectors of 40 dims, 30 queries" in done.out
    assert "asked  30 queries in a batch, hamming" in done.out
    assert "absent nearabout ivf: does not support hamming" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("nearabout exact") and "1.0000" in line]
    written = {file.parent.name for file in (tmp_path / "results" / "bits-40-hamming" / "10").glob("*/*.hdf5")}
    assert written == {f"nearabout-{name}-batch" for name, kind in KINDS.items() if "hamming" in kind.metrics}


@pytest.mark.usefixtures("without_races")
def test_vectors_that_cannot_be_compared_are_left_out(run: Run, tmp_path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[3], vectors[7, 2] = 0, np.nan
    np.save(tmp_path / "holes.npy", vectors)
    done = run("bench", tmp_path / "holes.npy", *QUICK)
    assert done.code == 0
    assert "       2 left out (NaN, infinite or zero)" in done.out
    assert "       32 of them held out" in done.out


def test_what_is_wrong_is_refused(run: Run, base: Path, tmp_path: Path) -> None:
    for arguments, sentence in [
        ([], "takes one or two files, BASE and optionally QUERIES; none was given"),
        ([base, base, base], "3 were given"),
        ([base, "--peers", "anoy"], "did you mean 'annoy'"),
        ([base, "--plot", "race.pdf"], "must end in .svg or .png"),
        ([base, "--plot", tmp_path / "none" / "race.svg"], "No such file"),
        ([base, "--report", "race.svg"], "must end in .html"),
        ([base, "--queries", "330"], "330 would be held out"),
        ([base, "--queries", "0"], "--queries is 0"),
        ([base, "--limit", "-1"], "--limit is -1"),
        ([base, "--limit", "5"], "0 would be held out"),
        ([base, "--seconds", "soon"], "--seconds is 'soon'"),
        ([base, "--timeout", "0"], "--timeout is '0'"),
        ([base, "--metric", "l2"], "did you mean 'euclidean'"),
        ([base, "--metric", "hamming"], "contains numbers other than 0 and 1"),
        ([base, "-k", "0"], "k is 0"),
        ([base, "--threads", "0"], "threads is 0"),
        ([base, "--metric", "manhattan", "--results", tmp_path], "which ann-benchmarks does not have"),
        ([tmp_path / "none.npy"], "No such file"),
        ([tmp_path / "none.hdf5"], "No such file"),
    ]:
        done = run("bench", *arguments)
        assert done.code == 2, arguments
        assert sentence in done.err, done.err
        assert done.out == ""


def test_each_contestant_is_told_of_when_it_is_through(run: Run, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("builtins.print", lambda *words, **_: told.append(" ".join(map(str, words))))
    seen: list[list[str]] = []

    def run_one(_: object, name: str, *_rest: object) -> Outcome:
        seen.append(list(told))
        return Outcome(name, name)

    monkeypatch.setattr(RaceProtocol, "run", run_one)
    assert main(["bench", str(base), *QUICK]) == 0
    read = [f"read   {base}: 330 vectors of 6 dims", "       33 of them held out as queries"]
    raced = [f"raced  nearabout {kind}: " for kind in KINDS]
    assert seen == [[*read, *raced[:done]] for done in range(len(KINDS))]


def test_a_busy_core_is_told(run: Run, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {
        "nearabout exact": Outcome(
            "nearabout exact", "nearabout", build_seconds=1.0, busy_fraction=0.37, repeated_timings=2
        ),
        "nearabout forest": Outcome(
            "nearabout forest", "nearabout", build_seconds=1.0, busy_fraction=0.02, repeated_timings=1
        ),
        "nearabout ivf": Outcome(
            "nearabout ivf", "nearabout", build_seconds=1.0, busy_fraction=0.02, problem="crashed: x"
        ),
    }
    quiet = Outcome("nearabout", "nearabout", build_seconds=1.0, busy_fraction=0.02)
    monkeypatch.setattr(RaceProtocol, "run", lambda self, name, *_: runs.get(name, quiet))
    done = run("bench", base, *QUICK)
    assert "raced  nearabout exact: built in 1.00 s; other work used its cores for up to 37% of the time\n" in done.out
    assert "raced  nearabout ivf: built in 1.00 s; failed, crashed: x\n" in done.out
    busy = [line for line in done.out.splitlines() if line.startswith("busy ")]
    more = "2 timings repeated: alone it may be faster"
    assert busy == [
        f"busy   nearabout exact: other work used its cores for up to 37% of the time, {more}",
        "busy   nearabout forest: 1 timing repeated because of other work on its cores, then undisturbed",
    ]
    assert json.loads(run("bench", base, *QUICK, "--json").out)["runs"][0]["busy_fraction"] == 0.37
