"""Handles unreadable rows: raises an error with their position, or leaves them out and counts them."""

from __future__ import annotations

from nearabout.errors import CorruptFileError, InvalidInputError
from nearabout.formats._options import ReadOptions

_REPORTED = 3  # number of skipped rows in the report
_SHOWN = 120  # characters of an error about one row
MEND = "correct or remove the line, or leave such rows out with invalid='skip'"


_MISSING = ("", "na", "n/a", "null", "none", "-", "?")


def is_missing(field: str) -> bool:
    """Returns whether a text field stands for a missing value."""
    return field.strip().lower() in _MISSING


class BadRowError(Exception):
    """A row that cannot be read. ``reason`` follows its position in a sentence: " has 1 numbers; 2 are expected"."""

    def __init__(self, place: str, reason: str, *, sound: bool = False, advice: str = "") -> None:
        super().__init__(place, reason)
        self.place = place  # such as "line 7"
        self.reason = reason
        self.sound = sound  # the file is intact, but this row is not a vector
        self.advice = advice

    def described(self) -> str:
        """Returns the position of the row and the error, for a list of several."""
        reason = self.reason.lstrip(":, ").replace(";", ",")
        return f"{self.place} ({reason[:_SHOWN]})"

    def error(self, path: str) -> CorruptFileError | InvalidInputError:
        """Returns the error that a reader raises for this row."""
        advice = self.advice or MEND
        kind = InvalidInputError if self.sound else CorruptFileError
        return kind(f"{path}: {self.place}{self.reason}: {advice}")


class BadRows:
    """Raises the first bad row, or counts all of them and keeps the first few for the report."""

    def __init__(self, path: str, options: ReadOptions) -> None:
        self._path = path
        self.skipping = options.invalid == "skip"
        self.count = 0
        self.first: list[str] = []

    def take(self, bad: BadRowError) -> None:
        """Counts a bad row, or raises its error if bad rows are not skipped."""
        if not self.skipping:
            raise bad.error(self._path) from None
        self.count += 1
        if len(self.first) < _REPORTED:
            self.first.append(bad.described())
