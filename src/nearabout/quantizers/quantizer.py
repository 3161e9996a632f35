"""What all quantizers share: they are fitted to vectors, encode, decode, measure distances, and are saved."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nearabout import _core
from nearabout._arrays.accepted_types import Progress, VectorsLike
from nearabout._arrays.conversion import as_array
from nearabout._arrays.vectors import Vectors, as_vectors
from nearabout._base.checks import check_path, check_seed, check_threads
from nearabout._base.progress import monitor_for
from nearabout._base.text import nearest
from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Self

_CHECKED_TOGETHER = 1 << 22  # numbers


class Quantizer:
    """The base class of all quantizers. A subclass is a frozen dataclass of its settings.

    Two quantizers are equal if their settings are. What was learnt is held besides them, and is saved with them.
    """

    def __new__(cls, *given: object, **settings: object) -> Self:
        """Raises TypeError for a setting that the quantizer does not have; the message names the likely one."""
        known = tuple(field.name for field in dataclasses.fields(cls))  # type: ignore[arg-type]
        for name in settings:
            if name not in known:
                raise TypeError(f"{cls.__name__}() has no setting {name!r}; {nearest(name, known, _OTHER_SETTINGS)}")
        return super().__new__(cls)

    method: ClassVar[str]  # as the core names it
    _learnt: _core.Quantizer | None = None

    def fit(
        self, vectors: VectorsLike, *, seed: int = 0, threads: int | None = None, progress: Progress = None
    ) -> Self:
        """Learns from vectors what encoding needs. What was learnt before is replaced.

        Args:
            vectors: shape (n, dims), of any type that `build` takes. A sample of them is looked at. Codes approximate
                Euclidean distance; for cosine, pass vectors of length 1 here and to `encode`.
            seed: random seed, 0 to 2**64 - 1. The same vectors, settings and seed give the same codes.
            threads: number of threads; None uses all cores. The result is the same, byte for byte.
            progress: None, True (a bar on standard error if that is a terminal), or a function that is called with the
                fraction done; the last call has 1.0.

        Returns:
            The quantizer itself, fitted.

        Raises:
            InvalidInputError: the vectors cannot be used, or do not suit the settings.
        """
        given = as_vectors(vectors, "euclidean", None)
        if not len(given.array):
            raise InvalidInputError("there are no vectors to learn from; pass some, a few thousand for good codes")
        _check_finite(given)
        settings = {**self._numbers(), "seed": check_seed(seed, True)}
        count = check_threads(threads)
        monitor, finish = monitor_for(progress, "fitting")
        try:
            learnt = _core.Quantizer.learn(
                self.method, given.array, given.dims, given.source_dtype, settings, count, monitor
            )
        finally:
            finish()
        object.__setattr__(self, "_learnt", learnt)
        return self

    def encode(self, vectors: VectorsLike, *, threads: int | None = None) -> NDArray[np.uint8]:
        """Returns the codes of vectors: shape (n, code_bytes), or (code_bytes,) for a single vector of shape (dims,).

        Raises:
            InvalidInputError: the quantizer is not fitted, or the vectors have other dims or contain NaN or infinity.
        """
        core = self._fitted()
        array, single = _rows(vectors, "vectors", self.dims)
        given = as_vectors(array, "euclidean", None)
        codes = core.encode(given.array, given.source_dtype, check_threads(threads))
        return codes[0] if single else codes

    def decode(self, codes: VectorsLike, *, threads: int | None = None) -> NDArray[np.float32]:
        """Returns the vectors that codes stand for: shape (n, dims), or (dims,) for a single code.

        Raises:
            InvalidInputError: the quantizer is not fitted, or these are not its codes.
        """
        core = self._fitted()
        array, single = self._codes(codes)
        vectors = core.decode(array, check_threads(threads))
        return vectors[0] if single else vectors

    def distances(self, queries: VectorsLike, codes: VectorsLike, *, threads: int | None = None) -> NDArray[np.float32]:
        """Returns the squared Euclidean distances of queries from what codes stand for, without decoding them.

        Queries are not encoded, only the vectors are: these distances are nearer to the true ones than those between
        codes would be.

        Args:
            queries: shape (m, dims), or (dims,) for a single query.
            codes: shape (n, code_bytes), as `encode` returns them.
            threads: number of threads; None uses all cores.

        Returns:
            Shape (m, n), or (n,) for a single query. Those of `RaBitQ` and `PcaCodes` are estimates, which know the
            length of each vector, and may be a little below zero.

        Raises:
            InvalidInputError: the quantizer is not fitted, or queries or codes do not suit it.
        """
        core = self._fitted()
        given, single = _rows(queries, "queries", self.dims)
        with np.errstate(over="ignore"):  # overflow becomes infinity, which is refused
            rows = np.ascontiguousarray(given, np.float32)
        _check_finite(Vectors(rows, self.dims, "f32", "f32"), "queries")
        array, _ = self._codes(codes)
        found = core.distances(rows, array, check_threads(threads))
        return found[0] if single else found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the quantizer to a .near file. A file already there is replaced at once, or left as it was.

        Raises:
            InvalidInputError: the quantizer is not fitted.
            OSError: the file cannot be written.
        """
        self._fitted().save(check_path(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads a quantizer that `save` wrote. `load_quantizer` reads any.

        Raises:
            InvalidInputError: the file has another quantizer.
            FileFormatError: UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError.
            OSError: the file does not exist or cannot be read.
        """
        core = _core.Quantizer.load(check_path(path))
        method = core.details()["method"]
        if method != cls.method:
            raise InvalidInputError(
                f"{check_path(path)} is a quantizer of another kind, {method}; call na.{method}.load or "
                "na.load_quantizer"
            )
        return cls._of(core)

    @classmethod
    def _of(cls, core: _core.Quantizer) -> Self:
        """Returns the quantizer that the core has learnt or read."""
        quantizer = cls(**cls._settings_of(core.details()))
        object.__setattr__(quantizer, "_learnt", core)
        return quantizer

    @classmethod
    def _settings_of(cls, details: dict[str, Any]) -> dict[str, Any]:
        return {field.name: details[field.name] for field in dataclasses.fields(cls)}  # type: ignore[arg-type]

    @property
    def is_fitted(self) -> bool:
        """Whether `fit` was called, or the quantizer was loaded."""
        return self._learnt is not None

    @property
    def dims(self) -> int:
        """The dims of the vectors that it was fitted to."""
        dims: int = self._fitted().details()["dims"]
        return dims

    @property
    def code_bytes(self) -> int:
        """The bytes of a code."""
        size: int = self._fitted().details()["code_bytes"]
        return size

    def info(self) -> dict[str, Any]:
        """Returns what is known of a fitted quantizer: method, dims, code_bytes, rows (that it was fitted to),
        sample_rows (of these, those looked at), seed, and its settings as they were used, without "auto".
        """
        details = self._fitted().details()
        always = ("method", "dims", "code_bytes", "rows", "sample_rows", "seed")
        return {**{name: details[name] for name in always}, **self._settings_of(details)}

    def _numbers(self) -> dict[str, int]:
        """Returns the settings for the core, where 0 stands for "auto"."""
        given: Mapping[str, Any] = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        values = {name: given.get(name, 0) for name in ("size", "bits", "cells", "one_step")}
        return {name: 0 if value == "auto" else int(value) for name, value in values.items()}

    def _fitted(self) -> _core.Quantizer:
        if self._learnt is None:
            raise InvalidInputError(
                f"{self!r} is not fitted; call fit(vectors) first, or read a fitted one with na.load_quantizer(path)"
            )
        return self._learnt

    def _codes(self, codes: VectorsLike) -> tuple[NDArray[np.uint8], bool]:
        """Returns codes for the core, and whether it was a single one."""
        array = as_array(codes, "codes")
        size = self.code_bytes
        if array.dtype != np.uint8 or array.ndim not in (1, 2) or array.shape[-1] != size:
            raise InvalidInputError(
                f"codes have the dtype {array.dtype} and the shape {array.shape}; pass those that encode() returned: "
                f"uint8, (n, {size}) or ({size},)"
            )
        return np.ascontiguousarray(array if array.ndim == 2 else array[None, :]), array.ndim == 1

    def __repr__(self) -> str:
        fields = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        if self._learnt is not None:
            fields.append(f"fitted to {self.dims} dims")
        return f"{type(self).__name__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        settings = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        return _unpickled, (type(self), settings, None if self._learnt is None else self._learnt.to_bytes())


_OTHER_SETTINGS = {
    **dict.fromkeys(("m", "M", "n_bytes", "code_size", "bytes", "n_subvectors"), "size"),
    **dict.fromkeys(("nbits", "n_bits", "nbits_per_idx"), "bits"),
    **dict.fromkeys(("n_cells", "nlist", "V", "clusters"), "cells"),
}


def _unpickled(kind: type[Quantizer], settings: dict[str, Any], image: bytes | None) -> Quantizer:
    quantizer = kind(**settings)
    if image is not None:
        object.__setattr__(quantizer, "_learnt", _core.Quantizer.from_bytes(image))
    return quantizer


def _rows(data: VectorsLike, what: str, dims: int) -> tuple[NDArray[Any], bool]:
    """Returns an array of shape (n, dims), and whether it was a single vector."""
    array = as_array(data, what)
    if array.ndim not in (1, 2) or array.shape[-1] != dims:
        raise InvalidInputError(
            f"{what} have the shape {array.shape}, but the quantizer was fitted to {dims} dims; pass the shape "
            f"(n, {dims}) or ({dims},)"
        )
    return (array, False) if array.ndim == 2 else (array[None, :], True)


def _check_finite(vectors: Vectors, what: str = "vectors") -> None:
    """Raises InvalidInputError for NaN, infinity and what is infinite in float32."""
    array = vectors.array
    if array.dtype.kind != "f":
        return
    step = max(1, _CHECKED_TOGETHER // max(1, vectors.dims))
    for begin in range(0, len(array), step):
        with np.errstate(over="ignore"):
            finite = np.isfinite(array[begin : begin + step].astype(np.float32, copy=False))
        if not finite.all():
            row, column = (int(place) for place in np.argwhere(~finite)[0])
            raise InvalidInputError(
                f"row {begin + row} of {what} has the value {float(array[begin + row, column])} in dimension {column}, "
                "not a finite float32; leave the row out or replace the value"
            )
