"""The `progress=` function hears shares that only grow, and 1.0 at the end, once, unless something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import Kind

VECTORS = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)


def check(shares: list[float]) -> None:
    assert shares[-1] == 1.0
    assert sorted(set(shares)) == shares
    assert shares[0] >= 0


@pytest.mark.parametrize("data", ["array", "none", "one", "lists", "rows", "place", "columns", "text"])
@pytest.mark.parametrize("memory", [None, "64MB"])
def test_build(data: str, memory: str | None, kind: Kind, tmp_path: Path) -> None:
    np.save(tmp_path / "place.npy", VECTORS)
    np.save(tmp_path / "columns.npy", np.asfortranarray(VECTORS))
    (tmp_path / "text.txt").write_text("".join(f"w{i} {' '.join(map(str, row))}\n" for i, row in enumerate(VECTORS)))
    given: dict[str, Any] = {
        "array": VECTORS,
        "none": VECTORS[:0],
        "one": VECTORS[:1],
        "lists": VECTORS.tolist(),
        "rows": iter(VECTORS),
        "place": tmp_path / "place.npy",
        "columns": tmp_path / "columns.npy",
        "text": tmp_path / "text.txt",
    }
    shares: list[float] = []
    na.build(given[data], kind=kind, path=tmp_path / "x.near", memory=memory, progress=shares.append)
    check(shares)


def test_what_else_takes_a_while(kind: Kind) -> None:
    index = na.build(VECTORS, [f"w{i}" for i in range(400)], kind=kind)
    calls: list[Callable[..., object]] = [index.verify]
    if kind.name != "exact":
        calls.append(index.calibrate)
    for call in calls:
        shares: list[float] = []
        call(progress=shares.append)
        check(shares)


def test_inside_the_handling_of_something_else() -> None:
    shares: list[float] = []
    try:
        raise KeyError
    except KeyError:
        na.build(VECTORS, progress=shares.append)
    check(shares)


def test_a_failure_is_not_the_end() -> None:
    shares: list[float] = []
    with pytest.raises(na.InvalidInputError):
        na.build(np.full((3, 2), np.nan), progress=shares.append)
    assert 1.0 not in shares
