"""Implements the searches of `Index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nearabout import _core
from nearabout._arrays.key_lookup import is_single_key, known_row
from nearabout._arrays.queries import as_queries
from nearabout._arrays.restrictions import Restriction, core_filter, core_filter_of, restriction_of
from nearabout._base.checks import check_flag, check_k, check_radius, check_threads, room_for_hits
from nearabout.calibration.effort import check_effort, check_spending
from nearabout.errors import InvalidInputError
from nearabout.hits import Hits, hits_in_radius, nearest_hits
from nearabout.row_filter import RowFilter

if TYPE_CHECKING:
    from nearabout._arrays.accepted_types import FilterLike, FiltersLike, Key, KeysLike, VectorsLike
    from nearabout.calibration.profile import Profile
    from nearabout.index import Index


class Spending(NamedTuple):
    """The arguments of a search that say how much work it does."""

    recall: float | None
    effort: int | None
    exact: bool
    threads: int | None

    def checked(self, core: _core.Index) -> tuple[int | None, float | None, bool, int]:
        """Returns effort, recall, exact and threads for the core."""
        recall = check_spending(core, self.recall, self.effort, self.exact)
        effort, exact = check_effort(self.effort, self.exact, core.effort_range is not None)
        return effort, recall, exact, check_threads(self.threads)


class Restricted(NamedTuple):
    """The arguments of a search that say which rows it may find."""

    filter: FiltersLike
    exclude: FiltersLike

    def checked(self, core: _core.Index, queries: int) -> Restriction | None:
        """Returns None if every row may be found."""
        if self.filter is None and self.exclude is None:
            return None
        return restriction_of(core, self.filter, self.exclude, queries)


def _of(allowed: Restriction | None) -> Restriction:
    """Returns filter and excluded rows as the core takes them."""
    return Restriction() if allowed is None else allowed


def search_one(
    index: Index,
    query: Any,
    k: Any,
    filter: object,
    exclude: object,
    recall: float | None,
    effort: Any,
    exact: Any,
    threads: Any,
) -> Hits | None:
    """Searches for one query, (dims,) or (1, dims), without the checks of a batch, which take longer than the search.
    Returns None if the arguments need them.
    """
    core = index._core
    allowed = None
    if filter is not None:
        if not isinstance(filter, RowFilter) or not core.made(filter._core):
            return None
        allowed = filter._core
    if recall is not None:
        recall = check_spending(core, recall, effort, exact)
    found = core.search_single(query, k, effort, recall, exact, threads, allowed, exclude)
    if found is None:
        return None
    rows, distances, counts, used, unlike, sought = found
    cost = (core, effort, recall, used, unlike, sought, filter is not None or exclude is not None)
    return Hits(rows, distances, counts, index, cost)


def search_batch(index: Index, query: VectorsLike, k: int, restricted: Restricted, spending: Spending) -> Hits:
    """Searches with any arguments."""
    core = index._core
    effort, recall, exact, threads = spending.checked(core)
    k = check_k(k, len(index))
    queries, single = as_queries(query, index.metric, index.dtype, index.dims)
    allowed = restricted.checked(core, len(queries))
    with room_for_hits(len(queries), k):
        found = core.search(queries, k, effort, recall, exact, threads, *_of(allowed))
    return nearest_hits(index, core, found, single, (effort, recall, exact), allowed is not None)


def profile(index: Index, query: VectorsLike, k: int, restricted: Restricted, spending: Spending) -> Profile:
    """Implements `Index.profile`."""
    from nearabout.calibration.profile import Profile

    core = index._core
    if not core.counts_work:
        raise InvalidInputError(f"profile() needs a kind of index that counts its work, and {index.kind!r} does not")
    effort, _, _, threads = spending.checked(core)
    k = check_k(k, len(index))
    queries, _ = as_queries(query, index.metric, index.dtype, index.dims)
    allowed = restricted.checked(core, len(queries))
    return Profile(**core.profile(queries, k, effort, threads, *_of(allowed)))


def search_rows(
    index: Index, key: Key | KeysLike, k: int, include_self: bool, restricted: Restricted, spending: Spending
) -> Hits:
    """Implements `Index.search_by_key`."""
    core = index._core
    include_self = check_flag("include_self", include_self)
    k = check_k(k, len(index) - (not include_self))
    effort, recall, exact, threads = spending.checked(core)
    single = is_single_key(key)
    rows = np.array([known_row(core, key)], np.int64) if is_single_key(key) else index.rows(key)
    allowed = restricted.checked(core, len(rows))
    with room_for_hits(len(rows), k):
        found = core.search_rows(rows, k, include_self, effort, recall, exact, threads, *_of(allowed))
    return nearest_hits(index, core, found, single, (effort, recall, exact), allowed is not None)


def search_radius(index: Index, query: VectorsLike, radius: float, restricted: Restricted, spending: Spending) -> Hits:
    """Implements `Index.radius_search`."""
    core = index._core
    effort, recall, exact, threads = spending.checked(core)
    radius = check_radius(radius, index.metric)
    queries, single = as_queries(query, index.metric, index.dtype, index.dims)
    allowed = restricted.checked(core, len(queries))
    with room_for_hits(len(queries), None):
        found = core.radius_search(queries, radius, effort, recall, exact, threads, *_of(allowed))
    return hits_in_radius(index, core, found, single, (effort, recall, exact))


def made_filter(
    index: Index, filter: FilterLike | None, mask: Any, rows: Any, keys: Any, exclude: FilterLike | None
) -> RowFilter:
    """Implements `Index.row_filter`."""
    core = index._core
    forms = {"filter": filter, "mask": mask, "rows": rows, "keys": keys}
    given = {name: value for name, value in forms.items() if value is not None}
    if len(given) > 1:
        raise InvalidInputError(f"row_filter was given {' and '.join(given)}; pass one of filter, mask, rows and keys")
    form, allowed = given.popitem() if given else ("mask", np.ones(len(index), np.bool_))
    made = core_filter_of(core, form, allowed)
    if exclude is not None:
        made = _core.RowFilter.difference(made, core_filter(core, exclude, "exclude"))
    return RowFilter(made, len(index))
