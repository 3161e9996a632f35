"""Quantizers alone: what all of them promise, one by one and against slow references."""

from __future__ import annotations

import dataclasses
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.quantizers import QUANTIZERS, Quantizer

ALL = [
    na.PQ(4),
    na.PQ(4, bits=4),
    na.OPQ(4),
    na.LOPQ(5, cells=6),
    na.LOPQ(6, cells=300),
    na.SQ(4),
    na.SQ(6),
    na.SQ(8, one_step=True),
    na.RaBitQ(1),
    na.RaBitQ(5),
    na.ITQ(40),
    na.PcaCodes(8, bits=4),
    na.PcaCodes(4),
]
ESTIMATES = (na.RaBitQ, na.PcaCodes)  # their distances are not those of the decoded vectors


def clustered(rows: int, dims: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(8, dims)) * 3 + 20
    return (centres[random.integers(8, size=rows)] + random.normal(size=(rows, dims))).astype(np.float32)


@pytest.fixture(scope="module", params=ALL, ids=repr)
def fitted(request: pytest.FixtureRequest) -> Quantizer:
    quantizer: Quantizer = dataclasses.replace(request.param)
    return quantizer.fit(clustered(1500, 19), threads=2)


def test_every_method_is_tested() -> None:
    assert {type(one) for one in ALL} == set(QUANTIZERS.values())


def test_decoded_vectors_are_nearer_than_the_mean(fitted: Quantizer) -> None:
    vectors = clustered(1500, 19)
    near = fitted.decode(fitted.encode(vectors))
    spread = ((vectors - vectors.mean(axis=0)) ** 2).sum()
    assert ((vectors - near) ** 2).sum() < 0.6 * spread


def test_distances_are_those_of_decoded_vectors(fitted: Quantizer) -> None:
    vectors, queries = clustered(300, 19), clustered(5, 19, seed=1)
    codes = fitted.encode(vectors)
    against = vectors if isinstance(fitted, ESTIMATES) else fitted.decode(codes)
    true = ((queries[:, None, :].astype(float) - against[None]) ** 2).sum(axis=2)
    found = fitted.distances(queries, codes)
    assert found.shape == (5, 300)
    assert found.dtype == np.float32
    if isinstance(fitted, ESTIMATES):
        assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.8
        assert abs((found - true).mean()) < 0.1 * true.mean()
    else:
        np.testing.assert_allclose(found, true, rtol=1e-3, atol=1e-2)


def test_single_vectors_codes_and_queries(fitted: Quantizer) -> None:
    vectors = clustered(20, 19)
    codes = fitted.encode(vectors)
    assert codes.shape == (20, fitted.code_bytes)
    assert codes.dtype == np.uint8
    np.testing.assert_array_equal(fitted.encode(vectors[3]), codes[3])
    np.testing.assert_array_equal(fitted.decode(codes[3]), fitted.decode(codes)[3])
    np.testing.assert_array_equal(fitted.distances(vectors[3], codes), fitted.distances(vectors, codes)[3])
    assert fitted.encode(vectors[:0]).shape == (0, fitted.code_bytes)
    assert fitted.distances(vectors, codes[:0]).shape == (20, 0)


def test_saved_and_pickled_ones_are_the_same(fitted: Quantizer, tmp_path: Path) -> None:
    path = tmp_path / "one.near"
    fitted.save(path)
    vectors = clustered(50, 19)
    codes = fitted.encode(vectors)
    for other in (na.load_quantizer(path), type(fitted).load(path), pickle.loads(pickle.dumps(fitted))):
        assert type(other) is type(fitted)
        assert other.is_fitted
        np.testing.assert_array_equal(other.encode(vectors), codes)
        np.testing.assert_array_equal(other.decode(codes), fitted.decode(codes))
        assert other.info() == fitted.info()
    again = tmp_path / "two.near"
    na.load_quantizer(path).save(again)
    assert again.read_bytes() == path.read_bytes()
    with pytest.raises(na.UnknownFormatError, match="load_quantizer"):
        na.open(path)


@pytest.mark.parametrize("quantizer", ALL, ids=repr)
def test_threads_do_not_change_a_byte(quantizer: Quantizer, tmp_path: Path) -> None:
    vectors = clustered(700, 19)
    images = []
    for threads in (1, 3):
        dataclasses.replace(quantizer).fit(vectors, seed=5, threads=threads).save(tmp_path / f"{threads}.near")
        images.append((tmp_path / f"{threads}.near").read_bytes())
    assert images[0] == images[1]


@pytest.mark.parametrize("dtype", ["float64", "float16", "uint8", "int8", "int64"])
def test_any_type_of_numbers(dtype: str) -> None:
    vectors = np.clip(clustered(300, 12), 0, 100).round().astype(dtype)
    codes = na.PQ(6).fit(vectors).encode(vectors)
    np.testing.assert_array_equal(codes, na.PQ(6).fit(vectors.astype(np.float32)).encode(vectors.astype(np.float32)))


def test_product_codes_are_the_nearest_codewords(tmp_path: Path) -> None:
    vectors = clustered(400, 10)
    pq = na.PQ(3).fit(vectors)
    codes = pq.encode(vectors)
    words = [np.unique(pq.decode(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)), axis=0)]
    near = pq.decode(codes)
    for begin, end in ((0, 3), (3, 6), (6, 10)):  # as 10 dims are divided
        squares = ((vectors[:, None, begin:end] - words[0][None, :, begin:end]) ** 2).sum(axis=2)
        own = ((vectors[:, begin:end] - near[:, begin:end]) ** 2).sum(axis=1)
        np.testing.assert_allclose(own, squares.min(axis=1), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_extreme_numbers(scale: float) -> None:
    vectors = clustered(300, 8) * np.float32(scale)
    sq = na.SQ(8).fit(vectors)
    np.testing.assert_allclose(sq.decode(sq.encode(vectors)), vectors, rtol=0.05)


def test_equal_vectors_and_few_vectors() -> None:
    for quantizer in ALL:
        one = dataclasses.replace(quantizer, **({"cells": 1} if isinstance(quantizer, na.LOPQ) else {}))
        if isinstance(one, na.PcaCodes):
            continue  # needs as many vectors as directions
        vectors = np.full((3, 16), 7.0, np.float32)
        near = one.fit(vectors).decode(one.encode(vectors))
        np.testing.assert_allclose(near, vectors, atol=1e-3)


def test_settings_are_equal_and_shown() -> None:
    assert na.PQ(16) == na.PQ(16, bits=8) != na.PQ(16, bits=4)
    fitted = na.PQ(2).fit(clustered(300, 8))
    assert fitted == na.PQ(2)
    assert repr(fitted) == "PQ(size=2, bits=8, fitted to 8 dims)"
    assert repr(na.PQ(2)) == "PQ(size=2, bits=8)"
    assert not na.PQ(2).is_fitted


def test_loading_replaces_auto_settings(tmp_path: Path) -> None:
    lopq = na.LOPQ(4).fit(clustered(1500, 8))
    assert lopq.cells == "auto"
    assert lopq.info()["cells"] == 5
    lopq.save(tmp_path / "auto.near")
    assert na.load_quantizer(tmp_path / "auto.near") == na.LOPQ(4, cells=5)


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    na.OPQ(2).fit(clustered(500, 8), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: na.PQ(0), "size is 0; pass a whole number from 1"),
        (lambda: na.PQ(8, bits=5), "bits is 5; pass 4 or 8"),
        (lambda: na.PQ(8, nbits=4), "no setting 'nbits'"),  # type: ignore[call-arg]
        (lambda: na.SQ(5), "bits is 5; pass 4, 6 or 8"),
        (lambda: na.ITQ(0), "bits is 0"),
        (lambda: na.PQ(8).encode([[1.0]]), r"PQ\(size=8, bits=8\) is not fitted; call fit"),
        (lambda: na.PQ(8).save("x.near"), "is not fitted"),
        (lambda: na.PQ(8).fit(np.ones((9, 4))), "8 parts, but the vectors have 4 dims; pass a size of at most 4"),
        (lambda: na.PQ(8).fit(np.ones((0, 16))), "no vectors to learn from"),
        (lambda: na.PQ(1).fit([[1.0, np.nan]]), "row 0 of vectors has the value nan in dimension 1"),
        (lambda: na.LOPQ(1).fit(np.ones((9, 4))), "no room besides the number of a cell"),
        (lambda: na.LOPQ(2, cells=20).fit(np.ones((9, 4))), "20 cells for 9 vectors"),
        (lambda: na.SQ().fit(np.eye(3)).encode(np.eye(4)), r"fitted to 3 dims; pass the shape \(n, 3\)"),
        (lambda: na.SQ().fit(np.eye(3)).encode([[0, np.inf, 0]]), "infinite"),
        (lambda: na.SQ().fit(np.eye(3)).decode(np.zeros((2, 4), np.uint8)), r"uint8, \(n, 3\)"),
        (lambda: na.SQ().fit(np.eye(3)).distances([0, 0, np.nan], np.zeros((2, 3), np.uint8)), "queries has the value"),
    ],
)
def test_wrong_use_is_explained(wrong: Any, words: str) -> None:
    with pytest.raises((na.InvalidInputError, TypeError), match=words):
        wrong()


def test_files_of_other_things_are_refused(tmp_path: Path) -> None:
    path = os.path.join(tmp_path, "index.near")
    na.build(np.eye(4, dtype=np.float32)).save(path)
    with pytest.raises(na.UnknownFormatError, match="not one of a quantizer"):
        na.load_quantizer(path)
    na.SQ().fit(np.eye(4)).save(path)
    with pytest.raises(na.InvalidInputError, match="na.SQ.load"):
        na.PQ.load(path)


def test_damaged_files_never_crash(tmp_path: Path, fitted: Quantizer) -> None:
    path = tmp_path / "damaged.near"
    fitted.save(path)
    image = path.read_bytes()
    random = np.random.default_rng(3)
    for _ in range(25):
        place = int(random.integers(len(image)))
        path.write_bytes(image[:place] + bytes([image[place] ^ 1 << int(random.integers(8))]) + image[place + 1 :])
        with pytest.raises(na.FileFormatError):
            na.load_quantizer(path).encode(clustered(2, 19))
