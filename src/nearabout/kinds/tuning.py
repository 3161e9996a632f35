"""What a build chooses its parameters for: a family of processors, and searches in batches or one by one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from nearabout import _core
from nearabout._base.text import a_type, nearest
from nearabout.errors import InvalidInputError

WORKLOADS = ("both", "batch", "single")
_FAMILIES = {"generic": "AVX-512, and all others", "avx2": "AVX2 without AVX-512", "amx": "AMX tiles"}
_VARIABLE = "NEARABOUT_FAMILY"


@dataclass(frozen=True)
class Tuning:
    """A workload and the name of a family of processors, as the core knows it (core/index/ivf/costs.h).

    A quick build is for an index that is not kept: it learns from fewer rows and leaves out the screen, without which a
    search that compares every row takes several times as long. A rough build is for an exact index that is searched
    with a few queries only: its screen is learnt from fewer rows, too.
    """

    workload: str = "both"
    family: str = "generic"
    quick: bool = field(default=False, repr=False)
    rough: bool = field(default=False, repr=False)


def tuning_for(workload: object, family: object) -> Tuning:
    """Returns the tuning that `build(workload=, family=)` asks for. None is the family of this machine, or the one
    that the environment variable NEARABOUT_FAMILY names.

    Raises:
        InvalidInputError: there is no such workload or family.

    >>> tuning_for("batch", "generic")
    Tuning(workload='batch', family='generic')
    """
    if family is None:
        name = os.environ.get(_VARIABLE) or _core.machine_family()
        return Tuning(_one_of("workload", workload, WORKLOADS), _one_of(_VARIABLE, name, families()))
    return Tuning(_one_of("workload", workload, WORKLOADS), _one_of("family", family, families()))


def given_to_auto(recall: float, seed: int, calibrate: bool, queries: bool, tuning: Tuning) -> dict[str, object]:
    """Returns the metadata of an index whose kind was chosen: an exact one says nothing of these arguments otherwise.

    Defaults are left out.
    """
    given = {"recall": recall, "seed": seed, "calibrate": calibrate, "queries": queries, "workload": tuning.workload}
    usual = {"recall": 0.95, "seed": 0, "calibrate": True, "queries": False, "workload": "both"}
    others = {name: value for name, value in given.items() if value != usual[name]}
    return {"chosen_by": "auto", **({"given": others} if others else {})}


def families() -> tuple[str, ...]:
    """Returns the names of all families of processors."""
    return tuple(_core.families())


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    if isinstance(value, str) and allowed == families():
        known = ", ".join(f"{family!r} ({_FAMILIES.get(family, family)})" for family in allowed)
        raise InvalidInputError(f"{name} is {value!r}; pass one of {known}")
    if isinstance(value, str):
        raise InvalidInputError(f"{name} is {value!r}; {nearest(value, allowed)}")
    raise InvalidInputError(f"{name} is {a_type(value)}; pass one of {', '.join(map(repr, allowed))}")
