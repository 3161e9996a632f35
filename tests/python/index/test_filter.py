"""Searches with filter= and exclude=: always min(k, allowed) hits, all of them allowed, for every kind and metric."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.python.conftest import Kind, skip_unserved
from tests.python.reference import distances

ROWS, DIMS = 900, 12
VECTOR_METRICS = ("euclidean", "sqeuclidean", "cosine", "dot", "manhattan")
Mask = NDArray[np.bool_]


def clustered(rows: int, seed: int) -> NDArray[np.float32]:
    centres = np.random.default_rng(1).normal(size=(8, DIMS))
    random = np.random.default_rng(seed)
    return (centres[random.integers(8, size=rows)] + 0.3 * random.normal(size=(rows, DIMS))).astype(np.float32)


def masks() -> dict[str, Mask]:
    random = np.random.default_rng(2)
    made = {f"{share:g}": random.random(ROWS) < share for share in (1.1, 0.9, 0.5, 0.1, 0.01)}
    single = np.zeros(ROWS, np.bool_)
    single[417] = True
    return {**made, "one row": single, "none": np.zeros(ROWS, np.bool_)}


def check(hits: na.Hits, allowed: Mask, k: int) -> None:
    """Fails unless each query has min(k, allowed) allowed rows, each once, nearest first, then padding."""
    rows, apart = np.atleast_2d(hits.rows), np.atleast_2d(hits.distances)
    wanted = min(k, int(allowed.sum()))
    assert rows.shape[1] == wanted
    assert np.all(np.atleast_1d(hits.counts) == wanted)
    assert allowed[rows].all()
    assert all(len(set(line)) == wanted for line in rows.tolist())
    assert (np.diff(apart, axis=1) >= 0).all()


@pytest.fixture(scope="module")
def filled(kind: Kind) -> na.Index:
    skip_unserved(kind, "euclidean")
    return na.build(clustered(ROWS, 3), metric="euclidean", kind=kind)


@pytest.mark.parametrize("metric", VECTOR_METRICS)
def test_exact_hits_are_those_of_brute_force_among_allowed_rows(kind: Kind, metric: str) -> None:
    skip_unserved(kind, metric)
    base, queries = clustered(ROWS, 3), clustered(5, 4)
    index = na.build(base, metric=metric, kind=kind)
    for allowed in masks().values():
        hits = index.search(queries, 10, filter=allowed, exact=True)
        check(hits, allowed, 10)
        for query, found in zip(queries, hits.distances, strict=True):
            true = np.sort(distances(metric, query, base[allowed]))[:10]
            np.testing.assert_allclose(found, true, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["f32", "f16", "u8", "i8"])
def test_hits_of_every_type_are_allowed(kind: Kind, dtype: str) -> None:
    skip_unserved(kind, "euclidean")
    base = np.clip(np.rint(20 * clustered(ROWS, 3) + 60), 0, 127)
    index = na.build(base.astype(np.float32), metric="euclidean", kind=kind, dtype=dtype)
    for allowed in masks().values():
        for k in (1, 10, 100, ROWS):
            check(index.search(base[:3], k, filter=allowed), allowed, k)
            check(index.search(base[3], k, filter=allowed), allowed, k)


@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
def test_bits_are_filtered(kind: Kind, metric: str) -> None:
    skip_unserved(kind, metric)
    bits = np.random.default_rng(5).random((300, 40)) < 0.3
    index = na.build(bits, metric=metric, kind=kind)
    allowed = np.arange(300) % 7 == 0
    hits = index.search(bits[:4], 5, filter=allowed, exact=True)
    check(hits, allowed, 5)
    for query, found in zip(bits, hits.distances, strict=False):
        true = np.sort(distances(metric, query, bits[allowed]))[:5]
        np.testing.assert_allclose(found, true, rtol=1e-5)


def test_places_are_filtered(kind: Kind) -> None:
    skip_unserved(kind, "haversine")
    places = np.random.default_rng(6).uniform((-80, -180), (80, 180), (200, 2))
    index = na.build(places, metric="haversine", kind=kind)
    allowed = np.arange(200) % 3 == 1
    check(index.search(places[:5], 4, filter=allowed), allowed, 4)


def test_all_ways_to_name_rows_are_equal(filled: na.Index) -> None:
    query = clustered(4, 7)
    allowed = masks()["0.1"]
    rows = np.flatnonzero(allowed)
    expected = filled.search(query, 5, filter=allowed).rows
    import pandas as pd

    same: list[Any] = [
        allowed.tolist(),
        rows,
        rows.astype(np.uint16)[::-1],
        rows.tolist(),
        set(rows.tolist()),
        np.concatenate([rows, rows]),
        pd.Series(allowed),
        filled.row_filter(allowed),
        filled.row_filter(rows.tolist()),
        filled.row_filter(exclude=~allowed),
        filled.row_filter(np.arange(ROWS), exclude=np.flatnonzero(~allowed)),
    ]
    for given in same:
        assert filled.search(query, 5, filter=given).rows.tolist() == expected.tolist(), type(given)
    for given in (~allowed, np.flatnonzero(~allowed), filled.row_filter(~allowed)):
        assert filled.search(query, 5, exclude=given).rows.tolist() == expected.tolist(), type(given)


def test_keys_name_rows(kind: Kind) -> None:
    skip_unserved(kind, "cosine")
    base = clustered(60, 8)
    index = na.build(base, keys=[f"w{row}" for row in range(60)], kind=kind)
    hits = index.search_by_key("w3", 5, filter=["w3", "w4", "w50"])
    assert set(hits.keys.tolist()) == {"w4", "w50"}
    assert set(index.search_by_key("w3", 5, filter=np.array(["w4", "w50"])).keys.tolist()) == {"w4", "w50"}
    nearest = index.search_by_key("w3", 3, exact=True).keys.tolist()
    assert index.search_by_key("w3", 2, exclude=[nearest[0]], exact=True).keys.tolist() == nearest[1:]
    with pytest.raises(na.UnknownKeyError, match="w61"):
        index.search(base[0], filter=["w61"])
    numbered = na.build(base, keys=np.arange(60) * 10, kind=kind)
    assert set(numbered.search(base[0], 5, filter=[10, 20]).keys.tolist()) == {10, 20}  # a list has keys,
    for given in (np.array([10, 20]), np.array([10], np.uint8)):  # an array may have keys or rows
        for arguments in ({"filter": given}, {"exclude": given}, {"exclude": [given]}):
            with pytest.raises(na.InvalidInputError, match=r"row_filter\(rows=\.\.\.\)"):
                numbered.search(base[0], 5, **arguments)
    with pytest.raises(na.InvalidInputError, match="row_filter"):
        numbered.search(base[:1], 5, exclude=numbered.search(base[:1], 5).keys)
    for made, wanted in (
        (numbered.row_filter(rows=np.array([10, 20])), {10, 20}),
        (numbered.row_filter(keys=np.array([100, 200])), {10, 20}),
        (numbered.row_filter(mask=np.arange(60) < 2), {0, 1}),
    ):
        assert set(numbered.search(base[0], 5, filter=made).rows.tolist()) == wanted


def test_row_filter_refuses_what_does_not_fit(filled: na.Index) -> None:
    for arguments, sentence in (
        ({"mask": [0] * ROWS}, "mask has the dtype int64"),
        ({"mask": [True, False]}, "one True or False"),
        ({"rows": [[1, 2]]}, "one axis"),
        ({"rows": [ROWS]}, f"no row {ROWS}"),
        ({"rows": [0.5]}, "row numbers are integers"),
        ({"keys": 7}, "a list of keys"),
        ({"rows": [1], "keys": [1]}, "rows and keys"),
    ):
        with pytest.raises(na.InvalidInputError, match=sentence):
            filled.row_filter(**arguments)
    assert len(filled.row_filter(rows=[])) == 0


@pytest.mark.parametrize("count", [1, 9, 60, 300])
def test_excluded_rows_are_left_out_and_recall_is_kept(kind: Kind, count: int) -> None:
    """Excludes the nearest rows, random rows, and the same random rows for all queries."""
    skip_unserved(kind, "euclidean")
    base = clustered(4_000, 8)
    queries = clustered(60, 9)
    index = na.build(base, metric="euclidean", kind=kind, recall=0.9)
    nearest = index.search(queries, count, exact=True).rows
    random = np.random.default_rng(3)
    shared = random.choice(len(base), count, replace=False)
    for lists in (nearest, [random.choice(len(base), count) for _ in queries], [shared] * len(queries)):
        truth = index.search(queries, 10, exclude=list(lists), exact=True).rows
        hits = index.search(queries, 10, exclude=shared if lists[0] is shared else list(lists))
        for found, wanted, left_out in zip(hits.rows, truth, lists, strict=True):
            assert not set(found.tolist()) & set(left_out.tolist())
            assert len(set(found.tolist()) - {-1}) == len(wanted)
        assert np.mean([len(set(a) & set(b)) for a, b in zip(hits.rows.tolist(), truth.tolist(), strict=True)]) >= 8.7
        assert (hits.expected_recall >= 0.89).all()
        one = index.search(queries[0], 10, exclude=lists[0])
        assert not set(one.rows.tolist()) & set(lists[0].tolist())


def test_each_query_has_its_own_filter(filled: na.Index) -> None:
    queries = clustered(3, 9)
    half = filled.row_filter(np.arange(ROWS) % 2 == 0)
    hits = filled.search(queries, 4, filter=[half, [5, 6], None], exact=True)
    assert hits.counts.tolist() == [4, 2, 4]
    assert (hits.rows[0] % 2 == 0).all()
    assert set(hits.rows[1].tolist()) == {5, 6, -1}
    assert np.isinf(hits.distances[1, 2:]).all()
    assert hits.rows[2].tolist() == filled.search(queries[2], 4, exact=True).rows.tolist()
    table = np.zeros((3, ROWS), np.bool_)
    table[:, 100:200] = True
    table[1, 150:] = False
    rows = filled.search(queries, 4, filter=table).rows
    assert ((rows >= 100) & (rows < 200)).all()
    assert (rows[1] < 150).all()
    both = filled.search(queries, 4, filter=half, exclude=[[0], [2], [4]]).rows
    assert (both % 2 == 0).all()
    assert filled.search(queries[0], 2, filter=[half]).counts == 2


def test_many_filters_answer_as_one_by_one(filled: na.Index) -> None:
    queries = clustered(40, 10)
    random = np.random.default_rng(11)
    filters = [random.random(ROWS) < share for share in random.uniform(0.05, 1, 40)]
    batch = filled.search(queries, 6, filter=filters, threads=2)
    for query, mask, rows in zip(queries, filters, batch.rows.tolist(), strict=True):
        assert filled.search(query, 6, filter=mask).rows.tolist() == rows


def test_excluded_rows_make_room_for_others(filled: na.Index) -> None:
    query = clustered(ROWS, 3)[17]
    nearest = filled.search(query, 60, exact=True).rows
    for count in (1, 10, 50):
        rows = filled.search(query, 10, exclude=nearest[:count], exact=True).rows
        assert rows.tolist() == nearest[count : count + 10].tolist()
        left = np.ones(ROWS, np.bool_)
        left[nearest[:count]] = False
        check(filled.search(query, 10, exclude=nearest[:count]), left, 10)
    everything = filled.search(query, 10, exclude=np.arange(ROWS))
    assert len(everything.rows) == 0
    assert everything.counts == 0


def test_radius_search_is_filtered(filled: na.Index) -> None:
    query = clustered(6, 12)
    allowed = masks()["0.5"]
    all_hits = filled.radius_search(query, 1.5)
    some = filled.radius_search(query, 1.5, filter=allowed)
    for whole, part in zip(all_hits.rows, some.rows, strict=True):
        assert [row for row in whole.tolist() if row >= 0 and allowed[row]] == [
            row for row in part.tolist() if row >= 0
        ]
    none = filled.radius_search(query[0], 1e9, exclude=~allowed)
    assert none.counts == allowed.sum()


@cache
def large(name: str) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], na.Index]:
    """Rows and queries that several tests share, and their index of the kind of that name."""
    base, queries = clustered(12_000, 13), clustered(300, 14)
    return (base, queries), na.build(base, metric="euclidean", kind=name)


def test_approximate_hits_keep_the_recall(kind: Kind) -> None:
    skip_unserved(kind, "euclidean")
    (base, queries), index = large(kind.name)
    if index.effort_unit is None:
        pytest.skip("a kind that always compares every row")
    random = np.random.default_rng(15)
    first = base[:, 0]
    filters = {f"{share:g}": random.random(len(base)) < share for share in (0.9, 0.5, 0.2, 0.05)}
    filters |= {"one side": first > 0, "the other side": first < -0.5}
    for name, allowed in filters.items():
        true = index.search(queries, 10, filter=allowed, exact=True).distances
        hits = index.search(queries, 10, filter=allowed, recall=0.9)
        assert (hits.distances <= true[:, -1:]).mean() >= 0.89, name
        assert np.all(np.asarray(hits.expected_recall) >= 0.9), name


@pytest.mark.parametrize(
    "name",
    [
        "far rows",
        "tight clusters",
        pytest.param("plane under dot", marks=pytest.mark.slow),
        pytest.param("cosine clusters", marks=pytest.mark.slow),
    ],
)
def test_recall_is_kept_where_filters_empty_whole_lists(kind: Kind, name: str) -> None:
    """Whole lists and leaves are without allowed rows, or codes say little about which rows are nearer."""
    random = np.random.default_rng(17)
    rows, asked = 8_000, 200
    centres = random.normal(size=(100, 24))
    near = centres[random.integers(0, 100, rows + asked)]
    noise = random.normal(size=near.shape)
    far = np.concatenate([near + 0.5 * noise[:, :24], 1e4 * random.normal(size=(10, 24))])
    metric, vectors = {
        "plane under dot": ("dot", random.normal(size=(rows + asked, 2))),
        "tight clusters": ("euclidean", near + 0.02 * noise),
        "far rows": ("euclidean", far),
        "cosine clusters": ("cosine", near + 0.2 * noise),
    }[name]
    skip_unserved(kind, metric)
    queries, base = vectors[:asked], vectors[asked:]
    index = na.build(base, metric=metric, kind=kind.name, recall=0.9)
    nearest = index.search(queries, 4_010, exact=True)
    for left_out in (20, 100, 400, 4_000):
        filters = [index.row_filter(exclude=np.ascontiguousarray(rows[:left_out])) for rows in nearest.rows]
        for k in (1, 10):
            hits = index.search(queries, k, filter=filters)
            last = nearest.distances[:, left_out + k - 1, None]
            found = (hits.distances <= last).mean()
            assert found >= 0.9 - 0.01 - 0.03 / k, (left_out, k)  # the last term: few queries


def test_codes_alone_do_not_promise_more_among_allowed_rows() -> None:
    random = np.random.default_rng(18)
    base, queries = random.normal(size=(8_000, 16)), random.normal(size=(200, 16))
    exact = na.build(base, metric="euclidean", kind="exact")
    for options in ({"refine": False}, {}):
        index = na.build(base, metric="euclidean", kind=na.IVF(keep_vectors=False, **options))
        for share in (0.5, 0.1, 0.02):
            allowed = random.random(len(base)) < share
            hits = index.search(queries, 10, filter=allowed)
            among = exact.search(queries, 10, filter=allowed).rows
            found = [len(set(a) & set(b)) for a, b in zip(hits.rows.tolist(), among.tolist(), strict=True)]
            assert np.mean(np.asarray(hits.expected_recall)) <= np.mean(found) / 10 + 0.04, (options, share)


def test_excluding_the_nearest_keeps_the_recall(kind: Kind) -> None:
    skip_unserved(kind, "euclidean")
    (_, queries), index = large(kind.name)
    nearest = index.search(queries, 40, exact=True)
    for count in (5, 30):
        hits = index.search(queries, 10, exclude=list(nearest.rows[:, :count]))
        true = nearest.distances[:, count + 9 : count + 10]
        assert (hits.distances <= true).mean() >= 0.94, count


def test_filters_without_the_nearest_rows_keep_the_recall() -> None:
    for name in ("ivf", "forest"):
        (base, queries), index = large(name)
        queries = queries[:60]
        for count in (30, 200):
            nearest = index.search(queries, count + 10, exact=True)
            allowed = np.ones((len(queries), len(base)), np.bool_)
            np.put_along_axis(allowed, nearest.rows[:, :count], False, 1)
            hits = index.search(queries, 10, filter=allowed)
            assert (hits.distances <= nearest.distances[:, -1:]).mean() >= 0.93, (name, count)


def test_what_is_no_filter_gets_a_sentence(filled: na.Index) -> None:
    import pandas as pd

    query = np.zeros(DIMS)
    with pytest.raises(na.InvalidInputError, match=r"filter.astype\(bool\)"):
        filled.search(query, filter=np.ones(ROWS, np.int64))
    with pytest.raises(na.InvalidInputError, match="missing"):
        filled.search(query, filter=pd.Series([True, None] * (ROWS // 2), dtype="boolean"))
    with pytest.raises(na.InvalidInputError, match="2 filters for 1 query"):
        filled.search(query, exclude=pd.Series([[1], [2]]))
    with pytest.raises(na.InvalidInputError, match="one for each"):
        filled.row_filter([[1], [2]])
    padding = filled.search(np.zeros((2, DIMS)), 3, filter=[[5], None])
    assert filled.search(query, 3, exclude=padding.rows[0]).counts == 3
    assert filled.search(query, 3, exclude=padding.keys.tolist()[1]).counts == 3


def test_series_have_keys() -> None:
    import pandas as pd

    index = na.build(clustered(60, 8), keys=np.arange(60) * 10)
    assert set(index.search(np.ones(DIMS), 5, filter=pd.Series([50, 150])).keys.tolist()) == {50, 150}


def test_filters_of_nothing() -> None:
    for kind in (na.Exact(), na.Forest(), na.IVF(), na.IVF(keep_vectors=False), na.IVF(refine=False)):
        index = na.build(np.zeros((0, 3), np.float32), metric="euclidean", kind=kind)
        assert len(index.row_filter()) == 0
        assert index.search([0, 0, 0], filter=[]).counts == 0
    closed = na.build(np.eye(3), metric="euclidean")
    made = closed.row_filter([1])
    closed.close()
    with pytest.raises(na.InvalidInputError, match="closed"):
        closed.search([0, 0, 0], filter=made)


def test_everything_allowed_is_found(kind: Kind) -> None:
    skip_unserved(kind, "euclidean")
    base = np.random.default_rng(0).normal(size=(2500, 8)).astype(np.float32)
    index = na.build(base, metric="euclidean", kind=kind.name)
    for rows in (1, 5):
        hits = index.search(base[:50], 5, filter=np.arange(rows) + 900)
        assert np.all(hits.expected_recall == 1.0)


def test_codes_alone_find_few_allowed_rows() -> None:
    base = np.random.default_rng(0).normal(size=(2500, 8)).astype(np.float32)
    index = na.build(base, metric="euclidean", kind=na.IVF(refine=False))
    assert index.search(base[0], 10, recall=1.0, filter=np.array([3])).rows.tolist() == [3]
    assert index.search(base[0], 10, recall=0.99, exclude=np.arange(2490)).counts == 10


def test_indexes_without_vectors_are_filtered() -> None:
    base, queries = clustered(4_000, 16), clustered(30, 17)
    for settings in ({"refine": True}, {"refine": False}):
        index = na.build(base, metric="euclidean", kind=na.IVF(lists=40, keep_vectors=False, **settings))
        for share in (0.9, 0.1, 0.005):
            allowed = np.random.default_rng(18).random(len(base)) < share
            for given in ({}, {"effort": 1}, {"effort": 40}, {"recall": 0.9}):
                check(index.search(queries, 10, filter=allowed, **given), allowed, 10)
        assert index.search(queries, 10, exclude=[3, 4]).rows.shape == (30, 10)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (np.ones(5, np.bool_), r"filter has the shape \(5,\), but the index has 900 rows"),
        (np.ones((2, 900, 1), np.bool_), r"the shape \(2, 900, 1\)"),
        ([ROWS], "900"),
        (np.array([-1]), "there is no row -1"),
        (np.array([0.5]), "row numbers are integers"),
        ("word", "filter is a str"),
        (7, "filter is an int"),
        ([None, None], "2 filters for 1 query"),
        (np.ma.masked_array([1, 2], [True, False]), "masked"),
    ],
)
def test_wrong_filters_are_refused(filled: na.Index, given: Any, sentence: str) -> None:
    with pytest.raises(na.NearaboutError, match=sentence):
        filled.search(np.zeros(DIMS), filter=given)


@pytest.mark.parametrize("few", [3, ROWS // 2])
def test_iterators_and_columns_of_lists_are_read_once(filled: na.Index, few: int) -> None:
    import pandas as pd

    query = clustered(2, 9)
    wanted = filled.search(query, 3, exclude=list(range(few)), exact=True).rows.tolist()
    for given in (iter(range(few)), (row for row in range(few)), map(int, range(few)), set(range(few))):
        assert filled.search(query, 3, exclude=given, exact=True).rows.tolist() == wanted
    for given in (iter(range(few)), (row for row in range(few))):
        assert filled.search(query, 3, filter=given, exact=True).rows.max() < few
    assert filled.radius_search(query[0], 9, exclude=iter(range(few))).rows.min(initial=ROWS) >= few
    for lists in (pd.Series([list(range(few)), None]), iter([range(few), None])):
        hits = filled.search(query, 3, exclude=lists, exact=True)  # type: ignore[arg-type]
        assert hits.rows[0].tolist() == wanted[0]
        assert hits.rows[1].tolist() == filled.search(query[1], 3, exact=True).rows.tolist()
    assert len(filled.row_filter(rows=iter(range(few)))) == few


def test_padding_of_hits_is_ignored() -> None:
    import pandas as pd

    base = clustered(60, 8)
    for keys in (np.arange(60) * 10, [f"w{row}" for row in range(60)]):
        index = na.build(base, keys=keys, metric="euclidean", kind="exact")
        padded = index.search(base[:2], 3, filter=[[keys[5]], None])
        seen = padded.keys.tolist()
        hits = index.search(base[:2], 3, exclude=seen)
        assert all(not set(now) & set(before) for now, before in zip(hits.keys.tolist(), seen, strict=True))
        assert index.search(base[0], 3, exclude=pd.Series(padded.keys.ravel().tolist())).counts == 3


def test_the_answer_of_a_query_does_not_depend_on_the_others(kind: Kind) -> None:
    skip_unserved(kind, "euclidean")
    base, queries = clustered(2_500, 3), clustered(40, 9)
    index = na.build(base, metric="euclidean", kind=kind.name)
    random = np.random.default_rng(4)
    nearest = index.search(queries, 40, exact=True).rows
    for lists in ([random.choice(len(base), 40, replace=False) for _ in queries], list(nearest)):
        for k in (10, 100):
            batch = index.search(queries, k, exclude=lists)
            for query in range(len(queries)):
                alone = index.search(queries[query : query + 1], k, exclude=[lists[query]])
                assert alone.rows[0].tolist() == batch.rows[query].tolist()
                assert index.search(queries[query], k, exclude=lists[query]).rows.tolist() == batch.rows[query].tolist()


def test_filters_are_for_one_index(filled: na.Index) -> None:
    other = na.build(clustered(ROWS, 3), metric="euclidean", kind="exact")
    made = other.row_filter([1, 2])
    with pytest.raises(na.InvalidInputError, match="another index"):
        filled.search(np.zeros(DIMS), filter=made)
    with pytest.raises(na.InvalidInputError, match="row_filter"):
        na.RowFilter(3, 4)  # type: ignore[arg-type]
    assert repr(made) == "<nearabout.RowFilter: 2 of 900 rows>"
    assert made
    assert made.rows.tolist() == [1, 2]
    assert len(other.row_filter(exclude=made)) == 898


def test_filters_outlive_their_index() -> None:
    made = na.build(clustered(ROWS, 3), metric="euclidean", kind="ivf").row_filter([1, 2])
    assert len(made) == 2
    with pytest.raises(TypeError):
        pickle.dumps(made)


def test_empty_batches_and_indexes() -> None:
    index = na.build(np.empty((0, 3), np.float32), metric="euclidean")
    assert index.search([0, 0, 0], filter=np.empty(0, np.bool_)).counts == 0
    assert index.search([0, 0, 0], exclude=[]).counts == 0
    full = na.build(np.eye(3), metric="euclidean")
    assert full.search(np.empty((0, 3)), filter=[1]).rows.shape[0] == 0
    assert full.search([0, 0, 0], filter=[]).counts == 0
