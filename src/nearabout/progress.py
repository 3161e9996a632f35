"""The `progress=` argument: nothing, a bar, or the caller's own function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

from nearabout.errors import InvalidInputError

Monitor: TypeAlias = Callable[[float], object] | None

_WIDTH = 40


class Bar:
    """A bar on standard error, redrawn in place; the last redraw wipes it."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = ""

    def __call__(self, share: float) -> None:
        done = int(share * _WIDTH)
        text = f"{self._label} [{'#' * done}{'.' * (_WIDTH - done)}] {share:4.0%}"
        if text != self._shown:
            self._draw(text)

    def close(self) -> None:
        """Leave the line empty for what is printed next."""
        if self._shown:
            self._draw(" " * len(self._shown))
            self._draw("")

    def _draw(self, text: str) -> None:
        sys.stderr.write("\r" + text)
        sys.stderr.flush()
        self._shown = text


class Rising:
    """Tells shares of what is done that only grow, and 1.0 once, at the end: whatever is reported on the way."""

    def __init__(self, tell: Callable[[float], object]) -> None:
        self._tell = tell
        self._reached = -1.0

    def __call__(self, share: float) -> None:
        if self._reached < share < 1:
            self._reached = share
            self._tell(share)

    def end(self) -> None:
        """Reports that all is done."""
        self._tell(1.0)


def monitor_for(progress: object, label: str) -> tuple[Monitor, Callable[[], None]]:
    """Returns what the core calls with the share done, and what to call in a `finally` at the end, for a `progress=`
    argument."""
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
            if sys.exc_info()[1] is before:  # no exception is on its way through the `finally`
                rising.end()

        return rising, finish
    raise InvalidInputError(
        f"progress is a {type(progress).__name__}; pass None, True (a bar on standard error when that is a terminal) "
        "or a function that takes the share done, 0 to 1"
    )


def in_two_steps(monitor: Monitor) -> tuple[Monitor, Monitor]:
    """Returns monitors for reading and for building: the second goes on where the first stopped."""
    if monitor is None:
        return None, None
    tell = monitor
    reached = 0.0

    def reading(share: float) -> None:
        nonlocal reached
        reached = share / 2
        tell(reached)

    return reading, lambda share: tell(reached + (1 - reached) * share)
