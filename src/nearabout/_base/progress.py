"""The `progress=` argument: nothing, a bar, or the caller's own function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

from nearabout._base.text import a_type
from nearabout.errors import InvalidInputError

Monitor: TypeAlias = Callable[[float], object] | None

_WIDTH = 40


class Bar:
    """A progress bar on standard error, redrawn in place and erased at the end."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = ""

    def __call__(self, fraction: float) -> None:
        done = int(fraction * _WIDTH)
        text = f"{self._label} [{'#' * done}{'.' * (_WIDTH - done)}] {fraction:4.0%}"
        if text != self._shown:
            self._draw(text)

    def close(self) -> None:
        """Erases the bar, so that the next output starts on an empty line."""
        if self._shown:
            self._draw(" " * len(self._shown))
            self._draw("")

    def _draw(self, text: str) -> None:
        sys.stderr.write("\r" + text)
        sys.stderr.flush()
        self._shown = text


class Rising:
    """Passes on only fractions that rise and stay below 1.0, and 1.0 once, at the end."""

    def __init__(self, report: Callable[[float], object]) -> None:
        self._report = report
        self._reached = -1.0

    def __call__(self, fraction: float) -> None:
        if self._reached < fraction < 1:
            self._reached = fraction
            self._report(fraction)

    def end(self) -> None:
        """Reports the end, 1.0."""
        self._report(1.0)


def monitor_for(progress: object, label: str) -> tuple[Monitor, Callable[[], None]]:
    """Returns two callbacks for a `progress=` argument: one for the core, which calls it with the fraction done, and
    one to call at the end, in a `finally`.
    """
    if progress is None or progress is False:
        return None, lambda: None
    if progress is True:
        if sys.stderr is None or not sys.stderr.isatty():  # None: a program without a console (pythonw)
            return None, lambda: None
        bar = Bar(label)
        return bar, bar.close
    if callable(progress):
        rising, before = Rising(progress), sys.exc_info()[1]

        def finish() -> None:
            if sys.exc_info()[1] is before:  # the `finally` runs without an exception
                rising.end()

        return rising, finish
    raise InvalidInputError(
        f"progress is {a_type(progress)}; pass None, True (a bar on standard error if that is a terminal) "
        "or a function that takes the fraction done, 0 to 1"
    )


def in_two_steps(monitor: Monitor) -> tuple[Monitor, Monitor]:
    """Returns a monitor for reading and one for building, which continues where the first one stopped."""
    if monitor is None:
        return None, None
    report = monitor
    reached = 0.0

    def reading(fraction: float) -> None:
        nonlocal reached
        reached = fraction / 2
        report(reached)

    return reading, lambda fraction: report(reached + (1 - reached) * fraction)


def part_of(monitor: Monitor, number: int, count: int) -> Monitor:
    """Returns a monitor for part `number` of `count` equal ones, counted from 0.

    >>> part_of(print, 1, 4)(0.5)
    0.375
    """
    if monitor is None:
        return None
    report = monitor
    return lambda fraction: report((number + fraction) / count)
