"""`nearabout search`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import nearabout as na

from .conftest import Run, process


def answers(text: str) -> list[str]:
    return [line.split("  ", 1)[1] for line in text.splitlines() if line]


def test_a_word_gives_what_search_by_key_gives(run: Run, words: Path) -> None:
    done = run("search", words, "king", "-k", 3)
    hits = na.open(words).search_by_key("king", 3)
    assert (done.code, done.err) == (0, "")
    assert answers(done.out) == hits.keys.tolist()
    assert [float(line.split()[0]) for line in done.out.splitlines()] == pytest.approx(
        hits.distances.tolist(), abs=1e-4
    )


@pytest.mark.parametrize(
    "query",
    [["king - man + woman"], ["king", "-", "man", "+", "woman"], ["king -", "man + woman"], ["-", "man", "king woman"]],
)
def test_arithmetic(run: Run, words: Path, query: list[str]) -> None:
    done = run("search", words, *query, "-k1")
    assert answers(done.out) == ["queen"]


def test_words_are_added_and_left_out(run: Run, words: Path) -> None:
    found = answers(run("search", words, "king", "queen", "-k", 99).out)
    assert len(found) == 6
    assert not {"king", "queen"} & set(found)


def test_files_of_keys_filter(run: Run, words: Path, tmp_path: Path) -> None:
    allowed, left_out = tmp_path / "allowed.txt", tmp_path / "left_out.txt"
    allowed.write_text("queen\nwoman\nNew York\n")
    left_out.write_text("woman\n")
    assert set(answers(run("search", words, "king", "--filter-keys", allowed).out)) == {"queen", "woman", "New York"}
    both = run("search", words, "king", "man", "--filter-keys", allowed, "--exclude-keys", left_out)
    assert set(answers(both.out)) == {"queen", "New York"}
    every = set(answers(run("search", words, "king", "-k", 99).out))
    assert set(answers(run("search", words, "king", "-k", 99, "--exclude-keys", left_out).out)) == every - {"woman"}
    two = run("search", words, "king", "-k", 99, "--exclude-keys", left_out, "--exclude-keys", allowed)
    assert set(answers(two.out)) == every - {"woman"} - set(allowed.read_text().splitlines())
    left_out.write_text("wooman\n")
    done = run("search", words, "king", "--exclude-keys", left_out)
    assert (done.code, done.out) == (2, "")
    assert "no key 'wooman'" in done.err
    left_out.write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in run("search", words, "king", "--exclude-keys", left_out).err
    assert run("search", words, "king", "--filter-keys", tmp_path / "missing.txt").code != 0
    assert "--filter-keys" in run("search", words, "king", "--filter", allowed).err


def test_awkward_words(run: Run, words: Path) -> None:
    assert run("search", words, "New York").code == 0
    assert run("search", words, "king + New York").code == 2  # as one argument it is split at spaces
    assert run("search", words, "king", "+", "New York").code == 0
    assert run("search", words, "-").code == 0  # alone it is a word
    assert run("search", words, "--", "-lrb-").code == 0
    done = run("search", words, "-lrb-")
    assert done.code == 2
    assert "A word that begins with a dash goes after --" in done.err


def test_an_unknown_word_offers_spellings(run: Run, words: Path) -> None:
    done = run("search", words, "kingg")
    assert (done.code, done.out) == (2, "")
    assert done.err == "nearabout: error: no key 'kingg' among the 8 of this index; nearest spellings: king\n"
    assert run("search", words, "").code == 2
    assert "the query is blank" in run("search", words, "  ").err


def test_json(run: Run, words: Path) -> None:
    done = run("search", words, "king", "queen", "--json", "-k=2")
    answer = json.loads(done.out)
    assert (answer["query"], answer["metric"], len(answer["hits"])) == ("king queen", "cosine", 2)
    first = answer["hits"][0]
    assert set(first) == {"key", "row", "distance"}
    assert na.open(words).keys([first["row"]]).tolist() == [first["key"]]
    assert run("search", words, "kingg", "--json").out == ""


@pytest.mark.parametrize("keys", [None, [70, 71, 72]])
def test_numbers_as_keys(run: Run, tmp_path: Path, keys: list[int] | None) -> None:
    path = tmp_path / "numbers.near"
    na.build(np.array([[0, 1], [1, 1], [1, 0]], np.float32), keys=keys, path=path)
    first = 70 if keys else 0
    assert answers(run("search", path, first, "-k1").out) == [str(first + 1)]
    assert json.loads(run("search", path, first, "-k1", "--json").out)["hits"][0]["key"] == first + 1
    for word in ("king", "9", str(2**70)):
        assert run("search", path, word).code == 2


def test_keys_stay_on_their_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.near"
    na.build(np.eye(3, dtype=np.float32) + 1, keys=["a", "b\nc", "d\x1b[31m"], path=path)
    out = run("search", path, "a").out
    assert len(out.splitlines()) == 2
    assert r"b\nc" in out
    assert r"d\x1b[31m" in out


def test_options_are_checked(run: Run, words: Path) -> None:
    for arguments, sentence in [
        (["-k", "0"], "-k is 0"),
        (["-k", "many"], "-k is 'many'; pass a whole number"),
        (["-k"], "-k needs a value"),
        (["--threads", "0"], "--threads is 0"),
        (["--json=yes"], "--json takes no value"),
        (["--radius", "0.9"], "no option '--radius'"),
        (["--jsno"], "did you mean '--json'"),
    ]:
        done = run("search", words, "king", *arguments)
        assert done.code == 2
        assert sentence in done.err
    assert run("search", words, "king", "--exact", "--threads", "2").code == 0
    assert "needs an index file" in run("search").err


def test_lines_from_standard_input(words: Path) -> None:
    done = process("search", words, "-k", "1", stdin=b"king - man + woman\r\n\nNew York\nkingg\n\xff\xfe\nman")
    assert done.returncode == 2  # some line had an unknown word
    answers_given = done.stdout.decode().split("\n\n")
    assert len([answer for answer in answers_given if answer.strip()]) == 3
    assert re.match(r"king - man \+ woman\n\d\.\d{4}  queen$", answers_given[0])
    assert done.stderr.decode().count("nearabout: error: ") == 2
    assert process("search", words, stdin=b"king\n").returncode == 0
    assert process("search", words, stdin=b"").stdout == b""


@pytest.mark.parametrize("line", [b"\0" * 3_000_000, b"x" * 3_000_000, b"a,b" * 1_000_000])
def test_a_line_of_any_length_is_quoted_in_part(words: Path, line: bytes) -> None:
    done = process("search", words, stdin=line + b"\nking\n")
    assert done.returncode == 2
    told = done.stderr.decode()
    assert len(told) < 500
    assert told.startswith("nearabout: error: no key '")
    assert "…" in told or "\\u2026" in told  # in a locale that has no such character
    assert done.stdout.startswith(b"king\n")


def test_lines_as_json(words: Path) -> None:
    done = process("search", words, "--json", stdin=b"king\nqueen\n")
    assert [json.loads(line)["query"] for line in done.stdout.splitlines()] == ["king", "queen"]


# An editable install starts the build at import: what that takes is not the package's.
BARE = """
import sys
if "_editable_skbc_nearabout" in sys.modules:
    import contextlib, importlib.machinery, importlib.util, locale, subprocess
print(0, *sys.modules, file=sys.stderr)
"""
LOADED = """
import sys
from nearabout.cli import main
code = main(sys.argv[1:])
print(code, *sorted(name for name in sys.modules if name.partition(".")[0] != "nearabout"), file=sys.stderr)
"""


def test_nothing_is_imported_for_an_answer_but_what_is_ours(words: Path) -> None:
    bare = process(code=BARE)
    done = process("search", words, "king", code=LOADED)
    assert done.stdout
    code, *names = done.stderr.decode().split()
    assert code == "0"
    assert set(names) - set(bare.stderr.decode().split()) <= {"__future__", "atexit"}


def test_lines_are_named_and_have_the_same_k(words: Path) -> None:
    done = process("search", words, stdin=b"king - man + woman\nNew York\n")
    first, second, end = done.stdout.decode().split("\n\n")
    assert end == ""
    assert first.splitlines()[0] == "king - man + woman"
    assert second.splitlines()[0] == "New York"
    assert [len(answer.splitlines()) - 1 for answer in (first, second)] == [5, 7]  # all but its own words
    many = words.with_name("many.near")
    na.build(np.random.default_rng(0).normal(size=(50, 4)), keys=[f"w{row}" for row in range(50)], path=many)
    assert len(process("search", many, stdin=b"w1\n").stdout.splitlines()) == 1 + 10 + 1
    assert len(process("search", many, "w1").stdout.splitlines()) == 10
    assert len(process("search", many, "-k", 3, stdin=b"w1\n").stdout.splitlines()) == 1 + 3 + 1


@pytest.mark.parametrize("query", ["king -man +woman", "king-man+woman", "king -man+woman", "king - man +woman"])
def test_blanks_around_operators_are_explained(run: Run, words: Path, query: str) -> None:
    done = run("search", words, query)
    assert done.code == 2
    assert done.err.endswith("; to add and subtract words, put spaces around + and -: king - man + woman\n")
    assert run("search", words, "king-unknown").err.count("leave spaces") == 0  # no words even then


def test_commas_between_words_are_explained(run: Run, words: Path) -> None:
    done = run("search", words, "king,queen")
    assert done.err.endswith("; to pass several words, put spaces between them: king queen\n")


@pytest.mark.parametrize(
    ("option", "ours"), [("-n", "-k"), ("--top=5", "-k"), ("--nprobe", "--effort"), ("--jobs", "--threads")]
)
def test_options_of_other_programs_are_understood(run: Run, words: Path, option: str, ours: str) -> None:
    assert f"has no option {option!r}; did you mean {ours!r}?" in run("search", words, "king", option).err


def test_a_word_in_other_letters_needs_no_more_offers(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.near"
    na.build(np.eye(3, dtype=np.float32), keys=["king", "kingdom", "smoking"], path=path)
    assert run("search", path, "King").err.endswith("nearest spellings: king\n")
    assert run("search", path, "kin").err.endswith("spellings: king; keys that contain it: kingdom, smoking\n")


def test_an_operator_without_a_blank_is_no_option(run: Run, words: Path) -> None:
    for word in ("-man", "-king"):  # -k has a value
        done = run("search", words, "queen", word)
        assert done.code == 2
        assert "To subtract a word, put a space after the minus: - man" in done.err


def test_an_unknown_word_offers_keys_that_contain_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "products.near"
    names = ["Apple iPhone 13", "iphone case", "kettle", "Headphones", "phone", "phoney"]
    na.build(np.eye(6, dtype=np.float32), keys=names, path=path)
    sentence = "no key 'iphone' among the 6 of this index; nearest spellings: phone, phoney; "
    sentence += "keys that contain it: iphone case, Apple iPhone 13"
    assert run("search", path, "iphone").err == f"nearabout: error: {sentence}\n"
    with pytest.raises(na.UnknownKeyError) as caught:
        na.open(path)["iphone"]
    assert caught.value.args[0] == sentence


def test_an_unknown_number_is_a_number(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "numbers.near"
    na.build(np.eye(2, dtype=np.float32), keys=[70, 71], path=path)
    assert "no key 9 among the 2 of this index" in run("search", path, "9").err
    assert "no key 'nine': the keys of this index are integers\n" in run("search", path, "nine").err


def test_dot_says_what_its_distances_are(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dot.near"
    na.build(np.eye(3, dtype=np.float32) + 1, keys=["a", "b", "c"], metric="dot", path=path)
    done = run("search", path, "a")
    assert done.code == 0
    assert done.err == "nearabout: note: distances under dot are negative inner products; smaller is nearer\n"
    assert float(done.out.split()[0]) < 0
    assert run("search", path, "a", "--json").err == ""
    assert "dot (distances are negative inner products)" in run("info", path).out
