"""Numbers in text mean what NumPy takes them for, bit by bit."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearabout import _core
from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats import read
from nearabout.formats._words import NUMBER, is_float

ROW = 1000


def parsed(tokens: list[str]) -> np.ndarray:
    """All tokens by the native parser, in lines of many."""
    tokens = tokens + ["0"] * (-len(tokens) % ROW)
    parser = _core.LineParser(
        dims=ROW, announced_rows=None, reserved_rows=0, errors="strict", first_line=1, fractions_in_keys=False
    )
    lines = (f"{first} " + " ".join(tokens[first : first + ROW]) + "\n" for first in range(0, len(tokens), ROW))
    assert parser.feed("".join(lines).encode()) is None
    return parser.take_rows().reshape(-1)


def check(tokens: list[str]) -> None:
    with np.errstate(over="ignore"):
        expected = np.array([float(token) for token in tokens]).astype(np.float32)
    found = parsed(tokens)[: len(tokens)]
    wrong = np.flatnonzero(found.view(np.uint32) != expected.view(np.uint32))
    assert len(wrong) == 0, [(tokens[place], found[place], expected[place]) for place in wrong[:5]]


def random_tokens(dice: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        bits = dice.getrandbits(64)
        value = struct.unpack("<f", struct.pack("<I", bits & 0xFFFFFFFF))[0]
        if value != value or abs(value) == float("inf"):
            continue
        style = bits >> 60
        if style < 4:
            yield f"{value:.{(bits >> 32) % 20}g}"
        elif style < 6:
            yield f"{value:.{(bits >> 32) % 12}e}"
        elif style < 8:
            yield f"{dice.uniform(-2, 2):.{(bits >> 32) % 9}f}"
        elif style < 10:
            yield repr(dice.gauss(0, 1))
        elif style < 12:
            yield f"{dice.getrandbits(dice.randrange(1, 80))}e{dice.randrange(-60, 40)}"
        elif style < 14:
            yield f"+{dice.getrandbits(30)}.{dice.getrandbits(dice.randrange(1, 90))}"
        else:
            yield halfway(value, dice)


def halfway(value: float, dice: random.Random) -> str:
    """Exactly between two neighbours of float32, or a last digit beside it."""
    neighbour = float(np.nextafter(np.float32(value), np.float32(0)))
    middle = (Fraction(value) + Fraction(neighbour)) / 2
    digits, power = abs(middle.numerator), middle.denominator.bit_length() - 1
    scaled = digits * 5**power  # middle = scaled / 10^power
    return f"{'-' if value < 0 else ''}{scaled * 10 + dice.choice((0, 0, 1, -1 if scaled else 0))}e-{power + 1}"


def test_random_tokens_read_as_numpy_reads_them() -> None:
    check(list(random_tokens(random.Random(20240501), 100_000)))


@pytest.mark.slow
def test_a_million_random_tokens_read_as_numpy_reads_them() -> None:
    for seed in range(4):
        check(list(random_tokens(random.Random(seed), 250_000)))


def test_numpy_itself_rounds_twice_and_so_do_we() -> None:
    # Just above the middle of 1 and the next float32: float64 rounds it to the middle, and that goes to the even side.
    token = "1.0000000596046447753906251"
    assert np.float32(token) == 1
    assert parsed([token])[0] == np.float32(token)


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=50))
def test_any_float64_as_python_writes_it(values: list[float]) -> None:
    check([repr(value) for value in values])


@settings(max_examples=30)  # of many numbers each
@given(st.lists(st.from_regex(r"\A[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,4})?\Z"), min_size=1))
def test_any_decimal_number(tokens: list[str]) -> None:
    check(tokens)


@given(st.binary(max_size=40), st.sampled_from(["replace", "ignore"]))
def test_bad_utf8_is_mended_as_python_mends_it(text: bytes, errors: str) -> None:
    key = text.replace(b" ", b"").replace(b"\n", b"")
    parser = _core.RecordParser(dims=1, announced_rows=1, reserved_rows=0, errors=errors, first_byte=0)
    assert parser.feed(key + b" \x00\x00\x00\x00") is None
    assert parser.take_keys()[0].tobytes().decode() == key.decode(errors=errors)
    clean = key.decode(errors="ignore").encode()
    assert parser.bytes_repaired == len(key) - len(clean)


SPELLINGS = [
    "1", "+1", "-1.", ".5", "1e5", "1E-5", "inf", "-Infinity", "NaN", "1_0", "\uff11\uff12", "\u0664", "1\u00a0",
    "\u22121", "1e1_0", "0x10", "1d5", "1e", ".", "+", "1\x1f", "infinit", "nan(1)", "1,5", "--1", "1f", "\u221e",
]  # fmt: skip
TEXTS = {
    "w.vec": "2 2\na 1 2\nb 3 {}\n",
    "w.txt": "a 1 2\nb 3 4\nc 5 6\nd 3 {}\n",
    "w.csv": "word;x;y\na;1;2\nb;3;{}\n",
    "first.csv": "word;x;y\nb;3;{}\na;1;2\n",
    "columns.csv": "word;x;y\na;1;2\nb;3;{}\n",
    "w.tsv": "word\tx\ty\na\t1\t2\nb\t3\t{}\n",
    "vectors.tsv": "word\tvector\na\t[1 2]\nb\t[3 {}]\n",
    "vectors.csv": 'word,vector\na,"[1, 2]"\nb,"[3, {}]"\n',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", TEXTS)
def test_every_reader_of_text_takes_the_same_for_numbers(tmp_path: Path, name: str, spelling: str) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name].format(spelling), newline="")
    options = {"vector_columns": ["x", "y"]} if name == "columns.csv" else {}
    if NUMBER.fullmatch(spelling.encode()):
        with np.errstate(over="ignore"):
            assert float(spelling) in read(path, **options).vectors or "nan" in spelling.lower()  # type: ignore[arg-type]
        return
    with pytest.raises((CorruptFileError, InvalidInputError), match=r"number"):
        read(path, **options)  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("0123456789+-.eE_infatyxd\uff11\u0664\u00a0"), max_size=8))
def test_a_number_is_the_same_to_the_regular_expression(text: str) -> None:
    assert is_float(text) == (NUMBER.fullmatch(text.encode()) is not None)


@pytest.mark.parametrize("digits", ["\u00b2" * 9, "9" * 5000, "\uff11" * 9])
def test_digits_that_are_no_whole_number_of_python(tmp_path: Path, digits: str) -> None:
    """They were looked at for what float32 rounds."""
    path = tmp_path / "w.csv"
    path.write_text(f"word,x,y\na,1,{digits}\nb,3,4\n")
    if digits[0] == "9":
        assert read(path, vector_columns=["x", "y"]).vectors[0, 1] == np.inf
        path.write_text(f"{digits},{digits}1\n1,2\n")
        assert len(read(path)) == 2
        return
    with pytest.raises(CorruptFileError, match="line 2: a value is not a number"):
        read(path, vector_columns=["x", "y"])
