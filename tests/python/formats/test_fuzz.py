"""A short run of the fuzzer of formats; scripts/fuzz runs it, and the others, as long as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).resolve().parents[2] / "fuzz" / "formats.py"


@pytest.mark.parametrize(("seed", "cases"), [(1, 150), pytest.param(2, 600, marks=pytest.mark.slow)])
def test_mutated_files_give_vectors_or_an_error_of_ours(seed: int, cases: int) -> None:
    command = [sys.executable, str(FUZZER), "--seed", str(seed), "--cases", str(cases), "--seconds", "300"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{cases} cases" in done.stdout
    assert "read " in done.stdout


def test_a_case_can_be_run_again() -> None:
    command = [sys.executable, str(FUZZER), "--seed", "1", "--only", "17"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first.splitlines()[-1] == second.splitlines()[-1]
    assert first.splitlines()[-1].startswith("1 cases, seed 1: ")
