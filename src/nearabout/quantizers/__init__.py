"""Quantizers: vectors become codes of a few bytes, and codes vectors again."""

from __future__ import annotations

import os

from nearabout import _core
from nearabout._base.checks import check_path
from nearabout.quantizers.codes import LOPQ, OPQ, PQ, SQ, PcaCodes, RaBitQ
from nearabout.quantizers.itq import ITQ
from nearabout.quantizers.quantizer import Quantizer

__all__ = ["ITQ", "LOPQ", "OPQ", "PQ", "QUANTIZERS", "SQ", "PcaCodes", "Quantizer", "RaBitQ", "load_quantizer"]

QUANTIZERS: dict[str, type[Quantizer]] = {one.method: one for one in (PQ, OPQ, LOPQ, SQ, RaBitQ, ITQ, PcaCodes)}


def load_quantizer(path: str | os.PathLike[str]) -> Quantizer:
    """Reads a quantizer of any kind that `save` wrote.

    Args:
        path: a .near file.

    Raises:
        FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError.
        OSError: the file does not exist or cannot be read.

    >>> import os, tempfile
    >>> import numpy as np, nearabout as na
    >>> path = os.path.join(tempfile.mkdtemp(), "sq.near")
    >>> na.SQ(bits=8).fit(np.random.default_rng(0).normal(size=(100, 4))).save(path)
    >>> na.load_quantizer(path)
    SQ(bits=8, one_step=False, fitted to 4 dims)
    """
    core = _core.Quantizer.load(check_path(path))
    return QUANTIZERS[core.details()["method"]]._of(core)
