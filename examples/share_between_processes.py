"""One index file, many processes: each maps the same pages, so they are in memory once."""

from __future__ import annotations

import multiprocessing
import tempfile
from pathlib import Path

import numpy as np

import nearabout as na


def nearest_row(work: tuple[na.Index, int]) -> int:
    """Runs in a child; the index that it was sent is the path of the file, opened again there."""
    index, row = work
    return int(index.search_by_key(row, k=1).rows[0])


def main() -> None:
    vectors = np.random.default_rng(0).normal(size=(2000, 32)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        index = na.build(vectors, metric="euclidean", path=Path(folder) / "shared.near")
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            print("nearest to rows 0 to 4:", pool.map(nearest_row, [(index, row) for row in range(5)]))
        del index  # Windows does not remove a file that is mapped


if __name__ == "__main__":
    main()
