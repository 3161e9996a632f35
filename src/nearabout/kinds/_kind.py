"""The base class of all kinds of index: the interface that the rest of the package uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout.kinds.case import Case
    from nearabout.kinds.tuning import Tuning


@dataclass(frozen=True)
class Kind:
    """The parameters of a kind of index, and everything `build`, `plan` and `info` need to know about the kind.

    A subclass is a frozen dataclass of the kind's parameters, registered in `nearabout.kinds`. Nothing else in the
    package knows its name. Times are for one thread of the processor that the models were fitted on.
    """

    name: ClassVar[str]  # as in `kind=`, `Index.kind` and the core's registry
    metrics: ClassVar[tuple[str, ...]]  # supported metrics
    serves_bits: ClassVar[bool] = False  # supports vectors of bits
    always_exact: ClassVar[bool] = False  # searches compare every row, so there is no effort
    takes_seed: ClassVar[bool] = True  # the build is random
    is_tuned: ClassVar[bool] = False  # the build chooses parameters by a workload and a family of processors
    settings_usage: ClassVar[str] = "no settings"  # the settings as `nearabout help build` shows them
    other_names: ClassVar[tuple[str, ...]] = ()  # prefixes of names of other libraries' indexes
    other_settings: ClassVar[dict[str, str]] = {}  # other libraries' names of settings -> our names

    # --- Building ---

    def settings(self) -> dict[str, object]:
        """Returns the chosen settings, as stored in the file's metadata."""
        return {"kind": self.name, **dataclasses.asdict(self)}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Kind:
        """Returns the kind that has these `settings()`, as read from a file; unknown ones are left out."""
        return cls(**{field.name: settings[field.name] for field in dataclasses.fields(cls) if field.name in settings})

    def parameters(self, seed: int, tuning: Tuning) -> dict[str, bool | int | float | str]:
        """Returns the parameters for the core's builder."""
        return {}

    # --- Reporting ---

    @classmethod
    def info(cls, details: dict[str, Any]) -> dict[str, Any]:
        """Returns the entries that this kind adds to `Index.info`, from the core's `describe()`."""
        return details

    @classmethod
    def info_lines(cls, info: Mapping[str, Any]) -> list[list[str]]:
        """Returns the lines that `nearabout info` prints for this kind, each as [label, text]."""
        return []

    @classmethod
    def short(cls, info: Mapping[str, Any]) -> str:
        """Returns the settings in a few words, which a race prints next to the results."""
        return ""

    @classmethod
    def least_worthwhile(cls, k: int) -> int:
        """Returns the smallest effort worth trying for k neighbours."""
        return 1

    @classmethod
    def other_advice(cls, parts: list[str]) -> str | None:
        """Returns advice for the name of another library's index, if `other_names` is not enough; otherwise None.

        `parts` are those of a FAISS factory string, or the one name, in lower case without spaces, - and _.
        """
        return None

    # --- Choosing ---

    def auto_seconds(self, case: Case, recall: float, tuning: Tuning) -> float | None:
        """Returns the seconds per query by which `kind="auto"` compares kinds; None if auto must not choose it."""
        return None

    # --- Planning: cost of a build, not counting the vectors and the lower-bound codes of the exact scan ---

    parallel: ClassVar[float] = 0.5  # fraction of the build time that is divided by the number of threads
    fresh: ClassVar[float] = 1.25  # build time in a fresh process / build time in a warm one
    fixed_bytes: ClassVar[int] = 0
    thread_bytes: ClassVar[int] = 500_000  # memory of each thread after the first
    keeps_work: ClassVar[bool] = False  # the allocator gives back only part of the build's working memory

    def resolved(self, case: Case) -> Kind:
        """Returns the parameters with numbers instead of "auto", as far as they do not depend on the data."""
        return self

    def keeps_vectors(self, case: Case) -> bool:
        """Returns whether the file has the vectors."""
        return True

    def has_byte_rows(self, case: Case) -> bool:
        """Returns whether the file has one byte per dimension of each row besides its vector."""
        return False

    def instead_bytes(self, case: Case) -> int:
        """Returns the bytes that the file stores instead of the vectors, if it has no vectors."""
        return 0

    def own_bytes(self, case: Case) -> int:
        """Returns the bytes of the kind's own sections."""
        return 0

    def own_seconds(self, case: Case) -> float:
        """Returns the seconds that it takes to build the kind's own sections."""
        return 0.0

    def calibration_seconds(self, case: Case) -> float:
        """Returns the seconds that calibration adds."""
        return 0.0

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        """Returns (peak bytes during the build, bytes still held while the vectors are written)."""
        return 0, 0

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        """Returns the nanoseconds of a query at this recall@10."""
        return float("inf")

    def reference(self, case: Case) -> Case:
        """Returns a case like this one with default parameters, used to measure the speed of a machine."""
        return dataclasses.replace(case, kind=type(self)())


def check_flag(name: str, value: object) -> None:
    """Raises InvalidInputError unless the value is Python's True or False: JSON would not store NumPy's."""
    if not isinstance(value, bool):
        raise InvalidInputError(f"{name} is {value!r}; pass True or False")


def check_count(name: str, value: object, most: int, other: str = "") -> None:
    """Raises InvalidInputError unless the value is a whole number from 1 to `most`. `other`: what else is allowed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; pass a whole number from 1 to {most:,}{other}")
