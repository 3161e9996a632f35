"""The base class of all kinds of index: what a kind says of itself to the rest of the package."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nearabout.errors import InvalidInputError
from nearabout.names import FLOAT_METRICS as FLOAT_METRICS

if TYPE_CHECKING:
    from nearabout.planning.case import Case


@dataclass(frozen=True)
class Kind:
    """The parameters of a kind of index, and what `build`, `plan` and `info` need to know of the kind.

    A subclass is a frozen dataclass of the kind's parameters, registered in `nearabout.kinds`. Nothing else in the
    package knows its name. Times are those of one thread of the processor that the models were fitted on.
    """

    name: ClassVar[str]  # as `kind=` and `Index.kind` have it, and the core's registry
    metrics: ClassVar[tuple[str, ...]]  # that it serves
    serves_bits: ClassVar[bool] = False
    always_exact: ClassVar[bool] = False  # searches compare every row: there is no effort
    takes_seed: ClassVar[bool] = True  # something in the build is random
    other_names: ClassVar[tuple[str, ...]] = ()  # how names of other libraries' indexes begin that this kind stands for
    other_settings: ClassVar[dict[str, str]] = {}  # names of other libraries' settings, and ours

    # --- Building ---

    def settings(self) -> dict[str, object]:
        """Returns what was chosen, as it is stored in the file's metadata."""
        return {"kind": self.name, **dataclasses.asdict(self)}

    def parameters(self, seed: int) -> dict[str, bool | int | float | str]:
        """Returns the parameters of the core's builder."""
        return {}

    # --- Telling ---

    @classmethod
    def info(cls, details: dict[str, Any]) -> dict[str, Any]:
        """Returns what `Index.info` shows of what the core tells (`describe()` of the kind)."""
        return details

    @classmethod
    def info_lines(cls, info: dict[str, Any]) -> list[list[str]]:
        """Returns label and text of each line that `nearabout info` prints of the kind."""
        return []

    @classmethod
    def short(cls, info: dict[str, Any]) -> str:
        """Returns the settings that a race prints beside the results."""
        return ""

    @classmethod
    def least_worthwhile(cls, k: int) -> int:
        """Returns the smallest effort worth trying for k neighbours."""
        return 1

    @classmethod
    def other_advice(cls, kind: str) -> str | None:
        """Returns advice on a name of another library's index that `other_names` cannot give; None for other names."""
        return None

    # --- Choosing ---

    def auto_seconds(self, case: Case, recall: float) -> float | None:
        """Returns the seconds of a query that `kind="auto"` compares kinds by; None where it is not to be chosen."""
        return None

    # --- Planning: what a build makes and takes, beside the vectors and the screen of the exact scan ---

    parallel: ClassVar[float] = 0.5  # the part of a build that threads divide among them
    fresh: ClassVar[float] = 1.25  # times as long as when warm, in a process that does nothing else
    fixed_bytes: ClassVar[int] = 0
    thread_bytes: ClassVar[int] = 500_000  # that each further thread holds
    keeps_work: ClassVar[bool] = False  # memory that the build used is given back in part only

    def resolved(self, case: Case) -> Kind:
        """Returns the parameters with the numbers that "auto" stands for, where they do not depend on the data."""
        return self

    def keeps_vectors(self, case: Case) -> bool:
        """Returns whether the file has the vectors."""
        return True

    def instead_bytes(self, case: Case) -> int:
        """Returns the bytes of what is kept where the file has no vectors."""
        return 0

    def own_bytes(self, case: Case) -> int:
        """Returns the bytes of the kind's own sections."""
        return 0

    def own_seconds(self, case: Case) -> float:
        """Returns the seconds that building these takes."""
        return 0.0

    def calibration_seconds(self, case: Case) -> float:
        """Returns the seconds that calibration adds."""
        return 0.0

    def working_bytes(self, case: Case, memory: int) -> tuple[int, int]:
        """Returns the bytes at the height of the work, and those still held while the vectors are written."""
        return 0, 0

    def query_nanoseconds(self, case: Case, recall: float, batch: bool) -> float:
        """Returns the nanoseconds of a query that finds this recall of the 10 nearest."""
        return float("inf")

    def reference(self, case: Case) -> Case:
        """Returns a case like this one, of default parameters, that the speed of a machine is measured with."""
        return dataclasses.replace(case, kind=type(self)())


def check_count(name: str, value: object, most: int, other: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; pass a whole number from 1 to {most:,}{other}")
