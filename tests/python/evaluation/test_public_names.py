"""What `nearabout.evaluation` offers: these names, each with a text, and none of them a module by accident."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest

from nearabout import evaluation

NAMES = [
    "DataSet", "Evaluated", "Hardness", "Interval", "Measured", "Questions", "Race", "Run", "Skipped", "Truth",
    "contrast", "evaluate", "ground_truth", "hardness", "interval", "intrinsic_dimension", "pareto_front", "plot",
    "queries_per_second_at", "questions_of", "race", "read_dataset", "recall", "recall_by_distance", "recalls",
    "recalls_by_distance", "relative_error", "relative_errors", "report", "sweep", "true_distances", "write_dataset",
    "write_result",
]  # fmt: skip


def test_the_names_are_these() -> None:
    assert sorted(evaluation.__all__) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_and_says_what_it_is(name: str) -> None:
    thing: Any = getattr(evaluation, name)
    assert not isinstance(thing, ModuleType)  # modules are called as what they hold: race, plot, recall, ...
    assert inspect.getdoc(thing)
