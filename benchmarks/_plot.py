"""Draws a race: recall against queries per second in a batch, one panel per set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from _curves import frontier
from _sweep import Run
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

COLUMNS = 3
LEFT = 0.8  # smallest recall shown
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # keeps text as text, which can be searched and uses the reader's own font
    "svg.hashsalt": "nearabout",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Okabe and Ito's colours, ours the strongest. Markers differ as well, for readers who cannot distinguish the colours.
LINES = {
    "nearabout": ("#0072B2", "o"),
    "symqg": ("#D55E00", "s"),
    "faiss": ("#009E73", "^"),
    "faiss_rabitq": ("#56B4E9", "<"),
    "faiss_panorama": ("#E69F00", ">"),
    "lorann": ("#000000", "P"),
    "pynndescent": ("#8c6d1f", "v"),
    "hnswlib": ("#CC79A7", "D"),
    "scann": ("#8c8c8c", "X"),
}

FILTER_COLOURS = ("#0072B2", "#0072B2", "#56B4E9", "#56B4E9", "#D55E00", "#D55E00", "#E69F00", "#E69F00")


def draw_filters(fractions: Sequence[float], lines: dict[str, list[float]], path: Path) -> None:
    """Draws the time of a query against the fraction of rows that a filter allows, one line per index."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        for (name, times), colour in zip(lines.items(), FILTER_COLOURS, strict=True):
            axes.plot(fractions, times, label=name, color=colour, linestyle="--" if "one a call" in name else "-")
        axes.set(xscale="log", yscale="log", xlabel="allowed rows", ylabel="microseconds a query")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
        axes.yaxis.set_major_formatter(FuncFormatter(thousands))
        axes.legend(frameon=False, fontsize=8, ncols=2)
        figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")


GROWTH_COLOURS = ("#0072B2", "#D55E00", "#E69F00")


def draw_growth(sizes: Sequence[int], lines: dict[str, dict[str, list[float | None]]], path: Path) -> None:
    """Draws the time of a query against the number of rows: a panel for each recall and way, a line per kind."""
    titles = list(next(iter(lines.values())))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 5.5), layout="constrained")
        panels = figure.subplots(2, -(-len(titles) // 2), sharex=True, sharey=True, squeeze=False).T.flat
        for axes, title in zip(panels, titles, strict=True):
            for (name, times), colour in zip(lines.items(), GROWTH_COLOURS, strict=True):
                shown = [(rows, time) for rows, time in zip(sizes, times[title], strict=True) if time is not None]
                axes.plot(*zip(*shown, strict=True), label=name, color=colour, marker="o", markersize=3.5)
            axes.set_title(f"recall {title}", loc="left")
            axes.set(xscale="log", yscale="log")
            axes.set_xticks(sizes)
            axes.xaxis.set_major_formatter(FuncFormatter(thousands))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(FuncFormatter(thousands))
            axes.grid(color="#e4e4e4", linewidth=0.6)
        panels[0].legend(frameon=False, fontsize=9)
        figure.supxlabel("rows", fontsize=11)
        figure.supylabel("microseconds a query", fontsize=11)
        figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")


def thousands(value: float, _: object = None) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def draw_line(axes: Axes, run: Run) -> None:
    """Returns the Pareto front of a side, from the last point left of the frame on."""
    points = frontier(run.points, "batch")
    first = max((place for place, point in enumerate(points) if point.recall < LEFT), default=0)
    colour, marker = LINES[run.name]
    ours = run.name == "nearabout"
    axes.plot(
        [point.recall for point in points[first:]],
        [1 / point.batch for point in points[first:]],
        color=colour,
        marker=marker,
        markersize=4.5 if ours else 3.5,
        linewidth=2.4 if ours else 1.2,
        zorder=3 if ours else 2,
        label=run.name,
    )


def draw_panel(axes: Axes, title: str, runs: Sequence[Run]) -> None:
    for run in runs:
        draw_line(axes, run)
    axes.set_title(title, loc="left")
    axes.set(xlim=(LEFT, 1.002), yscale="log")
    axes.set_xticks([0.8, 0.85, 0.9, 0.95, 1.0], [".80", ".85", ".90", ".95", "1"])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(thousands))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(color="#e4e4e4", linewidth=0.6)
    shown = [1 / point.batch for run in runs for point in run.points if point.recall >= LEFT]
    if shown:
        axes.set_ylim(min(shown) / 1.2, max(shown) * 1.2)


def draw(panels: Sequence[tuple[str, Sequence[Run]]], path: Path) -> None:
    """Writes the picture; the legend takes one more panel."""
    columns = min(COLUMNS, len(panels) + 1)
    rows = -(-(len(panels) + 1) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3 * columns, 2.9 * rows), layout="constrained")
        places = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, (title, runs) in zip(places, panels, strict=False):
            draw_panel(axes, title, runs)
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        lines: dict[str, object] = {}
        for axes in places[: len(panels)]:
            handles, labels = axes.get_legend_handles_labels()
            lines.update(zip(labels, handles, strict=True))
        named = [name for name in LINES if name in lines]
        places[len(panels)].legend([lines[name] for name in named], named, loc="center", frameon=False)
        figure.supxlabel("recall@10", fontsize=11)
        figure.supylabel("queries a second", fontsize=11)
        figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
