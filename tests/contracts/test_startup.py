"""Importing the package and answering a query from the shell do not pay for NumPy: it costs more than all the rest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

# Each alone costs as much as the whole answer to a query.
HEAVY = {"numpy", "argparse", "dataclasses", "inspect", "asyncio", "ctypes", "multiprocessing", "h5py", "pyarrow"}


def modules_loaded(*arguments: str) -> set[str]:
    """The top-level modules that `python *arguments` imports, as -X importtime tells."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s*([\w.]+)\s*$", done.stderr, re.MULTILINE)
    loaded = {name.split(".")[0] for name in names}
    if "_editable_skbc_nearabout" in loaded and "nearabout" in loaded:
        # An editable install starts the build at import; what that takes is not in the package.
        loaded -= modules_loaded("-c", "import importlib.util, locale, subprocess")
    return loaded


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    np = pytest.importorskip("numpy")
    nearabout = pytest.importorskip("nearabout")
    path: Path = tmp_path_factory.mktemp("startup") / "words.near"
    vectors = np.eye(4, 3, dtype=np.float32) + np.float32(0.1)
    nearabout.build(vectors, keys=["good", "bad", "fine", "poor"], metric="cosine", path=str(path))
    return path


def test_the_checker_sees_numpy() -> None:
    assert "numpy" in modules_loaded("-c", "import numpy")


def test_import_is_light() -> None:
    loaded = modules_loaded("-c", "import nearabout")
    assert "nearabout" in loaded
    assert not loaded & HEAVY


def test_the_drop_in_is_light() -> None:
    loaded = modules_loaded("-c", "import nearabout.annoy")
    assert "nearabout" in loaded
    assert not loaded & (HEAVY | {"typing", "re"})


def test_search_is_light(words: Path) -> None:
    for options in ((), ("--recall", "0.9")):
        loaded = modules_loaded("-m", "nearabout", "search", str(words), "good", *options)
        assert "nearabout" in loaded
        assert not loaded & HEAVY
