"""2,000 mutated index files: no crash, no hang, no silently different answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

READER = Path(__file__).with_name("reader.py")


def test_two_thousand_mutated_files() -> None:
    command = [sys.executable, str(READER), "--mutations", "2000", "--seconds", "600", "--seed", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("reader: 2,000 mutated files"), done.stdout
