"""Chooses the parameters of an index anew, for this machine or for another workload."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import Progress, VectorsLike
from nearabout.building import build
from nearabout.errors import InvalidInputError
from nearabout.index import Index, open
from nearabout.kinds import KINDS, Kind

_PIECE = 16 << 20  # bytes of vectors that are read at once within a budget


def tune(
    index: Index | str | os.PathLike[str],
    *,
    path: str | os.PathLike[str] | None = None,
    workload: Literal["both", "batch", "single"] = "both",
    family: str | None = None,
    queries: VectorsLike | None = None,
    memory: int | str | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Index:
    """Builds an index again from its own vectors, with parameters chosen for a family of processors and a workload.

    What `build` left to the library is chosen again: the kind, if it was "auto", and of IVF the size of the codes and
    the number of lists. Settings that were passed to `build` stay as they are, and so do the vectors, keys, metric,
    dtype, seed and target recall. Use it for an index that was built on another kind of processor, or for other
    searches. An index that is not tuned finds as much; it may take longer.

    Args:
        index: an open index, or the path of one. It stays as it is.
        path: file to write the new index to; it may be that of the old one. None builds in memory.
        workload: as in `build`.
        family: as in `build`; None is the family of this machine.
        queries: as in `build`. An index that was calibrated with queries needs them again: they are not in its file.
        memory: as in `build`.
        threads: as in `build`.
        progress: as in `build`.

    Returns:
        The new index, open.

    Raises:
        InvalidInputError: the index keeps no vectors, or it is of a kind that has nothing to choose.
        OSError: a file cannot be read or written.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    >>> index = na.build(vectors, kind="ivf", workload="single", family="generic")
    >>> tuned = na.tune(index, workload="batch", family="generic")
    >>> tuned.info()["workload"], bool((tuned.search(vectors[5], k=1).rows == [5]).all())
    ('batch', True)
    """
    old = index if isinstance(index, Index) else open(index)
    notes = old.info()["metadata"]
    calibration = old.calibration()
    if not old.info().get("keeps_vectors", True):
        raise InvalidInputError(
            "this index keeps no vectors to build from; build it again from its source, with workload= or family="
        )
    if queries is None and calibration is not None and calibration.source == "user_queries":
        raise InvalidInputError(
            "this index was calibrated with queries, which its file does not have; pass them again as queries="
        )
    kind = "auto" if notes.get("chosen_by") == "auto" else _kind_of(old.kind, notes)
    return build(
        old.vectors() if memory is None else _pieces(old),
        None if old.info()["keys"] == "none" else old.keys(),
        metric=old.metric,
        kind=kind,
        recall=0.95 if calibration is None else calibration.target_recall,
        calibrate=old.effort_unit is None or calibration is not None,
        dtype=old.dtype,
        path=path,
        queries=queries,
        workload=workload,
        family=family,
        memory=memory,
        seed=old.info().get("seed", 0),
        threads=threads,
        progress=progress,
    )


def _kind_of(name: str, notes: dict[str, Any]) -> Kind:
    return KINDS[name].from_settings({key: value for key, value in notes.items() if key != "kind"})


def _pieces(index: Index) -> Iterator[NDArray[Any]]:
    """Yields all vectors, some rows at a time."""
    step = max(1, _PIECE // (4 * index.dims))
    for begin in range(0, len(index), step):
        yield index.vectors(np.arange(begin, min(begin + step, len(index))))
