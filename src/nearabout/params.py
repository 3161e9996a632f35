"""The kinds of index and what can be set for each: one frozen dataclass per kind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from nearabout.errors import InvalidInputError
from nearabout.names import a_type, nearest
from nearabout.other_kinds import what_serves

_MOST_TREES = 1_000
_LARGEST_LEAF = 1_000_000
_MOST_LISTS = 1_000_000
_LARGEST_CODE = 512  # bytes
_CODE_BITS = (1, 2, 4)
_MOST_DIRECTIONS = 192


@dataclass(frozen=True)
class Exact:
    """Compare the query with every vector: always the true neighbours, in time that grows with the number of rows.

    It has no settings. Others call it brute force, flat or linear scan.

    >>> import nearabout as na
    >>> na.build([[1.0, 2.0], [3.0, 4.0]], kind=na.Exact()).kind
    'exact'
    """

    @property
    def name(self) -> str:
        """What `kind=` and `Index.kind` call it."""
        return "exact"

    def settings(self) -> dict[str, object]:
        """What was chosen, as it is stored in the file's metadata."""
        return {"kind": self.name, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class Forest:
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
            _check_count("trees", self.trees, _MOST_TREES, ', or "auto"')
        _check_count("leaf_size", self.leaf_size, _LARGEST_LEAF)

    @property
    def name(self) -> str:
        """What `kind=` and `Index.kind` call it."""
        return "forest"

    def settings(self) -> dict[str, object]:
        """What was chosen, as it is stored in the file's metadata."""
        return {"kind": self.name, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class PcaCodes:
    """How the small codes of `IVF` are laid out: bytes a row, and bits a direction.

    A code has `size * 8 / bits` numbers of `bits` bits, one along each of that many leading directions of the data.
    Fewer bits cover more directions, each more roughly: 4 bits suit data of few directions (below some fifty), 1 bit
    data of hundreds. What the directions leave out of a row is kept as one number.

    Args:
        size: bytes a row, 1 to 512. Rounded up to a multiple of 4, which is what the scan takes at a time, and cut to
            the directions that the data has; `Index.info()` tells what came of it.
        bits: "auto" (by the data), or 1, 2 or 4 a direction. There are codes along 192 directions at the most.

    Raises:
        InvalidInputError: a setting out of its range, or more than 192 directions.

    >>> import nearabout as na
    >>> na.IVF(codes=na.PcaCodes(32, bits=4))
    IVF(lists='auto', codes=PcaCodes(size=32, bits=4), refine=True, keep_vectors=True)
    """

    size: int
    bits: int | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        _check_count("size", self.size, _LARGEST_CODE)
        if self.bits == "auto":
            return
        if isinstance(self.bits, bool) or not isinstance(self.bits, int) or self.bits not in _CODE_BITS:
            raise InvalidInputError(f'bits is {self.bits!r}; pass 1, 2 or 4 bits a direction, or "auto"')
        directions = self.size * 8 // self.bits
        if directions > _MOST_DIRECTIONS:
            raise InvalidInputError(
                f"codes of {self.size} bytes at {self.bits} bits a direction are along {directions:,} directions, and "
                f"{_MOST_DIRECTIONS} are the most; pass a size of at most {_MOST_DIRECTIONS * self.bits // 8}"
            )


@dataclass(frozen=True)
class IVF:
    """Lists of rows that lie together, each row kept as a small code: an inverted file, for many rows in little time.

    The rows are parted into lists around centroids (k-means). A search ranks the lists by the distance of their
    centroids, scans the codes of the nearest lists in memory order, many rows at a time by tables in registers, and
    compares the rows that look nearest in full: distances are no estimates, unless `refine` or `keep_vectors` is False.
    A code is what a row is beyond its list's centroid, along the leading principal directions of the data, in 1, 2 or 4
    bits each.

    How many lists are looked into is `effort`, which others call nprobe; it is an average: of queries that the trials
    showed to be easy fewer, of hard ones more. As many as there are lists compare every row, which is the exact search.
    What each effort finds is measured when the index is built, together with how many rows it takes to compare, and
    kept in the file (`Index.calibration`, `info()["curves"]`). A search without an effort takes what the recall needs
    that `build` was given.

    For euclidean, sqeuclidean, cosine and dot, over f32, f16, bf16, u8 and i8. The same data and settings give the same
    bytes at any number of threads. Less than some 160 rows are one list, unless more are asked for, and so are
    searched exactly.

    Args:
        lists: "auto" or 1 to 1,000,000; others call it nlist. "auto" is about 2.5 times the square root of the number
            of rows, or half or twice as many where the build measures that a query takes clearly less time. More lists
            are smaller: fewer rows are scanned for the same neighbours, but there are more centroids to rank, and the
            build takes longer. There are never more lists than rows.
        codes: "auto", or bytes a row (1 to 512), or `PcaCodes` where the bits matter too. "auto" chooses by the
            dimensions. Longer codes tell near rows apart better, so that fewer have to be compared in full; they take
            room, and longer to scan.
        refine: whether the rows that look nearest are compared. False: answers come from the small codes alone, and
            distances are estimates in the units of the metric. Fewer of the true neighbours are found, which longer
            `codes` make up for. No vector is read then, so they may lie on a slow disk.
        keep_vectors: whether the file has the vectors. False: with `refine`, it has 8-bit codes in their place, one
            byte a dimension (a quarter of float32), and rows are compared by those: distances are off by about what a
            grid of 254 steps in each dimension loses. `index[key]`, `vectors` and `search_by_key` then take what the
            codes stand for, under cosine as vectors of length 1. Without `refine` it has the small codes alone, and
            those three are not to be had. `exact=True` needs vectors. Vectors that are bytes already (u8, i8) are their
            own 8-bit codes: with `refine` they are kept whatever is asked for here, and answers are exact in every
            digit. `Index.info()` tells which it came to (`distance_source`, `keeps_vectors`) and what to
            expect (`expected_recall`).

    Raises:
        InvalidInputError: a setting out of its range.

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
    codes: int | PcaCodes | Literal["auto"] = "auto"
    refine: bool = True
    keep_vectors: bool = True

    def __post_init__(self) -> None:
        if self.lists != "auto":
            _check_count("lists", self.lists, _MOST_LISTS, ', or "auto"')
        if self.codes != "auto" and not isinstance(self.codes, PcaCodes):
            _check_count("codes", self.codes, _LARGEST_CODE, ' (bytes a row), a PcaCodes, or "auto"')
        for name, flag in (("refine", self.refine), ("keep_vectors", self.keep_vectors)):
            if not isinstance(flag, bool):
                raise InvalidInputError(f"{name} is {flag!r}; pass True or False")

    @property
    def name(self) -> str:
        """What `kind=` and `Index.kind` call it."""
        return "ivf"

    def settings(self) -> dict[str, object]:
        """What was chosen, as it is stored in the file's metadata."""
        return {"kind": self.name, **dataclasses.asdict(self)}


Kind = Exact | Forest | IVF
_CLASSES: dict[str, type[Exact] | type[Forest] | type[IVF]] = {"exact": Exact, "forest": Forest, "ivf": IVF}
KINDS = ("auto", *_CLASSES)
# What other libraries call their settings: understood, not accepted.
_OTHER_SETTINGS = {
    **dict.fromkeys(("nlist", "n_lists", "num_lists", "centroids", "n_centroids", "clusters"), "lists"),
    **dict.fromkeys(("m", "pq", "code_size", "bytes", "n_bytes"), "codes"),
    **dict.fromkeys(("n_trees", "ntrees", "num_trees"), "trees"),
    **dict.fromkeys(("leaf", "leafsize", "max_leaf_size"), "leaf_size"),
    **dict.fromkeys(("rerank", "reorder", "rflat"), "refine"),
}


def _check_count(name: str, value: object, most: int, other: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; pass a whole number from 1 to {most:,}{other}")


def resolve_kind(kind: object) -> Kind | Literal["auto"]:
    """The parameters that `kind=` stands for; "auto" where they are chosen once rows and dims are known."""
    if isinstance(kind, (Exact, Forest, IVF)):
        return kind
    names = ", ".join(map(repr, KINDS))
    for known in _CLASSES.values():
        if kind is known:
            raise InvalidInputError(
                f"kind is the class na.{known.__name__}; pass an object of it: na.{known.__name__}()"
            )
    if not isinstance(kind, str):
        raise InvalidInputError(f"kind is {a_type(kind)}; pass one of {names}, or an object such as na.Forest()")
    if kind not in KINDS:
        served = what_serves(kind)
        allowed = f"Allowed: {', '.join(KINDS)}"
        advice = f"{served}{'' if served.endswith('?') else '.'} {allowed}" if served else nearest(kind, KINDS)
        raise InvalidInputError(f"there is no kind {kind!r}; {advice}")
    return "auto" if kind == "auto" else _CLASSES[kind]()


def kind_from_settings(kind: str, settings: dict[str, str]) -> Kind | Literal["auto"]:
    """The parameters that a name and `name=value` settings from a command line stand for.

    Raises:
        InvalidInputError: the kind has no such setting, or the value is none of what it takes.
    """
    chosen = resolve_kind(kind)
    if chosen == "auto":
        for name, text in settings.items():
            raise InvalidInputError(
                f"--set {name}={text}: the kind auto is chosen with its settings; name the kind as well: "
                "--kind forest or --kind ivf"
            )
        return chosen
    fields = {field.name: field for field in dataclasses.fields(chosen)}
    values: dict[str, int | str | bool] = {}
    for name, text in settings.items():
        if name not in fields:
            other_names = {other: ours for other, ours in _OTHER_SETTINGS.items() if ours in fields}
            known = f"no setting {name!r}; {nearest(name, tuple(fields), other_names)}" if fields else "no settings"
            raise InvalidInputError(f"--set {name}={text}: the kind {chosen.name} has {known}")
        is_flag = isinstance(fields[name].default, bool)
        values[name] = _flag(name, text) if is_flag else text if text == "auto" else _number(name, text)
    return dataclasses.replace(chosen, **values)  # type: ignore[arg-type]


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidInputError(f"--set {name}={text}: {text!r} is neither true nor false")
    return text == "true"


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInputError(f"--set {name}={text}: {text!r} is not a whole number") from None
