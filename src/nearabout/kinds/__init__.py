"""The kinds of index: one class for each, with its parameters and everything the package knows about it.

A new kind is registered with one line here and one line in the core (core/index/registry.cpp).
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Literal, TypedDict

from nearabout._base.text import a_type, nearest
from nearabout.errors import InvalidInputError
from nearabout.kinds._kind import Kind
from nearabout.kinds.exact import Exact
from nearabout.kinds.forest import Forest, ForestInfo
from nearabout.kinds.graph import Graph, GraphInfo
from nearabout.kinds.ivf import IVF, IVFInfo
from nearabout.kinds.kdtree import KDTree, KDTreeInfo
from nearabout.kinds.lsh import LSH, LSHInfo

__all__ = [
    "IVF",
    "KINDS",
    "LSH",
    "Exact",
    "Forest",
    "Graph",
    "KDTree",
    "Kind",
    "KindInfo",
    "kind_from_settings",
    "register",
    "resolve_kind",
]


class ApproximateInfo(TypedDict, total=False):
    """What `Index.info` adds for every kind that takes an effort."""

    expected_recall: float | None
    seed: int


class KindInfo(ForestInfo, GraphInfo, IVFInfo, KDTreeInfo, LSHInfo, ApproximateInfo, total=False):
    """What `Index.info` adds for some kind."""


KINDS: dict[str, type[Kind]] = {kind.name: kind for kind in (Exact, Forest, IVF, Graph, KDTree, LSH)}


def register(kind: type[Kind]) -> None:
    """Registers a kind from outside this package. The core must know it by the same name.

    Raises:
        InvalidInputError: another kind has the name.
    """
    if KINDS.get(kind.name, kind) is not kind:
        raise InvalidInputError(f"there is a kind {kind.name!r} already; give the new one another name")
    KINDS[kind.name] = kind


def names() -> tuple[str, ...]:
    """Returns the names that `kind=` accepts."""
    return ("auto", *KINDS)


def resolve_kind(kind: object) -> Kind | Literal["auto"]:
    """Returns the parameters that `kind=` stands for, or "auto" if they are chosen later from rows and dims."""
    if isinstance(kind, Kind):
        return kind
    known = ", ".join(map(repr, names()))
    for one in KINDS.values():
        if kind is one:
            raise InvalidInputError(f"kind is the class na.{one.__name__}; pass an instance: na.{one.__name__}()")
    if not isinstance(kind, str):
        raise InvalidInputError(f"kind is {a_type(kind)}; pass one of {known}, or an object such as na.Forest()")
    if kind not in names():
        served = what_serves(kind)
        allowed = f"Allowed: {', '.join(names())}"
        advice = f"{served}{'' if served.endswith('?') else '.'} {allowed}" if served else nearest(kind, names())
        raise InvalidInputError(f"there is no kind {kind!r}; {advice}")
    return "auto" if kind == "auto" else KINDS[kind]()


def what_serves(kind: str) -> str:
    """Returns a question that maps the name of another library's index to a kind of this one; "" for other names.

    >>> what_serves("HNSW32")
    "did you mean 'graph'?"
    >>> what_serves("IVF1024,PQ16")
    'did you mean na.IVF(lists=1024, codes=16)?'
    """
    parts = [re.sub(r"[\s_-]", "", part).lower() for part in kind.split(",")]
    # FAISS's factory strings begin with maps and transforms, which are not indexes.
    named = [part for part in parts if not part.startswith(("idmap", "pca", "opq", "rr", "l2norm"))] or parts
    for one in KINDS.values():
        advice = one.other_advice(named)
        if advice:
            return advice
    # The longest matching prefix wins.
    matches = [(len(word), one.name) for one in KINDS.values() for word in one.other_names if named[0].startswith(word)]
    return f"did you mean {max(matches)[1]!r}?" if matches else ""


def kind_from_settings(kind: str, settings: dict[str, str]) -> Kind | Literal["auto"]:
    """Returns the parameters for a kind's name and `name=value` settings from a command line.

    Raises:
        InvalidInputError: the kind has no such setting, or does not accept the value.
    """
    chosen = resolve_kind(kind)
    if chosen == "auto":
        for name, text in settings.items():
            with_settings = " or ".join(f"--kind {one.name}" for one in KINDS.values() if dataclasses.fields(one))
            raise InvalidInputError(
                f"--set {name}={text}: auto chooses the settings itself; name the kind as well: {with_settings}"
            )
        return chosen
    fields = {field.name: field for field in dataclasses.fields(chosen)}
    values: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in fields:
            known = "no settings"
            if fields:
                known = f"no setting {name!r}; {nearest(name, tuple(fields), chosen.other_settings)}"
            raise InvalidInputError(f"--set {name}={text}: the kind {chosen.name} has {known}")
        own = chosen.setting_from_text(name, text)
        values[name] = _value(name, text, fields[name]) if own is None else own
    return dataclasses.replace(chosen, **values)


def _value(name: str, text: str, field: dataclasses.Field[Any]) -> float | str | bool:
    """Returns what the text says, as this setting takes it."""
    takes_auto = field.default == "auto"
    if takes_auto and text == "auto":
        return text
    if "bool" in str(field.type):
        return _flag(name, text, takes_auto)
    if "int" not in str(field.type) and "float" not in str(field.type):
        return text  # the kind says which words it takes
    if isinstance(field.default, float):
        return _real(name, text)
    return text if text == "auto" else _number(name, text)


def _real(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"--set {name}={text}: {text!r} is not a number") from None


def _flag(name: str, text: str, takes_auto: bool) -> bool:
    if text not in ("true", "false"):
        allowed = "none of auto, true and false" if takes_auto else "neither true nor false"
        raise InvalidInputError(f"--set {name}={text}: {text!r} is {allowed}")
    return text == "true"


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInputError(f"--set {name}={text}: {text!r} is not a whole number") from None
