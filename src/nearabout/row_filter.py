"""Filters that are made once and used for many searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Self


class RowFilter:
    """The rows that a search may find, prepared for one index. `Index.row_filter` makes it; searches take it as
    `filter=` or `exclude=`, in any number of threads. It is immutable.

    >>> import nearabout as na
    >>> index = na.build([[0.0], [1.0], [2.0], [3.0]], keys=["a", "b", "c", "d"], metric="euclidean")
    >>> even = index.row_filter(["a", "c"])
    >>> even
    <nearabout.RowFilter: 2 of 4 rows>
    >>> index.search([0.9], k=2, filter=even).keys.tolist()
    ['a', 'c']
    """

    __slots__ = ("_core", "_rows")

    def __init__(self, core: _core.RowFilter, rows: int) -> None:
        if not isinstance(core, _core.RowFilter):
            raise InvalidInputError("RowFilter cannot be created directly; call index.row_filter(rows)")
        self._core = core
        self._rows = rows

    def __len__(self) -> int:
        """Returns the number of allowed rows."""
        return len(self._core)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The allowed rows, int64, in order."""
        return self._core.rows()

    def __repr__(self) -> str:
        return f"<nearabout.RowFilter: {len(self):,} of {self._rows:,} rows>"

    def __bool__(self) -> bool:
        """Returns True, also if no row is allowed."""
        return True

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
