"""Explains why a search found or missed a row: its true rank, and the smallest effort that finds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout._arrays.key_lookup import known_row
from nearabout._arrays.queries import as_queries
from nearabout._arrays.vectors import stored_to_numpy
from nearabout._base.checks import check_k
from nearabout.calibration import EVERY_ROW
from nearabout.calibration.effort import check_effort, check_spending, index_effort
from nearabout.calibration.explanation_text import why
from nearabout.errors import InvalidInputError, quoted

if TYPE_CHECKING:
    from nearabout import _core

_FIRST_DEPTH = 128  # neighbours of the first exact search for the true rank; each further one has _MORE times as many
_MORE = 16


@dataclass(frozen=True)
class Explanation:
    """The reasons why a search for k neighbours found or missed a row.

    Attributes:
        key: key of the explained vector.
        row: its row number.
        k: number of neighbours of the search.
        rank: its true rank, 1 for the nearest; equal distances are in row order.
        distance: its distance from the query.
        kth_distance: distance of the k-th true neighbour.
        is_true_neighbour: whether it is among the true k nearest.
        found: whether the search found it.
        effort: effort of that search, in the unit of `effort=`; None if every row was compared.
        min_effort_found: smallest effort that finds it in a search for max(k, rank) neighbours. Found by bisection
            from the largest effort down, so only some efforts are tried; a larger effort may miss a row that a smaller
            one finds. None if no effort finds it, or if the kind of index takes no effort.
        reachable: whether a search can find it without comparing every row. Always true for an exact index.
        probed: for an IVF index that compares vectors, whether its list was probed; for such a graph, whether the walk
            was at its node. None for other indexes, and if every row was compared.
        distance_source: source of rank and distances: "vectors"; for an index without vectors "int8" or "codes", which
            give estimates.
        why: the explanation in a sentence or two.
    """

    key: str | int
    row: int
    k: int
    rank: int
    distance: float
    kth_distance: float
    is_true_neighbour: bool
    found: bool
    effort: int | None
    min_effort_found: int | None
    reachable: bool
    probed: bool | None
    distance_source: str
    why: str


class Query(NamedTuple):
    """One query for the core, and the rows that it was made of, which are left out of its hits."""

    vector: NDArray[Any]  # (1, dims)
    own_rows: frozenset[int]


def query_of(core: _core.Index, query: Any) -> Query:
    """Returns a query that is a vector or a key.

    Raises:
        UnknownKeyError: the key is not in the index.
        InvalidInputError: the vector cannot be used as in `Index.search`, or there are several.
    """
    own: frozenset[int] = frozenset()
    if isinstance(query, (str, int, np.integer)):
        own = frozenset([known_row(core, query)])
        query = stored_to_numpy(core.vectors(np.array([*own], np.int64))[0], core.dtype, core.dims)
    vectors, single = as_queries(query, core.metric, core.dtype, core.dims)
    if not single:
        raise InvalidInputError(
            f"the query has the shape {np.shape(query)}; explain() takes one query at a time, of shape ({core.dims},)"
        )
    return Query(vectors, own)


def sum_query(core: _core.Index, terms: Sequence[tuple[float, int]]) -> Query:
    """Returns the query that is a weighted sum of rows, as `nearabout search` uses it for several words."""
    total = core.weighted_sum(terms, np.empty((0, core.dims), np.float32), [])
    return Query(query_of(core, total).vector, frozenset(row for _, row in terms))


@dataclass(frozen=True)
class _Question:
    """The searches of one query."""

    core: _core.Index
    query: Query

    @property
    def candidates(self) -> int:
        """Number of rows that may be hits."""
        return len(self.core) - len(self.query.own_rows)

    def ask(
        self, k: int, *, effort: int | None = None, recall: float | None = None, exact: bool = False
    ) -> tuple[list[int], list[float], int]:
        """Returns rows and distances of the k nearest, without the query's own rows, and the effort that it took."""
        own = self.query.own_rows
        rows, distances, _, efforts, *_ = self.core.search(
            self.query.vector, min(k + len(own), len(self.core)), effort, recall, exact
        )
        kept = [position for position, row in enumerate(rows[0].tolist()) if row not in own][:k]
        return rows[0, kept].tolist(), distances[0, kept].tolist(), int(efforts[0])

    def finds(self, row: int, k: int, effort: int) -> bool:
        return row in self.ask(k, effort=effort)[0]


def explain(
    core: _core.Index, query: Query, key: Any, k: int = 10, *, recall: float | None = None, effort: int | None = None
) -> Explanation:
    """Explains why a search finds or misses a key; implements `Index.explain`."""
    question = _Question(core, query)
    row = known_row(core, key)
    if row in query.own_rows:
        raise InvalidInputError(
            f"the key {quoted(key)} is the query itself, and a query is never its own neighbour; explain another key, "
            "or pass a vector as the query"
        )
    k = check_k(k, question.candidates)
    recall = check_spending(core, recall, effort, False)
    effort, _ = check_effort(effort, False, core.effort_range is not None)
    rows, distances = _truth(question, row, k)
    rank = rows.index(row) + 1
    found, _, searched = question.ask(k, effort=effort, recall=recall)
    used = _used_effort(question, k, effort, recall, searched)
    min_effort_found = _min_effort_found(question, row, max(k, rank), used)
    result = Explanation(
        key=key.item() if isinstance(key, np.generic) else key,
        row=row,
        k=k,
        rank=rank,
        distance=distances[rank - 1],
        kth_distance=distances[k - 1],
        is_true_neighbour=rank <= k,
        found=row in found,
        effort=used,
        min_effort_found=min_effort_found,
        reachable=core.effort_range is None or min_effort_found is not None,
        probed=None if used is None else _probed(question, row, distances[rank - 1], used),
        distance_source="vectors" if core.keeps_vectors else _distance_source(core),
        why="",
    )
    return dataclasses.replace(result, why=why(core, result, requested=effort is not None or recall is not None))


def _used_effort(question: _Question, k: int, effort: int | None, recall: float | None, searched: int) -> int | None:
    """Returns the value of `effort=` that gives the same search, or the number of lists that it really probed if the
    query got more effort than others. IVF probes more or fewer lists for a query than its effort, which is an average.
    """
    if searched == EVERY_ROW:
        return None
    given = question.core.base_effort(k, effort, recall, False)
    if given is not None and (effort is not None or question.ask(k, effort=given)[2] == searched):
        return given
    return searched


def _distance_source(core: _core.Index) -> str:
    """Returns the source of distances: "vectors", "int8" or "codes"."""
    return str(core.details().get("distance_source", "vectors"))


def _compares(core: _core.Index) -> bool:
    """Returns whether the largest effort compares the vector of every row."""
    return _distance_source(core) == "vectors"


def _truth(question: _Question, row: int, k: int) -> tuple[list[int], list[float]]:
    """Returns the nearest rows, at least down to the explained row and the k-th, and their distances.

    It uses the exact scan, or the codes of all rows if the index keeps no vectors.
    """
    core = question.core
    all_of_it: dict[str, Any] = {"exact": True} if core.keeps_vectors else {"effort": index_effort(core).most}
    depth = max(k, _FIRST_DEPTH)
    while True:
        rows, distances, _ = question.ask(min(depth, question.candidates), **all_of_it)
        if row in rows or depth >= question.candidates:
            return rows, distances
        depth *= _MORE


def _min_effort_found(question: _Question, row: int, k: int, used: int | None) -> int | None:
    """Returns the smallest effort tried that finds the row among k neighbours, or None.

    It halves the effort from the largest down until one misses the row, then bisects between the last two. A larger
    effort may miss a row that a smaller one finds, so nothing is known about efforts that were not tried.
    """
    core = question.core
    if core.effort_range is None:
        return None
    most = index_effort(core).most - (1 if _compares(core) else 0)
    found = None
    ladder = sorted({most >> step for step in range(most.bit_length())} | ({used} if used else set()), reverse=True)
    missed = 0
    for effort in ladder:
        if effort > most:
            continue
        if not question.finds(row, k, effort):
            missed = effort
            break
        found = effort
    while found is not None and found - missed > 1:
        middle = (found + missed) // 2
        if question.finds(row, k, middle):
            found = middle
        else:
            missed = middle
    return found


def _probed(question: _Question, row: int, distance: float, effort: int) -> bool | None:
    """Returns whether the search comes to the row: a radius search compares all rows of the probed lists, or of the
    nodes that the walk was at.
    """
    core = question.core
    if not core.counts_work or not _compares(core):
        return None
    return row in core.radius_search(question.query.vector, distance, effort)[0].tolist()
