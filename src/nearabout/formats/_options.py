"""The choices that a caller of ``read`` has, and what a sniffer sees."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from nearabout.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Keyword arguments of ``read`` that only some formats take; a module's OPTIONS says which."""

    errors: Literal["strict", "replace", "ignore"] = "strict"
    dims: int | None = None
    dataset: str | None = None
    key_column: str | int | Literal[False] | None = None
    vector_column: str | None = None
    header: bool | None = None
    delimiter: str | None = None

    def check(self, format_name: str, taken: frozenset[str]) -> None:
        """An option that this format would ignore is refused."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default and one.name not in taken:
                allowed = ", ".join(f"{name}=" for name in sorted(taken)) or "none"
                raise InvalidInput(
                    f"{one.name}={value!r} has no meaning for the format {format_name}; options it takes: {allowed}. "
                    f"Leave {one.name}= out, or name another format with format="
                )
        if self.errors not in ("strict", "replace", "ignore"):
            raise InvalidInput(f"errors={self.errors!r}: give strict, replace or ignore")
        if self.dims is not None and (isinstance(self.dims, bool) or not isinstance(self.dims, int) or self.dims < 1):
            raise InvalidInput(f"dims={self.dims!r}: give the number of dimensions, 1 or more")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file's content, for sniffers."""

    data: bytes  # some 64 KiB, or all there is
    suffix: str  # of the name, lower case, with its dot, compression taken off
    size: int | None  # of the content in bytes; None where that is not known beforehand
