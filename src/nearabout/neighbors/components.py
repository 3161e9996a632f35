"""The connected components of a graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearabout._base.distinct import first_places


def components(count: int, pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Returns the components of `count` nodes that have more than one: ascending, in the order of their first nodes.

    >>> [group.tolist() for group in components(6, np.array([[0, 3], [4, 5], [3, 1]]))]
    [[0, 1, 3], [4, 5]]
    """
    if len(pairs) == 0:
        return []
    labels = _labels(count, pairs)
    is_member = np.zeros(count, np.bool_)
    is_member[pairs] = True
    members = np.flatnonzero(is_member)
    order = np.argsort(labels[members], kind="stable")
    members = members[order]
    begins = first_places(labels[members])
    return np.split(members, begins[1:])


def _labels(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the smallest node of the component of each node.

    Each round hangs the root of one end of a pair below the smaller root of the other end, and then hangs every node
    directly below its root (Shiloach and Vishkin, "An O(log n) parallel connectivity algorithm", 1982).
    """
    parents = np.arange(count)
    first, second = pairs[:, 0], pairs[:, 1]
    while True:
        one, other = parents[first], parents[second]
        apart = one != other
        if not apart.any():
            return parents
        first, second = first[apart], second[apart]
        high, low = np.maximum(one[apart], other[apart]), np.minimum(one[apart], other[apart])
        np.minimum.at(parents, high, low)
        while True:
            above = parents[parents]
            if np.array_equal(above, parents):
                break
            parents = above
