"""Numbers in text mean what NumPy takes them for, bit by bit."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearabout import _core

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
    check(list(random_tokens(random.Random(20240501), 300_000)))


@pytest.mark.slow
def test_five_million_random_tokens_read_as_numpy_reads_them() -> None:
    for seed in range(20):
        check(list(random_tokens(random.Random(seed), 250_000)))


def test_numpy_itself_rounds_twice_and_so_do_we() -> None:
    # Just above the middle of 1 and the next float32: float64 rounds it to the middle, and that goes to the even side.
    token = "1.0000000596046447753906251"
    assert np.float32(token) == 1
    assert parsed([token])[0] == np.float32(token)


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=50))
def test_any_float64_as_python_writes_it(values: list[float]) -> None:
    check([repr(value) for value in values])


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
