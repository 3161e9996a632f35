"""What is told of rows that a reader left out: where people look, and not in a report alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout
from nearabout.errors import NearaboutWarning
from nearabout.formats import open_rows, read

File = Callable[[str, bytes | str], Path]
TEXTS = ["a", "a", "a", "b", "a", "a"]


def lines_of(name: str) -> str:
    if name.endswith(".csv"):
        return "text,x\n" + "".join(f"{text},{row}.5\n" for row, text in enumerate(TEXTS))
    if name.endswith(".jsonl"):
        return "".join(json.dumps({"text": text, "vector": [row + 1]}) + "\n" for row, text in enumerate(TEXTS))
    return "".join(f"{text} {row}.5\n" for row, text in enumerate(TEXTS))


def gathered(path: Path, **options: Any) -> Any:
    with open_rows(path, room=None, scratch=None, **options) as stream:
        list(stream.pieces)
        stream.finish()


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.txt"])
@pytest.mark.parametrize("fetch", [read, gathered, nearabout.build])
def test_rows_left_out_are_a_warning_at_the_callers_line(file: File, name: str, fetch: Any) -> None:
    path = file(name, lines_of(name))
    with pytest.warns(NearaboutWarning, match=r"t\.\w+: 4 of 6 rows were left out, because their key") as caught:
        fetch(path)
    assert [one.filename for one in caught] == [__file__]
    if name == "t.txt":
        return
    assert "in 'text'" in str(caught[0].message)
    assert "key_column=False to keep every row" in str(caught[0].message)
    if fetch is not nearabout.build:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fetch(path, key_column=False)


def test_no_warning_where_nothing_is_left_out(samples: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("table.csv", "table.parquet", "lines.jsonl", "glove.txt", "gensim.bin"):
            read(samples / name)


def test_a_column_of_repeated_texts_in_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"text": TEXTS, "vector": [[1.0, row] for row in range(6)]}), tmp_path / "t.parquet")
    with pytest.warns(
        NearaboutWarning, match="4 of 6 rows were left out, because their key, in 'text', occurred before"
    ):
        index = nearabout.build(tmp_path / "t.parquet")
    assert len(index) == 2
    command = [sys.executable, "-m", "nearabout", "build", "t.parquet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ)
    assert "4 rows with a duplicate key in 'text' left out (the first row of each key stays)" in done.stdout
    assert done.stderr.startswith("nearabout: warning: ")
    assert done.stderr.count("\n") == 1


STAMP = 1_700_000_001


def test_a_time_stamp_that_float32_rounds(file: File, tmp_path: Path) -> None:
    rounds = r"the number 1700000001 becomes 1700000000 in float32.*subtract an offset"
    for name, text in (
        ("t.csv", f"id,x,when\na,0.5,{STAMP}\nb,0.5,{STAMP + 100}\n"),
        ("t.jsonl", f'[0.5, {STAMP}]\n[0.5, {STAMP + 100}]\n'),
        ("t.json", f'[[0.5, {STAMP}], [0.5, {STAMP + 100}]]\n'),
    ):  # fmt: skip
        with pytest.warns(NearaboutWarning, match=rounds):
            read(file(name, text))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(file("t.csv", f"id,x\n{STAMP},0.5\n{STAMP + 1},0.5\n"))  # a key is no number of the vector
        read(file("t.csv", "a,16777216,33554432\nb,1,1234567.5\n"))
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"x": [0.5], "when": [STAMP]}), tmp_path / "t.parquet")
    with pytest.warns(NearaboutWarning, match="the column when: " + rounds):
        read(tmp_path / "t.parquet", vector_columns=["x", "when"])


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint64, np.uint32])
def test_whole_numbers_that_float32_rounds_are_refused(tmp_path: Path, dtype: Any) -> None:
    stamps = np.array([[1, 2], [STAMP, 3]], dtype)
    sentence = r"row 1 has the value 1700000001 in dimension 0, which float32 rounds to 1700000000.*dtype='f32'"
    np.save(tmp_path / "t.npy", stamps)
    for given in (stamps, tmp_path / "t.npy"):
        with pytest.raises(nearabout.InvalidInputError, match=sentence):
            nearabout.build(given, metric="euclidean")
        with pytest.raises(nearabout.InvalidInputError, match=sentence):
            nearabout.build(given, metric="euclidean", path=tmp_path / "t.near", memory="64MB")
    rounded = nearabout.build(stamps, metric="euclidean", dtype="f32").vectors()
    assert rounded[1, 0] == np.float32(STAMP)
    exact = np.array([[1 << 24, -(1 << 24)], [1 << 30, 3 << 23]])
    assert nearabout.build(exact, metric="euclidean").vectors().tolist() == exact.tolist()
