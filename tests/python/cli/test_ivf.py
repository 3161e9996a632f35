"""Lists of codes from the command line: building, telling, and how much of them is searched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import nearabout as na

from .conftest import Run


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("lists") / "rows.npy"
    np.save(path, np.random.default_rng(1).normal(size=(3_000, 64)).astype(np.float32))
    return path


@pytest.fixture(scope="module")
def lists(rows: Path) -> Path:
    path = rows.with_suffix(".near")
    na.build(rows, kind=na.IVF(lists=40, codes=16), path=path)
    return path


def test_build(run: Run, rows: Path, tmp_path: Path) -> None:
    done = run("build", rows, "-o", tmp_path / "one.near", "--kind", "ivf", "--set", "lists=90", "--set", "codes=8")
    assert (done.code, done.err) == (0, "")
    assert "ivf, cosine, f32, 3,000 rows" in done.out
    na.build(rows, kind=na.IVF(lists=90, codes=8), path=tmp_path / "two.near")
    assert (tmp_path / "one.near").read_bytes() == (tmp_path / "two.near").read_bytes()
    info = na.open(tmp_path / "one.near").info()
    assert (info["lists"], info["code_bytes"]) == (90, 8)
    assert run("build", rows, "-o", tmp_path / "auto.near", "--kind", "ivf", "--set", "codes=auto").code == 0
    na.build(rows, kind="ivf", path=tmp_path / "two.near")
    assert (tmp_path / "auto.near").read_bytes() == (tmp_path / "two.near").read_bytes()


def test_byte_rows(run: Run, rows: Path, tmp_path: Path) -> None:
    for kind in ("exact", "forest", "ivf"):
        path = tmp_path / f"{kind}.near"
        done = run("build", rows, "-o", path, "--kind", kind, "--set", "byte_rows=true")
        assert (done.code, done.err) == (0, "")
        assert re.search(r"byte rows +204\.5 KB, so that few vectors are read", run("info", path).out)
        assert run("verify", path).code == 0
        with_them, without = (
            json.loads(run("plan", "3000", "64", "--kind", kind, *more, "--json").out)["file_bytes"]
            for more in (["--set", "byte_rows=true"], [])
        )
        assert 0.9 * 204_100 < with_them - without < 1.1 * 204_100
    for setting in ([], ["--set", "byte_rows=auto"], ["--set", "byte_rows=false"]):
        path = tmp_path / "without.near"
        run("build", rows, "-o", path, "--kind", "ivf", *setting)
        assert "byte rows" not in run("info", path).out


def test_a_plan_of_byte_rows(run: Run) -> None:
    large = ("plan", "100000", "3072", "--kind", "ivf", "--recall", "0.99", "--family")
    assert re.search(r"byte rows +on: about 307\.6 MB of the file", run(*large, "amx").out)
    assert re.search(r"byte rows +off; they would add about 307\.6 MB", run(*large, "generic").out)
    planned = json.loads(run(*large, "amx", "--json").out)
    assert (planned["byte_rows"], planned["byte_rows_bytes"] > 307_000_000) == (True, True)
    assert "byte rows" not in run("plan", "1000", "20", "--dtype", "u8").out


def test_build_measures_with_queries(run: Run, rows: Path, tmp_path: Path) -> None:
    queries = np.random.default_rng(2).normal(size=(50, 64)).astype(np.float32)
    np.save(tmp_path / "queries.npy", queries)
    options = ["--kind", "ivf", "--queries", tmp_path / "queries.npy"]
    assert run("build", rows, "-o", tmp_path / "one.near", *options).code == 0
    na.build(rows, kind="ivf", queries=queries, path=tmp_path / "two.near")
    assert (tmp_path / "one.near").read_bytes() == (tmp_path / "two.near").read_bytes()
    done = run("build", rows, "-o", tmp_path / "no.near", "--kind", "exact", "--queries", tmp_path / "queries.npy")
    assert (done.code, "an exact index is not calibrated" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "lists=0"], "lists is 0; pass a whole number from 1 to 1,000,000"),
        (["--set", "lists=many"], "'many' is not a whole number"),
        (["--set", "codes=513"], "codes is 513; pass a whole number from 1 to 512"),
        (["--set", "refine=no"], "--set refine=no: 'no' is neither true nor false"),
        (["--set", "keep_vectors=1"], "'1' is neither true nor false"),
        (["--set", "byte_rows=on"], "--set byte_rows=on: 'on' is none of auto, true and false"),
        (["--set", "trees=3"], "the kind ivf has no setting 'trees'; "),
        (["--set", "nlist=3"], "no setting 'nlist'; did you mean 'lists'?"),
        (["--metric", "manhattan"], "manhattan"),
    ],
)
def test_build_refuses(run: Run, rows: Path, tmp_path: Path, options: list[str], sentence: str) -> None:
    done = run("build", rows, "-o", tmp_path / "x.near", "--kind", "ivf", *options)
    assert done.code == 2
    assert sentence in done.err
    assert list(tmp_path.iterdir()) == []


def test_names_of_others(run: Run, rows: Path, tmp_path: Path) -> None:
    done = run("build", rows, "-o", tmp_path / "x.near", "--kind", "ivfpq")
    assert done.code == 2
    assert "there is no kind 'ivfpq'; did you mean 'ivf'?" in done.err


def shown_efforts(told: str) -> dict[float, list[str]]:
    """The table of efforts: for each recall, those of 1, 10 and 100 neighbours."""
    lines = told.split("\n\n")[1].splitlines()
    assert re.split(r"  +", lines[0].strip()) == ["recall", "1 nearest", "10 nearest", "100 nearest"]
    cells = [re.split(r"  +", line.strip()) for line in lines[1:]]
    return {float(recall): efforts for recall, *efforts in cells}


def efforts_of(index: na.Index) -> dict[float, list[str]]:
    """The same, by what searches spend."""
    spent = {
        recall: [index._core.base_effort(k, None, recall, False) for k in (1, 10, 100)]
        for recall in (0.80, 0.90, 0.95, 0.99)
    }
    return {
        recall: ["every row" if effort is None else f"{effort:,}" for effort in efforts]
        for recall, efforts in spent.items()
    }


def test_info_tells_what_was_measured(run: Run, lists: Path) -> None:
    told = run("info", lists)
    assert (told.code, told.err) == (0, "")
    fields = dict(re.findall(r"^(\w+(?: \w+)?) {2,}(.*)$", told.out.split("\n\n")[0], re.MULTILINE))
    assert fields["kind"] == "ivf"
    assert fields["lists"] == "40; seed 0"
    assert fields["codes"] == "64 directions x 2 bits = 16 bytes per row"
    assert fields["effort"] == "lists probed, measured on 384 of its rows; the table shows the effort for each recall"
    assert shown_efforts(told.out) == efforts_of(na.open(lists))
    assert "recall 0" not in told.out
    assert run("verify", lists).code == 0


def test_info_tells_of_given_queries(run: Run, tmp_path: Path) -> None:
    """Lists that keep no vectors have nothing beyond all lists; what was given is told as such."""
    random = np.random.default_rng(3)
    rows, queries = random.normal(size=(3_000, 64)), random.normal(size=(70, 64))
    small = na.IVF(lists=40, codes=16, refine=False, keep_vectors=False)
    na.build(rows, kind=small, queries=queries, path=tmp_path / "codes.near")
    told = run("info", tmp_path / "codes.near")
    assert (told.code, "lists probed, measured on 70 sample queries" in told.out) == (0, True)
    assert shown_efforts(told.out)[0.99] == ["all lists"] * 3


def test_info_as_json(run: Run, lists: Path) -> None:
    assert json.loads(run("info", lists, "--json").out) == json.loads(json.dumps(na.open(lists).info()))


def test_info_of_what_was_not_measured(run: Run, tmp_path: Path) -> None:
    na.build(np.empty((0, 3), np.float32), kind="ivf", path=tmp_path / "none.near")
    told = run("info", tmp_path / "none.near")
    assert told.code == 0
    assert re.search(r"^effort +not measured$", told.out, re.MULTILINE)
    same = np.ones((2_000, 3), np.float32)  # no row has a neighbour other than its copies
    for kind, calibrate in (("ivf", True), ("forest", True), ("ivf", False)):
        na.build(same, kind=kind, calibrate=calibrate, path=tmp_path / "same.near")
        told = run("info", tmp_path / "same.near")
        assert (told.code, told.err) == (0, "")
        assert re.search(r"^effort +not measured$", told.out, re.MULTILINE)
        assert "recall  1 nearest" not in told.out


SMALL = ["--set", "refine=false", "--set", "keep_vectors=false"]


def test_codes_in_place_of_vectors(run: Run, rows: Path, tmp_path: Path) -> None:
    """Built, told in plain words, and refused where vectors are needed."""
    told = {}
    for name, options in (("bytes", SMALL[2:]), ("both", SMALL[:2]), ("codes", SMALL)):
        path = tmp_path / f"{name}.near"
        assert run("build", rows, "-o", path, "--kind", "ivf", *options).code == 0
        done = run("info", path)
        assert (done.code, done.err) == (0, "")
        fields = done.out.split("\n\n")[0]  # sections follow
        told[name] = dict(re.findall(r"^(\w+(?: \w+)?) {2,}(.*)$", fields, re.MULTILINE))
        recall = na.open(path).info()["expected_recall"]
        assert told[name]["expect"] == f"recall {recall:.3f} of the 10 nearest by default".replace(" 0.", " .")
        assert not {"refine", "keep vectors"} & set(told[name])
        assert run("verify", path).code == 0
    assert told["bytes"]["results"].startswith("from 8-bit codes")
    assert told["codes"]["results"] == "from small codes alone: distances are estimates"
    assert told["both"]["results"].endswith("; --exact compares the vectors")
    assert run("search", tmp_path / "bytes.near", "17").code == 0
    assert run("search", tmp_path / "both.near", "17", "--exact").code == 0
    for options in (["17"], ["17", "--exact"], ["17 + 18"]):
        done = run("search", tmp_path / "codes.near", *options)
        assert (done.code, done.out) == (2, "")
        assert "this index keeps no vectors" in done.err
    assert "this index keeps no vectors" in run("search", tmp_path / "bytes.near", "17", "--exact").err


def test_converting_what_bytes_stand_for(run: Run, rows: Path, tmp_path: Path) -> None:
    na.build(rows, metric="euclidean", kind=na.IVF(keep_vectors=False), path=tmp_path / "bytes.near")
    done = run("convert", tmp_path / "bytes.near", tmp_path / "again.npy")
    assert (done.code, done.err) == (0, "")
    assert "the index keeps 8-bit codes" in done.out
    np.testing.assert_allclose(np.load(tmp_path / "again.npy"), np.load(rows), atol=0.03)
    na.build(rows, kind=na.IVF(refine=False, keep_vectors=False), path=tmp_path / "codes.near")
    done = run("convert", tmp_path / "codes.near", tmp_path / "more.npy")
    assert done.code == 2
    assert "this index keeps no vectors" in done.err


def test_all_effort_is_exact(run: Run, lists: Path) -> None:
    exact = run("search", lists, "17", "-k", 30, "--exact")
    assert (exact.code, len(exact.out.splitlines())) == (0, 30)
    for effort in (40, 100_000, 10**30):
        assert run("search", lists, "17", "-k", 30, "--effort", effort) == exact


def test_effort_is_how_many_lists_are_looked_into(run: Run, lists: Path) -> None:
    index = na.open(lists)
    found = []
    for effort in (1, 5, 20):
        done = run("search", lists, "17", "--effort", effort, "--json")
        found.append([hit["row"] for hit in json.loads(done.out)["hits"]])
        assert found[-1] == index.search_by_key(17, 10, effort=effort).rows.tolist()
    assert found[0] != found[2]
    plain = run("search", lists, "17", "--json")
    assert [hit["row"] for hit in json.loads(plain.out)["hits"]] == index.search_by_key(17, 10).rows.tolist()


def test_tune(run: Run, rows: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.near"
    na.build(rows, kind="ivf", path=path)
    done = run("tune", path, "-o", tmp_path / "new.near", "--workload", "batch", "--family", "amx")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"was .*2 bits|was .*tuned for generic, both", done.out)
    assert "tuned for amx, batch" in done.out
    na.build(rows, kind="ivf", workload="batch", family="amx", path=tmp_path / "same.near")
    assert (
        na.open(tmp_path / "new.near").info()["code_bits"] == na.open(tmp_path / "same.near").info()["code_bits"] == 8
    )
    assert "tuned for" in run("info", tmp_path / "new.near").out
    assert run("tune", path).code == 0  # in its place
    assert run("tune", path, "-o", "x.txt").code == 2
    done = run("tune", path, "--workload", "bulk")
    assert (done.code, "workload is 'bulk'" in done.err) == (2, True)
