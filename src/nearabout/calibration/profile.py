"""The work of a search and where its time went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """The work of a search, summed over all queries of a batch.

    Attributes:
        counts: how often each kind of work was done, by names of the index's kind. An IVF index counts "queries",
            "lists" (probed), "codes" (scanned), "compared" (rows, by their vectors or 8-bit codes) and "bytes" (of
            codes and vectors read). A graph counts "queries", "nodes" (that walks were at), "compared" and "bytes",
            and with code_bits=8 "fetched" (neighbours whose codes were read). Hashes count "queries", "codes" (that
            were looked at) or "buckets" (of tables), "compared" and "bytes". Queries that were answered by the exact
            scan are not counted (the effort was all lists, or a search found fewer than k rows and had to be
            completed).
        seconds: seconds of each stage, summed over threads. An IVF index has "bind" (prepare queries), "rank" (rank
            lists), "scan" (scan codes) and "compare" (compare rows). A graph has "bind" and "walk" (compare rows as
            well). Hashes have "bind", "scan" (codes) or "probe" (tables), and "compare".

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=40))
    >>> work = index.profile(vectors[:100], k=5, effort=8)
    >>> work.queries, work.counts["lists"] >= 800, work.counts["compared"] >= 500
    (100, True, True)
    """

    counts: dict[str, int]
    seconds: dict[str, float]

    @property
    def queries(self) -> int:
        """Number of queries whose work was counted."""
        return self.counts.get("queries", 0)

    def __str__(self) -> str:
        """Returns the mean work and time of a query, in one line."""
        each = max(1, self.queries)
        counts = ", ".join(f"{count / each:,.4g} {name}" for name, count in self.counts.items() if name != "queries")
        stages = ", ".join(f"{stage} {seconds / each * 1e6:.2f}" for stage, seconds in self.seconds.items())
        return f"{self.queries:,} queries; each: {counts}; microseconds: {stages}"
