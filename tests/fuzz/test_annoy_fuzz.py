"""Mutated files of Annoy: no crash, no hang, no answer that names what does not exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("annoy.py")


@pytest.mark.parametrize("mutations", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_mutated_files(mutations: int) -> None:
    command = [sys.executable, str(FUZZER), "--mutations", str(mutations), "--seconds", "600", "--seed", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = re.fullmatch(rf"annoy: {mutations:,} mutated files, ([\d,]+) of them answered, .*\n", done.stdout)
    assert told is not None
    assert 0.15 < int(told.group(1).replace(",", "")) / mutations < 0.97  # some get through, some do not
