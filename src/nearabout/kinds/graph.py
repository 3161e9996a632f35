"""The graph: near rows joined by edges, walked from row to nearer row."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict

from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.errors import InvalidInputError
from nearabout.kinds._kind import Kind, check_flag, compared_by
from nearabout.kinds.case import Case, byte_codes_bytes, directions, planned
from nearabout.kinds.tuning import Tuning

_DEGREES = tuple(range(16, 129, 16))
_CODE_BITS = (1, 2, 4, 8)
_USUAL_BITS = 2  # that "auto" chooses
_MOST_ALPHA = 4
_MOST_DIRECTIONS = 192
_BITS_WITHOUT_CODES = 8
_HEAD_BYTES = 16  # of a node; its codes have as many
_CANDIDATE_BYTES = 400  # of a node while the graph is built
# Of the model of a search, and of a build:
_FEW_ROWS = 100_000  # from which on parts are divided more than once
_DIVIDING, _FARTHER = 0.25, 0.2  # exponents by which a row of a build, and a walk, take longer with more rows
_GATHERED, _LINE = 15, 22  # neighbours whose own codes a step reads, and the nanoseconds of a cache line of these
_FEWER_STEPS = 0.75  # that such codes need
_LONGEST_WALK = 0.003  # seconds
# Rows from which on lists take 1.3 times as long, which pays for a build of ten times; and the time of a search
# over that of lists, divided by what the models say: those of lists do not know that the codes of a million rows fit no
# cache (benchmarks/graph_and_lists.py, docs/decisions/0013-auto-chooses-graphs-for-many-rows.md).
_AUTO_FROM = {"single": 800_000, "both": 1_250_000, "batch": 3_000_000}
_OF_MODEL = 0.55
# With bits, walks are this many times as long for the same recall, and a single query takes these nanoseconds to pack.
# Fitted to hashes of MiniLM and SIFT, 12,000 to 100,000 rows of 128 to 1,024 bits.
_OF_BITS, _PACKING = 1.6, 25_000
_LEAST_MISSED = 1e-4  # the model treats recalls above 1 - this as equal


class GraphInfo(TypedDict, total=False):
    """What `Index.info` adds for this kind."""

    nodes: int
    degree: int
    alpha: float
    entries: int
    code_directions: int
    code_bits: int
    node_bytes: int
    distance_source: Literal["vectors", "int8", "codes"]
    keeps_vectors: bool


@dataclass(frozen=True)
class Graph(Kind):
    """A graph index: every row has edges to near rows, and a search walks from row to nearer row.

    For millions of rows, or where you measured it to be faster: lists (`IVF`) are quicker to build, and where both were
    measured, as fast or faster up to 400,000 rows, also one query a call. Each row stores small codes of its neighbours
    next to its edges, so one piece of memory has all that a step needs; the rows that look nearest in the end are
    compared in full. Distances are exact. Rows that are equal share a place in the graph.

    `effort` is the number of rows that a search keeps in mind (ef in HNSW), at least k. The largest, 4,096 or the
    number of distinct rows if there are fewer, compares every row. So does every search with a filter, among the
    allowed rows. The build measures the recall of each effort and stores it in the file (`Index.calibration`). A search
    without an effort uses the effort that reaches the recall given to `build`.

    Supports euclidean, sqeuclidean, cosine, dot and manhattan with f32, f16, bf16, u8 and i8, and hamming with bits.
    The same data and settings give the same bytes with any number of threads.

    Args:
        degree: most edges of a row: 16, 32, 48 and so on up to 128. More edges find more neighbours in as many
            steps, but each step takes longer, and the file is larger.
        alpha: how readily an edge is left out because a nearer neighbour leads the same way, 1 to 4 (in squared
            distances). A larger one leaves out fewer.
        code_bits: bits per direction of the codes of neighbours, 1, 2, 4, 8 or "auto". More bits estimate distances
            better, so fewer steps are needed, but each takes longer. With 8, rows have no codes of their neighbours: a
            step reads the neighbours' own 8-bit codes from all over memory. A row takes 176 to 336 bytes besides its
            vector (at degree 32) instead of 1 to 2 kB, which is many times the vector if that is short or of bits, and
            the build is quicker. "auto" builds graphs of 2,048 rows with 2 and with 8 bits, searches them for 128 other
            rows, and takes the bits whose walks cost less at the recall given to `build`, by a model: 2 on all data
            measured so far, and always with fewer than 16,384 rows.
        keep_vectors: whether the file stores the vectors. If False, it stores 8-bit codes instead, one byte per
            dimension, as with `IVF`: rows are compared by these, distances are estimates, and exact searches are not
            possible. Vectors of bytes (u8, i8) are always kept. Not for manhattan and hamming.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        Y. Malkov and D. Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
        navigable small world graphs", TPAMI 2020. S. Subramanya et al., "DiskANN", NeurIPS 2019. Y. Gou et al.,
        "SymphonyQG", SIGMOD 2025. PiPNN, arXiv 2602.21247.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(5000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.Graph(degree=32))
    >>> int(index.search(vectors[7], k=3).rows[0])
    7
    """

    degree: int = 32
    alpha: float = 1.1
    code_bits: int | Literal["auto"] = "auto"
    keep_vectors: bool = True

    def __post_init__(self) -> None:
        if type(self.degree) is not int or self.degree not in _DEGREES:
            raise InvalidInputError(f"degree is {self.degree!r}; pass a multiple of 16 from 16 to {_DEGREES[-1]}")
        if type(self.alpha) not in (int, float) or not 1 <= self.alpha <= _MOST_ALPHA:
            raise InvalidInputError(f"alpha is {self.alpha!r}; pass a Python number from 1 to {_MOST_ALPHA}")
        if self.code_bits != "auto" and (type(self.code_bits) is not int or self.code_bits not in _CODE_BITS):
            raise InvalidInputError(f'code_bits is {self.code_bits!r}; pass 1, 2, 4, 8 or "auto"')
        check_flag("keep_vectors", self.keep_vectors)

    name: ClassVar[str] = "graph"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "manhattan", "hamming")
    serves_bits: ClassVar[bool] = True
    settings_usage: ClassVar[str] = (
        "degree=N (edges of a row), alpha=X, code_bits=N (8: a smaller file), "
        "keep_vectors=false (results from codes, a smaller file)"
    )
    effort_is: ClassVar[str] = "width of the walk (nodes kept in mind)"
    not_reached: ClassVar[str] = "the walk was not at its node"
    not_compared: ClassVar[str] = "the walk was at its node, but other rows looked nearer, so it was not compared"
    parallel: ClassVar[float] = 0.8
    fresh: ClassVar[float] = 1.1
    thread_bytes: ClassVar[int] = 3_000_000
    keeps_work: ClassVar[bool] = True
    other_names: ClassVar[tuple[str, ...]] = (
        *("graph", "hnsw", "nsg", "nsw", "vamana", "diskann", "cagra", "nndescent", "pynndescent", "symqg", "ngt"),
        *("indexhnsw", "glass", "svs", "hgraph", "pyvsag", "usearch", "voyager"),
    )
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("m", "max_degree", "r", "n_neighbors", "edges", "graph_degree"), "degree"),
        **dict.fromkeys(("bits", "codes"), "code_bits"),
    }

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        bits = 0 if self.code_bits == "auto" else self.code_bits
        return {
            "degree": self.degree,
            "alpha": float(self.alpha),
            "code_bits": bits,
            "seed": seed,
            "keep_vectors": self.keep_vectors,
        }

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        along, bits = info["code_directions"], info["code_bits"]
        of = "row" if bits == _BITS_WITHOUT_CODES else "edge"
        copies = f", {info['nodes']:,} distinct rows" if info["nodes"] != info["rows"] else ""
        return [
            ["results", compared_by(info["distance_source"])],
            ["graph", f"at most {info['degree']} edges per row{copies}; seed {info['seed']}"],
            [
                "codes",
                f"{along} directions x {bits} bit{'' if bits == 1 else 's'} = {along * bits // 8} bytes per {of}",
            ],
        ]

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        more = "" if info["keeps_vectors"] else ", no vectors"
        return f"degree {info['degree']}, {info['code_bits']}-bit codes{more}"

    @classmethod
    def in_repr(cls, details: Mapping[str, Any]) -> str:
        return f"{details['code_bits']}-bit codes"

    # --- Choosing and planning ---

    def auto_seconds(self, case: Case, recall: float, tuning: Tuning) -> float | None:
        if case.metric not in FLOAT_METRICS or case.rows < _AUTO_FROM[tuning.workload]:
            return None
        return _OF_MODEL * self.query_nanoseconds(case, recall, batch=tuning.workload == "batch") * 1e-9

    def least_memory(self, case: Case) -> int:
        return self.working_bytes(case, 0)[1]

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> Graph:
        return dataclasses.replace(self, keep_vectors=self.keeps_vectors(case))

    def keeps_vectors(self, case: Case) -> bool:
        return self.keep_vectors or case.integers

    def instead_bytes(self, case: Case) -> int:
        return byte_codes_bytes(case)

    def own_bytes(self, case: Case) -> int:
        along = _directions(case)
        return case.rows * self._node_bytes(case) + 260 * along + along * case.dims

    def _node_bytes(self, case: Case) -> int:
        along = _directions(case)
        bits = _USUAL_BITS if self.code_bits == "auto" else self.code_bits
        if bits == _BITS_WITHOUT_CODES:
            return _HEAD_BYTES + along + 4 * self.degree
        codes = self.degree // 16 * (along * bits // 32 + 1)
        return 64 * (math.ceil((2 * _HEAD_BYTES + along) / 64) + math.ceil(4 * self.degree / 64) + codes)

    def own_seconds(self, case: Case) -> float:
        tried, sample = (planned(case)[name] for name in ("max_directions", "sample_rows"))
        learning = 2.3e-9 * case.dims * tried**2 + sample * (1.0e-5 + 2.8e-8 * (case.dims + 4 * tried))
        along = _directions(case)
        each = 1e-5 + 2.5e-7 * along + 1e-10 * case.dims * along + 1.5e-8 * self.degree * along
        return learning + case.rows * each * math.pow(max(1.0, case.rows / _FEW_ROWS), _DIVIDING)

    def calibration_seconds(self, case: Case) -> float:
        seconds = 0.3 * min(1.0, case.rows / 1_500) + 2.2e-9 * case.rows * case.dims
        if self.keeps_vectors(case):
            return seconds
        # Ever wider walks are tried until one takes as long as a scan of all codes.
        return seconds + 7.5e3 * min(1e-9 * case.rows * (2 + 0.18 * case.dims), _LONGEST_WALK)

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        along = _directions(case)
        held = case.rows * (2 * along + 12 * self.degree + _CANDIDATE_BYTES + 40)
        learning = planned(case)["sample_rows"] * (16 * case.dims + 600)
        return max(learning, held), held

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        nanoseconds = self._walk_nanoseconds(case, recall, batch)
        if case.dtype != "bits":
            return nanoseconds
        return _OF_BITS * nanoseconds + (0 if batch else _PACKING)

    def _walk_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        missed = max(1 - recall, _LEAST_MISSED)
        width = 3.4 * float(missed**-0.75) * math.pow(case.rows / _FEW_ROWS, _FARTHER)
        nanoseconds = 2_500 + (10 + width / 2) * (30 + 0.1 * case.compared_bytes)
        step = 200 if batch else 250
        if self.code_bits != _BITS_WITHOUT_CODES:
            return nanoseconds + width * (step + 9 * self._node_bytes(case) / 64)
        return nanoseconds + _FEWER_STEPS * width * (step + _GATHERED * _LINE * (1 + _directions(case) / 64))


def _directions(case: Case) -> int:
    """Returns the estimated number of leading directions of the codes."""
    return 32 * math.ceil(min(_MOST_DIRECTIONS, directions(case.dims, 9)) / 32)
