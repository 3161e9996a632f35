"""Lists of codes of rows that are equal: nothing tells them apart, so that any number of them looks equally near.

Each case runs in a process of its own: what goes wrong with so many ties may be what ends a process.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

WORK = """
import sys
import numpy as np
import nearabout as na
share, dtype, metric, effort, k = sys.argv[1], *sys.argv[2:4], int(sys.argv[4]), int(sys.argv[5])
random = np.random.default_rng(5)
rows = int(sys.argv[6])
base = random.integers(1, 100, (rows, 16)).astype(dtype)
base[random.random(rows) < float(share)] = base[0]
queries = random.integers(1, 100, (20, 16)).astype(dtype)
queries[:10] = base[0]
index = na.build(base, metric=metric, kind=na.IVF(lists=64), threads=1)
index.verify()
truth = index.search(queries, k, exact=True)
hits = index.search(queries, k, effort=effort, threads=1)
assert hits.rows.shape == (20, k)
assert all(len(set(rows)) == k for rows in hits.rows.tolist()), "a row twice"
assert (np.diff(hits.distances, axis=1) >= 0).all(), "out of order"
assert (hits.rows >= 0).all() and (hits.rows < rows).all()
if float(share) == 1 or metric != "dot":
    np.testing.assert_array_equal(hits.distances[:10], truth.distances[:10])  # of queries that are the common row
if float(share) == 1:
    np.testing.assert_array_equal(hits.distances, truth.distances)  # any rows are right, and none is nearer
print("as it should be")
"""


def answer(*arguments: object) -> str:
    command = [sys.executable, "-c", WORK, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


SIZES = pytest.mark.parametrize("rows", [15_000, pytest.param(60_000, marks=pytest.mark.slow)])


@SIZES
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_all_rows_are_equal(metric: str, rows: int) -> None:
    assert answer(1, "float32", metric, 4, 10, rows) == "as it should be\n"


@SIZES
def test_half_of_the_rows_are_equal(rows: int) -> None:
    assert answer(0.5, "float32", "euclidean", 4, 10, rows) == "as it should be\n"


@SIZES
def test_half_of_the_rows_of_bytes_are_equal(rows: int) -> None:
    assert answer(0.5, "uint8", "euclidean", 20, 100, rows) == "as it should be\n"


def test_a_few_hundred_are_equal() -> None:
    assert answer(0.005, "float32", "euclidean", 10, 10, 60_000) == "as it should be\n"
