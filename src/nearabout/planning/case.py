"""What is to be built, as `plan` and the kinds' models see it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearabout.kinds import Kind

_ITEM_BYTES = {"f32": 4, "f16": 2, "bf16": 2, "u8": 1, "i8": 1}
FEWEST_CONTRACTED = 40  # dims: below, codes are along all of them


@dataclass(frozen=True)
class Case:
    """What is to be built."""

    rows: int
    dims: int
    metric: str
    dtype: str
    kind: Kind

    @property
    def row_bytes(self) -> int:
        """Bytes of a vector as it is stored."""
        return -(-self.dims // 8) if self.dtype == "bits" else self.dims * _ITEM_BYTES[self.dtype]

    @property
    def compared_bytes(self) -> int:
        """Bytes of a vector as it is compared; halves become float32 first."""
        return 4 * self.dims if self.dtype in ("f16", "bf16") else self.row_bytes

    @property
    def integers(self) -> bool:
        return self.dtype in ("u8", "i8")


def directions(dims: int, factor: float) -> int:
    """Returns about how many leading directions are kept: a multiple of the root of the dims.

    Real vectors vary along far fewer directions than they have dimensions, and how many are kept is measured at build.
    A single estimate is off by up to 2.8 times (words, SIFT, MiniLM and MNIST).
    """
    return dims if dims < FEWEST_CONTRACTED else min(dims, round(factor * math.sqrt(dims)))


def most_tried(case: Case, candidates: tuple[int, ...]) -> int:
    """Returns the most directions that a build tries: as many as pay for the projection of a query."""
    fitting = (count for count in candidates if count * 5 <= case.dims * 4 and count * 4 <= case.rows)
    return max(fitting, default=0)
