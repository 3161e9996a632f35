"""The neighbours of every row, in the layouts that other libraries take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearabout._base.checks import check_flag, check_path
from nearabout._base.text import a_type, nearest
from nearabout.errors import InvalidInputError, MissingDependencyError

if TYPE_CHECKING:
    import scipy.sparse

    from nearabout._arrays.key_lookup import Keys

_MODES = ("distance", "connectivity")


def row_dtype(count: int) -> type[np.signedinteger[Any]]:
    """Returns the type of row numbers: the one that UMAP, SciPy and scikit-learn use, as long as it is wide enough."""
    return np.int32 if count <= np.iinfo(np.int32).max else np.int64


class NeighborGraph:
    """The k nearest others of every row, nearest first. `neighbor_graph` and `Index.neighbors` return it.

    A row is not among its own neighbours. Others with the same vector are, at distance 0. If there are no more than k
    rows, each has all others as its neighbours, and there are n - 1 columns.

    Attributes:
        rows: int32 (int64 beyond 2**31 rows), (n, k), row numbers of the neighbours.
        distances: float32, (n, k), ascending in each line, in the units of the metric.
        metric: metric of the distances.
        recall: fraction of the true neighbours that the graph has, as measured on some of its rows; 1.0 if every row
            was compared with every other. An index without vectors cannot measure it: then it is what its calibration
            expects, or None if it is not calibrated.
        measured_rows: number of rows that recall was measured on; 0 if it was not.

    >>> import nearabout as na
    >>> graph = na.neighbor_graph([[0.0], [1.0], [3.0]], k=1, metric="euclidean", keys=["a", "b", "c"])
    >>> graph.rows.tolist(), graph.distances.tolist(), graph.keys.tolist()
    ([[1], [0], [1]], [[1.0], [1.0], [2.0]], ['a', 'b', 'c'])
    """

    __slots__ = ("_keys", "distances", "measured_rows", "metric", "recall", "rows")

    rows: NDArray[np.signedinteger[Any]]
    distances: NDArray[np.float32]
    metric: str
    recall: float | None
    measured_rows: int

    def __init__(
        self,
        rows: NDArray[np.signedinteger[Any]],
        distances: NDArray[np.float32],
        metric: str,
        keys: Keys | None = None,
        recall: float | None = None,
        measured_rows: int = 0,
    ) -> None:
        self.rows = rows
        self.distances = distances
        self.metric = metric
        self.recall = recall
        self.measured_rows = measured_rows
        self._keys = keys

    @property
    def keys(self) -> Keys:
        """Keys of the rows, (n,): int64, or strings in an object array. Without keys, the row numbers."""
        return np.arange(len(self), dtype=np.int64) if self._keys is None else self._keys

    @property
    def k(self) -> int:
        """Number of neighbours of each row."""
        return int(self.rows.shape[1])

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        recall = "" if self.recall is None else f", recall {self.recall:.3f}"
        return f"<nearabout.NeighborGraph: {len(self):,} rows, {self.k} neighbours each, {self.metric}{recall}>"

    def to_arrays(self, *, include_self: bool = False) -> tuple[NDArray[np.signedinteger[Any]], NDArray[np.float32]]:
        """Returns rows and distances, which UMAP takes as `precomputed_knn` with include_self=True.

        Args:
            include_self: whether each row itself comes first, at distance 0: there are then k + 1 columns. UMAP counts
                the row itself, so its `n_neighbors` is k + 1.

        Returns:
            (rows, distances), each of shape (n, k) or (n, k + 1). Without include_self they are those of the graph;
            with it they are copies.

        Raises:
            InvalidInputError: include_self under dot: the inner product of a row with itself is not 0, and there may
                be larger ones.

        >>> import nearabout as na
        >>> graph = na.neighbor_graph([[0.0], [1.0], [3.0]], k=1, metric="euclidean")
        >>> rows, distances = graph.to_arrays(include_self=True)
        >>> rows.tolist(), distances.tolist()
        ([[0, 1], [1, 0], [2, 1]], [[0.0, 1.0], [0.0, 1.0], [0.0, 2.0]])
        """
        if not check_flag("include_self", include_self):
            return self.rows, self.distances
        if self.metric == "dot":
            raise InvalidInputError(
                "include_self puts each row first at distance 0, but under dot the distance of a row to itself is its "
                "negative square, and others may be nearer; leave include_self out, or build the graph under cosine"
            )
        distances = np.zeros((len(self), self.k + 1), np.float32)
        distances[:, 1:] = self.distances
        return self._with_self(), distances

    def to_csr(
        self,
        mode: Literal["distance", "connectivity"] = "distance",
        *,
        include_self: bool = False,
        symmetric: bool = False,
    ) -> scipy.sparse.csr_matrix:
        """Returns the graph as a sparse matrix of SciPy, one line per row, as `sklearn.neighbors` makes it.

        A line has its neighbours nearest first, not in the order of columns. Distances of 0 are stored. The matrix is
        not symmetric: a row may be among the nearest of another one, and not the other way round. With symmetric=True
        it is. (`maximum` of the matrix and its transpose is not the same: SciPy drops the zeros of duplicates, and
        takes an edge that is missing for a distance of 0, which is larger than those under dot.)

        Args:
            mode: "distance" stores the distances, "connectivity" stores ones.
            include_self: whether each row has itself as its first neighbour, as scikit-learn expects of precomputed
                neighbours in distance mode: `n_neighbors` + 1 entries per line.
            symmetric: whether to store each edge in both directions. If the graph has both with different distances,
                which are then estimates, the larger one counts. Lines have different lengths, at least k, and are in
                the order of columns.

        Returns:
            A `scipy.sparse.csr_matrix` of float32, (n, n): n * k entries, n * (k + 1) with include_self, and up to
            twice as many with symmetric. It shares no memory with the graph, which methods of SciPy that work in place
            (`sort_indices`, `sum_duplicates`) would change.

        Raises:
            InvalidInputError: there is no such mode; or include_self in distance mode under dot, as in `to_arrays`.
            MissingDependencyError: SciPy is not installed.

        >>> import nearabout as na
        >>> graph = na.neighbor_graph([[0.0], [1.0], [3.0]], k=1, metric="euclidean")
        >>> graph.to_csr().toarray().tolist()  # doctest: +SKIP
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
        >>> graph.to_csr(symmetric=True).toarray().tolist()  # doctest: +SKIP
        [[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]]
        """
        if not isinstance(mode, str) or mode not in _MODES:
            advice = nearest(mode, _MODES) if isinstance(mode, str) else f"pass one of {', '.join(_MODES)}"
            raise InvalidInputError(f"mode is {mode!r}; {advice}")
        csr_matrix = _csr_matrix()
        if mode == "connectivity":
            rows = self._with_self() if check_flag("include_self", include_self) else self.rows
            values = np.ones(rows.size, np.float32)
        else:
            rows, distances = self.to_arrays(include_self=include_self)
            values = np.array(distances).reshape(-1)
        if check_flag("symmetric", symmetric):
            return csr_matrix(_both_ways(rows, values), shape=(len(self), len(self)), copy=False)
        starts = np.arange(len(self) + 1, dtype=np.int64) * rows.shape[1]
        if rows.size <= np.iinfo(np.int32).max:
            starts = starts.astype(np.int32)
        return csr_matrix((values, np.array(rows).reshape(-1), starts), shape=(len(self), len(self)), copy=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the graph to a .npz file atomically: after a failure or a kill, the previous file is unchanged.

        `numpy.load` reads it, too: it has the arrays rows and distances. String keys are UTF-8 in the array key_text;
        those of row i are its bytes key_starts[i] to key_starts[i + 1].

        Raises:
            InvalidInputError: the name does not end in .npz.
            OSError: the folder does not exist, is read-only, or is full.
        """
        from nearabout.neighbors.graph_file import write_graph

        write_graph(check_graph_path(path), self)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mapped: bool = False) -> NeighborGraph:
        """Reads a file that `save` wrote. It never executes code from the file.

        Args:
            path: a .npz file.
            mapped: whether to map rows and distances instead of reading them, for graphs larger than memory: they are
                read-only, and neither checked against the checksums of the file nor for numbers that are not rows.

        Returns:
            The graph.

        Raises:
            UnknownFormatError: the file is not a .npz file, or not one of a graph.
            UnsupportedVersionError: a later version of the library wrote it.
            CorruptFileError: it is damaged, or its arrays contradict each other.
            OSError: the file does not exist or cannot be read.

        >>> import os, tempfile
        >>> import nearabout as na
        >>> path = os.path.join(tempfile.mkdtemp(), "graph.npz")
        >>> na.neighbor_graph([[0.0], [1.0], [3.0]], k=2, metric="euclidean").save(path)
        >>> na.NeighborGraph.load(path)
        <nearabout.NeighborGraph: 3 rows, 2 neighbours each, euclidean, recall 1.000>
        """
        from nearabout.neighbors.graph_file import read_graph

        return read_graph(check_path(path), check_flag("mapped", mapped))

    def _with_self(self) -> NDArray[np.signedinteger[Any]]:
        """Returns the rows of the neighbours, each line with its own row before them."""
        rows = np.empty((len(self), self.k + 1), self.rows.dtype)
        rows[:, 0] = np.arange(len(self))
        rows[:, 1:] = self.rows
        return rows

    def __getstate__(self) -> tuple[Any, ...]:
        plain = np.asarray(self.rows), np.asarray(self.distances)  # not a map of a file
        return (*plain, self.metric, self._keys, self.recall, self.measured_rows)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.rows, self.distances, self.metric, self._keys, self.recall, self.measured_rows = state


def _both_ways(rows: NDArray[Any], values: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Returns values, columns and starts of lines of a matrix with each edge in both directions, by column in a line.

    `values` are those of the edges from row i to each of `rows[i]`. A pair of rows gets the largest of its values.
    """
    count = len(rows)
    here, there = np.repeat(np.arange(count, dtype=np.int64), rows.shape[1]), rows.reshape(-1).astype(np.int64)
    cells = np.concatenate([here * count + there, there * count + here])
    order = np.argsort(cells)
    cells = cells[order]
    firsts = np.flatnonzero(np.diff(cells, prepend=-1))
    largest = np.maximum.reduceat(np.concatenate([values, values])[order], firsts)
    cells = cells[firsts]
    starts = np.searchsorted(cells, np.arange(count + 1, dtype=np.int64) * count)
    narrow = np.int32 if len(cells) <= np.iinfo(np.int32).max else np.int64
    return largest, (cells % max(1, count)).astype(narrow), starts.astype(narrow)


def check_graph_path(path: object) -> str:
    """Returns the path of a graph to write as a string."""
    name = check_path(path)
    if not name.endswith(".npz"):
        raise InvalidInputError(f"the path is {name!r}; the name of a saved graph must end in .npz")
    return name


def check_neighbors(k: object, count: int) -> int:
    """Returns the number of neighbours of each of `count` rows: `k`, but at most all others."""
    from nearabout._base.checks import check_k

    if isinstance(k, (str, bytes, list, tuple, np.ndarray)):
        raise InvalidInputError(f"k is {a_type(k)}; pass the number of neighbours of each row, a positive integer")
    return check_k(k, max(0, count - 1))


def _csr_matrix() -> Any:
    try:
        from scipy.sparse import csr_matrix
    except ImportError:
        raise MissingDependencyError(
            "to_csr() needs the library scipy: pip install 'nearabout[graph]'; graph.rows and graph.distances have the "
            "same without it"
        ) from None
    return csr_matrix
