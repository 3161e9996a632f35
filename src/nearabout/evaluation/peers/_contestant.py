"""The common interface of the contestants of a race."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import MissingDependencyError

Vectors = NDArray[Any]
Rows = NDArray[np.int64]
Setting = dict[str, int | float]

BEAMS = (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512, 768)


class Task(NamedTuple):
    """The task of every contestant."""

    metric: str
    k: int
    threads: int
    rows: int
    dims: int


class Contestant(ABC):
    """One index of one library: built once, then searched with many settings.

    Class attributes:
        module: name of the module, which shows whether the library is installed.
        package: name of the package to install.
        part: module to import, if it is another one than `module`.
        metrics: supported metrics, our names -> its names.
        as_floats: whether it gets float32, of unit length under cosine (converted before timing); otherwise it gets the
            vectors in their stored type.
        compiles: whether it compiles at first use in a process, which is not timed.
        one_thread: whether its searches always use one thread.
    """

    module: ClassVar[str]
    package: ClassVar[str]
    part: ClassVar[str] = ""
    metrics: ClassVar[Mapping[str, str]]
    as_floats: ClassVar[bool] = True
    compiles: ClassVar[bool] = False
    one_thread: ClassVar[bool] = False

    def __init__(self, task: Task) -> None:
        self.task = task
        self.built = ""  # settings of the build, as readable text

    @abstractmethod
    def build(self, base: Vectors) -> None: ...

    @abstractmethod
    def series(self) -> Sequence[Sequence[Setting]]:
        """Returns settings to measure after the build. Within a series, recall does not decrease."""

    @abstractmethod
    def choose(self, setting: Setting) -> None: ...

    @abstractmethod
    def ask(self, queries: Vectors) -> Vectors:
        """Returns the rows found for a batch, (n, k); -1 for missing rows."""


def library(contestant: type[Contestant]) -> Any:
    """Imports the library of a contestant. A race does this before the build, so that it is not timed."""
    try:
        return importlib.import_module(contestant.part or contestant.module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{contestant.package} cannot be imported ({error}): pip install {contestant.package}"
        ) from None


def padded(lines: Sequence[Sequence[int]], k: int) -> Rows:
    """Returns results of different lengths as one array, padded with -1."""
    rows = np.full((len(lines), k), -1, np.int64)
    for place, line in enumerate(lines):
        rows[place, : len(line)] = line[:k]
    return rows
