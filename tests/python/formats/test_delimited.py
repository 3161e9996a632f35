"""Delimited text as people have it: headers of numbers, quotes of every sort, columns that are not vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats import open_rows, read

File = Callable[[str, bytes | str], Path]
MATRIX = np.array([[0.5, -0.25, 1.0], [2.5, 0.125, -4.0]], np.float32)


@pytest.mark.parametrize("words", [["the", "of"], [5, 7]])
@pytest.mark.parametrize("columns", [[0, 1, 2], [2001, 2002, 2003], [1990, 2000, 2005], ["x", "y", "z"]])
@pytest.mark.parametrize("named", [None, "word"])
def test_a_frame_that_pandas_wrote(file: File, words: list[Any], columns: list[Any], named: str | None) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(MATRIX, index=words, columns=columns)
    text = frame.to_csv(index_label=named)
    found = read(file("t.csv", text))
    assert list(found.keys if found.keys is not None else []) == words
    np.testing.assert_array_equal(found.vectors, MATRIX)
    tabs = read(file("t.tsv", frame.to_csv(sep="\t", index_label=named)))
    assert tabs.vectors.tolist() == MATRIX.tolist()


@pytest.mark.parametrize("columns", [[0, 1, 2], [2001, 2002, 2003], [1990, 2000, 2005], ["x", "y", "z"]])
def test_a_frame_without_its_index(file: File, columns: list[Any]) -> None:
    pandas = pytest.importorskip("pandas")
    found = read(file("t.csv", pandas.DataFrame(MATRIX, columns=columns).to_csv(index=False)))
    assert found.keys is None
    np.testing.assert_array_equal(found.vectors, MATRIX)


@pytest.mark.parametrize("text", [
    "0,1,2\n5,9,1\n", "0,1\n0.5,0.25\n", "2001,2002\n0.5,3\n", "0,1,2\n0.5,1,0.25\n",
    "0,1,2\n", "400.0,402.5,405.0,407.5\n0.1,0.2,0.3,0.4\n", "id,5,9\n7,1,2\n",
])  # fmt: skip
def test_a_first_line_that_may_be_either_is_refused(file: File, text: str) -> None:
    path = file("t.csv", text)
    if text == "0,1,2\n":
        assert read(path).vectors.tolist() == [[0, 1, 2]]  # nothing else is there
        return
    with pytest.raises(
        InvalidInputError, match=r"may be names of columns or a row of numbers.*header=True or header=False"
    ):
        read(path)
    with_header, without = read(path, header=True), read(path, header=False)
    assert len(without) == len(with_header) + 1


def test_an_empty_first_field_is_no_key_by_itself(file: File) -> None:
    path = file("t.csv", ",0.5,0.75\nx,1.5,2.5\n")
    with pytest.raises(InvalidInputError, match="may be names of columns or a row of numbers"):
        read(path)
    with pytest.raises(InvalidInputError, match="begins with an empty field: fill it and pass key_column=0"):
        read(path, header=False)
    with pytest.raises(InvalidInputError, match="line 1: its key is missing, column 0 is empty"):
        read(path, header=False, key_column=0)
    assert read(path, header=False, key_column=0, invalid="skip").keys == ["x"]


@pytest.mark.parametrize(("keys", "expected"), [(["a", "", "b"], ["a", "b"]), (["5", "", "7"], [5, 7])])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
@pytest.mark.parametrize("vector", [False, True])
def test_an_empty_cell_is_no_key(file: File, keys: list[str], expected: list[Any], name: str, vector: bool) -> None:
    cells = ["word", *keys]
    rest = ["vector", *(['"[1, 2]"'] * 3)] if vector else ["x,y", *(["1,2"] * 3)]
    lines = [f"{cell},{other}" for cell, other in zip(cells, rest, strict=True)]
    text = "\n".join(lines) if name == "t.csv" else "\n".join(lines).replace(",", "\t").replace("\t ", ", ")
    path = file(name, text + "\n")
    with pytest.raises(
        InvalidInputError, match=r"line 3: its key is missing, the column 'word' is empty: .*invalid='skip'"
    ):
        read(path)
    found = read(path, invalid="skip")
    assert list(found.keys if found.keys is not None else []) == expected
    assert found.report.skipped_rows == 1
    assert found.report.first_skipped == ("line 3 (its key is missing, the column 'word' is empty)",)
    with open_rows(path, room=None, scratch=None, invalid="skip") as stream:
        assert len(np.concatenate(list(stream.pieces))) == 2
        assert stream.finish()[1] == found.report


def test_an_empty_text_in_quotes_is_a_key(file: File) -> None:
    for text in ('word,x,y\na,1,2\n"",3,4\n', 'word,x,y\n"",3,4\na,1,2\n', 'a,1,2\nb,3,4\n"",5,6\n'):
        assert "" in (read(file("t.csv", text)).keys or [])
    assert read(file("t.tsv", 'word\tx\na\t1\n""\t2\n')).keys == ["a", ""]
    with pytest.raises(InvalidInputError, match="line 3: its key is missing"):
        read(file("t.csv", 'word,x,y\n"",3,4\n,1,2\n'))


def test_rows_of_numbers_stay_rows(file: File) -> None:
    matrix = np.arange(12).reshape(4, 3)
    text = "\n".join(",".join(map(str, row)) for row in matrix.tolist())
    assert read(file("t.csv", text)).vectors.tolist() == matrix.tolist()
    assert len(read(file("t.csv", "word,1,0,1\nother,0.5,2,1\n"))) == 2
    assert len(read(file("t.csv", "5,7,2\n0.5,2,1\n"))) == 2


def test_row_numbers_without_a_header_are_no_dimension(file: File) -> None:
    for first in (0, 1):
        path = file("t.csv", "".join(f"{first + row},{row}.5,-{row}.25\n" for row in range(4)))
        with pytest.raises(
            InvalidInputError,
            match=r"first column seems to count rows.*key_column=0 if these are keys.*key_column=False",
        ):
            read(path)
        assert np.asarray(read(path, key_column=0).keys).tolist() == [first + row for row in range(4)]
        assert read(path, key_column=False).vectors.shape == (4, 3)
    assert read(file("t.csv", "0,1,0\n1,0,0\n")).vectors.shape == (2, 3)


def test_a_class_beside_the_numbers_is_no_key_by_itself(file: File) -> None:
    for text in ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "sepal,petal,species\n5.1,3.5,setosa\n4.9,3.0,setosa\n"):
        path = file("t.csv", text)
        with pytest.raises(
            InvalidInputError, match=r"key or a class that many rows share.*key_column=2 if.*key_column=False"
        ):
            read(path)
        assert len(read(path, key_column=False)) == 2
        assert read(path, key_column=2).keys == ["setosa"]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;\r", "\ufeffsep=;"])
def test_a_first_line_for_excel_names_the_delimiter(file: File, first: str) -> None:
    path = file("t.csv", f"{first}\nplace;lat;lon\nOslo, Norway;1;2\nRome;x;4\n".encode())
    with pytest.raises(CorruptFileError, match="line 4: a value is not a number"):
        read(path)
    found = read(path, invalid="skip")
    assert (found.keys, found.vectors.tolist()) == (["Oslo, Norway"], [[1, 2]])
    assert found.report.blank_lines == 0
    assert read(path, invalid="skip", delimiter=";").keys == found.keys


def test_words_in_quotes_with_spaces_between(file: File) -> None:
    path = file("t.txt", '"a" 1 2\n"b c" 3 4\n')
    with pytest.raises(InvalidInputError, match="every word is in quotes.*format='delimited', delimiter=' '"):
        read(path)
    assert read(path, format="delimited", delimiter=" ").keys == ["a", "b c"]


def test_a_header_of_r_has_no_name_for_the_rows(file: File) -> None:
    found = read(file("t.csv", '"x","y"\n"a",1,2\n"b",3,4\n'))
    assert found.keys == ["a", "b"]
    with pytest.raises(CorruptFileError, match=r"line 2 has 4 fields; 2 are expected, as the first line has"):
        read(file("t.csv", "x,y\na,1,2,3\n"))


def test_line_feeds_inside_quotes(file: File) -> None:
    text = 'w,x,y\n"two\nlines",1,2\nplain,3,4\n"and\r\n\n""three""",5,"6"\nlast,7,8\n'
    found = read(file("t.csv", text))
    assert found.keys == ["two\nlines", "plain", 'and\r\n\n"three"', "last"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    with open_rows(file("u.csv", text), room=None, scratch=None) as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == found.vectors.tolist()
        assert stream.finish()[0] == found.keys
    with pytest.raises(
        CorruptFileError, match=r"line 2: its quotes are not valid \(one is open until the end of the file"
    ):
        read(file("t.csv", 'a,1\n"b,2\nc,3\n'))


@pytest.mark.parametrize("name", ["t.tsv", "t.txt"])
def test_a_quote_is_a_word_between_tabs(file: File, name: str) -> None:
    words = ["the", '"', "''", '"quoted', 'in"side', "`", ","]
    text = "".join(f"{word}\t{row}.5\t2\n" for row, word in enumerate(words))
    found = read(file(name, text))
    assert found.keys == words
    assert found.vectors[:, 0].tolist() == [row + 0.5 for row in range(len(words))]
    assert read(file(name, '"\t1\t2\n"\t3\t4\n')).keys == ['"']


def test_a_quote_is_a_word_in_glove(file: File) -> None:
    words = [",", '"', "the", '""', "'"]
    for dims in (1, 3):
        row = " ".join(["0.5"] * dims)
        found = read(file("w.txt", "".join(f"{word} {row}\n" for word in words)))
        assert found.keys == words, dims
        assert found.vectors.shape == (5, dims)


def test_quotes_enclose_between_tabs_too(file: File) -> None:
    text = 'w\tx\n"a\tb"\t1\n"c ""d"""\t2\n"e\nf"\t3\n'
    assert read(file("t.tsv", text)).keys == ["a\tb", 'c "d"', "e\nf"]
    both = file("t.tsv", '"a"\t1\t2\n"\t3\t4\n')
    with pytest.raises(
        InvalidInputError, match=r"ordinary character in line 2, but encloses a field in line 1.*quotes=True.*quotes="
    ):
        read(both)
    assert read(both, quotes=False).keys == ['"a"', '"']
    assert read(file("t.csv", '",1,2\n"",3,4\n'), quotes=False).keys == ['"', '""']
    assert read(file("t.tsv", '"a"\t1\n"b"\t2\n'), quotes=True).keys == ["a", "b"]


@pytest.mark.parametrize("text", [
    "the 0,1 0,2 0,3\nof 1,5 2,5 3,5\n", "2 3\nthe 0,1 0,2 0,3\nof 0,1 0,2 0,3\n", "1 1\nthe 0,1\n",
    "the 0,1\nof 0,2\n",
    "the\t0,1\nof\t0,2\n", "the\t0,1\t0,2\nof\t0,2\t0,4\n", "the;0,1\nof;0,2\n", "w;x;y\nthe;0,1;0,2\n",
    "0,1;0,2\n0,5;0,25\n", 'w,x\nthe,"0,5"\n', "the 1 2\nof 0,5 2\n", "the;1;2\nof;0,5;2\n", "2 2\nthe 1 2\nof 0,5 2\n",
])  # fmt: skip
@pytest.mark.parametrize("name", ["t.txt", "t.csv", "t.tsv", "t.vec", "t.bin", "t"])
def test_decimal_commas_are_refused(file: File, text: str, name: str) -> None:
    """Each way that such a file may be taken leads to the same sentence, and none to numbers."""
    if text.startswith(("2 3", "1 1", "2 2", "the 1 2")) and name in ("t.csv", "t.tsv"):
        return  # no delimited text
    with pytest.raises((CorruptFileError, InvalidInputError), match=r"decimal comma"):
        read(file(name, text))


def test_commas_between_numbers_are_no_decimal_commas(file: File) -> None:
    assert read(file("t.csv", "1,2\n3,4\n"), header=False).vectors.tolist() == [[1, 2], [3, 4]]
    assert read(file("t.csv", "New York,1,2\nRome,3,4\n")).keys == ["New York", "Rome"]
    assert read(file("t.csv", "a 1,2\nb 3,4\n"), delimiter=",").keys == ["a 1", "b 3"]


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.jsonl"])
def test_carriage_returns_alone_end_lines(file: File, name: str) -> None:
    rows = {"t.csv": ["a,1,2", "b,3,4"], "t.txt": ["a 1 2", "b 3 4"], "t.jsonl": ['["a",[1,2]]', '["b",[3,4]]']}[name]
    for text in ("\r".join(rows), "\r".join(rows) + "\r"):
        found = read(file(name, text))
        assert found.keys == ["a", "b"]
        assert found.vectors.tolist() == [[1, 2], [3, 4]]
    assert read(file("w.vec", "2 2\ra 1 2\rb 3 4\r")).keys == ["a", "b"]
    mixed = "\r".join(rows * 8000) + "\n" + "\r".join(rows)
    with pytest.raises(CorruptFileError, match="some in a line feed: give all lines the same end"):
        read(file(name, mixed))


@pytest.mark.parametrize(("name", "text"), [
    ("t.csv", "a,1,2\nb\rc,3,4\n"), ("t.txt", "a 1 2\nb 3 4\rc 5 6\nd 7 8\n"), ("w.vec", "2 2\na 1 2\nb 3 4\rc 5 6\n"),
])  # fmt: skip
def test_a_carriage_return_within_a_line_is_refused(file: File, name: str, text: str) -> None:
    with pytest.raises(CorruptFileError, match="carriage return"):
        read(file(name, text))


PLACES = "city,country,lat,lon\nParis,France,48.5,2.25\nRome,Italy,41.75,12.5\n"


def test_columns_are_chosen(file: File) -> None:
    path = file("t.csv", PLACES)
    with pytest.raises(
        InvalidInputError, match=r"2 columns hold text.*city \('Paris'\), country.*key_column=.*vector_columns="
    ):
        read(path)
    found = read(path, vector_columns=["lat", "lon"], key_column="city")
    assert found.keys == ["Paris", "Rome"]
    assert found.vectors.tolist() == [[48.5, 2.25], [41.75, 12.5]]
    assert read(path, vector_columns=["lon", 2], key_column=False).vectors.tolist() == [[2.25, 48.5], [12.5, 41.75]]
    with pytest.raises(InvalidInputError, match="2 columns hold text"):
        read(path, vector_columns=["lat", "lon"])
    with pytest.raises(
        InvalidInputError, match=r"vector_columns='height': no column has that name; the columns are city, country, lat"
    ):
        read(path, vector_columns=["height"])
    with pytest.raises(InvalidInputError, match="each once"):
        read(path, vector_columns=["lat", "lat"])
    with pytest.raises(InvalidInputError, match="pass a list"):
        read(path, vector_columns="lat")
    one = file("t.csv", "x,name,y\n1,a,2\n3,b,4\n")
    assert read(one).keys == ["a", "b"]
    numbered = file("t.csv", "x,y,ID\n1,2,7\n3,4,8\n")
    assert np.asarray(read(numbered).keys).tolist() == [7, 8]
    assert read(numbered).vectors.tolist() == [[1, 2], [3, 4]]


def test_what_has_one_column_says_that_no_delimiter_was_found(file: File) -> None:
    for text in ("a 1 2\nb 3 4\n", "1 2 3\n4 5 6\n", "x y\n1 2\n"):
        with pytest.raises(InvalidInputError, match="no delimiter was found in line [12].*format='glove'"):
            read(file("t.csv", text))


def test_a_sound_file_is_never_called_damaged(file: File) -> None:
    for text in (
        PLACES,
        "id,kind,x,y\n1,a,2,3\n2,b,4,5\n",
        "Paris,48.5,2.25,France\n",
        "a,1,\nb,2,3\n",
        "a,1,None\nb,2,3\n",
    ):
        with pytest.raises(InvalidInputError) as caught:
            read(file("t.csv", text))
        assert "mend" not in str(caught.value) or "invalid" in str(caught.value)


VECTORS_IN_TEXT = 'id,title,embedding\n7,"a, b","[0.5, -0.25, 1]"\n8,c,"[2.5,0.125,-4e0]"\n'


def test_vectors_as_text(file: File) -> None:
    found = read(file("t.csv", VECTORS_IN_TEXT))
    assert np.asarray(found.keys).tolist() == [7, 8]
    np.testing.assert_array_equal(found.vectors, MATRIX)
    assert read(file("t.csv", VECTORS_IN_TEXT), key_column="title").keys == ["a, b", "c"]
    numpy = 'id,embedding\na,"[ 0.5  -0.25\n  1.  ]"\nb,[2.5 0.125 -4.]\n'
    np.testing.assert_array_equal(read(file("t.csv", numpy)).vectors, MATRIX)
    np.testing.assert_array_equal(read(file("t.tsv", "a\t[0.5, -0.25, 1]\nb\t[2.5, 0.125, -4]\n")).vectors, MATRIX)
    with pytest.raises(InvalidInputError, match=r"line 3.*shortened"):
        read(file("t.csv", 'id,embedding\na,"[1, 2]"\nb,"[1 ... 2]"\n'))
    with pytest.raises(CorruptFileError, match=r"line 3 has 1 numbers; 2 are expected"):
        read(file("t.csv", 'id,embedding\na,"[1, 2]"\nb,[1]\n'))
    two = file("t.csv", 'a,b\n"[1, 2]","[3, 4]"\n')
    with pytest.raises(InvalidInputError, match="2 columns hold vectors in brackets.*vector_column="):
        read(two)
    assert read(two, vector_column="b").vectors.tolist() == [[3, 4]]


BAD_ROWS = 'w,x,y\na,1,2\nb,,2\nc,1\nd,1,x\ne,3,4\nf,NA,1\n"g"h,1,2\ni,5,6\n'


def test_bad_rows_are_left_out_and_told(file: File) -> None:
    path = file("t.csv", BAD_ROWS)
    with pytest.raises(InvalidInputError, match=r"line 3: a value is missing.*invalid='skip'"):
        read(path)
    found = read(path, invalid="skip")
    assert found.keys == ["a", "e", "i"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.report.skipped_rows == 5
    assert [one.split(" (")[0] for one in found.report.first_skipped] == ["line 3", "line 4", "line 5"]
    assert "5 rows that cannot be read were left out: line 3 (a value is missing" in repr(found)
    with open_rows(path, room=None, scratch=None, invalid="skip") as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == found.vectors.tolist()
        assert stream.finish() == (found.keys, found.report)


def test_rows_without_keys_keep_their_numbers_where_some_are_left_out(file: File) -> None:
    found = read(file("t.csv", "9,1\n,2\n3\n4,5\n6,7\n"), invalid="skip")
    assert np.asarray(found.keys).tolist() == [0, 3, 4]
    assert found.vectors.tolist() == [[9, 1], [4, 5], [6, 7]]


def test_a_short_first_row_does_not_decide(file: File) -> None:
    found = read(file("t.csv", "a,1\nb,1,2\nc,3,4\nd,5,6\n"), invalid="skip")
    assert found.keys == ["b", "c", "d"]
    with pytest.raises(InvalidInputError, match=r"none of its 2 rows can be read: line 2"):
        read(file("t.csv", "w,x\na,\nb,\n"), invalid="skip")
