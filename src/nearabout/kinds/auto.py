"""Chooses the kind of index for `kind="auto"` by comparing the costs of all kinds.

On one thread, IVF at its default effort answers a single query faster than the exact scan from about 1,000 rows on
(1.2 to 2 times as fast), and the gap grows with the number of rows. But the exact scan always finds the true
neighbours, takes a fraction of the time to build, and has no settings. So small data sets stay exact for as long as
nobody notices the difference: until a query takes about 0.1 milliseconds, which is ten thousand queries a second on
one thread. The screened scan takes about 4.5 + 0.009 x dims nanoseconds per row, so it takes 100 microseconds when
rows x (dims + 500) is ten million. At that size IVF is 4 to 8 times as fast. In batches what counts is the number of
queries a second, so there the exact scan is chosen only while it is at most twice as slow.
From about a million rows on, single queries are faster through a graph, whose build takes ten times as long
(docs/decisions/0013-auto-chooses-graphs-for-many-rows.md).
Vectors of up to 3 dims, and places on the Earth, get a k-d tree where they are too many for a scan: its exact searches
take a quarter of the time of lists (docs/explanation/kdtree.md).
(benchmarks/auto_choice.py; docs/decisions/0009-auto-is-exact-for-a-tenth-of-a-millisecond.md.)
"""

from __future__ import annotations

import math

from nearabout.kinds import KINDS, Kind
from nearabout.kinds.case import Case
from nearabout.kinds.tuning import Tuning

_QUICK = 1e-4  # seconds per query that nobody notices
_AS_FAST = 2.0  # factor between two kinds in a batch that exact answers are worth


def choose_kind(
    rows: int,
    dims: int,
    metric: str,
    dtype: str,
    recall: float = 0.95,
    tuning: Tuning | None = None,
    memory: int = 0,
) -> Kind:
    """Returns the kind that `kind="auto"` builds for this many rows, this target recall and this workload, within a
    memory budget (0: none).

    The exact kind is chosen if its queries are quick (in batches: at most twice as slow as those of another kind), if
    the recall is 1, or if no other kind supports the metric and the dtype.

    >>> choose_kind(5_000, 100, "cosine", "f32").name, choose_kind(50_000, 100, "cosine", "f32").name
    ('exact', 'ivf')
    """
    tuning = tuning or Tuning()
    cases = [Case(rows, dims, metric, dtype, kind) for kind in _serving(metric, dtype)]
    costs = [(case.kind, _cost(case, recall, tuning)) for case in cases if _fits(case, memory)]
    others = [(kind, cost) for kind, cost in costs if not kind.always_exact and cost < math.inf]
    least = min((cost for _, cost in others), default=math.inf)
    quick = _AS_FAST * least if tuning.workload == "batch" else _QUICK
    exact = [kind for kind, cost in costs if kind.always_exact and cost <= quick]
    if exact:
        return exact[0]
    return min(others, key=lambda one: one[1])[0] if others and recall < 1 else every_row_kind()


def every_row_kind() -> Kind:
    """Returns the kind that compares every row, under every metric."""
    return next(kind() for kind in KINDS.values() if kind.always_exact)


def _serving(metric: str, dtype: str) -> list[Kind]:
    return [kind() for kind in KINDS.values() if metric in kind.metrics and (dtype != "bits" or kind.serves_bits)]


def _fits(case: Case, memory: int) -> bool:
    return memory == 0 or case.kind.least_memory(case) <= memory


def _cost(case: Case, recall: float, tuning: Tuning) -> float:
    seconds = case.kind.auto_seconds(case, recall, tuning)
    return math.inf if seconds is None else seconds
