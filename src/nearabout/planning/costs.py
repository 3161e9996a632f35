"""What a build and its searches cost: bytes of the file, seconds on one machine, to be scaled to another, and memory.

The terms follow the stages of the build (core/index/*/build.cpp): directions are learnt from a sample of at most some
thousand rows, which takes the same time for ten thousand rows and for a million; then all rows are coded. Seconds were
fitted to 230 builds of words, SIFT, MiniLM and MNIST (16 to 784 dims, 500 to 200,000 rows, f32, f16, u8) on one thread
of an AMD EPYC with AVX-512 by least squares of the ratios. benchmarks/plan.py compares them with builds. What
calibration adds was measured by six builds of each kind with it and without. Whole files were 0.8 to 1.3 times what was
planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nearabout.planning.case import Case
from nearabout.planning.scan import scan_nanoseconds, screen_bytes, screen_seconds, screen_working

_FIRST = 0.001  # seconds, of what is done once
_TO_DISK = 0.008  # seconds until a file lies there safely
# An image in memory grows while it is written: the old and the new one are there for a moment.
_GROWING_IMAGE = 1.85
_NANOSECONDS = 1e-9 / 0.7  # queries were measured on a machine .7 times as slow as that of the builds


class QueryCost(NamedTuple):
    """Seconds of a query on one thread."""

    alone: float  # one a call
    batch: float  # in a batch


@dataclass(frozen=True)
class Speed:
    """The speed of a machine, as it was measured.

    Attributes:
        slowness: how many times as long as the model says a build takes on one thread.
        crowding: how many times as long as alone a thread takes while all others work too: 1 where each has a core.
    """

    slowness: float = 1.0
    crowding: float = 1.0


def file_bytes(case: Case) -> int:
    """Returns the bytes of the file without keys: vectors, what the kind adds, 8 bytes of checksum for each 4,096."""
    kept = case.rows * case.row_bytes if case.kind.keeps_vectors(case) else case.kind.instead_bytes(case)
    # Vectors begin on a page; header, directory and small sections.
    parts = kept + screen_bytes(case) + case.kind.own_bytes(case) + 8_192
    return parts + parts // 512


def seconds(case: Case, threads: int = 1, crowding: float = 1.0) -> float:
    """Returns the seconds of a warm build on the machine that this was fitted on; on another, ratios are worth more."""
    alone = case.kind.own_seconds(case) + screen_seconds(case)
    shared = case.kind.parallel
    return alone * (1 - shared + shared * crowding / threads)


def build_seconds(case: Case, threads: int, speed: Speed, memory: int) -> float:
    """Returns the seconds of a build on a machine of this speed."""
    once = _FIRST + (_TO_DISK if memory else 0.0)
    shared = case.kind.parallel
    measuring = case.kind.calibration_seconds(case) * (1 - shared + shared * speed.crowding / threads)
    building = seconds(case, threads, speed.crowding) * case.kind.fresh
    return (building + measuring) * speed.slowness + once


def memory_bytes(case: Case, threads: int, memory: int) -> int:
    """Returns the most that a build holds beside the vectors it is given: without a budget (0) the index, too."""
    height, held = case.kind.working_bytes(case, memory)
    working = max(height, screen_working(case, memory)) + case.kind.fixed_bytes
    beside = 500_000 + case.kind.thread_bytes * (threads - 1)
    if memory:
        return working + beside + 1_000_000  # pieces of files
    image = round(_GROWING_IMAGE * file_bytes(case))
    if case.kind.keeps_work:
        return max(working, image) + min(working, image) // 2 + beside
    return max(working, image + held) + beside


def query_cost(case: Case, recall: float) -> QueryCost:
    """Returns the seconds of finding this recall of the 10 nearest."""
    alone, batch = (_NANOSECONDS * _nanoseconds(case, recall, way) for way in (False, True))
    return QueryCost(alone, batch)


def _nanoseconds(case: Case, recall: float, batch: bool) -> float:
    if case.kind.always_exact:
        return scan_nanoseconds(case, batch)
    found = case.kind.query_nanoseconds(case, recall, batch)
    if not case.kind.keeps_vectors(case):
        return found
    scan = scan_nanoseconds(case, batch)
    return scan if recall == 1 else min(found, scan)
