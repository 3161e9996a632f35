"""Nearabout's own kinds of index, given the vectors as they are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from nearabout.building import build
from nearabout.evaluation.peers._contestant import Contestant, Setting, Task, Vectors
from nearabout.index import Index
from nearabout.names import METRICS

_MANY = 1.25  # from one effort to the next


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
        told = self.index.info()
        if self.kind == "ivf":
            self.built = f"{told['lists']} lists, {told['code_bytes']} bytes a code"
        elif self.kind == "forest":
            self.built = f"trees: {told['trees']}"

    def series(self) -> Sequence[Sequence[Setting]]:
        told = self.index.info()
        first, last = (1, told["lists"]) if self.kind == "ivf" else (max(1, 5 * self.task.k), len(self.index))
        steps = math.ceil(math.log(max(1, last / first)) / math.log(_MANY))
        efforts = sorted({min(last, round(first * _MANY**step)) for step in range(steps + 1)})
        return [[{"effort": effort} for effort in efforts]]

    def choose(self, setting: Setting) -> None:
        self.effort = int(setting["effort"]) if setting else None

    def ask(self, queries: Vectors) -> Vectors:
        return self.index.search(queries, self.task.k, effort=self.effort, threads=self.task.threads).rows


class OurExact(Ours):
    kind = "exact"
    metrics: ClassVar[Mapping[str, str]] = {metric: metric for metric in METRICS}

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{}]]


class OurForest(Ours):
    kind = "forest"
    metrics: ClassVar[Mapping[str, str]] = {metric: metric for metric in METRICS[:6]}


class OurLists(Ours):
    kind = "ivf"
    metrics: ClassVar[Mapping[str, str]] = {metric: metric for metric in ("euclidean", "sqeuclidean", "cosine", "dot")}
