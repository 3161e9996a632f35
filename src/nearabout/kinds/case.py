"""The description of an index to build, the input of all cost models."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.kinds.tuning import Tuning

if TYPE_CHECKING:
    from nearabout.kinds import Kind

_ITEM_BYTES = {"f32": 4, "f16": 2, "bf16": 2, "u8": 1, "i8": 1}
Sizes = dict[str, int]


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

    @property
    def suits_byte_rows(self) -> bool:
        """Whether vectors of this type can have byte rows under this metric."""
        return self.metric in FLOAT_METRICS and self.dtype in ("f32", "f16", "bf16")


@functools.lru_cache(maxsize=256)
def _planned(
    kind: str,
    rows: int,
    dims: int,
    parameters: tuple[tuple[str, bool | int | float | str], ...] = (),
    metric: str = "cosine",
    dtype: str = "f32",
    recall: float = 0.95,
) -> Sizes:
    from nearabout import _core

    return _core.planned(kind, rows, dims, dict(parameters), metric=metric, dtype=dtype, recall=recall)


def planned(case: Case, recall: float = 0.95, tuning: Tuning | None = None) -> Sizes:
    """Returns the sizes that the core's build of this case has (`IndexKind::planned` in core/index/registry.h)."""
    parameters = tuple(case.kind.parameters(0, tuning or Tuning()).items())
    return _planned(case.kind.name, case.rows, case.dims, parameters, case.metric, case.dtype, recall)


def planned_screen(case: Case) -> Sizes:
    """Returns the sizes of the screen, which the exact kind and all kinds with vectors have."""
    return _planned("exact", case.rows, case.dims)


def is_contracted(dims: int) -> bool:
    """Returns whether codes use leading directions; with few dims, they use all dimensions as they are."""
    many_rows = 1_000_000
    return _planned("exact", many_rows, dims)["max_directions"] > 0


def directions(dims: int, factor: float) -> int:
    """Returns the estimated number of leading directions that a build keeps: a multiple of the square root of the dims.

    Real vectors vary along far fewer directions than they have dimensions. The build measures the number; this
    estimate is off by up to 2.8 times (words, SIFT, MiniLM and MNIST).
    """
    return min(dims, round(factor * math.sqrt(dims))) if is_contracted(dims) else dims


def byte_codes_bytes(case: Case) -> int:
    """Returns the bytes of 8-bit codes that a file stores instead of the vectors."""
    squares = 4 * case.rows if case.metric in ("euclidean", "sqeuclidean") else 0
    return case.rows * case.dims + 8 * case.dims + squares
