"""What several tests start from."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

import nearabout as na

WORDS = ["north", "north-east", "east", "south", "west"]
DIRECTIONS = np.array([[0, 1], [1, 1], [1, 0], [0, -1], [-1, 0]], np.float32)

# A shell that starts the tests in the background has SIGINT ignored, and those that are to be stopped by it would
# inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def compass() -> na.Index:
    """Five directions in the plane, under cosine."""
    return na.build(DIRECTIONS, keys=WORDS)


@pytest.fixture(scope="session")
def compass_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("compass") / "compass.near"
    na.build(DIRECTIONS, keys=WORDS, path=path)
    return path
