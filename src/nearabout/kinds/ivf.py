"""IVF: an inverted file, which is lists of small codes."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict

from nearabout._base.checks import check_count
from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.errors import InvalidInputError
from nearabout.kinds._kind import Kind, check_byte_rows, check_flag, compared_by
from nearabout.kinds.case import Case, byte_codes_bytes, directions, planned
from nearabout.kinds.tuning import Tuning
from nearabout.quantizers.codes import MOST_DIRECTIONS, Codes, PcaCodes, codes_from_settings, codes_from_text

_MOST_LISTS = 1_000_000
_LARGEST_CODE = 512  # bytes of a row
_MOST_CODED = 96  # directions of a code at most, as the models have it
# Nanoseconds of a query: fixed, per centroid dimension ranked, per code scanned, per byte compared. Single, then batch.
_COMPARED = ((3_870.0, 0.0294, 0.758, 0.749), (856.0, 0.0385, 0.688, 0.646))
_BY_CODES = ((3_810.0, 0.0101, 1.536, 1.32), (765.0, 0.0274, 1.194, 0.883))
# A search scans about rows**.63 / (1 - recall)**.55 rows. The exact number depends on the data.
_SCANNED, _MISSED = 0.63, 0.55
_LEAST_MISSED = 1e-4  # the model treats recalls above 1 - this as equal
_AUTO_CODES: dict[str, bool | int | float | str] = {
    "code_family": PcaCodes.family,
    "code_bytes": 0,
    "code_bits": 0,
    "code_cells": 0,
}
_SWITCH: dict[bool | str, str] = {True: "on", False: "off", "auto": "auto"}  # as the core names them
_WORKLOADS = {"both": "batches and single queries", "batch": "batches", "single": "single queries"}
_LISTS_OF_FAISS = re.compile(r"ivf(\d+)")
_CODES_OF_FAISS = re.compile(r"pq(\d+)(?:x(\d+))?")


class IVFInfo(TypedDict, total=False):
    """What `Index.info` adds for this kind."""

    lists: int
    code_directions: int
    code_bits: int
    code_bytes: int
    code_family: str
    code_parts: int
    code_cells: int
    residual: bool
    curves: dict[int, list[tuple[float, float, float]]]
    distance_source: Literal["vectors", "int8", "codes"]
    family: str
    workload: Literal["both", "batch", "single"]
    keeps_vectors: bool


@dataclass(frozen=True)
class IVF(Kind):
    """An IVF index: an inverted file with a small code for each row. It searches many rows in little time.

    k-means splits the rows into lists, one per centroid. A search ranks the lists by the distance of their centroids,
    scans the codes of the nearest lists, and compares the most promising rows in full. The scan reads memory in order
    and looks up many rows at a time in tables in registers. Distances are exact unless `refine` or `keep_vectors` is
    False. A code stores the difference between a row and its centroid along the leading principal directions of the
    data, with 1, 2, 4 or 8 bits per direction.

    `effort` is the number of lists that a search probes (nprobe in FAISS). It is an average: easy queries probe fewer
    lists, hard ones more. An effort equal to the number of lists compares every row, which is the exact search. The
    build measures the recall of each effort and how many rows a search must compare, and stores the results in the
    file (`Index.calibration`, `info()["curves"]`). A search without an effort uses the effort that reaches the recall
    given to `build`.

    Supports euclidean, sqeuclidean, cosine and dot, with f32, f16, bf16, u8 and i8. The same data and settings give
    the same bytes with any number of threads. Fewer than about 160 rows make a single list, which is searched
    exactly, unless you pass a larger `lists`.

    Args:
        lists: number of lists (nlist in FAISS), 1 to 1,000,000, or "auto". "auto" is about 2.5 times the square root
            of the number of rows, or half or twice that if the build measures clearly faster queries. With more lists,
            each list is shorter: a search scans fewer rows for the same recall, but ranks more centroids, and the
            build takes longer. There are never more lists than rows.
        codes: bytes per row (1 to 512), a `PcaCodes` to set the bits as well, or "auto", which chooses by the data and
            the costs of the processor (`build(family=, workload=)`). Longer codes separate near rows better, so fewer
            rows are compared in full. They take more space and more time to scan. The field's other codes are `PQ`,
            `OPQ`, `LOPQ`, `SQ` and `RaBitQ`; with `refine` the default is faster than all of them at equal recall on
            the data measured so far.
        residual: whether codes are of the difference between a row and the centroid of its list, or else of the row
            itself. Residuals are smaller, so their codes are more precise. False is for `PQ`, `OPQ`, `SQ` and `RaBitQ`.
        refine: whether to compare the most promising rows in full. If False, results come from the small codes alone:
            distances are estimates in the units of the metric, and recall is lower, which longer `codes` make up for.
            A search then reads no vectors, so the file may be on a slow disk.
        keep_vectors: whether the file stores the vectors. If False and `refine` is True, the file stores 8-bit codes
            instead, one byte per dimension (a quarter of float32), and rows are compared by those: each coordinate is
            rounded to a grid of 254 steps over the range of its dimension. `index[key]`, `vectors` and
            `search_by_key` then use the decoded codes, under cosine as vectors of length 1. If `refine` is False as
            well, the file stores only the small codes, and these three raise an error. `exact=True` needs the
            vectors. Vectors of bytes (u8, i8) are already 8-bit: with `refine` they are always kept, whatever you pass
            here, and distances are exact. `Index.info()` shows the result (`distance_source`, `keeps_vectors`) and the
            `expected_recall`.
        byte_rows: whether the file stores one byte per dimension of each row besides the vector. Searches look at the
            bytes of the most promising rows and, by a proven bound, compare only those vectors in full that can be
            among the neighbours: 10 to 13 of the 13 to 45 rows that searches for 10 neighbours compare otherwise.
            Results are the same, to the last bit. The file is a quarter of the vectors larger. It pays where vectors
            are slow to fetch. "auto" stores them where the model of a search says that it then takes at most .85 of the
            time, by rows, dims, dtype, recall, workload and family (`plan` shows the result). For vectors of floats,
            which are kept.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        H. Jegou, M. Douze and C. Schmid, "Product quantization for nearest neighbor search", TPAMI 2011. F. Andre,
        A.-M. Kermarrec and N. Le Scouarnec, "Cache locality is not enough: high-performance nearest neighbor search
        with product quantization fast scan", VLDB 2015. J. Gao and C. Long, "RaBitQ: quantizing high-dimensional
        vectors with a theoretical error bound for approximate nearest neighbor search", SIGMOD 2024.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(5000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.IVF(lists=64))
    >>> int(index.search(vectors[7], k=3, effort=4).rows[0])
    7
    >>> small = na.build(vectors, metric="euclidean", kind=na.IVF(lists=64, keep_vectors=False))
    >>> small.info()["distance_source"], small.info()["file_bytes"] < index.info()["file_bytes"] / 2
    ('int8', True)
    """

    lists: int | Literal["auto"] = "auto"
    codes: int | Codes | Literal["auto"] = "auto"
    residual: bool = True
    refine: bool = True
    keep_vectors: bool = True
    byte_rows: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        if self.lists != "auto":
            check_count("lists", self.lists, _MOST_LISTS, ', or "auto"')
        if self.codes != "auto" and not isinstance(self.codes, Codes):
            check_count("codes", self.codes, _LARGEST_CODE, ' (bytes per row), a PcaCodes, PQ or the like, or "auto"')
        for name in ("residual", "refine", "keep_vectors"):
            check_flag(name, getattr(self, name))
        if not self.residual and (not isinstance(self.codes, Codes) or self.codes.always_residual):
            raise InvalidInputError(
                f"residual=False is for codes=PQ, OPQ, SQ or RaBitQ; codes={self.codes!r} are of residuals always"
            )
        check_byte_rows(self.byte_rows)
        if self.byte_rows is True and not self.refine:
            raise InvalidInputError(
                "byte_rows=True says which vectors to compare, and refine=False compares none; pass one of the two"
            )
        if self.byte_rows is True and not self.keep_vectors:
            raise InvalidInputError(
                "byte_rows=True says which vectors to compare, and keep_vectors=False keeps none; pass one of the two"
            )

    name: ClassVar[str] = "ivf"
    is_tuned: ClassVar[bool] = True
    metrics: ClassVar[tuple[str, ...]] = FLOAT_METRICS
    settings_usage: ClassVar[str] = (
        "lists=N, codes=N (bytes per row) or pq:16:4 (also opq, lopq, sq, rabitq), residual=false, refine=false, "
        "keep_vectors=false (results from codes, a smaller file), "
        "byte_rows=auto (where they pay), true (a larger file, fewer vectors read) or false"
    )
    effort_is: ClassVar[str] = "lists probed"
    not_reached: ClassVar[str] = "its list was not probed"
    not_compared: ClassVar[str] = "its list was probed, but other rows had better codes, so it was not compared"
    parallel: ClassVar[float] = 0.8
    fresh: ClassVar[float] = 1.1
    thread_bytes: ClassVar[int] = 5_000_000
    keeps_work: ClassVar[bool] = True
    other_names: ClassVar[tuple[str, ...]] = (
        *("ivf", "indexivf", "inverted", "list", "pq", "opq", "sq", "rabitq", "indexpq", "scann", "faiss"),
        *("milvus", "approximate", "ann"),
    )
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("nlist", "n_lists", "num_lists", "centroids", "n_centroids", "clusters"), "lists"),
        **dict.fromkeys(("m", "pq", "code_size", "bytes", "n_bytes"), "codes"),
        **dict.fromkeys(("rerank", "reorder", "rflat"), "refine"),
    }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Kind:
        codes = settings.get("codes", "auto")
        known = codes_from_settings(codes) if isinstance(codes, dict) else codes
        return super().from_settings({**settings, "codes": known})

    @classmethod
    def setting_from_text(cls, name: str, text: str) -> object:
        return codes_from_text(text) if name == "codes" else None

    def settings(self) -> dict[str, object]:
        codes = self.codes.settings() if isinstance(self.codes, Codes) else self.codes
        # As before there was a choice, for files of residuals.
        left_out = {"residual"} if self.residual else set()
        given = {name: value for name, value in super().settings().items() if name not in left_out}
        return {**given, "codes": codes}

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        codes = PcaCodes(self.codes) if isinstance(self.codes, int) else self.codes
        given = _AUTO_CODES if codes == "auto" else codes.parameters()
        return {
            "lists": _or_zero(self.lists),
            **given,
            "residual": self.residual,
            "seed": seed,
            "refine": self.refine,
            "keep_vectors": self.keep_vectors,
            "byte_rows": _SWITCH[self.byte_rows],
            "quick": tuning.quick,
            "family": tuning.family,
            "workload": tuning.workload,
        }

    @classmethod
    def info(cls, details: dict[str, Any]) -> dict[str, Any]:
        curves = {int(k): [tuple(point) for point in points] for k, points in details["curves"].items()}
        return {**details, "curves": curves}

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        results = compared_by(info["distance_source"])
        if info["distance_source"] == "codes" and info["keeps_vectors"]:
            results += "; --exact compares the vectors"
        return [
            ["results", results],
            ["lists", f"{info['lists']:,}; seed {info['seed']}"],
            ["codes", _codes_line(info)],
            ["tuned for", f"{_WORKLOADS[info['workload']]}; processors: {info['family']}"],
        ]

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        more = ", byte rows" if info["byte_rows"] else ""
        more += "" if info["keeps_vectors"] else ", no vectors"
        return f"{info['lists']} lists, {info['code_bytes']}-byte codes{more}"

    @classmethod
    def other_advice(cls, parts: list[str]) -> str | None:
        """Translates FAISS factory strings as far as this kind has their parts: "IVF1024,PQ16" has 1,024 lists and
        16-byte codes.
        """
        lists = next((_LISTS_OF_FAISS.match(part) for part in parts if _LISTS_OF_FAISS.match(part)), None)
        codes = next((_CODES_OF_FAISS.match(part) for part in parts if _CODES_OF_FAISS.match(part)), None)
        if lists is None and codes is None:
            return None
        settings = [f"lists={int(lists[1])}"] if lists and 1 <= int(lists[1]) <= _MOST_LISTS else []
        if codes is not None and 1 <= (size := int(codes[1]) * int(codes[2] or 8) // 8) <= _LARGEST_CODE:
            settings.append(f"codes={size}")
        given = ", ".join(settings)
        return f"did you mean na.IVF({given})?" if given else None

    # --- Choosing and planning ---

    def auto_seconds(self, case: Case, recall: float, tuning: Tuning) -> float | None:
        return self.query_nanoseconds(case, recall, batch=tuning.workload == "batch") * 1e-9

    def list_count(self, case: Case) -> int:
        """Returns how many lists the build makes; "auto" may halve or double them."""
        return self._planned(case)["lists"]

    def _planned(self, case: Case) -> dict[str, int]:
        return planned(dataclasses.replace(case, kind=self))

    def code_width(self, case: Case) -> int:
        """Returns the bytes of a row's code, a multiple of four."""
        if self.codes != "auto":
            codes = self.codes if isinstance(self.codes, Codes) else PcaCodes(self.codes)
            return codes.width(_coded_dims(case))
        if not self.refine:  # codes alone rank the rows, so they are longer
            return 4 * round(min(48, max(16, case.dims / 2)) / 4)
        return 4 * math.ceil(min(48.0, max(8.0, 2.4 * math.sqrt(case.dims)), max(4, case.dims / 2)) / 4)

    def codes_bytes(self, case: Case) -> int:
        """Returns the bytes of all codes and their correction terms; each list is padded to a whole block."""
        return self._places(case) * (self.code_width(case) + 4)

    def _places(self, case: Case) -> int:
        return case.rows + self.list_count(case) * self._planned(case)["block_rows"] // 2

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> IVF:
        sizes = planned(dataclasses.replace(case, kind=self), recall, tuning)
        kept, byte_rows = self.keeps_vectors(case), bool(sizes["byte_rows"])
        return dataclasses.replace(self, lists=sizes["lists"], keep_vectors=kept, byte_rows=byte_rows)

    def keeps_vectors(self, case: Case) -> bool:
        return self.keep_vectors or (self.refine and case.integers)

    def can_have_byte_rows(self, case: Case) -> bool:
        return case.suits_byte_rows and self.refine and self.keep_vectors

    def has_byte_rows(self, case: Case) -> bool:
        return self.byte_rows is True

    def instead_bytes(self, case: Case) -> int:
        return byte_codes_bytes(case) if self.refine else 0

    def own_bytes(self, case: Case) -> int:
        lists = self.list_count(case)
        panels = 32 * math.ceil(min(MOST_DIRECTIONS, directions(case.dims, 5)) / 32)
        learnt = panels * case.dims + 36 * lists + lists * panels
        if isinstance(self.codes, Codes):
            learnt += self.codes.learnt_bytes(case.rows, _coded_dims(case), lists)
        return self.codes_bytes(case) + (8 if case.integers else 4) * self._places(case) + learnt

    def own_seconds(self, case: Case) -> float:
        rows, dims = case.rows, case.dims
        sizes = self._planned(case)
        tried, sample, clustered = (sizes[name] for name in ("max_directions", "sample_rows", "clustered_rows"))
        coded = min(dims, _MOST_CODED)
        learning = 2.3e-9 * dims * tried**2 + sample * (1.0e-5 + 2.8e-8 * (dims + 4 * tried) + 1.3e-10 * tried**2)
        clustering = sizes["lists"] * coded * (1.6e-11 * clustered + 2e-12 * rows)
        projecting = 1.0e-10 * (rows + clustered) * dims * coded
        coding = 2.1e-3 + 4.1e-6 * rows + 5.9e-10 * rows * case.row_bytes
        return learning + clustering + projecting + coding

    def calibration_seconds(self, case: Case) -> float:
        return 0.06 * min(1.0, case.rows / 1_500) + 2.2e-9 * case.rows * case.dims

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        rows, dims = case.rows, case.dims
        held = rows * (self.code_width(case) + 28)
        coded = 32 * math.ceil(min(dims, _MOST_CODED) / 32)
        sizes = self._planned(case)
        clustering = sizes["clustered_rows"] * (2 * coded + 16) + sizes["projected_rows"] * 5 * coded
        sampled = self.codes.sample_bytes(rows, _coded_dims(case)) if isinstance(self.codes, Codes) else 0
        learning = max(clustering, sizes["sample_rows"] * (16 * dims + 600), sampled)
        return max(learning, held), held

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        base, ranking, scanning, comparing = (_COMPARED if self.refine else _BY_CODES)[batch]
        missed = max(1 - recall, _LEAST_MISSED)
        scanned: float = min(case.rows, float(case.rows**_SCANNED * missed**-_MISSED))
        ranked = self.list_count(case) * min(case.dims, _MOST_CODED)
        row = case.compared_bytes if self.keep_vectors else case.dims
        scan = scanned * (0.1 + 0.0145 * self.code_width(case))
        return base + ranking * ranked + scanning * scan + comparing * row * float(missed**-0.2)


def _codes_line(info: Mapping[str, Any]) -> str:
    """Returns what `nearabout info` says about the codes."""
    family, parts, cells = (info[name] for name in ("code_family", "code_parts", "code_cells"))
    counted = f"{parts:,} parts" if parts else f"{info['code_directions']:,} directions"
    line = f"{counted} x {_counted(info['code_bits'], 'bit')} = {_counted(info['code_bytes'], 'byte')} per row"
    if family == PcaCodes.family:
        return line
    more = f", {_counted(cells, 'cell')}" if cells > 1 else ""
    return f"{family}: {line}{more}{'' if info['residual'] else ', not of residuals'}"


def _coded_dims(case: Case) -> int:
    """Returns the dims of the vectors that are coded: under dot there is one more."""
    return case.dims + (case.metric == "dot")


def _or_zero(setting: int | Literal["auto"]) -> int:
    """Returns the setting for the core, where 0 stands for "auto"."""
    return 0 if setting == "auto" else setting


def _counted(count: float, what: str) -> str:
    return f"{count:,.0f} {what}{'' if count == 1 else 's'}"
