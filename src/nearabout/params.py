"""The kinds of index and what can be set for each: one frozen dataclass per kind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from nearabout.errors import InvalidInput
from nearabout.names import nearest

_MOST_TREES = 1_000
_LARGEST_LEAF = 1_000_000


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
        InvalidInput: a setting out of its range.

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
class IVF:
    """Lists of small codes."""

    lists: int | Literal["auto"] = "auto"
    code_bytes: int | Literal["auto"] = "auto"
    code_bits: int | Literal["auto"] = "auto"

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
_OTHER_NAMES = {"flat": "exact", "brute": "exact", "annoy": "forest", "trees": "forest", "tree": "forest"}


def _check_count(name: str, value: object, most: int, other: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInput(f"{name} is {value!r}; pass a whole number from 1 to {most:,}{other}")


def resolve_kind(kind: object) -> Kind:
    """The parameters that `kind=` stands for."""
    if isinstance(kind, (Exact, Forest, IVF)):
        return kind
    names = ", ".join(map(repr, KINDS))
    for known in _CLASSES.values():
        if kind is known:
            raise InvalidInput(f"kind is the class na.{known.__name__}; pass an object of it: na.{known.__name__}()")
    if not isinstance(kind, str):
        raise InvalidInput(f"kind is a {type(kind).__name__}; pass one of {names}, or an object such as na.Forest()")
    if kind not in KINDS:
        raise InvalidInput(f"there is no kind {kind!r}; {nearest(kind, KINDS, _OTHER_NAMES)}")
    return _CLASSES.get(kind, Exact)()


def kind_from_settings(kind: str, settings: dict[str, str]) -> Kind:
    """The parameters that a name and `name=value` settings from a command line stand for.

    Raises:
        InvalidInput: the kind has no such setting, or the value is none of what it takes.
    """
    chosen = resolve_kind(kind)
    fields = {field.name: field for field in dataclasses.fields(chosen)}
    values: dict[str, int | str] = {}
    for name, text in settings.items():
        if name not in fields:
            known = "no settings" if not fields else f"the settings {', '.join(fields)}"
            label = f"auto, which is {chosen.name} here," if kind == "auto" else chosen.name
            raise InvalidInput(f"--set {name}={text}: the kind {label} has {known}")
        values[name] = text if text == "auto" else _number(name, text)
    return dataclasses.replace(chosen, **values)  # type: ignore[arg-type]


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(f"--set {name}={text}: {text!r} is not a whole number") from None
