"""word2vec's text format, GloVe's and fastText's: everything odd that such files have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nearabout.errors import CorruptFileError, InvalidInputError, TruncatedFileError
from nearabout.formats import Embeddings, read

File = Callable[[str, bytes | str], Path]


def keys_of(embeddings: Embeddings) -> list[object]:
    assert embeddings.keys is not None
    return list(embeddings.keys)


def test_words_with_spaces(file: File) -> None:
    text = "a 1 2\n. . . 3 4\nat name@domain.com 5 6\nBoeing 747 7 8\n"
    for name, content in (("w.txt", text), ("w.vec", f"4 2\n{text}")):
        embeddings = read(file(name, content))
        assert keys_of(embeddings) == ["a", ". . .", "at name@domain.com", "Boeing 747"]
        assert embeddings.vectors.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
        assert embeddings.vectors.dtype == np.float32


def test_a_missing_last_newline(file: File) -> None:
    assert keys_of(read(file("w.vec", "2 2\na 1 2\nb 3 4"))) == ["a", "b"]
    assert keys_of(read(file("w.txt", "a 1 2\nb 3 4"))) == ["a", "b"]


def test_windows_line_ends_and_trailing_blanks(file: File) -> None:
    assert keys_of(read(file("w.vec", "2 2\r\na 1 2\r\nb 3 4 \r\n"))) == ["a", "b"]
    assert keys_of(read(file("w.txt", "a 1 2\r\n\r\nb\t3\t4\r\n"))) == ["a", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_word(file: File) -> None:
    assert keys_of(read(file("w.vec", b"\xef\xbb\xbf1 2\na 1 2\n"))) == ["a"]
    assert keys_of(read(file("w.txt", b"\xef\xbb\xbfa 1 2\n"))) == ["a"]


def test_blank_lines_are_counted(file: File) -> None:
    embeddings = read(file("w.txt", "a 1 2\n\n  \nb 3 4\n\n"))
    assert keys_of(embeddings) == ["a", "b"]
    assert embeddings.report.blank_lines == 3
    assert "3 blank lines" in repr(embeddings)


def test_of_duplicate_words_the_first_stays(file: File) -> None:
    embeddings = read(file("w.vec", "4 1\na 1\nb 2\na 3\nc 4\n"))
    assert keys_of(embeddings) == ["a", "b", "c"]
    assert embeddings.vectors.tolist() == [[1], [2], [4]]
    assert embeddings.report.duplicates == 1
    assert embeddings.report.sentences() == ["1 row with a duplicate key left out (the first row of each key stays)"]


@pytest.mark.parametrize("name", ["w.txt", "w.vec"])
def test_bytes_that_are_not_utf8(file: File, name: str) -> None:
    header = "3 1\n" if name == "w.vec" else ""
    path = file(name, header.encode() + b"good 1\ncaf\xe9 2\n\x97x\x98 3\n")
    with pytest.raises(CorruptFileError, match=rf"line {2 + bool(header)}.*byte 4, 0xe9.*errors='replace'"):
        read(path)
    replaced = read(path, errors="replace")
    assert keys_of(replaced) == ["good", "caf\ufffd", "\ufffdx\ufffd"]
    assert replaced.report.bytes_repaired == 3
    assert keys_of(read(path, errors="ignore")) == ["good", "caf", "x"]


def test_words_that_become_equal_by_repair_are_duplicates(file: File) -> None:
    embeddings = read(file("w.txt", b"x\xff 1\nx\xfe 2\n"), errors="ignore")
    assert keys_of(embeddings) == ["x"]
    assert embeddings.report.duplicates == 1


def test_a_header_that_announces_too_many(file: File) -> None:
    with pytest.raises(TruncatedFileError, match=r"announces 3 words.*ends after 2"):
        read(file("w.vec", "3 2\na 1 2\nb 3 4\n"))


def test_a_header_that_announces_too_few(file: File) -> None:
    with pytest.raises(CorruptFileError, match=r"line 3: the header announces 1 words"):
        read(file("w.vec", "1 2\na 1 2\nb 3 4\n"))


def test_a_header_that_announces_what_no_machine_holds(file: File) -> None:
    with pytest.raises(TruncatedFileError, match="announces 1,000,000,000,000"):
        read(file("w.vec", "1000000000000 2\na 1 2\n"))
    with pytest.raises(CorruptFileError, match="announces 99,999,999,999 dimensions"):
        read(file("w.vec", "1 99999999999\na 1 2\n"))
    with pytest.raises(CorruptFileError, match="announces 0 dimensions"):
        read(file("w.vec", "1 0\na\n"))


@pytest.mark.parametrize(("line", "sentence"), [
    ("b 3", r"line 3 has 1 numbers after its key; 2 are expected"),
    ("b", r"line 3 has 0 numbers"),
    ("b 0.5 3 4", r"line 3 has 3 numbers after its key; 2 are expected.*dims=2"),
    ("b 3 x4", r"line 3, number 2 of 2: 'x4' is not a number"),
    ("b 3 4,5", r"line 3, number 2 of 2: '4,5' is not a number"),
    ("b 3 1_0", r"'1_0' is not a number"),
    ("b 3 \u0664", r"is not a number"),
])  # fmt: skip
def test_lines_that_cannot_be_read_are_named(file: File, line: str, sentence: str) -> None:
    with pytest.raises(CorruptFileError, match=sentence):
        read(file("w.vec", f"3 2\na 1 2\n{line}\nc 5 6\n"))


def test_given_dims_settle_what_belongs_to_the_key(file: File) -> None:
    path = file("w.txt", "a 1 2\nversion 2.0 3 4\n")
    with pytest.raises(CorruptFileError, match="dims=2"):
        read(path)
    assert keys_of(read(path, dims=2)) == ["a", "version 2.0"]
    with pytest.raises(InvalidInputError, match="has 2 dimensions by its header, which contradicts dims=3"):
        read(file("w.vec", "1 2\na 1 2\n"), dims=3)


def test_a_tie_does_not_decide_the_dimensions(file: File) -> None:
    path = file("w.txt", "the 1e5 2\nof 1d5 3\n")
    with pytest.raises(CorruptFileError, match=r"1 or 2 numbers after their word, equally often.*dims=1 or dims=2"):
        read(path)
    assert keys_of(read(path, dims=1)) == ["the 1e5", "of 1d5"]


def test_two_rows_in_one_line_are_no_key(file: File) -> None:
    for name, text in (("w.txt", "a 1 2\nb 3 4 c 5 6\nd 7 8\n"), ("w.vec", "3 2\na 1 2\nb 3 4 c 5 6\nd 7 8\n")):
        with pytest.raises(
            CorruptFileError, match=r"the key 'b 3 4 c' \(row 1\) contains numbers, as if two rows were in one"
        ):
            read(file(name, text))
        assert keys_of(read(file(name, text), dims=2)) == ["a", "b 3 4 c", "d"]


def test_one_odd_first_line_does_not_decide_the_dimensions(file: File) -> None:
    embeddings = read(file("w.txt", "New York 1984 1 2\nb 3 4\nc 5 6\n"))
    assert keys_of(embeddings) == ["New York 1984", "b", "c"]


def test_nan_and_infinity_are_passed_on(file: File) -> None:
    vectors = read(file("w.txt", "a nan inf -Infinity 1e999\nb 1 2 3 4\n")).vectors
    np.testing.assert_array_equal(vectors[0], np.array([np.nan, np.inf, -np.inf, np.inf], np.float32))


def test_nothing_but_a_header(file: File) -> None:
    for name in ("w.vec", "w.bin"):
        embeddings = read(file(name, "0 3\n"))
        assert embeddings.vectors.shape == (0, 3)
        assert keys_of(embeddings) == []
    with pytest.raises(TruncatedFileError):
        read(file("w.vec", "2 3\n"))


def test_one_dimension_and_numbers_as_words(file: File) -> None:
    embeddings = read(file("w.txt", "1984 1\n1985 2\n"), format="glove")  # its first line might be a header
    assert keys_of(embeddings) == ["1984", "1985"]
    assert embeddings.vectors.tolist() == [[1], [2]]


def test_a_line_longer_than_what_is_looked_at(file: File) -> None:
    row = " ".join(["0.25"] * 200_000)
    embeddings = read(file("w.txt", f"a {row}\nb {row}\n"))
    assert embeddings.vectors.shape == (2, 200_000)


def test_a_key_of_a_megabyte(file: File) -> None:
    long = "k" * 1_500_000
    assert keys_of(read(file("w.vec", f"2 2\n{long} 1 2\nb 3 4\n"))) == [long, "b"]


def test_text_without_vectors(file: File) -> None:
    with pytest.raises(CorruptFileError, match="its first lines do not have a word and numbers"):
        read(file("w.txt", "Athens Greece Baghdad Iraq\n"))


def record(word: bytes, *row: float) -> bytes:
    return word + b" " + np.array(row, "<f4").tobytes()


def test_binary_records_with_and_without_line_feeds(file: File) -> None:
    for content in (
        b"2 2\n" + record(b"a", 1, 2) + record("n\u00e4".encode(), 3, 4),
        b"2 2\n" + record(b"a", 1, 2) + b"\n" + record("n\u00e4".encode(), 3, 4) + b"\n",
    ):
        embeddings = read(file("w.bin", content))
        assert embeddings.format == "word2vec-binary"
        assert keys_of(embeddings) == ["a", "n\u00e4"]
        assert embeddings.vectors.tolist() == [[1, 2], [3, 4]]


def test_binary_duplicates_and_odd_keys(file: File) -> None:
    body = record(b"a", 1, 2) + record(b"n\x00l", 3, 4) + record(b"a", 5, 6) + record(b"", 7, 8)
    embeddings = read(file("w.bin", b"4 2\n" + body), format="word2vec-binary")
    assert keys_of(embeddings) == ["a", "n\x00l", ""]
    assert embeddings.report.duplicates == 1


def test_a_short_last_binary_record(file: File) -> None:
    content = b"2 2\n" + record(b"word", 1, 2) + record(b"other", 3, 4)
    with pytest.raises(TruncatedFileError, match=r"byte 17: the last record is cut short"):
        read(file("w.bin", content[:-1]))
    with pytest.raises(
        TruncatedFileError,
        match=r"announces 2 words of 2 dimensions, which take at least 18 bytes, but the file has 13",
    ):
        read(file("w.bin", content[:17]))


def test_binary_headers_that_lie(file: File) -> None:
    content = record(b"a", 1, 2) + record(b"b", 3, 4)
    with pytest.raises(CorruptFileError, match=r"byte 14: the header announces 1 words"):
        read(file("w.bin", b"1 2\n" + content))
    with pytest.raises(TruncatedFileError, match="announces 9,000,000,000,000,000,000 words"):
        read(file("w.bin", b"9000000000000000000 2\n" + content))


def test_binary_keys_that_are_not_utf8(file: File) -> None:
    path = file("w.bin", b"2 2\n" + record(b"a", 1, 2) + record(b"b\xff", 3, 4))
    with pytest.raises(CorruptFileError, match=r"byte 14.*0xff"):
        read(path)
    assert keys_of(read(path, errors="replace")) == ["a", "b\ufffd"]
