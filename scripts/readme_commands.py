"""Prints the commands of one of the README's shell blocks: `readme_commands.py 1` is the first.

Continuous integration runs what this prints, so the README cannot promise what does not work.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_SHELL_BLOCK = re.compile(r"^```(?:sh|bash)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def shell_blocks(markdown: str) -> list[str]:
    """The texts of the fenced blocks marked sh or bash, in order, without comment lines and blank lines."""
    blocks = []
    for body in _SHELL_BLOCK.findall(markdown):
        lines = [line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        blocks.append("\n".join(lines))
    return blocks


def main(arguments: list[str]) -> int:
    readme = Path(__file__).resolve().parent.parent / "README.md"
    blocks = shell_blocks(readme.read_text(encoding="utf-8"))
    if len(arguments) != 1 or not arguments[0].isdecimal() or not 1 <= int(arguments[0]) <= len(blocks):
        print(f"readme_commands.py: give the number of a shell block, 1 to {len(blocks)}", file=sys.stderr)
        return 2
    print(blocks[int(arguments[0]) - 1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
