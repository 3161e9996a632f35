"""The pictures of docs/explanation are what their scripts draw, from trees and lists that keep the rules."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parents[3] / "docs" / "figures"
MOST_BYTES = 300_000


def script(name: str) -> ModuleType:
    pytest.importorskip("matplotlib", reason="the pictures are drawn by matplotlib: pip install nearabout[figures]")
    sys.path.insert(0, str(FIGURES))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FIGURES))


@pytest.fixture(scope="module")
def forest() -> ModuleType:
    return script("forest")


@pytest.fixture(scope="module")
def codes() -> ModuleType:
    return script("lists_codes")


def area(corners: np.ndarray) -> float:
    x, y = corners.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@pytest.mark.parametrize("rule", ["two_means", "two_points"])
def test_each_level_has_every_row_once_and_covers_the_frame(forest: ModuleType, rule: str) -> None:
    points = forest.some_points()
    tree = forest.grow(points, getattr(forest, rule), forest.LEAF_SIZE, 5)
    for level in range(5):
        nodes = forest.at_level(tree, level)
        rows = np.concatenate([node.rows for node in nodes])
        assert np.array_equal(np.sort(rows), np.arange(len(points)))
        cells = [forest.cell(forest.FRAME, node.path) for node in nodes]
        assert sum(map(area, cells)) == pytest.approx(area(forest.FRAME))


def test_leaves_are_small_and_lie_on_their_sides_of_the_planes(forest: ModuleType) -> None:
    points = forest.some_points()
    for leaf in forest.leaves([forest.grow(points, forest.two_means, forest.LEAF_SIZE, 5)]):
        assert 1 <= len(leaf.rows) <= forest.LEAF_SIZE
        assert all((side.margins(points[leaf.rows]) >= 0).all() for side in leaf.path)


def test_all_leaves_have_all_neighbours_and_fewer_have_fewer(forest: ModuleType) -> None:
    points = forest.some_points()
    ranked = forest.by_centroids(points, forest.leaves([forest.grow(points, forest.two_means, 12, 1)]), forest.QUERY)
    wanted = forest.nearest(points, forest.QUERY)
    assert forest.share_found(forest.until(ranked, len(points)), wanted) == 1
    assert forest.share_found(forest.until(ranked, 1), wanted) < 1
    assert len(forest.until(ranked, 1)) == 1


def test_each_row_is_in_the_list_of_its_nearest_centroid(forest: ModuleType, codes: ModuleType) -> None:
    points = forest.some_points()
    centroids, lists = codes.lists_of(points, 21)
    rows = np.concatenate([each.rows for each in lists])
    assert np.array_equal(np.sort(rows), np.arange(len(points)))
    nearest = ((points[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
    for own, each in enumerate(lists):
        assert (nearest[each.rows] == own).all()
        assert all((side.margins(points[each.rows]) >= -1e-9).all() for side in each.path)


@pytest.mark.parametrize(("bits", "most"), [(1, 0.65), (2, 0.37), (4, 0.13)])
def test_more_bits_are_nearer_to_the_distance(codes: ModuleType, bits: int, most: float) -> None:
    random = np.random.default_rng(1)
    images, centroids = random.normal(size=(500, 64)), np.zeros((1, 64))
    query, nothing = random.normal(size=64), np.zeros(500)
    coded = codes.encode(images, nothing, centroids, np.zeros(500, int), bits)
    errors = coded.estimates(query, 0.0, centroids) - ((images - query) ** 2).sum(axis=1)
    spread = 2 * np.linalg.norm(query)  # of twice the product with a residual of unit variance
    assert abs(errors.mean()) < spread / 10, "estimates are not biased"
    assert errors.std() < most * spread * 1.5
    assert errors.std() > most * spread / 3, "the bound says something"


SLOW_FIGURES = [pytest.param(name, marks=pytest.mark.slow) for name in ("forest", "hashing")]


@pytest.mark.parametrize("name", [*SLOW_FIGURES, "lists", "kdtree", "quantizers"])
def test_drawing_again_gives_the_same_files_and_those_of_the_page(name: str, tmp_path: Path) -> None:
    drawing = script(name)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    names = {path.name for path in drawing.draw_all(first, queries=3)}
    drawing.draw_all(second, queries=3)
    assert {path.name for path in FIGURES.glob(f"{name}-*.svg")} == names
    page = (FIGURES.parent / "explanation" / f"{name}.md").read_text(encoding="utf-8")
    for picture in names:
        assert (first / picture).read_bytes() == (second / picture).read_bytes()
        assert (FIGURES / picture).stat().st_size < MOST_BYTES
        assert f"(../figures/{picture})" in page


def test_the_picture_of_the_readme_is_of_its_table(tmp_path: Path) -> None:
    speed = script("speed")
    rows = speed.speeds(speed.README.read_text(encoding="utf-8"))
    assert [row.data for row in rows] == ["Fashion-MNIST", "MNIST", "MiniLM sentences", "words", "SIFT"]
    assert all(row.batch > row.other_batch and row.single > row.other_single for row in rows)
    [drawn] = speed.draw_all(tmp_path)
    once = drawn.read_bytes()
    speed.draw_all(tmp_path)
    assert drawn.read_bytes() == once
    assert "(docs/figures/speed.svg)" in speed.README.read_text(encoding="utf-8")
