"""Ground truth: the true neighbours of queries."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.accepted_types import DataLike, VectorsLike
from nearabout._base.checks import check_path
from nearabout._base.vocabulary import check_metric
from nearabout.building import build
from nearabout.errors import CorruptFileError, InvalidInputError, UnknownFormatError
from nearabout.formats._source import naming
from nearabout.index import Index
from nearabout.kinds.auto import every_row_kind


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """The true neighbours of each query, nearest first.

    Attributes:
        rows: int64, (n, k), row numbers in the base.
        distances: float32, (n, k), in the units of the metric, ascending in each line.
        metric: metric of the distances.
        k: number of known neighbours of each query.

    Raises:
        InvalidInputError: rows and distances do not have the same shape (n, k), a distance is not finite, or a line is
            not sorted.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float32]
    metric: str

    def __post_init__(self) -> None:
        rows, distances = np.asarray(self.rows), np.asarray(self.distances)
        if rows.ndim != 2 or rows.shape != distances.shape or rows.dtype.kind not in "iu":
            raise InvalidInputError(
                f"rows has the shape {rows.shape} and dtype {rows.dtype}, distances the shape {distances.shape}; pass "
                "integer rows and distances of the same shape (n, k)"
            )
        check_metric(self.metric)
        object.__setattr__(self, "rows", np.ascontiguousarray(rows, np.int64))
        object.__setattr__(self, "distances", np.ascontiguousarray(distances, np.float32))
        if not np.isfinite(self.distances).all():
            query = int(np.argmin(np.isfinite(self.distances).all(axis=1)))
            raise InvalidInputError(f"the true distances of query {query} are not all finite; leave it out")
        if (np.diff(self.distances, axis=1) < 0).any():
            query = int(np.argmax((np.diff(self.distances, axis=1) < 0).any(axis=1)))
            raise InvalidInputError(f"the true distances of query {query} are not ascending; the nearest comes first")

    @property
    def k(self) -> int:
        """Number of known neighbours of each query."""
        return int(self.rows.shape[1])

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Truth({len(self):,} queries, k={self.k}, {self.metric})"

    def first(self, queries: int) -> Truth:
        """Returns the truth of the first `queries` queries."""
        return Truth(self.rows[:queries], self.distances[:queries], self.metric)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a .npz file of three arrays: rows, distances and metric.

        Raises:
            InvalidInputError: the name does not end in .npz.
            OSError: the folder does not exist or is full.
        """
        name = check_path(path)
        if not name.endswith(".npz"):
            raise InvalidInputError(f"the path is {name!r}; the name of a saved truth must end in .npz")
        part = f"{name}.part.npz"
        try:
            with naming(name, part):
                np.savez(part, rows=self.rows, distances=self.distances, metric=np.array(self.metric))
                os.replace(part, name)
        finally:
            Path(part).unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Truth:
        """Reads a file that `save` wrote. It never executes code from the file.

        Raises:
            UnknownFormatError: the file is not a .npz file with rows, distances and metric.
            CorruptFileError: the arrays do not fit each other.
            OSError: the file cannot be read.
        """
        name = check_path(path)
        try:
            with np.load(name, allow_pickle=False) as arrays:
                rows, distances, metric = arrays["rows"], arrays["distances"], str(arrays["metric"])
        except (KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise UnknownFormatError(
                f"{name}: is not a saved truth, a .npz file with rows, distances and metric ({error}); create one with "
                "ground_truth(...).save(path)"
            ) from None
        try:
            return cls(rows, distances, metric)
        except InvalidInputError as error:
            raise CorruptFileError(f"{name}: {error}; compute and save the truth again") from None


def ground_truth(
    base: Index | DataLike, queries: VectorsLike, k: int = 100, *, metric: str | None = None, threads: int | None = None
) -> Truth:
    """Computes the true neighbours of queries by comparing each query with every vector.

    Args:
        base: the vectors, or anything else that `nearabout.build` accepts (a file, `Embeddings`); or an open `Index`
            that keeps its vectors. The index is searched with ``exact=True``, so distances are for its stored vectors.
        queries: (n, dims).
        k: number of neighbours per query, at most the number of rows. A larger k than you need now costs little and
            allows for other k later; ann-benchmarks stores 100.
        metric: as in `build`. None uses the metric of an `Index`, or cosine for vectors.
        threads: number of threads; None uses all cores.

    Returns:
        `Truth`: rows and distances, (n, min(k, rows)), with equal distances in row order.

    Raises:
        InvalidInputError: as in `build` and `Index.search`; or the metric differs from that of the index.

    >>> from nearabout.evaluation import ground_truth
    >>> ground_truth([[0.0, 0.0], [3.0, 4.0]], [[3.0, 3.0]], k=2, metric="euclidean").rows.tolist()
    [[1, 0]]
    """
    if isinstance(base, Index):
        if metric is not None and check_metric(metric) != base.metric:
            raise InvalidInputError(f"metric is {metric!r}, but the index has {base.metric!r}; leave metric out")
        index = base
    else:
        index = build(base, metric="cosine" if metric is None else metric, kind=every_row_kind(), threads=threads)
    hits = index.search(queries, k, exact=True, threads=threads)
    return Truth(np.atleast_2d(hits.rows), np.atleast_2d(hits.distances), index.metric)
