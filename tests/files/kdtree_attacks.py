"""Attacks on what a k-d tree keeps in its file, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
NO_NUMBERS = (math.nan, math.inf, -math.inf)


def facts_of_kd_trees(image: bytes) -> Iterator[Attack]:
    """Leaves, scales, bounds and counts that cannot be."""
    for size in (0, 1, 17, 1_040, 1 << 32, MOST):
        lying = near.changed(image, near.KDTREE_HEADER, "<u8", 0, size)
        yield Attack(f"leaves of {size} rows", lying, "CorruptFileError", "kdtree_header")
    # Leaves of another size have other boxes, of which there are as many or not.
    for size in (16, 32, 48, 1_024):
        yield Attack(f"leaves of {size} rows", near.changed(image, near.KDTREE_HEADER, "<u8", 0, size))
    for number in (*NO_NUMBERS, 0.0, -1.0):
        lying = near.changed(image, near.KDTREE_SCALE, "<f8", 0, number)
        yield Attack(f"the scale is {number}", lying, "CorruptFileError", "kdtree_scale")
    for number in (1e-300, 1e-30, 0.5, 3.0, 1e30, 1e300):
        yield Attack(f"the scale is {number}", near.changed(image, near.KDTREE_SCALE, "<f8", 0, number))
    for number in (*NO_NUMBERS, -0.5):
        lying = near.changed(image, near.KDTREE_SCALE, "<f8", 1, number)
        yield Attack(f"epsilon is {number}", lying, "CorruptFileError", "kdtree_scale")
    yield Attack("epsilon is 1e300", near.changed(image, near.KDTREE_SCALE, "<f8", 1, 1e300))
    if all(part.id != near.KDTREE_VISITS for part in near.take_apart(image)):
        return
    for number in (*NO_NUMBERS, -1.0):
        lying = near.changed(image, near.KDTREE_VISITS, "<f8", 1, number)
        yield Attack(f"{number} leaves are visited", lying, "CorruptFileError", "kdtree_visits")
    for number in (0.0, 1e-300, 1e300):
        yield Attack(
            f"{number} leaves are visited", near.changed(image, near.KDTREE_VISITS, "<f8", slice(None), number)
        )


def rows_of_kd_trees(image: bytes) -> Iterator[Attack]:
    """Rows that do not exist, that are named twice, or that are in another place."""
    for row in (1 << 20, (1 << 32) - 1):
        for which in (0, slice(None)):
            lying = near.changed(image, near.KDTREE_ROWS, "<u4", which, row)
            yield Attack(f"row {row} at {which}", lying, "CorruptFileError")
    for row in (0, 299):
        lying = near.changed(image, near.KDTREE_ROWS, "<u4", slice(None), row)
        yield Attack(f"every row is {row}", lying, "CorruptFileError", "section kdtree")
    rows = np.frombuffer(near.part_of(image, near.KDTREE_ROWS).data, "<u4")
    lying = near.exchange(image, near.KDTREE_ROWS, data=rows[::-1].tobytes())
    yield Attack("rows in the other order", lying, "CorruptFileError", "kdtree_points")


def numbers_of_kd_trees(image: bytes) -> Iterator[Attack]:
    """Points and boxes that are no numbers, or those of other rows."""
    for id_ in (near.KDTREE_POINTS, near.KDTREE_BOXES):
        name = near.NAMES[id_]
        for which in (slice(0, 1), slice(None, None, 2), slice(None)):
            for value in (*NO_NUMBERS, -3e38, 3e38, 0.0):
                yield Attack(f"{value} in {name} at {which}", near.changed(image, id_, "<f4", which, value))
        backwards = np.frombuffer(near.part_of(image, id_).data, "<f4")[::-1]
        lying = near.exchange(image, id_, data=backwards.tobytes())
        yield Attack(f"{name} backwards", lying, "CorruptFileError", "kdtree")
