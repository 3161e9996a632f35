"""Frames, series, Arrow: what becomes vectors, what becomes keys, and what is refused by its name."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
pl = pytest.importorskip("polars", reason="polars is not installed")

VECTORS = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
WORDS = ["the", "cat", "a word longer than a view holds", "", "sat", "on"]
HOLES = [*VECTORS[:2].tolist(), None, *VECTORS[3:].tolist()]

Make = Callable[[], Any]
PLAIN: dict[str, Make] = {
    "pandas frame": lambda: pd.DataFrame(VECTORS),
    "pandas frame, nullable": lambda: pd.DataFrame(VECTORS).astype("Float32"),
    "pandas frame, Arrow": lambda: pd.DataFrame(VECTORS).astype("float32[pyarrow]"),
    "pandas series of lists": lambda: pd.Series(VECTORS.tolist()),
    "pandas series of arrays": lambda: pd.Series(list(VECTORS)),
    "pandas series of Arrow lists": lambda: pd.Series(VECTORS.tolist(), dtype=pd.ArrowDtype(pa.list_(pa.float32()))),
    "pandas sparse": lambda: pd.DataFrame(VECTORS).astype(pd.SparseDtype("float32", 0)),
    "polars frame": lambda: pl.DataFrame(VECTORS),
    "polars series of lists": lambda: pl.Series(VECTORS.tolist()),
    "polars series of arrays": lambda: pl.Series(VECTORS),
    "polars frame of one column": lambda: pl.DataFrame({"anything": VECTORS}),
    "Arrow list": lambda: pa.array(VECTORS.tolist(), pa.list_(pa.float32())),
    "Arrow large list": lambda: pa.array(VECTORS.tolist(), pa.large_list(pa.float32())),
    "Arrow list view": lambda: pa.array(VECTORS.tolist(), pa.list_view(pa.float32())),
    "Arrow large list view": lambda: pa.array(VECTORS.tolist(), pa.large_list_view(pa.float32())),
    "Arrow list of fixed size": lambda: pa.array(VECTORS.tolist(), pa.list_(pa.float32(), 3)),
    "Arrow arrays in arrays": lambda: pa.array(
        VECTORS.reshape(6, 3, 1).tolist(), pa.list_(pa.list_(pa.float32(), 1), 3)
    ),
    "Arrow tensors": lambda: pa.FixedShapeTensorArray.from_numpy_ndarray(VECTORS),
    "Arrow chunks": lambda: pa.chunked_array([VECTORS[:2].tolist(), [], VECTORS[2:].tolist()], pa.list_(pa.float32())),
    "Arrow slice": lambda: pa.array([[9.0] * 3, *VECTORS.tolist(), [9.0] * 3], pa.list_(pa.float32())).slice(1, 6),
    "Arrow slice of fixed size": lambda: pa.array([[9.0] * 3, *VECTORS.tolist()], pa.list_(pa.float32(), 3)).slice(1),
    "Arrow table": lambda: pa.table({str(i): VECTORS[:, i] for i in range(3)}),
    "Arrow batch": lambda: pa.record_batch({"vector": pa.array(VECTORS.tolist(), pa.list_(pa.float32()))}),
    "Arrow reader": lambda: pa.table({"x": pa.array(VECTORS.tolist(), pa.list_(pa.float32()))}).to_reader(2),
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("memory", [None, "64MB"])
def test_vectors_of_every_table(name: str, memory: str | None, tmp_path: Path) -> None:
    given = PLAIN[name]
    index = na.build(given(), path=tmp_path / "t.near", memory=memory)
    np.testing.assert_array_equal(index.vectors(), VECTORS)
    assert index.info()["keys"] == "none"
    assert index.dtype == "f32"
    assert index.search(given(), k=2).rows.tolist() == index.search(VECTORS, k=2).rows.tolist()
    index.verify()


@pytest.mark.parametrize(
    "make",
    [
        lambda values: pd.Series(values, dtype="float32"),
        lambda values: pd.Series(values, dtype="Float32", index=["x", "y", "z"]),
        lambda values: pl.Series(values, dtype=pl.Float32),
        lambda values: pa.array(values, pa.float32()),
        lambda values: pa.chunked_array([values[:1], values[1:]], pa.float32()),
    ],
)
def test_a_column_of_numbers_is_one_query(make: Callable[[list[Any]], Any]) -> None:
    index = na.build(VECTORS)
    hits = index.search(make(VECTORS[4].tolist()), k=3)
    assert hits.rows.shape == (3,)
    assert hits.rows[0] == 4
    with pytest.raises(na.InvalidInputError, match=r"the query has a missing value at 1|query 0 has the value nan"):
        index.search(make([1.0, None, 2.0]))
    with pytest.raises(na.InvalidInputError, match=r"shape \(3,\)"):
        na.build(make([1.0, 3.0, 2.0]))


NUMBERS = [
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "bool_",
]
KEPT = {"int8": "i8", "uint8": "u8", "float16": "f16", "bool_": "u8"}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_of_arrow(number: str) -> None:
    values = (np.arange(18).reshape(6, 3) % 2).astype("bool" if number == "bool_" else number) + (number != "bool_")
    kind = getattr(pa, number)()
    for column in (pa.array(values.tolist(), pa.list_(kind)), pa.array(values.tolist(), pa.list_(kind, 3)).slice(0)):
        for given in (
            column,
            pa.table({"v": column}),
            pa.table({str(i): pa.array(values[:, i], kind) for i in range(3)}),
        ):
            index = na.build(given, metric="euclidean")
            assert index.dtype == KEPT.get(number, "f32")
            np.testing.assert_array_equal(index.vectors(), values)
    assert na.build(pa.array([[True, False] * 8], pa.list_(pa.bool_())), metric="hamming").dtype == "bits"


TEXT = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
WHOLE = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]


@pytest.mark.parametrize("kind", TEXT, ids=str)
@pytest.mark.parametrize("name", ["word", "anything"])
def test_every_text_of_arrow_is_keys(kind: Any, name: str) -> None:
    words = pa.array(["", *WORDS], pa.string()).cast(kind).slice(1)
    table = pa.table({name: words, "vector": pa.array(VECTORS.tolist(), pa.list_(pa.float32()))})
    for given in (table, pa.concat_tables([table.slice(0, 2), table.slice(2)]), table.to_reader(4)):
        index = na.build(given)
        assert list(index) == WORDS
        np.testing.assert_array_equal(index["sat"], VECTORS[4])


@pytest.mark.parametrize("kind", WHOLE, ids=str)
def test_every_integer_of_arrow_is_keys(kind: Any) -> None:
    ids = pa.array([5, 4, 3, 2, 1, 0], kind)
    as_lists = pa.table({"id": ids, "vector": pa.array(VECTORS.tolist(), pa.list_(pa.float32()))})
    as_columns = pa.table({"id": ids, **{str(i): VECTORS[:, i] for i in range(3)}})
    for given in (as_lists, as_columns):
        index = na.build(given)
        assert list(index) == [5, 4, 3, 2, 1, 0]
        assert index.dims == 3


REFUSED_KEYS: dict[str, Any] = {
    "float64": pa.array([1.0] * 6),
    "bool": pa.array([True] * 6),
    "timestamp": pa.array([datetime.datetime(2020, 1, 1)] * 6),
    "date": pa.array([datetime.date(2020, 1, 1)] * 6),
    "time": pa.array([datetime.time(1)] * 6),
    "duration": pa.array([datetime.timedelta(1)] * 6),
    "decimal": pa.array([decimal.Decimal("1.5")] * 6),
    "binary": pa.array([b"x"] * 6),
    "list of binary": pa.array([[b"x"]] * 6),
    "struct": pa.array([{"a": 1}] * 6),
    "map": pa.array([[("a", 1)]] * 6, pa.map_(pa.string(), pa.int32())),
    "null": pa.array([None] * 6),
    "arrow.uuid": pa.array([uuid.uuid4().bytes] * 6, pa.uuid()),
    "dictionary of binary": pa.array([b"x"] * 6).dictionary_encode(),
    "run-end encoded": pa.RunEndEncodedArray.from_arrays([6], ["x"]),
}


@pytest.mark.parametrize("name", REFUSED_KEYS)
def test_what_cannot_be_keys_is_refused_by_its_name(name: str) -> None:
    vectors = pa.array(VECTORS.tolist(), pa.list_(pa.float32()))
    table = pa.table({"id": REFUSED_KEYS[name], "vector": vectors})
    with pytest.raises(
        na.InvalidInputError, match=f"the column 'id' of data has the type {name}.*; keys are strings or whole"
    ):
        na.build(table)
    assert list(na.build(table, WORDS)) == WORDS
    if name not in ("float64", "bool"):
        dimensions = pa.table({"when": REFUSED_KEYS[name], **{str(i): VECTORS[:, i] for i in range(3)}})
        with pytest.raises(na.InvalidInputError, match=rf"the column 'when' of data \({name}.*neither a dimension"):
            na.build(dimensions)
    if name not in ("float64", "bool", "struct"):  # a struct is a table
        with pytest.raises(na.InvalidInputError, match=f"data has the type {name}.*lists of numbers"):
            na.build(REFUSED_KEYS[name])


def test_which_column_is_meant() -> None:
    vectors = pa.array(VECTORS.tolist(), pa.list_(pa.float32()))
    two = pa.table({"a": vectors, "b": vectors})
    with pytest.raises(na.InvalidInputError, match=r"2 columns of vectors; its columns are a \(list of float32\), b"):
        na.build(two)
    assert na.build(pa.table({"a": vectors, "embedding": vectors, "year": [1] * 6})).dims == 3
    texts = pa.table({"title": WORDS, "body": WORDS, "vector": vectors})
    with pytest.raises(na.InvalidInputError, match=r"2 columns of text.*title \(string\).*keys=data\['title'\]"):
        na.build(texts)
    assert list(na.build(texts, keys=texts["title"])) == WORDS
    with pytest.raises(na.InvalidInputError, match="no column of numbers or of vectors"):
        na.build(pa.table({"word": WORDS}))


def test_keys_that_are_given_leave_columns_of_keys_out() -> None:
    frame = pd.DataFrame(VECTORS).assign(id=range(6), word=WORDS)
    assert na.build(frame, keys=list("abcdef")).dims == 3
    assert na.build(VECTORS).search(frame, k=1).rows.shape == (6, 1)
    with pytest.raises(na.InvalidInputError, match=r"the column 'id' of data \(int64\) is neither a dimension"):
        na.build(frame)
    assert list(na.build(frame.drop(columns="word"))) == [0, 1, 2, 3, 4, 5]
    counts = pd.DataFrame({"words": [3, 1, 2], "tokens": [4, 1, 5]})
    assert na.build(counts, metric="euclidean").dims == 2


def test_keys_that_come_twice_are_told_with_their_column() -> None:
    species = ["setosa", "setosa", "virginica", "a", "b", "c"]
    for frame in (pd.DataFrame(VECTORS).assign(species=species), pa.table({"species": species, "v": VECTORS.tolist()})):
        with pytest.raises(
            na.InvalidInputError, match=r"\"setosa\".*come from the column 'species' of data: pass keys="
        ):
            na.build(frame)
        assert len(na.build(frame, keys=range(6))) == 6


def test_tables_in_an_iterator_are_refused_and_rows_of_them_are_not() -> None:
    frame = pd.DataFrame(VECTORS, index=WORDS)
    for table in (frame, pl.DataFrame(VECTORS), pa.record_batch({"v": VECTORS.tolist()})):
        with pytest.raises(na.InvalidInputError, match=r"row 0 of data is a \w+; pass a vector.*to_numpy"):
            na.build(iter([table]))
    assert list(na.build(frame.iterrows())) == WORDS
    np.testing.assert_array_equal(na.build(frame.iterrows()).vectors(), VECTORS)
    np.testing.assert_array_equal(na.build(pl.DataFrame(VECTORS).iter_rows()).vectors(), VECTORS)


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(WORDS)], ids=str)
def test_text_of_polars(kind: Any) -> None:
    frame = pl.DataFrame({"word": pl.Series(WORDS, dtype=kind), "vector": VECTORS})
    assert list(na.build(frame)) == WORDS
    assert list(na.build(frame[1:4])) == WORDS[1:4]
    assert list(na.build(pl.concat([frame[:2], frame[2:]], rechunk=False))) == WORDS


NULLS: dict[str, Make] = {
    "pandas lists": lambda: pd.Series(HOLES),
    "pandas hole in a list": lambda: pd.Series([*VECTORS[:2].tolist(), [1.0, None, 2.0], *VECTORS[3:].tolist()]),
    "pandas nullable": lambda: (
        pd.DataFrame(VECTORS).astype("Float32").mask(pd.Series([False, False, True, False, False, False]), pd.NA)
    ),
    "polars lists": lambda: pl.Series(HOLES),
    "polars columns": lambda: pl.DataFrame({str(i): [row[i] if row else None for row in HOLES] for i in range(3)}),
    "Arrow lists": lambda: pa.array(HOLES, pa.list_(pa.float32())),
    "Arrow views": lambda: pa.array(HOLES, pa.list_view(pa.float32())),
    "Arrow fixed": lambda: pa.array(HOLES, pa.list_(pa.float32(), 3)),
    "Arrow hole in a list": lambda: pa.array([*HOLES[:2], [1.0, None, 2.0], *HOLES[3:]], pa.list_(pa.float32())),
    "Arrow hole, fixed": lambda: pa.array([*HOLES[:2], [1.0, None, 2.0], *HOLES[3:]], pa.list_(pa.float32(), 3)),
    "Arrow key": lambda: pa.table({"key": ["0", "1", None, "3", "4", "5"], "vector": pa.array(VECTORS.tolist())}),
    "Arrow key of a dictionary": lambda: pa.table(
        {"key": pa.array(["0", "1", None, "3", "4", "5"]).dictionary_encode(), "vector": pa.array(VECTORS.tolist())}
    ),
    "Arrow key and another hole": lambda: pa.table({"key": pa.array([0, 1, None, 3, 4, 5]), "vector": pa.array(HOLES)}),
    "pandas objects": lambda: pd.DataFrame({"a": [1, 2, None, 3, 4, 5], "b": range(6)}, dtype=object),
    "pandas key": lambda: pd.DataFrame({"key": ["0", "1", None, "3", "4", "5"], "vector": VECTORS.tolist()}),
}


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("memory", [None, "64MB"])
def test_nulls_follow_invalid(name: str, memory: str | None, tmp_path: Path) -> None:
    options: dict[str, Any] = {"path": tmp_path / "t.near", "memory": memory}
    with pytest.raises(na.InvalidInputError, match=r'row 2 of data has a missing value.*invalid="skip"'):
        na.build(NULLS[name](), **options)
    index = na.build(NULLS[name](), invalid="skip", **options)
    assert index.skipped.tolist() == [2]
    assert [int(key) for key in index] == [0, 1, 3, 4, 5]
    if name != "pandas objects":
        np.testing.assert_allclose(index.vectors(), VECTORS[[0, 1, 3, 4, 5]])


def test_nulls_and_what_the_core_leaves_out_are_told_together() -> None:
    rows = [None, [0.0, 0.0], [1.0, 2.0], None, [float("nan"), 1.0], [3.0, 4.0]]
    index = na.build(pa.array(rows), invalid="skip")
    assert index.skipped.tolist() == [0, 1, 3, 4]
    assert list(index) == [2, 5]
    named = na.build(pa.array(rows), keys=list("abcdef"), invalid="skip")
    assert named.skipped.tolist() == [0, 1, 3, 4]
    assert list(named) == ["c", "f"]


def test_the_index_of_a_pandas_frame() -> None:
    frame = pd.DataFrame(VECTORS, index=WORDS)
    assert list(na.build(frame)) == WORDS
    assert list(na.build(frame.iloc[::-1])) == WORDS[::-1]
    assert list(na.build(pd.Series(VECTORS.tolist(), index=WORDS))) == WORDS
    numbered = pd.DataFrame(VECTORS)
    assert na.build(numbered).info()["keys"] == "none"
    assert list(na.build(numbered[numbered.index % 2 == 1])) == [1, 3, 5]
    assert list(na.build(numbered.assign(word=WORDS).iloc[1:])) == WORDS[1:]
    assert list(na.build(frame.reset_index(drop=True))) == [0, 1, 2, 3, 4, 5]
    assert list(na.build(frame, keys=range(6))) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (["a", "b", "a", "c", "d", "e"], "the label 'a' more than once.*reset_index"),
        (np.arange(6) / 2, "float64.*cannot be the keys"),
        (pd.date_range("2020", periods=6), "datetime64.*cannot be the keys"),
        (pd.MultiIndex.from_product([[1, 2], [1, 2, 3]]), "several levels.*cannot be the keys"),
        (["a", None, "b", "c", "d", "e"], "cannot be the keys"),
    ],
)
def test_an_index_that_cannot_be_keys(index: Any, sentence: str) -> None:
    frame = pd.DataFrame(VECTORS, index=index)
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(frame)
    assert len(na.build(frame, keys=WORDS)) == 6
    with pytest.raises(
        na.InvalidInputError, match="cannot be the keys|column of keys and an index with labels|more than once"
    ):
        na.build(frame.assign(word=WORDS))


def test_ragged_lists_are_refused_with_their_rows() -> None:
    rows = [*VECTORS.tolist(), [1.0]]
    chunks = pa.chunked_array([rows[:2], rows[2:6], rows[6:]])
    for data in (pd.Series(rows), pl.Series(rows), pa.array(rows), chunks):
        with pytest.raises(na.InvalidInputError, match="ragged: row 0 has 3 values, row 6 has 1"):
            na.build(data)


def test_tensors_in_another_order_are_refused() -> None:
    tensors = pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.float32(), [2, 3], permutation=[1, 0]),
        pa.array([[1.0] * 6], pa.list_(pa.float32(), 6)),
    )
    with pytest.raises(na.InvalidInputError, match="permuted dimensions.*reshape"):
        na.build(tensors)
    assert na.build(pa.FixedShapeTensorArray.from_numpy_ndarray(np.ones((2, 2, 3), np.float32))).dims == 6


def test_empty_tables() -> None:
    assert na.build(pd.DataFrame(VECTORS[:0])).dims == 3
    assert na.build(pl.DataFrame(VECTORS[:0])).dims == 3
    assert na.build(pa.array([], pa.list_(pa.float32(), 3))).dims == 3
    assert (
        len(na.build(pa.table({"key": pa.array([], pa.string()), "v": pa.array([], pa.list_(pa.float32(), 3))}))) == 0
    )
    for data in (pa.array([], pa.list_(pa.float32())), pd.Series([], dtype=object), pl.DataFrame()):
        with pytest.raises(na.InvalidInputError, match="its dims are unknown|no column of numbers"):
            na.build(data)


def test_text_that_is_no_text_is_refused() -> None:
    for bad in (b"a\xff", b"\xc3\xa9"):
        words = pa.Array.from_buffers(
            pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], "i4")), pa.py_buffer(bad)]
        )
        table = pa.table({"key": words, "vector": pa.array([[1.0], [2.0]])})
        with pytest.raises(na.InvalidInputError, match="not valid UTF-8"):
            na.build(table)


def test_what_a_producer_cannot_hand_over_is_told() -> None:
    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise RuntimeError("the connection was lost")

    def batches() -> Any:
        yield pa.record_batch({"v": pa.array(VECTORS.tolist())})
        raise ValueError("the disk is gone")

    with pytest.raises(na.InvalidInputError, match="Broken.*the connection was lost"):
        na.build(Broken())
    reader = pa.RecordBatchReader.from_batches(pa.schema({"v": pa.list_(pa.float64())}), batches())
    with pytest.raises(na.InvalidInputError, match="could not be read to its end.*the disk is gone"):
        na.build(reader)


def lazy(name: str, library: str, method: str, **more: Any) -> Any:
    """A frame as other libraries have them, which computes nothing by itself."""
    methods = {method: lambda self: pd.DataFrame(VECTORS), "columns": property(lambda self: ["x"]), **more}
    return type(name, (), {"__module__": f"{library}.frame", **methods})()


DASK = {"iloc": None, "index": None, "__iter__": lambda self: iter(["x"]), "__array__": lambda self: VECTORS}
LAZY: dict[str, tuple[Make, str]] = {
    "polars": (lambda: pl.LazyFrame(VECTORS), r"LazyFrame of polars, .*\.collect\(\)"),
    "dask": (lambda: lazy("DataFrame", "dask", "compute", **DASK), r"DataFrame of dask, .*\.compute\(\)"),
    "Spark": (
        lambda: lazy("DataFrame", "pyspark", "toPandas", collect=lambda self: []),
        r"DataFrame of pyspark, .*\.toPandas\(\)",
    ),
    "DuckDB": (lambda: lazy("DuckDBPyRelation", "duckdb", "df"), r"DuckDBPyRelation of duckdb, .*\.df\(\)"),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("memory", [None, "64MB"])
def test_a_lazy_frame_is_to_be_asked_for_its_rows(name: str, memory: str | None, tmp_path: Path) -> None:
    make, sentence = LAZY[name]
    with pytest.raises(na.InvalidInputError, match=f"data is a {sentence}"):
        na.build(make(), path=tmp_path / "t.near", memory=memory)
    with pytest.raises(na.InvalidInputError, match=f"the query is a {sentence}"):
        na.build(VECTORS).search(make())
    assert len(na.build(pd.DataFrame({"collect": [1.0, 2.0], "df": [3.0, 4.0]}))) == 2


def test_memory_of_arrow_outlives_its_owner_and_is_given_back() -> None:
    before = pa.total_allocated_bytes()
    for _ in range(20):
        index = na.build(pa.array(np.tile(VECTORS, (1000, 1)).tolist(), pa.list_(pa.float32(), 3)))
        np.testing.assert_array_equal(index.vectors([0, 5999]), VECTORS[[0, 5]])
    assert pa.total_allocated_bytes() <= before + 100_000


def test_nothing_heavy_is_imported_for_a_frame() -> None:
    code = (
        "import sys, polars as pl, nearabout as na\n"
        "index = na.build(pl.DataFrame({'word': ['a', 'b'], 'vector': [[1.0, 2.0], [2.0, 1.0]]}))\n"
        "assert list(index) == ['a', 'b']\n"
        "assert not {'pyarrow', 'pandas', 'torch'} & set(sys.modules), set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    plain = (
        "import sys, numpy, nearabout as na; na.build(numpy.ones((2, 2))); assert 'ctypes.util' not in sys.modules; "
    )
    plain += "assert 'nearabout._arrays.arrow_memory' not in sys.modules and 'nearabout.formats' not in sys.modules"
    subprocess.run([sys.executable, "-c", plain], check=True)


@pytest.mark.parametrize("name", ["movieId", "product_id", "doc-key"])
def test_whole_numbers_of_a_name_like_keys_are_keys(name: str) -> None:
    frame = pd.DataFrame({name: [7, 9], "x": [0.5, 1.5], "y": [1.0, 0.0]})
    index = na.build(frame)
    assert (list(index), index.dims) == ([7, 9], 2)
    frame["user_id"] = [1, 2]
    with pytest.raises(na.InvalidInputError, match="could each be the key"):
        na.build(frame)
