"""One version, told the same everywhere, and no upper bound on what the package needs."""

from __future__ import annotations

import importlib
import re
from itertools import chain
from typing import Any

import pytest

import nearabout
from nearabout import _core

from .tree import ROOT

# A name, perhaps extras, and nothing but a lower bound: an upper bound breaks its users when the peer moves on.
_LOWER_BOUND = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?>=[0-9][0-9.]*$")
_OWN_EXTRAS = re.compile(r"^nearabout\[[a-z0-9,_-]+\]$")
_HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def only_lower_bound(requirement: str) -> bool:
    return bool(_LOWER_BOUND.match(requirement) or _OWN_EXTRAS.match(requirement))


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    try:
        tomllib = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        pytest.skip("tomllib came with Python 3.11")
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings


def test_requirements_are_lower_bounds(pyproject: dict[str, Any]) -> None:
    extras = pyproject["project"]["optional-dependencies"].values()
    stated = [*pyproject["build-system"]["requires"], *pyproject["project"]["dependencies"], *chain(*extras)]
    assert [requirement for requirement in stated if not only_lower_bound(requirement)] == []


def test_python_has_no_upper_bound(pyproject: dict[str, Any]) -> None:
    assert re.fullmatch(r">=3\.\d+", pyproject["project"]["requires-python"])


def test_numpy_is_the_only_thing_needed_to_run(pyproject: dict[str, Any]) -> None:
    assert [re.split(r"[>=\[]", name)[0] for name in pyproject["project"]["dependencies"]] == ["numpy"]


def test_the_version_is_one(pyproject: dict[str, Any]) -> None:
    newest = _HEADING.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert newest is not None, "CHANGELOG.md has no heading of the form ## [1.2.3]"
    assert newest.group(1) == pyproject["project"]["version"]
    assert nearabout.__version__ == pyproject["project"]["version"]
    assert nearabout.__version__ == _core.version()


@pytest.mark.parametrize("bad", ["numpy", "numpy==1.26", "numpy>=1.24,<3", "numpy~=1.24", "numpy<3", "nearabout"])
def test_the_checker_sees_another_bound(bad: str) -> None:
    assert not only_lower_bound(bad)


def test_the_checker_passes_lower_bounds() -> None:
    assert only_lower_bound("numpy>=1.24")
    assert only_lower_bound("nearabout[zstd,hdf5]")
