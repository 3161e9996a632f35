"""Lists of codes whose file is not in memory: rows are asked for ahead, and answers are the same."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import nearabout as na


def put_out_of_memory(path: Path) -> None:
    if not hasattr(os, "posix_fadvise"):
        pytest.skip("only POSIX lets a file be put out of memory")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "kept", [{}, {"keep_vectors": False}, {"refine": False}, {"refine": False, "keep_vectors": False}]
)
@pytest.mark.parametrize("dtype", ["f32", "u8"])
def test_from_disk_as_from_memory(kept: dict[str, bool], dtype: str, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    table = random.integers(0, 200, size=(9_000, 40)).astype(np.float32)
    queries = random.integers(0, 200, size=(300, 40)).astype(np.float32)
    in_memory = na.build(table, metric="euclidean", dtype=dtype, kind=na.IVF(**kept))
    path = tmp_path / "cold.near"
    in_memory.save(path)
    for ask in (lambda index: index.search(queries), lambda index: index.search(queries[0], k=40, effort=9)):
        put_out_of_memory(path)
        cold, warm = ask(na.open(path)), ask(in_memory)
        np.testing.assert_array_equal(cold.rows, warm.rows)
        np.testing.assert_array_equal(cold.distances, warm.distances)
