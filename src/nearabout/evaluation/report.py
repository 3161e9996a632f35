"""Writes a race as one self-contained HTML page: plot, tables, machine. The page has no scripts and loads nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

from nearabout.evaluation.clock import BUSY
from nearabout.evaluation.pareto import queries_per_second_at
from nearabout.evaluation.plot import check_drawing, in_order, plot_svg
from nearabout.evaluation.race import Race
from nearabout.evaluation.race_protocol import Run

RECALLS = (0.90, 0.95, 0.99)

_STYLE = """
:root { color-scheme: light dark; --line: #d8d8d8; --faint: #666; --paper: #fff; --ink: #1a1a1a; --mark: #e8f1f8; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a3a3a; --faint: #a0a0a0; --paper: #000; --ink: #e4e4e4; --mark: #10293a; }
  figure svg { filter: invert(1) hue-rotate(180deg); }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--paper); color: var(--ink); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
figure { margin: 1.5rem 0; } figure svg { width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 600; } .n { text-align: right; } .ours td { background: var(--mark); }
p.faint, details { color: var(--faint); } summary { cursor: pointer; }
""".strip()

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def report(race: Race, path: str | os.PathLike[str]) -> None:
    """Writes an HTML page with the plot, the results of each contestant, all settings, the data and the machine.

    Args:
        race: result of `race`.
        path: path of the page, ending in .html.

    Raises:
        InvalidInputError: the path has another ending, or the race has no measurements.
        MissingDependencyError: matplotlib is not installed.
        OSError: the folder does not exist.
    """
    name = check_report(path)
    Path(name).write_text(page(race), encoding="utf-8")


def check_report(path: str | os.PathLike[str]) -> str:
    """Returns the path as text if `report` can write there. Call it before a long race.

    Raises:
        InvalidInputError, MissingDependencyError, OSError: as in `report`.
    """
    return check_drawing(path, "report", (".html", ".htm"))


def page(race: Race) -> str:
    """Returns the text of the page."""
    title = escape(race.title or "A race")
    size = f"{race.rows:,} vectors of {race.dims:,} dims, {race.queries:,} queries"
    measured = (
        f"{size}; {escape(race.metric)}, k = {race.k}, {race.threads} thread{'s' if race.threads > 1 else ''}. "
        "Queries run in a batch. Recall counts every row that is as near as the true neighbours."
    )
    parts = [
        f"<h1>{title}</h1>\n<p>{measured}</p>",
        f"<figure>\n{plot_svg(race)}</figure>",
        _contestants(race),
        _data(race),
        _absent(race),
        _settings(race),
        _machine(race),
    ]
    body = "\n".join(filter(None, parts))
    return _PAGE.format(title=title, style=_STYLE, body=body)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: str, marked: Sequence[bool] = ()) -> str:
    """Returns an HTML table of plain text; columns whose letter in `right` is "r" are numbers."""

    def cells(row: Sequence[str], tag: str) -> str:
        kinds = (' class="n"' if right[place : place + 1] == "r" else "" for place in range(len(row)))
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    lines = [f"<tr>{cells(head, 'th')}</tr>"]
    for place, row in enumerate(rows):
        mark = ' class="ours"' if place < len(marked) and marked[place] else ""
        lines.append(f"<tr{mark}>{cells(row, 'td')}</tr>")
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"


def _contestants(race: Race) -> str:
    runs = in_order(race.runs)
    head = ["", "build", "memory", *(f"at {recall:.2f}" for recall in RECALLS), "max recall", "how it was built"]
    rows = [[run.name, *figures(run), made(run)] for run in runs]
    table = _table(head, rows, "lrrrrrrl", [run.ours for run in runs])
    problems = [f"<li>{escape(run.name)}: {escape(run.problem)}</li>" for run in runs if run.problem]
    problems += [f"<li>{escape(run.name)}: {escape(busy(run))}</li>" for run in runs if busy(run)]
    notes = f"\n<ul>{''.join(problems)}</ul>" if problems else ""
    alone = ", ".join(escape(run.name) for run in runs if run.one_thread and race.threads > 1)
    note = f'\n<p class="faint">Searched on one thread, because they support no more: {alone}.</p>' if alone else ""
    return f"<h2>Queries per second at a recall@{race.k}</h2>\n{table}{notes}{note}"


def made(run: Run) -> str:
    """Returns the library and the settings of its build."""
    library = f"{run.package} {run.version}".strip()
    return f"{library}: {run.built}" if run.built else library


def busy(run: Run) -> str:
    """Returns a note on other work on the contestant's cores; "" if there was none."""
    repeated = f"{run.repeated_timings} timing{'s' if run.repeated_timings > 1 else ''} repeated"
    if run.busy_fraction <= BUSY:
        return f"{repeated} because of other work on its cores, then undisturbed" if run.repeated_timings else ""
    note = f"other work used its cores for up to {run.busy_fraction:.0%} of the time"
    return f"{note}{f', {repeated}' if run.repeated_timings else ''}: alone it may be faster"


def figures(run: Run) -> list[str]:
    """Returns build time, memory, queries per second at each recall and the maximum recall as text; "-" if missing."""
    build = "-" if run.build_seconds is None else f"{run.build_seconds:.2f} s"
    memory = "-" if run.memory_bytes is None else f"{run.memory_bytes / 1e6:,.0f} MB"
    speeds = [queries_per_second_at(run.points, recall) for recall in RECALLS]
    most = max((point.recall for point in run.points), default=None)
    return [
        build,
        memory,
        *("-" if speed is None else f"{speed:,.0f}" for speed in speeds),
        "-" if most is None else f"{most:.4f}",
    ]


def _data(race: Race) -> str:
    if race.hardness is None:
        return ""
    hard = race.hardness
    rows = [
        ["intrinsic dimension", f"{hard.intrinsic_dimension:.1f}"],
        ["mean distance over that of the nearest neighbour", f"{hard.contrast:.2f}"],
        ["mean distance over that of the 10th neighbour", f"{hard.contrast_10:.2f}"],
    ]
    return f"<h2>The data</h2>\n<p>{escape(hard.summary())}</p>\n{_table(['', ''], rows, 'lr')}"


def _absent(race: Race) -> str:
    if not race.skipped:
        return ""
    lines = "".join(f"<li>{escape(skip.name)}: {escape(skip.reason)}</li>" for skip in race.skipped)
    return f"<h2>Did not take part</h2>\n<ul>{lines}</ul>"


def _settings(race: Race) -> str:
    rows = [
        [
            run.name,
            point.setting,
            f"{point.recall:.4f}",
            f"{point.recall_low:.4f} to {point.recall_high:.4f}",
            "-" if point.relative_error is None else f"{point.relative_error:.2g}",
            f"{point.queries_per_second:,.0f}",
        ]
        for run in in_order(race.runs)
        for point in run.points
    ]
    head = ["", "setting", "recall", "95 % interval", "relative error of distances", "queries per second"]
    table = _table(head, rows, "llrrrr")
    summary = f"<summary>{len(rows)} settings on the Pareto fronts of the contestants</summary>"
    return f"<h2>All settings</h2>\n<details>{summary}\n{table}</details>"


def _machine(race: Race) -> str:
    return f"<h2>The machine</h2>\n{_table(['', ''], [list(pair) for pair in race.machine.items()], 'll')}"
