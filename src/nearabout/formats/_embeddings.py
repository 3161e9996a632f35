"""The results of a reader: vectors, keys and a report."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._base.distinct import first_rows
from nearabout.formats._keys import KeyList, Keys

Vectors = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of the data that a reader skipped or repaired. All are zero for a clean file."""

    duplicates: int = 0  # rows left out because an earlier row has the same key
    bytes_repaired: int = 0  # bytes of keys that were not UTF-8, replaced or left out according to ``errors=``
    blank_lines: int = 0
    skipped_rows: int = 0  # unreadable rows left out because of ``invalid="skip"``
    first_skipped: tuple[str, ...] = ()  # positions of the first few skipped rows, with the reasons
    key_column: str = ""  # column or array of the keys; its position in a table without names

    def __bool__(self) -> bool:
        return bool(self.duplicates or self.bytes_repaired or self.blank_lines or self.skipped_rows)

    def sentences(self) -> list[str]:
        """Returns one short line for each kind of change."""
        of = f" in {self.key_column!r}" if self.key_column else ""
        counts = [
            (
                self.duplicates,
                f"row with a duplicate key{of} left out (the first row of each key stays)",
                f"rows with a duplicate key{of} left out (the first row of each key stays)",
            ),
            (self.bytes_repaired, "byte was not UTF-8", "bytes were not UTF-8"),
            (self.blank_lines, "blank line skipped", "blank lines skipped"),
        ]
        sentences = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
        if self.skipped_rows:
            rows = "row that cannot be read was" if self.skipped_rows == 1 else "rows that cannot be read were"
            first = ", ".join(self.first_skipped)
            sentences.append(f"{self.skipped_rows:,} {rows} left out: {first}" + self._and_more())
        return sentences

    def _and_more(self) -> str:
        return " and others" if self.skipped_rows > len(self.first_skipped) else ""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Embeddings:
    """Vectors and keys as read from a file.

    Attributes:
        vectors: (n, dims), in the element type of the file; float32 for text.
        keys: a :class:`KeyList`, an int64 array, or None if the file has no keys.
        source: path of the file.
        format: name of the format.
        report: counts of skipped and repaired data.
    """

    vectors: Vectors
    keys: Keys = None
    source: str = ""
    format: str = ""
    report: Report = field(default_factory=Report)

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    @property
    def dims(self) -> int:
        return int(self.vectors.shape[1])

    def __repr__(self) -> str:
        keys = "no keys" if self.keys is None else "int keys" if isinstance(self.keys, np.ndarray) else "str keys"
        parts = [f"{len(self):,} vectors of {self.dims} {self.vectors.dtype.name}", keys]
        if self.source:
            parts.append(f"from {self.source!r}")
        if self.format:
            parts.append(f"as {self.format}")
        parts += self.report.sentences()
        return f"Embeddings({', '.join(parts)})"


def without_duplicates(vectors: Vectors, keys: Keys) -> tuple[Vectors, Keys, int]:
    """Keeps the first row of every key; returns the number of rows left out. Copies nothing if there are none."""
    if keys is None:
        return vectors, keys, 0
    kept = _core.KeyTable().insert(keys.blob, keys.offsets) if isinstance(keys, KeyList) else first_rows(keys)
    dropped = len(keys) - len(kept)
    if dropped == 0:
        return vectors, keys, 0
    remaining: Keys = keys.take(kept) if isinstance(keys, KeyList) else keys[kept]
    return vectors[kept], remaining, dropped
