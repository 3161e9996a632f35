"""What is published speaks of the project alone, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .tree import place, tracked_files

# Paths of somebody's machine, and words that tell how and where the text was written instead of what it says.
_MACHINE_PATH = re.compile(r"(?<![\w.$~}/-])/(home|Users|root|work|farm|workspace|tmp)/[A-Za-z.]|\b[A-Z]:\\\\?Users\b")
_WORKPLACE = re.compile(
    r"\b(sub-?agents?|agents?|work-?trees?|co-authored-by|chatbots?|this session|the session's|TODO|FIXME|XXX)\b",
    re.IGNORECASE,
)
_BINARY = {
    ".near",
    ".bin",
    ".npy",
    ".npz",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".zip",
    ".h5",
    ".hdf5",
    ".parquet",
    ".feather",
}
_BINARY |= {".arrow", ".pkl", ".png", ".safetensors", ".fvecs", ".bvecs", ".ivecs", ".fbin", ".u8bin", ".i8bin"}

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|^\[[^\]\n]+\]:\s*(\S+)", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_MARKDOWN_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


def telling_words(text: str) -> list[tuple[int, str]]:
    """(line, word) of each machine path or workplace word."""
    found = [*_MACHINE_PATH.finditer(text), *_WORKPLACE.finditer(text)]
    return sorted((text.count("\n", 0, match.start()) + 1, match.group()) for match in found)


def anchors(markdown: str) -> set[str]:
    """The names that headings can be linked by: lower case, spaces to hyphens, punctuation dropped."""
    headings = _MARKDOWN_HEADING.findall(_FENCE.sub("", markdown))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The links of a Markdown page to files or headings that are not there; other sites are not asked."""
    text = page.read_text(encoding="utf-8")
    broken = []
    for match in _LINK.finditer(_FENCE.sub("", text)):
        link = match.group(1) or match.group(2)
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


def test_files_are_no_links() -> None:
    """A link that was made for a moment's work hides one thing behind another, and is a text file on Windows."""
    links = [place(path) for path in tracked_files() if path.is_symlink()]
    assert not links


def test_the_text_speaks_of_the_project_alone() -> None:
    complaints = []
    for path in tracked_files():
        if path.suffix in _BINARY or path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a sample of broken bytes, not something to read
        complaints += [f"{place(path, line)}: {word}" for line, word in telling_words(text)]
    assert not complaints, "\n".join(complaints)


def long_lines(markdown: str) -> list[int]:
    """The numbers of the lines that could be wrapped at 120 columns: not those of code, tables, pictures and links."""
    lines = _FENCE.sub(lambda fenced: "\n" * fenced.group().count("\n"), markdown).splitlines()
    return [
        number
        for number, line in enumerate(lines, start=1)
        if len(line) > 120 and not line.lstrip().startswith(("|", "![", "[", "<")) and " " in line[:120].strip()
    ]


def test_pages_are_wrapped() -> None:
    pages = [page for page in tracked_files() if page.suffix == ".md" and "docs" in page.parts]
    complaints = [
        f"{place(page, line)}: wrap it at 120 columns"
        for page in pages
        for line in long_lines(page.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_every_link_resolves() -> None:
    complaints = [
        f"{place(page)}: {link}" for page in tracked_files() if page.suffix == ".md" for link in broken_links(page)
    ]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    "bad", ["see /home/ann/near", '"/tmp/words.near"', "C:\\Users\\ann", "an agent", "in the worktree", "# TODO: later"]
)
def test_the_checker_sees_telling_words(bad: str) -> None:
    assert [line for line, _ in telling_words(f"fine\n{bad}\n")] == [2]


def test_the_checker_sees_long_lines() -> None:
    words = "word " * 30
    assert long_lines(f"fine\n{words}\n```\n{words}\n```\n| {words} |\n{words}\n") == [2, 7]


def test_the_checker_passes_plain_text() -> None:
    fine = "https://example.org/work/Ann and $HOME/work/x, reagents, /usr/bin/env, tests/core/work/a, ../work/b\n"
    assert telling_words(fine) == []


def test_the_checker_sees_broken_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# A heading, here\n", encoding="utf-8")
    page.write_text(
        "[a](other.md) [b](other.md#a-heading-here) [c](#own)\n## Own\n[d](https://example.org)\n"
        "[e](missing.md) [f](other.md#nowhere)\n```\n[g](not-a-link.md)\n```\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["missing.md", "other.md#nowhere"]
