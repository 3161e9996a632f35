"""Which kind of index `kind="auto"` stands for: the costs of all kinds, compared.

On one thread, lists of codes at their default effort answer a single query from about 1,000 rows on in less time than
the exact scan (1.2 to 2 times as fast), and the difference grows with the rows. But an answer of the exact scan is
always the true one, building it takes a fraction of the time, and it has nothing to be set. So small sets stay exact,
as long as nobody would feel the difference: until a query takes about a tenth of a millisecond, of which a thread
answers ten thousand a second. A row of the screened scan takes about 4.5 nanoseconds and .009 more for each dimension,
which is 100 microseconds where rows x (dims + 500) is ten million. There lists are 4 to 8 times as fast.
(benchmarks/auto_choice.py; docs/decisions/0009-auto-is-exact-for-a-tenth-of-a-millisecond.md.)
"""

from __future__ import annotations

import math

from nearabout.kinds import KINDS, Kind
from nearabout.planning.case import Case

_QUICK = 1e-4  # seconds of a query that nobody feels


def choose_kind(rows: int, dims: int, metric: str, dtype: str, recall: float = 0.95) -> Kind:
    """Returns what `kind="auto"` builds of so many rows for searches of this recall.

    A kind that always compares every row is chosen where that is quick, where the recall is 1, and where no other kind
    serves the metric and the type.

    >>> choose_kind(5_000, 100, "cosine", "f32"), choose_kind(50_000, 100, "cosine", "f32")
    (Exact(), IVF(lists='auto', codes='auto', refine=True, keep_vectors=True))
    """
    costs = [(kind, _cost(kind, rows, dims, metric, dtype, recall)) for kind in _serving(metric, dtype)]
    quick = [kind for kind, cost in costs if kind.always_exact and cost <= _QUICK]
    if quick:
        return quick[0]
    others = [(kind, cost) for kind, cost in costs if not kind.always_exact and cost < math.inf]
    return min(others, key=lambda one: one[1])[0] if others and recall < 1 else every_row_kind()


def every_row_kind() -> Kind:
    """Returns the kind that compares every row, under every metric."""
    return next(kind() for kind in KINDS.values() if kind.always_exact)


def _serving(metric: str, dtype: str) -> list[Kind]:
    return [kind() for kind in KINDS.values() if metric in kind.metrics and (dtype != "bits" or kind.serves_bits)]


def _cost(kind: Kind, rows: int, dims: int, metric: str, dtype: str, recall: float) -> float:
    seconds = kind.auto_seconds(Case(rows, dims, metric, dtype, kind), recall)
    return math.inf if seconds is None else seconds
