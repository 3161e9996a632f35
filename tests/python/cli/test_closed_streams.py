"""Standard streams that are closed, full, or whose reader went away: every command ends with a code of its own, and
what it says is one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nearabout.cli import COMMANDS
from tests.combinations import star

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")

CASES = {
    "info": "info words.near",
    "demo": "demo",
    "build": "build vectors.npy -o built.near",
    "tune": "tune words.near -o tuned.near",
    "plan": "plan 1000 10",
    "search": "search words.near king",
    "search, lines": "search words.near",
    "search, json": "search words.near king --json",
    "search, wrong": "search words.near nothing",
    "neighbors": "neighbors vectors.npy -o graph.npz",
    "eval": "eval words.near -k 3 --seconds 0",
    "explain": "explain words.near --query king --key queen",
    "verify": "verify words.near",
    "bench": "bench vectors.npy --peers none --seconds 0",
    "convert": "convert vectors.npy converted.fvecs",
    "help": "help",
    "version": "--version",
    "wrong": "serach",
}
WRONG = {"search, wrong", "wrong"}
# What prints at once, line by line, as JSON, and after writing a file; the others print as one of these does.
FEW = {"info", "search, lines", "search, json", "build"}
RIGHT = [pytest.param(name, marks=[] if name in FEW else [pytest.mark.slow]) for name in sorted(CASES.keys() - WRONG)]


@pytest.fixture(scope="module")
def folder(words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("streams")
    np.save(path / "vectors.npy", np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32))
    (path / "words.near").write_bytes(words.read_bytes())
    return path


def shell(folder: Path, arguments: str, streams: str, unbuffered: str = "") -> tuple[int, str, str]:
    command = f'"{sys.executable}" -m nearabout {arguments} {streams}'
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(
        ["bash", "-c", command],
        input=b"king\n",
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=120,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) <= {name.split(",")[0] for name in CASES}


@pytest.mark.parametrize(("name", "streams"), star(CASES, ["<&- >&- 2>&-", "<&-", ">&-", "2>&-", "2>/dev/full"]))
def test_a_closed_stream_changes_nothing_else(folder: Path, name: str, streams: str) -> None:
    code, out, err = shell(folder, CASES[name], streams)
    without_words = name == "search, lines" and "<&-" in streams
    assert code == (2 if name in WRONG or without_words else 0)
    assert "Traceback" not in err
    assert (err != "") == (code == 2 and "2>" not in streams)
    assert (out != "") == (code == 0 and ">&-" not in streams.replace("2>&-", ""))


def test_search_without_words_or_standard_input_says_so(folder: Path) -> None:
    code, _, err = shell(folder, "search words.near", "<&-")
    sentence = "there is no word to search for, and standard input is closed; pass a word, or open standard input"
    assert (code, err) == (2, f"nearabout: error: {sentence}\n")


def test_an_unbuffered_output_that_is_full_is_told_once(folder: Path) -> None:
    code, _, err = shell(folder, CASES["info"], ">/dev/full", unbuffered="1")
    assert (code, err) == (2, "nearabout: error: standard output: No space left on device\n")


@pytest.mark.parametrize("name", RIGHT)
def test_an_output_that_is_full_is_told_once(folder: Path, name: str) -> None:
    code, _, err = shell(folder, CASES[name], ">/dev/full")
    assert (code, err) == (2, "nearabout: error: standard output: No space left on device\n")


@pytest.mark.parametrize("name", RIGHT)
def test_a_reader_that_went_away_ends_it_quietly(folder: Path, name: str) -> None:
    code, _, err = shell(folder, CASES[name], '| true; exit "${PIPESTATUS[0]}"')
    assert code in (0, 141)  # 0 where the reader was there when it was written to
    assert err == ""
