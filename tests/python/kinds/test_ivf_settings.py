"""The settings of lists of codes and of a search in them: what they may be, and what they do."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

import nearabout as na

BASE = np.random.default_rng(1).normal(size=(1_600, 16)).astype(np.float32)


def lists_of_codes(**settings: Any) -> na.Index:
    return na.build(BASE, metric="euclidean", kind=na.IVF(**settings))


@pytest.mark.parametrize("value", [0, -1, 1_000_001, 10**20, 1.0, True, "4", None, [2], np.int64(3)])
def test_lists_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r'lists is .*; pass a whole number from 1 to 1,000,000, or "auto"$'):
        na.IVF(lists=value)


@pytest.mark.parametrize("value", [0, -1, 513, 16.0, True, "16", None, (16, 2)])
def test_codes_that_cannot_be(value: Any) -> None:
    with pytest.raises(
        na.InvalidInputError, match=r"codes is .*; pass a whole number from 1 to 512 \(bytes per row\), a PcaCodes"
    ):
        na.IVF(codes=value)


@pytest.mark.parametrize("value", [0, 513, "auto", None, 4.0, False])
def test_sizes_of_codes_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match="size is .*; pass a whole number from 1 to 512$"):
        na.PcaCodes(value)


@pytest.mark.parametrize("value", [0, 3, 16, -1, 2.0, True, "2", None])
def test_bits_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match='bits is .*; pass 1, 2, 4 or 8 bits per direction, or "auto"'):
        na.PcaCodes(16, bits=value)


@pytest.mark.parametrize(("bits", "most"), [(1, 24), (2, 48), (4, 96), (8, 192)])
def test_more_directions_than_there_are_codes_for(bits: int, most: int) -> None:
    assert na.PcaCodes(most, bits).size == most
    with pytest.raises(na.InvalidInputError, match=f"at most 192 are allowed: pass a size of at most {most} bytes$"):
        na.PcaCodes(most + 1, bits)


def test_they_are_values() -> None:
    assert na.IVF() == na.IVF("auto", "auto")
    assert na.IVF(codes=na.PcaCodes(16)) == na.IVF(codes=na.PcaCodes(16, "auto"))
    assert len({na.IVF(lists=3), na.IVF(lists=3), na.IVF(codes=na.PcaCodes(8, 4))}) == 2
    for value in (na.IVF(), na.PcaCodes(8)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.lists = 2
    with pytest.raises(TypeError):
        na.IVF(probes=3)  # type: ignore[call-arg]


def test_what_is_stored_of_them() -> None:
    kept = {"refine": True, "keep_vectors": True, "byte_rows": "auto"}
    assert na.IVF(lists=3, codes=12).settings() == {"kind": "ivf", "lists": 3, "codes": 12, **kept}
    settings = na.IVF(codes=na.PcaCodes(8, bits=4)).settings()
    assert settings == {"kind": "ivf", "lists": "auto", "codes": {"size": 8, "bits": 4}, **kept}
    metadata = lists_of_codes(codes=na.PcaCodes(8, bits=4)).info()["metadata"]
    assert metadata == {"library": f"nearabout {na.__version__}", **json.loads(json.dumps(settings))}


@pytest.mark.parametrize(
    ("codes", "directions", "bits", "size"),
    [
        ("auto", 16, 4, 8),
        (4, 16, 2, 4),
        (na.PcaCodes(4, bits=4), 8, 4, 4),
        (na.PcaCodes(4, bits=2), 16, 2, 4),
        (na.PcaCodes(1, bits=4), 8, 4, 4),  # rounded up to four bytes
    ],
)
def test_what_info_tells(codes: Any, directions: int, bits: int, size: int) -> None:
    index = lists_of_codes(lists=40, codes=codes)
    info = index.info()
    assert (info["kind"], info["lists"], info["seed"]) == ("ivf", 40, 0)
    assert (info["code_directions"], info["code_bits"], info["code_bytes"]) == (directions, bits, size)
    shares, probes, depths = zip(*info["curves"][10], strict=True)
    for numbers in (shares, probes, depths):
        assert list(numbers) == sorted(numbers)
    assert 0.5 <= shares[0] <= shares[-1] <= 1
    assert 1 <= probes[0] <= probes[-1] <= 40
    assert depths[0] >= 10
    assert repr(index) == "<nearabout.Index: ivf, 1,600 rows of 16 dims, euclidean, f32>"


def test_what_is_chosen() -> None:
    assert lists_of_codes().info()["lists"] in range(32, 128)
    assert na.build(BASE[:100], metric="euclidean", kind="ivf").info()["lists"] == 1
    assert na.build(BASE[:9], metric="euclidean", kind=na.IVF(lists=500)).info()["lists"] == 9


def test_info_of_nothing() -> None:
    info = na.build(np.empty((0, 3), np.float32), keys=[], kind="ivf").info()
    assert (info["kind"], info["rows"], list(info["curves"][10])) == ("ivf", 0, [])


@pytest.mark.parametrize("metric", ["manhattan", "hamming", "jaccard", "haversine"])
def test_metrics_that_no_lists_serve(metric: str) -> None:
    data = np.ones((4, 2), bool if metric in ("hamming", "jaccard") else np.float32)
    with pytest.raises(na.InvalidInputError, match=f"support metric '{metric}', only euclidean.*choose kind"):
        na.build(data, metric=metric, kind="ivf")


def test_names_of_others() -> None:
    for name in ("lists", "ivfpq", "ivf-pq", "IVFFlat", "ifv"):
        with pytest.raises(na.InvalidInputError, match=f"no kind '{name}'; did you mean 'ivf'"):
            na.build(BASE, kind=name)
    with pytest.raises(na.InvalidInputError, match=r"kind is the class na.IVF; pass an instance: na.IVF\(\)"):
        na.build(BASE, kind=na.IVF)  # type: ignore[arg-type]


def test_the_seed_is_kept() -> None:
    assert na.build(BASE, metric="euclidean", kind="ivf", seed=2**64 - 1).info()["seed"] == 2**64 - 1
    with pytest.raises(na.InvalidInputError, match=r"seed is -1; pass a whole number from 0 to 2\*\*64 - 1"):
        na.build(BASE, kind="ivf", seed=-1)


def test_another_seed_is_another_clustering() -> None:
    one, other = (
        na.build(BASE, metric="euclidean", kind="ivf", seed=seed).search(BASE, 10, effort=1) for seed in (0, 1)
    )
    assert (one.rows != other.rows).any()


# --- Effort ---


@pytest.mark.parametrize("effort", [0, -1, 1.0, True, "all", [3], np.float32(4)])
def test_efforts_that_cannot_be(effort: Any) -> None:
    index = lists_of_codes()
    for ask in (
        lambda: index.search(BASE[0], effort=effort),
        lambda: index.search_by_key(0, effort=effort),
        lambda: index.radius_search(BASE[0], 1.0, effort=effort),
    ):
        with pytest.raises(na.InvalidInputError, match=r"effort is .*; pass a positive whole number"):
            ask()
    with pytest.raises(na.InvalidInputError, match="effort is 5 and exact is True"):
        index.search(BASE[0], effort=5, exact=True)


def test_effort_may_be_a_numpy_integer() -> None:
    index = lists_of_codes(lists=40)
    np.testing.assert_array_equal(index.search(BASE, effort=np.int16(4)).rows, index.search(BASE, effort=4).rows)


def test_the_effort_that_is_left_out_found_95_in_100() -> None:
    index = lists_of_codes(lists=40)
    usual, asked = index.search(BASE), index.search(BASE, recall=0.95)
    np.testing.assert_array_equal(usual.effort, asked.effort)
    np.testing.assert_array_equal(usual.rows, asked.rows)
    effort = index._core.base_effort(10, None, 0.95, False)
    assert effort is not None, "the test has to use lists"
    given = index.search(BASE, effort=effort)
    as_given = np.asarray(usual.effort) == given.effort
    assert as_given.mean() > 0.5
    np.testing.assert_array_equal(usual.rows[as_given], given.rows[as_given])
    alone = na.build(BASE, metric="euclidean", kind=na.IVF(lists=40), calibrate=False)
    chosen = next(int(probes) for share, probes, _ in alone.info()["curves"][10] if share >= 0.95)
    np.testing.assert_array_equal(alone.search(BASE).rows, alone.search(BASE, effort=chosen).rows)
