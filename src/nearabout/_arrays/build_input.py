"""Converts the input of `build` for the core: vectors and keys from files, tables, dicts, iterators and arrays."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.keys import as_keys
from nearabout._arrays.out_of_core import FileVectors, from_array, from_file, from_pieces, from_place
from nearabout._arrays.pieces import Pieces, comes_in_pieces
from nearabout._arrays.vectors import Vectors, as_vectors
from nearabout._base.checks import check_path
from nearabout._base.distinct import distinct
from nearabout._base.progress import Monitor
from nearabout._base.text import a_type, nearest
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from nearabout.formats import Embeddings

Built: TypeAlias = tuple[_core.Index, NDArray[np.int64]]
_NONE_MISSING = np.empty(0, np.int64)


class Wanted(NamedTuple):
    """The arguments of `build` that matter for reading its input."""

    metric: str
    dtype: str | None
    memory: int  # bytes; 0 means no limit
    target: str | None  # path of the index
    invalid: Literal["raise", "skip"]


class Taken(NamedTuple):
    """Vectors and keys. Rows with missing values are left out of both."""

    vectors: Vectors | FileVectors
    keys: Any
    missing: NDArray[np.int64]  # input rows with missing values
    keys_from: str = ""  # origin of the keys, for errors

    @property
    def rows(self) -> NDArray[Any] | _core.RowsInFile:
        """The rows for the core."""
        return self.vectors.rows if isinstance(self.vectors, FileVectors) else self.vectors.array

    def keys_for(self, invalid: str) -> Sequence[str] | NDArray[np.int64] | None:
        """Returns the keys for the core. Without keys, and if rows may be left out, these are input row numbers."""
        if self.keys is not None:
            return as_keys(self.keys, len(self.rows))
        return self._input_rows() if invalid == "skip" else None

    def left_out(self, skipped: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the input rows that were left out: those with missing values and those `skipped` by the core."""
        if not len(self.missing):
            return skipped
        return distinct(np.concatenate([self.missing, self._input_rows()[skipped]]))

    def naming_keys(self, build: Callable[..., Built]) -> Callable[..., Built]:
        """Wraps the function so that its error about duplicate keys names the origin of the keys."""

        def named(*arguments: Any, **options: Any) -> Built:
            try:
                return build(*arguments, **options)
            except InvalidInputError as error:
                if not self.keys_from or not str(error).startswith("keys must be unique"):
                    raise
                advice = f"The keys come from {self.keys_from}: pass keys=, or select the right columns."
                raise InvalidInputError(f"{error} {advice}") from None

        return named

    def _input_rows(self) -> NDArray[np.int64]:
        """Returns the input row number of each row that has no missing values."""
        rows = np.arange(len(self.rows) + len(self.missing), dtype=np.int64)
        return np.delete(rows, self.missing) if len(self.missing) else rows


def take(
    data: Any,
    keys: Any,
    wanted: Wanted,
    reading: dict[str, Any],
    monitor: Monitor,
    notes: dict[str, object],
) -> Taken:
    """Returns the vectors and keys of any accepted input. Records their origin in `notes`.

    Raises:
        InvalidInputError: the input has no vectors, or is ambiguous so that the caller must choose.
    """
    formats = sys.modules.get("nearabout.formats")  # if it is not loaded, `data` cannot be an `Embeddings`
    found: FileVectors | Embeddings | None = data if formats and isinstance(data, formats.Embeddings) else None
    if isinstance(data, (str, os.PathLike)):
        found = _of_file(check_path(data), wanted, _with_invalid(reading, wanted.invalid), monitor)
    if found is not None:
        _note(found, notes)
        keys = found.keys if keys is None else keys
        data = found if isinstance(found, FileVectors) else found.vectors
    elif comes_in_pieces(data):
        return _of_pieces(Pieces(data, "data", keys is not None, wanted.invalid), keys, wanted)
    if isinstance(data, FileVectors):
        return Taken(data, keys, _NONE_MISSING)
    if wanted.memory and wanted.target is not None:
        return Taken(from_array(data, wanted.metric, wanted.dtype, wanted.target), keys, _NONE_MISSING)
    return Taken(as_vectors(data, wanted.metric, wanted.dtype), keys, _NONE_MISSING)


def _of_file(path: str, wanted: Wanted, reading: dict[str, Any], monitor: Monitor) -> FileVectors | Embeddings:
    if wanted.memory and wanted.target is not None:
        return from_file(path, wanted.metric, wanted.dtype, wanted.memory, wanted.target, monitor, reading)
    from nearabout.formats import read

    return from_place(path, wanted.metric, wanted.dtype, reading) or read(path, progress=monitor, **reading)


def _of_pieces(pieces: Pieces, keys: Any, wanted: Wanted) -> Taken:
    if wanted.memory and wanted.target is not None:
        vectors: Vectors | FileVectors = from_pieces(pieces, wanted.metric, wanted.dtype, wanted.memory, wanted.target)
    else:
        vectors = as_vectors(pieces.whole(), wanted.metric, wanted.dtype)
    missing = pieces.all_missing()
    if keys is None:
        return Taken(vectors, pieces.all_keys(), missing, pieces.keys_from)
    return Taken(vectors, without(keys, missing, pieces.rows), missing)


def without(keys: Any, missing: NDArray[np.int64], rows: int) -> Any:
    """Returns the keys of the rows that are not missing. `keys` has one key for each input row."""
    if not len(missing):
        return keys
    checked = as_keys(keys, rows)
    kept = np.delete(np.arange(rows), missing)
    return checked[kept] if isinstance(checked, np.ndarray) else [checked[row] for row in kept.tolist()]


# --- Options of readers ---


def reading_names() -> tuple[str, ...]:
    """Returns the names of the arguments that `build` passes on to `read`."""
    from dataclasses import fields

    from nearabout.formats._options import ReadOptions

    return ("format", "member", *(field.name for field in fields(ReadOptions) if field.name != "invalid"))


def _with_invalid(reading: dict[str, Any], invalid: str) -> dict[str, Any]:
    """Adds `invalid`: readers treat unreadable rows as `build` treats invalid vectors."""
    if invalid == "raise":
        return reading
    from dataclasses import fields

    from nearabout.formats._options import ReadOptions

    takes = any(field.name == "invalid" for field in fields(ReadOptions))
    return {**reading, "invalid": invalid} if takes else reading


def check_reading(
    reading: dict[str, Any], data: object, build: Callable[..., object], others: Mapping[str, str] | None = None
) -> None:
    """Refuses arguments that neither `build`, the function that was called, nor a reader has, and arguments of readers
    if the data is not a path. `others` has other libraries' names of its arguments.
    """
    if not reading:
        return
    names = reading_names()
    for name in reading:
        if name not in names:
            advice = nearest(name, (*_argument_names(build), *names), others)
            raise TypeError(f"{build.__name__}() has no argument {name!r}; {advice}")
        if not isinstance(data, (str, os.PathLike)):
            raise InvalidInputError(
                f"{name}= is an option for reading files, but data is {a_type(data)}, not a path; leave it out"
            )


def _argument_names(build: Callable[..., object]) -> tuple[str, ...]:
    import inspect

    return tuple(name for name in inspect.signature(build).parameters if name != "reading")


def _note(found: FileVectors | Embeddings, notes: dict[str, object]) -> None:
    if found.source:
        notes["source"] = Path(found.source).name  # only the name, because the folder is private
    if found.format:
        notes["format"] = found.format
    if found.report:
        notes["reader"] = "; ".join(found.report.sentences())
