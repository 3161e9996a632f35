"""Which of many combinations the quick run of the tests takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest


def named(value: Any) -> str:
    return str(getattr(value, "__name__", None) or value)


def star(*lists: Iterable[Any]) -> list[Any]:
    """Every combination, as parameters of a test. The quick run takes those that differ from the first of each list in
    one place at most, so that each value comes once; the rest are marked slow (`scripts/test-slow`)."""
    several = [list(values) for values in lists]
    parameters = []
    for places in itertools.product(*map(range, map(len, several))):
        values = [options[place] for options, place in zip(several, places, strict=True)]
        slow = sum(place > 0 for place in places) > 1
        parameters.append(
            pytest.param(*values, marks=[pytest.mark.slow] if slow else [], id="-".join(map(named, values)))
        )
    return parameters
