"""The kind of prefix_kind.cpp in Python: importing this registers it (scripts/test-kind)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nearabout import kinds
from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.kinds.case import Case


@dataclass(frozen=True)
class Prefix(kinds.Kind):
    """Rows in the order of their first coordinate."""

    name: ClassVar[str] = "prefix"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "manhattan")
    takes_seed: ClassVar[bool] = False

    def own_seconds(self, case: Case) -> float:
        return 1e-3 + 1e-9 * case.rows * case.row_bytes

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        return recall * case.rows * case.dims


kinds.register(Prefix)
