"""Hashing: a code of bits for every row, of which near rows share most."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict

from nearabout._base.checks import check_count
from nearabout._base.vocabulary import FLOAT_METRICS
from nearabout.errors import InvalidInputError
from nearabout.kinds._kind import Kind
from nearabout.kinds.case import Case, planned
from nearabout.kinds.tuning import Tuning

_HASHING = ("auto", "hyperplanes", "itq", "bits")
_MOST_BITS, _MOST_KEY_BITS, _MOST_TABLES = 1_024, 32, 64
_BUCKET_BYTES = 8  # a key and an end
# Nanoseconds of a query, single and in a batch: fixed, per dimension and bit, per 64 bits of a row's code, per row
# compared and per byte of it. Rough, from whole searches (benchmarks/hashing.py).
_QUERY = ((4_000.0, 0.05, 0.12, 60.0, 0.06), (1_500.0, 0.03, 0.1, 40.0, 0.05))
# A search compares about 18 * (rows / 12,000)**.5 * (1 - recall)**-.8 rows at 256 bits, twice as many at half the bits.
_COMPARED, _GROWTH, _MISSED = 9.0, 0.5, 0.8
_LEAST_MISSED = 1e-4  # the model treats recalls above 1 - this as equal


class LSHInfo(TypedDict, total=False):
    """What `Index.info` adds for this kind."""

    hashing: Literal["hyperplanes", "itq", "bits"]
    bits: int
    tables: int
    buckets: int


@dataclass(frozen=True)
class LSH(Kind):
    """Hashing: every row has a code of bits, and near rows differ in few of them (locality-sensitive hashing).

    For codes that are known to suit the data, or to compare with: lists (`IVF`) take less time at the same recall
    wherever both were measured. It builds quickly, and the codes take little memory, 32 bytes a row at 256 bits.

    Without tables, a search compares the query's code with those of all rows, bit by bit, and the rows that differ
    least in full. With tables, it looks into the buckets of rows with the same short code, in each of several tables,
    then into those whose codes differ in the bits that are least sure (multi-probe), and compares the rows that it
    finds. Distances are exact.

    `effort` is the number of rows that a search compares in full, at least k and 32. The largest, the number of rows,
    is the exact search. So is every search with a filter, among the allowed rows. The build measures the recall of each
    effort and stores it in the file (`Index.calibration`). A search without an effort uses the effort that reaches the
    recall given to `build`.

    Supports euclidean, sqeuclidean, cosine and dot with f32, f16, bf16, u8 and i8, and hamming with bits. The same data
    and settings give the same bytes with any number of threads.

    Args:
        hashing: how rows become bits. "hyperplanes": on which side of random planes a row is. "itq" (iterative
            quantization): the planes are learnt from the rows, for vectors of numbers and without tables; it finds more
            neighbours with the same bits, up to about as many as there are dimensions, and takes a second or two
            longer to build. "bits": some bits of each row, for vectors of bits. "auto" is "bits" under hamming,
            "hyperplanes" with tables, and else "itq".
        bits: bits of a code, 1 to 1,024, or of the key of each table, 1 to 32. With more bits, fewer rows have to be
            compared, but each code takes longer to look at; in tables, buckets are smaller, and more of them have to be
            looked into. "auto" is 256, or under hamming all bits if there are fewer; with tables, as many as leave
            about 16 rows to a bucket.
        tables: number of hash tables, 1 to 64, or 0 to look at all codes. More tables find more neighbours and take 4
            bytes a row each. Looking at all codes of 100,000 rows takes 0.04 milliseconds at 256 bits, so tables are
            for many more rows than that. There are at most 1,024 bits in all tables.

    Raises:
        InvalidInputError: a setting is out of range, or the settings contradict each other or the metric.

    References:
        P. Indyk and R. Motwani, "Approximate nearest neighbors: towards removing the curse of dimensionality", STOC
        1998. M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002. Q. Lv et al.,
        "Multi-probe LSH: efficient indexing for high-dimensional similarity search", VLDB 2007. Y. Gong and S.
        Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011.

    >>> import nearabout as na, numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(5000, 16)).astype(np.float32)
    >>> index = na.build(vectors, metric="euclidean", kind=na.LSH(bits=64))
    >>> int(index.search(vectors[7], k=3).rows[0])
    7
    """

    bits: int | Literal["auto"] = "auto"
    tables: int = 0
    hashing: Literal["auto", "hyperplanes", "itq", "bits"] = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.hashing, str) or self.hashing not in _HASHING:
            raise InvalidInputError(
                f"hashing is {self.hashing!r}; pass {', '.join(map(repr, _HASHING[:-1]))} or 'bits'"
            )
        if self.tables != 0 or type(self.tables) is not int:
            check_count("tables", self.tables, _MOST_TABLES, ", or 0 to look at the codes of all rows")
        if self.tables and self.hashing == "itq":
            raise InvalidInputError(
                'hashing="itq" learns one code for all rows, and tables need several that are independent; pass '
                'tables=0, or hashing="hyperplanes"'
            )
        if self.bits != "auto":
            most = min(_MOST_KEY_BITS, _MOST_BITS // self.tables) if self.tables else _MOST_BITS
            of_tables = f" with tables={self.tables}" if self.tables else ""
            check_count("bits", self.bits, most, f'{of_tables}, or "auto"')

    name: ClassVar[str] = "lsh"
    metrics: ClassVar[tuple[str, ...]] = (*FLOAT_METRICS, "hamming")
    serves_bits: ClassVar[bool] = True
    settings_usage: ClassVar[str] = (
        "bits=N (of a code, or of a table's keys), tables=N (0: all codes are looked at), "
        "hashing=hyperplanes, itq or bits"
    )
    effort_is: ClassVar[str] = "rows compared"
    not_reached: ClassVar[str] = "its code was not near enough to the query's"
    parallel: ClassVar[float] = 0.6
    fresh: ClassVar[float] = 1.1
    thread_bytes: ClassVar[int] = 1_500_000
    other_names: ClassVar[tuple[str, ...]] = (
        *("lsh", "hash", "hashing", "indexlsh", "indexbinaryhash", "falconn", "nmslsh", "itq", "minhash", "simhash"),
    )
    other_settings: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("nbits", "n_bits", "hash_size", "n_hash_bits", "b"), "bits"),
        **dict.fromkeys(("n_estimators", "num_tables", "n_tables", "num_hash_tables", "l", "nhash"), "tables"),
        **dict.fromkeys(("hash", "family", "lsh_family", "method"), "hashing"),
    }

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        bits = 0 if self.bits == "auto" else self.bits
        return {"hashing": self.hashing, "bits": bits, "tables": self.tables, "seed": seed}

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        how = {"hyperplanes": "random hyperplanes", "itq": "iterative quantization", "bits": "bits of the rows"}
        bits = f"{info['bits']:,} bit{'' if info['bits'] == 1 else 's'}"
        lines = [["hashing", f"{how[info['hashing']]}; seed {info['seed']}"]]
        if not info["tables"]:
            return [*lines, ["codes", f"{bits} = {_code_bytes(info['bits'])} bytes per row"]]
        tables = f"{info['tables']}, {bits} per key"
        each = info["rows"] * info["tables"] / max(1, info["buckets"])
        return [*lines, ["tables", f"{tables}, {info['buckets']:,} buckets, {each:,.1f} rows in each on average"]]

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        tables = f", {info['tables']} tables" if info["tables"] else ""
        return f"{info['hashing']}, {info['bits']} bits{tables}"

    @classmethod
    def in_repr(cls, details: Mapping[str, Any]) -> str:
        return f"{details['bits']}-bit {'keys' if details['tables'] else 'codes'}"

    @classmethod
    def least_worthwhile(cls, k: int) -> int:
        return max(1, k)

    # --- Planning ---

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> LSH:
        bits = self.bits if self.bits != "auto" else planned(case)["bits"]
        hashing = self.hashing
        if hashing == "auto":
            hashing = "bits" if case.metric == "hamming" else "hyperplanes" if self.tables else "itq"
        return dataclasses.replace(self, bits=bits, hashing=hashing)

    def own_bytes(self, case: Case) -> int:
        sizes = planned(case)
        learnt = 4 * case.dims * sizes["all_bits"] if case.dtype != "bits" else 4 * sizes["all_bits"]
        if not self.tables:
            return learnt + case.rows * _code_bytes(sizes["bits"])
        buckets = min(case.rows, 1 << sizes["bits"]) / 2  # rows crowd into some of them
        return learnt + round(self.tables * (4 * case.rows + _BUCKET_BYTES * buckets))

    def own_seconds(self, case: Case) -> float:
        sizes = planned(case)
        bits, sample, tried = sizes["all_bits"], sizes["sample_rows"], sizes["max_directions"]
        turning = 20 * (1.2e-10 * sample * tried * bits + 1.6e-9 * tried**2 * bits) if tried else 0.0
        learning = 3e-9 * case.dims * tried**2 + sample * case.dims * (3e-8 + 4e-11 * bits) + turning
        sorting = 1.2e-7 * self.tables * case.rows
        return 1e-3 + learning + case.rows * (3e-8 + 4e-11 * bits * case.dims + 1.5e-9 * bits) + sorting

    def calibration_seconds(self, case: Case) -> float:
        seconds = 0.03 * min(1.0, case.rows / 1_500) + 8e-9 * case.rows * case.dims
        return seconds + 2.5e-6 * case.rows

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        sizes = planned(case)
        learning = sizes["sample_rows"] * (16 * case.dims + 12 * sizes["all_bits"]) + 8 * case.dims * sizes["all_bits"]
        tables = self.tables * case.rows * 8
        return max(learning, tables), 0

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        fixed, projecting, looking, comparing, byte = _QUERY[batch]
        sizes = planned(case)
        missed = max(1 - recall, _LEAST_MISSED)
        fewer = sizes["all_bits"] / 256
        compared = _COMPARED * math.pow(case.rows / 12_000, _GROWTH) * float(missed**-_MISSED) / max(fewer, 1e-2)
        binding = fixed + (projecting * case.dims * sizes["all_bits"] if case.dtype != "bits" else 0)
        scanning = 0 if self.tables else looking * case.rows * sizes["bits"] / 64
        return binding + scanning + min(case.rows, compared) * (comparing + byte * case.compared_bytes)


def _code_bytes(bits: int) -> int:
    """Returns the bytes of a code, which is stored in words of 64 bits."""
    return 8 * math.ceil(bits / 64)
