"""Every writer and its reader: what goes in comes out, bit by bit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearabout import _core
from nearabout.errors import InvalidInputError
from nearabout.formats import read, write, writer_names

SUFFIX = {
    "word2vec-binary": ".bin",
    "word2vec-text": ".vec",
    "glove": ".txt",
    "npy": ".npy",
    "vecs": ".fvecs",
    "parquet": ".parquet",
    "delimited": ".csv",
    "json-lines": ".jsonl",
}
KEYED = ["word2vec-binary", "word2vec-text", "glove", "parquet"]
TABLES = ["delimited", "json-lines"]  # with keys too; tests/python/cli/test_convert_text.py has more of them
MATRIX = np.array([[0.1, -2.5e-8], [3.4e38, 1e-45], [np.inf, -np.inf], [16777217, -0.0]], np.float32)
WORDS = ["a", "日本", "x" * 300, "1984"]

floats = st.floats(width=32)
matrices = arrays.arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 6)), elements=floats)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
repeated = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    kept = ~np.isnan(expected)
    np.testing.assert_array_equal(found[kept].view(np.uint32), expected[kept].view(np.uint32))


def test_every_writer_is_tested() -> None:
    assert sorted(SUFFIX) == sorted(writer_names())


@pytest.mark.parametrize("name", SUFFIX)
@pytest.mark.parametrize("compression", ["", ".gz", ".bz2", ".xz"])
def test_the_suffix_chooses(tmp_path: Path, name: str, compression: str) -> None:
    path = tmp_path / f"w{SUFFIX[name]}{compression}"
    matrix = MATRIX if name != "json-lines" else np.nan_to_num(MATRIX)
    keys = WORDS if name in KEYED + TABLES else None
    write(path, matrix, keys)
    embeddings = read(path)
    assert embeddings.format == name
    same(embeddings.vectors, matrix)
    assert embeddings.keys == keys
    assert os.listdir(tmp_path) == [path.name]


@repeated
@given(matrices, st.lists(words, min_size=8, max_size=8, unique=True), st.sampled_from(KEYED))
def test_any_words_come_back_or_are_refused(tmp_path: Path, matrix: Any, keys: list[str], name: str) -> None:
    keys = keys[: len(matrix)]
    path = tmp_path / f"w{SUFFIX[name]}"
    try:
        write(path, matrix, keys)
    except InvalidInputError as error:
        assert name != "parquet"
        assert "key" in str(error)
        return
    embeddings = read(path, format=name, dims=None if name == "parquet" else matrix.shape[1])
    same(embeddings.vectors, matrix)
    assert embeddings.keys == keys


@repeated
@given(matrices, st.sampled_from(["npy", "vecs"]))
def test_any_matrix_comes_back(tmp_path: Path, matrix: Any, name: str) -> None:
    path = tmp_path / f"w{SUFFIX[name]}"
    numbers = np.abs(matrix[matrix != 0])
    # Numbers that are all this small are whole numbers in a file that is named as one of fractions.
    assume(name != "vecs" or matrix.dtype != np.float32 or not numbers.size or numbers.max() > 1e-37)
    write(path, matrix)
    same(read(path).vectors, matrix)


@pytest.mark.parametrize("dtype", ["f2", "f8", "u1", "i1", "i4"])
def test_element_types_stay_where_the_format_has_them(tmp_path: Path, dtype: str) -> None:
    matrix = np.arange(6).reshape(2, 3).astype(dtype)
    for name in ("npy", "parquet"):
        path = tmp_path / f"w{SUFFIX[name]}"
        write(path, matrix)
        assert read(path).vectors.dtype == matrix.dtype
    write(tmp_path / "w.vec", matrix)
    assert read(tmp_path / "w.vec").vectors.tolist() == matrix.tolist()


def test_the_text_of_numbers(tmp_path: Path) -> None:
    """As Python writes them, with a point even in whole numbers."""
    write(tmp_path / "w.vec", np.array([[1, -20], [300, 65536]], np.int32), ["a", "b"])
    assert (tmp_path / "w.vec").read_bytes() == b"2 2\na 1.0 -20.0\nb 300.0 65536.0\n"
    write(tmp_path / "w.txt", np.array([[0.5, -0.25], [np.inf, np.nan]], ">f4")[:, ::-1], ["a", "b"])
    assert (tmp_path / "w.txt").read_bytes() == b"a -0.25 0.5\nb nan inf\n"


@pytest.mark.parametrize("name", ["word2vec-text", "glove"])
def test_text_is_written_in_blocks(tmp_path: Path, name: str) -> None:
    dice = np.random.default_rng(3)
    matrix = dice.standard_normal((700, 1000)).astype(np.float32)
    keys = [f"key {row} of some" for row in range(700)]
    path = tmp_path / f"w{SUFFIX[name]}"
    write(path, matrix, keys)
    embeddings = read(path)
    same(embeddings.vectors, matrix)
    assert embeddings.keys == keys
    with pytest.raises(InvalidInputError, match="key 699"):
        write(path, matrix, [*keys[:-1], "a\n"])


def test_the_core_checks_what_it_is_given() -> None:
    blob, matrix = np.frombuffer(b"ab", np.uint8), np.zeros((1, 1), np.float32)
    with pytest.raises(ValueError, match="one key a vector"):
        _core.lines_of(matrix, blob, np.array([0, 1, 2], np.uint64))
    with pytest.raises(ValueError, match="offsets must not fall"):
        _core.lines_of(matrix, blob, np.array([0, 3], np.uint64))


def test_integer_keys_and_no_keys(tmp_path: Path) -> None:
    write(tmp_path / "w.parquet", MATRIX, np.array([5, -7, 1 << 62, 0]))
    assert np.asarray(read(tmp_path / "w.parquet").keys).tolist() == [5, -7, 1 << 62, 0]
    write(tmp_path / "w.vec", MATRIX)
    assert read(tmp_path / "w.vec").keys == ["0", "1", "2", "3"]


def test_embeddings_are_written_as_they_were_read(tmp_path: Path, samples: Path) -> None:
    for name in KEYED:
        path = tmp_path / f"w{SUFFIX[name]}"
        original = read(samples / "gensim.bin")
        write(path, original)
        assert read(path).keys == original.keys
        same(read(path).vectors, original.vectors)


@pytest.mark.parametrize(("name", "key"), [
    ("word2vec-binary", "two words"), ("word2vec-binary", "a\nb"), ("word2vec-text", "a\nb"), ("word2vec-text", "a "),
    ("glove", "a\t"), ("glove", "New York 1984"), ("word2vec-text", "version 2.0"),
    ("glove", "a\r"), ("word2vec-text", "\v7 .5"), ("glove", "a\f1"), ("glove", ""), ("glove", "\v"),
    ("glove", "a\rb"), ("word2vec-text", "a\rb"),
])  # fmt: skip
def test_keys_that_would_come_back_changed_are_refused(tmp_path: Path, name: str, key: str) -> None:
    with pytest.raises(InvalidInputError, match="key 1"):
        write(tmp_path / f"w{SUFFIX[name]}", MATRIX[:2], ["good", key])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["word2vec-text", "glove"])
def test_what_is_written_is_read_back_without_help(tmp_path: Path, name: str) -> None:
    """What a reader refuses, unless it is told the dimensions, a writer does not write."""
    path = tmp_path / f"w{SUFFIX[name]}"
    for keys in (["1 2 a", "b"], ["Budget 1,5", "b"], ['"a"', '"b"']):
        with pytest.raises(InvalidInputError, match="key"):
            write(path, MATRIX[:2], keys)
    for keys in (["7 a", "b"], ['"a"', "b"], ['"', '""'], ["a,5", ". . ."]):
        write(path, MATRIX[:2], keys)
        assert read(path).keys == keys


@repeated
@given(matrices, st.lists(words, min_size=8, max_size=8, unique=True), st.sampled_from(["word2vec-text", "glove"]))
def test_any_words_come_back_without_help_or_are_refused(
    tmp_path: Path, matrix: Any, keys: list[str], name: str
) -> None:
    keys = keys[: len(matrix)]
    path = tmp_path / f"w{SUFFIX[name]}"
    try:
        write(path, matrix, keys)
    except InvalidInputError:
        return
    embeddings = read(path, format=name)
    same(embeddings.vectors, matrix)
    assert embeddings.keys == keys


def test_an_empty_key_is_refused_where_it_would_be_lost(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="key 2 is empty.*word2vec-text"):
        write(tmp_path / "w.txt", MATRIX, ["a", "b", "", "d"])
    for name in ("w.vec", "w.bin", "w.parquet", "w.csv", "w.jsonl"):
        write(tmp_path / name, np.nan_to_num(MATRIX), ["", "b", "c", "d"])
        assert read(tmp_path / name).keys == ["", "b", "c", "d"], name


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"the suffix '\.xyz' does not name a format that can be written"):
        write(tmp_path / "w.xyz", MATRIX)
    with pytest.raises(InvalidInputError, match="format='nothing' does not name a format"):
        write(tmp_path / "w.npy", MATRIX, format="nothing")
    with pytest.raises(InvalidInputError, match="npy cannot store keys"):
        write(tmp_path / "w.npy", MATRIX, WORDS)
    with pytest.raises(InvalidInputError, match="3 keys were given for 4 vectors"):
        write(tmp_path / "w.vec", MATRIX, WORDS[:3])
    with pytest.raises(InvalidInputError, match=r"shape \(2,\)"):
        write(tmp_path / "w.vec", MATRIX[0])
    with pytest.raises(InvalidInputError, match="row 0 has a number too large for float32"):
        write(tmp_path / "w.vec", np.array([[1e300]]))


@pytest.mark.parametrize("name", ["w.npy", "w.csv.gz", "w.parquet"])
def test_an_error_of_the_system_names_the_file_that_was_asked_for(tmp_path: Path, name: str) -> None:
    missing = tmp_path / "no-such-folder" / name
    with pytest.raises(FileNotFoundError) as caught:
        write(missing, MATRIX)
    assert (caught.value.filename, str(caught.value)) == (
        str(missing),
        f"[Errno 2] No such file or directory: '{missing}'",
    )
    folder = tmp_path / name
    folder.mkdir()
    with pytest.raises(IsADirectoryError) as taken:
        write(folder, MATRIX)
    assert str(taken.value).endswith(f"Is a directory: '{folder}'")
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("form", ["npy", "delimited", "word2vec-binary", "parquet"])
def test_a_device_that_is_full_is_named(form: str) -> None:
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        write("/dev/full", MATRIX, format=form)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.vec"
    write(path, MATRIX, WORDS)
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write(path, MATRIX[::-1], WORDS)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["w.vec"]
