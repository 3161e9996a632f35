"""What a query costs: seconds on one thread of one machine, to be scaled to another.

Lists are ranked, codes of their rows scanned, and some of the rows compared. To find the same share of the neighbours,
about rows**.63 of the rows have to be scanned, and 1 / (1 - recall)**.55 times as many for more of them; how many
exactly depends on how many directions the data vary along, which nobody knows before they are seen. Terms were fitted
to 360 measurements of words, SIFT (128 and 16 dims), MiniLM, MNIST and Fashion-MNIST (16 to 784 dims, 5,000 to 200,000
rows, f32, f16, u8; recall .8 to .995 of the 10 nearest) by least squares of the logarithms of the ratios.
benchmarks/plan.py --queries compares them with searches.
"""

from __future__ import annotations

from typing import NamedTuple

from nearabout.params import IVF, Forest
from nearabout.plan_sizes import Case, code_width, screen_width, sketch_width

_SCANNED = 0.63  # the power of the rows by which scanned rows grow
_MISSED = 0.55  # and that of 1 / (1 - recall)
_LOOKED_AT = (0.5, 0.65)  # the same of the rows that a forest looks at
_MOST_CODED = 96  # directions
_LEAST_MISSED = 1e-4  # what is nearer to 1 finds as many
_NANOSECONDS = 1e-9 / 0.7  # the machine of the measurements was .7 times as slow as that of plan_costs


class QueryCost(NamedTuple):
    """Seconds of a query on one thread."""

    alone: float  # one a call
    batch: float  # in a batch


# Nanoseconds: of a query at all, and of its parts as the functions below have them; alone, and in a batch.
_LISTS = ((3_870.0, 0.0294, 0.758, 0.749), (856.0, 0.0385, 0.688, 0.646))
_CODES = ((3_810.0, 0.0101, 1.536, 1.32), (765.0, 0.0274, 1.194, 0.883))
_FOREST = ((7_710.0, 0.168, 9.11, 2.67), (7_150.0, 0.114, 9.49, 0.774))
_SCREEN = ((5_830.0, 3.67, 0.0144), (5_010.0, 0.472, 0.0113))
# Of a row, and of each byte of it, where there is no screen.
_ROWS = {
    "hamming": ((4.0, 0.0), (3.8, 0.0)),
    "jaccard": ((6.0, 0.0), (5.7, 0.0)),
    "haversine": ((24.0, 0.0), (24.0, 0.0)),
}
_OTHER_ROWS = ((4.5, 0.036), (3.2, 0.018))


def query_cost(case: Case, recall: float) -> QueryCost:
    """Of finding that share of the 10 nearest."""
    alone, batch = (_NANOSECONDS * _nanoseconds(case, recall, way) for way in (0, 1))
    return QueryCost(alone, batch)


def _nanoseconds(case: Case, recall: float, way: int) -> float:
    if isinstance(case.kind, IVF):
        found = _lists(case, recall, way)
        keeps_vectors = case.kind.keep_vectors
    elif isinstance(case.kind, Forest):
        found, keeps_vectors = _forest(case, recall, way), True
    else:
        return _screened(case, way) if case.screened else _every_row(case, way)
    if not keeps_vectors:
        return found
    scan = _screened(case, way) if case.screened else _every_row(case, way)
    return scan if recall == 1 else min(found, scan)


def _lists(case: Case, recall: float, way: int) -> float:
    kind = case.kind
    assert isinstance(kind, IVF)
    base, ranking, scanning, comparing = (_LISTS if kind.refine else _CODES)[way]
    missed = max(1 - recall, _LEAST_MISSED)
    scanned: float = min(case.rows, float(case.rows**_SCANNED * missed**-_MISSED))
    ranked = case.lists * min(case.dims, _MOST_CODED)
    row = _row_bytes(case) if kind.keep_vectors else case.dims
    scan = scanned * (0.1 + 0.0145 * code_width(case))
    return base + ranking * ranked + scanning * scan + comparing * row * float(missed**-0.2)


def _forest(case: Case, recall: float, way: int) -> float:
    kind = case.kind
    assert isinstance(kind, Forest)
    base, ranking, looking, comparing = _FOREST[way]
    missed = max(1 - recall, _LEAST_MISSED)
    power, growth = _LOOKED_AT
    leaves = case.trees * case.rows / kind.leaf_size * sketch_width(case)
    looked_at: float = min(case.rows, float(case.rows**power * missed**-growth))
    return base + ranking * leaves + looking * looked_at + comparing * _row_bytes(case) * float(missed**-0.2)


def _screened(case: Case, way: int) -> float:
    base, row, code = _SCREEN[way]
    return base + case.rows * (row + code * screen_width(case))


def _every_row(case: Case, way: int) -> float:
    """The exact scan without a screen."""
    base = (4_000.0, 1_000.0)[way]
    row, byte = _ROWS.get(case.metric, _OTHER_ROWS)[way]
    return base + case.rows * (row + byte * _row_bytes(case))


def _row_bytes(case: Case) -> int:
    """To compare; halves become float32 first."""
    return 4 * case.dims if case.dtype in ("f16", "bf16") else case.row_bytes
