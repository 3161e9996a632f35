"""Dicts and iterators of rows: the same index as of an array, with a budget and without."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout._arrays import pieces

VECTORS = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
WORDS = [f"word {i}" for i in range(50)]


class Corpus:
    """Iterable, again and again, and nothing else."""

    def __iter__(self) -> Iterator[Any]:
        return iter(VECTORS)


UNNAMED: dict[str, Callable[[], Any]] = {
    "generator": lambda: (row for row in VECTORS),
    "generator of lists": lambda: (row.tolist() for row in VECTORS),
    "map": lambda: map(np.asarray, VECTORS),
    "iterable": Corpus,
    "values of a dict": lambda: dict(zip(WORDS, VECTORS, strict=True)).values(),
    "arrays of several": lambda: iter(np.array_split(VECTORS, 7)),
    "arrays of one and of several": lambda: iter([VECTORS[0], VECTORS[1:20], VECTORS[20:]]),
}
NAMED: dict[str, Callable[[], Any]] = {
    "dict": lambda: dict(zip(WORDS, VECTORS, strict=True)),
    "dict of lists": lambda: dict(zip(WORDS, VECTORS.tolist(), strict=True)),
    "items of a dict": lambda: dict(zip(WORDS, VECTORS, strict=True)).items(),
    "pairs": lambda: zip(WORDS, VECTORS, strict=True),
    "pairs of lists": lambda: ((word, row.tolist()) for word, row in zip(WORDS, VECTORS, strict=True)),
}


@pytest.mark.parametrize("memory", [None, "64MB"])
@pytest.mark.parametrize("name", [*UNNAMED, *NAMED])
def test_rows_of_every_kind(name: str, memory: str | None, tmp_path: Path) -> None:
    make = {**UNNAMED, **NAMED}[name]
    index = na.build(make(), path=tmp_path / "a.near", memory=memory)
    keys = WORDS if name in NAMED else None
    expected = na.build(VECTORS, keys, path=tmp_path / "b.near")
    if "lists" not in name:  # those are float64, and say so in nothing that is kept
        assert (tmp_path / "a.near").read_bytes() == (tmp_path / "b.near").read_bytes()
    np.testing.assert_array_equal(index.vectors(), expected.vectors())
    assert list(index) == list(expected)
    assert index.search(make(), k=3).rows.tolist() == expected.search(VECTORS, k=3).rows.tolist()
    assert list(na.build(make(), keys=range(50), path=tmp_path / "a.near", memory=memory)) == list(range(50))


@pytest.mark.parametrize("dtype", [None, "f16", "bf16", "u8"])
def test_whole_numbers_in_lists_leave_room_for_fractions(
    dtype: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_PIECE", 1)  # so that each row is a piece
    fraction = 5.0 if dtype == "u8" else 0.1
    table: list[list[list[float]]] = [[[1, 2], [fraction, 3]], [[fraction, 3], [1, 2]]]
    for rows in table:
        expected = na.build(rows, metric="euclidean", dtype=dtype).vectors().tolist()
        for memory in (None, "64MB"):
            index = na.build(iter(rows), metric="euclidean", dtype=dtype, path=tmp_path / "x.near", memory=memory)
            assert index.vectors().tolist() == expected


def test_types_of_numbers_in_lists() -> None:
    assert na.build({1: [1, 2], 2: [0.5, 3]}, metric="euclidean")[2].tolist() == [0.5, 3]
    assert na.build(iter([[True, False]] * 3), metric="hamming").dtype == "bits"
    assert na.build(iter(np.ones((2, 3), np.uint8))).dtype == "u8"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "no rows, so its dims are unknown"),
        ([1, 2], r"row 0 of data has the shape \(\); pass a vector"),
        (["a line"], "row 0 of data is text.*vectors come first"),
        ([[1, 2], [3]], "ragged: row 0 has 2 values, row 1 has 1"),
        ([[1, 2], None], "row 1 of data has the dtype object"),
        ([np.ones((2, 2, 2))], r"row 0 of data has the shape \(2, 2, 2\)"),
        (
            [np.ones(2, "u1"), np.ones(2, "f4")],
            "row 1 of data has the dtype float32, row 0 has uint8; all rows need the same dtype",
        ),
        ([("a", [1, 2]), [1, 2]], "row 1 of data has no key, unlike row 0"),
        ([[1, 2], ("a", [1, 2])], "row 1 of data has a key, unlike row 0"),
        ([{"id": [1, 2]}], "row 0 of data is a dict; pass a vector"),
        ([{"id": 1}], "row 0 of row 0 of data has the shape"),
        ([("a", np.ones((2, 2)))], "row 0 of data has 2 vectors with one key, 'a'"),
        ([("a", [1, 2]), ("a", [1, 3])], '"a" is the key of row 0 and again of row 1'),
        ([("a", [1, 2]), (1, [1, 3])], "strings or all integers"),
    ],
)
@pytest.mark.parametrize("memory", [None, "64MB"])
def test_rows_that_are_none(rows: list[Any], sentence: str, memory: str | None, tmp_path: Path) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(iter(rows), path=tmp_path / "x.near", memory=memory)
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_order_is_refused() -> None:
    with pytest.raises(na.InvalidInputError, match="data has the dtype object"):
        na.build({(1.0, 2.0), (3.0, 4.0)})


def test_an_iterator_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[Any]:
        yield [1.0, 2.0]
        raise OSError("the line is cut")

    for memory in (None, "64MB"):
        with pytest.raises(OSError, match="the line is cut"):
            na.build(rows(), path=tmp_path / "x.near", memory=memory)
    assert list(tmp_path.iterdir()) == []


def test_keys_of_an_iterator_count_towards_the_budget(tmp_path: Path) -> None:
    def rows() -> Iterator[Any]:
        for i in range(200):
            yield f"{i}" * 400_000, np.ones(2, np.float32)

    with pytest.raises(
        na.InvalidInputError, match=r"data: the keys of the first \d+ rows already need .* pass a larger memory="
    ):
        na.build(rows(), path=tmp_path / "x.near", memory="64MB")


GIVEN = """
import re, sys
import numpy as np
import nearabout as na

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1))

def batches(rows):
    block = np.random.default_rng(2).random((1000, 512), np.float32)
    for first in range(0, rows, 1000):
        yield first, block

def rows(count):
    return (row for _, block in batches(count) for row in block)

def pairs(count):
    return ((f"word{first + i}", block[i]) for first, block in batches(count) for i in range(1000))

def arrays(count):
    return (block for _, block in batches(count))

def lists(count):
    return (row.tolist() for row in rows(count))

def reader(count):
    import pyarrow as pa
    kind = pa.list_(pa.float32(), 512)
    schema = pa.schema([("key", pa.string()), ("vector", kind)])
    def tables():
        for first, block in batches(count):
            keys = pa.array([f"word{row}" for row in range(first, first + 1000)])
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), type=kind)
            yield pa.record_batch([keys, vectors], schema=schema)
    return pa.RecordBatchReader.from_batches(schema, tables())

make = globals()[sys.argv[1]]
na.build(make(3000), path=sys.argv[2], memory="64MB", metric="euclidean", kind="exact")
before = peak()
na.build(make(40_000), path=sys.argv[2], memory="64MB", metric="euclidean", kind="exact")
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told by /proc on Linux only")
@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=pytest.mark.slow) for name in ("rows", "arrays", "lists")), "pairs", "reader"]
)
def test_the_budget_is_kept(name: str, tmp_path: Path) -> None:
    """82 MB as float32."""
    if name == "reader":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    command = [sys.executable, "-c", GIVEN, name, str(tmp_path / "x.near")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64e6
