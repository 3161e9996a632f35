"""Makes docstrings ready for the site: an extension of Griffe, for mkdocstrings.

Examples stand in docstrings as bare doctests, and are fenced here. A `Returns:` section gets the type of the signature:
Griffe would take a first sentence with a colon for one.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\n).*)*", re.MULTILINE)
_RETURNS = re.compile(r"^Returns:\n    (?=\S)", re.MULTILINE)
_LITERAL = re.compile(r"::\n\n((?:    .*\n|\n)+)")


def fenced(docstring: str) -> str:
    """Returns a docstring with fences around its examples and around blocks that follow a double colon."""
    literal = _LITERAL.sub(lambda match: f"\n\n```text\n{_dedented(match.group(1))}\n```\n\n", docstring)
    return _EXAMPLE.sub(lambda match: f"```python\n{match.group()}\n```", literal)


def _dedented(block: str) -> str:
    return re.sub(r"^    ", "", block.strip("\n"), flags=re.MULTILINE)


class Doctests(griffe.Extension):
    """Changes each docstring as it is loaded."""

    def on_instance(self, *, obj: Any, **_: Any) -> None:
        """Changes the docstring of one object."""
        if obj.docstring:
            text = fenced(obj.docstring.value)
            if obj.is_function and obj.returns is not None:
                text = _RETURNS.sub(lambda match: f"{match.group()}{obj.returns}: ", text)
            obj.docstring.value = text
