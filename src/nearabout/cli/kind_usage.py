"""The parts of usage texts about kinds of index, taken from the registry, so that a new kind appears in them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from nearabout.errors import InvalidInputError
from nearabout.kinds import KINDS

_WIDTH = 120


def kind_names() -> str:
    """Returns the values of --kind as a phrase: auto (default: ...), exact, forest or ivf."""
    return _listed(["auto (default: chosen by rows and dims)", *KINDS])


def seeded_names() -> str:
    """Returns the names of the kinds whose builds are random, as a phrase."""
    return _listed([kind.name for kind in KINDS.values() if kind.takes_seed])


def tuned_names() -> str:
    """Returns the names of the kinds that choose parameters by workload and family, as a phrase."""
    return _listed(["auto", *(kind.name for kind in KINDS.values() if kind.is_tuned)])


def settings_usage(indent: int) -> str:
    """Returns one paragraph per kind with its settings for --set; the first line is not indented."""
    width = max(map(len, KINDS)) + 2
    paragraphs = [
        textwrap.wrap(f"{kind.name:{width}}{kind.settings_usage}", _WIDTH - indent, subsequent_indent=" " * width)
        for kind in KINDS.values()
    ]
    return f"\n{' ' * indent}".join(line for lines in paragraphs for line in lines)


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def settings_of(given: list[str]) -> dict[str, str]:
    """Returns `name=value` settings as a dict."""
    settings = {}
    for setting in given:
        name, equals, value = setting.partition("=")
        if not equals or not name or not value:
            raise InvalidInputError(f"--set {setting}: pass a setting as name=value, such as --set trees=4")
        settings[name] = value
    return settings
