"""Recall as an option: of a search, and of a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

from .conftest import Run

KINDS: dict[str, na.Exact | na.Forest | na.IVF] = {
    "lists": na.IVF(lists=40),
    "forest": na.Forest(),
    "no vectors": na.IVF(lists=40, keep_vectors=False),
    "exact": na.Exact(),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("recall") / "rows.npy"
    # Too few dimensions for a screen: comparing every row is not cheaper than most efforts.
    np.save(path, np.random.default_rng(1).normal(size=(6_000, 12)).astype(np.float32))
    return path


def hits(run: Run, *arguments: Any) -> list[tuple[int, Any]]:
    done = run("search", *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    return [(hit["row"], pytest.approx(hit["distance"])) for hit in json.loads(done.out)["hits"]]


@pytest.mark.parametrize("name", KINDS)
def test_a_search_aims_at_a_recall(run: Run, rows: Path, tmp_path: Path, name: str) -> None:
    na.build(rows, kind=KINDS[name], path=tmp_path / "a.near")
    index = na.open(tmp_path / "a.near")
    answers = []
    for recall in (0.3, 0.9, 1):
        expected = index.search_by_key(21, 20, recall=recall)
        found = hits(run, tmp_path / "a.near", "21", "-k", 20, "--recall", recall)
        assert found == list(zip(expected.rows.tolist(), expected.distances.tolist(), strict=True))
        answers.append([row for row, _ in found])
    assert (answers[0] == answers[2]) == (name == "exact")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recall", "2"], "--recall is 2; pass a number above 0 and up to 1"),
        (["--recall", "0"], "--recall is 0;"),
        (["--recall", "nan"], "--recall is nan;"),
        (["--recall", "high"], "--recall is 'high'; pass a number"),
        (["--recall", ".9", "--effort", "3"], "pass either --recall or --effort"),
        (["--recall", ".9", "--exact"], "pass either --recall or --exact"),
    ],
)
def test_searches_that_are_wrong(run: Run, rows: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    na.build(rows, kind=KINDS["lists"], path=tmp_path / "a.near")
    done = run("search", tmp_path / "a.near", "17", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_a_build_with_a_recall_and_without_calibration(run: Run, rows: Path, tmp_path: Path) -> None:
    for options, same in (
        (["--recall", "0.8"], {"recall": 0.8}),
        (["--no-calibrate"], {"calibrate": False}),
        (["--kind", "forest", "--recall", ".5"], {"kind": "forest", "recall": 0.5}),
    ):
        given = options if "--kind" in options else ["--kind", "ivf", *options]
        assert run("build", rows, "-o", tmp_path / "one.near", *given).code == 0
        na.build(rows, path=tmp_path / "two.near", **{"kind": "ivf", **same})  # type: ignore[arg-type]
        assert (tmp_path / "one.near").read_bytes() == (tmp_path / "two.near").read_bytes()
    assert run("build", rows, "-o", tmp_path / "all.near", "--recall", "1").code == 0
    assert na.open(tmp_path / "all.near").kind == "exact"


def test_without_calibration_no_recall_can_be_asked_for(run: Run, rows: Path, tmp_path: Path) -> None:
    na.build(rows, kind=KINDS["lists"], calibrate=False, path=tmp_path / "a.near")
    done = run("search", tmp_path / "a.near", "17", "--recall", "0.9")
    assert (done.code, "this index is not calibrated" in done.err) == (2, True)
    assert run("search", tmp_path / "a.near", "17", "--effort", "3").code == 0


@pytest.mark.parametrize(("recall", "sentence"), [("1.5", "recall is 1.5"), ("high", "--recall is 'high'")])
def test_builds_that_are_wrong(run: Run, rows: Path, tmp_path: Path, recall: str, sentence: str) -> None:
    done = run("build", rows, "-o", tmp_path / "x.near", "--recall", recall)
    assert (done.code, sentence in done.err, list(tmp_path.iterdir())) == (2, True, [])
