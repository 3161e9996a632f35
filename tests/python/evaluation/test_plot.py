"""The picture and the page of a race: whole, without anything from elsewhere, and with what was given escaped."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nearabout as na
from nearabout.evaluation import Hardness, Measured, Race, Run, Skipped, plot, report
from nearabout.evaluation.plot import in_order
from nearabout.evaluation.report import figures

EVIL = "<script>alert('$x$ & \"y\"')</script>"


def points(*pairs: tuple[float, float]) -> list[Measured]:
    return [Measured(None, recall, speed, recall - 0.01, 1.0, recall, 0.5, setting="ef=10") for recall, speed in pairs]


def a_race(*runs: Run, title: str = EVIL) -> Race:
    skipped = [Skipped("scann", "is not installed (pip install scann)")]
    hard = Hardness(500, 8, "cosine", 7.7, 3.0, 2.5)
    return Race(title, 500, 8, 100, "cosine", 10, 1, {"processor": f"fast {EVIL}"}, hard, list(runs), skipped)


RUNS = [
    Run("hnswlib", "hnswlib", "0.8.0", f"M=16 {EVIL}", 1.5, 12_000_000, points((0.85, 900.0), (0.999, 300.0))),
    Run("nearabout ivf", "nearabout", "0.1.0", "64 lists", 0.25, None, points((0.7, 9000.0), (0.96, 3000.0))),
    Run("faiss", "faiss-cpu", problem=f"crashed: ended by the signal SIGSEGV {EVIL}"),
    Run("annoy", "annoy", "1.17", "50 trees", 3.0, 0, points((0.6, 90.0)), one_thread=True),
]


@pytest.fixture(autouse=True)
def _needs_matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn by matplotlib: pip install nearabout[plot]")


def test_the_picture_is_the_same_each_time_and_its_text_stays_text(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "one.png", "two.png"):
        plot(a_race(*RUNS), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    svg = (tmp_path / "one.svg").read_text(encoding="utf-8")
    texts = ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text")]
    assert {"hnswlib", "nearabout ivf", "annoy"} <= set(texts)
    assert "faiss" not in texts  # it measured nothing
    assert any("recall@10" in text for text in texts)
    assert any(EVIL in text for text in texts)  # as text, dollars and all
    assert not re.search(r"Matplotlib v|dc:date|dc:creator", svg)


def test_names_are_in_the_order_of_speed() -> None:
    assert [run.name for run in in_order(RUNS)] == ["nearabout ivf", "hnswlib", "annoy", "faiss"]


class Page(HTMLParser):
    """Tags that are opened and closed, and what would be loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.suspects: list[str] = []
        self.tables = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tables += tag == "table"
        if tag in ("script", "link", "img", "iframe", "object"):
            self.suspects.append(tag)
        for name, value in attributes:
            if name.startswith("on") or (name in ("src", "href", "xlink:href") and not (value or "").startswith("#")):
                self.suspects.append(f"{tag} {name}")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "race.html"
    report(a_race(*RUNS), path)
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert (page.open, page.suspects, page.tables) == ([], [], 4)
    assert "<script" not in text
    assert "url(http" not in text
    for told in (
        "M=16",
        "is not installed (pip install scann)",
        "SIGSEGV",
        "nearabout 0.1.0: 64 lists",
        "12 MB",
        "7.7",
    ):
        assert told in text
    assert "prefers-color-scheme: dark" in text


def test_a_page_without_what_was_not_measured(tmp_path: Path) -> None:
    whole = a_race(RUNS[0], title="")
    bare = Race("", 500, 8, 100, "dot", 10, 2, {}, None, [RUNS[3]], [])
    report(whole, tmp_path / "whole.html")
    report(bare, tmp_path / "bare.html")
    text = (tmp_path / "bare.html").read_text(encoding="utf-8")
    assert "The data" in (tmp_path / "whole.html").read_text(encoding="utf-8")
    assert "The data" not in text
    assert "Did not take part" not in text
    assert "on one thread, because they support no more: annoy" in text


def test_busy_cores_are_on_the_page(tmp_path: Path) -> None:
    report(
        a_race(RUNS[0], dataclasses.replace(RUNS[1], busy_fraction=0.25, repeated_timings=3)), tmp_path / "race.html"
    )
    text = (tmp_path / "race.html").read_text(encoding="utf-8")
    told = "other work used its cores for up to 25% of the time, 3 timings repeated: alone it may be faster"
    assert f"<li>nearabout ivf: {told}</li>" in text
    assert text.count("other work") == 1


def test_figures_of_a_run() -> None:
    assert figures(RUNS[0]) == ["1.50 s", "12 MB", "622", "431", "321", "0.9990"]
    assert figures(RUNS[1])[1:] == ["-", "3,866", "3,129", "-", "0.9600"]
    assert figures(RUNS[2]) == ["-"] * 6


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(na.InvalidInputError, match=r"must end in \.svg or \.png"):
        plot(a_race(*RUNS), tmp_path / "race.pdf")
    with pytest.raises(na.InvalidInputError, match=r"must end in \.html"):
        report(a_race(*RUNS), tmp_path / "race.txt")
    with pytest.raises(na.InvalidInputError, match="nothing to plot"):
        plot(a_race(RUNS[2]), tmp_path / "race.svg")
    with pytest.raises(FileNotFoundError):
        plot(a_race(*RUNS), tmp_path / "none" / "race.svg")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(na.MissingDependencyError, match=r"nearabout\[plot\]"):
        plot(a_race(*RUNS), tmp_path / "race.svg")
