"""What every approximate kind must agree on with an exact index: asked for everything, it gives the same answer, bit
for bit; asked for less, different rows, each with the distance that is its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nearabout as na
from tests.combinations import star

ROWS, DIMS = 1_200, 64


@dataclass(frozen=True)
class Approximate:
    """One kind, at settings that differ as much as they can."""

    name: str
    kind: na.Forest | na.IVF
    others: tuple[na.Forest | na.IVF, ...]
    small: tuple[na.Forest | na.IVF, ...]  # for a few rows
    everything: int  # the effort that looks at all ROWS rows
    metrics: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


EUCLIDEAN_OR_INNER = ("euclidean", "sqeuclidean", "cosine", "dot")
FOREST = Approximate(
    "forest",
    na.Forest(trees=2, leaf_size=9),
    (na.Forest(trees=1, leaf_size=1), na.Forest(), na.Forest(trees=5, leaf_size=3), na.Forest(trees=40, leaf_size=20)),
    tuple(na.Forest(trees=trees, leaf_size=leaf) for trees in (1, 5) for leaf in (1, 2, 7, 48)),
    ROWS,
    (*EUCLIDEAN_OR_INNER, "manhattan"),
)
IVF = Approximate(
    "ivf",
    na.IVF(lists=20),
    (na.IVF(lists=300), na.IVF(lists=7, codes=4), na.IVF(codes=na.PcaCodes(32, 4))),
    tuple(na.IVF(lists=lists) for lists in (1, 2, 5, 50)),
    20,
    EUCLIDEAN_OR_INNER,
)
BOTH = (FOREST, IVF)
EACH = [pytest.param(case, metric, id=f"{case.name}-{metric}") for case in BOTH for metric in case.metrics]


def of_types(*dtypes: str) -> list[Any]:
    """Each kind with each metric that it serves and each type."""
    return [parameters for case in BOTH for parameters in star([case], case.metrics, dtypes)]


def table(dtype: str, rows: int, seed: int) -> NDArray[Any]:
    """Whole numbers in clusters, with copies among them: ties, as well as rows."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).integers(20, 100, (10, DIMS))
    values = centres[random.integers(0, 10, rows)] + random.integers(0, 6, (rows, DIMS))
    values[rows // 2 :: 3] = values[0]
    return values.astype({"u8": np.uint8, "i8": np.int8}.get(dtype, np.float32))


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances.view(np.int32), other.distances.view(np.int32))
    np.testing.assert_array_equal(one.counts, other.counts)


@pytest.mark.parametrize(("case", "metric", "dtype"), of_types("f32", "f16", "bf16", "u8", "i8"))
def test_everything_is_what_the_exact_index_gives(case: Approximate, metric: str, dtype: str) -> None:
    base, queries = table(dtype, ROWS, 2), table(dtype, 30, 3)
    exact = na.build(base, metric=metric, dtype=dtype, kind="exact")
    index = na.build(base, metric=metric, dtype=dtype, kind=case.kind, seed=5)
    radius = float(exact.search(queries[0], 40).distances[-1])
    ways: list[dict[str, Any]] = [{"exact": True}, *({"effort": case.everything + more} for more in (0, 1, 10**30))]
    for options in ways:
        for k in (1, 10, ROWS, ROWS + 9):
            assert_same(index.search(queries, k, **options), exact.search(queries, k))
        assert_same(index.search(queries[3], 12, **options), exact.search(queries[3], 12))
        assert_same(index.radius_search(queries, radius, **options), exact.radius_search(queries, radius))
        assert_same(index.search_by_key([4, 0, 5], 8, **options), exact.search_by_key([4, 0, 5], 8))


@pytest.mark.parametrize(("case", "metric", "dtype"), of_types("f32", "u8"))
def test_what_is_found_has_its_true_distance(case: Approximate, metric: str, dtype: str) -> None:
    """Whatever the effort: k different rows, nearest first, each with the distance that an exact index gives it; where
    what is looked at holds fewer than k, more is."""
    base, queries = table(dtype, ROWS, 6), table(dtype, 15, 7)
    exact = na.build(base, metric=metric, kind="exact").search(queries, ROWS)
    place = np.argsort(exact.rows, axis=1)
    for kind in (case.kind, *case.others):
        index = na.build(base, metric=metric, kind=kind)
        for effort, k in ((1, 1), (1, 300), (3, 10), (6, 10), (400, 10), (None, 10), (None, 900)):
            hits = index.search(queries, k, effort=effort)
            assert hits.rows.shape == (15, k)
            assert all(len(set(rows)) == k for rows in hits.rows.tolist())
            own = np.take_along_axis(exact.distances, np.take_along_axis(place, hits.rows, axis=1), axis=1)
            np.testing.assert_array_equal(hits.distances, own)
            assert (np.diff(hits.distances, axis=1) >= 0).all()


@pytest.mark.parametrize(("case", "metric"), EACH)
def test_a_radius_gives_nothing_beyond_it(case: Approximate, metric: str) -> None:
    base, queries = table("f32", ROWS, 8), table("f32", 9, 9)
    exact = na.build(base, metric=metric, kind="exact")
    index = na.build(base, metric=metric, kind=case.kind)
    radius = float(exact.search(queries[2], 30).distances[-1])
    everything = exact.radius_search(queries, radius)
    for effort in (1, 5, 15, 200, None):
        hits = index.radius_search(queries, radius, effort=effort)
        for number, rows in enumerate(hits.rows):
            found = set(rows[: int(hits.counts[number])].tolist())
            assert len(found) == int(hits.counts[number])
            assert found <= set(everything.rows[number].tolist())
        assert (hits.distances[hits.rows >= 0] <= np.float32(radius)).all()
    if metric == "dot":
        assert index.radius_search(queries[0], -1e30).counts == 0


@pytest.mark.parametrize("case", BOTH, ids=lambda case: case.name)
@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    dtype=st.sampled_from(["f32", "i8", "f16"]),
    rows=st.integers(0, 40),
    dims=st.integers(1, 20),
    copies=st.sampled_from([1, 1, 9]),
)
def test_small_integers(case: Approximate, data: st.DataObject, dtype: str, rows: int, dims: int, copies: int) -> None:
    """Every integer matrix: all effort is exact, and less gives different rows with the distances that are theirs."""
    metric = data.draw(st.sampled_from([metric for metric in case.metrics if metric != "cosine"]))  # zero vectors
    entries = st.lists(st.integers(-3, 3), min_size=dims, max_size=dims)
    base = np.array(data.draw(st.lists(entries, min_size=rows, max_size=rows)), np.float32).reshape(rows, dims)
    base = np.tile(base, (copies, 1))
    queries = np.array(data.draw(st.lists(entries, min_size=1, max_size=7)), np.float32)
    exact = na.build(base, metric=metric, dtype=dtype, kind="exact")
    index = na.build(base, metric=metric, dtype=dtype, kind=data.draw(st.sampled_from(case.small)))
    index.verify()
    k = data.draw(st.integers(1, len(base) + 2))
    assert_same(index.search(queries, k, exact=True), exact.search(queries, k))
    assert_same(index.search(queries, k, effort=ROWS), exact.search(queries, k))
    everything = exact.search(queries, len(base) + 1)
    for effort in (1, data.draw(st.integers(1, 400)), None):
        hits = index.search(queries, k, effort=effort)
        assert hits.rows.shape == (len(queries), min(k, len(base)))
        for number, rows_found in enumerate(hits.rows.tolist()):
            assert len(set(rows_found)) == len(rows_found)
            own = dict(zip(everything.rows[number].tolist(), everything.distances[number].tolist(), strict=True))
            assert [own[row] for row in rows_found] == hits.distances[number].tolist()
