"""The kinds of index and what can be set for each: one frozen dataclass per kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from nearabout.errors import InvalidInput
from nearabout.names import nearest


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
        return {"kind": self.name, **asdict(self)}


KINDS = ("auto", "exact")


def resolve_kind(kind: object) -> Exact:
    """The parameters that `kind=` stands for."""
    if isinstance(kind, Exact):
        return kind
    if kind is Exact:
        raise InvalidInput("kind is the class na.Exact; pass an object of it: kind=na.Exact()")
    if not isinstance(kind, str):
        raise InvalidInput(f"kind is a {type(kind).__name__}; pass one of {', '.join(map(repr, KINDS))}, or na.Exact()")
    if kind not in KINDS:
        raise InvalidInput(f"there is no kind {kind!r}; {nearest(kind, KINDS, {'flat': 'exact', 'brute': 'exact'})}")
    return Exact()
