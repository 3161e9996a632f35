"""Where the project's files are, and how C++ reads without its comments and strings. Shared by the contracts."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "nearabout"
CPP_SUFFIXES = {".h", ".cpp", ".inl"}

# Whatever is quoted or commented out; the string alternatives come first, so that "//" inside a string is no comment.
_QUOTED_OR_COMMENT = re.compile(
    r'R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/',
    re.DOTALL,
)


def code_only(text: str) -> str:
    """C++ text with comments and the insides of literals blanked, line for line; `#include "…"` lines stay whole."""

    def blank(match: re.Match[str]) -> str:
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start : match.start()].strip() in ("#include", "# include"):
            return match.group()
        return "\n" * match.group().count("\n") or " "

    return _QUOTED_OR_COMMENT.sub(blank, text)


def cpp_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in CPP_SUFFIXES:
                yield path


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def tracked_files() -> list[Path]:
    """Every file under version control; skips the calling test where there is no repository (a source archive)."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = (ROOT / name for name in listing.split("\0") if name)
    return [path for path in paths if path.is_file() or path.is_symlink()]


def place(path: Path, line: int | None = None) -> str:
    """`core/base/error.h:12`, as a complaint names it."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()
    return name if line is None else f"{name}:{line}"


def load_script(name: str) -> ModuleType:
    """Imports scripts/NAME.py, which is on no path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
