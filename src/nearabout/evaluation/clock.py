"""Times work, and detects that other work used the same cores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

BUSY = 0.1  # fraction of the time; above it, a timing is repeated and reported
_TRIES = 3
_TICK = 0.03  # seconds: some systems count processor time in steps of a hundredth


class Timing(NamedTuple):
    """The result of timed work, its minimum seconds, the fraction of time lost to other work, and the tries."""

    result: Any
    seconds: float
    lost: float
    tries: int


class Clock:
    """Compares the processor time of this process with wall-clock time.

    A busy thread uses one second of processor time per second. Several threads may wait for each other, so the highest
    ratio of all timings counts as undisturbed.
    """

    def __init__(self, threads: int) -> None:
        self._one_thread = threads == 1
        self._usual = 1.0 if threads == 1 else 0.0  # processor seconds per second when undisturbed

    def lost(self, wall: float, processor: float) -> float:
        """Returns the estimated fraction of the time in which the work could not run, 0 to 1."""
        if wall <= 0:
            return 0.0
        if not self._one_thread:
            self._usual = max(self._usual, processor / wall)
        missing = wall - processor / self._usual if self._usual > 0 else 0.0
        return min(missing / wall, 1.0) if missing > _TICK else 0.0

    def once(self, work: Callable[[], Any]) -> Timing:
        """Times one run."""
        processor, begin = time.process_time(), time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begin
        return Timing(result, seconds, self.lost(seconds, time.process_time() - processor), 1)

    def best(self, work: Callable[[], Any], stretch: float) -> Timing:
        """Returns the minimum seconds over several runs. The first run is a warm-up, unless it takes the whole time."""
        first = self.once(work)
        if first.seconds > max(stretch, 1.0):
            return first
        least, processor, begin = math.inf, time.process_time(), time.perf_counter()
        while least == math.inf or time.perf_counter() - begin < stretch:
            start = time.perf_counter()
            work()
            least = min(least, time.perf_counter() - start)
        lost = self.lost(time.perf_counter() - begin, time.process_time() - processor)
        return Timing(first.result, least, lost, 1)

    def undisturbed(self, work: Callable[[], Any], stretch: float) -> Timing:
        """Times work; repeats after a pause if a core was busy. Returns the minimum seconds and fraction lost."""
        timing = self.best(work, stretch)
        while timing.lost > BUSY and timing.tries < _TRIES:
            time.sleep(min(stretch, 1.0))
            again = self.best(work, stretch)
            timing = Timing(
                timing.result, min(timing.seconds, again.seconds), min(timing.lost, again.lost), timing.tries + 1
            )
        return timing
