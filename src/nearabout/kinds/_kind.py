"""The base class of all kinds of index: the interface that the rest of the package uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nearabout._base.text import nearest
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Self

    from nearabout.kinds.case import Case
    from nearabout.kinds.tuning import Tuning


@dataclass(frozen=True)
class Kind:
    """The parameters of a kind of index, and everything `build`, `plan` and `info` need to know about the kind.

    A subclass is a frozen dataclass of the kind's parameters, registered in `nearabout.kinds`. Nothing else in the
    package knows its name. Times are for one thread of the processor that the models were fitted on.
    """

    def __new__(cls, *given: object, **settings: object) -> Self:
        """Raises TypeError for a setting that the kind does not have; the message names the likely one."""
        known = tuple(field.name for field in dataclasses.fields(cls))
        for name in settings:
            if name not in known:
                advice = nearest(name, known, cls.other_settings)
                raise TypeError(f"{cls.__name__}() has no setting {name!r}; {advice}")
        return super().__new__(cls)

    name: ClassVar[str]  # as in `kind=`, `Index.kind` and the core's registry
    metrics: ClassVar[tuple[str, ...]]  # supported metrics
    serves_bits: ClassVar[bool] = False  # supports vectors of bits
    always_exact: ClassVar[bool] = False  # searches compare every row, so there is no effort
    takes_seed: ClassVar[bool] = True  # the build is random
    is_tuned: ClassVar[bool] = False  # the build chooses parameters by a workload and a family of processors
    has_screen: ClassVar[bool] = True  # its exact scan has a screen, wherever that of the exact kind has one
    is_exact_quick: ClassVar[bool] = False  # its exact searches compare few rows
    settings_usage: ClassVar[str] = "no settings"  # the settings as `nearabout help build` shows them
    effort_is: ClassVar[str] = "rows looked at"  # what an effort counts, as `nearabout info` shows it
    # Why a search missed a row: it did not come to the row, or it did, and left the row out before it was compared.
    not_reached: ClassVar[str] = "the search did not look at it"
    not_compared: ClassVar[str] = "the search looked at it, but other rows looked nearer, so it was not compared"
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

    @classmethod
    def setting_from_text(cls, name: str, text: str) -> object:
        """Returns the value of a setting that a command line gives as text; None if its type says enough."""
        return None

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
    def in_repr(cls, details: Mapping[str, Any]) -> str:
        """Returns what `repr` of an index adds for this kind, from the core's `describe()`; "" for nothing."""
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

    def least_memory(self, case: Case) -> int:
        """Returns the bytes of a memory budget without which it is not built; 0 if it is built in parts."""
        return 0

    # --- Planning: cost of a build, not counting the vectors and the lower-bound codes of the exact scan ---

    parallel: ClassVar[float] = 0.5  # fraction of the build time that is divided by the number of threads
    fresh: ClassVar[float] = 1.25  # build time in a fresh process / build time in a warm one
    fixed_bytes: ClassVar[int] = 0
    thread_bytes: ClassVar[int] = 500_000  # memory of each thread after the first
    keeps_work: ClassVar[bool] = False  # the allocator gives back only part of the build's working memory

    def resolved(self, case: Case, recall: float, tuning: Tuning) -> Kind:
        """Returns the parameters as the index will have them, with values instead of "auto", as far as they do not
        depend on the data.
        """
        return self

    def keeps_vectors(self, case: Case) -> bool:
        """Returns whether the file has the vectors."""
        return True

    def can_have_byte_rows(self, case: Case) -> bool:
        """Returns whether the file can have one byte per dimension of each row besides its vector."""
        return False

    def has_byte_rows(self, case: Case) -> bool:
        """Returns whether the file has them. Of "auto", `resolved` says whether it does."""
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


_SOURCES = {
    "vectors": "from the vectors: distances are exact",
    "int8": "from 8-bit codes, which are kept instead of vectors: distances are estimates",
    "codes": "from small codes alone: distances are estimates",
}


def compared_by(source: str) -> str:
    """Returns what `nearabout info` says about the source of the distances in results."""
    return _SOURCES[source]


def check_flag(name: str, value: object) -> None:
    """Raises InvalidInputError unless the value is Python's True or False: JSON would not store NumPy's."""
    if not isinstance(value, bool):
        raise InvalidInputError(f"{name} is {value!r}; pass True or False")


def check_byte_rows(value: object) -> None:
    """Raises InvalidInputError unless the value is True, False or "auto"."""
    if not isinstance(value, bool) and not (isinstance(value, str) and value == "auto"):
        raise InvalidInputError(f'byte_rows is {value!r}; pass True, False or "auto"')
