"""Attacks on what quantizers keep in their files, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
FIELDS = ("method", "dims", "rows", "sample rows", "size", "bits", "cells", "one step", "seed")
NO_NUMBERS = (math.nan, math.inf, -math.inf)
HEADER, FRAME, CODEBOOKS, ROTATIONS, CENTROIDS, SCALES, CELL_CODEBOOKS, RANGES, DIRECTIONS, STEPS = near.QUANTIZER
FLOATS = (FRAME, CODEBOOKS, ROTATIONS, CENTROIDS, SCALES, RANGES, STEPS)


def lies_of_quantizers(image: bytes) -> Iterator[Attack]:
    """Numbers of the header that cannot be, or that other sections contradict."""
    own = np.frombuffer(near.part_of(image, HEADER).data, "<u8").tolist()
    for place, name in enumerate(FIELDS):
        for value in {0, 1, 2, 3, 5, 7, 9, 33, 65_536, 1 << 32, 1 << 62, MOST} - {own[place]}:
            yield Attack(f"{name} is {value}", near.changed(image, HEADER, "<u8", place, value))
    yield Attack("no method", near.changed(image, HEADER, "<u8", 0, 99), "UnsupportedVersionError", "update")
    yield Attack("no dims", near.changed(image, HEADER, "<u8", 1, 0), "CorruptFileError", "dims")


def numbers_of_quantizers(image: bytes) -> Iterator[Attack]:
    """Numbers that are none, scales that are no scales, and sections that are not there."""
    present = {part.id for part in near.take_apart(image)}
    for id_ in sorted(present & set(FLOATS)):
        for value in NO_NUMBERS:
            yield Attack(
                f"{value} in {near.NAMES[id_]}", near.changed(image, id_, "<f4", -1, value), "CorruptFileError"
            )
        yield Attack(f"1e38 in {near.NAMES[id_]}", near.changed(image, id_, "<f4", -1, 1e38))
    for value in (0.0, -1.0, 3.0):
        yield Attack(f"a scale of {value}", near.changed(image, FRAME, "<f4", 0, value), "CorruptFileError", "power")
    if SCALES in present:
        yield Attack("a cell of no scale", near.changed(image, SCALES, "<f4", 0, 0), "CorruptFileError", "scale")
        yield Attack("no such codebook", near.changed(image, CELL_CODEBOOKS, "<u4", 0, 1 << 31), "CorruptFileError")
    if RANGES in present:
        yield Attack("a negative step", near.changed(image, RANGES, "<f4", -1, -1), "CorruptFileError", "step")
    for id_ in sorted(present - {near.CHECKSUMS}):
        error = "UnknownFormatError" if id_ == HEADER else "CorruptFileError"
        yield Attack(f"without {near.NAMES[id_]}", near.leave_out(image, id_), error)
