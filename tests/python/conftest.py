"""What several tests start from."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import numpy as np
import pytest

import nearabout as na
from nearabout import kinds
from nearabout.kinds import Kind as Kind  # the tests import it from here

WORDS = ["north", "north-east", "east", "south", "west"]
DIRECTIONS = np.array([[0, 1], [1, 1], [1, 0], [0, -1], [-1, 0]], np.float32)

# Builds choose for the family of the machine; tests are the same on all.
os.environ["NEARABOUT_FAMILY"] = "generic"

# Tests assert answers, never times: Hypothesis would fail an example that a busy machine takes long for.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# A shell that starts the tests in the background has SIGINT ignored, and those that are to be stopped by it would
# inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Settings that make even a few rows a real index: more than one tree, leaf and list.
SETTINGS: dict[str, Kind] = {"forest": na.Forest(trees=2, leaf_size=2), "ivf": na.IVF(lists=2)}
# Every kind that is registered.
KINDS: list[Kind] = [SETTINGS.get(name, one()) for name, one in kinds.KINDS.items()]


def skip_unserved(kind: Kind, metric: str) -> None:
    """Ends a test of any kind under any metric where this kind does not serve this metric."""
    if metric not in kind.metrics:
        pytest.skip(f"the kind {kind.name} does not serve {metric}")


@pytest.fixture(scope="session", params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """What holds for an index of any kind is tested with each."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture(scope="session")
def compass(kind: Kind) -> na.Index:
    """Five directions in the plane, under cosine."""
    return na.build(DIRECTIONS, keys=WORDS, kind=kind)


@pytest.fixture(scope="session")
def compass_file(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("compass") / "compass.near"
    na.build(DIRECTIONS, keys=WORDS, kind=kind, path=path)
    return path
