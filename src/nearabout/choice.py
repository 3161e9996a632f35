"""Which kind of index `kind="auto"` stands for: a rule of rows and dims, as measured.

On one thread, lists of codes at their default effort answer a single query from about 1,000 rows on in less time than
the exact scan (1.2 to 2 times as fast), and the difference grows with the rows. But an answer of the exact scan is
always the true one, building it takes a fraction of the time, and it has nothing to be set. So small sets stay exact,
as long as nobody would feel the difference: until a query takes about a tenth of a millisecond, of which a thread
answers ten thousand a second. A row of the screened scan takes about 4.5 nanoseconds and .009 more for each dimension,
which is 100 microseconds where rows x (dims + 500) is ten million. There lists are 4 to 8 times as fast.
(benchmarks/auto_choice.py; docs/decisions/0009-auto-is-exact-for-a-tenth-of-a-millisecond.md.)
"""

from __future__ import annotations

from nearabout.params import IVF, Exact

_SERVED_BY_LISTS = ("euclidean", "sqeuclidean", "cosine", "dot")
_MOST_EXACT = 10_000_000
_ROW_OF_NO_DIMS = 500  # what a row costs besides its dims, in dims


def most_exact_rows(dims: int) -> int:
    """How many rows of so many dims "auto" still searches exactly.

    >>> [most_exact_rows(dims) for dims in (16, 100, 384, 784)]
    [19379, 16666, 11312, 7788]
    """
    return _MOST_EXACT // (dims + _ROW_OF_NO_DIMS)


def choose_kind(rows: int, dims: int, metric: str, dtype: str, recall: float = 0.95) -> Exact | IVF:
    """What `kind="auto"` builds of so many rows, to find that share of the true neighbours: all of them is what the
    exact scan is for.

    Where lists of codes do not serve (manhattan, hamming, jaccard, haversine, bits) it is the exact scan.

    >>> choose_kind(5_000, 100, "cosine", "f32"), choose_kind(50_000, 100, "cosine", "f32")
    (Exact(), IVF(lists='auto', codes='auto', refine=True, keep_vectors=True))
    """
    served = metric in _SERVED_BY_LISTS and dtype != "bits" and recall < 1
    return IVF() if served and rows > most_exact_rows(dims) else Exact()
