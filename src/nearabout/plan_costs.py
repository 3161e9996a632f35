"""What a build costs: seconds on one machine, to be scaled to another, and bytes of memory.

The terms follow the stages of the build (core/index/*/build.cpp): directions are learnt from a sample of at most some
thousand rows, which takes the same time for ten thousand rows and for a million; then all rows are coded. Seconds were
fitted to 230 builds of words, SIFT, MiniLM and MNIST (16 to 784 dims, 500 to 200,000 rows, f32, f16, u8) on one thread
of an AMD EPYC with AVX-512 by least squares of the ratios. benchmarks/plan.py compares them with builds. What
calibration adds was measured by six builds of each kind with it and without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nearabout.params import IVF, Forest
from nearabout.plan_sizes import Case, code_width, directions, file_bytes, keeps_vectors, screen_width, sketch_width

# Rows of the samples that directions are learnt from, and how many directions are tried at most.
_EXACT_SAMPLE, _FOREST_SAMPLE, _LISTS_SAMPLE = 4_096, 2_048, 4_096
_EXACT_TRIED = (32, 48, 64, 96, 128, 160, 192, 256, 320, 384)
_FOREST_TRIED = (32, 48, 64, 96, 128, 192)
_LISTS_TRIED = 192
_LISTS_SEEN = 32_768  # rows whose images along the directions are kept for a while
# The share of a build that threads divide among them.
_PARALLEL = {"exact": 0.5, "forest": 0.4, "ivf": 0.8}
# In a process that does nothing else: memory is touched for the first time, which no small index measures.
_FRESH = {"exact": 1.25, "forest": 1.4, "ivf": 1.1}
_FIRST = 0.001  # seconds, of what is done once
_TO_DISK = 0.008  # seconds until a file lies there safely
# An image in memory grows while it is written: the old and the new one are there for a moment.
_GROWING_IMAGE = 1.85
_CODED = 40  # bytes a row beside its code, while the screen is made
_PLACES = 8  # bytes a row beside its sketch: its offset and its number


def _tried(case: Case, candidates: tuple[int, ...]) -> int:
    """The most directions that are tried: as many as pay for the projection of a query."""
    fitting = (count for count in candidates if count * 5 <= case.dims * 4 and count * 4 <= case.rows)
    return max(fitting, default=0)


def _exact_seconds(case: Case) -> float:
    rows, dims = case.rows, case.dims
    tried = _tried(case, _EXACT_TRIED) if case.screened else 0
    sample = min(rows, _EXACT_SAMPLE) if tried else 0
    learning = 3.3e-11 * sample * dims * tried + 1.7e-9 * dims * tried**2 + 6.1e-8 * sample * dims + 9.1e-7 * sample
    coding = 2.4e-11 * rows * dims * directions(dims, 8) if tried else 0.0
    return 1.6e-4 + learning + coding + 1.4e-7 * rows + 2.6e-9 * rows * case.row_bytes


def _screen_seconds(case: Case) -> float:
    """Of the screen that forests and lists have beside their vectors."""
    return _exact_seconds(case) if case.screened and keeps_vectors(case) else 0.0


def _forest_seconds(case: Case) -> float:
    rows, dims = case.rows, case.dims
    tried = _tried(case, _FOREST_TRIED)
    sample = min(rows, _FOREST_SAMPLE) if tried else 0
    learning = 5.8e-11 * sample * dims * tried + 2.7e-9 * dims * tried**2 + 3.0e-6 * sample
    levels = math.log2(1 + rows / 48)
    growing = case.trees * rows * levels * (9.6e-8 + 5.6e-11 * sketch_width(case))
    return 1.1e-3 + learning + growing + 2.8e-9 * rows * dims + 1.4e-9 * rows * case.row_bytes


def _lists_sample(case: Case) -> int:
    """Rows that lists are learnt from."""
    return min(case.rows, max(64 * case.lists, 2_048), max(16 * case.lists, 262_144))


def _lists_seconds(case: Case) -> float:
    rows, dims = case.rows, case.dims
    tried = min(dims, rows, _LISTS_TRIED)
    coded = min(dims, 96)
    sample = min(rows, _LISTS_SAMPLE)
    learning = 2.3e-9 * dims * tried**2 + sample * (1.0e-5 + 2.8e-8 * (dims + 4 * tried) + 1.3e-10 * tried**2)
    clustering = case.lists * coded * (1.6e-11 * _lists_sample(case) + 2e-12 * rows)
    projecting = 1.0e-10 * (rows + _lists_sample(case)) * dims * coded
    return 2.1e-3 + learning + clustering + projecting + 4.1e-6 * rows + 5.9e-10 * rows * case.row_bytes


def calibration_seconds(case: Case) -> float:
    """Of measuring with 512 rows, whose neighbours are looked for among all (core/index/calibration/truth.h); forests
    leave those rows out of what they learn, and search for them."""
    if isinstance(case.kind, IVF):
        return 0.06 * min(1.0, case.rows / 1_500) + 2.2e-9 * case.rows * case.dims
    if isinstance(case.kind, Forest):
        return 0.03 * min(1.0, case.rows / 1_500) + 2.2e-6 * case.rows + 8e-9 * case.rows * case.dims
    return 0.0


@dataclass(frozen=True)
class Speed:
    """Of a machine, as it was measured.

    Attributes:
        slowness: how many times as long as the model says a build takes on one thread.
        crowding: how many times as long as alone a thread takes while all others work too: 1 where each has a core.
    """

    slowness: float = 1.0
    crowding: float = 1.0


def seconds(case: Case, threads: int = 1, crowding: float = 1.0) -> float:
    """Of the build, once warm, on the machine that this was fitted on; on another, ratios are worth more."""
    if isinstance(case.kind, Forest):
        alone = _forest_seconds(case) + _screen_seconds(case)
    elif isinstance(case.kind, IVF):
        alone = _lists_seconds(case) + _screen_seconds(case)
    else:
        alone = _exact_seconds(case)
    shared = _PARALLEL[case.kind.name]
    return alone * (1 - shared + shared * crowding / threads)


def build_seconds(case: Case, threads: int, speed: Speed, memory: int) -> float:
    """Of a build on a machine of this speed."""
    once = _FIRST + (_TO_DISK if memory else 0.0)
    shared = _PARALLEL[case.kind.name]
    measuring = calibration_seconds(case) * (1 - shared + shared * speed.crowding / threads)
    building = seconds(case, threads, speed.crowding) * _FRESH[case.kind.name]
    return (building + measuring) * speed.slowness + once


def _screen_working(case: Case, memory: int) -> int:
    """Bytes at the height of making a screen: it comes after what the kind itself needs is given back."""
    rows, dims = case.rows, case.dims
    if not case.screened or not keeps_vectors(case):
        return 0
    sample = min(rows, _EXACT_SAMPLE) * (8 * dims + 12 * _tried(case, _EXACT_TRIED))
    in_memory = memory == 0 or rows * (min(dims, _EXACT_TRIED[-1]) + _CODED) <= memory // 4
    return max(sample, rows * ((screen_width(case) if in_memory else 0) + _CODED))


def _working(case: Case, memory: int) -> tuple[int, int]:
    """Bytes at the height of the work, and what is still held while the vectors are written."""
    rows, dims = case.rows, case.dims
    screen = _screen_working(case, memory)
    if isinstance(case.kind, IVF):
        held = rows * (code_width(case) + 28)
        coded = 32 * math.ceil(min(dims, 96) / 32)
        clustering = _lists_sample(case) * (2 * coded + 16) + min(_lists_sample(case), _LISTS_SEEN) * 5 * coded
        learning = max(clustering, min(rows, _LISTS_SAMPLE) * (16 * dims + 600))
        return max(learning, held, screen), held
    if isinstance(case.kind, Forest):
        sample = min(rows, _FOREST_SAMPLE) * (14 * dims + 5 * _tried(case, _FOREST_TRIED))
        row = sketch_width(case) + _PLACES
        growing = round(rows * row * (case.trees + 1.4))  # as they come, in parts and in each tree, not all at once
        if memory and growing > memory // 2:  # they are kept in temporary files
            growing = 16_000_000
        return max(sample, growing, screen) + 1_300_000, 0 if memory else rows * row * case.trees
    return screen, rows * (screen_width(case) + 8) if case.screened else 0


def memory_bytes(case: Case, threads: int, memory: int) -> int:
    """The most that a build holds beside the vectors it is given. Without a budget (0) the index itself is in it."""
    working, held = _working(case, memory)
    each_thread = 5_000_000 if isinstance(case.kind, IVF) else 500_000
    beside = 500_000 + each_thread * (threads - 1)
    if memory:
        return working + beside + 1_000_000  # pieces of files
    image = round(_GROWING_IMAGE * file_bytes(case))
    if isinstance(case.kind, IVF):  # what is learnt from is given back in part only
        return max(working, image) + min(working, image) // 2 + beside
    return max(working, image + held) + beside
