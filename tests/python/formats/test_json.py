"""JSON: lines, one array, one object; keys that must not become one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError, TruncatedFileError
from nearabout.formats import json_document, open_rows, read

File = Callable[[str, bytes | str], Path]
ROWS: dict[str, list[Any]] = {
    "objects": [{"word": "a", "vector": [1, 2]}, {"word": "b", "vector": [3.5, 4]}],
    "unusual names": [{"title": "a", "n": 1, "emb": [1, 2]}, {"title": "b", "n": 2, "emb": [3.5, 4]}],
    "pairs": [["a", [1, 2]], ["b", [3.5, 4]]],
    "vectors": [[1, 2], [3.5, 4]],
}


@pytest.mark.parametrize("form", ROWS)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["t.json", "t.txt", "t.jsonl"])
def test_one_array(file: File, form: str, indent: int | None, name: str) -> None:
    path = file(name, json.dumps(ROWS[form], indent=indent))
    found = read(path)
    assert found.format == "json"
    assert found.vectors.tolist() == [[1, 2], [3.5, 4]]
    assert found.keys == (None if form == "vectors" else ["a", "b"])
    with open_rows(path, room=None, scratch=None) as stream:
        assert np.concatenate(list(stream.pieces)).tolist() == found.vectors.tolist()
        assert stream.finish() == (found.keys, found.report)


@pytest.mark.parametrize("form", ROWS)
def test_lines_mean_the_same(file: File, form: str) -> None:
    found = read(file("t.jsonl", "\n".join(map(json.dumps, ROWS[form]))))
    assert found.format == "json-lines"
    assert found.vectors.tolist() == [[1, 2], [3.5, 4]]
    assert found.keys == (None if form == "vectors" else ["a", "b"])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("content", [
    {"a": [1, 2], "b": [3.5, 4]}, {"words": ["a", "b"], "vectors": [[1, 2], [3.5, 4]]},
    {"vectors": [[1, 2], [3.5, 4]], "keys": ["a", "b"]}, {"embeddings": [[1, 2], [3.5, 4]], "vocabulary": ["a", "b"]},
])  # fmt: skip
def test_one_object(file: File, content: dict[str, Any], indent: int | None) -> None:
    found = read(file("t.json", json.dumps(content, indent=indent)))
    assert (found.keys, found.vectors.tolist()) == (["a", "b"], [[1, 2], [3.5, 4]])


@pytest.mark.parametrize(("text", "sentence"), [
    ('[[1, 2], [3, 4]', "ends after row 2"), ("[[1, 2], ", "ends before row 2"), ("[[1, 2] [3, 4]]", "follows row 1"),
    ("[[1, 2], [3, x]]", "row 2 of its array is not JSON"), ("[[1, 2]] [[3, 4]]", "follows its array"),
    ("[[1, 2], [3]]", "row 2 has 1 numbers"), ("[[1, 2], {}]", "row 2 has no vector"), ("[[1, 2],]", "not JSON"),
    ('[["a", [1, 2]], [[3], [4]]]', "neither a string nor"), ("[[1, 2], null]", "row 2 has no vector"),
    ('{"a": [1], "b": [2], "a": [3]}', "occurs twice"), ('[{"id": 1, "id": 2, "vector": [1]}]', "occurs twice"),
    ('{"data": [{"embedding": [1]}]}', "no recognisable vectors|begins with a dict"),
    ('[[1, 2], ["unfinished', "not JSON"), ("[[1, 2], [" * 2000, "row"),
])  # fmt: skip
def test_documents_that_cannot_be_read(file: File, text: str, sentence: str) -> None:
    with pytest.raises((FileFormatError, InvalidInputError), match=sentence):
        read(file("t.json", text))


def test_one_object_of_vectors_alone(file: File) -> None:
    assert read(file("t.json", '{"vectors": [[1, 2], [3.5, 4]]}')).vectors.tolist() == [[1, 2], [3.5, 4]]
    assert read(file("t.json", '{"a": [1, 2]}')).vectors.tolist() == [[1, 2]]  # a row of JSON lines


def test_a_member_that_comes_twice_is_refused(file: File) -> None:
    with pytest.raises(CorruptFileError, match="line 1 is not JSON.*'id' occurs twice"):
        read(file("t.jsonl", '{"id": 1, "id": 2, "vector": [1]}\n'))


def test_a_long_array_is_read_in_pieces(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": f"käy {row}", "vector": [row, -0.5 * row]} for row in range(3000)]
    path = file("t.json", json.dumps(rows, ensure_ascii=False))
    monkeypatch.setattr(json_document, "_PIECE", 7)
    found = read(path)
    assert found.keys == [row["id"] for row in rows]
    assert found.vectors.tolist() == [row["vector"] for row in rows]
    monkeypatch.setattr(json_document, "MAX_LINE", 100_000)
    with pytest.raises(InvalidInputError, match="a row is longer than the limit of 100,000 bytes"):
        read(file("t.json", "[[" + "1, " * 500_000 + "1]]"))


@pytest.mark.parametrize(("first", "second"), [("1", '"1"'), ('"1"', "1"), ("1", '"2"')])
@pytest.mark.parametrize("form", ["t.jsonl", "t.json"])
def test_numbers_and_text_of_digits_are_not_one_key(file: File, form: str, first: str, second: str) -> None:
    lines = [f'{{"id": {first}, "vector": [1, 2]}}', f'{{"id": {second}, "vector": [3, 4]}}']
    text = "\n".join(lines) if form == "t.jsonl" else f"[{','.join(lines)}]"
    with pytest.raises(InvalidInputError, match=r'so 1 and "1" cannot be distinguished'):
        read(file(form, text))
    mixture = read(file("t.jsonl", '{"id": 1, "vector": [1]}\n{"id": "a", "vector": [2]}\n'))
    assert mixture.keys == ["1", "a"]


@pytest.mark.parametrize("text", [
    '{"12": [1, 2], "13": [3.5, 4]}', '{"keys": ["12", "13"], "vectors": [[1, 2], [3.5, 4]]}',
    '[{"id": "12", "vector": [1, 2]}, {"id": "13", "vector": [3.5, 4]}]', '[["12", [1, 2]], ["13", [3.5, 4]]]',
    '{"id": "12", "vector": [1, 2]}\n{"id": "13", "vector": [3.5, 4]}\n',
])  # fmt: skip
def test_text_of_digits_stays_text(file: File, text: str) -> None:
    """JSON tells text from numbers, in every form of rows; a member's name is text."""
    assert read(file("t.json", text)).keys == ["12", "13"]
    numbers = text.replace('"12"', "12").replace('"13"', "13")
    if not text.startswith('{"12"'):
        assert np.asarray(read(file("u.json", numbers)).keys).tolist() == [12, 13]


@pytest.mark.parametrize("value", ["1.5", "true", "[1]", "{}", "null"])
def test_a_key_of_another_kind_is_refused(file: File, value: str) -> None:
    with pytest.raises(InvalidInputError, match=r"line 1: .*key"):
        read(file("t.jsonl", f'{{"id": {value}, "vector": [1, 2]}}\n{{"id": {value}, "vector": [3, 4]}}\n'))


def test_members_are_settled_by_the_first_row(file: File) -> None:
    text = '{"title": "a", "body": "b", "vector": [1]}\n'
    with pytest.raises(
        InvalidInputError, match=r"2 members hold text.*title \(str\), body \(str\), vector.*key_column="
    ):
        read(file("t.jsonl", text))
    assert read(file("t.jsonl", text), key_column="body").keys == ["b"]
    assert read(file("t.jsonl", text), key_column=False).keys is None
    assert read(file("t.jsonl", '{"ID": "a", "vector": [1]}\n')).keys == ["a"]
    with pytest.raises(
        CorruptFileError, match=r"line 2: some rows have keys and some have none; the member 'word' is missing"
    ):
        read(file("t.jsonl", '{"id": 1, "word": "a", "vector": [1]}\n{"id": 2, "vector": [2]}\n'))
    with pytest.raises(InvalidInputError, match=r"2 members hold lists of numbers.*vector_column="):
        read(file("t.jsonl", '{"id": 1, "p": [1], "q": [1]}\n'))


@pytest.mark.parametrize("form", ["t.jsonl", "t.json"])
def test_bad_rows_are_left_out_and_told(file: File, form: str) -> None:
    rows = [
        '{"id": "z", "vector": null}', '{"id": "a", "vector": [1, 2]}', '{"id": null, "vector": [1, 2]}', '{"id": "b"}',
        '{"id": "c", "vector": [1]}', '{"id": "d", "vector": [1, null]}', '{"id": "e", "vector": [3, 4]}',
    ]  # fmt: skip
    text = "\n".join([*rows, "{", ""]) if form == "t.jsonl" else f"[{','.join(rows)}]"
    found = read(file(form, text), invalid="skip")
    assert found.keys == ["a", "e"]
    assert found.vectors.tolist() == [[1, 2], [3, 4]]
    assert found.report.skipped_rows == (6 if form == "t.jsonl" else 5)
    place = "line" if form == "t.jsonl" else "row"
    assert [one.split(" (")[0] for one in found.report.first_skipped] == [f"{place} {row}" for row in (1, 3, 4)]


def test_a_file_that_is_cut_short_is_not_a_bad_row(file: File) -> None:
    with pytest.raises(TruncatedFileError):
        read(file("t.json", "[[1, 2], [3, 4]"), invalid="skip")
