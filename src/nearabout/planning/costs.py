"""Models of the cost of a build and its searches: file bytes, memory bytes, and seconds on a reference machine.

The terms follow the stages of the build (core/index/*/build.cpp). Directions are learnt from a sample of at most a few
thousand rows, which takes the same time for ten thousand rows and for a million; then all rows are coded. Seconds were
fitted to 230 builds of words, SIFT, MiniLM and MNIST (16 to 784 dims, 500 to 200,000 rows, f32, f16, u8) on one thread
of an AMD EPYC with AVX-512, by least squares of the ratios. benchmarks/plan.py compares them with builds. The time of
calibration was measured by six builds of each kind with and without it. Real files were 0.8 to 1.3 times the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nearabout.kinds.case import Case
from nearabout.kinds.scan_cost import (
    byte_rows_bytes,
    byte_rows_seconds,
    is_screened,
    scan_nanoseconds,
    scan_seconds,
    screen_bytes,
    screen_working,
)

_FIRST = 0.001  # seconds of fixed cost per build
_TO_DISK = 0.008  # seconds to write a file durably
# An image in memory is reallocated as it grows: for a moment both the old and the new one exist.
_GROWING_IMAGE = 1.85
_NANOSECONDS = 1e-9 / 0.7  # queries were measured on a machine with 0.7 times the slowness of the one for builds


class QueryCost(NamedTuple):
    """Seconds per query on one thread."""

    alone: float  # one query per call
    batch: float  # in a batch


@dataclass(frozen=True)
class Speed:
    """The measured speed of a machine.

    Attributes:
        slowness: measured time of a build on one thread / time by the model.
        crowding: time of a build while all threads are busy / time of a build alone; 1 if each thread has a core.
    """

    slowness: float = 1.0
    crowding: float = 1.0


def file_bytes(case: Case) -> int:
    """Returns the bytes of the file without keys: vectors, the kind's sections, 8 bytes of checksum per 4,096 bytes."""
    kept = case.rows * case.row_bytes if case.kind.keeps_vectors(case) else case.kind.instead_bytes(case)
    # 8,192 bytes: padding of the vectors to a page, header, directory and small sections.
    parts = kept + screen_bytes(case) + byte_rows_bytes(case) + case.kind.own_bytes(case) + 8_192
    return parts + parts // 512


def seconds(case: Case, threads: int = 1, crowding: float = 1.0, screen: bool = True) -> float:
    """Returns the seconds of a warm build on the reference machine. For another machine, use ratios of these."""
    # The seconds of other kinds were fitted with their vectors written, but without a screen.
    scan = scan_seconds(case) if case.kind.always_exact or (screen and is_screened(case)) else 0.0
    alone = case.kind.own_seconds(case) + scan + byte_rows_seconds(case)
    parallel = case.kind.parallel
    return alone * (1 - parallel + parallel * crowding / threads)


def build_seconds(case: Case, threads: int, speed: Speed, memory: int) -> float:
    """Returns the seconds of a build on a machine of this speed."""
    fixed = _FIRST + (_TO_DISK if memory else 0.0)
    parallel = case.kind.parallel
    calibrating = case.kind.calibration_seconds(case) * (1 - parallel + parallel * speed.crowding / threads)
    building = seconds(case, threads, speed.crowding) * case.kind.fresh
    return (building + calibrating) * speed.slowness + fixed


def memory_bytes(case: Case, threads: int, memory: int) -> int:
    """Returns the peak memory of a build in bytes, without its input. Without a budget (`memory` 0) it includes the
    index.
    """
    peak, held = case.kind.working_bytes(case, memory)
    working = max(peak, screen_working(case, memory)) + case.kind.fixed_bytes
    extra = 500_000 + case.kind.thread_bytes * (threads - 1)
    if memory:
        return working + extra + 1_000_000  # file buffers
    image = round(_GROWING_IMAGE * file_bytes(case))
    if case.kind.keeps_work:
        return max(working, image) + min(working, image) // 2 + extra
    return max(working, image + held) + extra


def query_cost(case: Case, recall: float) -> QueryCost:
    """Returns the seconds of a query at this recall@10."""
    alone, batch = (_NANOSECONDS * _nanoseconds(case, recall, way) for way in (False, True))
    return QueryCost(alone, batch)


def _nanoseconds(case: Case, recall: float, batch: bool) -> float:
    if case.kind.always_exact:
        return scan_nanoseconds(case, batch)
    found = case.kind.query_nanoseconds(case, recall, batch)
    if case.kind.is_exact_quick or not case.kind.keeps_vectors(case):
        return found
    scan = scan_nanoseconds(case, batch)
    return scan if recall == 1 else min(found, scan)
