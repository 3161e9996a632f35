"""Makes indexes from bytes and from pickles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout.errors import FileFormatError, InvalidInputError
from nearabout.index import Index
from nearabout.names import a_type


def from_bytes(data: bytes | bytearray | memoryview) -> Index:
    """Returns an index from its bytes, from `Index.to_bytes` or the content of a .near file. The bytes are copied.

    Raises:
        InvalidInputError: the data is not bytes.
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
                f"data is {a_type(data)}; pass the bytes of an index (for a path, call nearabout.open)"
            ) from None
    return Index(_core.Index.from_bytes(data))


def unpickled(image: bytes, skipped: NDArray[np.int64]) -> Index:
    """Returns an unpickled index that was in memory."""
    return Index(_core.Index.from_bytes(image), skipped)


def reopened(path: str, identity: int, mapped: bool, skipped: NDArray[np.int64]) -> Index:
    """Returns an unpickled index that was mapped from a file, if the file at that path is still the same."""
    core = _core.Index.open(path, mapped)
    if core.identity != identity:
        raise FileFormatError(
            f"{path} is not the index that was pickled: it was rebuilt or replaced, and its rows and keys may differ. "
            "Open the current file, nearabout.open(path), and pickle that; or pickle index.to_bytes(), which does not "
            "depend on the file"
        )
    return Index(core, skipped)
