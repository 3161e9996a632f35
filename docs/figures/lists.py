"""Draws the pictures of docs/explanation/lists.md: `python docs/figures/lists.py` (needs the `figures` extra).

Cells and codes are those of lists_codes.py, in plain NumPy; recall is that of the library. All is seeded, and the same
version of matplotlib writes the same bytes on the same processor. Points, colours and strokes are those of forest.py.
"""

from __future__ import annotations

import pathlib

import matplotlib as mpl
import numpy as np
from forest import (
    BLUE,
    GREEN,
    GREY,
    INK,
    QUERY,
    SKY,
    STYLE,
    VERMILLION,
    cells,
    dots,
    panel,
    query_and_nearest,
    row_of_panels,
    some_points,
    words_and_queries,
    write_all,
)
from lists_codes import encode, lists_of, lloyd, mixed_directions, squares_to
from matplotlib.figure import Figure
from small_trees import Floats, nearest, share_found

HERE = pathlib.Path(__file__).resolve().parent
CELLS = 21  # what the library takes at most for as many points: 24 for a list
WORD_LISTS = 160  # what it takes for the words
CODE_BYTES = 12  # of two bits a direction: 48 directions, whole blocks of 16
DIRECTIONS = 32  # of 50: so that something is left out
EVERY = 9  # one word in so many is drawn, and all neighbours
FAR = 40  # rows that look nearest


def draw_cells(points: Floats) -> Figure:
    """(a) The lists that a search looks into, with more and more effort."""
    wanted = nearest(points, QUERY)
    centroids, lists = lists_of(points, CELLS)
    order = np.argsort(((centroids - QUERY) ** 2).sum(axis=1), kind="stable")
    figure, panels = row_of_panels(3)
    for axes, probes in zip(panels, (1, 2, 4), strict=True):
        probed = [lists[own] for own in order[:probes]]
        found = share_found(probed, wanted)
        panel(axes, f"effort {probes}: {sum(len(own.rows) for own in probed)} rows, recall {found:.1f}")
        cells(axes, lists, facecolor="white", edgecolor=GREY, linewidth=0.6)
        cells(axes, probed, facecolor=SKY, edgecolor=BLUE, linewidth=1.0, alpha=0.55)
        dots(axes, points, 2)
        x, y = centroids.T
        axes.scatter(x, y, marker="+", s=28, color=BLUE, linewidths=1.2, zorder=3)
        query_and_nearest(axes, points, wanted, probed)
    return figure


class WordLists:
    """Lists and codes of all words, of 1, 2 and 4 bits; 0 stands for the residuals themselves."""

    def __init__(self, points: Floats) -> None:
        self.points, self.centre = points, points.mean(axis=0)
        self.directions = mixed_directions(points, DIRECTIONS)
        self.images, self.rests = self.project(points)
        self.centroids, lists = lloyd(self.images, WORD_LISTS)
        self.codes = {bits: encode(self.images, self.rests, self.centroids, lists, bits) for bits in (1, 2, 4)}

    def project(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Images, and the squares of rests."""
        centred = vectors - self.centre
        images = centred @ self.directions
        return images, (centred**2).sum(axis=1) - (images**2).sum(axis=1)

    def distances(self, query: Floats) -> tuple[Floats, dict[int, Floats]]:
        """True squared distances of a query to all words, and estimates of them by bits."""
        image, rest = self.project(query[None, :])
        found = {bits: codes.estimates(image[0], float(rest[0]), self.centroids) for bits, codes in self.codes.items()}
        found[0] = squares_to(image, self.images)[0] + self.rests + rest[0]
        return squares_to(query[None, :], self.points)[0], found


def print_averages(points: Floats, queries: Floats) -> None:
    """The errors of estimates that the page has as a table."""
    words = WordLists(points)
    errors: dict[int, list[tuple[float, float, float]]] = {}
    for query in queries:
        true, estimates = words.distances(query)
        near = np.argsort(true, kind="stable")[:10]
        for bits, estimate in estimates.items():
            first = np.isin(near, np.argsort(estimate, kind="stable")[:FAR]).sum()
            off = estimate - true
            errors.setdefault(bits, []).append((float((off**2).mean()), float(off[near].mean()), float(first)))
    for bits, values in sorted(errors.items()):
        square, near_off, first = np.array(values).mean(axis=0)
        print(
            f"{bits} bits: off by {square**0.5:.3f}, near rows by {near_off:+.3f}, {first:.1f} of 10 in the first {FAR}"
        )


def draw_estimates(points: Floats, query: Floats) -> Figure:
    """(b) What codes say of the distance, beside what it is."""
    true, estimates = WordLists(points).distances(query)
    estimates.pop(0)
    wanted = np.argsort(true, kind="stable")[:10]
    some = np.unique(np.concatenate([np.arange(0, len(points), EVERY), wanted]))
    low, high = 0.95 * float(min(each.min() for each in estimates.values())), 1.02 * float(true.max())
    figure = Figure(figsize=(9.6, 3.7), layout="constrained")
    panels = figure.subplots(1, 3, sharex=True, sharey=True)
    for axes, (bits, estimate) in zip(panels, estimates.items(), strict=True):
        first = np.isin(wanted, np.argsort(estimate, kind="stable")[:FAR])
        off = float(np.sqrt(((estimate - true) ** 2).mean()))
        axes.set_title(f"{bits} bit{'s' * (bits > 1)}: off by {off:.2f}, {first.sum()} of 10 in the first {FAR}")
        dots(axes, np.stack([true, estimate], axis=1)[some], 2)
        axes.plot([low, high], [low, high], color=INK, linewidth=0.8)
        axes.axhline(np.sort(estimate)[FAR - 1], color=BLUE, linestyle="--", linewidth=1.0)
        fills = [VERMILLION if is_first else "white" for is_first in first]
        axes.scatter(true[wanted], estimate[wanted], s=22, facecolors=fills, edgecolors=VERMILLION, zorder=4)
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", xlabel="true squared distance")
    panels[0].set_ylabel("estimate")
    return figure


def draw_recall(points: Floats, queries: Floats) -> Figure:
    """(c) Recall by effort: as it was measured at build, and on queries that the index has not seen."""
    import nearabout as na

    vectors = points.astype(np.float32)
    index = na.build(vectors, metric="cosine", kind=na.IVF(codes=CODE_BYTES), threads=1)
    # Of points with the same effort the last counts, as it does in a search.
    curve = {int(effort): (recall, depth) for recall, effort, depth in index.info()["curves"][10]}
    probes, measured = list(curve), [recall for recall, _ in curve.values()]
    wanted = [nearest(points, query) for query in queries]
    fresh = []
    for effort in probes:
        rows = index.search(queries.astype(np.float32), k=10, effort=effort, threads=1).rows
        fresh.append(np.mean([np.isin(true, found).mean() for true, found in zip(wanted, rows, strict=True)]))
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(probes, measured, "o-", color=BLUE, label="measured at build, on 384 rows", markersize=4.5)
    label = f"found, by {len(queries)} other words"
    axes.plot(probes, fresh, "x--", color=VERMILLION, label=label, markersize=5.5)
    for effort, (recall, depth) in curve.items():
        axes.annotate(f"{depth:.0f}", (effort, recall), (3, -11), textcoords="offset points", fontsize=7, color=GREEN)
    axes.set(
        xscale="log", xlabel="lists looked into (effort); in green, the depth", ylabel="recall@10", ylim=(0.5, 1.02)
    )
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100) if probes[0] <= tick <= probes[-1]]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, loc="lower right")
    lists = index.info()["lists"]
    axes.set_title(f"{len(points):,} word vectors of {points.shape[1]} dims in {lists} lists, cosine", loc="left")
    return figure


def draw_all(folder: pathlib.Path, queries: int = 200) -> list[pathlib.Path]:
    """Writes all pictures into a folder."""
    words, others = words_and_queries(queries)
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figures = {
            "lists-cells": draw_cells(some_points()),
            "lists-estimates": draw_estimates(words, others[len(others) // 2]),
            "lists-recall": draw_recall(words, others),
        }
        return write_all(figures, folder)


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
    print_averages(*words_and_queries(200))
