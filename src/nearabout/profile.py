"""What a search did: where its time went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """What a search by lists of codes did for a batch of queries, all of them together.

    Attributes:
        queries: how many there were. Where the exact scan answered (as many lists as there are were asked for, or an
            answer had to be completed), those queries are not counted.
        lists: how many lists were looked into.
        codes: how many rows' codes were scanned.
        compared: how many rows were compared, by their vectors or 8-bit codes.
        bytes: of codes and vectors that were read for that.
        seconds: of each stage, summed over threads: "bind" (queries made ready), "rank" (lists ranked), "scan" (codes
            scanned) and "compare" (rows compared).

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
        """One line: what a query took and read, on average."""
        each = max(1, self.queries)
        stages = ", ".join(f"{stage} {seconds / each * 1e6:.2f}" for stage, seconds in self.seconds.items())
        return (
            f"{self.queries:,} queries; each: {self.lists / each:.1f} lists, {self.codes / each:,.0f} codes, "
            f"{self.compared / each:.1f} rows compared, {self.bytes / each:,.0f} bytes; microseconds: {stages}"
        )
