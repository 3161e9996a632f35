"""What the tests of the formats share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from nearabout.errors import MissingDependencyError

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def samples() -> Path:
    """Small files, each written by the library that people write such files with (tests/files/formats/make.py)."""
    return ROOT / "tests" / "files" / "formats"


@pytest.fixture
def large_samples() -> Path:
    """The large sample data beside the project, which not everyone has."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the large sample data is not at {folder}")
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    """Makes a file of a name and a content."""

    def make(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rows that are left out are no error here: test_warnings.py looks at what is told of them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::nearabout.errors.NearaboutWarning"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """A test that needs an optional library is skipped where it is missing; the sentence names what to install."""
    try:
        return (yield)
    except MissingDependencyError as missing:
        pytest.skip(str(missing))
