"""The forest: trees that split the rows and are searched together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict

from nearabout._base.checks import check_count
from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.kinds._kind import Kind, check_byte_rows
from nearabout.kinds.case import Case, directions, is_contracted, planned
from nearabout.kinds.exact import Exact
from nearabout.kinds.tuning import Tuning

_MOST_TREES = 1_000
_LARGEST_LEAF = 1_000_000
_WIDEST_SKETCH = 128  # bytes, as the models have it
_PLACES = 8  # bytes of a row in addition to its sketch: its offset and its row number
# Nanoseconds of a query: fixed, per leaf byte ranked, per row looked at, per byte compared. Single query, then batch.
_QUERY = ((7_710.0, 0.168, 9.11, 2.67), (7_150.0, 0.114, 9.49, 0.774))
_LOOKED_AT = (0.5, 0.65)  # rows looked at grow with these powers of the rows and of 1 / (1 - recall)
_LEAST_MISSED = 1e-4  # the model treats recalls above 1 - this as equal


class ForestInfo(TypedDict, total=False):
    """What `Index.info` adds for this kind."""

    trees: int
    leaf_size: int
    sketch_bytes: int


@dataclass(frozen=True)
class Forest(Kind):
    """A forest index: trees that recursively split the vectors. Same idea as Annoy, several times as fast.

    Each node is split by the plane halfway between the centres of two clusters of its rows, until few rows are left.
    A search ranks the leaves of all trees by the distance of their centroids. It looks at the rows of the nearest
    leaves, first by sketches (one byte per leading principal direction), then compares the most promising rows in
    full. `effort` is the number of rows that a search looks at; Annoy calls it search_k.

    Supports euclidean, sqeuclidean, cosine, dot, manhattan and hamming. The same seed (`build(seed=)`) gives the same
    trees with any number of threads.

    Args:
        trees: number of trees, 1 to 1,000, or "auto", which is one tree. One tree is fastest: leaves are ranked by
            their centroids, so looking at more leaves of the first tree finds more neighbours than a second tree in
            the same time. At small efforts, more trees find the same neighbours in fewer rows. More trees make the
            build, the file and the search larger and slower.
        leaf_size: maximum rows per leaf, 1 to 1,000,000. Smaller leaves contain fewer far rows, but there are more
            leaves to rank. Sizes from 24 to 64 perform about the same.
        byte_rows: as for `Exact`; used by `exact=True` and other searches that compare every row.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        E. Bernhardsson, Annoy, https://github.com/spotify/annoy. S. Dasgupta and Y. Freund, "Random projection trees
        and low dimensional manifolds", STOC 2008.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(1000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.Forest(trees=4))
    >>> int(index.search(vectors[7], k=3).rows[0])
    7
    """

    trees: int | Literal["auto"] = "auto"
    leaf_size: int = 48
    byte_rows: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        if self.trees != "auto":
            check_count("trees", self.trees, _MOST_TREES, ', or "auto"')
        check_count("leaf_size", self.leaf_size, _LARGEST_LEAF)
        check_byte_rows(self.byte_rows)

    name: ClassVar[str] = "forest"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "manhattan", "hamming")
    serves_bits: ClassVar[bool] = True
    settings_usage: ClassVar[str] = "trees=N, leaf_size=N, byte_rows as for exact"
    parallel: ClassVar[float] = 0.4
    fresh: ClassVar[float] = 1.4
    fixed_bytes: ClassVar[int] = 1_300_000
    other_names: ClassVar[tuple[str, ...]] = (*("annoy", "tree", "vptree", "rptree", "rptrees", "randomforest"),)
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("n_trees", "ntrees", "num_trees"), "trees"),
        **dict.fromkeys(("leaf", "leafsize", "max_leaf_size"), "leaf_size"),
    }

    @property
    def tree_count(self) -> int:
        """Number of trees; "auto" is one."""
        return 1 if self.trees == "auto" else self.trees

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        byte_rows = self.byte_rows is True
        return {"trees": self.tree_count, "leaf_size": self.leaf_size, "seed": seed, "byte_rows": byte_rows}

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        return [
            ["trees", f"{info['trees']:,}, at most {info['leaf_size']:,} rows per leaf; seed {info['seed']}"],
            ["sketches", f"{info['sketch_bytes']:,} bytes per row in each tree"],
        ]

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        return f"trees: {info['trees']}"

    @classmethod
    def least_worthwhile(cls, k: int) -> int:
        return max(1, 5 * k)

    # --- Planning ---

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> Forest:
        return dataclasses.replace(self, trees=self.tree_count, byte_rows=self.has_byte_rows(case))

    def can_have_byte_rows(self, case: Case) -> bool:
        return case.suits_byte_rows

    def has_byte_rows(self, case: Case) -> bool:
        return self.byte_rows is True

    def own_bytes(self, case: Case) -> int:
        width = _sketch_width(case)
        nodes = case.rows / max(1.0, 0.55 * self.leaf_size)  # leaves are about half full; inner nodes are included
        learnt = 4 * case.dims * width if is_contracted(case.dims) else 0
        return learnt + round(self.tree_count * (case.rows * (width + 8) + nodes * (width + 28)))

    def own_seconds(self, case: Case) -> float:
        rows, dims = case.rows, case.dims
        tried = planned(case)["max_directions"]
        sample = planned(case)["sample_rows"] if tried else 0
        learning = 5.8e-11 * sample * dims * tried + 2.7e-9 * dims * tried**2 + 3.0e-6 * sample
        levels = math.log2(1 + rows / 48)
        growing = self.tree_count * rows * levels * (9.6e-8 + 5.6e-11 * _sketch_width(case))
        coding = 1.1e-3 + 2.8e-9 * rows * dims + 1.4e-9 * rows * case.row_bytes
        return learning + growing + coding

    def calibration_seconds(self, case: Case) -> float:
        """Returns the seconds of calibration: training without the held-out rows, and searches for them."""
        return 0.03 * min(1.0, case.rows / 1_500) + 2.2e-6 * case.rows + 8e-9 * case.rows * case.dims

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        rows = case.rows
        sizes = planned(case)
        sample = sizes["sample_rows"] * (14 * case.dims + 5 * sizes["max_directions"])
        row = _sketch_width(case) + _PLACES
        growing = round(rows * row * (self.tree_count + 1.4))  # as read, partitioned, and once in each tree
        if memory and growing > memory // 2:  # the rows go to temporary files
            growing = 16_000_000
        return max(sample, growing), 0 if memory else rows * row * self.tree_count

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        base, ranking, looking, comparing = _QUERY[batch]
        missed = max(1 - recall, _LEAST_MISSED)
        power, growth = _LOOKED_AT
        leaves = self.tree_count * case.rows / self.leaf_size * _sketch_width(case)
        looked_at: float = min(case.rows, float(case.rows**power * missed**-growth))
        return base + ranking * leaves + looking * looked_at + comparing * case.compared_bytes * float(missed**-0.2)

    def reference(self, case: Case) -> Case:
        """Returns an exact build: a small forest spends its time on calibration and predicts no large build."""
        stored = "f32" if case.dtype == "bits" else case.dtype
        return dataclasses.replace(case, metric="euclidean", dtype=stored, kind=Exact())


def _sketch_width(case: Case) -> int:
    """Returns the bytes of a row's sketch in each tree."""
    return min(_WIDEST_SKETCH, directions(case.dims, 6.5))
