"""Somebody writes to the vectors while an index is built of them: an index or an error, whatever is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.errors import InvalidInputError
from tests.combinations import star

SECONDS = 0.25  # that each attack lasts
KINDS: dict[str, Any] = {
    "exact": na.Exact(),
    "forest": na.Forest(trees=2),
    "lists": na.IVF(),
    "8-bit codes": na.IVF(lists=20, keep_vectors=False),
    "small codes": na.IVF(lists=20, refine=False, keep_vectors=False),
}
# What is written, and put right again a little later.
ATTACKS: dict[str, list[float]] = {
    "f4": [np.nan, np.inf, 3e38, -3e38, 0, 1e-45],
    "f2": [np.nan, 6e4, -np.inf],
    "f8": [np.nan, 1e300, 1e38],
    "u1": [0, 255],
}


@contextmanager
def attacked(vectors: NDArray[Any], values: list[float]) -> Iterator[None]:
    stop = threading.Event()
    numbers = vectors.reshape(-1)

    def attack() -> None:
        random = np.random.default_rng(1)
        while not stop.is_set():
            places = random.integers(0, numbers.size, 50)
            before = numbers[places]
            with np.errstate(over="ignore"):
                numbers[places] = random.choice(values)
            time.sleep(random.choice([0, 0.001, 0.01]))
            numbers[places] = before
            time.sleep(random.choice([0, 0.003]))

    thread = threading.Thread(target=attack)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(("kind", "dtype"), star(KINDS, ATTACKS))
def test_a_build_of_what_changes_is_an_index_or_an_error(kind: str, dtype: str) -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(4000, 24)) * 20 + 100).clip(0, 255).astype(dtype)
    for metric in ("euclidean", "cosine", "dot"):
        values = ATTACKS[dtype] if metric == "cosine" else [*ATTACKS[dtype], 3e4]
        with attacked(vectors, values if dtype != "u1" else ATTACKS[dtype]):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                try:
                    index = na.build(vectors, metric=metric, kind=KINDS[kind], dtype="f32" if dtype == "f8" else None)
                except InvalidInputError:
                    continue
                index.verify()
                assert index.search(np.full(24, 100), 5).rows.shape == (5,)


def test_the_error_names_what_changed() -> None:
    """The rows are sound when they are looked at first, and not when they are read."""
    vectors = np.random.default_rng(0).normal(size=(60_000, 40)).astype("f4")

    def spoil(done: float) -> None:
        if done > 0.2:
            vectors[:, 3] = np.nan

    with pytest.raises(InvalidInputError, match=r"changed while the index was built: row \d+ has NaN or infinity"):
        na.build(vectors, kind="exact", threads=1, progress=spoil)
