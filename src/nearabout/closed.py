"""The bytes of an index: taken, pickled, let go of; and what is left of an index that was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nearabout.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

    from nearabout._core import Index as Core


class Closed:
    """In place of the core: whatever is asked of it is an error with a sentence."""

    def __init__(self, path: str | None) -> None:
        self.path = path or ""

    def __getattr__(self, name: str) -> object:
        raise self._error()

    def __len__(self) -> int:
        raise self._error()

    def _error(self) -> InvalidInputError:
        again = f": open it again, nearabout.open({self.path!r})" if self.path else ""
        return InvalidInputError(
            f"the index {self.path or 'in memory'} is closed, and so is what hits look up in it, such as their keys"
            f"{again}; inside `with nearabout.open(...) as index:` it stays open to the end of the block"
        )


class Closable:
    """The methods of `Index` about its bytes."""

    if TYPE_CHECKING:
        _core: Core
        _path: str | None
        skipped: NDArray[np.int64]
    else:
        __slots__ = ()

    def to_bytes(self) -> bytes:
        """Returns the whole index as bytes, those that `save` would write, for `nearabout.from_bytes`.

        Raises:
            CorruptFileError: the file that is mapped is not as it was written.
            MemoryError: there is no room for all of it.
        """
        return self._core.to_bytes()

    def close(self) -> None:
        """Lets go of the file or the memory, once nothing else holds it (hits that came of it do). Closing again
        does nothing; any other use of a closed index raises InvalidInputError. Not needed: an index that nobody holds
        any more is closed.
        """
        if not isinstance(self._core, Closed):
            self._core = cast("Core", Closed(self._path))

    def __enter__(self) -> Self:
        self._core.key_type  # noqa: B018  refuses a closed one
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        from nearabout.images import reopened, unpickled

        if self._path is None:
            return unpickled, (self.to_bytes(), self.skipped)
        return reopened, (self._path, self._core.identity, self._core.mapped, self.skipped)
