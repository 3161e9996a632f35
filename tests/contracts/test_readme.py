"""The README's two commands are the ones that continuous integration runs: it takes them from the README."""

from __future__ import annotations

import re
import subprocess
import sys
from types import ModuleType

import pytest

from .tree import ROOT, load_script


@pytest.fixture(scope="module")
def extractor() -> ModuleType:
    return load_script("readme_commands")


def test_shell_blocks_are_found_in_order(extractor: ModuleType) -> None:
    page = "```sh\n# why\npip install . && run\n\n```\n```python\nx = 1\n```\n```bash\ntest \\\n  --all\n```\n"
    assert extractor.shell_blocks(page) == ["pip install . && run", "test \\\n  --all"]
    assert extractor.shell_blocks("no block\n```\nplain\n```\n") == []


def test_the_first_block_installs_and_runs_the_second_tests(extractor: ModuleType) -> None:
    first, second = extractor.shell_blocks((ROOT / "README.md").read_text(encoding="utf-8"))[:2]
    assert re.search(r"pip install \.", first)
    assert "nearabout demo" in first
    assert re.search(r"pip install [\"']?\.\[test\]", second)
    assert "pytest" in second


def test_ci_takes_both_blocks_from_the_readme_and_has_no_copy() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("a source archive carries no continuous integration")
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    steps = [line for line in lines if line.startswith("step ")]
    assert steps[0].endswith(" readme_block 1")
    assert steps[1].endswith(" readme_block 2")
    assert not [line for line in lines if re.search(r"nearabout demo|pip install[^#]* \.(\[|\s|$)", line)]


def test_a_block_that_is_not_there_is_refused() -> None:
    script = ROOT / "scripts" / "readme_commands.py"
    done = subprocess.run([sys.executable, str(script), "99"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "give the number of a shell block" in done.stderr
