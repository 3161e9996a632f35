"""What holds for all rows of an index at once: the graph of their neighbours, and the pairs of them that are near."""

from __future__ import annotations

from nearabout.neighbors.duplicates import Duplicates
from nearabout.neighbors.graph import NeighborGraph

__all__ = ["Duplicates", "NeighborGraph"]
