"""A kind that only the tests have does all that a kind does. scripts/test-kind runs this; elsewhere it is skipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from nearabout import _core, kinds
from nearabout.cli import main

ROWS, DIMS = 6_000, 8


def _is_linked() -> bool:
    return "prefix" in kinds.KINDS and "prefix" in _core.kinds()


pytestmark = pytest.mark.skipif(not _is_linked(), reason="the kind is not linked into this module: scripts/test-kind")


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    random = np.random.default_rng(0)
    return (random.standard_normal((ROWS, DIMS)) * [4, 1, 1, 1, 1, 1, 1, 1]).astype(np.float32)


def test_prefix_keeps_the_recall_that_is_asked_for(rows: np.ndarray) -> None:
    index = na.build(rows, metric="euclidean", kind="prefix")
    known = index.calibration()
    assert index.kind == "prefix"
    assert index.effort_unit == "rows"
    assert known is not None
    assert known.source == "held_out_rows"
    assert [point.effort for point in known.points] == sorted(point.effort for point in known.points)
    queries = rows[:300] + np.float32(0.05)
    for k in (1, 10, 100):
        for target in (0.8, 0.9, 0.95, 0.99):
            assert index.measure_recall(queries, k, recall=target) >= target - 0.01
    assert np.mean(index.search(queries, recall=0.8).effort) < ROWS  # and not by comparing every row
    assert index.measure_recall(queries, recall=1) == 1.0
    strange = 5 * rows[:300] + np.float32(3)  # unlike the rows: compared with every row, as by any kind
    assert np.mean(index.search(strange, recall=0.8).out_of_distribution) > 0.9
    assert index.measure_recall(strange, recall=0.8) > 0.95


def test_prefix_is_saved_opened_explained_and_planned(rows: np.ndarray, tmp_path: Path) -> None:
    index = na.build(rows, keys=np.arange(ROWS) * 2, metric="euclidean", kind="prefix", path=tmp_path / "a.near")
    again = na.open(tmp_path / "a.near")
    again.verify()
    assert again.search(rows[5]).keys.tolist() == index.search(rows[5]).keys.tolist()
    found = again.explain(rows[5], 10, effort=1)
    assert found.is_true_neighbour == (found.rank <= 10)
    assert "row" in found.why
    expected = na.plan(ROWS, DIMS, metric="euclidean", kind="prefix")
    assert 0.5 < expected.file_bytes / (tmp_path / "a.near").stat().st_size < 2
    assert expected.build_seconds > 0
    assert na.build(rows, metric="euclidean").kind != "prefix"  # auto does not choose it


def test_prefix_prints_its_info(rows: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "a.near")
    na.build(rows, metric="euclidean", kind="prefix", path=path)
    assert main(["info", path]) == 0
    out = capsys.readouterr().out
    assert "prefix" in out
    assert "rows looked at, measured on 384 of its rows" in out


def test_prefix_takes_no_parameters(rows: np.ndarray) -> None:
    with pytest.raises(na.InvalidInputError, match="has no setting"):
        kinds.kind_from_settings("prefix", {"lists": "4"})
