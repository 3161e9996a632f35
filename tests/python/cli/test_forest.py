"""Forests from the command line: building, telling, and how much of one is searched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import nearabout as na

from .conftest import Run, process

BUNDLED = Path(str(na.__file__)).parent / "data" / "glove.6B.50d.5k.bin"


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled words."""
    path: Path = tmp_path_factory.mktemp("forest") / "words.near"
    na.build(BUNDLED, kind="forest", path=path)
    return path


def test_build(run: Run, tmp_path: Path) -> None:
    done = run("build", BUNDLED, "-o", tmp_path / "words.near", "--kind", "forest")
    assert (done.code, done.err) == (0, "")
    assert "forest, cosine, f32, 5,050 rows" in done.out
    na.build(BUNDLED, kind="forest", path=tmp_path / "again.near")
    assert (tmp_path / "words.near").read_bytes() == (tmp_path / "again.near").read_bytes()


def test_build_with_settings(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "words.near"
    options = ["--kind", "forest", "--set", "trees=2", "--set", "leaf_size=20", "--seed", "7"]
    done = run("build", BUNDLED, "-o", target, *options)
    assert (done.code, done.err) == (0, "")
    assert "forest, cosine, f32, 5,050 rows" in done.out
    info = na.open(target).info()
    assert (info["trees"], info["leaf_size"], info["seed"]) == (2, 20, 7)
    again = na.build(BUNDLED, kind=na.Forest(trees=2, leaf_size=20), seed=7, path=tmp_path / "again.near")
    assert target.read_bytes() == (tmp_path / "again.near").read_bytes()
    assert again.kind == "forest"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "trees=0"], "trees is 0; pass a whole number from 1 to 1,000"),
        (["--set", "trees=many"], "'many' is not a whole number"),
        (["--set", "leaf_size=auto"], "leaf_size is 'auto'"),
        (["--set", "lists=3"], "the kind forest has no setting 'lists'; "),
        (["--set", "n_trees=3"], "no setting 'n_trees'; did you mean 'trees'?"),
        (["--set", "trees"], "--set trees"),
        (["--seed", "-1"], "seed is -1"),
        (["--seed", str(2**64)], f"seed is {2**64}"),
        (["--seed", "x"], "--seed is 'x'"),
        (["--metric", "jaccard"], "jaccard"),
    ],
)
def test_build_refuses(run: Run, tmp_path: Path, options: list[str], sentence: str) -> None:
    done = run("build", BUNDLED, "-o", tmp_path / "x.near", "--kind", "forest", *options)
    assert done.code == 2
    assert sentence in done.err
    assert list(tmp_path.iterdir()) == []


def test_info_and_verify(run: Run, forest: Path) -> None:
    told = run("info", forest)
    assert told.code == 0
    assert "forest" in told.out
    assert "rows looked at, measured on 384 of its rows; the table shows the effort for each recall" in told.out
    index = na.open(forest)
    for recall in (0.80, 0.90, 0.95, 0.99):
        efforts = [index._core.base_effort(k, None, recall, False) for k in (1, 10, 100)]
        cells = ["every row" if effort is None else f"{effort:,}" for effort in efforts]
        share = f"{recall:.3f}".removeprefix("0")
        assert re.search(rf"^{re.escape(share)} +{' +'.join(cells)}$", told.out, re.MULTILINE)
    assert json.loads(run("info", forest, "--json").out) == json.loads(json.dumps(na.open(forest).info()))
    assert run("verify", forest).code == 0


@pytest.mark.parametrize("query", [["king"], ["king - man + woman"], ["chinese", "river"]])
def test_all_effort_is_exact(run: Run, forest: Path, query: list[str]) -> None:
    exact = run("search", forest, *query, "-k", 30, "--exact")
    assert exact.code == 0
    assert len(exact.out.splitlines()) == 30
    for effort in (5_050, 100_000, 10**30):
        assert run("search", forest, *query, "-k", 30, "--effort", effort) == exact


def test_effort_is_what_a_search_spends(run: Run, forest: Path) -> None:
    index = na.open(forest)
    for effort in (1, 60, 400):
        done = run("search", forest, "king", "--effort", effort, "--json")
        hits = index.search_by_key("king", 10, effort=effort)
        assert [hit["row"] for hit in json.loads(done.out)["hits"]] == hits.rows.tolist()
    plain = run("search", forest, "king", "--json")
    assert [hit["row"] for hit in json.loads(plain.out)["hits"]] == index.search_by_key("king", 10).rows.tolist()


def test_options_are_checked(run: Run, forest: Path, words: Path) -> None:
    for arguments, sentence in [
        (["--effort", "0"], "--effort is 0; pass the number of lists, rows or nodes to look at, at least 1"),
        (["--effort", "-3"], "--effort is -3"),
        (["--effort", "all"], "--effort is 'all'; pass a whole number"),
        (["--effort"], "--effort needs a value"),
        (["--exact=yes"], "--exact takes no value"),
        (["--effort", "9", "--exact"], "pass either --effort or --exact"),
    ]:
        done = run("search", forest, "king", *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert sentence in done.err
    done = run("search", words, "king", "--effort", "5")
    assert done.code == 2
    assert "--effort is 5" in done.err
    assert "is an exact index, which always compares every row" in done.err


def test_how_many_where_none_is_asked_for(run: Run, forest: Path) -> None:
    """Ten, for words of the command line and for lines of standard input."""
    assert len(run("search", forest, "king").out.splitlines()) == 10
    done = process("search", forest, stdin=b"king\nriver\n")
    assert [len(answer.splitlines()) for answer in done.stdout.decode().strip("\n").split("\n\n")] == [1 + 10, 1 + 10]
    done = process("search", forest, "-k", "3", "--exact", stdin=b"king\n")
    assert done.stdout.decode().splitlines()[1:4] == run("search", forest, "king", "-k", 3, "--exact").out.splitlines()
