"""Chooses the parameters of an index anew, for this machine or for another workload."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import Progress, VectorsLike
from nearabout._base.text import a_type
from nearabout.building import build
from nearabout.errors import InvalidInputError
from nearabout.formats import Embeddings
from nearabout.index import Index, open
from nearabout.index.info import IndexInfo
from nearabout.kinds import KINDS

_PIECE = 16 << 20  # bytes of vectors that are read at once within a budget


def tune(
    index: Index | str | os.PathLike[str],
    *,
    path: str | os.PathLike[str] | None = None,
    workload: Literal["both", "batch", "single"] | None = None,
    family: str | None = None,
    queries: VectorsLike | None = None,
    memory: int | str | None = None,
    threads: int | None = None,
    progress: Progress = None,
) -> Index:
    """Builds an index again from its own vectors, with parameters chosen for a family of processors and a workload.

    What `build` left to the library is chosen again: the kind, if it was "auto", and of IVF the size of the codes, the
    number of lists and byte rows. What was passed to `build` stays as it was: settings, metric, dtype, seed, target
    recall, and whether there is a calibration. Vectors and keys stay, too. Use it for an index that was built on
    another kind of processor, or for other searches. An index that is not tuned finds as much; it may take longer. A
    calibration that `Index.calibrate` made is replaced by one with rows.

    Args:
        index: an open index, or the path of one. It stays as it is.
        path: file to write the new index to; it may be that of the old one. None builds in memory.
        workload: as in `build`; None keeps that of the index.
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
    old = _opened(index)
    info = old.info()
    notes = info["metadata"]
    kind = "auto" if notes.get("chosen_by") == "auto" else KINDS[old.kind].from_settings(notes)
    given = _given(old, info)
    _check(info, kind, given.pop("queries"), queries)
    if workload is not None:
        given["workload"] = workload
    keys = None if info["keys"] == "none" else old.keys()
    read = (notes.get("source", ""), notes.get("format", ""))
    data = Embeddings(old.vectors(), None, *read) if memory is None else pieces(old)
    given |= {"metric": old.metric, "dtype": old.dtype, "kind": kind, "path": path, "family": family}
    return build(data, keys, queries=queries, memory=memory, threads=threads, progress=progress, **given)


def _opened(index: object) -> Index:
    if isinstance(index, Index):
        return index
    if isinstance(index, (str, os.PathLike)):
        return open(index)
    raise InvalidInputError(f"index is {a_type(index)}; pass an index or the path of one")


def _given(old: Index, info: IndexInfo) -> dict[str, Any]:
    """Returns arguments of the `build` that made an index, and whether it had queries."""
    calibration = old.calibration()
    found: dict[str, Any] = {
        "recall": 0.95 if calibration is None else calibration.target_recall,
        "calibrate": old.effort_unit is None or calibration is not None,
        "queries": calibration is not None and calibration.source == "user_queries",
        "seed": info.get("seed", 0),
        "workload": info.get("workload", "both"),
    }
    return {**found, **info["metadata"].get("given", {})} if old.effort_unit is None else found


def _check(info: IndexInfo, kind: Any, had_queries: bool, queries: object) -> None:
    if kind != "auto" and not kind.is_tuned:
        raise InvalidInputError(
            f"there is nothing to choose about an index of the kind {kind.name}: it is the same for every processor "
            "and workload"
        )
    if not info.get("keeps_vectors", True):
        raise InvalidInputError(
            "this index keeps no vectors to build from; build it again from its source, with workload= or family="
        )
    if queries is None and had_queries:
        raise InvalidInputError(
            "this index was calibrated with queries, which its file does not have; pass them again as queries="
        )


def pieces(index: Index) -> Iterator[NDArray[Any]]:
    """Yields all vectors, some rows at a time."""
    step = max(1, _PIECE // (4 * index.dims))
    for begin in range(0, len(index), step):
        yield index.vectors(np.arange(begin, min(begin + step, len(index))))
