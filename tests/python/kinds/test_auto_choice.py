"""What kind="auto" becomes: by rows, dims and metric, whatever way the vectors come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.cli import main
from nearabout.kinds.auto import choose_kind
from nearabout.kinds.exact import most_exact_rows
from nearabout.kinds.tuning import Tuning

DIMS = 24
BORDER = most_exact_rows(DIMS)
# On noise of so many dims lists would not be faster; these rows have fewer.
MANY = np.random.default_rng(0).normal(size=(BORDER + 1, 6)).astype(np.float32)
MANY = (MANY @ np.random.default_rng(1).normal(size=(6, DIMS)) + 0.01).astype(np.float32)
FEW = MANY[:BORDER]


def test_both_sides_of_the_border() -> None:
    for metric in ("cosine", "euclidean", "sqeuclidean", "dot"):
        few, many = na.build(FEW, metric=metric), na.build(MANY, metric=metric)
        assert (few.kind, many.kind) == ("exact", "ivf")
        assert (
            few.search(MANY[:3], 5).rows.tolist()
            == na.build(FEW, metric=metric, kind="exact").search(MANY[:3], 5).rows.tolist()
        )


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "u8", "i8"])
def test_the_type_does_not_count(dtype: str) -> None:
    for dims in (4, 16, 100, 784, 65_535):
        border = most_exact_rows(dims)
        assert border * (dims + 500) <= 10_000_000 < (border + 1) * (dims + 500)
        assert choose_kind(border, dims, "cosine", dtype) == na.Exact()
        assert choose_kind(border + 1, dims, "cosine", dtype) == na.IVF()
    assert choose_kind(0, 10, "cosine", dtype) == na.Exact()


@pytest.mark.parametrize("metric", ["manhattan", "hamming", "jaccard"])
def test_what_lists_do_not_serve_stays_exact(metric: str) -> None:
    data = MANY > 0 if metric in ("hamming", "jaccard") else MANY
    assert na.build(data, metric=metric).kind == "exact"
    assert choose_kind(10**9, DIMS, metric, "bits" if data.dtype == bool else "f32") == na.Exact()


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine", "haversine"])
def test_few_dimensions_get_a_tree_where_a_scan_takes_long(metric: str) -> None:
    assert choose_kind(most_exact_rows(2), 2, metric, "f32") == na.Exact()
    assert choose_kind(most_exact_rows(2) + 1, 2, metric, "f32") == na.KDTree()
    assert choose_kind(10**6, 2, metric, "f32", recall=1) == na.Exact()
    assert choose_kind(10**6, 4, "euclidean", "f32").name == "ivf"
    rows = np.random.default_rng(1).uniform(1, 80, (20_000, 2))
    assert na.build(rows, metric=metric).kind == "kdtree"


def test_many_rows_get_a_graph_if_they_are_asked_for_one_by_one() -> None:
    def chosen(rows: int, workload: str, recall: float = 0.95, memory: int = 0) -> str:
        return choose_kind(rows, 128, "euclidean", "u8", recall, Tuning(workload), memory).name

    assert chosen(400_000, "single") == "ivf"
    assert [chosen(1_000_000, workload) for workload in ("single", "both", "batch")] == ["graph", "ivf", "ivf"]
    assert [chosen(1_600_000, workload) for workload in ("single", "both", "batch")] == ["graph", "graph", "ivf"]
    assert chosen(5_000_000, "batch") == "graph"
    assert chosen(1_600_000, "single", recall=1) == "exact"
    assert chosen(1_600_000, "single", memory=10**9) == "ivf", "a graph is not built in parts"
    assert na.plan(1_600_000, 128, metric="euclidean", dtype="u8", workload="single").kind.name == "graph"


def test_the_file_tells_that_it_was_chosen(tmp_path: Path) -> None:
    for data, kind in ((FEW[:100], "exact"), (MANY, "ivf")):
        na.build(data, path=tmp_path / "a.near")
        told = na.open(tmp_path / "a.near").info()["metadata"]
        assert (told["kind"], told["chosen_by"]) == (kind, "auto")
        assert "chosen_by" not in na.build(data, kind=kind).info()["metadata"]


@pytest.mark.parametrize("memory", [None, "64MB"])
@pytest.mark.parametrize("ending", ["npy", "npy.gz", "fvecs"])
def test_files(ending: str, memory: Any, tmp_path: Path) -> None:
    import gzip

    for data, kind in ((FEW, "exact"), (MANY, "ivf")):
        path = tmp_path / f"a.{ending}"
        if ending == "fvecs":
            lengths = np.full((len(data), 1), DIMS, np.int32)
            path.write_bytes(np.hstack([lengths, data.view(np.int32)]).tobytes())
        else:
            with gzip.open(path, "wb", 1) if ending.endswith("gz") else path.open("wb") as file:
                np.save(file, data)
        assert na.build(path, path=tmp_path / "a.near", memory=memory).kind == kind


def test_a_budget_for_an_array(tmp_path: Path) -> None:
    built = na.build(MANY, path=tmp_path / "a.near", memory="64MB")
    assert built.kind == "ivf"
    na.build(MANY, path=tmp_path / "b.near")
    assert (tmp_path / "a.near").read_bytes() == (tmp_path / "b.near").read_bytes()


def test_rows_that_are_left_out_are_counted() -> None:
    some = MANY.copy()
    some[5] = 0
    index = na.build(some, invalid="skip")
    assert (index.kind, len(index)) == ("ivf", BORDER)


def test_seeds() -> None:
    assert na.build(MANY, seed=7).info()["seed"] == 7
    few = na.build(FEW[:100], seed=7)
    assert few.kind == "exact"
    assert few.search(FEW[3], 1).rows.tolist() == [3]
    with pytest.raises(na.InvalidInputError, match="seed is 7, but the build of this kind uses no random numbers"):
        na.build(FEW[:100], kind="exact", seed=7)
    with pytest.raises(na.InvalidInputError, match="seed is -1; pass a whole number"):
        na.build(FEW[:100], seed=-1)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data, kind in ((FEW, "exact"), (MANY, "ivf")):
        np.save(tmp_path / "a.npy", data)
        assert main(["build", str(tmp_path / "a.npy"), "-o", str(tmp_path / "a.near"), "--seed", "3"]) == 0
        assert f"{kind}, cosine, f32" in capsys.readouterr().out
        assert main(["info", str(tmp_path / "a.near")]) == 0
        told = capsys.readouterr().out
        assert [line.split() for line in told.splitlines() if line.startswith("chosen")] == [["chosen", "by", "auto"]]
    assert main(["build", str(tmp_path / "a.npy"), "--set", "lists=4"]) == 2
    assert "name the kind as well" in capsys.readouterr().err
