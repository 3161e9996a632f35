"""The work of a search and where its time went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """The work of an IVF search, summed over all queries of a batch.

    Attributes:
        queries: number of queries. Queries that were answered by the exact scan are not counted (the effort was all
            lists, or a search found fewer than k rows and had to be completed).
        lists: number of lists probed.
        codes: number of row codes scanned.
        compared: number of rows compared, by their vectors or 8-bit codes.
        bytes: bytes of codes and vectors read.
        seconds: seconds of each stage, summed over threads: "bind" (prepare queries), "rank" (rank lists), "scan" (scan
            codes) and "compare" (compare rows).

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40))
    >>> work = index.profile(vectors[:100], k=5, effort=8)
    >>> work.queries, work.lists >= 800, work.compared >= 500
    (100, True, True)
    """

    queries: int
    lists: int
    codes: int
    compared: int
    bytes: int
    seconds: dict[str, float]

    def __str__(self) -> str:
        """Returns the mean work and time of a query, in one line."""
        each = max(1, self.queries)
        stages = ", ".join(f"{stage} {seconds / each * 1e6:.2f}" for stage, seconds in self.seconds.items())
        return (
            f"{self.queries:,} queries; each: {self.lists / each:.1f} lists, {self.codes / each:,.0f} codes, "
            f"{self.compared / each:.1f} rows compared, {self.bytes / each:,.0f} bytes; microseconds: {stages}"
        )
