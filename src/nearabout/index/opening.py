"""Opens indexes: from files, from bytes and from pickles."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._base.checks import check_flag, check_path
from nearabout._base.text import a_type
from nearabout.errors import FileFormatError, InvalidInputError
from nearabout.index.index import Index


def open(path: str | os.PathLike[str], *, mapped: bool = True) -> Index:
    """Opens an index file. The file is mapped, not read: a gigabyte takes no longer to open than a megabyte.

    The structure of the file is validated at once. Each block of the large parts is checked against its checksum when
    it is first read, so damage raises an error and never gives a wrong result. The mapping stays valid if another
    index is saved under the same name: the open index keeps using the old bytes. It does not survive a program that
    truncates the file or writes into it (`cp` onto it, `rsync --inplace`, a network drive that goes away). As with any
    mapped file, the next read then ends the process with SIGBUS. Nearabout itself never modifies a file in place.

    Args:
        path: a .near file.
        mapped: if False, reads the whole file into memory at once. Later changes to the file then have no effect.

    Returns:
        The index. `with nearabout.open(path) as index:` closes it at the end of the block.

    Raises:
        FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError.
        OSError: the file does not exist or cannot be read.
        MemoryError: `mapped=False`, and the file is larger than memory.

    >>> import os, tempfile
    >>> import nearabout as na
    >>> path = os.path.join(tempfile.mkdtemp(), "two.near")
    >>> na.build([[0.0, 1.0], [1.0, 0.0]], keys=["north", "east"]).save(path)
    >>> na.open(path)
    <nearabout.Index: exact, 2 rows of 2 dims, cosine, f32>
    """
    return Index(_core.Index.open(check_path(path), check_flag("mapped", mapped)))


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
