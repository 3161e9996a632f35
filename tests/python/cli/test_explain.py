"""Why a key is found, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

from .conftest import Run


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("explain") / "lists.near"
    vectors = np.random.default_rng(1).normal(size=(3_000, 24)).astype(np.float32)
    na.build(vectors, keys=[f"w{row}" for row in range(3_000)], kind=na.IVF(lists=64), path=path)
    return path


def test_a_word(run: Run, words: Path) -> None:
    done = run("explain", words, "--query", "king - man + woman", "--key", "queen", "-k", 1)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["key", "rank", "distance", "found"]
    assert lines[1].split(None, 1)[1] == "1 of 8"
    assert lines[3].split(None, 1)[1] == "yes (every row was compared)"
    assert lines[4] == "It is the nearest, and the exact scan found it."
    told = json.loads(run("explain", words, "--query", "king", "--key", "New York", "-k", "2", "--json").out)
    expected = na.open(words).explain("king", "New York", 2)
    assert (told["query"], told["metric"], told["key"]) == ("king", "cosine", "New York")
    assert {name: told[name] for name in vars(expected)} == vars(expected)


def test_the_exit_code_says_that_a_neighbour_is_missed(run: Run, lists: Path) -> None:
    index = na.open(lists)
    true = index.search_by_key("w17", 10, exact=True).keys.tolist()
    seen = index.search_by_key("w17", 10, effort=2).keys.tolist()
    missed = next(key for key in true if key not in seen)
    found = next(key for key in true if key in seen)
    done = run("explain", lists, "--query", "w17", "--key", found, "--key", missed, "--effort", 2)
    assert done.code == 1
    assert [block.splitlines()[0].split()[1] for block in done.out.split("\n\n")] == [found, missed]
    assert "missed it" in done.out
    assert run("explain", lists, "--query", "w17", "--key", found, "--effort", 2).code == 0
    assert run("explain", lists, "--query", "w17", "--key", missed, "--recall", "1").code == 0
    assert run("explain", lists, "--query", "w17", "--key", missed, "--effort", 2, "--json").code == 1
    far = index.search_by_key("w17", 2999, exact=True).keys[-1]
    assert run("explain", lists, "--query", "w17", "--key", far).code == 0


def test_a_vector_in_a_file(run: Run, lists: Path, tmp_path: Path) -> None:
    vector = np.random.default_rng(2).normal(size=24)
    expected = na.open(lists).explain(vector, "w5")
    for array in (vector, vector[None, :]):
        np.save(tmp_path / "query.npy", array)
        done = run("explain", lists, "--query", tmp_path / "query.npy", "--key", "w5", "--json")
        assert (done.code, json.loads(done.out)["rank"]) == (0, expected.rank)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--key", "w1"], "needs --query"),
        (["--query", "w1"], "needs --key"),
        (["--query", "w1", "--key", "nobody"], "no key 'nobody' among the 3,000 of this index"),
        (["--query", "nobody", "--key", "w1"], "no key 'nobody'"),
        (["--query", "w1", "--key", "w1"], "is the query itself"),
        (["--query", "w1", "--key", "w2", "--recall", "much"], "--recall is 'much'; pass a number"),
        (
            ["--query", "w1", "--key", "w2", "--recall", "0.9", "--effort", "3"],
            "pass either recall= or effort=, not both",
        ),
        (["--query", "w1", "--key", "w2", "-k", "0"], "k is 0"),
        (["--query", "missing.npy", "--key", "w2"], "missing.npy: No such file"),
    ],
)
def test_what_is_wrong(run: Run, lists: Path, arguments: list[Any], sentence: str) -> None:
    done = run("explain", lists, *arguments)
    assert done.code == 2
    assert sentence in done.err


def test_files_that_hold_no_vector(run: Run, lists: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.ones((2, 24)))
    (tmp_path / "text.npy").write_text("no numbers")
    for name, sentence in (
        ("two.npy", "of the shape (2, 24); pass one vector"),
        ("text.npy", "is not a .npy file"),
    ):
        done = run("explain", lists, "--query", tmp_path / name, "--key", "w2")
        assert (done.code, sentence in done.err) == (2, True)


def test_words_without_options_are_told_where_they_go(run: Run, words: Path) -> None:
    done = run("explain", words, "king", "queen")
    assert done.code == 2
    assert "Pass the query with --query and the key with --key" in done.err


def test_dot_says_what_its_distances_are(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dot.near"
    na.build(np.eye(3, dtype=np.float32) + 1, keys=["a", "b", "c"], metric="dot", path=path)
    told = run("explain", path, "--query", "a", "--key", "b").out
    assert told.splitlines()[-1] == "Under dot, a distance is a negative inner product."
    assert "inner product" not in run("explain", path, "--query", "a", "--key", "b", "--json").out
