"""What a plan says of a file is about what a build writes; what it cannot say it refuses. (Times are not asserted.)"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.cli import main
from nearabout.kinds import Kind
from nearabout.kinds.case import Case
from nearabout.planning.costs import memory_bytes, query_cost, seconds
from tests.combinations import star

BUNDLED = Path(na.__file__).parent / "data" / "glove.6B.50d.5k.bin"
KINDS: list[Kind] = [
    na.Exact(),
    na.Forest(),
    na.Forest(trees=5, leaf_size=20),
    na.IVF(),
    na.IVF(lists=100, codes=24),
    na.IVF(keep_vectors=False),
    na.IVF(refine=False, keep_vectors=False),
]
SHAPES = [(3000, 16, "f32"), (4000, 128, "u8"), (1500, 300, "f16"), (900, 40, "i8")]


def directions_that_fade(rows: int, dims: int, dtype: str) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(3).normal(size=(rows, dims)) / np.sqrt(1 + np.arange(dims))
    if dtype in ("u8", "i8"):
        return np.clip(values * 30 + (128 if dtype == "u8" else 0), 0, 127).astype({"u8": "u1", "i8": "i1"}[dtype])
    return values.astype("f2" if dtype == "f16" else "f4")


def assert_near(planned: int, real: int) -> None:
    assert 0.5 * real <= planned <= 2 * real


@pytest.mark.parametrize(("kind", "shape"), star(KINDS, SHAPES))
def test_the_size_of_the_file(kind: Kind, shape: tuple[int, int, str]) -> None:
    rows, dims, dtype = shape
    for metric in ("cosine", "euclidean", "dot"):
        vectors = directions_that_fade(rows, dims, dtype)
        index = na.build(vectors, metric=metric, kind=kind)
        planned = na.plan(rows, dims, metric=metric, kind=kind, dtype=dtype)
        assert (index.kind, index.dtype, planned.kind.name, planned.dtype) == (kind.name, dtype, kind.name, dtype)
        assert_near(planned.file_bytes, index.info()["file_bytes"])


@pytest.mark.parametrize("kind", ["exact", "forest", "ivf"])
def test_the_size_beyond_the_vectors_of_words(kind: str) -> None:
    vectors = np.asarray(na.read(BUNDLED).vectors)
    index = na.build(vectors, kind=kind)
    extra = index.info()["file_bytes"] - vectors.nbytes
    assert_near(na.plan(*vectors.shape, kind=kind).file_bytes - vectors.nbytes, extra)


@pytest.mark.parametrize("metric", ["manhattan", "hamming", "jaccard", "haversine"])
def test_metrics_without_a_screen(metric: str) -> None:
    dims = 2 if metric == "haversine" else 100
    vectors: np.ndarray[Any, Any] = directions_that_fade(2000, dims, "f32")
    if metric in ("hamming", "jaccard"):
        vectors = vectors > 0
    planned = na.plan(2000, dims, metric=metric)
    index = na.build(vectors, metric=metric)
    assert (planned.kind, planned.dtype) == (na.Exact(byte_rows=False), index.dtype)
    assert_near(planned.file_bytes, index.info()["file_bytes"])


@pytest.mark.parametrize("rows", [1, 100, 500, 3000, 5000])
def test_the_numbers_of_lists_and_trees(rows: int) -> None:
    vectors = directions_that_fade(rows, 20, "f32")
    lists = na.plan(rows, 20, kind="ivf").kind
    assert isinstance(lists, na.IVF)
    built = na.build(vectors, kind="ivf").info()["lists"]
    assert built in (lists.lists // 2, lists.lists, 2 * lists.lists), "the build measures which"
    assert lists == na.IVF(lists=lists.lists, codes="auto", byte_rows=False)
    assert na.plan(rows, 20, kind="forest").kind == na.Forest(trees=1, byte_rows=False)
    given = na.plan(rows, 20, kind=na.IVF(lists=7, codes=8)).kind
    assert given == na.IVF(lists=min(7, rows), codes=8, byte_rows=False)


def test_the_codes_of_lists() -> None:
    vectors = directions_that_fade(4000, 64, "f32")
    kind = na.IVF(lists=50, codes=na.PcaCodes(16, bits=2))
    sections = {part["name"]: part["bytes"] for part in na.build(vectors, kind=kind).info()["sections"]}
    planned = kind.codes_bytes(Case(4000, 64, "cosine", "f32", kind))
    assert 0.9 < planned / sections["list_codes"] < 1.1


def test_auto_is_what_build_chooses() -> None:
    assert na.plan(16_666, 100).kind == na.Exact(byte_rows=False)
    assert na.plan(16_667, 100).kind == na.IVF(lists=320, byte_rows=False)
    assert na.plan(10**6, 100, metric="manhattan").kind == na.Exact(byte_rows=False)


def test_what_grows_with_what() -> None:
    for kind in KINDS:
        few, many = (Case(rows, 100, "cosine", "f32", kind) for rows in (10_000, 100_000))
        assert seconds(few) < seconds(many)
        assert seconds(many, threads=2) < seconds(many) < 2 * seconds(many, threads=2)
        assert memory_bytes(few, 1, 0) < memory_bytes(many, 1, 0)
        assert memory_bytes(many, 1, 64_000_000) < memory_bytes(many, 1, 0)


def test_a_recall_chooses_the_kind() -> None:
    assert na.plan(50_000, 100, recall=1).kind == na.Exact(byte_rows=False)
    assert na.plan(50_000, 100, recall=0.999).kind == na.IVF(lists=544, byte_rows=False)
    assert na.plan(50_000, 100, kind="ivf", recall=1).kind == na.IVF(lists=544, byte_rows=False)
    assert na.plan(50_000, 100).recall == 0.95
    assert na.plan(50_000, 100, recall=0.9, memory="64MB").recall == 0.9


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != na.Exact()], ids=repr)
def test_queries_take_longer_for_more_rows_and_more_recall(kind: Kind) -> None:
    for dims in (16, 100, 784):
        few, many = (Case(rows, dims, "cosine", "f32", kind) for rows in (10_000, 1_000_000))
        for recall in (0.8, 0.9, 0.99):
            assert query_cost(few, recall).alone < query_cost(many, recall).alone
            assert query_cost(few, recall).batch < query_cost(many, recall).batch
            assert query_cost(many, recall).batch < query_cost(many, recall).alone
        costs = [query_cost(many, recall).alone for recall in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1)]
        assert costs == sorted(costs)


def test_a_graph_of_bits_takes_longer_than_one_of_bytes() -> None:
    """Hashes of 12,000 sentences, 384 bits: 65 to 78 microseconds a query, 27 to 43 in a batch."""
    for recall in (0.9, 0.95):
        bits = na.Graph().query_nanoseconds(Case(12_000, 384, "hamming", "bits", na.Graph()), recall, batch=True)
        alone = na.Graph().query_nanoseconds(Case(12_000, 384, "hamming", "bits", na.Graph()), recall, batch=False)
        assert 27_000 / 3 < bits / 0.7 < 43_000
        assert 65_000 / 3 < alone / 0.7 < 78_000
        assert bits < alone


def test_no_kind_is_planned_slower_than_a_comparison_of_every_row() -> None:
    for rows in (1, 100, 1_000, 100_000):
        every_row = query_cost(Case(rows, 100, "manhattan", "f32", na.Exact()), 1)
        for kind in (na.IVF(), na.IVF(lists=1_000), na.Forest(trees=100)):
            for recall in (0.5, 0.999, 1):
                cost = query_cost(Case(rows, 100, "cosine", "f32", kind), recall)
                assert (cost.alone <= every_row.alone, cost.batch <= every_row.batch) == (True, True)


def test_a_plan_to_read() -> None:
    planned = na.plan(50_000, 100, threads=1)
    assert planned.threads == 1
    assert planned.build_seconds > 0
    assert planned.build_memory > planned.file_bytes  # in memory, the index is part of it
    lines = str(planned).splitlines()
    assert lines == repr(planned).splitlines()
    assert lines[0] == "<nearabout.Plan: 50,000 rows of 100 dims, cosine, f32"
    assert lines[1] == f"  kind    {na.IVF(lists=544, byte_rows=False)}"
    assert "codes='auto', residual=True, refine=True" in lines[1]
    assert [line.split()[0] for line in lines[1:]] == ["kind", "build", "memory", "file", "query"]
    assert "at recall 0.95, " in lines[-1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        planned.rows = 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 10), "n is 0; pass a whole number from 1 to 4,294,967,294"),
        ((2**32, 10), "n is 4,294,967,296; pass"),
        ((1.5, 10), "n is 1.5; pass a whole number"),
        ((True, 10), "n is True; pass a whole number"),
        (("many", 10), "n is 'many'; pass a whole number"),
        ((10, 0), "dims is 0; pass a whole number from 1 to 65,535"),
        ((10, 65_536), "dims is 65,536; pass"),
        ((10, None), "dims is None; pass a whole number"),
    ],
)
def test_numbers_that_cannot_be(arguments: tuple[Any, Any], sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.plan(*arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"metric": "l2"}, "there is no metric 'l2'"),
        ({"kind": "tree"}, "there is no kind 'tree'"),
        ({"kind": na.IVF}, "kind is the class na.IVF"),
        ({"dtype": "float32"}, "there is no dtype 'float32'"),
        ({"dtype": "bits"}, "dtype 'bits' requires the metric hamming or jaccard"),
        ({"metric": "hamming", "dtype": "f32"}, "the metric 'hamming' compares bits"),
        ({"metric": "haversine"}, "haversine takes vectors of 2 dims"),
        ({"metric": "manhattan", "kind": "ivf"}, "lists of codes do not support metric 'manhattan'"),
        ({"metric": "jaccard", "kind": "forest"}, "a forest does not support metric 'jaccard'"),
        ({"threads": 0}, "threads is 0"),
        ({"recall": 1.1}, "recall is 1.1; pass a number above 0 and up to 1"),
        ({"recall": "most"}, "recall is a str"),
        ({"memory": "1MB"}, "memory is '1MB'"),
    ],
)
def test_what_build_would_refuse(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.plan(1000, 300, **arguments)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "50,000", "100", "--dtype", "f16", "--threads", "1", "--memory", "1GB"]) == 0
    fields = {line.split()[0]: line.split(None, 1)[1] for line in capsys.readouterr().out.splitlines()}
    assert list(fields) == ["kind", "vectors", "chosen", "build", "memory", "file", "byte", "query", "batch"]
    assert fields["query"].endswith("at recall 0.95, on one thread")
    assert fields["kind"] == "ivf (lists 544, codes auto, refine True, keep_vectors True, byte_rows False)"
    assert fields["byte"] == "rows   off; they would add about 5.2 MB"
    assert fields["vectors"] == "50,000 of 100 dims, cosine, f16"
    assert fields["build"].endswith("(threads: 1)")
    assert main(["plan", "500", "10", "--kind", "exact", "--metric", "dot", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    expected = na.plan(500, 10, kind="exact", metric="dot")
    assert (told["kind"], told["rows"], told["file_bytes"]) == ("exact", 500, expected.file_bytes)
    assert (told["recall"], told["query_seconds"] > 0, told["queries_per_second"] > 0) == (0.95, True, True)
    assert main(["plan", "5e4", "100", "--recall", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["recall"]) == ("exact", 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "takes two numbers, ROWS and DIMS; none was given"),
        (["1", "2", "3"], "3 were given: 1 2 3"),
        (["many", "2"], "ROWS is 'many'; pass a whole number"),
        (["1.5e0", "2"], "ROWS is '1.5e0'; pass a whole number"),
        (["1e999", "2"], "ROWS is '1e999'; pass a whole number"),
        (["2", "x"], "DIMS is 'x'"),
        (["0", "2"], "n is 0; pass"),
        (["5", "2", "--recall", "most"], "--recall is 'most'; pass a number"),
        (["5", "2", "--recall", "0"], "recall is 0"),
        (["5", "2", "--path", "a"], "has no option '--path'"),
    ],
)
def test_a_command_that_is_wrong(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *arguments]) == 2
    assert sentence in capsys.readouterr().err
