"""Pickles: what tutorials save is read, and no program is run."""

from __future__ import annotations

import collections
import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats import read

File = Callable[[str, bytes | str], Path]
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
WORDS = ["a", "b", "c"]

FORMS: dict[str, tuple[Any, Any]] = {
    "array": (MATRIX, None),
    "fortran array": (np.asfortranarray(MATRIX), None),
    "big-endian array": (MATRIX.astype(">f4"), None),
    "lists": (MATRIX.tolist(), None),
    "list of arrays": (list(MATRIX), None),
    "list of NumPy numbers": ([list(row) for row in MATRIX], None),
    "dictionary of arrays": (dict(zip(WORDS, MATRIX, strict=True)), WORDS),
    "dictionary of lists": (dict(zip(WORDS, MATRIX.tolist(), strict=True)), WORDS),
    "ordered dictionary": (collections.OrderedDict(zip(WORDS, MATRIX, strict=True)), WORDS),
    "dictionary by numbers": (dict(enumerate(MATRIX)), [0, 1, 2]),
    "words and array": ((WORDS, MATRIX), WORDS),
    "array and words": ([MATRIX, WORDS], WORDS),
    "pairs": (list(zip(WORDS, MATRIX, strict=True)), WORDS),
    "named parts": ({"words": WORDS, "vectors": MATRIX}, WORDS),
    "words as an array": ((np.array(WORDS), MATRIX), WORDS),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("form", FORMS)
def test_what_people_save(file: File, form: str, protocol: int) -> None:
    content, keys = FORMS[form]
    embeddings = read(file("w.pkl", pickle.dumps(content, protocol)))
    np.testing.assert_array_equal(embeddings.vectors, MATRIX)
    assert embeddings.vectors.dtype == np.float32
    assert (
        embeddings.keys is None
        if keys is None
        else list(embeddings.keys or []) == keys
        if isinstance(keys[0], str)
        else True
    )


class Command:
    def __reduce__(self) -> Any:
        return os.system, ("echo this must never run > escaped",)


@pytest.mark.parametrize(("content", "name"), [
    (Command(), rf"{os.name}\.system"),
    ([1.0, eval], r"(__builtin__|builtins)\.eval"),
    (io.StringIO, r"_io\.StringIO|io\.StringIO"),
    (np.random.default_rng, r"numpy\.random"),
    ({"a": Path("x")}, r"pathlib"),
])  # fmt: skip
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_everything_else_is_refused_by_its_name(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, name: str, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match=rf"the pickle uses .*({name}).*If you trust it"):
        read(file("w.pkl", pickle.dumps(content, protocol)))
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("program", [
    b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00r\xff\xff\xff\x7f.",  # a memo number of two thousand million
    b"\x80\x02]r\xff\xff\xff\x7f.",
    b"\x80\x02B\xff\xff\xff\x7fabc.",  # two gigabytes of bytes
    b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    b"\x80\x02" + b"(" * 100 + b".",
    b"\x80\x02]q\x00h\x00a.",  # a list in itself
    b"\x80\x02.",
    b"\x80\x04\x95",
    b"(lp0\n",
])  # fmt: skip
def test_broken_pickles(file: File, program: bytes) -> None:
    with pytest.raises(
        (CorruptFileError, InvalidInputError), match=r"the pickle cannot be read|no recognisable vectors"
    ):
        read(file("w.pkl", program))


def test_programs_by_persistent_names_are_refused(file: File) -> None:
    with pytest.raises(InvalidInputError, match="opcode PERSID"):
        read(file("w.pkl", b"Pname\n."))


@pytest.mark.parametrize("content", [
    "text", 7, [], {}, ["a", "b"], [[1, 2], [3]], [[1, "x"], [2, 3]], {"a": 1.0}, (["a"], [[1.0], [2.0]]),
    np.array([[1, "a"]], object), np.zeros(3), [True, False], {"vectors": "none"},
])  # fmt: skip
def test_pickles_without_vectors(file: File, content: Any) -> None:
    with pytest.raises((CorruptFileError, InvalidInputError)):
        read(file("w.pkl", pickle.dumps(content)))
