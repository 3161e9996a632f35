"""Indexes out of bytes and out of pickles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import FileFormatError, InvalidInputError
from nearabout.index import Index


def from_bytes(data: bytes | bytearray | memoryview) -> Index:
    """Returns the index whose bytes these are: what `Index.to_bytes` gave, or the content of a .near file; copied.

    Raises:
        InvalidInputError: no bytes.
        FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError, as for a
            file.

    >>> import nearabout as na
    >>> index = na.build([[0.0, 1.0], [1.0, 0.0]], keys=["north", "east"])
    >>> na.from_bytes(index.to_bytes())
    <nearabout.Index: exact, 2 rows of 2 dims, cosine, f32>
    """
    if not isinstance(data, bytes):
        try:
            data = bytes(memoryview(data))
        except TypeError:
            raise InvalidInputError(
                f"data is a {type(data).__name__}; pass the bytes of an index (of a path: nearabout.open)"
            ) from None
    return Index(_core.Index.from_bytes(data))


def unpickled(image: bytes, skipped: NDArray[np.int64]) -> Index:
    """Returns an index in memory that was pickled."""
    return Index(_core.Index.from_bytes(image), skipped)


def reopened(path: str, identity: int, mapped: bool, skipped: NDArray[np.int64]) -> Index:
    """Returns the index of a file that was pickled by its path, if it is still that file."""
    core = _core.Index.open(path, mapped)
    if core.identity != identity:
        raise FileFormatError(
            f"{path} is not the index that was pickled: it was built again or replaced since, and its rows and keys "
            "may be others. Open it as it is now, nearabout.open(path), and pickle that; or pickle index.to_bytes(), "
            "which does not depend on the file"
        )
    return Index(core, skipped)
