"""The forest: trees of rows, searched together."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nearabout.kinds._kind import FLOAT_METRICS, Kind, check_count
from nearabout.kinds.exact import Exact
from nearabout.planning.case import FEWEST_CONTRACTED, Case, directions, most_tried
from nearabout.planning.scan import write_seconds

_MOST_TREES = 1_000
_LARGEST_LEAF = 1_000_000
# Of sketches: rows of the sample, the directions that are tried, and the most that are kept.
_SAMPLE = 2_048
_TRIED = (32, 48, 64, 96, 128, 192)
_WIDEST_SKETCH = 128
_PLACES = 8  # bytes a row beside its sketch: its offset and its number
# Nanoseconds of a query: at all, and of leaves ranked, rows looked at and rows compared; one a call, and in a batch.
_QUERY = ((7_710.0, 0.168, 9.11, 2.67), (7_150.0, 0.114, 9.49, 0.774))
_LOOKED_AT = (0.5, 0.65)  # the powers of the rows, and of 1 / (1 - recall), by which rows that are looked at grow
_LEAST_MISSED = 1e-4  # what is nearer to 1 finds as many


@dataclass(frozen=True)
class Forest(Kind):
    """Trees that split the vectors again and again, searched together: Annoy's idea, several times as fast.

    Each node is split by the plane half-way between the centres of two clusters of its rows, until few rows are left.
    A search ranks the leaves of all trees by the distance of their centroids and looks at the rows of the nearest,
    first by sketches (a byte along each of some leading directions), the most promising then in full. How many rows
    it looks at is `effort`, which Annoy calls search_k.

    For euclidean, sqeuclidean, cosine, dot, manhattan and hamming. The same seed (`build(seed=)`) gives the same
    trees at any number of threads.

    Args:
        trees: "auto" or 1 to 1,000. "auto" is one, which is fastest: its leaves are ranked by centroids, so that what a
            second tree finds besides is less than what the same time finds in the first. More trees find the same
            neighbours in fewer rows when the effort is small, and make the build, the file and a search longer.
        leaf_size: the most rows of a leaf, 1 to 1,000,000. Smaller leaves hold fewer rows that are not near, and there
            are more of them to rank; 24 to 64 are as good as each other.

    Raises:
        InvalidInputError: a setting out of its range.

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

    def __post_init__(self) -> None:
        if self.trees != "auto":
            check_count("trees", self.trees, _MOST_TREES, ', or "auto"')
        check_count("leaf_size", self.leaf_size, _LARGEST_LEAF)

    name: ClassVar[str] = "forest"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "manhattan", "hamming")
    serves_bits: ClassVar[bool] = True
    parallel: ClassVar[float] = 0.4
    fresh: ClassVar[float] = 1.4
    fixed_bytes: ClassVar[int] = 1_300_000
    other_names: ClassVar[tuple[str, ...]] = (
        *("annoy", "tree", "kdtree", "balltree", "vptree", "rptree", "rptrees", "randomforest", "flann"),
    )
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("n_trees", "ntrees", "num_trees"), "trees"),
        **dict.fromkeys(("leaf", "leafsize", "max_leaf_size"), "leaf_size"),
    }

    @property
    def tree_count(self) -> int:
        """How many trees are grown: "auto" is one."""
        return 1 if self.trees == "auto" else self.trees

    def parameters(self, seed: int) -> dict[str, bool | int | float | str]:
        return {"trees": self.tree_count, "leaf_size": self.leaf_size, "seed": seed}

    @classmethod
    def info(cls, details: dict[str, Any]) -> dict[str, Any]:
        return {**details, "efforts": [tuple(point) for point in details["efforts"]]}

    @classmethod
    def info_lines(cls, info: dict[str, Any]) -> list[list[str]]:
        found = ", ".join(f"{share:.0%} {effort:,.0f}" for share, effort in info["efforts"])
        return [
            ["trees", f"{info['trees']:,}, of leaves of {info['leaf_size']:,} rows at most; seed {info['seed']}"],
            ["sketches", f"{info['sketch_bytes']:,} bytes a row in each tree"],
            *([["by sketches", f"{found} (rows looked at to find so many of the 10 nearest)"]] if found else []),
        ]

    @classmethod
    def short(cls, info: dict[str, Any]) -> str:
        return f"trees: {info['trees']}"

    @classmethod
    def least_worthwhile(cls, k: int) -> int:
        return max(1, 5 * k)

    # --- Planning ---

    def resolved(self, case: Case) -> Forest:
        return dataclasses.replace(self, trees=self.tree_count)

    def own_bytes(self, case: Case) -> int:
        width = _sketch_width(case)
        nodes = case.rows / max(1.0, 0.55 * self.leaf_size)  # leaves are half full, and there are levels above them
        learnt = 4 * case.dims * width if case.dims >= FEWEST_CONTRACTED else 0
        return learnt + round(self.tree_count * (case.rows * (width + 8) + nodes * (width + 28)))

    def own_seconds(self, case: Case) -> float:
        rows, dims = case.rows, case.dims
        tried = most_tried(case, _TRIED)
        sample = min(rows, _SAMPLE) if tried else 0
        learning = 5.8e-11 * sample * dims * tried + 2.7e-9 * dims * tried**2 + 3.0e-6 * sample
        levels = math.log2(1 + rows / 48)
        growing = self.tree_count * rows * levels * (9.6e-8 + 5.6e-11 * _sketch_width(case))
        coding = 1.1e-3 + 2.8e-9 * rows * dims + 1.4e-9 * rows * case.row_bytes
        return learning + growing + coding + write_seconds(case)

    def calibration_seconds(self, case: Case) -> float:
        """Calibration leaves the held-out rows out of what the forest learns, and searches for them."""
        return 0.03 * min(1.0, case.rows / 1_500) + 2.2e-6 * case.rows + 8e-9 * case.rows * case.dims

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        rows = case.rows
        sample = min(rows, _SAMPLE) * (14 * case.dims + 5 * most_tried(case, _TRIED))
        row = _sketch_width(case) + _PLACES
        growing = round(rows * row * (self.tree_count + 1.4))  # as they come, in parts and in each tree
        if memory and growing > memory // 2:  # they are kept in temporary files
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
        """A small forest is all measuring of efforts, which says nothing of a large one's growth: exact builds stand
        for it."""
        stored = "f32" if case.dtype == "bits" else case.dtype
        return dataclasses.replace(case, metric="euclidean", dtype=stored, kind=Exact())


def _sketch_width(case: Case) -> int:
    """Returns the bytes of a row's sketch in each tree."""
    return min(_WIDEST_SKETCH, directions(case.dims, 6.5))
