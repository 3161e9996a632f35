"""An open index: how it is opened, its methods, and the functions behind the longer ones."""

from __future__ import annotations

from nearabout.index.index import Index
from nearabout.index.info import IndexInfo
from nearabout.index.opening import from_bytes, open

__all__ = ["Index", "IndexInfo", "from_bytes", "open"]
