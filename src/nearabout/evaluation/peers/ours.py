"""Nearabout's own kinds of index, built from the vectors in their stored type."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from nearabout.building import build
from nearabout.calibration.effort import index_effort
from nearabout.evaluation.peers._contestant import Contestant, Setting, Task, Vectors
from nearabout.index import Index
from nearabout.kinds import KINDS, Kind

_MANY = 1.25  # factor between successive efforts


class Ours(Contestant):
    module = package = "nearabout"
    as_floats = False
    kind: ClassVar[str]

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.index: Index
        self.effort: int | None = None

    def build(self, base: Vectors) -> None:
        self.index = build(base, metric=self.task.metric, kind=self.kind, threads=self.task.threads)
        self.built = KINDS[self.kind].short(self.index.info())

    def series(self) -> Sequence[Sequence[Setting]]:
        if self.index.effort_unit is None:
            return [[{}]]
        first, last = KINDS[self.kind].least_worthwhile(self.task.k), index_effort(self.index._core).most
        steps = math.ceil(math.log(max(1, last / first)) / math.log(_MANY))
        efforts = sorted({min(last, round(first * _MANY**step)) for step in range(steps + 1)})
        return [[{"effort": effort} for effort in efforts]]

    def choose(self, setting: Setting) -> None:
        self.effort = int(setting["effort"]) if setting else None

    def ask(self, queries: Vectors) -> Vectors:
        return self.index.search(queries, self.task.k, effort=self.effort, threads=self.task.threads).rows


def ours_of(kind: type[Kind]) -> type[Ours]:
    """Returns the contestant of a kind; other processes find it by its name here."""
    members = {"__module__": __name__, "kind": kind.name, "metrics": {name: name for name in kind.metrics}}
    return type(f"Our{kind.__name__}", (Ours,), members)


def __getattr__(name: str) -> type[Ours]:
    for kind in KINDS.values():
        if name == f"Our{kind.__name__}":
            return ours_of(kind)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
