"""The examples in docstrings and pages give what they say."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import nearabout as na
from nearabout.cli.demo import bundled_words

ROOT = Path(__file__).resolve().parents[3]
MODULES = [
    "nearabout",
    "nearabout.annoy",
    "nearabout.building",
    "nearabout.kinds.auto",
    "nearabout.evaluation",
    "nearabout.evaluation.distances",
    "nearabout.evaluation.evaluate",
    "nearabout.evaluation.hardness",
    "nearabout.evaluation.pareto",
    "nearabout.evaluation.recall",
    "nearabout.evaluation.sweep",
    "nearabout.evaluation.truth",
    "nearabout.hits",
    "nearabout.calibration.explanation_text",
    "nearabout.calibration.profile",
    "nearabout.index.index",
    "nearabout.index.opening",
    "nearabout.index.other_methods",
    "nearabout.kinds",
    "nearabout.kinds.exact",
    "nearabout.kinds.forest",
    "nearabout.kinds.ivf",
    "nearabout.planning.plan",
]
PAGES = ["README.md", "docs/reference/python.md"]
PAGES += sorted(
    str(page.relative_to(ROOT)) for folder in ("how-to", "tutorials") for page in ROOT.glob(f"docs/{folder}/*.md")
)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


SLOW_PAGES = {"docs/how-to/compare-with-peers.md"}


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] if page in SLOW_PAGES else []) for page in PAGES]
)
def test_pages(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the pages find these two files, and write their own
    na.build(bundled_words(), path="words.near")
    Path("words.txt").write_text("north 0 1\neast 1 0\nnortheast 1 1\n")
    result = doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_commands_of_the_tutorial_work(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorials" / "first-index.md").read_text(encoding="utf-8")
    block = re.search(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert block is not None
    for line in block.group(1).splitlines():
        arguments = [sys.executable, "-m", *shlex.split(line, comments=True)]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, b""), line
        assert done.stdout.strip(), line


def test_the_shell_explains_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of that page, after its Python: the first asks for a neighbour that is missed."""
    monkeypatch.chdir(tmp_path)
    na.build(bundled_words(), path="words.near")
    page = ROOT / "docs" / "how-to" / "explain-a-miss.md"
    doctest.testfile(str(page), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS)
    block = re.search(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert block is not None
    codes = []
    for line in block.group(1).splitlines():
        arguments = [sys.executable, "-m", *shlex.split(line, comments=True)]
        done = subprocess.run(arguments, capture_output=True, check=False, timeout=60)
        assert done.stderr == b""
        codes.append(done.returncode)
    assert codes == [1, 0, 0]


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_examples_run(example: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(example)], cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip()


def shell_examples() -> list[tuple[str, str]]:
    """The searches in the README's session, and what it says that each prints."""
    session = re.search(
        r"^```console\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert session is not None
    steps = [step.partition("\n") for step in session.group(1).split("$ ")[1:]]
    return [
        (line.split("  #")[0].strip(), shown) for line, _, shown in steps if line.startswith("nearabout search words")
    ]


@pytest.mark.parametrize(("command", "shown"), shell_examples())
def test_shell_examples(command: str, shown: str, tmp_path: Path) -> None:
    na.build(bundled_words(), path=tmp_path / "words.near")
    arguments = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert (done.stdout + done.stderr).decode() == shown
