"""HDF5 as ann-benchmarks writes it: a dataset ``train`` of vectors (https://github.com/erikbern/ann-benchmarks). Needs h5py."""

from __future__ import annotations

from typing import Any

import numpy as np

from nearabout.errors import CorruptFile, FileFormatError, InvalidInput, MissingDependency
from nearabout.formats._arrays import as_vectors, choose_vectors
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source

NAME = "hdf5"
SUFFIXES = (".hdf5", ".h5")
OPTIONS = frozenset({"dataset"})
_MAGIC = b"\x89HDF\r\n\x1a\n"


def sniff(head: Head) -> bool:
    return head.data.startswith(_MAGIC)


def _library() -> Any:
    try:
        import h5py
    except ImportError:
        raise MissingDependency("HDF5 files need the library h5py: pip install 'nearabout[hdf5]'") from None
    return h5py


def read(source: Source, options: ReadOptions) -> Embeddings:
    h5py = _library()
    try:
        with h5py.File(source.path if source.plain else source.file(), "r") as file:
            shapes: dict[str, tuple[int, ...]] = {}

            def see(name: str, item: object) -> None:
                if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub":
                    shapes[name] = tuple(item.shape or ())

            file.visititems(see)
            name = choose_vectors(shapes, options.dataset, source.path)
            array = np.asarray(file[name][...])
    except (FileFormatError, InvalidInput, MemoryError):
        raise
    except Exception as error:  # h5py has no error type of its own
        raise CorruptFile(f"{source.path}: the HDF5 file cannot be read ({error}): get the file again") from None
    return Embeddings(as_vectors(array, source.path, f"the dataset {name}"), None, source.path, NAME)

