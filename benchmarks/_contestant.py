"""The contestants of a race of approximate indexes: their common interface, and ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from _sets import K, Set
from numpy.typing import NDArray

import nearabout as na

Setting = tuple[float, ...]
EFFORTS = {
    "IVF": (1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256, 320, 400, 512),
    "Graph": (10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 160, 192, 256, 384, 512),
    "Forest": (100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000),
}


class Contestant(ABC):
    """One index of one library: built once, then searched with many settings."""

    module: ClassVar[str]  # as it is imported
    package: ClassVar[str]  # as it is installed
    label = ""  # the chosen build, if there are several
    compiles = False  # compiles code at its first use in a process, which must not be timed
    as_floats = True  # receives float32, of unit length under cosine; False: vectors in their stored type

    @classmethod
    def variants(cls, case: Set) -> list[Contestant]:
        """The builds worth trying on a set."""
        return [cls()]

    @abstractmethod
    def build(self, base: NDArray[Any], case: Set, threads: int) -> None: ...

    @abstractmethod
    def series(self) -> Sequence[Sequence[Setting]]:
        """Returns the settings to try; within a series, recall does not decrease."""

    @abstractmethod
    def choose(self, setting: Setting) -> None: ...

    @abstractmethod
    def ask(self, queries: NDArray[Any]) -> NDArray[Any]:
        """Returns the rows found for a batch, (n, K), on one thread."""

    def ask_one(self, query: NDArray[Any]) -> object:
        """Returns the fastest function for a single query from Python."""
        return self.ask(query[None])

    def save(self, path: Path) -> bool:
        """Writes the index; returns False if the library has no file format."""
        return False


class Ours(Contestant):
    module = package = "nearabout"
    as_floats = False

    def __init__(self, kind: str, **settings: Any) -> None:
        self.kind, self.settings = kind, settings
        self.effort = 0
        self.index: na.Index

    def build(self, base: NDArray[Any], case: Set, threads: int) -> None:
        self.index = na.build(base, metric=case.metric, kind=getattr(na, self.kind)(**self.settings), threads=threads)

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(effort,) for effort in EFFORTS[self.kind]]]

    def choose(self, setting: Setting) -> None:
        self.effort = int(setting[0])

    def ask(self, queries: NDArray[Any]) -> NDArray[Any]:
        return self.index.search(queries, K, effort=self.effort, threads=1).rows

    def ask_one(self, query: NDArray[Any]) -> object:
        return self.index.search(query, K, effort=self.effort, threads=1)

    def save(self, path: Path) -> bool:
        self.index.save(path)
        return True
