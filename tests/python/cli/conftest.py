"""Running commands, in this process for their answers and in another for how a process ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import nearabout as na
from nearabout.cli import main
from nearabout.evaluation import Run as Outcome
from nearabout.evaluation.race_protocol import RaceProtocol

WORDS = ["king", "queen", "man", "woman", "New York", "river", "-", "-lrb-"]


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]

# The command as it is, but for races, which nobody runs: what comes before them and after is all there.
WITHOUT_RACES = """
import sys
from nearabout.cli import main
from nearabout.evaluation import Run
from nearabout.evaluation.race_protocol import RaceProtocol
RaceProtocol.run = lambda self, name, *_: Run(name, name)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def without_races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Races end before they begin, for tests of what is read and printed before them."""
    monkeypatch.setattr(RaceProtocol, "run", lambda self, name, *_: Outcome(name, name))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call


def process(*arguments: object, stdin: bytes = b"", code: str | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *(["-c", code] if code else ["-m", "nearabout"]), *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight words such that king - man + woman is nearest to queen."""
    rank, sex = np.eye(2, 6)
    others = np.eye(6)[2:]
    vectors = [rank + sex, rank - sex, others[0] + sex, others[0] - sex, others[1], others[2], others[3], -others[3]]
    path: Path = tmp_path_factory.mktemp("words") / "words.near"
    na.build(np.array(vectors, np.float32), keys=WORDS, path=path)
    return path


@pytest.fixture(scope="session")
def vectors_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("vectors") / "tiny.vectors.txt"
    path.write_text("up 0 1\ndown 0 -1\nleft -1 0\nright 1 0\nupright 1 1\n")
    return path
