"""The pictures of docs/explanation/forest.md are what their script draws, from trees that keep the rules."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parents[2] / "docs" / "figures"
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def forest() -> ModuleType:
    pytest.importorskip("matplotlib", reason="the pictures are drawn by matplotlib: pip install nearabout[docs]")
    sys.path.insert(0, str(FIGURES))
    try:
        import forest
    finally:
        sys.path.remove(str(FIGURES))
    return forest


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


def test_drawing_again_gives_the_same_files_and_those_of_the_page(forest: ModuleType, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    names = {path.name for path in forest.draw_all(first, queries=3)}
    forest.draw_all(second, queries=3)
    assert {path.name for path in FIGURES.glob("forest-*.svg")} == names
    page = (FIGURES.parent / "explanation" / "forest.md").read_text(encoding="utf-8")
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert (FIGURES / name).stat().st_size < MOST_BYTES
        assert f"(../figures/{name})" in page
