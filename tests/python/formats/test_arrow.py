"""Parquet and Arrow: every type of a column of keys and of a column of vectors is read, or refused by its name."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import InvalidInputError
from nearabout.formats import open_rows, read

pa = pytest.importorskip("pyarrow")
compute = pytest.importorskip("pyarrow.compute")
ROWS = [[0.5, 2.0], [3.0, -4.0], [5.0, 6.0]]
VECTORS = pa.array(ROWS, pa.list_(pa.float32(), 2))
WORDS = ["a", "日本", "c d"]
IDS = [uuid.UUID(int=one) for one in range(3)]
DAY = datetime.datetime(2024, 2, 29)


def parquet(path: Path, **columns: Any) -> Path:
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


def arrow(path: Path, **columns: Any) -> Path:
    """An IPC file of two batches, since Parquet does not hold every type."""
    table = pa.table(columns)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


KEYS_READ: dict[str, tuple[Any, Any]] = {
    "string": (pa.array(WORDS), WORDS),
    "large_string": (pa.array(WORDS, pa.large_string()), WORDS),
    "string_view": (pa.array(WORDS, pa.string_view()), WORDS),
    "dictionary of strings": (pa.array(WORDS).dictionary_encode(), WORDS),
    "dictionary of string_view": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.uint8()), pa.array(WORDS, pa.string_view())),
        WORDS,
    ),
    "dictionary of numbers": (pa.array([7, 8, 9]).dictionary_encode(), [7, 8, 9]),
    "run ends of strings": (compute.run_end_encode(pa.array(WORDS)), WORDS),
    "binary": (pa.array([word.encode() for word in WORDS]), WORDS),
    "large_binary": (pa.array([word.encode() for word in WORDS], pa.large_binary()), WORDS),
    "binary_view": (pa.array([word.encode() for word in WORDS], pa.binary_view()), WORDS),
    "uuid": (pa.array([one.bytes for one in IDS], pa.uuid()), [str(one) for one in IDS]),
    **{str(kind): (pa.array([7, 8, 9], kind), [7, 8, 9]) for kind in (
        pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    )},
}  # fmt: skip
KEYS_REFUSED: dict[str, Any] = {
    "float16": pa.array(np.array([1, 2, 3], np.float16)),
    "float32": pa.array([1.0, 2.0, 3.0], pa.float32()),
    "float64": pa.array([1.0, 2.0, 3.0]),
    "bool": pa.array([True, False, True]),
    "decimal128": pa.array([decimal.Decimal(1)] * 3, pa.decimal128(5, 2)),
    "decimal256": pa.array([decimal.Decimal(1)] * 3, pa.decimal256(50, 2)),
    "timestamp": pa.array([DAY] * 3),
    "timestamp of a zone": pa.array([DAY] * 3, pa.timestamp("us", "UTC")),
    "date32": pa.array([DAY.date()] * 3),
    "date64": pa.array([DAY] * 3, pa.date64()),
    "time32": pa.array([1, 2, 3], pa.time32("s")),
    "time64": pa.array([1, 2, 3], pa.time64("us")),
    "duration": pa.array([1, 2, 3], pa.duration("s")),
    "interval": pa.array([(1, 2, 3)] * 3, pa.month_day_nano_interval()),
    "fixed_size_binary": pa.array([one.bytes for one in IDS], pa.binary(16)),
    "null": pa.nulls(3),
    "list of strings": pa.array([["a"], ["b"], ["c"]]),
    "struct": pa.array([{"a": 1}] * 3),
    "map": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int32())),
    "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, 1], pa.int8())),
    "dictionary of dates": pa.array([DAY.date()] * 3).dictionary_encode(),
    "union": pa.UnionArray.from_sparse(pa.array([0, 0, 0], pa.int8()), [pa.array(["a", "b", "c"])]),
}


@pytest.mark.parametrize("name", KEYS_READ)
@pytest.mark.parametrize("write", [parquet, arrow])
@pytest.mark.parametrize("chosen", [None, "id"])
def test_keys_of_every_type_that_is_read(tmp_path: Path, name: str, write: Any, chosen: str | None) -> None:
    column, expected = KEYS_READ[name]
    if write is parquet and name in ("run ends of strings", "dictionary of string_view"):
        return  # Parquet has no such type
    path = write(tmp_path / "t.any", vector=VECTORS, id=column)
    found = read(path, key_column=chosen)
    assert list(found.keys if found.keys is not None else []) == expected
    assert found.vectors.tolist() == ROWS
    with open_rows(path, room=None, scratch=None) as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == ROWS
        assert list(stream.finish()[0]) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KEYS_REFUSED)
def test_keys_of_every_other_type_are_refused(tmp_path: Path, name: str) -> None:
    path = arrow(tmp_path / "t.arrow", vector=VECTORS, id=KEYS_REFUSED[name], other=pa.array(WORDS))
    both: list[dict[str, Any]] = [{}, {"key_column": "id"}]
    for options in both:
        with pytest.raises(InvalidInputError, match=r"the column 'id' has the type.*which cannot be keys.*other"):
            read(path, **options)
    assert read(path, key_column="other").keys == WORDS
    assert read(path, key_column=False).keys is None


def test_every_type_of_arrow_is_in_one_of_the_lists() -> None:
    """A type that pyarrow has and no list names would be one whose answer nobody has thought of."""
    columns = [one for one, _ in KEYS_READ.values()] + list(KEYS_REFUSED.values())
    types = [column.type for column in columns] + [one.type for one in LISTS.values()]
    unasked = []
    for name in dir(pa.types):
        if name.startswith("is_") and not name.endswith("_value") and not any(_holds(name, kind) for kind in types):
            unasked.append(name)
    assert set(unasked) <= {"is_decimal32", "is_decimal64"}, unasked  # not in every version


def _holds(name: str, kind: Any) -> bool:
    try:
        return bool(getattr(pa.types, name)(kind))
    except (TypeError, AttributeError):
        return True  # asks something else of a type than what it is


def test_bytes_that_are_not_text_are_no_keys(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", vector=VECTORS, id=pa.array([b"a", b"\xff", b"c"]))
    with pytest.raises(InvalidInputError, match="the keys in the column id are not UTF-8"):
        read(path)
    large = parquet(tmp_path / "u.parquet", vector=VECTORS, id=pa.array([1, 2, 1 << 63], pa.uint64()))
    with pytest.raises(InvalidInputError, match="outside the range of int64"):
        read(large)


LISTS: dict[str, Any] = {
    "list": pa.array(ROWS, pa.list_(pa.float32())),
    "large_list": pa.array(ROWS, pa.large_list(pa.float64())),
    "fixed_size_list": VECTORS,
    "list_view": pa.array(ROWS, pa.list_view(pa.float32())),
    "large_list_view": pa.array(ROWS, pa.large_list_view(pa.float32())),
    "list of float16": pa.array([np.array(row, np.float16) for row in ROWS], pa.list_(pa.float16())),
    "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(np.array(ROWS, np.float32)),
    "text": pa.array([str(row) for row in ROWS]),
    "large text": pa.array([str(row) for row in ROWS], pa.large_string()),
    "text view": pa.array([str(row) for row in ROWS], pa.string_view()),
}
NO_LISTS: dict[str, Any] = {
    "list of strings": pa.array([["a"], ["b"], ["c"]]),
    "list of lists": pa.array([[row] for row in ROWS]),
    "list of decimals": pa.array([[decimal.Decimal(1)]] * 3, pa.list_(pa.decimal128(5, 2))),
    "list of dates": pa.array([[DAY.date()]] * 3),
    "binary": pa.array([np.array(row, np.float32).tobytes() for row in ROWS]),
    "struct": pa.array([{"x": 1.0, "y": 2.0}] * 3),
    "text of another sort": pa.array(WORDS),
    "number": pa.array([1.0, 2.0, 3.0]),
}


@pytest.mark.parametrize("kind", LISTS)
def test_vectors_of_every_type_that_is_read(tmp_path: Path, kind: str) -> None:
    path = arrow(tmp_path / "t.arrow", other=pa.array(WORDS), emb=LISTS[kind])
    for options in ({}, {"vector_column": "emb"}, {"vector_column": 1}):
        found = read(path, **options)
        assert found.vectors.tolist() == ROWS
        assert found.keys == WORDS
    with open_rows(path, room=None, scratch=None) as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == ROWS


@pytest.mark.parametrize("kind", NO_LISTS)
def test_vectors_of_every_other_type_are_refused(tmp_path: Path, kind: str) -> None:
    path = arrow(tmp_path / "t.arrow", vector=NO_LISTS[kind], key=pa.array(WORDS))
    with pytest.raises(InvalidInputError, match=r"no column holds lists of numbers; the columns are vector \("):
        read(path)
    with pytest.raises(InvalidInputError, match="vector_column='vector' holds neither lists of numbers nor"):
        read(path, vector_column="vector")


def test_booleans_and_integers_in_lists(tmp_path: Path) -> None:
    for kind, dtype in ((pa.bool_(), np.uint8), (pa.int16(), np.int16), (pa.uint8(), np.uint8)):
        path = parquet(tmp_path / "t.parquet", v=pa.array([[True, False], [False, True]]).cast(pa.list_(kind)))
        assert read(path).vectors.dtype == dtype


def test_polars_writes_what_is_read(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"word": WORDS, "vector": ROWS})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ipc(tmp_path / "t.arrow")
    frame.write_ipc(tmp_path / "old.arrow", compat_level=polars.CompatLevel.oldest())
    enum = frame.with_columns(polars.col("word").cast(polars.Enum(WORDS)))
    enum.write_parquet(tmp_path / "enum.parquet")
    enum.write_ipc(tmp_path / "enum.arrow")
    for name in ("t.parquet", "t.arrow", "old.arrow", "enum.parquet", "enum.arrow"):
        assert read(tmp_path / name).keys == WORDS
        assert read(tmp_path / name).vectors.tolist() == ROWS


@pytest.mark.parametrize("names", [["0", "1"], ["dim_0", "dim_1"], ["f1", "f2"]])
def test_a_column_for_each_dimension(tmp_path: Path, names: list[str]) -> None:
    matrix = np.array(ROWS)
    columns = {names[1]: matrix[:, 1], names[0]: matrix[:, 0]}  # in any order
    path = parquet(tmp_path / "t.parquet", word=WORDS, label=[1, 2, 3], **columns)
    found = read(path)
    assert found.vectors.tolist() == ROWS
    assert found.vectors.dtype == np.float64
    assert found.keys == WORDS
    with open_rows(path, room=None, scratch=None) as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == ROWS


def test_columns_are_chosen(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "t.parquet", lat=[1.5, 2.5], lon=pa.array([3, 4], pa.int8()), city=["a", "b"], kind=["c", "d"]
    )
    with pytest.raises(InvalidInputError, match=r"lat \(double\), lon \(int8\), city.*vector_columns="):
        read(path)
    with pytest.raises(InvalidInputError, match=r"2 columns hold text.*Name the key with key_column="):
        read(path, vector_columns=["lat", "lon"])
    found = read(path, vector_columns=["lon", 0], key_column="city")
    assert found.vectors.tolist() == [[3, 1.5], [4, 2.5]]
    assert found.keys == ["a", "b"]
    with pytest.raises(InvalidInputError, match="vector_columns= names city, which has the type string"):
        read(path, vector_columns=["city"])
    with pytest.raises(InvalidInputError, match="vector_columns='none': no column has that name"):
        read(path, vector_columns=["none"])


def test_two_columns_of_text_are_not_chosen_between(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", title=WORDS, body=WORDS, v=VECTORS)
    with pytest.raises(
        InvalidInputError, match=r"2 columns hold text.*title \(string\), body \(string\), v.*key_column="
    ):
        read(path)
    assert read(path, key_column="body").keys == WORDS
    assert read(parquet(tmp_path / "u.parquet", Title=WORDS, v=VECTORS)).keys == WORDS
    assert read(parquet(tmp_path / "u.parquet", Word=WORDS, other=WORDS, v=VECTORS)).keys == WORDS


def test_the_index_of_a_frame_is_the_key(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame({"v": ROWS, "kind": [1, 2, 3]}, index=WORDS).to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").keys == WORDS
    levels = pandas.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    pandas.DataFrame({"v": ROWS}, index=levels).to_parquet(tmp_path / "v.parquet")
    with pytest.raises(InvalidInputError, match="__index_level_0__, __index_level_1__ could each be the key"):
        read(tmp_path / "v.parquet")
    pandas.DataFrame(ROWS, index=WORDS).rename(columns=str).to_parquet(tmp_path / "u.parquet")
    assert read(tmp_path / "u.parquet").keys == WORDS


BAD: dict[str, Any] = {
    "lists": pa.array([[1.0], [1.0, 2.0], None, [3.0, 4.0], [5.0, None], [7.0, 8.0]], pa.list_(pa.float32())),
    "fixed": pa.array([None, [1.0, 2.0], None, [3.0, 4.0], [5.0, None], [7.0, 8.0]], pa.list_(pa.float32(), 2)),
    "views": pa.array([[1.0], [1.0, 2.0], None, [3.0, 4.0], [5.0, None], [7.0, 8.0]], pa.list_view(pa.float32())),
    "text": pa.array(["[1]", "[1, 2]", None, "[3, 4]", "[5, x]", "[7, 8]"]),
}


@pytest.mark.parametrize("write", [parquet, arrow])
@pytest.mark.parametrize("kind", BAD)
def test_bad_rows_are_left_out_and_told(tmp_path: Path, kind: str, write: Callable[..., Path]) -> None:
    if write is parquet and kind == "views":
        return
    path = write(tmp_path / "t.any", vector=BAD[kind], key=["a", "b", "c", "d", "e", None])
    with pytest.raises(InvalidInputError, match="invalid='skip'"):
        read(path)
    found = read(path, invalid="skip")
    assert found.vectors.tolist() == [[1, 2], [3, 4]]
    assert found.keys == ["b", "d"]
    assert found.report.skipped_rows == 4
    assert [one.split(" (")[0] for one in found.report.first_skipped] == ["row 0", "row 2", "row 4"]
    numbered = read(path, invalid="skip", key_column=False)
    assert np.asarray(numbered.keys).tolist() == [1, 3, 5]
    with open_rows(path, room=None, scratch=None, invalid="skip") as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == found.vectors.tolist()
        assert stream.finish() == (found.keys, found.report)


def test_missing_numbers_in_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", x0=[1.0, None, 3.0], x1=[1, 2, 3])
    with pytest.raises(InvalidInputError, match="the column x0 has 1 missing numbers"):
        read(path)
    assert read(path, invalid="skip").vectors.tolist() == [[1, 1], [3, 3]]
    with pytest.raises(InvalidInputError, match="none of its 2 rows can be read"):
        read(parquet(tmp_path / "u.parquet", x0=pa.array([None, None], pa.float32()), x1=[1, 2]), invalid="skip")
