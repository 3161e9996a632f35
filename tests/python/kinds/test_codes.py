"""The field's codes in lists: settings, what is told of them, one file however it is built, and recall as promised."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.kinds.case import Case
from nearabout.quantizers import codes as codes_of_lists
from nearabout.quantizers.codes import Codes, codes_from_settings, codes_from_text
from tests.combinations import star
from tests.python.forest_recall import blobs

ALL: list[Codes] = [
    na.PQ(16, bits=4),
    na.PQ(8, bits=8),
    na.OPQ(8, bits=4),
    na.LOPQ(8, bits=4, cells=4),
    na.LOPQ(4, bits=8),
    na.SQ(bits=4),
    na.SQ(bits=6),
    na.SQ(bits=8),
    na.RaBitQ(bits=1),
    na.RaBitQ(bits=3),
    na.RaBitQ(bits=4),
    na.RaBitQ(bits=7),
]
FEW: list[Codes] = [na.PQ(8, bits=4), na.LOPQ(4, bits=8, cells=2), na.SQ(bits=6), na.RaBitQ(bits=1)]


def table(rows: int = 1_500, dims: int = 24, seed: int = 1) -> NDArray[np.float32]:
    return blobs(np.random.default_rng(seed), dims, rows).astype(np.float32)


def built(codes: Codes, vectors: Any = None, metric: str = "euclidean", **settings: Any) -> na.Index:
    vectors = table() if vectors is None else vectors
    return na.build(vectors, metric=metric, kind=na.IVF(codes=codes, **settings))


def overlap(found: NDArray[Any], true: NDArray[Any]) -> float:
    return float(np.mean([np.isin(own, best).mean() for own, best in zip(found, true, strict=True)]))


def assert_same(one: na.Hits, other: na.Hits) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.distances, other.distances)


# --- Settings ---


@pytest.mark.parametrize("kind", [na.PQ, na.OPQ, na.LOPQ])
@pytest.mark.parametrize("value", [0, 513, -1, 4.0, True, None, "auto"])
def test_sizes_that_cannot_be(kind: type[na.PQ], value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r"^size is .*; pass a whole number from 1 to 512$"):
        kind(value)


@pytest.mark.parametrize(
    ("make", "allowed", "sentence"),
    [
        (lambda bits: na.PQ(16, bits=bits), {4, 8}, "pass 4 or 8 bits per part"),
        (lambda bits: na.LOPQ(16, bits=bits), {4, 8}, "pass 4 or 8 bits per part"),
        (lambda bits: na.SQ(bits=bits), {4, 6, 8}, "pass 4, 6 or 8 bits per coordinate"),
        (lambda bits: na.RaBitQ(bits=bits), set(range(1, 9)), "pass a whole number from 1 to 8 per direction"),
    ],
)
def test_bits_that_cannot_be(make: Callable[[Any], Any], allowed: set[int], sentence: str) -> None:
    for bits in range(1, 10):
        if bits in allowed:
            assert make(bits).bits == bits
    for wrong in ({*range(10)} - allowed) | {-1, 4.0, True, "4", None}:
        with pytest.raises(na.InvalidInputError) as caught:
            make(wrong)
        assert str(caught.value) == f"bits is {wrong!r}; {sentence}"


@pytest.mark.parametrize("value", [0, 1_001, 2.0, True, None, "all"])
def test_cells_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r'^cells is .*; pass a whole number from 1 to 1,000, or "auto"$'):
        na.LOPQ(16, cells=value)


@pytest.mark.parametrize("codes", ["auto", 16, na.PcaCodes(16), na.LOPQ(16)])
def test_codes_that_are_of_residuals_always(codes: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r"residual=False is for codes=PQ, OPQ, SQ or RaBitQ; codes="):
        na.IVF(codes=codes, residual=False)
    for able in (na.PQ(16), na.OPQ(16), na.SQ(), na.RaBitQ()):
        assert not na.IVF(codes=able, residual=False).residual


@pytest.mark.parametrize("value", [1, None, "no"])
def test_residuals_or_not(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match="residual is .*; pass True or False"):
        na.IVF(codes=na.PQ(16), residual=value)


@pytest.mark.parametrize("codes", [*ALL, na.PcaCodes(8), na.PcaCodes(8, bits=4)], ids=repr)
def test_settings_there_and_back(codes: Codes) -> None:
    assert codes_from_settings(codes.settings()) == codes
    kind = na.IVF(lists=9, codes=codes)
    assert type(kind).from_settings(kind.settings()) == kind
    assert codes.family in codes_of_lists.CODES
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(codes, "size", 3)  # noqa: B010


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("auto", "auto"),
        ("16", 16),
        ("pca:16", na.PcaCodes(16)),
        ("pca:16:4", na.PcaCodes(16, bits=4)),
        ("pq", na.PQ()),
        ("pq:32", na.PQ(32)),
        ("PQ:16:4", na.PQ(16, bits=4)),
        ("opq:16:8", na.OPQ(16, bits=8)),
        ("lopq:16:4", na.LOPQ(16, bits=4)),
        ("lopq:16:4:32", na.LOPQ(16, bits=4, cells=32)),
        ("sq", na.SQ()),
        ("sq:6", na.SQ(bits=6)),
        ("rabitq:3", na.RaBitQ(bits=3)),
    ],
)
def test_codes_as_text(text: str, codes: Any) -> None:
    assert codes_from_text(text) == codes
    assert type(codes_from_text(text)) is type(codes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lpoq:16", "--set codes=lpoq:16: there are no codes 'lpoq'; did you mean 'lopq' or"),
        ("pq:16:4:2", "--set codes=pq:16:4:2: these codes are written as pq:SIZE:BITS"),
        ("pca", "--set codes=pca: these codes are written as pca:SIZE:BITS"),
        ("sq:6:2", "--set codes=sq:6:2: these codes are written as sq:BITS"),
        ("pq:", "--set codes=pq:: '' is not a whole number"),
        ("pq:many", "--set codes=pq:many: 'many' is not a whole number"),
        ("1.5", "--set codes=1.5: '1.5' is not a whole number; pass bytes per row, or one of pca, pq,"),
        ("pq:0", "size is 0; pass a whole number from 1 to 512"),
        ("pq:16:5", "bits is 5; pass 4 or 8 bits per part"),
        ("sq:5", "bits is 5; pass 4, 6 or 8 bits per coordinate"),
        ("lopq:16:4:0", "cells is 0; pass a whole number from 1 to 1,000"),
    ],
)
def test_texts_that_are_no_codes(text: str, sentence: str) -> None:
    with pytest.raises(na.InvalidInputError) as caught:
        codes_from_text(text)
    assert str(caught.value).startswith(sentence)


# --- What is told and planned ---


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (na.PQ(16, bits=4), {"family": "pq", "parts": 24, "bits": 4, "bytes": 12, "directions": 24, "cells": 1}),
        (na.PQ(5, bits=8), {"family": "pq", "parts": 8, "bits": 8, "bytes": 8, "directions": 24, "cells": 1}),
        (na.OPQ(8, bits=4), {"family": "opq", "parts": 16, "bits": 4, "bytes": 8, "directions": 24, "cells": 1}),
        (
            na.LOPQ(4, bits=8, cells=3),
            {"family": "lopq", "parts": 4, "bits": 8, "bytes": 4, "directions": 24, "cells": 3},
        ),
        (na.SQ(bits=6), {"family": "sq", "parts": 0, "bits": 6, "bytes": 24, "directions": 32, "cells": 1}),
        (na.RaBitQ(bits=3), {"family": "rabitq", "parts": 0, "bits": 3, "bytes": 12, "directions": 32, "cells": 1}),
    ],
)
def test_what_info_tells(codes: Codes, told: dict[str, Any]) -> None:
    info: dict[str, Any] = {**built(codes).info()}
    assert {name: info[f"code_{name}"] for name in told} == told
    assert info["residual"] is True
    assert codes.width(24) == told["bytes"]


@pytest.mark.parametrize("codes", ALL, ids=repr)
def test_the_size_of_the_file(codes: Codes) -> None:
    for dims, metric in ((24, "euclidean"), (70, "dot")):
        vectors = table(dims=dims)
        for settings in ({}, {"refine": False, "keep_vectors": False}):
            index = built(codes, vectors, metric, **settings)
            kind = na.IVF(codes=codes, **settings)
            info = index.info()
            planned = na.plan(len(vectors), dims, metric=metric, kind=kind).file_bytes
            assert 0.5 * info["file_bytes"] <= planned <= 2 * info["file_bytes"]
            assert kind.code_width(Case(len(vectors), dims, metric, "f32", kind)) == info["code_bytes"]


# --- One file ---


@pytest.mark.parametrize("codes", [na.OPQ(8, bits=4), *FEW], ids=repr)
def test_threads_and_memory_build_the_same_file(codes: Codes, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", table(6_000))
    images = []
    for options in ({"threads": 1}, {"threads": 2}, {"memory": "64MB"}):
        path = tmp_path / "index.near"
        kind = na.IVF(codes=codes)
        na.build(tmp_path / "rows.npy", metric="euclidean", kind=kind, path=path, **options)
        images.append(path.read_bytes())
    assert images[1:] == images[:1] * 2


@pytest.mark.parametrize(("codes", "residual"), [*((codes, True) for codes in ALL), (na.SQ(bits=4), False)], ids=repr)
def test_saved_opened_and_pickled_it_answers_the_same(codes: Codes, residual: bool, tmp_path: Path) -> None:
    index = built(codes, residual=residual, lists=12)
    queries = table(40, seed=2)
    index.save(tmp_path / "lists.near")
    opened = na.open(tmp_path / "lists.near")
    opened.verify()
    assert {**opened.info(), "path": None} == index.info()
    assert opened.info()["residual"] is residual
    for again in (opened, pickle.loads(pickle.dumps(opened))):
        assert_same(again.search(queries, 10, effort=3), index.search(queries, 10, effort=3))
        assert_same(again.search_by_key([3, 5]), index.search_by_key([3, 5]))


@pytest.mark.parametrize("codes", FEW, ids=repr)
def test_alone_and_in_batches(codes: Codes) -> None:
    index = built(codes, lists=20)
    queries = table(50, seed=2)
    hits = index.search(queries, 10, effort=7)
    assert_same(index.search(queries, 10, effort=7, threads=2), hits)
    for number in range(0, 50, 7):
        alone = index.search(queries[number], 10, effort=7)
        assert alone.rows.tolist() == hits.rows[number].tolist()
        assert alone.distances.tolist() == hits.distances[number].tolist()


# --- What is found ---


def assert_promise_is_kept(
    codes: Codes, vectors: NDArray[Any], queries: NDArray[Any], metric: str, **more: Any
) -> None:
    index = built(codes, vectors, metric, **more)
    k = min(10, len(vectors))
    true = index.search(queries, k, exact=True).distances
    for target in (0.8, 0.95):
        hits = index.search(queries, k, recall=target)
        assert sorted(np.unique(hits.rows[0])) == sorted(hits.rows[0])
        found = (hits.distances <= true[:, -1:]).mean(axis=1)
        assert found.mean() >= target - 0.01 - 2 * found.std() / len(found) ** 0.5, target
    assert_same(index.search(queries[:5], k, effort=10**6), index.search(queries[:5], k, exact=True))
    index.verify()


@pytest.mark.parametrize(("codes", "metric"), star(ALL, ["euclidean", "cosine", "dot", "sqeuclidean"]))
def test_recall_is_kept(codes: Codes, metric: str) -> None:
    vectors = table(2_200)
    assert_promise_is_kept(codes, vectors[:2_000], vectors[2_000:], metric)


@pytest.mark.parametrize("codes", [codes for codes in ALL if not codes.always_residual][::2], ids=repr)
def test_recall_is_kept_by_codes_of_the_rows_themselves(codes: Codes) -> None:
    vectors = table(2_200)
    assert_promise_is_kept(codes, vectors[:2_000], vectors[2_000:], "euclidean", residual=False)


HOSTILE: dict[str, Callable[[np.random.Generator], NDArray[Any]]] = {
    "all rows equal": lambda random: np.ones((300, 12)),
    "few distinct rows": lambda random: np.tile(random.normal(size=(5, 12)), (100, 1)),
    "one dimension": lambda random: random.normal(size=(400, 1)),
    "two rows": lambda random: random.normal(size=(2, 6)),
    "one row": lambda random: random.normal(size=(1, 6)),
    "fewer rows than codewords": lambda random: random.normal(size=(90, 20)),
    "constant columns": lambda random: random.normal(size=(500, 20)) * (np.arange(20) % 4 == 0) + 3,
    "zero rows": lambda random: np.zeros((200, 5)),
    "huge norms": lambda random: random.normal(size=(500, 12)) * 1e12,
    "tiny norms": lambda random: random.normal(size=(500, 12)) * 1e-12,
    "norms of all sizes": lambda random: random.normal(size=(500, 12)) * 10.0 ** random.uniform(-6, 6, (500, 1)),
    "three dimensions": lambda random: random.normal(size=(800, 3)),
    "193 dimensions": lambda random: blobs(random, 193, 700),
    "400 dimensions": lambda random: blobs(random, 400, 700),
}


@pytest.mark.parametrize(("name", "codes"), star(HOSTILE, [*FEW, na.OPQ(8, bits=4), na.PQ(8), na.RaBitQ(bits=3)]))
def test_recall_is_kept_on_hostile_data(name: str, codes: Codes) -> None:
    vectors = HOSTILE[name](np.random.default_rng(3)).astype(np.float32)
    queries = (vectors[:: max(1, len(vectors) // 40)] * np.float32(1.01)).astype(np.float32)
    for metric in ("euclidean", "dot"):
        assert_promise_is_kept(codes, vectors, queries, metric)


@pytest.mark.parametrize(("codes", "dtype"), star(FEW, ["u8", "f16"]))
def test_other_numbers(codes: Codes, dtype: str) -> None:
    values = table(1_700)
    vectors = np.clip(values * 12 + 128, 0, 255).astype(np.uint8) if dtype == "u8" else values.astype(np.float16)
    for metric in ("euclidean", "cosine"):
        assert_promise_is_kept(codes, vectors[:1_500], vectors[1_500:], metric)


@pytest.mark.parametrize(("codes", "metric"), star([na.SQ(bits=8), *ALL], ["euclidean", "cosine", "dot"]))
def test_codes_alone(codes: Codes, metric: str) -> None:
    """Estimates are in the units of the metric, and better with more bytes than with few."""
    vectors = table(1_600)
    base, queries = vectors[:1_500], vectors[1_500:]
    exact = na.build(base, metric=metric, kind="exact")
    for residual in (True, *[False] * (not codes.always_residual)):
        for keep_vectors in (True, False):
            index = built(codes, base, metric, refine=False, keep_vectors=keep_vectors, residual=residual)
            hits = index.search(queries, 10, effort=10**6)
            assert overlap(hits.rows, exact.search(queries, 10).rows) > (0.25 if codes.width(24) <= 8 else 0.4)
            true = exact.search(queries, len(base))
            every = index.search(queries, len(base), effort=10**6)
            difference = np.abs(np.sort(every.distances, axis=1) - true.distances).mean()
            rough = 0.4 if codes.width(24) <= 4 else 0.2  # a bit a dimension says little
            assert difference < rough * np.abs(true.distances).mean()


@pytest.mark.parametrize("codes", FEW, ids=repr)
def test_bytes_instead_of_vectors(codes: Codes) -> None:
    vectors = table(1_600)
    index = built(codes, vectors[:1_500], keep_vectors=False)
    assert index.info()["distance_source"] == "int8"
    true = na.build(vectors[:1_500], metric="euclidean", kind="exact").search(vectors[1_500:], 10)
    assert overlap(index.search(vectors[1_500:], 10, effort=10**6).rows, true.rows) > 0.9


@pytest.mark.parametrize("codes", FEW, ids=repr)
def test_filters_and_radii(codes: Codes) -> None:
    vectors = table(1_600)
    index = built(codes, vectors[:1_500], lists=20)
    queries = vectors[1_500:1_520]
    mask = np.arange(1_500) % 3 == 0
    allowed = index.row_filter(mask=mask)
    hits = index.search(queries, 10, filter=allowed, effort=20)
    assert mask[hits.rows].all()
    assert_same(hits, index.search(queries, 10, filter=allowed, exact=True))
    far = float(np.median(index.search(queries, 10, exact=True).distances[:, -1]))
    for query in queries:
        found, true = index.radius_search(query, far, effort=20), index.radius_search(query, far, exact=True)
        assert found.rows.tolist() == true.rows.tolist()


@pytest.mark.parametrize("codes", FEW, ids=repr)
def test_tune_keeps_the_codes(codes: Codes, tmp_path: Path) -> None:
    index = built(codes, lists=10, residual=codes.always_residual or codes.family != "sq")
    tuned = na.tune(index, path=tmp_path / "tuned.near", workload="batch")
    for name in ("code_family", "code_bits", "code_bytes", "code_cells", "residual"):
        assert tuned.info()[name] == index.info()[name]
    assert tuned.info()["metadata"]["codes"] == index.info()["metadata"]["codes"]


@pytest.mark.parametrize(
    "settings", [{"refine": False, "keep_vectors": False}, {"keep_vectors": False}, {"refine": False}]
)
def test_a_radius_by_codes_is_not_a_matter_of_effort(settings: dict[str, Any]) -> None:
    rows = np.random.default_rng(0).normal(size=(2_000, 6)).astype(np.float32)
    index = na.build(rows, metric="euclidean", kind=na.IVF(codes=na.PQ(8), **settings))
    assert index.radius_search(rows[0], np.inf).counts == 2_000
    assert index.radius_search(rows[0], 3.0).counts > 1_400
