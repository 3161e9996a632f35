"""Mutated index files: no crash, no hang, no silently different answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

READER = Path(__file__).with_name("reader.py")


@pytest.mark.parametrize("mutations", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_mutated_files(mutations: int) -> None:
    command = [sys.executable, str(READER), "--mutations", str(mutations), "--seconds", "600", "--seed", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith(f"reader: {mutations:,} mutated files"), done.stdout
