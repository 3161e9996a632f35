"""The methods of `Index` about recall: calibration, measurement and explanations."""

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
        """Returns the calibration: recall@1, @10 and @100 of each effort, with confidence bounds and cost.

        Returns:
            `Calibration`, or None for an exact index, which needs none, and after `build(calibrate=False)`.
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
        """Returns the same index with a new calibration, for other queries than those it was calibrated with.

        An index is immutable: the returned index shares everything but the calibration with this one, in memory or in
        the file. Save it to keep the new calibration.

        Args:
            queries: sample queries, (n, dims). A few hundred are enough; at most 1,024 are used, evenly spaced. With
                fewer queries the confidence bounds are wider, and `search(recall=)` uses more effort to be safe. None
                uses rows of the index.
            keys: a list of keys, used instead of queries. Their rows are the queries, at most 1,024; for example the
                frequent words of a vocabulary. A row and its near copies do not count as its own neighbours.
            recall: default target recall of searches, in (0, 1]; None keeps the current one.
            threads: number of threads; None uses all cores. The result is the same.
            progress: None, True (a bar on a terminal), or a function that is called with the fraction done.

        Returns:
            The new index.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: queries are invalid as in `search`, or empty; keys are empty, or given together with
                queries; the index is exact, which compares every row and needs no calibration; the index keeps no
                vectors, so that the true neighbours cannot be found (pass the queries to `build`).

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
                "pass either queries or keys, not both: the vectors of sample queries, or the keys of rows"
            )
        given = as_measured(queries, self.metric, self.dtype, self.dims)
        rows = np.empty(0, np.int64) if keys is None else distinct(self.rows(keys))
        if keys is not None and not rows.size:
            raise InvalidInputError("keys is empty; pass the keys of rows to calibrate with, or leave it out")
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
        """Measures the recall of a search: the fraction of the k true neighbours that it finds for these queries.

        It searches twice, the second time with `exact=True`. A hit counts if it is no farther away than the k-th true
        neighbour, so among rows at equal distance any is correct.

        Args:
            queries: (n, dims), as in `search`.
            k: number of neighbours.
            recall: as in `search`.
            effort: as in `search`.
            threads: as in `search`.

        Returns:
            The mean recall over the queries, 0 to 1.

        Raises:
            InvalidInputError: as in `search`; or the index keeps no vectors. Then compute the true neighbours from
                the original vectors and call `evaluation.recall`.

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
        """Explains why a search found or missed a key: its true rank, whether it can be found, and at which effort.

        It runs several dozen searches, at least one of them exact. Memory grows with the true rank of the key.

        Args:
            query: one query, (dims,), as in `search`; or a key, whose own row is left out as in `search_by_key`.
            key: the key of the row to explain.
            k: number of neighbours of the search.
            recall: as in `search`.
            effort: as in `search`.

        Returns:
            `Explanation`; its `why` is the explanation in words.

        Raises:
            UnknownKeyError: a key is not in the index.
            InvalidInputError: as in `search`; or the key is the query itself; or the query is a key, and the index
                keeps only small codes.

        >>> import nearabout as na, numpy as np
        >>> vectors = np.random.default_rng(0).normal(size=(3000, 16))
        >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=64))
        >>> tenth = index.search_by_key(0, k=10, exact=True).rows[9]
        >>> found = index.explain(0, tenth, effort=1)
        >>> found.rank, found.is_true_neighbour, found.reachable
        (10, True, True)
        """
        from nearabout.explaining import explain

        return explain(self, query, key, k, recall=recall, effort=effort)  # type: ignore[arg-type]
