"""The other commands, help, and how a process ends."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from nearabout.cli import _OTHER_NAMES, COMMANDS
from nearabout.cli.build import default_output
from nearabout.cli.output import duration, numbers, size, table
from nearabout.kinds import KINDS

from .conftest import Run, process


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_how_it_is_used(run: Run, command: str) -> None:
    told = run("help", command)
    assert told.code == 0
    assert told.out.startswith(f"usage: nearabout {command}") or f"usage: nearabout {command}" in told.out
    assert run(command, "--help").out == run(command, "x", "-h").out == told.out
    assert max(map(len, told.out.splitlines())) <= 120


def test_help_names_every_kind_and_its_settings(run: Run) -> None:
    out = run("help", "build").out
    for kind in KINDS.values():
        assert f" {kind.name} " in out.replace("\n", " ")
        assert all(f"{field.name}=" in out for field in dataclasses.fields(kind))


def test_help_and_version(run: Run) -> None:
    told = run()
    assert told.code == 0
    assert all(f"\n  {command} " in told.out for command in COMMANDS)
    assert run("help").out == run("--help").out == told.out
    assert run("--version").out == f"nearabout {na.__version__}\n"
    done = run("serach")
    assert (done.code, done.out) == (2, "")
    assert "there is no command 'serach'; did you mean 'search'" in done.err
    assert run("help", "serach").code == 2
    assert "there is no command 'query'; did you mean 'search'? Allowed: demo" in run("query", "words.near").err
    assert "did you mean 'neighbors'" in run("graph").err


def test_other_names_of_commands_are_not_commands() -> None:
    assert not set(_OTHER_NAMES) & set(COMMANDS)
    assert set(_OTHER_NAMES.values()) <= set(COMMANDS)


def test_a_plan_says_what_the_index_will_be(run: Run) -> None:
    chosen = "chosen for"
    assert chosen in run("plan", 1000, 32).out
    assert chosen in run("plan", 1000, 32, "--kind", "ivf").out
    assert chosen not in run("plan", 1000, 32, "--kind", "graph").out
    for kind in ("ivf", "graph"):
        options = ("--kind", kind, "--set", "keep_vectors=false")
        assert "keep_vectors False" in run("plan", 1000, 32, *options).out
        assert "keep_vectors True" in run("plan", 1000, 32, *options, "--dtype", "u8").out


def test_build(run: Run, vectors_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("build", vectors_file)
    assert (done.code, done.err) == (0, "")
    assert "5 vectors of 2 dims" in done.out
    assert "tiny.vectors.near: exact, cosine, f32, 5 rows" in done.out
    assert list(na.open("tiny.vectors.near")) == ["up", "down", "left", "right", "upright"]
    options = ["-o", "other.near", "--metric=euclidean", "--dtype", "i8", "--kind", "exact", "--threads", "1"]
    assert run("build", vectors_file, *options).code == 0
    other = na.open("other.near")
    assert (other.metric, other.dtype) == ("euclidean", "i8")


def test_build_refuses(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.near"
    for arguments, sentence in [
        (["--metric", "l2"], "did you mean 'euclidean'"),
        (["--kind", "tree"], "there is no kind 'tree'"),
        (["--dtype", "float16"], "did you mean 'f16'"),
        (["--set", "lists=4"], "--set lists=4: auto chooses the settings itself; name the kind as well"),
        (["--set", "lists=4", "--kind", "exact"], "--set lists=4: the kind exact has no setting 'lists'"),
        (["--threads", "0"], "threads is 0"),
        (["--invalid", "drop"], "invalid is 'drop'"),
        (["--kind", "exact", "--seed", "1"], "seed is 1, but the build of this kind uses no random numbers"),
        (["second.txt"], "takes one input file; 2 were given"),
        (["--output"], "--output needs a value"),
    ]:
        done = run("build", vectors_file, "-o", target, *arguments)
        assert done.code == 2, arguments
        assert sentence in done.err
    assert run("build", tmp_path / "none.txt").err.startswith(
        f"nearabout: error: {tmp_path / 'none.txt'}: No such file"
    )
    assert "must end in .near" in run("build", vectors_file, "-o", "x.npy").err
    index = tmp_path / "index.near"
    assert run("build", vectors_file, "-o", index).code == 0
    assert f"{index}: is already a nearabout index: search it" in run("build", index, "-o", target).err
    assert not target.exists()


def test_build_can_leave_out_bad_rows(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "zeros.npy"
    np.save(source, np.array([[1, 2], [0, 0], [3, 4]], np.float32))
    target = tmp_path / "zeros.near"
    assert run("build", source, "-o", target).code == 2
    done = run("build", source, "-o", target, "--invalid", "skip")
    assert "1 left out (NaN, infinite or zero), first row 1" in done.out
    assert list(na.open(target)) == [0, 2]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a/words.txt.gz", "words.near"),
        ("glove.6B.50d.txt", "glove.6B.50d.near"),
        ("GoogleNews.bin.XZ", "GoogleNews.near"),
        ("x.npy", "x.near"),
        ("noending", "noending.near"),
    ],
)
def test_the_name_of_the_output(source: str, target: str) -> None:
    assert default_output(source) == target


def test_info(run: Run, words: Path) -> None:
    done = run("info", words)
    assert done.code == 0
    assert "8 of 6 dims, f32" in done.out
    assert "cosine" in done.out
    told = json.loads(run("info", words, "--json").out)
    assert told == json.loads(json.dumps(na.open(words).info()))
    assert run("info").code == run("info", words, words).code == 2


def test_verify(run: Run, words: Path, tmp_path: Path) -> None:
    assert run("verify", words).out.startswith(f"{words}: sound, ")
    told = json.loads(run("verify", words, "--json").out)
    assert (told["sound"], told["bytes"]) == (True, words.stat().st_size)
    text = tmp_path / "text.near"
    text.write_text("no index " * 50)
    done = run("verify", text)
    assert done.code == 1
    assert "not sound" in done.out
    assert json.loads(run("verify", text, "--json").out)["problem"] == "UnknownFormatError"
    assert "If it holds vectors, build an index from it: nearabout.build in Python" in run("search", text, "king").err
    assert run("verify", tmp_path / "none.near").code == 2


def test_verify_finds_a_changed_byte(run: Run, words: Path, tmp_path: Path) -> None:
    image = bytearray(words.read_bytes())
    info = na.open(words).info()
    part = next(section for section in info["sections"] if section["name"] == "vectors")
    image[part["offset"] + 5] ^= 1
    changed = tmp_path / "changed.near"
    changed.write_bytes(image)
    assert run("verify", changed).code == 1


def test_convert(run: Run, words: Path, vectors_file: Path, tmp_path: Path) -> None:
    array = tmp_path / "words.npy"
    assert run("convert", words, array).code == 2  # .npy cannot store keys
    assert run("convert", words, array, "--no-keys").code == 0
    np.testing.assert_array_equal(np.load(array), na.open(words).vectors())
    text = tmp_path / "again.txt"
    done = run("convert", vectors_file, text)
    assert (done.code, done.err) == (0, "")
    assert "5 vectors of 2 dims" in done.out
    assert list(na.build(text)) == list(na.build(vectors_file))
    index, binary = tmp_path / "tiny.near", tmp_path / "tiny.bin"
    assert run("build", vectors_file, "-o", index).code == 0
    assert run("convert", index, binary).code == 0
    assert list(na.build(binary)) == list(na.open(index))
    assert "use: nearabout build" in run("convert", vectors_file, tmp_path / "x.near").err
    assert "takes two files" in run("convert", vectors_file).err
    assert run("convert", vectors_file, tmp_path / "x.unknown").code == 2


def test_demo(run: Run, tmp_path: Path) -> None:
    done = run("demo")
    assert (done.code, done.err) == (0, "")
    assert "5,050 words of 50 dims" in done.out
    analogy = next(line for line in done.out.splitlines() if line.startswith("king - man + woman"))
    assert analogy.split()[5] == "queen,"
    assert "Try next" in done.out
    kept = tmp_path / "kept.near"
    assert run("demo", "-o", kept).code == 0
    assert len(na.open(kept)) == 5050
    assert run("demo", "more").code == 2


def test_the_console_script_and_the_module_are_one(words: Path) -> None:
    script = shutil.which("nearabout", path=str(Path(sys.executable).parent))
    if script is None:
        pytest.skip("the console script is not installed beside this interpreter")
    by_script = subprocess.run([script, "search", words, "king"], capture_output=True, check=True)
    assert by_script.stdout == process("search", words, "king").stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes end another way on Windows")
def test_a_reader_that_goes_away(words: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "nearabout", "search", str(words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(b"king\n")
    child.stdin.flush()
    assert child.stdout.readline()  # each answer is flushed before the next line is read
    child.stdout.close()
    child.stdin.write(b"queen\n" * 3)
    child.stdin.close()
    assert child.wait(60) == 141
    assert child.stderr.read() == b""
    child.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="signals are sent another way on Windows")
def test_control_c_ends_quietly(words: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "nearabout", "search", str(words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"king\n")
    child.stdin.flush()
    assert child.stdout.readline()  # it is in its loop now
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (130, b"")


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are of POSIX")
def test_a_terminal_gets_a_prompt(words: Path) -> None:
    pty = importlib.import_module("pty")
    ours, theirs = pty.openpty()
    child = subprocess.Popen([sys.executable, "-m", "nearabout", "search", str(words)], stdin=theirs, stdout=theirs)
    shown = b""
    os.write(ours, b"king\n\x04")  # a line, then the end of input
    while not shown.endswith(b"word: \r\n"):
        shown += os.read(ours, 1000)
    assert child.wait(60) == 0
    os.close(ours)
    os.close(theirs)
    assert shown.count(b"word: ") == 2
    assert b"queen" in shown


def test_output_in_any_encoding(words: Path, tmp_path: Path) -> None:
    path = tmp_path / "foreign.near"
    na.build(np.eye(2, dtype=np.float32) + 1, keys=["a", "שלום"], path=path)
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    for options in ([], ["--json"]):
        command = [sys.executable, "-m", "nearabout", "search", str(path), "a", *options]
        done = subprocess.run(command, capture_output=True, env=environment, check=True)
        assert rb"\u05e9" in done.stdout


def test_how_numbers_are_shown() -> None:
    assert numbers([0.25, 0.5]) == ["0.2500", "0.5000"]
    assert numbers([-12.5, 3]) == ["-12.5000", "  3.0000"]
    assert numbers([343_556.1, 5.0]) == ["343556", "     5"]
    assert numbers([0.0, 2e-6]) == ["0.000e+00", "2.000e-06"]
    assert numbers([float("inf"), 1.0]) == ["   inf", "1.0000"]
    assert numbers([]) == []
    assert [size(count) for count in (999, 1_500, 2_000_000)] == ["999 bytes", "1.5 KB", "2.0 MB"]
    assert [duration(seconds) for seconds in (2e-5, 0.0123, 3.21)] == ["0.020 ms", "12.3 ms", "3.2 s"]
    assert table([["a", "1"], ["bb", "22"]], "lr") == ["a    1", "bb  22"]
