"""Plots a race: recall against queries per second on a logarithmic scale. Needs matplotlib, the extra `plot`."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nearabout.arguments import check_path
from nearabout.errors import InvalidInputError, MissingDependencyError
from nearabout.evaluation.course import Run
from nearabout.evaluation.pareto import pareto_front, queries_per_second_at
from nearabout.evaluation.peers import OURS
from nearabout.evaluation.race import Race

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # keeps text as text, which can be searched and uses the reader's own font
    "svg.hashsalt": "nearabout",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_OTHER = "#888888"
# Okabe and Ito's colours; ours are blues, in the order of the registry. Markers differ as well, for readers who cannot
# distinguish the colours.
_BLUES = (("#003A5D", "*"), ("#56B4E9", "P"), ("#0072B2", "o"))
_LINES = {
    "annoy": ("#E69F00", "v"),
    "faiss": ("#009E73", "^"),
    "hnswlib": ("#CC79A7", "D"),
    "pynndescent": ("#8C6D1F", "<"),
    "scann": ("#707070", "X"),
    "scikit-learn": ("#000000", "s"),
    "usearch": ("#D55E00", ">"),
    "voyager": ("#9467BD", "h"),
}


def plot(race: Race, path: str | os.PathLike[str]) -> None:
    """Plots recall against queries per second; up and to the right is better.

    Args:
        race: result of `race`.
        path: path of the plot, ending in .svg (sharp at any size, searchable text) or .png.

    Raises:
        InvalidInputError: the path has another ending, or the race has no measurements.
        MissingDependencyError: matplotlib is not installed.
        OSError: the folder does not exist.
    """
    name = check_plot(path)
    with _drawn(race) as figure:
        metadata = {"Date": None, "Creator": None} if name.lower().endswith(".svg") else {"Software": None}
        figure.savefig(name, metadata=metadata, facecolor="white", dpi=144)


def check_plot(path: str | os.PathLike[str]) -> str:
    """Returns the path as text if `plot` can write there. Call it before a long race.

    Raises:
        InvalidInputError, MissingDependencyError, OSError: as in `plot`.
    """
    return check_drawing(path, "plot", (".svg", ".png"))


def check_drawing(path: str | os.PathLike[str], what: str, endings: tuple[str, ...]) -> str:
    """Returns the path as text if a plot can be written there with one of these endings."""
    name = check_path(path)
    if not name.lower().endswith(endings):
        raise InvalidInputError(f"the {what} is {name!r}; its name must end in {' or '.join(endings)}")
    library("matplotlib")
    os.stat(os.path.dirname(name) or ".")
    return name


def library(name: str) -> Any:
    """Imports matplotlib or a module of it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError("plots need the library matplotlib: pip install 'nearabout[plot]'") from None


def plot_svg(race: Race) -> str:
    """Returns the plot as the text of an SVG element, for use in a page.

    Raises:
        InvalidInputError: the race has no measurements.
        MissingDependencyError: matplotlib is not installed.
    """
    with _drawn(race) as figure:
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


@contextmanager
def _drawn(race: Race) -> Iterator[Any]:
    shown = [run for run in race.runs if run.points]
    if not shown:
        raise InvalidInputError("this race has no measurements, so there is nothing to plot")
    mpl, figures = library("matplotlib"), library("matplotlib.figure")
    with mpl.rc_context(_STYLE):
        figure = figures.Figure(figsize=(8.6, 5.2), layout="constrained")
        axes = figure.subplots()
        left = _least_recall(shown)
        for run in in_order(shown):
            _draw_line(axes, run, left)
        _draw_frame(axes, race, shown, left)
        figure.legend(loc="outside right center", frameon=False, fontsize=10)
        yield figure


def in_order(runs: Sequence[Run]) -> list[Run]:
    """Sorts runs by speed at a recall of 0.95, fastest first; then those below 0.95, by their maximum recall."""

    def place(run: Run) -> tuple[float, float]:
        speed = queries_per_second_at(run.points, 0.95)
        return (-(speed or 0.0), -max((point.recall for point in run.points), default=0.0))

    return sorted(runs, key=place)


def _least_recall(runs: Sequence[Run]) -> float:
    """Returns the start of the recall axis: 0.8, or less if a contestant does not reach 0.85."""
    lowest = min(max(point.recall for point in run.points) for run in runs)
    return 0.8 if lowest >= 0.85 else max(0.0, int(lowest * 10) / 10 - 0.1)


def _line_of(run: Run) -> tuple[str, str]:
    """Returns the colour and the marker of a contestant."""
    ours = list(OURS)
    return _BLUES[ours.index(run.name) % len(_BLUES)] if run.name in ours else _LINES.get(run.name, (_OTHER, "."))


def _draw_line(axes: Any, run: Run, left: float) -> None:
    """Draws the Pareto front of a contestant, from the last point to the left of the frame on."""
    points = pareto_front(run.points)
    first = max((place for place, point in enumerate(points) if point.recall < left), default=0)
    colour, marker = _line_of(run)
    axes.plot(
        [point.recall for point in points[first:]],
        [point.queries_per_second for point in points[first:]],
        color=colour,
        marker=marker,
        markersize=10 if marker == "*" else 5.5 if run.ours else 4.5,
        linewidth=2.4 if run.ours else 1.3,
        zorder=3 if run.ours else 2,
        label=run.name,
        clip_on=True,
    )


def _draw_frame(axes: Any, race: Race, runs: Sequence[Run], left: float) -> None:
    ticker = library("matplotlib.ticker")
    speeds = [point.queries_per_second for run in runs for point in run.points if point.recall >= left]
    axes.set(xlim=(left, 1 + 0.012 * (1 - left)), yscale="log", ylim=(min(speeds) / 1.25, max(speeds) * 1.25))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.3f}".rstrip("0").rstrip(".")))
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(_thousands))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.grid(color="#e4e4e4", linewidth=0.6)
    threads = "one thread" if race.threads == 1 else f"{race.threads} threads"
    axes.set_xlabel(f"recall@{race.k} (up and to the right is better)")
    axes.set_ylabel(f"queries per second, in a batch, {threads}")
    title = f"{race.title}: " if race.title else ""
    axes.set_title(f"{title}{race.rows:,} x {race.dims:,}, {race.metric}".replace("$", r"\$"), loc="left", fontsize=11)


def _thousands(value: float, _: object = None) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
