"""Tables: delimited text, JSON lines, Parquet and Arrow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats import Embeddings, read

File = Callable[[str, bytes | str], Path]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("header", [None, ["word", "x", "y"]])
def test_delimited_with_keys(file: File, delimiter: str, header: list[str] | None) -> None:
    rows = [["a", "1", "2.5"], ["b", "-3", "4e1"]]
    text = "".join(delimiter.join(row) + "\n" for row in ([header] if header else []) + rows)
    embeddings = read(file("t.csv", text))
    assert embeddings.keys == ["a", "b"]
    assert embeddings.vectors.tolist() == [[1, 2.5], [-3, 40]]
    assert read(file("t.dat", text)).format in ("delimited", "glove")  # tabs are GloVe's too


def test_delimited_without_keys(file: File) -> None:
    assert read(file("t.csv", "1,2\n3,4\n")).keys is None
    assert read(file("t.csv", "x,y\n1,2\n3,4\n")).vectors.tolist() == [[1, 2], [3, 4]]
    keyed = read(file("t.csv", "1,2\n3,4\n"), key_column=0)
    assert np.asarray(keyed.keys).tolist() == [1, 3]
    assert keyed.vectors.tolist() == [[2], [4]]
    assert np.asarray(read(file("t.csv", "id,x\n7,2\n8,4\n")).keys).tolist() == [7, 8]


def test_delimited_columns_by_name_and_place(file: File) -> None:
    path = file("t.csv", "x,name,y\n1,a,2\n3,b,4\n")
    for column in ("name", 1):
        embeddings = read(path, key_column=column, header=True)
        assert embeddings.keys == ["a", "b"]
        assert embeddings.vectors.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(InvalidInputError, match=r"key_column='z': no column has that name; the columns are x, name, y"):
        read(path, key_column="z")
    with pytest.raises(InvalidInputError, match="key_column=3: give 0 to 2"):
        read(path, key_column=3)
    with pytest.raises(InvalidInputError, match="has no header"):
        read(file("n.csv", "a,1\n"), key_column="x")
    with pytest.raises(
        InvalidInputError, match=r"line 1: a value is not a number \('x'\).*vector_columns=.*header=True"
    ):
        read(path, header=False, key_column=False)


def test_delimited_quotes(file: File) -> None:
    embeddings = read(file("t.csv", 'w,x\n"a, ""b""",1\nplain,2\n'))
    assert embeddings.keys == ['a, "b"', "plain"]
    for line in ('"b,2', '"b" ,2', 'b\rc,"2"'):
        with pytest.raises(CorruptFileError, match="line 2: its quotes are not valid"):
            read(file("t.csv", f"a,1\n{line}\n"))


def test_delimited_oddities(file: File) -> None:
    embeddings = read(file("t.csv", b"\xef\xbb\xbfa,1\r\n\r\nb,2\r\na,3"))
    assert embeddings.keys == ["a", "b"]
    assert (embeddings.report.blank_lines, embeddings.report.duplicates) == (1, 1)
    with pytest.raises(CorruptFileError, match=r"line 2 has 1 numbers; 2 are expected, as in the first row"):
        read(file("t.csv", "a,1,2\nb,3\n"))
    with pytest.raises(CorruptFileError, match=r"line 2: a value is not a number \('x'\)"):
        read(file("t.csv", "a,1,2\nb,3,x\n"))
    with pytest.raises(CorruptFileError, match=r"line 2 is not UTF-8 \(its byte 2, 0xff\)"):
        read(file("t.csv", b"a,1\nb\xff,2\n"))
    mended = read(file("t.csv", b"a,1\nb\xff,2\n"), errors="replace")
    assert mended.keys == ["a", "b\ufffd"]
    assert mended.report.bytes_repaired == 1
    with pytest.raises(CorruptFileError, match="has no rows"):
        read(file("t.csv", "word,x,y\n"))
    with pytest.raises(InvalidInputError, match="delimiter='ab': pass one character"):
        read(file("t.csv", "a,1\n"), delimiter="ab")
    assert read(file("t.csv", "a:1:2\n"), delimiter=":").keys == ["a"]


def test_delimited_lines_of_both_ways(file: File) -> None:
    """The compiled core takes the plain lines; those between them are as good."""
    lines = ["w,x,y", "a,1,2", "b, 3 ,4", '"c, ""d""","5",6', "e,10.,\t7 ", "a,0,0", "", "f,-inf,1e999"]
    embeddings = read(file("t.csv", "\n".join(lines)))
    assert embeddings.keys == ["a", "b", 'c, "d"', "e", "f"]
    assert embeddings.vectors.tolist() == [[1, 2], [3, 4], [5, 6], [10, 7], [-np.inf, np.inf]]
    assert (embeddings.report.duplicates, embeddings.report.blank_lines) == (1, 1)
    assert read(file("t.csv", "a·1·2\nb·3·4\n"), delimiter="·").vectors.tolist() == [[1, 2], [3, 4]]


FIELDS = st.one_of(
    st.floats(width=32).map(repr),
    st.integers(-99, 10**20).map(str),
    st.sampled_from(
        ["a", "", " ", " 1 ", "+.5", "1_0", "1e999", "١", "-nan", '"', '"a"', '"1"', '""', '"a,b"', "\r", "é"]
    ),
)
ROWS = st.one_of(st.lists(FIELDS, min_size=3, max_size=3), st.lists(FIELDS, min_size=1, max_size=4))
TABLES = st.lists(ROWS, min_size=1, max_size=3)


def outcome(path: Path, options: dict[str, object]) -> Embeddings | str:
    try:
        return read(path, **options)  # type: ignore[arg-type]
    except (CorruptFileError, InvalidInputError) as error:
        return str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(TABLES, st.sampled_from([",", ";", "\t", " ", ".", "e"]), st.sampled_from([None, False, 0, 1]), st.booleans())
def test_the_short_way_means_the_same(
    file: File, table: list[list[str]], delimiter: str, key: int | None, bad_byte: bool
) -> None:
    """Whatever the table: the vectors, keys and refusals are those of the way in Python alone."""
    text = "\n".join(delimiter.join(row) for row in [["a", "1", "2"], ["1", "2", "3"], *table]).encode()
    path = file("t.csv", text.replace(b"\xc3", b"") if bad_byte else text)
    options: dict[str, object] = {"key_column": key, "delimiter": delimiter, "errors": "replace"}
    found = outcome(path, options)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_core, "read_delimited", lambda *arguments: None)
        expected = outcome(path, options)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    assert list(found.keys if found.keys is not None else []) == list(
        expected.keys if expected.keys is not None else []
    )
    assert found.report == expected.report


def test_numbers_as_keys_and_a_mixture(file: File) -> None:
    assert read(file("t.csv", "word,x\n1,2\na,3\n")).keys == ["1", "a"]
    assert read(file("t.csv", "word,x\n01,2\n1,3\n")).keys == ["01", "1"]


JSON_FORMS: dict[str, list[object]] = {
    "objects": [{"word": "a", "vector": [1, 2]}, {"word": "b", "vector": [3.5, 4]}],
    "other names": [{"id": "a", "n": 1, "embedding": [1, 2]}, {"id": "b", "embedding": [3.5, 4]}],
    "pairs": [["a", [1, 2]], ["b", [3.5, 4]]],
}


@pytest.mark.parametrize("form", JSON_FORMS)
def test_json_lines_in_their_forms(file: File, form: str) -> None:
    text = "\n".join(map(json.dumps, JSON_FORMS[form]))
    for name in ("t.jsonl", "t.txt"):
        embeddings = read(file(name, text))
        assert embeddings.keys == ["a", "b"]
        assert embeddings.vectors.tolist() == [[1, 2], [3.5, 4]]


def test_json_lines_keys_and_columns(file: File) -> None:
    path = file("t.jsonl", '{"k": 5, "id": 1, "a": [1], "b": [2]}\n\n{"k": 6, "id": 2, "a": [3], "b": [4]}\n')
    embeddings = read(path, vector_column="b", key_column="k")
    assert np.asarray(embeddings.keys).tolist() == [5, 6]
    assert embeddings.vectors.tolist() == [[2], [4]]
    assert embeddings.report.blank_lines == 1
    assert read(path, vector_column="a", key_column=False).keys is None
    assert read(file("t.jsonl", "[1, 2]\n[3, NaN]\n")).keys is None


@pytest.mark.parametrize(("line", "sentence"), [
    ('{"word": "b", "vector": [1]', "line 2 is not JSON"),
    ('{"word": "b", "vector": [1, 2, 3]}', "line 2 has 3 numbers; 2 are expected"),
    ('{"word": "b", "vector": [1, "2"]}', "line 2: a value is not a number"),
    ('{"word": "b", "vector": [1, true]}', "line 2 has no vector"),
    ('{"word": "b", "vector": [1, null]}', "line 2: a value is missing"),
    (f'{{"word": "b", "vector": [1, {10**400}]}}', "line 2: a value is not a number"),
    ('{"word": "b"}', "line 2 has no vector"),
    ('{"vector": [1, 2]}', "some rows have keys and some have none"),
    ('{"word": ["b"], "vector": [1, 2]}', "neither a string nor a whole number"),
    ('{"word": "\\ud800", "vector": [1, 2]}', "lone surrogate"),
    ("7", "line 2 has no vector"),
    ("[" * 100_000, "line 2 is not JSON"),
])  # fmt: skip
def test_json_lines_that_cannot_be_read_are_named(file: File, line: str, sentence: str) -> None:
    with pytest.raises((CorruptFileError, InvalidInputError), match=sentence):
        read(file("t.jsonl", f'{{"word": "a", "vector": [1, 2]}}\n{line}\n'))


def test_a_bracket_may_be_a_word(file: File) -> None:
    embeddings = read(file("w.txt", "[ 1 2\n{ 3 4\n"))
    assert embeddings.format == "glove"
    assert embeddings.keys == ["[", "{"]


def parquet(path: Path, **columns: object) -> Path:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


def test_parquet_of_many_shapes(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    kinds = ((pa.list_(pa.float32()), "f4"), (pa.large_list(pa.float64()), "f8"), (pa.list_(pa.float32(), 2), "f4"))
    for number, (kind, dtype) in enumerate(kinds):
        path = parquet(tmp_path / f"{number}.parquet", vector=pa.array(rows, kind), key=["a", "b", "a"])
        embeddings = read(path)
        assert embeddings.vectors.tolist() == rows[:2]
        assert embeddings.vectors.dtype == dtype
        assert embeddings.keys == ["a", "b"]
        assert embeddings.report.duplicates == 1
        assert len(read(path, key_column=False)) == 3


def test_parquet_columns(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = parquet(tmp_path / "t.parquet", a=[[1.0], [2.0]], b=[[3.0], [4.0]], number=[7, 8], label=[1, 1])
    with pytest.raises(InvalidInputError, match=r"2 columns hold lists of numbers; the columns are a \(list"):
        read(path)
    assert read(path, vector_column="b").keys is None
    assert np.asarray(read(path, vector_column="b", key_column="number").keys).tolist() == [7, 8]
    with pytest.raises(InvalidInputError, match="vector_column='number' holds neither lists of numbers nor"):
        read(path, vector_column="number")
    with pytest.raises(InvalidInputError, match="pass the name of a column"):
        read(path, vector_column="b", key_column=1)


@pytest.mark.parametrize(("columns", "sentence"), [
    ({"v": [[1.0, 2.0], [3.0]]}, "differ in length"),
    ({"v": [[1.0, 2.0], None]}, "1 empty entries"),
    ({"v": [[1.0, None], [2.0, 3.0]]}, "1 missing numbers"),
    ({"v": [[1.0], [2.0]], "key": ["a", None]}, "1 empty keys"),
    ({"v": [[1.0], [2.0]], "key": [1, None]}, "1 empty keys"),
])  # fmt: skip
def test_parquet_that_is_no_table_of_vectors(tmp_path: Path, columns: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        read(parquet(tmp_path / "t.parquet", **columns))


def test_parquet_without_rows(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    empty = pa.array([], pa.list_(pa.float32(), 3))
    assert read(parquet(tmp_path / "t.parquet", v=empty)).vectors.shape == (0, 3)
    with pytest.raises(InvalidInputError, match="the number of dimensions is unknown"):
        read(parquet(tmp_path / "u.parquet", v=pa.array([], pa.list_(pa.float32()))))


@pytest.mark.parametrize("name", ["item", "movieId", "product_id", "title", "city"])
@pytest.mark.parametrize("keys", [["7", "9"], ["a", "b"]])
def test_an_index_of_any_name_heads_numbered_columns(file: File, name: str, keys: list[str]) -> None:
    """As pandas writes a frame with a named index: the header was a row."""
    lines = [f"{name},0,1,2", *(f"{key},0.5,1.25,-2" for key in keys)]
    text = "\n".join(lines).replace("-2", "-2.5") + "\n"
    assert read(file("t.csv", text)).vectors.tolist() == [[0.5, 1.25, -2.5]] * 2


def test_a_word_with_counted_numbers_is_a_row_or_refused(file: File) -> None:
    assert list(read(file("t.csv", "a,0,1,2\nb,3,4,5\n")).keys) == ["a", "b"]  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="may be names of columns or a row of numbers"):
        read(file("u.csv", "a,0,1,2\nb,1,4,5\n"))


@pytest.mark.parametrize("cell", ["1,5", "1.234,5", "1%", "(1)", "1.2.3", "0x10", "1_000", "\u22121", "#REF!", "#N/A"])
@pytest.mark.parametrize("header", ["x;y\n", ""])
def test_what_is_nearly_a_number_makes_no_keys_of_its_column(file: File, cell: str, header: str) -> None:
    path = file("t.csv", f"{header}{cell};2\n3;4\n")
    if "," in cell and not header:
        pytest.skip("that may be two columns")
    with pytest.raises(InvalidInputError, match=r"almost a number: correct it, or pass key_column=0"):
        read(path)
    assert list(read(path, key_column=0).keys) == [cell, "3"]  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["id,word,x", "user_id,name,x", "id,key,x"])
def test_numbers_that_may_be_keys_are_no_dimension_beside_them(file: File, header: str) -> None:
    path = file("t.csv", f"{header}\n1,a,1\n2,b,2\n")
    with pytest.raises(InvalidInputError, match=r"could each be the key.*vector_columns="):
        read(path)
    chosen = read(path, key_column=header.split(",")[1], vector_columns=["x"])
    assert (list(chosen.keys), chosen.vectors.tolist()) == (["a", "b"], [[1.0], [2.0]])  # type: ignore[arg-type]


def test_numbers_without_words_are_no_glove(file: File) -> None:
    """As numpy.savetxt writes them: the first of each line became its key."""
    path = file("t.txt", "1.5e-01 2.0e+00\n-3.5e-01 4.0e+00\n")
    with pytest.raises(InvalidInputError, match="2 numbers and no words.*format='delimited'"):
        read(path)
    found = read(path, format="delimited", delimiter=" ", key_column=False)
    assert found.vectors.tolist() == [[np.float32(0.15), 2.0], [np.float32(-0.35), 4.0]]
