"""Every page is in the site's navigation, and links that work in the repository work in the site."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from .tree import ROOT, load_script


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    return load_script("docs_pages")


def test_the_navigation_has_every_page() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r"(\S+\.md)$", navigation, re.MULTILINE)
    assert len(listed) == len(set(listed))
    written = {page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md")}
    assert written <= set(listed)


def test_bars_in_the_code_of_tables_are_plain(pages: ModuleType) -> None:
    assert pages.with_plain_bars("| `a\\|b` | c\\|d |\n`a\\|b`\n") == "| `a|b` | c\\|d |\n`a\\|b`\n"


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("README.md", "[a](docs/how-to/search.md#by-key)", "[a](how-to/search.md#by-key)"),
        ("README.md", "![a](docs/figures/speed.svg)", "![a](figures/speed.svg)"),
        ("README.md", "[a](benchmarks)", "[a](benchmarks/README.md)"),
        ("README.md", "[a](examples)", "a"),
        ("README.md", "[a](https://example.org) [b](#own)", "[a](https://example.org) [b](#own)"),
        ("docs/how-to/search.md", "[a](../../README.md#how-fast)", "[a](../index.md#how-fast)"),
        ("docs/how-to/search.md", "[a](build-an-index.md)", "[a](build-an-index.md)"),
        (
            "docs/explanation/lists.md",
            "[`a[0]`](../../CMakeLists.txt)",
            "[`a[0]`](../source/CMakeLists.txt.md)",
        ),
        ("README.md", "```\n[a](examples)\n```", "```\n[a](examples)\n```"),
    ],
)
def test_links_are_mended(pages: ModuleType, page: str, link: str, there: str) -> None:
    assert pages.with_site_links(link, page) == there
