"""Issues warnings about data with the position of the caller's own code."""

from __future__ import annotations

import sys
import warnings

import numpy as np

from nearabout.errors import NearaboutWarning, quoted
from nearabout.formats._embeddings import Report

_PACKAGE = __name__.partition(".")[0]


def warn(sentence: str) -> None:
    """Warns at the position of the first caller outside this package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (
        _PACKAGE,
        "contextlib",
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, NearaboutWarning, stacklevel=level)


def warn_of_rounding(path: str, where: str, value: int) -> None:
    """Warns if a whole number, such as a time stamp, is rounded in float32, the type of numbers read from text."""
    try:
        rounded = int(np.float32(value))
    except OverflowError:
        return  # infinite: the build refuses it
    if rounded != value:
        warn(
            f"{path}: {where}: the number {value} becomes {rounded} in float32, which is exact only up to 16,777,216: "
            "subtract an offset from such a column (of time stamps, for example), or scale it"
        )


def warn_of_duplicates(path: str, report: Report, rows: int) -> None:
    """Warns if rows with duplicate keys were left out. ``rows``: the number of rows that remain."""
    if not report.duplicates:
        return
    column = f", in {quoted(report.key_column)}," if report.key_column else ""
    advice = "name another column with key_column=, or pass key_column=False to keep every row"
    if not report.key_column:
        advice = "rename or remove the others to keep every row"
    warn(
        f"{path}: {report.duplicates:,} of {rows + report.duplicates:,} rows were left out, because their key{column} "
        f"occurred before: {advice}"
    )
