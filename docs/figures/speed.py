"""Draws docs/figures/speed.svg, the picture at the top of the README: `python docs/figures/speed.py` (`figures` extra).

The numbers are those of the README's table of lists beside other libraries, read from the README, so that picture and
table cannot differ.
"""

from __future__ import annotations

import pathlib
from typing import Any, NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
from forest import BLUE, GREY, HERE, INK, SKY, STYLE

README = HERE.parent.parent / "README.md"


class Speeds(NamedTuple):
    """One line of the table: thousands of queries a second."""

    data: str
    batch: float
    other_batch: float
    single: float
    other_single: float


def speeds(readme: str) -> list[Speeds]:
    """Returns the lines of the table whose head begins with lists, batch."""
    table = readme[readme.index("| | lists, batch |") :].partition("\n\n")[0].splitlines()[2:]
    rows = []
    for line in table:
        data, batch, other, single, other_single, *_ = (cell.strip() for cell in line.strip("|").split("|"))
        numbers = [float(cell.split()[0]) for cell in (batch, other, single, other_single)]
        rows.append(Speeds(data.partition(",")[0], *numbers))
    return rows


def draw(rows: list[Speeds]) -> Any:
    """Returns a figure of bars: ours and the best other library's, in a batch and one query a call."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
    places = range(len(rows))
    for panel, title, ours, others in (
        (panels[0], "in a batch", [row.batch for row in rows], [row.other_batch for row in rows]),
        (panels[1], "one query a call", [row.single for row in rows], [row.other_single for row in rows]),
    ):
        panel.barh([place - 0.2 for place in places], ours, height=0.38, color=BLUE, label="Nearabout, lists of codes")
        panel.barh(
            [place + 0.2 for place in places],
            others,
            height=0.38,
            color=SKY,
            label="the fastest of symqg, faiss and scann",
        )
        for place, mine, theirs in zip(places, ours, others, strict=True):
            panel.text(mine, place - 0.2, f" {mine:g}", va="center", color=INK)
            panel.text(theirs, place + 0.2, f" {theirs:g}", va="center", color=INK)
        panel.set_title(title, color=INK)
        panel.set_xlabel("thousands of queries a second, recall@10 of 0.95", color=GREY)
        panel.set_xlim(0, 1.12 * max(ours))
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(list(places), [row.data for row in rows])
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_all(folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes the picture into a folder."""
    path = folder / "speed.svg"
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        draw(speeds(README.read_text(encoding="utf-8"))).savefig(
            path, metadata={"Date": None, "Creator": None}, facecolor="white"
        )
    return [path]


if __name__ == "__main__":
    for written in draw_all(HERE):
        print(f"{written.name}: {written.stat().st_size:,} bytes")
