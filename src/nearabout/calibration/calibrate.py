"""Calibrates an index anew, with other queries than those it was calibrated with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nearabout._arrays.key_lookup import rows_of
from nearabout._arrays.queries import as_measured
from nearabout._base.checks import check_threads
from nearabout._base.distinct import distinct
from nearabout._base.progress import monitor_for
from nearabout.calibration.effort import check_recall
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout import _core

_DEFAULT_RECALL = 0.95  # as of `build`


def calibrate(
    core: _core.Index, queries: Any, keys: Any, recall: float | None, threads: int | None, progress: object
) -> _core.Index:
    """Returns the index with a new calibration; implements `Index.calibrate`."""
    target = _current_target(core) if recall is None else check_recall(recall)
    if queries is not None and keys is not None:
        raise InvalidInputError(
            "pass either queries or keys, not both: the vectors of sample queries, or the keys of rows"
        )
    measured = as_measured(queries, core.metric, core.dtype, core.dims)
    rows = np.empty(0, np.int64) if keys is None else distinct(rows_of(core, keys))
    if keys is not None and not rows.size:
        raise InvalidInputError("keys is empty; pass the keys of rows to calibrate with, or leave it out")
    monitor, finish = monitor_for(progress, "calibrating")
    try:
        return core.calibrated(measured, rows, target, check_threads(threads), monitor)
    finally:
        finish()


def _current_target(core: _core.Index) -> float:
    known = core.calibration()
    return _DEFAULT_RECALL if known is None else float(known["target_recall"])
