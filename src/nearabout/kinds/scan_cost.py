"""Models of the exact scan, which every kind with vectors has: bytes of its screen, seconds to build and to search;
and the bytes and seconds of byte rows.

The screen holds short codes whose lower bounds rule out most rows. Seconds of builds were fitted together with those of
the kinds (costs.py). Nanoseconds of queries were fitted to 360 measurements of words, SIFT (128 and 16 dims), MiniLM,
MNIST and Fashion-MNIST (16 to 784 dims, 5,000 to 200,000 rows, f32, f16, u8), by least squares of the logarithms of the
ratios. benchmarks/plan.py --queries compares them with searches.
"""

from __future__ import annotations

from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.kinds.case import Case, directions, is_contracted, planned_screen

_MOST_KEPT = 384  # directions that a screen keeps at most
_CODED = 40  # working bytes per row while the screen is built, not counting its code
# Nanoseconds of a query: fixed, per row, per byte of code. Single query, then batch.
_SCREENED = ((5_830.0, 3.67, 0.0144), (5_010.0, 0.472, 0.0113))
# Times of batches as multiples of these, for families of processors (measured: benchmarks/exact_search.py).
_BATCH_FACTORS = {"amx": 0.5}
_BASE = (4_000.0, 1_000.0)  # fixed nanoseconds of a query without a screen
# Nanoseconds per row and per byte of a row without a screen. Single query, then batch.
_ROWS = {
    "hamming": ((4.0, 0.0), (3.8, 0.0)),
    "jaccard": ((6.0, 0.0), (5.7, 0.0)),
    "haversine": ((24.0, 0.0), (24.0, 0.0)),
}
_OTHER_ROWS = ((4.5, 0.036), (3.2, 0.018))


def is_screened(case: Case) -> bool:
    """Returns whether the exact scan has a screen."""
    possible = case.metric in FLOAT_METRICS and case.kind.has_screen and case.kind.keeps_vectors(case)
    return possible and bool(planned_screen(case)["screened"])


def screen_width(case: Case) -> int:
    """Returns the bytes of a row's code in the screen. Integer vectors often serve as their own codes."""
    own = case.integers and case.metric != "cosine"
    return directions(case.dims, 8) // (2 if own else 1) if is_screened(case) else 0


def screen_bytes(case: Case) -> int:
    """Returns the bytes of the screen's sections."""
    if not is_screened(case):
        return 0
    width = screen_width(case)
    learnt = 4 * case.dims * width if is_contracted(case.dims) else 0
    return case.rows * (width + 8) + learnt


def scan_seconds(case: Case) -> float:
    """Returns the seconds it takes to write the vectors and to build their screen."""
    rows, dims = case.rows, case.dims
    writing = 1.6e-4 + 1.4e-7 * rows + 2.6e-9 * rows * case.row_bytes
    tried = planned_screen(case)["max_directions"] if is_screened(case) else 0
    if not tried:
        return writing
    sample = planned_screen(case)["sample_rows"]
    learning = 3.3e-11 * sample * dims * tried + 1.7e-9 * dims * tried**2 + 6.1e-8 * sample * dims + 9.1e-7 * sample
    return writing + learning + 2.4e-11 * rows * dims * directions(dims, 8)


def byte_rows_bytes(case: Case) -> int:
    """Returns the bytes of the rows with one byte per dimension that are kept besides the vectors."""
    return possible_byte_rows_bytes(case) if case.kind.has_byte_rows(case) else 0


def possible_byte_rows_bytes(case: Case) -> int:
    """Returns the bytes that byte rows take if there are any; 0 if there cannot be."""
    if not case.kind.can_have_byte_rows(case):
        return 0
    squares = 0 if case.metric == "dot" else 4
    return case.rows * (case.dims + squares) + 8 * case.dims


def byte_rows_seconds(case: Case) -> float:
    """Returns the seconds it takes to encode them, which reads the vectors twice."""
    return 1.2e-8 * case.rows * case.dims if case.kind.has_byte_rows(case) else 0.0


def screen_working(case: Case, memory: int) -> int:
    """Returns the peak bytes while the screen is built. The kind's own working memory is free by then."""
    rows, dims = case.rows, case.dims
    if not is_screened(case):
        return 0
    screen = planned_screen(case)
    sample = screen["sample_rows"] * (8 * dims + 12 * screen["max_directions"])
    in_memory = memory == 0 or rows * (min(dims, _MOST_KEPT) + _CODED) <= memory // 4
    return max(sample, rows * ((screen_width(case) if in_memory else 0) + _CODED))


def scan_nanoseconds(case: Case, batch: bool) -> float:
    """Returns the nanoseconds of a query that compares every row."""
    if is_screened(case):
        base, row, code = _SCREENED[batch]
        return base + case.rows * (row + code * screen_width(case))
    row, byte = _ROWS.get(case.metric, _OTHER_ROWS)[batch]
    return _BASE[batch] + case.rows * (row + byte * case.compared_bytes)


def batch_factor(family: str) -> float:
    """Returns the time of a batch on this family of processors, divided by that of the processor of the models."""
    return _BATCH_FACTORS.get(family, 1.0)
