"""Attacks on what a forest keeps in its file, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
# Of the section `tree_header`; from LEVELS on, the nodes of each level.
TREES, LEAF_SIZE, SEED, EFFORT, LEVELS = range(5)


def _numbers(image: bytes, id_: int, dtype: str) -> NDArray[np.generic]:
    return np.frombuffer(near.part_of(image, id_).data, dtype).copy()


def _table(image: bytes, id_: int, numbers: NDArray[np.generic]) -> bytes:
    """The image with other numbers in a section of one column or of one row."""
    rows, columns = (1, len(numbers)) if near.part_of(image, id_).rows == 1 else (len(numbers), 1)
    return near.exchange(image, id_, data=numbers.tobytes(), rows=rows, columns=columns)


def trees(image: bytes) -> Iterator[Attack]:
    """Counts, levels and children that cannot be."""
    facts = _numbers(image, near.TREE_HEADER, "<u8")
    lies = [(TREES, "trees", value) for value in (0, int(facts[TREES]) + 1, 1_001, 1 << 63, MOST)]
    lies += [(EFFORT, "fallback effort", value) for value in (0, _rows(image) + 1, 1 << 63, MOST)]
    for level in range(LEVELS, len(facts)):
        own = int(facts[level])
        lies += [(level, f"nodes of level {level - LEVELS}", value) for value in (0, own + 1, own - 1, 1 << 62, MOST)]
    for place, name, value in lies:
        changed = facts.copy()
        changed[place] = value
        yield Attack(f"{name}: {value}", _table(image, near.TREE_HEADER, changed), "CorruptFileError")
    for count in (0, 1, 2, 3):
        yield Attack(f"{count} facts", _table(image, near.TREE_HEADER, facts[:count]), "CorruptFileError")
    for count in (1, 2, 6, 100):
        more = np.concatenate([facts, np.ones(count, "<u8")])
        yield Attack(f"{count} levels more", _table(image, near.TREE_HEADER, more), "CorruptFileError")
    yield Attack("no levels", _table(image, near.TREE_HEADER, facts[:LEVELS]), "CorruptFileError")
    yield from _children(image)


def _children(image: bytes) -> Iterator[Attack]:
    nodes = _numbers(image, near.TREE_NODES, "<u8").astype(np.uint64)
    middle = len(nodes) // 2
    for name, place, value in [
        ("the first child is 1", 0, 1),
        ("two nodes begin together", middle, int(nodes[middle - 1])),
        ("a node begins after the next", middle, int(nodes[middle + 1]) + 1),
        ("a node begins after all rows", middle, 1 << 40),
        ("a node begins at 2^64 - 1", middle, MOST),
        ("the last ends too late", len(nodes) - 1, int(nodes[-1]) + 1),
        ("the last ends too early", len(nodes) - 1, int(nodes[-1]) - 1),
        ("the last ends nowhere", len(nodes) - 1, MOST),
    ]:
        changed = nodes.copy()
        changed[place] = value
        yield Attack(name, _table(image, near.TREE_NODES, changed), "CorruptFileError")
    for name, changed in [("fall", nodes[::-1].copy()), ("are all 0", nodes * 0), ("wrap around", nodes * MOST)]:
        yield Attack(f"children {name}", _table(image, near.TREE_NODES, changed), "CorruptFileError")
    for name, changed in [("one more", np.append(nodes, nodes[-1] + 1)), ("one less", nodes[:-1]), ("none", nodes[:0])]:
        yield Attack(f"{name} in the list of children", _table(image, near.TREE_NODES, changed), "CorruptFileError")


def _rows(image: bytes) -> int:
    return int(struct.unpack("<5Q", near.part_of(image, near.DESCRIPTOR).data)[3])


def rows_out_of_range(image: bytes) -> Iterator[Attack]:
    """Rows that do not exist."""
    rows = _numbers(image, near.TREE_ROWS, "<u4")
    for value in (_rows(image), _rows(image) + 1, 1 << 31, (1 << 32) - 2, (1 << 32) - 1):
        for name, places in [("first", slice(0, 1)), ("last", slice(-1, None)), ("every", slice(None))]:
            changed = rows.copy()
            changed[places] = value
            yield Attack(f"{name} row is {value}", _table(image, near.TREE_ROWS, changed), "CorruptFileError")


def rows_named_twice(image: bytes) -> Iterator[Attack]:
    """Rows that exist, and others missing: no lie that a search could see, but `verify` can."""
    rows = _numbers(image, near.TREE_ROWS, "<u4")
    other = rows.copy()
    other[1] = other[0]
    for name, changed in [("0", rows * 0), ("the first", np.full_like(rows, rows[0])), ("mostly its own", other)]:
        yield Attack(f"every row is {name}", _table(image, near.TREE_ROWS, changed), "CorruptFileError")


def offsets_that_are_no_numbers(image: bytes) -> Iterator[Attack]:
    """NaN and infinities beside the codes of rows and of nodes."""
    present = {part.id for part in near.take_apart(image)}
    for id_ in {near.NODE_OFFSETS, near.TREE_OFFSETS} & present:
        for value in (math.nan, math.inf, -math.inf):
            for name, places in [("first", slice(0, 1)), ("last", slice(-1, None)), ("every", slice(None))]:
                changed = _numbers(image, id_, "<f4")
                changed[places] = value
                yield Attack(f"{name} of {near.NAMES[id_]} is {value}", _table(image, id_, changed), "CorruptFileError")


def odd_numbers_of_trees(image: bytes) -> Iterator[Attack]:
    """What a sketch cannot be, and numbers that mislead and do no harm."""
    numbers = _numbers(image, near.SKETCH, "<f8")
    for place in range(len(numbers)):
        for value in (math.nan, math.inf, -math.inf, -1.0, -1e-300, 0.0, 1e-300, 1e-40, 1e38, 1e300):
            changed = numbers.copy()
            changed[place] = value
            refused = not math.isfinite(value) or value < 0 or (value == 0 and place == 1)
            name = f"number {place} of the sketch is {value}"
            yield Attack(name, _table(image, near.SKETCH, changed), "CorruptFileError" if refused else "")
    for id_ in (near.NODE_CODES, near.TREE_CODES):
        for byte in (0, 255):
            lying = near.exchange(image, id_, data=bytes([byte]) * len(near.part_of(image, id_).data))
            yield Attack(f"every code of {near.NAMES[id_]} is {byte}", lying)
    for id_ in {near.NODE_OFFSETS, near.TREE_OFFSETS} & {part.id for part in near.take_apart(image)}:
        for value in (-3e38, 0.0, 3e38):
            changed = np.full_like(_numbers(image, id_, "<f4"), value)
            yield Attack(f"every {near.NAMES[id_]} is {value}", _table(image, id_, changed))


def other_metrics(image: bytes) -> Iterator[Attack]:
    """Metrics that no forest serves, and kinds that there are not."""
    fields = list(struct.unpack("<5Q", near.part_of(image, near.DESCRIPTOR).data))
    for metric, bits in ((7, True), (8, False)):
        data = [fields[0], metric, 6 if bits else 1, fields[3], 2 if not bits else fields[4]]
        size = (data[4] + 7) // 8 if bits else 8
        lying = near.exchange(
            near.exchange(image, near.DESCRIPTOR, data=struct.pack("<5Q", *data)),
            near.VECTORS,
            element=data[2],
            columns=data[4],
            data=bytes(size * fields[3]),
        )
        yield Attack(f"a forest under metric {metric}", lying, "CorruptFileError", "metric")
    for kind in (999, 1 << 31, MOST):
        data = [kind, *fields[1:]]
        lying = near.exchange(image, near.DESCRIPTOR, data=struct.pack("<5Q", *data))
        yield Attack(f"kind {kind}", lying, "UnsupportedVersionError", str(kind))
