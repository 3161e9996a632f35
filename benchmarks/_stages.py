"""Measures the stages of a search by lists of codes, and compares them with the least time the machine needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from _curves import Point, reaching
from _sets import K
from numpy.typing import NDArray

import nearabout as na

PROFILES = 7  # number of runs; the fastest counts

# Nanoseconds where nothing waits: codes and bytes in the first cache, rows fetched long before they are needed.
# Measured on AVX-512 with VNNI (a code of 16 bytes 0.18, one of 48 bytes 0.45; a row of 128 bytes 22, of 768 bytes 59).
PRODUCT = 0.0045  # of one byte with another
CODE, CODE_BYTE = 0.045, 0.0084
ROW, ROW_BYTE = 15.0, 0.058


@dataclass(frozen=True)
class Stages:
    """The mean work of a query in a batch."""

    target: float
    recall: float
    effort: int
    lists: float
    codes: float
    compared: float
    bytes: float
    micros: dict[str, float]
    floor: float  # microseconds

    def __str__(self) -> str:
        whole = sum(self.micros.values())
        parts = " + ".join(f"{stage} {spent:.2f}" for stage, spent in self.micros.items())
        return (
            f"  recall {self.recall:.3f}: {whole:.2f} us = {parts}; {self.lists:.0f} lists, {self.codes:,.0f} codes, "
            f"{self.compared:.0f} rows, {self.bytes / 1000:.0f} kB; floor {self.floor:.2f} us, {self.floor / whole:.0%}"
        )


def floor_of(index: na.Index, codes: float, compared: float) -> float:
    """Returns the least microseconds of a query: products, codes and rows, each at its best speed."""
    info = index.info()
    lists, directions = info["lists"], info["code_directions"]
    row_bytes: float = next(part["bytes"] for part in info["sections"] if part["name"] == "vectors") / len(index)
    products: float = (index.dims + lists) * directions * PRODUCT
    scanned: float = codes * (CODE + CODE_BYTE * info["code_bytes"])
    return (products + scanned + compared * (ROW + ROW_BYTE * row_bytes)) / 1e3


def stages_of(index: na.Index, queries: NDArray[Any], points: list[Point], targets: Iterable[float]) -> list[Stages]:
    """At the fastest setting that reaches each recall."""
    found = []
    for target in targets:
        point = reaching(points, target, "batch")
        if point is None:
            continue
        effort = int(point.setting)
        profiles = [index.profile(queries, K, effort=effort, threads=1) for _ in range(PROFILES)]
        best = min(profiles, key=lambda profile: sum(profile.seconds.values()))
        each = max(1, best.queries)
        codes, compared = best.counts["codes"] / each, best.counts["compared"] / each
        micros = {stage: seconds / each * 1e6 for stage, seconds in best.seconds.items()}
        floor = floor_of(index, codes, compared)
        work = (best.counts["lists"] / each, codes, compared, best.counts["bytes"] / each)
        found.append(Stages(target, point.recall, effort, *work, micros, floor))
    return found
