"""Reads HDF5 as in ann-benchmarks: a dataset ``train`` of vectors. Needs h5py.

https://github.com/erikbern/ann-benchmarks. Datasets in other files (external, virtual) are not followed.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError, MissingDependencyError
from nearabout.formats._arrays import Member, as_vectors, check_shape, choose_keys, choose_vectors
from nearabout.formats._embeddings import Embeddings, Report, Vectors, without_duplicates
from nearabout.formats._keys import Keys, keys_from
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source, naming
from nearabout.formats._stream import NamedRows, Place, Stream, can_lie, in_pieces, in_place, rows_in_piece

NAME = "hdf5"
SUFFIXES = (".hdf5", ".h5")
OPTIONS = frozenset({"dataset", "key_column"})
_MOST_EXPANSION = 1100  # largest expansion of gzip, the usual filter
_MAGIC = b"\x89HDF\r\n\x1a\n"


def sniff(head: Head) -> bool:
    return head.data.startswith(_MAGIC)


def library() -> Any:
    """Imports h5py; the error names the extra."""
    try:
        return importlib.import_module("h5py")
    except ImportError:
        raise MissingDependencyError("HDF5 files need the library h5py: pip install 'nearabout[hdf5]'") from None


def _is_own(dataset: Any) -> bool:
    return dataset.external is None and not dataset.is_virtual


def _member(h5py: Any, dataset: Any) -> Member:
    """Returns the type and shape of a dataset; any text has the kind U."""
    text = h5py.check_string_dtype(dataset.dtype) is not None
    kind = "U" if text else "V" if dataset.dtype.kind == "O" else dataset.dtype.kind
    return Member(kind, tuple(dataset.shape or ()), "text" if text else str(dataset.dtype))


def _check_whole(dataset: Any, path: str) -> None:
    """Refuses a dataset whose extent is far larger than its stored bytes, before anything is allocated."""
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > stored * _MOST_EXPANSION:
        raise CorruptFileError(
            f"{path}: the dataset {dataset.name} announces {dataset.nbytes:,} bytes, but only {stored:,} are "
            "stored: get the file again"
        )


@contextmanager
def _dataset(source: Source, options: ReadOptions) -> Iterator[tuple[Any, str, Any]]:
    """Yields the open dataset, its name, and the dataset of the keys or None."""
    h5py = library()
    try:
        with h5py.File(source.path if source.plain else source.file(), "r") as file:
            members: dict[str, Member] = {}

            def see(name: str, item: object) -> None:
                if isinstance(item, h5py.Dataset) and _is_own(item):
                    members[name] = _member(h5py, item)

            file.visititems(see)
            shapes = {name: one.shape for name, one in members.items() if one.kind in "fiub"}
            name = choose_vectors(shapes, options.dataset, source.path)
            _check_whole(file[name], source.path)
            rows = (shapes[name] or (0,))[0]
            keys = choose_keys(members, options.key_column, name, rows, source.path)
            yield file[name], name, None if keys is None else file[keys]
    except (FileFormatError, InvalidInputError):
        raise
    except MemoryError:
        if not source.small:
            raise
        raise CorruptFileError(
            f"{source.path}: the HDF5 file needs more memory than there is, so it is damaged: get the file again"
        ) from None
    except Exception as error:  # h5py has no error type of its own
        raise CorruptFileError(f"{source.path}: the HDF5 file cannot be read ({error}): get the file again") from None


def _keys_of(dataset: Any, path: str) -> Keys:
    if dataset is None:
        return None
    _check_whole(dataset, path)
    if dataset.dtype.kind in "iu":
        return keys_from(path, dataset[...], dataset.shape[0])
    try:
        return keys_from(path, list(dataset.asstr("utf-8")[...]), dataset.shape[0])
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path}: the keys in {dataset.name} are not UTF-8 ({error}): pass key_column=False"
        ) from None


def read(source: Source, options: ReadOptions) -> Embeddings:
    with _dataset(source, options) as (dataset, name, keys):
        array = np.asarray(dataset[...])
        found = _keys_of(keys, source.path)
        key_name = "" if keys is None else keys.name.lstrip("/")
    vectors, kept, dropped = without_duplicates(as_vectors(array, source.path, f"the dataset {name}"), found)
    return Embeddings(vectors, kept, source.path, NAME, Report(duplicates=dropped, key_column=key_name))


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    with _dataset(source, options) as (dataset, name, keys):
        shape: tuple[int, ...] = dataset.shape or ()
        dtype = dataset.dtype
        check_shape(shape, source.path, f"the dataset {name}")
        named = NamedRows(shape[0], _keys_of(keys, source.path), keys and keys.name.lstrip("/"))
        dims = as_vectors(np.empty((0, shape[1]), dtype), source.path, f"the dataset {name}").shape[1]
        # Contiguous, with an offset from the start of the file.
        offset = dataset.id.get_offset() if dataset.file.userblock_size == 0 else None
        if source.plain and can_lie(dtype) and offset is not None and keys is None:
            return in_place(source, NAME, Place(dtype, shape[0], dims, offset, dims * dtype.itemsize))

    def pieces() -> Iterator[Vectors]:
        with _dataset(source, options) as (dataset, _, _):
            step = rows_in_piece(dims, dtype)
            for first in range(0, max(shape[0], 1), step):
                yield as_vectors(np.asarray(dataset[first : first + step]), source.path, f"the dataset {name}")

    return in_pieces(source, NAME, named.without_duplicates(pieces()), named.finish, named.held)


def read_arrays(path: str, names: tuple[str, ...]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Reads the named datasets, as far as they exist, and the attributes of the file."""
    h5py = library()
    os.stat(path)  # raises an OSError with the name of the file, unlike h5py
    try:
        with h5py.File(path, "r") as file:
            arrays = {}
            for name in names:
                if isinstance(file.get(name), h5py.Dataset) and _is_own(file[name]) and file[name].dtype.kind in "fiub":
                    _check_whole(file[name], path)
                    arrays[name] = np.asarray(file[name][...])
            return arrays, dict(file.attrs)
    except FileFormatError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # h5py has no error type of its own
        raise CorruptFileError(f"{path}: the HDF5 file cannot be read ({error}): get the file again") from None


def write_arrays(path: str, arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> None:
    """Writes datasets and attributes to a temporary file, which replaces the target when it is complete."""
    h5py = library()
    part = f"{path}.part"
    try:
        with naming(path, part):
            open(part, "wb").close()  # raises an OSError with the name of the file
        with h5py.File(part, "w") as file:
            for name, value in attributes.items():
                file.attrs[name] = value
            for name, array in arrays.items():
                file.create_dataset(name, data=array)
        with naming(path, part):
            os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)
