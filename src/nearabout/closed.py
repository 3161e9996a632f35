"""What is left of an index that was closed."""

from __future__ import annotations

from nearabout.errors import InvalidInput


class Closed:
    """In place of the core: whatever is asked of it is an error with a sentence."""

    def __init__(self, path: str | None) -> None:
        self.path = path or ""

    def __getattr__(self, name: str) -> object:
        raise self._error()

    def __len__(self) -> int:
        raise self._error()

    def _error(self) -> InvalidInput:
        again = f": open it again, nearabout.open({self.path!r})" if self.path else ""
        return InvalidInput(
            f"the index {self.path or 'in memory'} is closed, and so is what hits look up in it, such as their keys"
            f"{again}; inside `with nearabout.open(...) as index:` it stays open to the end of the block"
        )
