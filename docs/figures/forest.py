"""Draws the pictures of docs/explanation/forest.md: `python docs/figures/forest.py` (needs the `figures` extra).

The trees are those of small_trees.py and not the library's, whose files keep no planes. All is seeded, and the same
version of matplotlib writes the same bytes. Colours are from Okabe and Ito's palette, which colour-blind people can
tell apart; in grey they differ by lightness, and what matters differs by shape as well.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from small_trees import (
    Floats,
    Ints,
    Node,
    Rule,
    at_level,
    by_centroids,
    by_margins,
    cell,
    grow,
    leaves,
    nearest,
    share_found,
    two_means,
    two_points,
    until,
)

STROKE = [Path.MOVETO, Path.LINETO]

HERE = pathlib.Path(__file__).resolve().parent
WORDS = HERE.parents[1] / "src" / "nearabout" / "data" / "glove.6B.50d.5k.bin"

STYLE = {
    "svg.hashsalt": "nearabout",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.solid_capstyle": "round",
}
BLUE, SKY, VERMILLION, GREEN, INK, GREY = "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#222222", "#8c8c8c"
TINTS = ("#cfe3f0", "#f3e3bf", "#e4e4e4", "#cfe8dd")  # of cells, neighbours in different ones where it can be

Order = Callable[[Floats, list[Node], Floats], list[Node]]

FRAME = np.array([[-1.65, -1.1], [1.65, -1.1], [1.65, 1.1], [-1.65, 1.1]])
QUERY = np.array([0.05, 0.3])  # between clusters, where the neighbours of a query lie in several leaves
NEAR_QUERY = np.array([[-0.97, -0.38], [1.07, 0.98]])
LEAF_SIZE = 12
SEEDS = (1, 2, 3)


def some_points() -> Floats:
    """Clusters of several shapes and a thin scatter between them, as real vectors have them."""
    random = np.random.default_rng(7)
    angle = random.uniform(0.1, 2.6, 130)
    ring = np.stack([-0.75 + 0.62 * np.cos(angle), -0.1 + 0.75 * np.sin(angle)], axis=1)
    parts = [
        ring + random.normal(scale=0.06, size=ring.shape),
        random.normal((0.75, 0.45), (0.3, 0.18), (110, 2)),
        random.normal((0.25, -0.35), (0.28, 0.22), (140, 2)),
        random.normal((-0.95, -0.65), (0.22, 0.14), (80, 2)),
        random.uniform(FRAME[0], FRAME[2], (60, 2)),
    ]
    points = np.concatenate(parts)
    return points[np.all(np.abs(points) < 0.98 * FRAME[2], axis=1)]


def panel(axes: Axes, title: str, window: Floats = FRAME[[0, 2]]) -> None:
    axes.set(xlim=window[:, 0], ylim=window[:, 1], aspect="equal", xticks=[], yticks=[])
    axes.set_title(title, loc="left")
    for spine in axes.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.6)


def cells(axes: Axes, nodes: Iterable[Node], **style: Any) -> None:
    for node in nodes:
        axes.add_patch(Polygon(cell(FRAME, node.path), closed=True, **style))


def dots(axes: Axes, points: Floats, size: float = 2.4) -> None:
    """Points as one path of tiny strokes with round ends: a third of the bytes that a scatter of markers takes."""
    strokes = Path(np.repeat(points, 2, axis=0) + np.tile([[0, 0], [1e-4, 0]], (len(points), 1)), STROKE * len(points))
    strokes.should_simplify = False
    axes.add_patch(PathPatch(strokes, fill=False, edgecolor="#707070", linewidth=size, capstyle="round"))


def query_and_nearest(axes: Axes, points: Floats, wanted: Ints, looked_at: list[Node]) -> None:
    """The query as a cross, its true neighbours as rings, those that lie in the leaves looked at filled."""
    found = np.isin(wanted, np.concatenate([leaf.rows for leaf in looked_at]))
    fills = [VERMILLION if is_found else "white" for is_found in found]
    x, y = points[wanted].T
    axes.scatter(x, y, s=24, facecolors=fills, edgecolors=VERMILLION, linewidths=1.4, zorder=4)
    axes.scatter(QUERY[0], QUERY[1], marker="X", s=95, color=INK, edgecolors="white", linewidths=1.2, zorder=5)


def row_of_panels(count: int) -> tuple[Figure, list[Axes]]:
    width = 9.6
    figure = Figure(figsize=(width, width / count * 0.667 + 0.22), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, count)))


def draw_points(points: Floats) -> Figure:
    """(a) What is searched."""
    figure = Figure(figsize=(5.4, 3.8), layout="constrained")
    axes = figure.subplots()
    panel(axes, f"{len(points)} points, a query (cross) and its 10 nearest")
    dots(axes, points, 3)
    query_and_nearest(axes, points, nearest(points, QUERY), [Node(np.arange(len(points)), (), True)])
    return figure


def draw_splits(points: Floats) -> Figure:
    """(b) One tree, level by level."""
    tree = grow(points, two_means, LEAF_SIZE, SEEDS[0])
    deepest = max(len(node.path) for node in tree)
    figure, panels = row_of_panels(4)
    for axes, level in zip(panels, (1, 2, 3, deepest), strict=True):
        nodes = at_level(tree, level)
        panel(axes, f"level {level}: {2**level} cells" if level < deepest else f"in the end: {len(nodes)} leaves")
        for place, node in enumerate(nodes):
            cells(axes, [node], facecolor=TINTS[place % len(TINTS)], edgecolor=INK, linewidth=0.5)
        dots(axes, points, 1.8)
    return figure


def draw_trees(points: Floats) -> Figure:
    """(c) The leaf that one query falls into, in three trees."""
    wanted = nearest(points, QUERY)
    figure, panels = row_of_panels(3)
    for number, (axes, seed) in enumerate(zip(panels, SEEDS, strict=True), start=1):
        ranked = leaves([grow(points, two_means, LEAF_SIZE, seed)])
        home = [leaf for leaf in ranked if all(side.margins(QUERY) >= 0 for side in leaf.path)]
        panel(axes, f"tree {number}: its leaf has {round(10 * share_found(home, wanted))} of the 10", NEAR_QUERY)
        cells(axes, ranked, facecolor="white", edgecolor=GREY, linewidth=0.5)
        cells(axes, home, facecolor=SKY, edgecolor=BLUE, linewidth=1.6, alpha=0.7)
        dots(axes, points)
        query_and_nearest(axes, points, wanted, home)
    return figure


def draw_effort(points: Floats) -> Figure:
    """(d) The leaves that a search looks at, with more and more effort."""
    wanted = nearest(points, QUERY)
    ranked = by_centroids(points, leaves([grow(points, two_means, LEAF_SIZE, SEEDS[0])]), QUERY)
    figure, panels = row_of_panels(3)
    for axes, effort in zip(panels, (20, 60, 150), strict=True):
        looked_at = until(ranked, effort)
        panel(
            axes, f"effort {effort}: {len(looked_at)} leaves, recall {share_found(looked_at, wanted):.1f}", NEAR_QUERY
        )
        cells(axes, ranked, facecolor="white", edgecolor=GREY, linewidth=0.5)
        cells(axes, looked_at, facecolor=SKY, edgecolor=BLUE, linewidth=0.8, alpha=0.55)
        dots(axes, points)
        x, y = np.array([points[leaf.rows].mean(axis=0) for leaf in looked_at]).T
        axes.scatter(x, y, marker="+", s=28, color=BLUE, linewidths=1.2, zorder=3)
        query_and_nearest(axes, points, wanted, looked_at)
    return figure


def words_and_queries(most: int) -> tuple[Floats, Floats]:
    """Unit vectors of the words that come with the package; at most so many, taken out, are queries."""
    import nearabout as na

    vectors = np.asarray(na.read(WORDS).vectors, np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    taken = np.zeros(len(vectors), bool)
    taken[np.linspace(0, len(vectors) - 1, most).astype(int)] = True
    return vectors[~taken], vectors[taken]


def recalls(points: Floats, queries: Floats, trees: list[list[Node]], order: Order, efforts: Ints) -> Floats:
    """The share of the 10 nearest in the leaves looked at, for each effort."""
    all_leaves = leaves(trees)
    found = np.zeros(len(efforts))
    for query in queries:
        wanted = nearest(points, query)
        ranked = order(points, all_leaves, query)
        found += [share_found(until(ranked, effort), wanted) for effort in efforts]
    return found / len(queries)


def draw_recall(points: Floats, queries: Floats) -> Figure:
    """(e) Recall by rows looked at: how leaves are split and how they are ranked."""
    efforts = np.array([50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2000])
    grown: dict[Rule, list[list[Node]]] = {
        two_means: [grow(points, two_means, 48, seed) for seed in range(16)],
        two_points: [grow(points, two_points, 48, 0)],
    }
    curves: list[tuple[str, Rule, int, Order, str, str]] = [
        ("two-means, by centroids, 4 trees", two_means, 4, by_centroids, BLUE, "s--"),
        ("two-means, by centroids, 1 tree", two_means, 1, by_centroids, BLUE, "o-"),
        ("two-means, by margins, 16 trees", two_means, 16, by_margins, GREEN, "^--"),
        ("two-means, by margins, 1 tree", two_means, 1, by_margins, GREEN, "v-"),
        ("two points, by margins, 1 tree", two_points, 1, by_margins, VERMILLION, "x:"),
    ]
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for label, rule, count, order, colour, line in curves:
        recall = recalls(points, queries, grown[rule][:count], order, efforts)
        axes.plot(efforts, recall, line, color=colour, label=label, markersize=4.5, linewidth=1.6)
    ticks = [50, 100, 200, 500, 1000, 2000]
    axes.set(xscale="log", xlabel="rows looked at (effort)", ylabel="recall@10 in the leaves", ylim=(0, 1.02))
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, loc="lower right")
    axes.set_title(
        f"{len(points):,} word vectors of {points.shape[1]} dims, {len(queries)} other words as queries", loc="left"
    )
    return figure


def write_all(figures: dict[str, Figure], folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes pictures into a folder, each as its name says; nothing in a file depends on the day."""
    paths = [folder / f"{name}.svg" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
    return paths


def draw_all(folder: pathlib.Path, queries: int = 200) -> list[pathlib.Path]:
    """Writes all pictures into a folder."""
    points = some_points()
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figures = {
            "forest-points": draw_points(points),
            "forest-splits": draw_splits(points),
            "forest-trees": draw_trees(points),
            "forest-effort": draw_effort(points),
            "forest-recall": draw_recall(*words_and_queries(queries)),
        }
        return write_all(figures, folder)


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
