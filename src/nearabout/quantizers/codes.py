"""The settings of quantizers that are also the small codes of lists (`IVF`): what a vector is replaced by."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nearabout._base.checks import check_count, check_flag
from nearabout._base.text import nearest
from nearabout.errors import InvalidInputError
from nearabout.quantizers.quantizer import Quantizer

_LARGEST_CODE = 512  # bytes
_CODE_BITS = (1, 2, 4, 8)
_PART_BITS = (4, 8)
_SCALAR_BITS = (4, 6, 8)
_MOST_RANDOM_BITS = 8
_MOST_CELLS = 1_000
_LINE_DIRECTIONS = 32  # directions are coded in multiples of it
MOST_DIRECTIONS = 192
# As the core learns product codes: rows of the sample for a number of bits, cells, and rows of a cell for a codeword.
_SAMPLED = {4: 8_192, 8: 65_536}
_LOCAL_SAMPLED = 524_288  # of all cells
_MOST_AUTO_CELLS = 64
_ROWS_PER_WORD = 40


@dataclass(frozen=True, repr=False)
class Codes(Quantizer, ABC):
    """A quantizer whose codes lists can have, too: the base class of all."""

    family: ClassVar[str]  # as the core names them, and `--set codes=`
    always_residual: ClassVar[bool] = False

    def settings(self) -> dict[str, object]:
        """Returns the settings as the metadata of a file has them."""
        return {"family": self.family, **dataclasses.asdict(self)}

    def parameters(self) -> dict[str, bool | int | float | str]:
        """Returns the parameters for the core's builder."""
        size, bits, cells = (getattr(self, name, 0) for name in ("size", "bits", "cells"))
        numbers = {"code_bytes": size, "code_bits": bits, "code_cells": cells}
        return {"code_family": self.family, **{name: 0 if n == "auto" else n for name, n in numbers.items()}}

    @abstractmethod
    def width(self, dims: int) -> int:
        """Returns the bytes of a row's code, a multiple of four."""

    def learnt_bytes(self, rows: int, dims: int, lists: int) -> int:
        """Returns the bytes of codebooks and the like."""
        return 0

    def sample_bytes(self, rows: int, dims: int) -> int:
        """Returns the bytes of the rows that these are learnt from."""
        return 0


@dataclass(frozen=True, repr=False)
class PcaCodes(Codes):
    """The small codes of `IVF` unless others are chosen, also usable alone: bytes per row and bits per direction.

    A code has `size * 8 / bits` numbers of `bits` bits, one for each leading principal direction of the data. With
    fewer bits, the same bytes cover more directions, each less precisely. 4 bits suit data that varies along few
    directions (below about 50), 1 bit suits data that varies along hundreds. The length of the part of a row outside
    these directions is stored as one number. Codes of 8 bits are multiplied instead of looked up. That is faster for
    batches on processors with a matrix unit (AMX), and often with AVX2; single queries may take longer.

    Alone, a code has two floats of 4 bytes after its numbers, and `distances` estimates: the part of a vector outside
    these directions counts with its length.

    Args:
        size: bytes per row, 1 to 512. It is rounded up to a multiple of 4, because the scan reads 4 bytes at a time,
            and reduced if the data has fewer directions. `Index.info()` shows the result.
        bits: bits per direction: 1, 2, 4, 8, or "auto" (chosen from the data). A code has at most 192 directions.

    Raises:
        InvalidInputError: a setting is out of range, or there are more than 192 directions.

    >>> import nearabout as na
    >>> na.IVF(codes=na.PcaCodes(32, bits=4))
    IVF(lists='auto', codes=PcaCodes(size=32, bits=4), residual=True, refine=True, keep_vectors=True, byte_rows='auto')
    """

    size: int
    bits: int | Literal["auto"] = "auto"

    method: ClassVar[str] = "PcaCodes"
    family: ClassVar[str] = "pca"

    def __post_init__(self) -> None:
        check_count("size", self.size, _LARGEST_CODE)
        if self.bits == "auto":
            return
        if isinstance(self.bits, bool) or not isinstance(self.bits, int) or self.bits not in _CODE_BITS:
            raise InvalidInputError(f'bits is {self.bits!r}; pass 1, 2, 4 or 8 bits per direction, or "auto"')
        directions = self.size * 8 // self.bits
        if directions > MOST_DIRECTIONS:
            raise InvalidInputError(
                f"codes of {self.size} bytes with {self.bits} bits per direction have {directions:,} directions; at "
                f"most {MOST_DIRECTIONS} are allowed: pass a size of at most {MOST_DIRECTIONS * self.bits // 8} bytes"
            )

    always_residual: ClassVar[bool] = True

    def settings(self) -> dict[str, object]:
        return dataclasses.asdict(self)

    def width(self, dims: int) -> int:
        bits = 4 if self.bits == "auto" else self.bits
        return 4 * math.ceil(min(self.size, min(MOST_DIRECTIONS, dims) * bits / 8) / 4)


@dataclass(frozen=True, repr=False)
class PQ(Codes):
    """Product codes: a vector is divided into parts, each replaced by the nearest of 16 or 256 learnt codewords.

    Args:
        size: bytes per row, 1 to 512; in `IVF` rounded up to a multiple of 4. There are `8 * size / bits` parts, at
            most one for each dimension.
        bits: bits per part, 4 or 8. With 8 the same bytes hold half as many parts with sixteen times the codewords,
            which is more precise. In `IVF`, 4 bits are looked up in registers, several times as fast as 8.

    Raises:
        InvalidInputError: a setting is out of range.

    Alone, the size is what it is: 16 bytes are 16. Parts are neighbouring dimensions, whose number differs by at most
    one: any number of dims can be divided. `fit` looks at up to 65,536 vectors (8,192 with 4 bits).

    References:
        H. Jegou, M. Douze and C. Schmid, "Product quantization for nearest neighbor search", TPAMI 2011.

    >>> import nearabout as na
    >>> na.IVF(lists=64, codes=na.PQ(16, bits=4)).codes
    PQ(size=16, bits=4)
    >>> import numpy as np
    >>> vectors = np.random.default_rng(0).normal(size=(1000, 16)).astype(np.float32)
    >>> pq = na.PQ(8).fit(vectors)
    >>> codes = pq.encode(vectors)
    >>> codes.shape, pq.decode(codes).shape, pq.distances(vectors[:3], codes).shape
    ((1000, 8), (1000, 16), (3, 1000))
    """

    size: int = 16
    bits: int = 8

    method: ClassVar[str] = "PQ"
    family: ClassVar[str] = "pq"

    def __post_init__(self) -> None:
        check_count("size", self.size, _LARGEST_CODE)
        check_bits(self.bits, _PART_BITS, "part")

    def width(self, dims: int) -> int:
        parts = min(self.size * 8 // self.bits, _part_directions(dims))
        unit = 32 // self.bits
        return 4 * max(1, math.ceil(parts / unit))

    def learnt_bytes(self, rows: int, dims: int, lists: int) -> int:
        return int(4 * 2**self.bits * _part_directions(dims))

    def sample_bytes(self, rows: int, dims: int) -> int:
        return 4 * min(rows, _SAMPLED[self.bits]) * _part_directions(dims)


@dataclass(frozen=True, repr=False)
class OPQ(PQ):
    """Product codes after a learnt rotation, which makes their error smaller. Settings as `PQ` has them.

    Rotation and codewords improve in turn, from the better of two starts: principal directions that are allocated to
    the parts so that each has about the same variance, and the dimensions as they are.

    References:
        T. Ge, K. He, Q. Ke and J. Sun, "Optimized product quantization for approximate nearest neighbor search", CVPR
        2013.

    >>> import nearabout as na
    >>> na.OPQ(16, bits=4)
    OPQ(size=16, bits=4)
    """

    method: ClassVar[str] = "OPQ"
    family: ClassVar[str] = "opq"


@dataclass(frozen=True, repr=False)
class LOPQ(PQ):
    """Product codes with a rotation and codewords of their own in each cell of space. Settings as `PQ` has them.

    Each cell has some neighbouring lists. Its rows are turned onto their principal directions, which are allocated to
    the parts so that each has about the same variance. A query then needs a table for each cell that it probes, so a
    search takes several times as long as with `OPQ`; codes of the same size find more.

    Args:
        size: as in `PQ`.
        bits: as in `PQ`.
        cells: number of cells, 1 to 1,000, or "auto": as many as have enough rows to learn from, at most 64 in `IVF`.
            Alone, "auto" is at most 256, and fewer where the rotations (dims * dims floats each) would take more than
            64 MiB. The number of the cell is then the first byte of a code, two bytes with more than 256 cells, and
            counts in `size`.

    References:
        Y. Kalantidis and Y. Avrithis, "Locally optimized product quantization for approximate nearest neighbor search",
        CVPR 2014. They have a cell for each list; a table for each list would take longer than to scan it.

    >>> import nearabout as na
    >>> na.LOPQ(8, bits=4, cells=32)
    LOPQ(size=8, bits=4, cells=32)
    """

    cells: int | Literal["auto"] = "auto"

    method: ClassVar[str] = "LOPQ"
    family: ClassVar[str] = "lopq"
    always_residual: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells != "auto":
            check_count("cells", self.cells, _MOST_CELLS, ', or "auto"')

    def learnt_bytes(self, rows: int, dims: int, lists: int) -> int:
        enough = max(1, min(rows, _LOCAL_SAMPLED) // (_ROWS_PER_WORD * 2**self.bits))
        cells = min(lists, min(_MOST_AUTO_CELLS, enough) if self.cells == "auto" else self.cells)
        return cells * (super().learnt_bytes(rows, dims, lists) + 4 * _part_directions(dims) ** 2)

    def sample_bytes(self, rows: int, dims: int) -> int:
        sampled = min(rows, _LOCAL_SAMPLED)
        return 2 * 4 * sampled * _part_directions(dims)  # all together, and those of each cell


@dataclass(frozen=True, repr=False)
class SQ(Codes):
    """Scalar codes: each coordinate by itself, rounded to 16, 64 or 256 levels.

    Args:
        bits: bits per coordinate: 4, 6 or 8. In `IVF`, vectors of more than 192 dimensions are coded along their 192
            leading directions instead. Alone, all are coded, in `dims * bits / 8` bytes.
        one_step: alone only: whether the steps are equally large in all dimensions. By default, each dimension has a
            range of its own, the one that loses least among some that leave out a few of its largest and smallest
            numbers.

    Raises:
        InvalidInputError: a setting is out of range.

    >>> import nearabout as na
    >>> na.SQ(bits=6)
    SQ(bits=6, one_step=False)
    """

    bits: int = 8
    one_step: bool = False

    method: ClassVar[str] = "SQ"
    family: ClassVar[str] = "sq"

    def __post_init__(self) -> None:
        check_bits(self.bits, _SCALAR_BITS, "coordinate")
        check_flag("one_step", self.one_step)

    def parameters(self) -> dict[str, bool | int | float | str]:
        if self.one_step:
            raise InvalidInputError("one_step=True is for SQ alone: the codes of lists have a step for each direction")
        return super().parameters()

    @classmethod
    def _settings_of(cls, details: dict[str, Any]) -> dict[str, Any]:
        return {**super()._settings_of(details), "one_step": bool(details["one_step"])}

    def width(self, dims: int) -> int:
        return _line_directions(dims) * self.bits // 8


@dataclass(frozen=True, repr=False)
class RaBitQ(Codes):
    """Codes of a few bits for each direction of a random rotation, with unbiased estimates of distances.

    Args:
        bits: bits per direction, 1 to 8. In `IVF`, vectors of more than 192 dimensions are coded along their 192
            leading directions. Alone, all are coded: a code has `dims * bits / 8` bytes and two floats of 4 bytes, the
            squared length of the vector and a factor of the estimate.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        J. Gao and C. Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for approximate
        nearest neighbor search", SIGMOD 2024. J. Gao et al., arXiv 2409.09913, for more than one bit.

    >>> import nearabout as na
    >>> na.RaBitQ(bits=3)
    RaBitQ(bits=3)
    """

    bits: int = 1

    method: ClassVar[str] = "RaBitQ"
    family: ClassVar[str] = "rabitq"

    def __post_init__(self) -> None:
        check_count("bits", self.bits, _MOST_RANDOM_BITS, " per direction")

    def width(self, dims: int) -> int:
        return _line_directions(dims) * self.bits // 8


CODES: dict[str, type[Codes]] = {one.family: one for one in (PcaCodes, PQ, OPQ, LOPQ, SQ, RaBitQ)}


def codes_from_settings(settings: Mapping[str, Any]) -> Codes:
    """Returns the codes that have these `settings()`, as read from a file."""
    known = CODES.get(str(settings.get("family", PcaCodes.family)), PcaCodes)
    names = [field.name for field in dataclasses.fields(known)]
    return known(**{name: settings[name] for name in names if name in settings})


def codes_from_text(text: str) -> int | Codes | Literal["auto"]:
    """Returns the codes that `--set codes=` says: "auto", bytes, or a name and its settings, as in "lopq:16:4".

    Raises:
        InvalidInputError: there are no such codes, or they do not take these settings.

    >>> codes_from_text("lopq:16:4")
    LOPQ(size=16, bits=4, cells='auto')
    """
    if text == "auto":
        return "auto"
    name, *given = text.split(":")
    if not name.isalpha() and not given:
        return whole_number(text, text)
    if name.lower() not in CODES:
        raise InvalidInputError(f"--set codes={text}: there are no codes {name!r}; {nearest(name, tuple(CODES))}")
    known = CODES[name.lower()]
    fields = [field.name for field in dataclasses.fields(known) if field.type != "bool"]
    if len(given) > len(fields) or (known is PcaCodes and not given):
        usage = ":".join([known.family, *(field.upper() for field in fields)])
        raise InvalidInputError(f"--set codes={text}: these codes are written as {usage}")
    return known(*(whole_number(one, text) for one in given))


def whole_number(text: str, setting: str) -> int:
    """Returns the number that is a part of the setting of codes."""
    try:
        return int(text)
    except ValueError:
        names = ", ".join(CODES)
        raise InvalidInputError(
            f"--set codes={setting}: {text!r} is not a whole number; pass bytes per row, or one of {names} with its "
            "size and bits, as in lopq:16:4"
        ) from None


def check_bits(bits: object, allowed: tuple[int, ...], of: str) -> None:
    """Raises InvalidInputError unless codes may have so many bits for each `of`."""
    if isinstance(bits, bool) or not isinstance(bits, int) or bits not in allowed:
        numbers = f"{', '.join(map(str, allowed[:-1]))} or {allowed[-1]}"
        raise InvalidInputError(f"bits is {bits!r}; pass {numbers} bits per {of}")


def _part_directions(dims: int) -> int:
    return min(MOST_DIRECTIONS, 4 * math.ceil(dims / 4))


def _line_directions(dims: int) -> int:
    return _LINE_DIRECTIONS * math.ceil(min(MOST_DIRECTIONS, dims) / _LINE_DIRECTIONS)
