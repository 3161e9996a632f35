"""The true neighbours of queries: what a search should have found."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.arguments import check_path
from nearabout.building import build
from nearabout.errors import CorruptFileError, InvalidInputError, UnknownFormatError
from nearabout.formats._source import naming
from nearabout.index import Index
from nearabout.kinds.auto import every_row_kind
from nearabout.names import check_metric


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """The true neighbours of each query, nearest first.

    Attributes:
        rows: int64, (n, k): row numbers in the base.
        distances: float32, (n, k): in the units of the metric, never falling along a line.
        metric: under which.
        k: how many neighbours of each query are known.

    Raises:
        InvalidInputError: the two do not have one shape (n, k), a distance is not finite or a line is not sorted.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float32]
    metric: str

    def __post_init__(self) -> None:
        rows, distances = np.asarray(self.rows), np.asarray(self.distances)
        if rows.ndim != 2 or rows.shape != distances.shape or rows.dtype.kind not in "iu":
            raise InvalidInputError(
                f"rows {rows.shape} of {rows.dtype} and distances {distances.shape} are given; integers and numbers "
                "of one shape (n, k) are needed"
            )
        check_metric(self.metric)
        object.__setattr__(self, "rows", np.ascontiguousarray(rows, np.int64))
        object.__setattr__(self, "distances", np.ascontiguousarray(distances, np.float32))
        if not np.isfinite(self.distances).all():
            query = int(np.argmin(np.isfinite(self.distances).all(axis=1)))
            raise InvalidInputError(f"the true distances of query {query} are not all finite; leave it out")
        if (np.diff(self.distances, axis=1) < 0).any():
            query = int(np.argmax((np.diff(self.distances, axis=1) < 0).any(axis=1)))
            raise InvalidInputError(f"the true distances of query {query} fall along the line; the nearest comes first")

    @property
    def k(self) -> int:
        """How many neighbours of each query are known."""
        return int(self.rows.shape[1])

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Truth({len(self):,} queries, k={self.k}, {self.metric})"

    def first(self, queries: int) -> Truth:
        """The truth of the first so many queries."""
        return Truth(self.rows[:queries], self.distances[:queries], self.metric)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as a .npz file of three arrays: rows, distances and metric.

        Raises:
            InvalidInputError: the name does not end in .npz.
            OSError: the folder is missing or full.
        """
        name = check_path(path)
        if not name.endswith(".npz"):
            raise InvalidInputError(f"the path is {name!r}; the name of a saved truth ends in .npz")
        part = f"{name}.part.npz"
        try:
            with naming(name, part):
                np.savez(part, rows=self.rows, distances=self.distances, metric=np.array(self.metric))
                os.replace(part, name)
        finally:
            Path(part).unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Truth:
        """Read what `save` wrote. Nothing in the file is executed.

        Raises:
            UnknownFormatError: not a .npz file with rows, distances and metric.
            CorruptFileError: they are there and do not fit one another.
            OSError: there is no such file.
        """
        name = check_path(path)
        try:
            with np.load(name, allow_pickle=False) as arrays:
                rows, distances, metric = arrays["rows"], arrays["distances"], str(arrays["metric"])
        except (KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise UnknownFormatError(
                f"{name}: is no saved truth, a .npz file with rows, distances and metric ({error}); make it with "
                "ground_truth(...).save(path)"
            ) from None
        try:
            return cls(rows, distances, metric)
        except InvalidInputError as error:
            raise CorruptFileError(f"{name}: {error}; compute and save the truth again") from None


def ground_truth(
    base: Any, queries: Any, k: int = 100, *, metric: str | None = None, threads: int | None = None
) -> Truth:
    """The true neighbours of queries, by comparing each with every vector.

    Args:
        base: the vectors, or whatever else `nearabout.build` takes (a file, `Embeddings`); or an open `Index` that
            keeps its vectors, asked with ``exact=True``: distances then are those of the vectors as it stores them.
        queries: (n, dims).
        k: how many neighbours of each; all there are where there are fewer. More than the k that will be asked for
            costs little and allows for other k later; 100 is what ann-benchmarks keeps.
        metric: as in `build`. None is that of an `Index`, and cosine for vectors, as in `build`.
        threads: how many to use; None uses all cores.

    Returns:
        `Truth`: rows and distances, (n, min(k, rows)), equal distances in the order of their rows.

    Raises:
        InvalidInputError: what `build` and `Index.search` refuse; another metric than the index has.

    >>> from nearabout.evaluation import ground_truth
    >>> ground_truth([[0.0, 0.0], [3.0, 4.0]], [[3.0, 3.0]], k=2, metric="euclidean").rows.tolist()
    [[1, 0]]
    """
    if isinstance(base, Index):
        if metric is not None and check_metric(metric) != base.metric:
            raise InvalidInputError(f"metric is {metric!r} and the index has {base.metric!r}; leave the metric out")
        index = base
    else:
        index = build(base, metric="cosine" if metric is None else metric, kind=every_row_kind(), threads=threads)
    hits = index.search(queries, k, exact=True, threads=threads)
    return Truth(np.atleast_2d(hits.rows), np.atleast_2d(hits.distances), index.metric)
