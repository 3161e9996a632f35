"""What the races read off their sweeps: the time of a query at a recall, and the power that a time grows with."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def load() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import _curves
    finally:
        sys.path.remove(str(BENCHMARKS))
    return _curves


curves = load()
MEASURED = st.tuples(st.floats(0.1, 1), st.floats(1e-6, 1e-2))


def points(*measured: tuple[float, float]) -> list[Any]:
    """Points of (recall, seconds), one a call taking ten times as long as in a batch."""
    return [
        curves.Point("", str(place), recall, seconds, 10 * seconds) for place, (recall, seconds) in enumerate(measured)
    ]


def test_between_two_settings_the_logarithm_is_a_straight_line() -> None:
    sweep = points((0.9, 1e-6), (0.98, 16e-6))
    assert curves.seconds_at(sweep, 0.94, "batch") == pytest.approx(4e-6)
    assert curves.seconds_at(sweep, 0.94, "single") == pytest.approx(40e-6)
    assert curves.seconds_at(sweep, 0.92, "batch") == pytest.approx(2e-6)


def test_at_a_setting_its_own_time_counts() -> None:
    sweep = points((0.9, 1e-6), (0.95, 3e-6), (0.99, 9e-6))
    for point in sweep:
        assert curves.seconds_at(sweep, point.recall, "batch") == pytest.approx(point.batch)


def test_nothing_is_guessed_beyond_the_settings() -> None:
    sweep = points((0.9, 1e-6), (0.95, 3e-6))
    assert curves.seconds_at(sweep, 0.5, "batch") == 1e-6
    assert curves.seconds_at(sweep, 0.96, "batch") is None
    assert curves.reaching(sweep, 0.96, "batch") is None
    assert curves.seconds_at([], 0.5, "batch") is None


def test_a_setting_that_another_beats_does_not_count() -> None:
    best = points((0.9, 1e-6), (0.98, 16e-6))
    worse = points((0.93, 20e-6), (0.85, 2e-6), (0.98, 17e-6))
    assert curves.frontier([*worse, *best], "batch") == best
    assert curves.seconds_at([*worse, *best], 0.94, "batch") == pytest.approx(4e-6)


def test_the_fastest_build_counts_at_each_recall() -> None:
    small = curves.Point("small codes", "8", 0.91, 1e-6, 1e-6)
    large = curves.Point("large codes", "4", 0.97, 2e-6, 2e-6)
    late = curves.Point("small codes", "64", 0.96, 5e-6, 5e-6)
    assert curves.reaching([late, large, small], 0.90, "batch") is small
    assert curves.reaching([late, large, small], 0.95, "batch") is large


@given(st.lists(MEASURED, min_size=1, max_size=12), st.floats(0.1, 1), st.floats(0.1, 1))
def test_more_recall_never_takes_less_time(measured: list[tuple[float, float]], one: float, other: float) -> None:
    low, high = (curves.seconds_at(points(*measured), target, "batch") for target in sorted((one, other)))
    assert high is None or (low is not None and low <= high * (1 + 1e-9))


def test_of_two_sweeps_the_better_time_of_each_setting_counts() -> None:
    first, second = points((0.9, 1e-6), (0.95, 5e-6)), points((0.9, 2e-6), (0.95, 3e-6), (0.99, 9e-6))
    assert [point.batch for point in curves.faster(first, second)] == [1e-6, 3e-6, 9e-6]
    mixed = curves.faster([curves.Point("", "1", 0.9, 1e-6, 8e-6)], [curves.Point("", "1", 0.9, 2e-6, 7e-6)])
    assert mixed == [curves.Point("", "1", 0.9, 1e-6, 7e-6)]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.1])
def test_the_power_of_a_power_law_is_found(power: float) -> None:
    sizes = [25_000, 100_000, 400_000, 1_600_000]
    assert curves.exponent(sizes, [3e-6 * size**power for size in sizes]) == pytest.approx(power, abs=1e-12)


def test_the_power_is_that_of_least_squares() -> None:
    sizes, times = [25_000, 100_000, 300_000, 1_600_000], [1.0, 1.9, 4.4, 7.0]
    slope, _ = np.polyfit(np.log(sizes), np.log(times), 1)
    assert curves.exponent(sizes, times) == pytest.approx(slope)


@pytest.mark.parametrize(("sizes", "values"), [([], []), ([1], [1]), ([1, 2], [1])])
def test_one_point_has_no_power(sizes: list[float], values: list[float]) -> None:
    with pytest.raises(ValueError, match="two points or more"):
        curves.exponent(sizes, values)
