"""Attacks on what hashes keep in their file, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
LAST = (1 << 32) - 1
NO_NUMBERS = (math.nan, math.inf, -math.inf)


def _has(image: bytes, id_: int) -> bool:
    return any(part.id == id_ for part in near.take_apart(image))


def facts_of_hashes(image: bytes) -> Iterator[Attack]:
    """Bits, tables and buckets that cannot be."""
    own = np.frombuffer(near.part_of(image, near.HASH_HEADER).data, "<u8").tolist()
    for place, values in enumerate([(0, 1, 33, 1_025, MOST), (0, 1, 65, MOST)]):
        for value in (value for value in values if value != own[place]):
            lying = near.changed(image, near.HASH_HEADER, "<u8", place, value)
            yield Attack(f"number {place} of the header is {value}", lying, "CorruptFileError")
    for place in range(3, len(own)):
        for value in (0, own[place] + 1, 1 << 20, MOST):
            lying = near.changed(image, near.HASH_HEADER, "<u8", place, value)
            yield Attack(f"table {place - 3} has {value} buckets", lying, "CorruptFileError")
    for count in (0, 2, len(own) + 1):
        header = [*own, 1][:count]
        lying = near.exchange(image, near.HASH_HEADER, data=np.array(header, "<u8").tobytes(), columns=count)
        yield Attack(f"a header of {count} numbers", lying, "CorruptFileError")


def planes_of_hashes(image: bytes) -> Iterator[Attack]:
    """Planes, or positions of bits, that cannot be."""
    if _has(image, near.SAMPLED_BITS):
        for value in (1 << 20, LAST):
            lying = near.changed(image, near.SAMPLED_BITS, "<u4", 0, value)
            yield Attack(f"the bit at {value}", lying, "CorruptFileError", "sampled_bits")
        yield Attack("one bit again and again", near.changed(image, near.SAMPLED_BITS, "<u4", slice(None), 0))
        return
    for place, values in enumerate([(0, 3, MOST), (0, 8, 1_025, MOST)]):
        for value in values:
            lying = near.changed(image, near.BINARY_HEADER, "<u8", place, value)
            yield Attack(f"number {place} of the planes is {value}", lying, "CorruptFileError")
    for id_ in (near.BINARY_CENTRE, near.BINARY_DIRECTIONS, near.BINARY_LEVELS):
        for number in NO_NUMBERS:
            lying = near.changed(image, id_, "<f4", 0, number)
            yield Attack(f"{near.NAMES[id_]} has {number}", lying, "CorruptFileError", near.NAMES[id_])
        for number in (0.0, 3e38):
            yield Attack(f"{near.NAMES[id_]} is {number}", near.changed(image, id_, "<f4", slice(None), number))
    for place in range(2):
        for number in (*NO_NUMBERS, -1.0):
            lying = near.changed(image, near.TRANSFORM, "<f8", place, number)
            yield Attack(f"number {place} of the transform is {number}", lying, "CorruptFileError", "transform")


def codes_of_hashes(image: bytes) -> Iterator[Attack]:
    """Any codes, and tables whose keys, ends and rows cannot be."""
    if _has(image, near.HASH_CODES):
        for word in (0, 0x5555_5555_5555_5555, MOST):
            yield Attack(f"all codes are {word}", near.changed(image, near.HASH_CODES, "<u8", slice(None), word))
        return
    for key in (0, LAST):
        lying = near.changed(image, near.HASH_KEYS, "<u4", slice(None), key)
        yield Attack(f"all keys are {key}", lying, "CorruptFileError", "hash_keys")
    for end in (0, 1, 1 << 20, LAST):
        lying = near.changed(image, near.HASH_ENDS, "<u4", slice(None), end)
        yield Attack(f"all ends are {end}", lying, "CorruptFileError", "hash_ends")
    backwards = np.frombuffer(near.part_of(image, near.HASH_ENDS).data, "<u4")[::-1].tobytes()
    lying = near.exchange(image, near.HASH_ENDS, data=backwards)
    yield Attack("ends that fall", lying, "CorruptFileError", "hash_ends")
    for row in (0, 1 << 20, LAST):
        lying = near.changed(image, near.HASH_ROWS, "<u4", slice(None), row)
        yield Attack(f"all rows are {row}", lying, "CorruptFileError", "hash_rows")
