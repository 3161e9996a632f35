"""The options of readers in the shell: all of them, in every command that reads a file, and in its errors."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout._arrays.build_input import reading_names as names_of_build
from nearabout.cli.reading import in_shell, reading_names, taken
from nearabout.errors import InvalidInputError
from nearabout.formats import write
from nearabout.formats._options import ReadOptions

from .conftest import WITHOUT_RACES, Run, process


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text("place;lat;lon\nOslo;59.9;10.8\nRoma;41.9;12.5\nLima;-12.0;-77.0\n")
    return path


def test_every_option_of_a_reader_is_there() -> None:
    names = {"format", "member", *(one.name for one in fields(ReadOptions))}
    assert {name.replace("-", "_") for name in reading_names()} == names
    assert {*names_of_build(), "invalid"} == names | {"invalid"}
    for command in ("build", "convert", "bench", "eval"):
        module = __import__(f"nearabout.cli.{command}", fromlist=["USAGE"])
        for name in names:
            option = f"--{name.replace('_', '-')} "
            assert option in module.USAGE, (command, option)
            assert option.strip("- ") in module._OPTIONS.names


def test_build_and_convert_read_as_they_are_told(run: Run, table: Path, tmp_path: Path) -> None:
    options = ("--delimiter", ";", "--key-column", "place", "--header", "yes", "--format", "delimited")
    out = tmp_path / "places.near"
    assert run("build", table, "-o", out, "--metric", "haversine", *options).code == 0
    index = na.open(out)
    assert list(index) == ["Oslo", "Roma", "Lima"]
    assert index.dims == 2
    assert run("convert", table, tmp_path / "x.vec", *options).code == 0
    assert list(na.read(tmp_path / "x.vec").keys or ()) == ["Oslo", "Roma", "Lima"]
    tabs = tmp_path / "tabs.csv"
    tabs.write_text("1\t2\t5\n3\t4\t6\n")
    assert run("build", tabs, "-o", out, "--delimiter", "tab", "--key-column", "none").code == 0
    assert na.open(out).vectors().tolist() == [[1, 2, 5], [3, 4, 6]]
    assert run("build", tabs, "-o", out, "--delimiter", "tab", "--key-column", "1").code == 0
    assert list(na.open(out)) == [2, 4]
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    done = run("convert", tmp_path / "x.npy", tmp_path / "x.csv", "--dims", "3")
    assert done.code == 2
    assert "--dims 3 has no effect on the format npy" in done.err


def test_members_and_arrays(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.txt", "north 0 1\n")
        archive.writestr("b.txt", "east 1 0\n")
    out = tmp_path / "x.near"
    assert run("build", tmp_path / "two.zip", "-o", out, "--member", "b.txt").code == 0
    assert list(na.open(out)) == ["east"]
    done = run("build", tmp_path / "two.zip", "-o", out)
    assert done.code == 2
    assert "or --member" in done.err
    np.savez(tmp_path / "two.npz", a=np.ones((2, 3)), b=np.ones((4, 2)))
    assert run("build", tmp_path / "two.npz", "-o", out, "--dataset", "b").code == 0
    assert len(na.open(out)) == 4


@pytest.mark.usefixtures("without_races")
def test_eval_and_bench_read_as_they_are_told(run: Run, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    asked = tmp_path / "asked.csv"
    asked.write_text("\n".join(";".join(map(str, row)) for row in vectors[:5].tolist()))
    na.build(vectors, path=tmp_path / "x.near")
    done = run("eval", tmp_path / "x.near", "--queries", asked, "--delimiter", ";", "--seconds", "0", "-k", "3")
    assert done.code == 0
    assert "5 queries" in done.out
    done = run("eval", tmp_path / "x.near", "--delimiter", ";")
    assert (done.code, done.err) == (
        2,
        "nearabout: error: --delimiter is an option for reading --queries, which is not given; leave it out\n",
    )
    base = tmp_path / "base.csv"
    base.write_text("\n".join(";".join(map(str, row)) for row in vectors.tolist()))
    options = ("--delimiter", ";", "--peers", "none", "--seconds", "0", "-k", "3")
    done = run("bench", base, asked, *options)
    assert done.code == 0, done.err
    assert "60 vectors of 4 dims" in done.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--key-column", "town"], "--key-column town: no column has that name; the columns are place, lat, lon"),
        (["--key-column", "9"], "--key-column 9: give 0 to 2"),
        (["--dataset", "x"], "--dataset x has no effect on the format delimited; its options are: --"),
        (["--header", "perhaps"], "--header is 'perhaps'; pass yes or no"),
        (["--format", "cvs"], "--format cvs is not known"),
        (["--errors", "never"], "--errors never: pass strict, replace or ignore"),
        (["--dims", "few"], "--dims is 'few'; pass a whole number"),
        (["--member", "x"], "--member x has no effect: the file is not a .zip; leave --member out"),
    ],
)
def test_errors_name_options_of_the_shell(options: list[str], sentence: str, run: Run, table: Path) -> None:
    done = run("build", table, "-o", table.with_suffix(".near"), *options)
    assert done.code == 2
    assert sentence in done.err
    assert "=" not in done.err


@pytest.mark.filterwarnings("default")
def test_warnings_name_options_of_the_shell(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "repeated.csv"
    path.write_text("word,x,y\na,1,2\nb,3,4\na,5,6\n")
    done = run("build", path, "-o", tmp_path / "repeated.near")
    assert done.code == 0
    assert "nearabout: warning: " in done.err
    assert "name another column with --key-column, or pass --key-column none to keep every row" in done.err


def test_words_of_the_shell() -> None:
    names = reading_names()
    told = "give key_column=False, header=True, vector_column='a b', dims=3 or format= (a.format=x, my-dims=4)"
    assert in_shell(told, names) == (
        "give --key-column none, --header yes, --vector-column 'a b', --dims 3 or --format (a.format=x, my-dims=4)"
    )
    assert in_shell("invalid=\"skip\" and vector_columns=['lat', 'lon']", ["invalid", "vector-columns"]) == (
        "--invalid skip and --vector-columns lat,lon"
    )
    given = {"header": "no", "key-column": "none", "delimiter": "\\t", "dims": 3, "other": "x"}
    assert taken(given) == {"header": False, "key_column": False, "delimiter": "\t", "dims": 3}
    assert given == {"other": "x"}
    with pytest.raises(InvalidInputError, match="pass yes or no"):
        taken({"header": "True"})


# --- The same in Python. ---


@pytest.mark.parametrize("memory", [None, "64MB"])
def test_build_passes_options_on(memory: str | None, table: Path, tmp_path: Path) -> None:
    index = na.build(
        table,
        metric="haversine",
        path=tmp_path / "x.near",
        memory=memory,
        delimiter=";",
        key_column="place",
        header=True,
    )
    assert list(index) == ["Oslo", "Roma", "Lima"]
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    assert len(na.build(tmp_path / "x.npy", path=tmp_path / "y.near", memory=memory, format="npy")) == 3
    with pytest.raises(na.InvalidInputError, match="header=True has no effect on the format npy"):
        na.build(tmp_path / "x.npy", path=tmp_path / "y.near", memory=memory, header=True)


def test_options_that_are_none() -> None:
    with pytest.raises(TypeError, match=r"build\(\) has no argument 'metrics'; did you mean 'metric'"):
        na.build(np.ones((2, 2)), metrics="cosine")
    with pytest.raises(TypeError, match="has no argument 'key_colum'; did you mean 'key_column'"):
        na.build("x.csv", key_colum=1)
    with pytest.raises(
        na.InvalidInputError, match="header= is an option for reading files, but data is an? ndarray, not a path"
    ):
        na.build(np.ones((2, 2)), header=True)
    with pytest.raises(na.InvalidInputError, match="data is an Embeddings"):
        na.build(na.Embeddings(np.ones((2, 2))), header=True)


# --- A search to try. ---


@pytest.mark.parametrize(
    ("key", "name", "line"),
    [
        ("king", "my words.near", "nearabout search 'my words.near' king"),
        ("it's $HOME", "w.near", "nearabout search w.near 'it'\"'\"'s $HOME'"),
        ("-lrb-", "w.near", "nearabout search w.near -- -lrb-"),
        ("king", "-w.near", "nearabout search -- -w.near king"),
        (" \nking", "w.near", "nearabout search w.near other"),
        ("", "w.near", "nearabout search w.near other"),
    ],
)
def test_what_to_try_can_be_pasted(
    key: str, name: str, line: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write("in.parquet", np.eye(2, dtype=np.float32), [key, "other"]) if "\n" in key else None
    source = "in.parquet" if "\n" in key else "in.jsonl"
    if source == "in.jsonl":
        write(source, np.eye(2, dtype=np.float32), [key, "other"])
    done = run("build", "--output", name, source) if not name.startswith("-") else run("build", source, f"-o={name}")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == f"try    {line}"
    import shlex

    assert run(*shlex.split(line)[1:]).code == 0


@pytest.mark.parametrize(
    ("keys", "words"), [([7, 9], ["7"]), ([-5, 9], ["--", "-5"]), (None, ["0"]), (["\t", "b"], ["b"]), (["\t"], None)]
)
@pytest.mark.parametrize("metric", ["euclidean", "haversine", "hamming"])
def test_what_to_try_where_keys_are_numbers(
    keys: Any, words: list[str] | None, metric: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vectors = np.eye(2, dtype=np.uint8 if metric == "hamming" else np.float32)[: None if keys is None else len(keys)]
    write("in.parquet", vectors, keys)
    options = ("--dtype", "bits") if metric == "hamming" else ()
    done = run("build", "in.parquet", "-o", "w.near", "--metric", metric, *options)
    assert done.code == 0, done.err
    if words is None:
        assert "try" not in done.out
        return
    assert done.out.splitlines()[-1] == f"try    nearabout search w.near {' '.join(words)}"
    assert run("search", "w.near", *words).code == 0


def test_no_search_is_told_where_none_by_key_is_possible(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", np.random.default_rng(0).normal(size=(600, 4)).astype(np.float32))
    for settings, tried in ((["refine=false"], True), (["refine=false", "keep_vectors=false"], False)):
        options = [option for setting in settings for option in ("--set", setting)]
        done = run("build", tmp_path / "in.npy", "-o", tmp_path / "w.near", "--kind", "ivf", *options)
        assert done.code == 0, done.err
        assert done.out.splitlines()[-1].startswith("try ") == tried
        assert run("search", tmp_path / "w.near", "0").code == (0 if tried else 2)


def test_other_commands_that_are_told_can_be_pasted(run: Run, tmp_path: Path) -> None:
    index = tmp_path / "my words.near"
    done = run("demo", "-o", index)
    assert f"nearabout info '{index}'" in done.out
    assert f"nearabout search '{index}' paris - france + italy" in done.out
    assert f"nearabout convert '{index}' '{index.with_suffix('.vec')}'" in run("build", index, "-o", "x.near").err
    source = tmp_path / "my words.txt"
    source.write_text("north 0 1\n")
    assert f"nearabout build '{source}' -o '{index}'" in run("convert", source, index).err


def test_standard_input_is_called_so(tmp_path: Path) -> None:
    lines = b"north 0 1\neast 1 0\nwest -1 0\n"
    built = process("build", "-", "-o", tmp_path / "x.near", stdin=lines)
    assert built.stdout.startswith(b"read   standard input: glove, 3 vectors of 2 dims")
    raced = process(
        "bench", "-", "--peers", "none", "--seconds", "0", "-k", "1", "--queries", "1", stdin=lines, code=WITHOUT_RACES
    )
    assert raced.stdout.startswith(b"read   standard input: 3 vectors of 2 dims"), raced.stderr
    done = process("convert", "-", "-", "--keys", "x.lmdb", stdin=lines)
    assert b"(.annoy, .ann), and standard input is not one" in done.stderr


def test_standard_input_needs_a_name_for_the_index(run: Run) -> None:
    done = run("build", "-")
    assert done.code == 2
    assert "pass one with -o" in done.err
