"""Brings the pages and sources outside docs/ into the site, and mends the links to them (a hook of MkDocs).

Pages link to each other, and to source files, by their places in the repository, so that the links work there as well.
The site gets README.md as its home, the other root pages, the pictures that they show, and a page for each source file
that is linked. A link to a folder becomes plain text: the site has no listing of it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "index.md", "benchmarks/README.md": "benchmarks/README.md"}
PAGES |= {name: name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")}
PAGES |= {"benchmarks/ann_benchmarks/README.md": "benchmarks/ann_benchmarks/README.md"}
_LANGUAGES = {".h": "cpp", ".cpp": "cpp", ".inl": "cpp", ".py": "python", ".yml": "yaml"}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_TABLE_ROW = re.compile(r"^\|.*", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)


def site_place(path: str) -> str | None:
    """Returns where a file of the repository is in the site; None for a folder, or a file that is not there."""
    if path in PAGES:
        return PAGES[path]
    if path.startswith("docs/") and not path.endswith(".py"):
        return path.removeprefix("docs/")
    if f"{path}/README.md" in PAGES:
        return PAGES[f"{path}/README.md"]
    if not (ROOT / path).is_file():
        return None
    return path if path.endswith((".svg", ".png")) else f"source/{path}.md"


def repository_place(page: str, link: str) -> str:
    """Returns the place in the repository that a page's relative link leads to."""
    return os.path.normpath(Path(page).parent / link)


def is_relative(link: str) -> bool:
    """Whether a link leads to another file of the repository."""
    return not re.match(r"[a-z][a-z0-9+.-]*:|#", link)


def with_plain_bars(markdown: str) -> str:
    """Returns the text with plain bars in the code of tables, where GitHub wants a backslash before them."""
    code = re.compile(r"`[^`]*`")
    return _TABLE_ROW.sub(lambda row: code.sub(lambda span: span.group().replace("\\|", "|"), row.group()), markdown)


def with_site_links(markdown: str, page: str) -> str:
    """Returns the text of a page of the repository with links that work in the site."""
    here = Path(site_place(page) or "").parent

    def mended(match: re.Match[str]) -> str:
        picture, text, link = match.groups()
        if not is_relative(link):
            return match.group()
        name, _, anchor = link.partition("#")
        place = site_place(repository_place(page, name))
        if place is None:
            return text
        return f"{picture}[{text}]({os.path.relpath(place, here)}{'#' if anchor else ''}{anchor})"

    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):  # code is left as it is
        parts += [_LINK.sub(mended, markdown[end : fence.start()]), fence.group()]
        end = fence.end()
    return "".join([*parts, _LINK.sub(mended, markdown[end:])])


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages outside docs/, and what they and the pages of docs/ link to."""
    from mkdocs.structure.files import File

    pages = [*PAGES, *(f"docs/{file.src_uri}" for file in files if file.is_documentation_page())]
    linked = set()
    for page in pages:
        text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
        links = [link.partition("#")[0] for _, _, link in _LINK.findall(text) if is_relative(link)]
        linked |= {repository_place(page, link) for link in links if link}
    for path in [*PAGES, *sorted(linked - PAGES.keys())]:
        place = site_place(path)
        if path.startswith("docs/") or place is None or files.get_file_from_path(place):
            continue
        source = (ROOT / path).read_text(encoding="utf-8")
        if place.startswith("source/"):
            language = _LANGUAGES.get(Path(path).suffix, "text")
            source = f"# {path}\n\n````{language}\n{source.rstrip()}\n````\n"
        files.append(File.generated(config, place, content=source))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Mends the links and the tables of a page."""
    own = {place: path for path, place in PAGES.items()}
    if page.file.src_uri.startswith("source/"):
        return markdown
    return with_plain_bars(with_site_links(markdown, own.get(page.file.src_uri, f"docs/{page.file.src_uri}")))
