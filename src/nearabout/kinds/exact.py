"""The exact kind: a search compares the query with every vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.kinds._kind import Kind, check_byte_rows
from nearabout.kinds.case import Case
from nearabout.kinds.scan_cost import batch_factor, is_screened, scan_nanoseconds, screen_width
from nearabout.kinds.tuning import Tuning

# A query takes 0.1 milliseconds when rows x (dims + 500) is ten million (auto.py).
_QUICK = 10_000_000
_ROW_OF_NO_DIMS = 500  # fixed cost of a row, in units of the cost of a dimension


def most_exact_rows(dims: int) -> int:
    """Returns the largest number of rows that "auto" still searches exactly.

    >>> [most_exact_rows(dims) for dims in (16, 100, 384, 784)]
    [19379, 16666, 11312, 7788]
    """
    return _QUICK // (dims + _ROW_OF_NO_DIMS)


@dataclass(frozen=True)
class Exact(Kind):
    """An exact index: compares the query with every vector, so it always finds the true neighbours.

    The time of a search grows with the number of rows. Other names for this are brute force, flat index and linear
    scan.

    Args:
        byte_rows: whether the file stores one byte per dimension of each row besides the vector (a quarter more with
            float32). A proven bound from these says which few vectors a search must read. Results are the same, to the
            last bit. For vectors of floats under euclidean, sqeuclidean, cosine and dot; vectors of u8 and i8 are
            their own bytes. "auto" stores none: the scan of all rows takes so much longer than the comparison of a few
            that no search gains a sixth.

    Raises:
        InvalidInputError: a setting is not True, False or "auto".

    >>> import nearabout as na
    >>> na.build([[1.0, 2.0], [3.0, 4.0]], kind=na.Exact()).kind
    'exact'
    """

    byte_rows: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        check_byte_rows(self.byte_rows)

    name: ClassVar[str] = "exact"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "manhattan", "hamming", "jaccard", "haversine")
    serves_bits: ClassVar[bool] = True
    always_exact: ClassVar[bool] = True
    takes_seed: ClassVar[bool] = False
    settings_usage: ClassVar[str] = "byte_rows=auto (none), true (a larger file, fewer vectors read) or false"
    other_names: ClassVar[tuple[str, ...]] = ("flat", "indexflat", "brute", "linear", "nearestneighbors", "knn")

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        return {"byte_rows": self.byte_rows is True, "rough": tuning.rough}

    def auto_seconds(self, case: Case, recall: float, tuning: Tuning) -> float | None:
        if tuning.workload == "batch":
            return scan_nanoseconds(case, batch=True) * batch_factor(tuning.family) * 1e-9
        return 1e-4 * case.rows * (case.dims + _ROW_OF_NO_DIMS) / _QUICK

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> Exact:
        return Exact(byte_rows=self.has_byte_rows(case))

    def can_have_byte_rows(self, case: Case) -> bool:
        return case.suits_byte_rows

    def has_byte_rows(self, case: Case) -> bool:
        return self.byte_rows is True

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        return 0, case.rows * (screen_width(case) + 8) if is_screened(case) else 0
