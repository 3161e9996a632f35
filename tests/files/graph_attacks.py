"""Attacks on what a graph keeps in its file, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
NO_NUMBERS = (math.nan, math.inf, -math.inf)
HEAD = np.dtype([("numbers", "<f4", 2), ("row", "<u4"), ("degree", "<u2"), ("has_copies", "<u2")])
STEPS = np.dtype([("numbers", "<f4", 4)])


def facts_of_graphs(image: bytes) -> Iterator[Attack]:
    """Degrees, directions, bits and steps that cannot be."""
    own = np.frombuffer(near.part_of(image, near.GRAPH_HEADER).data, "<u8").tolist()
    for place, values in enumerate([(0, 17, 48, 144, MOST), (0, 33, 96, 1 << 32, MOST), (0, 3, 4, 16, MOST)]):
        for value in (value for value in values if value != own[place]):
            lying = near.changed(image, near.GRAPH_HEADER, "<u8", place, value)
            yield Attack(f"number {place} of the header is {value}", lying, "CorruptFileError")
    for place in range(4):
        for number in (*NO_NUMBERS, -1.0):
            lying = near.changed(image, near.TRANSFORM, "<f8", place, number)
            yield Attack(f"number {place} of the transform is {number}", lying, "CorruptFileError", "transform")


def _nodes(image: bytes) -> NDArray[np.uint8]:
    part = near.part_of(image, near.GRAPH_NODES)
    return np.frombuffer(part.data, np.uint8).reshape(part.rows, part.columns).copy()


def _with_heads(image: bytes, field: str, value: object, which: slice) -> bytes:
    nodes = _nodes(image)
    heads = np.frombuffer(nodes[:, : HEAD.itemsize].tobytes(), HEAD).copy()
    heads[field][which] = value
    nodes[:, : HEAD.itemsize] = np.frombuffer(heads.tobytes(), np.uint8).reshape(len(nodes), HEAD.itemsize)
    return near.exchange(image, near.GRAPH_NODES, data=nodes.tobytes())


def nodes_of_graphs(image: bytes) -> Iterator[Attack]:
    """Rows, edges and numbers of nodes that cannot be."""
    everywhere = slice(None)
    for degree in (17, 33, 0xFFFF):
        lying = _with_heads(image, "degree", degree, everywhere)
        yield Attack(f"{degree} edges", lying, "CorruptFileError" if degree > 32 else "")
    yield Attack("no edges", _with_heads(image, "degree", 0, everywhere))
    for row in (1 << 20, (1 << 32) - 1):
        yield Attack(f"row {row}", _with_heads(image, "row", row, everywhere), "CorruptFileError")
    yield Attack("every node has row 0", _with_heads(image, "row", 0, everywhere))
    for copies in (0, 1, 2, 0xFFFF):
        yield Attack(f"copies are {copies}", _with_heads(image, "has_copies", copies, everywhere))
    for value in (*NO_NUMBERS, 0.0, -1.0, 1e38):
        yield Attack(f"numbers are {value}", _with_heads(image, "numbers", value, everywhere))
    yield from _bodies(image)
    yield from _copies(image)


def _bodies(image: bytes) -> Iterator[Attack]:
    """Edges, steps, bytes and codes."""
    nodes = _nodes(image)
    directions, bits = np.frombuffer(near.part_of(image, near.GRAPH_HEADER).data, "<u8")[1:3].tolist()
    packed = bits < 8
    steps = HEAD.itemsize
    begin = steps + STEPS.itemsize * packed
    edges = -(-(begin + directions) // 64) * 64 if packed else begin + directions
    for to in (0, len(nodes), (1 << 32) - 1):
        changed = nodes.copy()
        changed[:, edges : edges + 64] = np.frombuffer(np.full(16, to, "<u4").tobytes(), np.uint8)
        lying = near.exchange(image, near.GRAPH_NODES, data=changed.tobytes())
        yield Attack(f"all edges lead to {to}", lying, "CorruptFileError" if to else "")
    for byte in (0x00, 0x80, 0xFF):
        changed = nodes.copy()
        changed[:, begin : begin + directions] = byte
        changed[:, edges + 64 :] = byte if packed else changed[:, edges + 64 :]
        lying = near.exchange(image, near.GRAPH_NODES, data=changed.tobytes())
        yield Attack(f"bytes and codes are {byte}", lying)
    for value in (*NO_NUMBERS, 1e38) if packed else ():
        changed = nodes.copy()
        changed[:, steps:begin] = np.frombuffer(np.full(4, value, "<f4").tobytes(), np.uint8)
        yield Attack(f"steps are {value}", near.exchange(image, near.GRAPH_NODES, data=changed.tobytes()))


def _copies(image: bytes) -> Iterator[Attack]:
    """Numbers of copies that do not fit, and no copies where nodes have some."""
    if all(part.id != near.GRAPH_COPIES for part in near.take_apart(image)):
        return
    yield Attack("no copies", near.leave_out(image, near.GRAPH_COPIES))
    for count in (0, 1, 1 << 20, (1 << 32) - 1):
        yield Attack(f"a node has {count} copies", near.changed(image, near.GRAPH_COPIES, "<u4", 0, count))


def entries_of_graphs(image: bytes) -> Iterator[Attack]:
    """Entries that do not exist, or none."""
    for value in (1 << 20, (1 << 32) - 1):
        lying = near.changed(image, near.GRAPH_ENTRIES, "<u4", 0, value)
        yield Attack(f"entry {value}", lying, "CorruptFileError", "graph_entries")
    yield Attack("no entries", near.exchange(image, near.GRAPH_ENTRIES, data=b"", rows=0), "CorruptFileError")
    for number in NO_NUMBERS:
        lying = near.changed(image, near.GRAPH_ENTRY_SQUARES, "<f4", 0, number)
        yield Attack(f"an entry's square is {number}", lying, "CorruptFileError", "graph_entry_squares")
