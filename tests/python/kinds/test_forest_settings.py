"""The settings of a forest and of a search in it: what they may be, and what they do."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.files import near_image

BASE = np.random.default_rng(1).normal(size=(600, 12)).astype(np.float32)


def forest(**settings: Any) -> na.Index:
    return na.build(BASE, metric="euclidean", kind=na.Forest(**settings))


@pytest.mark.parametrize("value", [0, -1, 1_001, 10**20, 1.0, True, "4", None, [2], np.int64(3)])
def test_trees_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match=r'trees is .*; pass a whole number from 1 to 1,000, or "auto"'):
        na.Forest(trees=value)


@pytest.mark.parametrize("value", [0, -5, 1_000_001, 48.0, False, "auto", None])
def test_leaf_sizes_that_cannot_be(value: Any) -> None:
    with pytest.raises(na.InvalidInputError, match="leaf_size is .*; pass a whole number from 1 to 1,000,000$"):
        na.Forest(leaf_size=value)


def test_a_forest_is_a_value() -> None:
    assert na.Forest() == na.Forest("auto", 48)
    assert na.Forest(trees=3).name == "forest"
    assert na.Forest(trees=3).settings() == {"kind": "forest", "trees": 3, "leaf_size": 48, "byte_rows": "auto"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        na.Forest().trees = 2
    with pytest.raises(TypeError):
        na.Forest(efforts=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "7", None])
def test_seeds_that_cannot_be(seed: Any) -> None:
    for kind in ("exact", "forest"):
        with pytest.raises(na.InvalidInputError, match=r"seed is .*; pass a whole number from 0 to 2\*\*64 - 1"):
            na.build(BASE, kind=kind, seed=seed)


def test_seeds(tmp_path: Path) -> None:
    trees = set()
    for seed in (0, 1, 2**64 - 1, np.uint8(1)):
        path = tmp_path / f"{int(seed)}.near"
        index = na.build(BASE, metric="euclidean", kind=na.Forest(leaf_size=5), seed=seed, path=path)
        assert index.info()["seed"] == seed
        trees.add(near_image.part_of(path.read_bytes(), near_image.TREE_ROWS).data)
        assert index.search(BASE[:5], 1, effort=60).rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert len(trees) == 3  # each another tree, and the two of seed 1 the same
    with pytest.raises(
        na.InvalidInputError, match="seed is 1, but the build of this kind uses no random numbers; leave it out"
    ):
        na.build(BASE, kind="exact", seed=1)


def test_what_info_tells() -> None:
    info = forest(trees=3, leaf_size=10).info()
    assert {name: info[name] for name in ("kind", "trees", "leaf_size", "seed")} == {
        "kind": "forest",
        "trees": 3,
        "leaf_size": 10,
        "seed": 0,
    }
    assert info["metadata"] == {
        "library": f"nearabout {na.__version__}",
        "kind": "forest",
        "trees": 3,
        "leaf_size": 10,
        "byte_rows": "auto",
    }
    assert 1 <= info["sketch_bytes"] <= 12
    assert forest().info()["trees"] == 1  # auto
    assert repr(forest()) == "<nearabout.Index: forest, 600 rows of 12 dims, euclidean, f32>"
    empty = na.build(np.empty((0, 3), np.float32), keys=[], kind="forest").info()
    assert (empty["kind"], empty["rows"]) == ("forest", 0)


@pytest.mark.parametrize("metric", ["jaccard", "haversine"])
def test_metrics_that_no_forest_serves(metric: str) -> None:
    data = np.ones((4, 2), bool) if metric == "jaccard" else np.ones((4, 2), np.float32)
    with pytest.raises(na.InvalidInputError, match=f'support metric .{metric}., only euclidean.*choose kind="exact"'):
        na.build(data, metric=metric, kind="forest")


def test_names_of_others() -> None:
    for name in ("annoy", "trees", "tree", "forrest"):
        with pytest.raises(na.InvalidInputError, match=f"no kind '{name}'; did you mean 'forest'"):
            na.build(BASE, kind=name)
    with pytest.raises(na.InvalidInputError, match=r"kind is the class na.Forest; pass an instance: na.Forest\(\)"):
        na.build(BASE, kind=na.Forest)  # type: ignore[arg-type]


# --- Effort ---


@pytest.mark.parametrize("effort", [0, -1, 1.0, True, "all", [3], np.float32(4)])
def test_efforts_that_cannot_be(effort: Any) -> None:
    index = forest()
    for ask in (
        lambda: index.search(BASE[0], effort=effort),
        lambda: index.search_by_key(0, effort=effort),
        lambda: index.radius_search(BASE[0], 1.0, effort=effort),
    ):
        with pytest.raises(
            na.InvalidInputError, match=r"effort is .*; pass a positive whole number, the number of lists"
        ):
            ask()


def test_effort_goes_with_a_choice() -> None:
    exact = na.build(BASE, metric="euclidean", kind="exact")
    with pytest.raises(
        na.InvalidInputError, match="effort is 50, but an exact index always compares every row; leave it out"
    ):
        exact.search(BASE[0], effort=50)
    with pytest.raises(na.InvalidInputError, match="effort is 50 and exact is True"):
        forest().search(BASE[0], effort=50, exact=True)
    for flag in (1, "yes", None):
        with pytest.raises(na.InvalidInputError, match="exact is .*; pass True or False"):
            exact.search(BASE[0], exact=flag)  # type: ignore[arg-type]
    assert exact.search(BASE[0], exact=True).rows.tolist() == exact.search(BASE[0]).rows.tolist()


def test_effort_may_be_a_numpy_integer() -> None:
    index = forest(leaf_size=5)
    np.testing.assert_array_equal(
        index.search(BASE[:9], effort=np.int16(80)).rows, index.search(BASE[:9], effort=80).rows
    )


def test_more_neighbours_than_effort() -> None:
    index = forest(trees=2, leaf_size=3)
    hits = index.search(BASE[:4], 250, effort=10)
    assert hits.rows.shape == (4, 250)
    assert all(len(set(rows)) == 250 for rows in hits.rows.tolist())


@pytest.mark.parametrize("trees", [1, 7, 1_000])
@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_more_trees_than_rows(rows: int, trees: int) -> None:
    index = na.build(BASE[:rows], metric="euclidean", kind=na.Forest(trees=trees, leaf_size=1))
    index.verify()
    for effort in (1, 2, None):
        hits = index.search(BASE[:rows], 10, effort=effort)
        assert hits.rows.shape == (rows, rows)
        assert hits.rows[:, 0].tolist() == list(range(rows))


def test_one_leaf_looks_at_everything() -> None:
    index = forest(leaf_size=1_000_000)
    np.testing.assert_array_equal(
        index.search(BASE[:30] + 0.1, effort=1).rows, index.search(BASE[:30] + 0.1, exact=True).rows
    )


def test_one_leaf_of_many_rows() -> None:
    base = np.random.default_rng(2).normal(size=(9_000, 4)).astype(np.float32)
    index = na.build(base, metric="euclidean", kind=na.Forest(leaf_size=1_000_000))
    nodes = next(part["rows"] for part in index.info()["sections"] if part["name"] == "node_offsets")
    assert nodes == 1
