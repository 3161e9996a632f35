"""What an index measures of itself: the part of `Index` that is about recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nearabout.arguments import check_threads
from nearabout.calibration import Calibration, check_recall
from nearabout.distinct import distinct
from nearabout.errors import InvalidInputError
from nearabout.inputs import as_measured
from nearabout.progress import monitor_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from nearabout._core import Index as Core
    from nearabout.explaining import Explanation
    from nearabout.hits import Hits


class Measuring:
    """The methods of `Index` about recall."""

    __slots__ = ()

    if TYPE_CHECKING:
        _core: Core

        @property
        def metric(self) -> str: ...
        @property
        def dtype(self) -> str: ...
        @property
        def dims(self) -> int: ...
        @property
        def search(self) -> Callable[..., Hits]: ...
        def rows(self, keys: Any) -> NDArray[np.int64]: ...
        def _with(self, core: Core) -> Self: ...

    def calibration(self) -> Calibration | None:
        """What the index measured of itself: effort against recall@1, @10 and @100, how sure that is, and the cost.
        None for an exact index, which has nothing to measure, and for one that was built with `calibrate=False`.
        """
        return Calibration.of(self._core)

    def calibrate(
        self,
        queries: Any = None,
        *,
        keys: Any = None,
        recall: float | None = None,
        threads: int | None = None,
        progress: object = None,
    ) -> Self:
        """The same index, calibrated anew: for queries of another kind than those it was calibrated with.

        An index does not change: this returns another one, which shares the vectors and all else with this one, in
        memory or in its file. Save it to keep what was measured.

        Args:
            queries: some of the queries that will be asked, (n, dims); some hundred are enough, 1,024 are used at most,
                spread evenly. Fewer leave more doubt, and `search(recall=)` spends more to make up for it. None takes
                rows of the index.
            keys: a list of keys, in place of queries. Their rows are asked with, 1,024 of them at most: those of the
                frequent words of a vocabulary, say. A row is not its own neighbour, nor are its near copies.
            recall: what searches aim at that ask for nothing; None keeps what it was.
            threads: how many to use; None uses all cores. The result is the same.
            progress: None, True (a bar on a terminal), or a function of the share done.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: queries as in `search`, or none in them; no keys, or both keys and queries; an exact
                index, which compares every row whatever is asked; an index that keeps no vectors, which true neighbours
                cannot be found with (give `build` the queries).

        >>> import nearabout as na, numpy as np
        >>> random = np.random.default_rng(0)
        >>> index = na.build(random.normal(size=(3000, 16)), metric="euclidean", kind="ivf")
        >>> asked = random.normal(size=(200, 16)) * 3
        >>> bool(index.search(asked, k=10).out_of_distribution.mean() > 0.5)
        True
        >>> better = index.calibrate(asked)
        >>> bool(better.search(asked, k=10).out_of_distribution.any())
        False
        """
        known = self._core.calibration()
        target = (
            check_recall(recall) if recall is not None else 0.95 if known is None else float(known["target_recall"])
        )
        if queries is not None and keys is not None:
            raise InvalidInputError(
                "queries and keys are both given; pass the queries that will be asked, or the keys of rows"
            )
        given = as_measured(queries, self.metric, self.dtype, self.dims)
        rows = np.empty(0, np.int64) if keys is None else distinct(self.rows(keys))
        if keys is not None and not rows.size:
            raise InvalidInputError("keys is empty; pass the keys of rows that will be asked about, or leave it out")
        monitor, finish = monitor_for(progress, "calibrating")
        try:
            core = self._core.calibrated(given, rows, target, check_threads(threads), monitor)
        finally:
            finish()
        return self._with(core)

    def measure_recall(
        self,
        queries: Any,
        k: int = 10,
        *,
        recall: float | None = None,
        effort: int | None = None,
        threads: int | None = None,
    ) -> float:
        """Measures: the share of the k true neighbours of some queries that a search finds. A hit that is no farther
        than the k-th true one counts: where distances are equal, any of these rows will do.

        Args:
            queries: (n, dims), as in `search`.
            k: how many neighbours.
            recall: as in `search`.
            effort: as in `search`.
            threads: as in `search`.

        Raises:
            InvalidInputError: as in `search`; an index that keeps no vectors, for which `evaluation.recall` takes true
                neighbours that were found otherwise.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(3000, 16))
        >>> index = na.build(vectors, metric="euclidean", kind="ivf")
        >>> index.measure_recall(vectors[:100], k=10, effort=index.info()["lists"])
        1.0
        """
        found = np.atleast_2d(self.search(queries, k, recall=recall, effort=effort, threads=threads).distances)
        true = np.atleast_2d(self.search(queries, k, exact=True, threads=threads).distances)
        return float((found <= true[:, -1:]).mean()) if true.size else 1.0

    def explain(
        self, query: Any, key: Any, k: int = 10, *, recall: float | None = None, effort: int | None = None
    ) -> Explanation:
        """Tells why a search found a key, or did not: its true rank, whether it can be found, and at what effort.

        It searches some tens of times, and exactly once or more: as many rows as the key's rank are held at a time.

        Args:
            query: one query, (dims,), as in `search`; or a key, whose own row is left out as in `search_by_key`.
            key: the key of the row that is asked about.
            k: how many neighbours the search is for.
            recall: as in `search`.
            effort: as in `search`.

        Returns:
            `Explanation`; its `why` says it in words.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: as in `search`; the key is that of the query; a key as query where small codes alone are
                kept.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(3000, 16))
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=64))
        >>> tenth = index.search_by_key(0, k=10, exact=True).rows[9]
        >>> told = index.explain(0, tenth, effort=1)
        >>> told.rank, told.is_true_neighbour, told.reachable
        (10, True, True)
        """
        from nearabout.explaining import explain

        return explain(self, query, key, k, recall=recall, effort=effort)  # type: ignore[arg-type]
