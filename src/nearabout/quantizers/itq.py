"""ITQ: binary codes whose planes are turned so that little is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nearabout._base.checks import check_count
from nearabout.quantizers.quantizer import Quantizer

_MOST_BITS = 1_024


@dataclass(frozen=True, repr=False)
class ITQ(Quantizer):
    """Binary codes: each bit says on which side of a plane a vector is; near vectors differ in few bits.

    The planes are leading principal directions, turned so that the corners of a cube are as near as possible to the
    vectors. `decode` returns the means of what each bit stands for. Packed codes can be searched by Hamming distance:
    `na.build(codes, metric="hamming", dtype="bits")`.

    Args:
        bits: bits of a code, 1 to 1,024. More bits find more and take more space; more than the dims still help.

    Raises:
        InvalidInputError: a setting is out of range.

    References:
        Y. Gong and S. Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011.

    >>> import numpy as np, nearabout as na
    >>> vectors = np.random.default_rng(0).normal(size=(500, 16)).astype(np.float32)
    >>> na.ITQ(64).fit(vectors).encode(vectors).shape
    (500, 8)
    """

    bits: int = 64

    method: ClassVar[str] = "ITQ"

    def __post_init__(self) -> None:
        check_count("bits", self.bits, _MOST_BITS)
