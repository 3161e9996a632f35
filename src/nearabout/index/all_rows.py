"""Methods of an index that search with all of its rows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nearabout._base.arguments import NEIGHBORS, suggesting
from nearabout._base.checks import check_threads
from nearabout._base.progress import monitor_for

if TYPE_CHECKING:
    from nearabout._arrays.accepted_types import Progress
    from nearabout._core import Index as Core
    from nearabout.neighbors import Duplicates, NeighborGraph


class AllRows:
    """The methods of `Index` that search with all of its rows."""

    if TYPE_CHECKING:
        _core: Core
    else:
        __slots__ = ()

    @suggesting(NEIGHBORS)
    def neighbors(
        self,
        k: int = 15,
        *,
        recall: float | None = None,
        effort: int | None = None,
        exact: bool = False,
        path: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> NeighborGraph:
        """Returns the k nearest others of every row of the index.

        It is faster than a search with each row: rows of the same list are searched together, and the effort is the
        least that finds enough. It is measured on 128 of the rows, whose true neighbours are found by comparing them
        with every row; so no calibration is needed.

        Args:
            k: number of neighbours of each row, at least 1. If there are no more rows than that, each has all others.
            recall: target fraction of the true neighbours, in (0, 1]. The effort is the smallest whose recall on the
                128 rows, minus 1.28 standard errors, reaches it; if that is more than half of the largest effort,
                every row is compared. None uses the recall given to `build`.
            effort: as in `search`; the recall is measured all the same.
            exact: if True, compares every row with every other.
            path: .npz file to write the graph to, as `NeighborGraph.save` does. The returned graph is then mapped from
                it, and its tables are never in memory as a whole. None keeps the graph in memory.
            threads: number of threads; None uses all cores. The results are the same.
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Returns:
            `NeighborGraph`, of min(k, len(index) - 1) columns. Its `recall` is what was measured; for an index without
            vectors, what its calibration expects, or None if it is not calibrated.

        Raises:
            InvalidInputError: k is not a positive integer; two of recall, effort and exact are given, or one as in
                `search` is invalid; the index keeps only small codes, which cannot be decoded to vectors; the path does
                not end in .npz.
            OSError: the file cannot be written.

        >>> import nearabout as na
        >>> index = na.build([[0.0, 1.0], [1.0, 0.0], [1.0, 0.1]], keys=["north", "east", "easterly"])
        >>> graph = index.neighbors(k=1)
        >>> graph.keys[graph.rows[:, 0]].tolist()
        ['easterly', 'easterly', 'east']
        """
        from nearabout.neighbors.all_rows import Spending, neighbors_of
        from nearabout.neighbors.graph import check_graph_path

        spending = Spending(recall, effort, exact, check_threads(threads))
        target = None if path is None else check_graph_path(path)
        monitor, finish = monitor_for(progress, "searching")
        try:
            return neighbors_of(self._core, k, spending, target, monitor)
        finally:
            finish()

    def duplicates(
        self,
        radius: float,
        *,
        effort: int | None = None,
        max_pairs: int = 10_000_000,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Duplicates:
        """Returns all pairs of rows that are at most `radius` away from each other, and the groups that they form.

        Every row is compared with every other, so none is missed; lower bounds rule out most pairs quickly. The time
        grows with the square of the number of rows.

        Args:
            radius: largest distance of a pair, in the units of the metric, as in `radius_search`. 0 finds equal
                vectors (under cosine, vectors of the same direction may be a rounding error apart).
            effort: as in `radius_search`: looks only at so many lists, rows or nodes for each row, which is faster, and
                may miss pairs.
            max_pairs: number of pairs, of 20 bytes each, beyond which the search is given up: a radius that is too
                large would find all of them.
            threads: number of threads; None uses all cores. The results are the same.
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Returns:
            `Duplicates`: pairs, their distances, and groups.

        Raises:
            InvalidInputError: the radius is negative (under dot it may be) or not a number; there are more pairs than
                max_pairs; the index keeps no vectors.

        >>> import nearabout as na
        >>> index = na.build([[0.0], [5.0], [0.1], [0.2]], metric="euclidean")
        >>> found = index.duplicates(0.15)
        >>> found.pairs.tolist(), found.groups[0].tolist(), found.redundant.tolist()
        ([[0, 2], [2, 3]], [0, 2, 3], [2, 3])
        """
        from nearabout.neighbors.pairs import duplicates_of

        thread_count = check_threads(threads)
        monitor, finish = monitor_for(progress, "comparing")
        try:
            return duplicates_of(self._core, radius, effort, max_pairs, thread_count, monitor)
        finally:
            finish()
