"""Draws the pictures of docs/explanation/quantizers.md: `python docs/figures/quantizers.py` (the `figures` extra).

The codebooks are learnt here in plain NumPy, in two dimensions that are the two parts of a code. All is seeded, and the
same version of matplotlib writes the same bytes. Colours and strokes are those of forest.py.
"""

from __future__ import annotations

import pathlib

import matplotlib as mpl
import numpy as np
from forest import BLUE, GREEN, GREY, INK, STYLE, VERMILLION, dots, panel, row_of_panels, write_all
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from small_trees import Floats

HERE = pathlib.Path(__file__).resolve().parent
FRAME = np.array([[-1.5, -1.1], [1.5, 1.1]])
POINTS_EACH = 130
WORDS = 6  # codewords of a part
CELLS = 3
ROUNDS = 40
CLUSTERS = (((-0.85, 0.35), 0.9, (0.42, 0.05)), ((0.75, 0.5), -0.6, (0.38, 0.06)), ((0.1, -0.6), 0.15, (0.5, 0.06)))


def some_points() -> Floats:
    """Three long clusters, each in a direction of its own: a set of several modes."""
    random = np.random.default_rng(5)
    parts = []
    for centre, angle, spread in CLUSTERS:
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        parts.append(np.array(centre) + random.normal(0, spread, (POINTS_EACH, 2)) @ turn)
    points: Floats = np.clip(np.concatenate(parts), FRAME[0] + 0.02, FRAME[1] - 0.02)
    return points


def k_means(points: Floats, count: int) -> tuple[Floats, Floats]:
    """Returns centroids and the number of the nearest of each point; the first are spread over the sorted points."""
    order = np.argsort(points @ np.arange(1, points.shape[1] + 1))
    centroids: Floats = points[order[np.linspace(0, len(points) - 1, count + 2).astype(int)[1:-1]]].copy()
    for _ in range(ROUNDS):
        own = ((points[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
        for word in np.unique(own):
            centroids[word] = points[own == word].mean(axis=0)
    own = ((points[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
    return centroids, own


def product_codes(points: Floats) -> tuple[list[Floats], Floats]:
    """Learns the codewords of both parts, and returns them and what each point is replaced by."""
    words, near = [], np.empty_like(points)
    for part in range(2):
        centroids, own = k_means(points[:, part : part + 1], WORDS)
        words.append(np.sort(centroids[:, 0]))
        near[:, part] = centroids[own, 0]
    return words, near


def principal_axes(points: Floats) -> Floats:
    axes: Floats = np.linalg.eigh(np.cov(points.T))[1][:, ::-1]
    return axes


def loss(points: Floats, near: Floats) -> float:
    """The mean squared distance of points from what replaces them, as a fraction of the variance."""
    return float(((points - near) ** 2).sum() / ((points - points.mean(axis=0)) ** 2).sum())


def draw_grid(axes: Axes, words: list[Floats], centre: Floats, turn: Floats, colour: str) -> None:
    """All combinations of codewords, which are on a grid."""
    grid = np.stack(np.meshgrid(*words), axis=-1).reshape(-1, 2) @ turn.T + centre
    axes.scatter(*grid.T, s=9, color=colour, marker="s", zorder=4, linewidths=0, clip_on=True)


def draw_codebooks(points: Floats) -> Figure:
    """(a) Codewords of each part, and the grid of all combinations."""
    words, near = product_codes(points)
    figure, (left, right) = row_of_panels(2)
    panel(left, f"{WORDS} codewords of each part", FRAME)
    dots(left, points)
    for x in words[0]:
        left.axvline(x, color=BLUE, linewidth=1)
    for y in words[1]:
        left.axhline(y, color=VERMILLION, linewidth=1)
    panel(right, f"{WORDS * WORDS} combinations; a line is what coding a point loses", FRAME)
    for point, word in zip(points[::3], near[::3], strict=True):
        right.plot(*np.stack([point, word]).T, color=GREY, linewidth=0.5)
    dots(right, points)
    draw_grid(right, words, np.zeros(2), np.eye(2), INK)
    return figure


def local_codes(points: Floats) -> list[tuple[Floats, Floats, list[Floats], Floats]]:
    """Of each cell its rows, the axes, the codewords along them and what its points are replaced by."""
    centroids, own = k_means(points, CELLS)
    found = []
    for cell in range(CELLS):
        rows = points[own == cell]
        axes = principal_axes(rows)
        words, near = product_codes((rows - centroids[cell]) @ axes)
        found.append((rows, axes, words, near @ axes.T + centroids[cell]))
    return found


def draw_cells(points: Floats) -> Figure:
    """(b) One rotation for all, and one in each cell."""
    figure, (left, right) = row_of_panels(2)
    axes, centre = principal_axes(points), points.mean(axis=0)
    words, near = product_codes((points - centre) @ axes)
    panel(left, f"one grid: loses {loss(points, near @ axes.T + centre):.1%}", FRAME)
    dots(left, points)
    draw_grid(left, words, centre, axes, INK)
    cells = local_codes(points)
    rows = np.concatenate([cell[0] for cell in cells])
    replaced = np.concatenate([cell[3] for cell in cells])
    panel(right, f"a grid in each cell (LOPQ): loses {loss(rows, replaced):.1%}", FRAME)
    dots(right, points)
    centroids, _ = k_means(points, CELLS)
    for (_, turn, local, _), middle, colour in zip(cells, centroids, (BLUE, VERMILLION, GREEN), strict=True):
        draw_grid(right, local, middle, turn, colour)
    return figure


def draw_all(folder: pathlib.Path, queries: int = 0) -> list[pathlib.Path]:
    """Writes all pictures into a folder."""
    points = some_points()
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figures = {"quantizers-codebooks": draw_codebooks(points), "quantizers-cells": draw_cells(points)}
        return write_all(figures, folder)


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
