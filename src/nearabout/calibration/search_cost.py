"""The effort that a search used, and the recall to expect of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nearabout import _core

EVERY_ROW = -1
"""The `effort` of a search that compared every row."""
UNKNOWN = 0
"""The number of neighbours sought where calibration says nothing about them."""


class SearchCost(NamedTuple):
    """The effort that a search used for one query or for each query of a batch, and the recall that follows."""

    core: _core.Index
    sought: Any  # neighbours that were looked for, to look up in the calibration: uint32 (n,), or an int
    requested: tuple[Any, Any, bool]  # arguments effort, recall and exact of the search
    efforts: Any  # int64 (n,), or an int
    unlike: Any  # queries unlike those of the calibration: uint8 (n,), or a bool
    radius: bool = False  # a radius search
    restricted: bool = False  # a search among some of the rows

    def number(self) -> Any:
        return self.efforts

    def base(self, k: int) -> int | None:
        """Returns the effort that every query got at least; None if that is every row, or was not measured."""
        return self.core.base_effort(max(1, k), *self.requested) if self._is_measured() else None

    def expected_recall(self) -> Any:
        """Returns a float or None for one query; for a batch an array, with NaN if nothing was measured."""
        if isinstance(self.efforts, int):
            return self._expected(self.sought, self.efforts)
        asked = list(zip(np.broadcast_to(self.sought, self.efforts.shape).tolist(), self.efforts.tolist(), strict=True))
        expected = {one: self._expected(*one) for one in set(asked)}
        return np.array([np.nan if (found := expected[one]) is None else found for one in asked], np.float64)

    def _expected(self, sought: int, effort: int) -> float | None:
        """Returns the recall to expect where so many neighbours were sought at an effort."""
        if effort == EVERY_ROW:
            return 1.0
        if sought == UNKNOWN or not self._is_measured():
            return None
        base = self.base(sought)  # None: a search for that many of all rows would compare every row
        found = self.core.expected_recall(sought, effort if base is None else base)
        return None if found is None else found[0]

    def _is_measured(self) -> bool:
        """Returns whether calibration measured such searches."""
        return not self.radius and not (self.requested[0] is not None and self.restricted)

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns for distances (n, k) whether each query is unlike the calibration queries, bool (n,)."""
        unlike = np.atleast_1d(np.asarray(self.unlike, bool))
        seen = self.core.seen_distances()
        if self.restricted or seen is None or distances.shape[1] == 0 or self.base(int(np.max(self.sought))) is None:
            return unlike
        column = min(distances.shape[1], 10) - 1
        least, most = seen[1 if column == 9 else 0]
        own = distances[:, column if column == 9 else 0]
        return unlike | (own < least) | (own > most)


def cost_of_one(
    alone: bool, core: _core.Index, effort: Any, recall: Any, used: int, unlike: bool, sought: int, restricted: bool
) -> SearchCost:
    """Returns the cost of a search for one query, asked for `alone` or as a batch."""
    requested = (effort, recall, False)
    if alone:
        return SearchCost(core, sought, requested, used, unlike, restricted=restricted)
    return SearchCost(core, sought, requested, np.array([used], np.int64), np.array([unlike]), restricted=restricted)


class StoredSearchCost(NamedTuple):
    """The values of a `SearchCost` for pickled hits, which have no index to compute them from."""

    effort: Any
    recall: Any
    flags: bool | NDArray[np.bool_]

    def number(self) -> Any:
        return self.effort

    def expected_recall(self) -> Any:
        return self.recall

    def out_of_distribution(self, distances: NDArray[np.float32]) -> NDArray[np.bool_]:
        return np.atleast_1d(self.flags)
