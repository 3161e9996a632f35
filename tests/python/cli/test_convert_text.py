"""`nearabout convert` to CSV, JSON lines and standard output, and the writers under it."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nearabout as na
from nearabout.formats import write, writer_names, written_suffixes

from .conftest import Run, process

VECTORS = np.array([[0.1, 3], [1e-45, -3.4e38], [1e16, -0.0]], np.float32)
ODD = ["king", 'a "quote"', "a, comma"]


def same(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(np.asarray(found, np.float32).view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "ndjson", "csv.gz"])
@pytest.mark.parametrize("keys", [None, ODD, [3, 1, 2]], ids=["none", "words", "numbers"])
def test_what_is_written_is_read_back(suffix: str, keys: Any, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    write(path, VECTORS, keys)
    again = na.read(path)
    same(again.vectors, VECTORS)
    assert (None if again.keys is None else list(again.keys)) == keys
    assert again.format == ("delimited" if "csv" in suffix else "json-lines")


def test_text_of_digits_comes_back_where_there_are_types(tmp_path: Path) -> None:
    for keys in (["12", "7", "1"], [12, 7, 1]):
        write(tmp_path / "x.jsonl", VECTORS, keys)
        again = na.read(tmp_path / "x.jsonl").keys
        assert (None if again is None else list(again)) == keys


def test_other_programs_read_it() -> None:
    file = io.BytesIO()
    write(file, VECTORS, [*ODD[:2], "two\nlines"], format="delimited")
    header, *rows = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert header == ["key", "d0", "d1"]
    assert [row[0] for row in rows] == ["king", 'a "quote"', "two\nlines"]
    same([[float(cell) for cell in row[1:]] for row in rows], VECTORS)
    file = io.BytesIO()
    write(file, VECTORS, ["é", "two\nlines", ""], format="json-lines")
    lines = [json.loads(line) for line in file.getvalue().decode().splitlines()]
    assert [line["key"] for line in lines] == ["é", "two\nlines", ""]
    same([line["vector"] for line in lines], VECTORS)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")), min_size=1, unique=True)
)
def test_any_key_comes_back(words: list[str]) -> None:
    for form in ("delimited", "json-lines"):
        file = io.BytesIO()
        write(file, np.ones((len(words), 2), np.float32), words, format=form)
        text = file.getvalue().decode()
        if form == "delimited":
            found = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
        else:
            found = [json.loads(line)["key"] for line in text.split("\n")[:-1]]
        assert found == words


def test_what_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    bad = np.array([[1, 2], [np.nan, 1]], np.float32)
    with pytest.raises(na.InvalidInputError, match="row 1 has a number that is NaN or infinite"):
        write(tmp_path / "x.jsonl", bad)
    write(tmp_path / "x.csv", bad)
    assert np.isnan(na.read(tmp_path / "x.csv").vectors[1, 0])
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_an_open_file_needs_a_format() -> None:
    with pytest.raises(
        na.InvalidInputError, match="the open file: no suffix does not name a format that can be written: pass format="
    ):
        write(io.BytesIO(), VECTORS)


def test_large_tables_are_written_in_blocks(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 200)).astype(np.float32)
    words = [f"w{i}" for i in range(3000)]
    for name in ("x.csv", "x.jsonl"):
        write(tmp_path / name, vectors, words)
        again = na.read(tmp_path / name)
        same(again.vectors, vectors)
        assert list(again.keys or ()) == words


# --- From the shell. ---


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_convert_to_text(name: str, run: Run, words: Path, tmp_path: Path) -> None:
    done = run("convert", words, tmp_path / name)
    assert done.code == 0, done.err
    assert done.out.startswith(f"wrote {tmp_path / name}: 8 vectors of 6 dims")
    again = na.read(tmp_path / name)
    assert list(again.keys or ()) == list(na.open(words))
    same(again.vectors, na.open(words).vectors())
    assert run("convert", words, tmp_path / "odd.name", "--to", name[2:]).code == 0
    assert (tmp_path / "odd.name").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    "form", ["csv", "vec", "parquet", *(pytest.param(form, marks=pytest.mark.slow) for form in ("jsonl", "txt"))]
)
def test_convert_to_standard_output(form: str, run: Run, words: Path, tmp_path: Path) -> None:
    done = process("convert", words, "-", "--to", form)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(b"wrote standard output: 8 vectors of 6 dims")
    run("convert", words, tmp_path / f"x.{form}")
    assert done.stdout == (tmp_path / f"x.{form}").read_bytes()


def test_convert_to_standard_output_without_a_format(run: Run, words: Path, tmp_path: Path) -> None:
    run("convert", words, tmp_path / "x.csv")
    assert process("convert", words, "-").stdout == (tmp_path / "x.csv").read_bytes()
    npy = process("convert", words, "-", "--to", "npy", "--no-keys").stdout
    assert np.load(io.BytesIO(npy)).shape == (8, 6)


@pytest.mark.skipif(os.name != "posix", reason="devices are POSIX's")
def test_devices_and_pipes_are_written_to_and_not_replaced(run: Run, words: Path, tmp_path: Path) -> None:
    expected = process("convert", words, "-").stdout
    assert process("convert", words, "/dev/stdout", "--to", "csv").stdout.startswith(expected)
    assert run("convert", words, "/dev/null", "--to", "csv").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as cat:
        assert run("convert", words, pipe).code == 0
        assert cat.stdout is not None
        assert cat.stdout.read() == expected
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(IsADirectoryError):
        write(tmp_path, VECTORS, format="delimited")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe.csv"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x.pdf"], "the ending does not name a format to write; pass one of bin, vec"),
        (["x"], "or pass --to"),
        (["x.csv", "--to", "pdf"], "--to is 'pdf'; pass one of bin, vec"),
        (["x.csv", "--header", "yes"], "--header is an option for reading files of vectors"),
        (["x.csv", "--kind", "exact"], "--kind is only for an output that is an index (.near)"),
        (["x.csv", "--keys", "w.lmdb"], "--keys is only for Annoy indexes"),
    ],
)
def test_what_convert_refuses(arguments: list[str], sentence: str, run: Run, words: Path) -> None:
    done = run("convert", words, *arguments)
    assert done.code == 2
    assert sentence in done.err


@pytest.mark.parametrize(
    "arguments", [["-", "--to", "npy"], ["-", "--to", "fvecs"], ["x.npy.gz"], ["x", "--to", "vecs"]]
)
def test_keys_that_have_no_room(arguments: list[str], run: Run, words: Path, tmp_path: Path) -> None:
    target = "standard output" if arguments[0] == "-" else str(tmp_path / arguments[0])
    if arguments[0] != "-":
        arguments = [target, *arguments[1:]]
    done = run("convert", words, *arguments)
    form = "npy" if "npy" in " ".join(arguments) else "vecs"
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"nearabout: error: {target}: {form} cannot store keys; pass --no-keys to write only the vectors, or choose "
        "a format that can (--to, or the ending of OUT): bin, vec, w2v, txt, glove, parquet, pq, csv, jsonl, ndjson\n"
    )
    if target == "standard output":  # bytes, which only a process writes there
        assert process("convert", words, *arguments, "--no-keys").returncode == 0
    else:
        assert run("convert", words, *arguments, "--no-keys").code == 0


def test_every_writer_is_an_ending_of_the_shell() -> None:
    from nearabout.cli.convert import _ENDINGS

    endings = {suffix[1:] for suffix in written_suffixes()}
    assert {_ENDINGS.get(ending, ending) for ending in endings} == set(writer_names())
