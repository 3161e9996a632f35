"""The k-d tree: rows divided at coordinates, for vectors of few dimensions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from nearabout.errors import InvalidInputError
from nearabout.kinds._kind import Kind
from nearabout.kinds.case import Case, planned
from nearabout.kinds.tuning import Tuning

_LARGEST_LEAF = 1_024
_ROWS_OF_BLOCK = 16
_MOST_AUTO_DIMS = 3  # up to which it is several times as fast as lists are (docs/explanation/kdtree.md)
# Nanoseconds of a query: fixed, in a batch and alone; of a leaf. Leaves visited for 10 neighbours among 100,000 rows
# that vary in all dimensions alike.
_BATCH, _SINGLE, _LEAF = 400.0, 2_000.0, 60.0
_LEAVES, _GROWTH = 5.0, 1.5
_BLOCK_DIM = 0.03  # time of a dimension of a block, beside that of the block


class KDTreeInfo(TypedDict, total=False):
    """What `Index.info` adds for this kind."""

    leaf_size: int
    leaves: int
    tree_levels: int
    epsilon: float


@dataclass(frozen=True)
class KDTree(Kind):
    """A k-d tree: divides the rows at coordinates, for vectors of few dimensions, such as places and colours.

    A search goes down to the nearest leaves and leaves out all parts that are farther than the neighbours it has. In 2
    to 20 dimensions it visits a few leaves and is exact: results are those of a scan of all rows, in a fraction of the
    time. Any number of dimensions is accepted, but the more there are (of data that vary in all of them), the more
    leaves a search visits, in the end all of them; for more than about 20, choose `IVF` or `Graph`.

    `effort` is the number of leaves that a search visits, the nearest first. The build measures the recall of each
    effort (`Index.calibration`). A search for a recall below 1 uses the effort that reaches it, where that takes less
    than half of the time of an exact search, and else is exact. So is every search with a filter or a radius.

    Supports euclidean, sqeuclidean, manhattan, cosine (by unit vectors) and haversine (on the unit sphere; distances
    are those of the formula) with f32, f16, bf16, u8 and i8. The same data and settings give the same bytes with any
    number of threads.

    Args:
        leaf_size: rows per leaf, a multiple of 16 up to 1,024. Larger leaves make a smaller tree, and searches for many
            neighbours faster; 16 is best for up to about 10 neighbours.
        epsilon: how much farther than the true neighbours results may be, 0 or more: each distance is at most
            (1 + epsilon) times the true one at its place. With more than 0, searches without `recall` and `effort` keep
            this bound, whatever the recall that follows; `exact=True` and `recall=1` find the true neighbours.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        J. Bentley, "Multidimensional binary search trees used for associative searching", CACM 1975. S. Arya and
        D. Mount, "Algorithms for fast vector quantization", DCC 1993.

    >>> import nearabout as na, numpy as np
    >>> places = np.array([[52.52, 13.40], [48.86, 2.35], [51.51, -0.13]], dtype=np.float32)
    >>> index = na.build(places, keys=["Berlin", "Paris", "London"], metric="haversine", kind=na.KDTree())
    >>> hits = index.search([50.85, 4.35], k=2)  # from Brussels
    >>> hits.keys.tolist(), hits.distances.round(-3).tolist()
    (['Paris', 'London'], [264000.0, 321000.0])
    """

    leaf_size: int = 16
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        size = self.leaf_size
        if type(size) is not int or not 0 < size <= _LARGEST_LEAF or size % _ROWS_OF_BLOCK:
            raise InvalidInputError(f"leaf_size is {size!r}; pass a multiple of 16 from 16 to {_LARGEST_LEAF:,}")
        if type(self.epsilon) not in (int, float) or not 0 <= self.epsilon < math.inf:
            raise InvalidInputError(f"epsilon is {self.epsilon!r}; pass a Python number of 0 or more")

    name: ClassVar[str] = "kdtree"
    metrics: ClassVar[tuple[str, ...]] = ("euclidean", "sqeuclidean", "cosine", "manhattan", "haversine")
    takes_seed: ClassVar[bool] = False
    has_screen: ClassVar[bool] = False
    is_exact_quick: ClassVar[bool] = True
    settings_usage: ClassVar[str] = "leaf_size=N (a multiple of 16), epsilon=X (distances up to 1 + X times as large)"
    effort_is: ClassVar[str] = "leaves visited"
    not_reached: ClassVar[str] = "the search did not visit its leaf"
    not_compared: ClassVar[str] = "the search visited its leaf, but other rows were nearer"
    parallel: ClassVar[float] = 0.5
    fresh: ClassVar[float] = 1.2
    other_names: ClassVar[tuple[str, ...]] = ("kdtree", "ckdtree", "scipykdtree", "balltree", "flann", "nanoflann")
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("leafsize", "leaf", "max_leaf_size", "bucket_size"), "leaf_size"),
        **dict.fromkeys(("eps",), "epsilon"),
    }

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        return {"leaf_size": self.leaf_size, "epsilon": float(self.epsilon)}

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        leaves = "leaf" if info["leaves"] == 1 else "leaves"
        lines = [["tree", f"{info['leaves']:,} {leaves} of {info['leaf_size']} rows"]]
        if info["epsilon"]:
            lines.append(["epsilon", f"distances are at most {1 + info['epsilon']:g} times the true ones"])
        return lines

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        more = f", epsilon {info['epsilon']:g}" if info["epsilon"] else ""
        return f"leaf size {info['leaf_size']}{more}"

    # --- Planning ---

    def own_bytes(self, case: Case) -> int:
        sizes = planned(case)
        block = 64 * sizes["tree_dims"]
        return case.rows * 4 + -(-case.rows // _ROWS_OF_BLOCK) * block + sizes["nodes"] * 2 * block

    def own_seconds(self, case: Case) -> float:
        levels = math.log2(1 + case.rows / self.leaf_size)
        return case.rows * (2.5e-8 * planned(case)["tree_dims"] + 8e-9 * levels)

    def calibration_seconds(self, case: Case) -> float:
        """Returns the seconds of exact searches for 384 rows, and of following them through the tree."""
        return 384 * (2e-5 + 1e-9 * self.query_nanoseconds(case, 1, batch=True))

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        return planned(case)["build_bytes"], 0

    def least_memory(self, case: Case) -> int:
        return planned(case)["build_bytes"]

    def auto_seconds(self, case: Case, recall: float, tuning: Tuning) -> float | None:
        if planned(case)["tree_dims"] > _MOST_AUTO_DIMS:
            return None
        return 1e-9 * self.query_nanoseconds(case, recall, batch=tuning.workload == "batch")

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        dims = planned(case)["tree_dims"]
        # Leaves of the first few dimensions that are left to visit; in the end all of them, block by block.
        leaves = _LEAVES * _GROWTH**dims
        all_leaves = case.rows / _ROWS_OF_BLOCK * (1 + _BLOCK_DIM * dims)
        return (_BATCH if batch else _SINGLE) + _LEAF * min(leaves, all_leaves)
