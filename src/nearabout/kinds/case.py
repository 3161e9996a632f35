"""The description of an index to build, the input of all cost models."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearabout.kinds import Kind

_ITEM_BYTES = {"f32": 4, "f16": 2, "bf16": 2, "u8": 1, "i8": 1}
FEWEST_CONTRACTED = 40  # dims; with fewer, codes use all dimensions instead of leading directions


@dataclass(frozen=True)
class Case:
    """An index to build: rows, dims, metric, dtype and kind."""

    rows: int
    dims: int
    metric: str
    dtype: str
    kind: Kind

    @property
    def row_bytes(self) -> int:
        """Bytes of a stored vector."""
        return -(-self.dims // 8) if self.dtype == "bits" else self.dims * _ITEM_BYTES[self.dtype]

    @property
    def compared_bytes(self) -> int:
        """Bytes of a vector when it is compared; f16 and bf16 are converted to float32 first."""
        return 4 * self.dims if self.dtype in ("f16", "bf16") else self.row_bytes

    @property
    def integers(self) -> bool:
        return self.dtype in ("u8", "i8")


def directions(dims: int, factor: float) -> int:
    """Returns the estimated number of leading directions that a build keeps: a multiple of the square root of the dims.

    Real vectors vary along far fewer directions than they have dimensions. The build measures the number; this
    estimate is off by up to 2.8 times (words, SIFT, MiniLM and MNIST).
    """
    return dims if dims < FEWEST_CONTRACTED else min(dims, round(factor * math.sqrt(dims)))


def most_tried(case: Case, candidates: tuple[int, ...]) -> int:
    """Returns the largest number of directions that a build tries; more would cost too much per query."""
    fitting = (count for count in candidates if count * 5 <= case.dims * 4 and count * 4 <= case.rows)
    return max(fitting, default=0)
