"""Measuring an index from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import ground_truth, write_dataset

from .conftest import Run

VECTORS = np.random.default_rng(1).normal(size=(2_100, 24)).astype(np.float32)
BASE, QUERIES = VECTORS[:2_000], VECTORS[2_000:]
QUICK = ("--seconds", "0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("eval")
    na.build(BASE, metric="euclidean", kind=na.IVF(lists=40), path=path / "lists.near")
    np.save(path / "queries.npy", QUERIES)
    truth = ground_truth(BASE, QUERIES, 20, metric="euclidean")
    truth.save(path / "truth.npz")
    np.save(path / "truth.npy", truth.rows)
    lines = np.column_stack([np.full(len(QUERIES), 20, np.int32), truth.rows.astype(np.int32)])
    (path / "truth.ivecs").write_bytes(lines.astype("<i4").tobytes())
    return path


def points(run: Run, *arguments: Any) -> list[dict[str, Any]]:
    done = run("eval", *arguments, *QUICK, "--json")
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.out)["points"]
    return found


def without_times(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in point.items() if name != "queries_per_second"} for point in found]


def test_every_form_of_the_truth_says_the_same(run: Run, folder: Path) -> None:
    asked = (folder / "lists.near", "--queries", folder / "queries.npy", "--efforts", "2,9")
    found = without_times(points(run, *asked))
    index = na.open(folder / "lists.near")
    true = index.search(QUERIES, exact=True).rows
    for point, effort in zip(found, (2, 9), strict=True):
        hits = index.search(QUERIES, effort=effort)
        recall = (hits.rows[:, :, None] == true[:, None, :]).any(axis=1).mean()
        assert point["recall"] == pytest.approx(recall)
        assert (point["effort"], point["expected_recall"]) == (effort, pytest.approx(hits.expected_recall))
    for name in ("truth.npz", "truth.npy", "truth.ivecs"):
        assert without_times(points(run, *asked, "--truth", folder / name)) == found


def test_a_wrong_truth_is_seen(run: Run, folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "wrong.npy", np.tile(np.arange(10), (100, 1)))
    asked = (folder / "lists.near", "--queries", folder / "queries.npy", "--truth", tmp_path / "wrong.npy")
    assert points(run, *asked, "--efforts", "9")[0]["recall"] < 0.1


def test_a_data_set_brings_queries_and_truth(run: Run, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    write_dataset(tmp_path / "set.hdf5", BASE, QUERIES, metric="euclidean", k=10)
    asked = (folder / "lists.near", "--efforts", "9")
    expected = without_times(points(run, *asked, "--queries", folder / "queries.npy"))
    assert without_times(points(run, *asked, "--truth", tmp_path / "set.hdf5")) == expected
    assert without_times(points(run, *asked, "--queries", tmp_path / "set.hdf5")) == expected


def test_the_table(run: Run, folder: Path) -> None:
    done = run("eval", folder / "lists.near", "--recalls", ".8,.95", "-k", 5, *QUICK)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "asked  1,000 rows of the index, each left out of its own results; 1 thread"
    assert lines[2].split("  ")[0].strip() == "target"
    assert "recall@5" in lines[2]
    index = na.open(folder / "lists.near")
    for line, target in zip(lines[3:], (0.8, 0.95), strict=True):
        cells = line.split()
        assert (cells[0], int(cells[1])) == (f"{target:g}", index._core.base_effort(5, None, target, False))
        assert float(cells[3]) < float(cells[2]) < float(cells[5])
    told = json.loads(run("eval", folder / "lists.near", "--efforts", "3", *QUICK, "--json").out)
    assert (told["queries_from"], told["queries"], told["threads"]) == ("rows of the index", 1000, 1)


def test_a_plot(run: Run, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run("eval", folder / "lists.near", "--efforts", "1,5,20", "--plot", tmp_path / "plot.svg", *QUICK)
    assert (done.code, done.out.splitlines()[-1]) == (0, f"wrote  {tmp_path / 'plot.svg'}")
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "recall@10" in drawn
    assert "nearabout ivf" in drawn


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--efforts", "1,x"], "--efforts is '1,x'; pass numbers separated by commas"),
        (["--recalls", "high"], "--recalls is 'high'"),
        (["--recalls", "2"], "recall is 2"),
        (["--efforts", "1", "--recalls", ".9"], "pass either efforts or recalls"),
        (["--efforts", "0"], "effort is 0"),
        (["--truth", "truth.npy"], "--truth needs the queries as well"),
        (["--queries", "queries.npy", "--truth", "queries.npy"], "not row numbers"),
        (["--queries", "queries.npy", "--truth", "truth.npy", "-k", "21"], "has the shape (100, 20); 100 queries"),
        (["--queries", "truth.npy"], "20 dims; the index has 24"),
        (["--plot", "plot.pdf"], "its name must end in .svg or .png"),
        (["--seconds", "-1"], "--seconds is -1"),
        (["--threads", "0"], "threads is 0"),
        (["--rows", "3"], "has no option '--rows'"),
    ],
)
def test_what_is_wrong(
    run: Run, folder: Path, arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = run("eval", "lists.near", *arguments)
    assert done.code == 2
    assert sentence in done.err


def test_no_vectors_and_no_truth(run: Run, folder: Path, tmp_path: Path) -> None:
    na.build(BASE, metric="euclidean", kind=na.IVF(lists=40, keep_vectors=False), path=tmp_path / "codes.near")
    done = run("eval", tmp_path / "codes.near", *QUICK)
    assert (done.code, "keeps no vectors" in done.err) == (2, True)
    asked = (tmp_path / "codes.near", "--queries", folder / "queries.npy", "--truth", folder / "truth.npy")
    (point,) = points(run, *asked, "--efforts", "20")
    assert point["recall"] > 0.8
    assert point["recall_by_distance"] is None
