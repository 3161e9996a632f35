"""Draws the pictures of docs/explanation/hashing.md: `python docs/figures/hashing.py` (needs the `figures` extra).

The planes are learnt here in plain NumPy; recall is that of the library. All is seeded, and the same version of
matplotlib writes the same bytes on the same processor. Colours and strokes are those of forest.py.
"""

from __future__ import annotations

import pathlib

import matplotlib as mpl
import numpy as np
from forest import BLUE, GREEN, INK, STYLE, TINTS, VERMILLION, dots, panel, row_of_panels, words_and_queries, write_all
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from small_trees import Floats, nearest

HERE = pathlib.Path(__file__).resolve().parent
FRAME = np.array([[-1.5, -1.1], [1.5, 1.1]])
CENTRES = np.array([[1.0, 0.12], [-0.95, -0.1], [0.05, 0.72], [-0.1, -0.75]])
POINTS_EACH = 70
TURNS = 50
FAR = 5.0  # outside of the frame
BITS = (16, 32, 64, 128, 256, 512)
COMPARED = 100  # rows


def some_clusters() -> Floats:
    """Four clusters that the principal axes go through, as those of real data often do."""
    random = np.random.default_rng(3)
    spread = ((0.22, 0.1), (0.2, 0.12), (0.13, 0.12), (0.14, 0.12))
    parts = [random.normal(centre, own, (POINTS_EACH, 2)) for centre, own in zip(CENTRES, spread, strict=True)]
    points: Floats = np.concatenate(parts)
    return points


def principal_axes(points: Floats) -> Floats:
    """The directions of largest variance, as columns."""
    axes: Floats = np.linalg.eigh(np.cov(points.T))[1][:, ::-1]
    return axes


def turned_axes(points: Floats) -> Floats:
    """Iterative quantization: the rotation of the principal axes that takes points nearest to corners of a square."""
    axes = principal_axes(points)
    along = (points - points.mean(axis=0)) @ axes
    angle = 0.15
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for _ in range(TURNS):
        left, _, right = np.linalg.svd(along.T @ np.sign(along @ rotation))
        rotation = left @ right
    turned: Floats = axes @ rotation
    return turned


def bits_of(points: Floats, centre: Floats, normals: Floats) -> Floats:
    """The code of each point, as a number."""
    signs = (points - centre) @ normals > 0
    codes: Floats = signs @ (2 ** np.arange(normals.shape[1]))
    return codes


def draw_sides(axes: Axes, points: Floats, normals: Floats, title: str) -> None:
    """The two planes, a tint for each code, and the points."""
    centre = points.mean(axis=0)
    panel(axes, title, FRAME)
    along = np.concatenate([np.stack([-normals[1], normals[0]]).T, np.stack([normals[1], -normals[0]]).T])
    around = along[np.argsort(np.arctan2(along[:, 1], along[:, 0]))]
    for tint, one, other in zip(TINTS, around, np.roll(around, -1, axis=0), strict=True):
        axes.add_patch(Polygon(centre + FAR * np.stack([0 * one, one, one + other, other]), color=tint, linewidth=0))
    for normal, colour in zip(normals.T, (BLUE, VERMILLION), strict=True):
        ends = centre + np.array([[-FAR], [FAR]]) * np.array([-normal[1], normal[0]])
        axes.plot(*ends.T, color=colour, linewidth=1.8)
    dots(axes, points, 2.6)
    axes.plot(*centre, marker="+", color=INK, markersize=9, markeredgewidth=1.4)


def together(points: Floats, normals: Floats) -> float:
    """The fraction of pairs of points of the same cluster that have the same code."""
    codes = bits_of(points, points.mean(axis=0), normals).reshape(-1, POINTS_EACH)
    return float(np.mean(codes[:, :, None] == codes[:, None, :]))


def draw_planes(points: Floats) -> Figure:
    """(a) Two planes: random, along the principal axes, and turned."""
    random = np.random.default_rng(12).normal(size=(2, 2))
    ways = {
        "random planes": random / np.linalg.norm(random, axis=0),
        "principal axes": principal_axes(points),
        "turned (ITQ)": turned_axes(points),
    }
    figure, panels = row_of_panels(len(ways))
    for axes, (name, normals) in zip(panels, ways.items(), strict=True):
        draw_sides(axes, points, normals, f"{name}: {together(points, normals):.0%} of pairs together")
    return figure


def recalls(points: Floats, queries: Floats, hashing: str) -> list[float]:
    """Recall@10 of comparing the rows with the nearest codes, for each number of bits."""
    import nearabout as na

    wanted = [nearest(points, query) for query in queries]
    found = []
    for bits in BITS:
        kind = na.LSH(bits=bits, hashing=hashing)
        index = na.build(points.astype(np.float32), metric="cosine", kind=kind, calibrate=False, threads=1)
        rows = index.search(queries.astype(np.float32), k=10, effort=COMPARED, threads=1).rows
        found.append(float(np.mean([np.isin(true, own).mean() for true, own in zip(wanted, rows, strict=True)])))
    return found


def draw_recall(points: Floats, queries: Floats) -> Figure:
    """(b) Recall by bits."""
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.subplots()
    for hashing, colour, line in (("itq", BLUE, "o-"), ("hyperplanes", GREEN, "^--")):
        axes.plot(BITS, recalls(points, queries, hashing), line, color=colour, label=hashing, linewidth=1.6)
    axes.set(xscale="log", xlabel="bits of a code", ylabel=f"recall@10 of the {COMPARED} nearest codes", ylim=(0, 1.02))
    axes.set_xticks(BITS, [str(bits) for bits in BITS])
    axes.minorticks_off()
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, loc="lower right")
    axes.set_title(
        f"{len(points):,} word vectors of {points.shape[1]} dims, {len(queries)} other words as queries", loc="left"
    )
    return figure


def draw_all(folder: pathlib.Path, queries: int = 200) -> list[pathlib.Path]:
    """Writes all pictures into a folder."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figures = {
            "hashing-planes": draw_planes(some_clusters()),
            "hashing-recall": draw_recall(*words_and_queries(queries)),
        }
        return write_all(figures, folder)


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
