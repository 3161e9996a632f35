"""Methods of an index that export, copy, pickle and release its bytes, and the state of a closed index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

    from nearabout._core import Index as Core


class Closed:
    """Replaces the core of a closed index: every use raises an error."""

    def __init__(self, path: str | None) -> None:
        self.path = path or ""

    def __getattr__(self, name: str) -> object:
        raise self._error()

    def __len__(self) -> int:
        raise self._error()

    def _error(self) -> InvalidInputError:
        again = f"; open it again, nearabout.open({self.path!r})" if self.path else ""
        return InvalidInputError(
            f"the index {self.path or 'in memory'} is closed, so neither it nor the keys of its hits can be used"
            f"{again}. Inside `with nearabout.open(...) as index:` it stays open to the end of the block"
        )


class Closable:
    """The methods of `Index` that export, copy and release its bytes."""

    if TYPE_CHECKING:
        _core: Core
        _path: str | None
        skipped: NDArray[np.int64]
    else:
        __slots__ = ()

    def to_bytes(self) -> bytes:
        """Returns the whole index as bytes, as `save` would write it. `nearabout.from_bytes` reads them.

        Raises:
            CorruptFileError: the mapped file is damaged.
            MemoryError: there is not enough memory.
        """
        return self._core.to_bytes()

    def close(self) -> None:
        """Releases the file or the memory as soon as nothing else refers to it (hits of the index do).

        Closing twice does nothing; any other use of a closed index raises InvalidInputError. Calling it is optional:
        an index without references is closed automatically.
        """
        if not isinstance(self._core, Closed):
            self._core = cast("Core", Closed(self._path))

    def __enter__(self) -> Self:
        self._core.key_type  # noqa: B018  raises if the index is closed
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __copy__(self) -> Self:
        return self  # an index is immutable

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from nearabout.index.opening import reopened, unpickled

        if self._path is None:
            return unpickled, (self.to_bytes(), self.skipped)
        return reopened, (self._path, self._core.identity, self._core.mapped, self.skipped)
