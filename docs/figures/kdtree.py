"""Draws the picture of docs/explanation/kdtree.md: `python docs/figures/kdtree.py` (needs the `figures` extra).

The tree is grown in plain NumPy as the library grows its own: parts are divided where they are widest, so that leaves
are full. All is seeded, and the same version of matplotlib writes the same bytes. Points, colours and strokes are those
of forest.py.
"""

from __future__ import annotations

import pathlib

import matplotlib as mpl
import numpy as np
from forest import (
    BLUE,
    FRAME,
    GREY,
    INK,
    QUERY,
    SKY,
    STYLE,
    TINTS,
    dots,
    panel,
    query_and_nearest,
    row_of_panels,
    some_points,
    write_all,
)
from forest import cells as draw_cells
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from small_trees import Floats, HalfSpace, Ints, Node, nearest

HERE = pathlib.Path(__file__).resolve().parent
LEAF_SIZE = 16


def lower_leaves(count: int) -> int:
    """How many of so many leaves are on the lower side: half of the children that a node over them has."""
    child = 1
    while child * 16 < count:
        child *= 16
    return (-(-count // child) + 1) // 2 * child


def grow(points: Floats, rows: Ints, path: tuple[HalfSpace, ...] = ()) -> list[Node]:
    """The leaves, in the order of the tree."""
    count = -(-len(rows) // LEAF_SIZE)
    if count == 1:
        return [Node(rows, path, True)]
    values = points[rows]
    dim = int(np.argmax(values.max(axis=0) - values.min(axis=0)))
    order = rows[np.argsort(values[:, dim], kind="stable")]
    middle = lower_leaves(count) * LEAF_SIZE
    border = float(points[order[middle - 1 : middle + 1], dim].mean())
    normal = np.eye(2)[dim]
    low, high = HalfSpace(-normal, -border), HalfSpace(normal, border)
    return [*grow(points, order[:middle], (*path, low)), *grow(points, order[middle:], (*path, high))]


def box_of(points: Floats, leaf: Node) -> tuple[Floats, Floats]:
    """The lowest and the highest corner of the box around a leaf's points."""
    return points[leaf.rows].min(axis=0), points[leaf.rows].max(axis=0)


def distance_to(box: tuple[Floats, Floats], query: Floats) -> float:
    low, high = box
    return float(np.linalg.norm(np.maximum(np.maximum(low - query, query - high), 0)))


def visited(points: Floats, leaves: list[Node], query: Floats, wanted: int) -> list[Node]:
    """The leaves that an exact search visits, the nearest first."""
    found: list[float] = []
    taken = []
    for leaf in sorted(leaves, key=lambda leaf: distance_to(box_of(points, leaf), query)):
        if len(found) == wanted and distance_to(box_of(points, leaf), query) > found[-1]:
            break
        taken.append(leaf)
        found = sorted([*found, *np.linalg.norm(points[leaf.rows] - query, axis=1)])[:wanted]
    return taken


def draw_cells_and_search(points: Floats) -> Figure:
    """The cells, the boxes around what they hold, and the boxes that a search visits."""
    leaves = grow(points, np.arange(len(points)))
    wanted = nearest(points, QUERY)
    taken = visited(points, leaves, QUERY, len(wanted))
    figure, panels = row_of_panels(3)
    titles = (
        f"{len(points)} points in {len(leaves)} leaves",
        "a box around each leaf",
        f"a search visits {len(taken)} leaves",
    )
    for axes, title in zip(panels, titles, strict=True):
        panel(axes, title)
    for place, leaf in enumerate(leaves):
        draw_cells(panels[0], [leaf], facecolor=TINTS[place % len(TINTS)], edgecolor=INK, linewidth=0.5)
        low, high = box_of(points, leaf)
        for axes in panels[1:]:
            is_taken = axes is panels[2] and any(leaf is other for other in taken)
            style = {"facecolor": SKY, "alpha": 0.55} if is_taken else {"facecolor": "none"}
            edge = BLUE if axes is panels[1] or is_taken else GREY
            axes.add_patch(Rectangle(low, *(high - low), edgecolor=edge, linewidth=0.8, **style))
    for axes in panels:
        dots(axes, points, 1.8)
    radius = float(np.linalg.norm(points[wanted] - QUERY, axis=1).max())
    panels[2].add_patch(Circle(QUERY, radius, fill=False, edgecolor=INK, linewidth=0.9, linestyle="--", zorder=4))
    query_and_nearest(panels[2], points, wanted, taken)
    assert np.all(np.abs(points) <= FRAME[2])
    return figure


def draw_all(folder: pathlib.Path, queries: int = 0) -> list[pathlib.Path]:
    """Writes the picture into a folder."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        return write_all({"kdtree-search": draw_cells_and_search(some_points())}, folder)


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
