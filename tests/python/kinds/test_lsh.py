"""Hashing: its settings, what it tells of itself, and that learnt planes find more than random ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.kinds import kind_from_settings

ROWS, DIMS, K = 3_000, 32, 10
Floats = NDArray[np.float32]


def correlated(count: int, seed: int) -> Floats:
    """Vectors that vary along few directions, as real ones do, around the same clusters for any seed."""
    fixed, source = np.random.default_rng(7), np.random.default_rng(seed)
    centres, mixing = fixed.normal(size=(20, DIMS)), fixed.normal(size=(8, DIMS))
    chosen = centres[source.integers(0, len(centres), count)]
    noise = 0.2 * source.normal(size=(count, DIMS))
    vectors: Floats = (chosen + source.normal(size=(count, 8)) @ mixing + noise + 2).astype(np.float32)
    return vectors


VECTORS, QUERIES = correlated(ROWS, 1), correlated(200, 2)


def recall_of(index: na.Index, queries: Any, **asked: Any) -> float:
    """The fraction of results that are as near as the neighbours: many rows of bits are equally far."""
    last = index.search(queries, K, exact=True).distances[:, -1:]
    return float(np.mean(index.search(queries, K, **asked).distances <= last))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_learnt_planes_find_more_with_the_same_bits(metric: Any) -> None:
    recalls = {}
    for hashing in ("itq", "hyperplanes"):
        kind = na.LSH(bits=24, hashing=hashing)
        index = na.build(VECTORS, metric=metric, kind=kind, calibrate=False)
        recalls[hashing] = recall_of(index, QUERIES, effort=100)
    assert recalls["itq"] > recalls["hyperplanes"] + 0.02


@pytest.mark.parametrize("kind", [na.LSH(), na.LSH(hashing="hyperplanes"), na.LSH(tables=8)], ids=repr)
def test_a_recall_is_kept_and_distances_are_those_of_the_exact_kind(kind: na.LSH) -> None:
    index = na.build(VECTORS, metric="euclidean", kind=kind)
    assert recall_of(index, QUERIES, recall=0.9) > 0.87
    exact = na.build(VECTORS, metric="euclidean", kind="exact")
    hits = index.search(QUERIES, K)
    for query, rows, distances in zip(QUERIES, hits.rows, hits.distances, strict=True):
        found = dict(zip(rows.tolist(), distances.tolist(), strict=True))
        every = exact.search(query, ROWS)
        true = dict(zip(every.rows.tolist(), every.distances.tolist(), strict=True))
        assert found == {row: true[row] for row in found}
    assert index.search(QUERIES[0], K, exact=True).rows.tolist() == exact.search(QUERIES[0], K).rows.tolist()


def test_bits_are_sampled_under_hamming() -> None:
    source = np.random.default_rng(3)
    centres = source.random((30, 400)) < 0.5
    bits = centres[source.integers(0, 30, 2_000)] ^ (source.random((2_000, 400)) < 0.1)
    queries = centres[source.integers(0, 30, 50)] ^ (source.random((50, 400)) < 0.1)
    for kind in (na.LSH(), na.LSH(bits=100), na.LSH(tables=6), na.LSH(bits=400)):
        index = na.build(bits, metric="hamming", kind=kind)
        assert index.info()["hashing"] == "bits"
        assert recall_of(index, queries, recall=0.9) > 0.87
    # All bits: the nearest codes are the nearest vectors.
    assert recall_of(index, queries, effort=K) == 1


def test_a_query_far_from_all_rows_has_as_many_results() -> None:
    for kind in (na.LSH(bits=64), na.LSH(bits=12, tables=4)):
        index = na.build(VECTORS, metric="euclidean", kind=kind)
        for effort in (None, 1, 500):
            assert index.search(QUERIES[0] * 1e6, 50, effort=effort).rows.size == 50
        assert index.search(QUERIES[0] * 1e6, K).effort == na.EVERY_ROW


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"bits": 0}, 'bits is 0; pass a whole number from 1 to 1,024, or "auto"'),
        ({"bits": 2_000}, 'bits is 2000; pass a whole number from 1 to 1,024, or "auto"'),
        ({"bits": 64, "tables": 4}, 'bits is 64; pass a whole number from 1 to 32 with tables=4, or "auto"'),
        ({"bits": 20, "tables": 64}, 'bits is 20; pass a whole number from 1 to 16 with tables=64, or "auto"'),
        ({"tables": 65}, "tables is 65; pass a whole number from 1 to 64, or 0 to look at the codes of all rows"),
        ({"tables": False}, "tables is False; pass a whole number"),
        ({"hashing": "minhash"}, "hashing is 'minhash'; pass 'auto', 'hyperplanes', 'itq' or 'bits'"),
        ({"hashing": "itq", "tables": 2}, 'pass tables=0, or hashing="hyperplanes"'),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=re.escape(sentence)):
        na.LSH(**settings)


@pytest.mark.parametrize(
    ("metric", "hashing", "sentence"),
    [
        ("euclidean", "bits", "hashing 'bits' is for vectors of bits under hamming; under 'euclidean' pass"),
        ("hamming", "itq", 'vectors of bits are hashed with hashing="bits"'),
    ],
)
def test_hashing_that_does_not_suit_the_vectors(metric: Any, hashing: Any, sentence: str) -> None:
    vectors = VECTORS[:50] > 0 if metric == "hamming" else VECTORS[:50]
    with pytest.raises(na.InvalidInputError, match=re.escape(sentence)):
        na.build(vectors, metric=metric, kind=na.LSH(hashing=hashing))


def test_what_it_tells_of_itself() -> None:
    index = na.build(VECTORS, metric="cosine", kind=na.LSH(bits=100), seed=5, calibrate=False)
    info = index.info()
    assert [info[name] for name in ("kind", "hashing", "bits", "tables", "buckets", "seed")] == [
        *("lsh", "itq", 100, 0, 0, 5)
    ]
    assert "100-bit codes" in repr(index)
    assert na.LSH.info_lines(info)[1] == ["codes", "100 bits = 16 bytes per row"]
    tables = na.build(VECTORS, metric="cosine", kind=na.LSH(tables=3), calibrate=False)
    told = tables.info()
    assert [told[name] for name in ("hashing", "bits", "tables")] == ["hyperplanes", 8, 3]
    assert 3 <= told["buckets"] <= 3 * 256
    assert "8-bit keys" in repr(tables)
    assert na.LSH.info_lines(told)[1][1].startswith(f"3, 8 bits per key, {told['buckets']:,} buckets, ")


def test_settings_from_a_command_line() -> None:
    chosen = kind_from_settings("lsh", {"bits": "128", "hashing": "hyperplanes"})
    assert chosen == na.LSH(bits=128, hashing="hyperplanes")
    assert kind_from_settings("lsh", {"bits": "auto", "tables": "4", "hashing": "auto"}) == na.LSH(tables=4)
    with pytest.raises(na.InvalidInputError, match="hashing is 'sign'; pass 'auto', 'hyperplanes', 'itq' or 'bits'"):
        kind_from_settings("lsh", {"hashing": "sign"})
    with pytest.raises(na.InvalidInputError, match="'many' is not a whole number"):
        kind_from_settings("lsh", {"bits": "many"})


def test_tables_beyond_the_memory_are_not_begun(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((200_000, 2), np.float32) + 1)
    with pytest.raises(na.InvalidInputError, match=r"64 hash tables of 200000 rows take 103MB while they are built"):
        na.build(
            tmp_path / "a.npy", path=tmp_path / "a.near", memory="64MB", metric="euclidean", kind=na.LSH(tables=64)
        )


def test_the_work_of_a_search_is_counted() -> None:
    for kind, looked in ((na.LSH(bits=64), "codes"), (na.LSH(tables=4), "buckets")):
        index = na.build(VECTORS, metric="euclidean", kind=kind, calibrate=False)
        profile = index.profile(QUERIES, K, effort=50)
        assert profile.counts["queries"] == len(QUERIES)
        assert profile.counts["compared"] <= 50 * len(QUERIES)
        assert profile.counts[looked] >= len(QUERIES)
        assert set(profile.seconds) == {"bind", "scan" if looked == "codes" else "probe", "compare"}


def test_tables_of_few_bits_keep_the_promise() -> None:
    bits = np.random.default_rng(0).random((1_700, 20)) < 0.5
    rows, queries = bits[:1_500], bits[1_500:]
    index = na.build(rows, metric="hamming", kind=na.LSH(tables=4))
    last = na.build(rows, metric="hamming", kind="exact").search(queries, K).distances[:, -1:]
    for recall in (0.8, 0.99):
        assert np.mean(index.search(queries, K, recall=recall).distances <= last) > recall - 0.01
    assert (index.search(queries, K, effort=200).effort == 200).all()
