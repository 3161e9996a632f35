"""How large the file of an index will be: its sections, as docs/explanation/file-format.md has them.

What depends on the data is estimated by the dims: real vectors vary along far fewer directions than they have
dimensions, and how many are kept is measured at build. A single estimate is off by up to 2.8 times (words, SIFT, MiniLM
and MNIST). But the vectors are most of a file, and are known: whole files were 0.8 to 1.3 times what was planned
(benchmarks/plan.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nearabout.params import IVF, Forest, Kind, PcaCodes

BLOCK_ROWS = 16  # of a list's codes
_SPACES = ("euclidean", "sqeuclidean", "cosine", "dot")  # metrics that have a screen, and lists
_ITEM_BYTES = {"f32": 4, "f16": 2, "bf16": 2, "u8": 1, "i8": 1}
_FEWEST_CONTRACTED = 40  # dims: below, codes are along all of them
_WIDEST_SKETCH = 128


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
        """Of a vector as it is stored."""
        return -(-self.dims // 8) if self.dtype == "bits" else self.dims * _ITEM_BYTES[self.dtype]

    @property
    def integers(self) -> bool:
        return self.dtype in ("u8", "i8")

    @property
    def screened(self) -> bool:
        """Whether the exact scan has a screen (core/quantize/screen_build.cpp)."""
        return self.rows >= 512 and self.dims >= 16 and self.metric in _SPACES

    @property
    def trees(self) -> int:
        """Of a forest; "auto" is one."""
        trees = self.kind.trees if isinstance(self.kind, Forest) else 0
        return 1 if trees == "auto" else trees

    @property
    def lists(self) -> int:
        """Of lists of codes, as the build chooses them (core/index/ivf/learn.cpp)."""
        if not isinstance(self.kind, IVF):
            return 0
        if self.kind.lists != "auto":
            return min(self.kind.lists, self.rows)
        return min(max(int(2.5 * math.sqrt(self.rows)) // 32 * 32, 1), max(1, self.rows // 24))


def directions(dims: int, factor: float) -> int:
    """How many leading directions are kept, about: a multiple of the root of the dims."""
    return dims if dims < _FEWEST_CONTRACTED else min(dims, round(factor * math.sqrt(dims)))


def screen_width(case: Case) -> int:
    """Bytes of a row's code in the screen of the exact scan; bytes of vectors often are their own codes."""
    own = case.integers and case.metric != "cosine"
    return directions(case.dims, 8) // (2 if own else 1) if case.screened else 0


def sketch_width(case: Case) -> int:
    """Bytes of a row's sketch in each tree of a forest."""
    return min(_WIDEST_SKETCH, directions(case.dims, 6.5))


def code_width(case: Case) -> int:
    """Bytes of a row's code in lists, in whole lines of four."""
    kind = case.kind if isinstance(case.kind, IVF) else IVF()
    if kind.codes != "auto":
        return 4 * math.ceil(min(kind.codes.size if isinstance(kind.codes, PcaCodes) else kind.codes, 96) / 4)
    if not kind.refine:  # those that rank best: of many bytes
        return 4 * round(min(48, max(16, case.dims / 2)) / 4)
    return 4 * math.ceil(min(48.0, max(8.0, 2.4 * math.sqrt(case.dims)), max(4, case.dims / 2)) / 4)


def list_codes_bytes(case: Case) -> int:
    """Of the codes of all lists with their terms; each list is filled up to a whole block, half of one on average."""
    return _places(case) * (code_width(case) + 4)


def _places(case: Case) -> int:
    return case.rows + case.lists * BLOCK_ROWS // 2


def keeps_vectors(case: Case) -> bool:
    """Lists may keep codes in their place; bytes are their own codes."""
    kind = case.kind
    return not isinstance(kind, IVF) or kind.keep_vectors or (kind.refine and case.integers)


def screen_bytes(case: Case) -> int:
    """Of the screen of the exact scan, which is there beside vectors whatever the kind."""
    if not case.screened or not keeps_vectors(case):
        return 0
    width = screen_width(case)
    learnt = 4 * case.dims * width if case.dims >= _FEWEST_CONTRACTED else 0
    return case.rows * (width + 8) + learnt


def _forest_bytes(case: Case) -> int:
    width = sketch_width(case)
    leaf_size = case.kind.leaf_size if isinstance(case.kind, Forest) else 1
    nodes = case.rows / max(1.0, 0.55 * leaf_size)  # leaves are half full, and there are levels above them
    learnt = 4 * case.dims * width if case.dims >= _FEWEST_CONTRACTED else 0
    return learnt + round(case.trees * (case.rows * (width + 8) + nodes * (width + 28)))


def _lists_bytes(case: Case) -> int:
    panels = 32 * math.ceil(min(192, directions(case.dims, 5)) / 32)
    learnt = panels * case.dims + 36 * case.lists + case.lists * panels
    numbers = (8 if case.integers else 4) * _places(case)
    return list_codes_bytes(case) + numbers + learnt


def _kept_bytes(case: Case) -> int:
    """Vectors, or what lists keep in place of them."""
    kind = case.kind
    if keeps_vectors(case):
        return case.rows * case.row_bytes
    assert isinstance(kind, IVF)
    if not kind.refine:
        return 0
    squares = 4 * case.rows if case.metric in ("euclidean", "sqeuclidean") else 0
    return case.rows * case.dims + 8 * case.dims + squares


def file_bytes(case: Case) -> int:
    """Of the file, without keys: vectors, what the kind adds, and 8 bytes of checksum for each 4,096."""
    # Vectors begin on a page; header, directory and small sections.
    parts = _kept_bytes(case) + screen_bytes(case) + 8_192
    if isinstance(case.kind, Forest):
        parts += _forest_bytes(case)
    elif isinstance(case.kind, IVF):
        parts += _lists_bytes(case)
    return parts + parts // 512
