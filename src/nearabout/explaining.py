"""Why a search found a row, or did not: the rank that it has in truth, and the effort from which on it is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.arguments import check_effort, check_k
from nearabout.calibration import EVERY_ROW, check_spending
from nearabout.effort import index_effort
from nearabout.errors import InvalidInputError, quoted
from nearabout.inputs import as_queries
from nearabout.reasons import why

if TYPE_CHECKING:
    from nearabout.hits import Hits
    from nearabout.index import Index

_FIRST_ASKED = 128  # neighbours, where the true rank is looked for; then _MORE times as many, and so on
_MORE = 16


@dataclass(frozen=True)
class Explanation:
    """Why a search for k neighbours found a row, or did not.

    Attributes:
        key: key of the vector that was asked about.
        row: its row number.
        k: how many neighbours were searched for.
        rank: its true rank, 1 for the nearest; equal distances in the order of rows.
        distance: its distance from the query.
        kth_distance: distance of the last of the true k nearest.
        is_true_neighbour: whether it is among the true k nearest.
        found: whether the search found it.
        effort: what that search spent, as `effort=` takes it; None where every row was compared.
        min_effort_found: smallest effort that finds it, in a search for k neighbours, or for `rank` neighbours if that
            is more. Efforts are tried by halves, from the largest down, and only those that were tried are known: a
            larger effort need not find all that a smaller one finds. None if no effort finds it, or if the kind of
            index takes no effort.
        reachable: whether a search can find it without comparing every row. Always true of an exact index.
        probed: of lists that compare vectors, whether its list was probed; None for other kinds, and where every row
            was compared.
        distance_source: what rank and distances come from: "vectors"; of an index without vectors "int8" or "codes",
            and then they are estimates.
        why: all this in a sentence or two.
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


class Sum(NamedTuple):
    """A query that was calculated from rows, which are no answers to it."""

    vector: NDArray[np.float32]
    rows: frozenset[int]


def sum_of(index: Index, terms: Sequence[tuple[float, int]]) -> Sum:
    """The weighted sum of rows, of their directions under cosine: what `nearabout search` asks for several words."""
    total = index._core.weighted_sum(terms, np.empty((0, index.dims), np.float32), [])
    return Sum(total, frozenset(row for _, row in terms))


@dataclass(frozen=True)
class _Question:
    """One query, however it was given."""

    index: Index
    vector: Any
    own: frozenset[int]  # rows that are no answers

    @classmethod
    def of(cls, index: Index, query: Any) -> _Question:
        if isinstance(query, Sum):
            return cls(index, query.vector, query.rows)
        if isinstance(query, (str, int, np.integer)):
            return cls(index, index[query], frozenset([index._row(query)]))
        _, single = as_queries(query, index.metric, index.dtype, index.dims)
        if not single:
            shape = np.shape(query)
            raise InvalidInputError(
                f"the query has the shape {shape}; one query is explained at a time: ({index.dims},)"
            )
        return cls(index, query, frozenset())

    @property
    def answers(self) -> int:
        """How many rows may be answers."""
        return len(self.index) - len(self.own)

    def ask(
        self, k: int, *, effort: int | None = None, recall: float | None = None, exact: bool = False
    ) -> tuple[list[int], list[float], Hits]:
        """Rows and distances of the k nearest but for its own rows."""
        hits = self.index.search(self.vector, k + len(self.own), effort=effort, recall=recall, exact=exact)
        kept = [place for place, row in enumerate(hits.rows.tolist()) if row not in self.own][:k]
        return hits.rows[kept].tolist(), hits.distances[kept].tolist(), hits

    def finds(self, row: int, k: int, effort: int) -> bool:
        return row in self.ask(k, effort=effort)[0]


def explain(
    index: Index, query: Any, key: Any, k: int = 10, *, recall: float | None = None, effort: int | None = None
) -> Explanation:
    """Tell why a search finds a key, or does not; `Index.explain` is this."""
    question = _Question.of(index, query)
    row = index._row(key)
    if row in question.own:
        raise InvalidInputError(
            f"the key {quoted(key)} is asked with, and answers leave such keys out; ask about another key, or pass a "
            "vector as the query"
        )
    k = check_k(k, question.answers)
    recall = check_spending(index._core, recall, effort, False)
    effort, _ = check_effort(effort, False, index._core.effort_range is not None)
    rows, distances = _truth(question, row, k)
    rank = rows.index(row) + 1
    found, _, hits = question.ask(k, effort=effort, recall=recall)
    spent = _spent(question, k, effort, recall, hits)
    min_effort_found = _min_effort_found(question, row, max(k, rank), spent)
    told = Explanation(
        key=key.item() if isinstance(key, np.generic) else key,
        row=row,
        k=k,
        rank=rank,
        distance=distances[rank - 1],
        kth_distance=distances[k - 1],
        is_true_neighbour=rank <= k,
        found=row in found,
        effort=spent,
        min_effort_found=min_effort_found,
        reachable=index._core.effort_range is None or min_effort_found is not None,
        probed=None if spent is None else _probed(question, row, distances[rank - 1], spent),
        distance_source="vectors" if index._core.keeps_vectors else _distance_source(index),
        why="",
    )
    return dataclasses.replace(told, why=why(index, told, asked=effort is not None or recall is not None))


def _spent(question: _Question, k: int, effort: int | None, recall: float | None, hits: Hits) -> int | None:
    """The effort that finds the same. Lists look into more or fewer for a query than they are told; a query that was
    given more than others is told of by what it looked into."""
    if hits.effort == EVERY_ROW:
        return None
    given = question.index._core.base_effort(k, effort, recall, False)
    if given is not None and (effort is not None or question.ask(k, effort=given)[2].effort == hits.effort):
        return given
    return int(hits.effort)


def _distance_source(index: Index) -> str:
    """Returns what distances are computed from."""
    return str(index._core.details().get("distance_source", "vectors"))


def _compares(index: Index) -> bool:
    """Whether the most effort is a comparison of every row's vector."""
    return _distance_source(index) == "vectors"


def _truth(question: _Question, row: int, k: int) -> tuple[list[int], list[float]]:
    """The nearest rows down to the one asked about and to the k-th, and their distances: by the exact scan, or by the
    codes of all rows where no vectors are kept."""
    core = question.index._core
    all_of_it: dict[str, Any] = {"exact": True} if core.keeps_vectors else {"effort": index_effort(core).most}
    wanted = max(k, _FIRST_ASKED)
    while True:
        rows, distances, _ = question.ask(min(wanted, question.answers), **all_of_it)
        if row in rows or wanted >= question.answers:
            return rows, distances
        wanted *= _MORE


def _min_effort_found(question: _Question, row: int, k: int, spent: int | None) -> int | None:
    """The least effort from which on the row is found among k, as far as this can tell: efforts are tried from the most
    down, each half of the last, until one does not find it; then what lies between is halved. More effort need not find
    all that less does, so that only those that were tried are known."""
    core = question.index._core
    if core.effort_range is None:
        return None
    most = index_effort(core).most - (1 if _compares(question.index) else 0)
    found = None
    ladder = sorted({most >> step for step in range(most.bit_length())} | ({spent} if spent else set()), reverse=True)
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
    """Whether the row's list is among those looked into: a search within a radius compares all of their rows."""
    index = question.index
    if not index._core.counts_work or not _compares(index):
        return None
    return row in index.radius_search(question.vector, distance, effort=effort).rows.tolist()
