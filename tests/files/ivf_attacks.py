"""Attacks on what lists of codes keep in their file, beyond those that every file is open to (attacks.py)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from . import near_image as near
from .attacks import Attack

MOST = (1 << 64) - 1
NO_NUMBERS = (math.nan, math.inf, -math.inf)
LISTS, DIRECTIONS, BITS, SEED = range(4)  # of the section `ivf`
SCALE, LONGEST, POINT_STEP, ALIGNMENT = range(4)  # of `transform`
PLACES: list[tuple[str, slice]] = [("first", slice(0, 1)), ("last", slice(-1, None)), ("every", slice(None))]


def _numbers(image: bytes, id_: int, dtype: str) -> NDArray[np.generic]:
    part = near.part_of(image, id_)
    return np.frombuffer(part.data, dtype).reshape(part.rows, part.columns).copy()


def _table(image: bytes, id_: int, numbers: NDArray[np.generic]) -> bytes:
    return near.exchange(image, id_, data=numbers.tobytes(), rows=numbers.shape[0], columns=numbers.shape[1])


def _rows(image: bytes) -> int:
    return int(struct.unpack("<5Q", near.part_of(image, near.DESCRIPTOR).data)[3])


def facts_of_lists(image: bytes) -> Iterator[Attack]:
    """Numbers of lists, directions and bits that cannot be; a seed may be any."""
    facts = _numbers(image, near.LIST_HEADER, "<u8")
    lists, directions, bits = (int(facts[0, place]) for place in (LISTS, DIRECTIONS, BITS))
    lies = [(LISTS, "lists", {0, lists + 1, lists - 1, _rows(image), _rows(image) + 1, 1 << 32, 1 << 63, MOST})]
    lies += [(DIRECTIONS, "directions", {0, 1, directions + 1, directions * 2, 256, 257, 264, 1 << 62, MOST})]
    lies += [(BITS, "bits", {0, 1, 2, 3, 4, 5, 8, 16, 1 << 32, MOST})]
    for place, name, values in lies:
        for value in sorted(values - {lists if place == LISTS else directions if place == DIRECTIONS else bits}):
            changed = facts.copy()
            changed[0, place] = value
            yield Attack(f"{value} {name}", _table(image, near.LIST_HEADER, changed), "CorruptFileError")
    for value in (0, MOST):
        changed = facts.copy()
        changed[0, SEED] = value
        yield Attack(f"seed {value}", _table(image, near.LIST_HEADER, changed))
    # As many bits in all, cut otherwise: the tables have another shape, and yet all lengths fit.
    for bits_now in {1, 2, 4, 8} - {bits}:
        changed = facts.copy()
        changed[0, DIRECTIONS], changed[0, BITS] = directions * bits // bits_now, bits_now
        yield Attack(f"{bits_now} bits in codes as long", _table(image, near.LIST_HEADER, changed), "CorruptFileError")


def sizes_of_lists(image: bytes) -> Iterator[Attack]:
    """Sizes whose sum is another, that overflow, and that take from one list what they give to another."""
    sizes = _numbers(image, near.LIST_SIZES, "<u4")
    rows, widest = _rows(image), (1 << 32) - 1
    for name, place in (("first", 0), ("last", -1)):
        own = int(sizes[place, 0])
        for value in {0, own + 1, own + 16, rows, rows + 1, 1 << 31, widest - 15, widest} - {own}:
            changed = sizes.copy()
            changed[place, 0] = value
            yield Attack(
                f"the {name} list has {value} rows", _table(image, near.LIST_SIZES, changed), "CorruptFileError"
            )
    yield Attack(
        "every list is as long as can be", _table(image, near.LIST_SIZES, sizes * 0 + widest), "CorruptFileError"
    )
    wrapping = sizes * 0  # together 2^32 and the rows: what a sum of 32 bits takes for the truth
    wrapping[:2, 0] = 1 << 31
    wrapping[-1, 0] = rows
    yield Attack("the sizes wrap around", _table(image, near.LIST_SIZES, wrapping), "CorruptFileError")
    yield Attack("no list has a row", _table(image, near.LIST_SIZES, sizes * 0), "CorruptFileError")
    # The sum is right. Where the blocks are as many as well, only the places that are not filled tell.
    whole = sizes * 0
    whole[0, 0] = rows
    yield Attack("the first list has all rows", _table(image, near.LIST_SIZES, whole))
    moved = sizes.copy()
    donor, taker = int(np.argmax(sizes[:, 0])), int(np.argmax((sizes[:, 0] % 16 != 0) & (sizes[:, 0] < sizes.max())))
    moved[donor, 0] -= 1
    moved[taker, 0] += 1
    yield Attack("a row moved to another list", _table(image, near.LIST_SIZES, moved), "CorruptFileError")
    yield Attack("the sizes turned round", _table(image, near.LIST_SIZES, sizes[::-1].copy()))


def rows_of_lists_out_of_range(image: bytes) -> Iterator[Attack]:
    """Rows that do not exist."""
    rows = _numbers(image, near.LIST_ROWS, "<u4")
    filled = np.flatnonzero(rows[:, 0] != (1 << 32) - 1)
    for value in (_rows(image), _rows(image) + 1, 1 << 31, (1 << 32) - 2, (1 << 32) - 1):
        for name, places in PLACES:
            changed = rows.copy()
            changed[filled[places], 0] = value
            yield Attack(
                f"the {name} row of lists is {value}", _table(image, near.LIST_ROWS, changed), "CorruptFileError"
            )


def rows_of_lists_named_twice(image: bytes) -> Iterator[Attack]:
    """Rows that exist, and others missing: no lie that a search looks for, but `verify` does."""
    rows = _numbers(image, near.LIST_ROWS, "<u4")
    filled = np.flatnonzero(rows[:, 0] != (1 << 32) - 1)
    for name, value, places in [("0", 0, slice(None)), ("another", int(rows[filled[0], 0]), slice(1, 2))]:
        changed = rows.copy()
        changed[filled[places], 0] = value
        yield Attack(f"a row of lists is {name}", _table(image, near.LIST_ROWS, changed), "CorruptFileError")


def numbers_of_lists(image: bytes) -> Iterator[Attack]:
    """What no number of directions, lists and the transform may be, and what misleads and does no harm."""
    for id_ in (near.CENTRE, near.DIRECTION_TERMS, near.LIST_TERMS):
        table = _numbers(image, id_, "<f4")
        for row in range(len(table)):
            for value in (*NO_NUMBERS, -3e38, -1.0, 0.0, 1e-40, 1e20, 3e38):
                for name, places in PLACES if not math.isfinite(value) else PLACES[::2]:
                    changed = table.copy()
                    changed[row, places] = value
                    refused = "" if math.isfinite(value) else "CorruptFileError"
                    told = f"{name} number in row {row} of {near.NAMES[id_]} is {value}"
                    yield Attack(told, _table(image, id_, changed), refused)
    transform = _numbers(image, near.TRANSFORM, "<f8")
    for place in (SCALE, LONGEST, POINT_STEP, ALIGNMENT):
        for value in (*NO_NUMBERS, -1.0, -1e-300, 0.0, 1e-300, 1e-40, 1e38, 1e300):
            changed = transform.copy()
            changed[0, place] = value
            wrong = not math.isfinite(value) or value < 0 or (value == 0 and place in (SCALE, POINT_STEP))
            wrong |= place == ALIGNMENT and value > 1
            lying = _table(image, near.TRANSFORM, changed)
            yield Attack(f"number {place} of the transform is {value}", lying, "CorruptFileError" if wrong else "")


def curves(image: bytes) -> Iterator[Attack]:
    """Neighbours, shares, probes and depths that cannot be, in any order; and there may be any number of points."""
    curve = _numbers(image, near.CURVE, "<f8")
    lists = int(_numbers(image, near.LIST_HEADER, "<u8")[0, LISTS])
    lies = [
        (0, (0.0, -1.0, 2.0, 1.0000001, 1000.0, *NO_NUMBERS)),
        (1, (0.0, -1.0, 1.0000001, *NO_NUMBERS)),
        (2, (0.0, 0.999, -5.0, lists + 1.0, 1e18, 1e300, *NO_NUMBERS)),
        (3, (0.0, 0.999, -5.0, 1e7, 1e18, 1e300, *NO_NUMBERS)),
    ]
    for column, values in lies:
        for value in values:
            for name, places in PLACES:
                changed = curve.copy()
                changed[places, column] = value
                told = f"{name} of column {column} of the curve is {value}"
                yield Attack(told, _table(image, near.CURVE, changed), "CorruptFileError", "curve")
    ordered = [(0, 1.0), (0, 100.0), (1, 1e-300), (1, 1.0), (2, 1.0), (2, 1.5), (2, float(lists)), (3, 1.0), (3, 1e5)]
    for column, value in ordered:
        changed = curve.copy()
        changed[:, column] = value
        yield Attack(f"all of column {column} of the curve are {value}", _table(image, near.CURVE, changed))
    yield Attack("the curve falls", _table(image, near.CURVE, curve[::-1].copy()))
    yield Attack("the curve has no point", _table(image, near.CURVE, curve[:0]))
    yield Attack("the curve has one point", _table(image, near.CURVE, curve[:1]))
    yield Attack("the curve is long", _table(image, near.CURVE, np.tile(curve, (500, 1))))


def calibrations(image: bytes) -> Iterator[Attack]:
    """What was measured, and cannot be: efforts that fall, shares above all, costs below nothing; and halves of it."""
    facts = _numbers(image, near.CALIBRATED, "<f8")
    lies: list[tuple[int, tuple[float, ...]]] = [(0, (0.0, 1.5, 3.0)), (1, (-1.0, 1e300)), (2, (0.0, -0.5, 1.01))]
    lies += [(3, (0.0, -1.0, facts[0, 3] - 1, 1e300)), *((place, (math.nan,)) for place in range(8))]
    for place, values in lies:
        for value in values:
            changed = facts.copy()
            changed[0, place] = value
            told = f"number {place} of what was calibrated is {value}"
            yield Attack(told, _table(image, near.CALIBRATED, changed), "CorruptFileError", "calibrated")
    for value in (-math.inf, math.inf, -1e300, 1e300):
        changed = facts.copy()
        changed[0, 4:] = value
        yield Attack(f"all distances are {value}", _table(image, near.CALIBRATED, changed))
    points = _numbers(image, near.CALIBRATION, "<f8")
    for column in range(points.shape[1]):
        kind = "effort" if column == 0 else ("share", "error", "distances", "seconds")[(column - 1) % 4]
        values = (0.0, -1.0, 1e300, *NO_NUMBERS) if kind == "effort" else (-1e-9, *NO_NUMBERS)
        for value in (*values, *((1.0000001,) if kind in ("share", "error") else ())):
            changed = points.copy()
            changed[-1, column] = value
            told = f"the last {kind} in column {column} is {value}"
            yield Attack(told, _table(image, near.CALIBRATION, changed), "CorruptFileError", "calibration")
    yield Attack(
        "efforts fall", _table(image, near.CALIBRATION, points[::-1].copy()), "CorruptFileError", "calibration"
    )
    twice = points.copy()
    twice[1] = twice[0]
    yield Attack("one effort twice", _table(image, near.CALIBRATION, twice), "CorruptFileError", "calibration")
    for value in (0.0, 1.0):
        changed = points.copy()
        changed[:, 1::4] = value
        yield Attack(f"all shares are {value}", _table(image, near.CALIBRATION, changed))
    for count in (0, 1):
        changed = facts.copy()
        changed[0, 3] = count
        fewer = _table(_table(image, near.CALIBRATED, changed), near.CALIBRATION, points[:count])
        yield Attack(f"{count} points", fewer)
    changed = points.copy()
    changed[:, 0] *= 1e9
    yield Attack("efforts beyond all rows", _table(image, near.CALIBRATION, changed))
    yield Attack("points without facts", near.leave_out(image, near.CALIBRATED), "CorruptFileError", "calibrated")
    yield Attack("facts without points", near.leave_out(image, near.CALIBRATION), "CorruptFileError", "calibration")


def shares_of_lists(image: bytes) -> Iterator[Attack]:
    """How an effort is shared out: whatever the numbers are, a query looks into some, none of them twice."""
    share = np.array([[0.0, 0.5, -0.5, 1.0, -10.0, 10.0, -10.0, 10.0]])  # that of a small file says nothing
    for place in range(share.shape[1]):
        for value in (*NO_NUMBERS, 1e31, -1e31, -1.0, 0.0, 1e-300, 1e30, -1e30):
            changed = share.copy()
            changed[0, place] = value
            refused = not abs(value) <= 1e30 or (place == 3 and value <= 0)
            lying = _table(image, near.ADAPTIVE_PROBES, changed)
            told = f"number {place} of the share is {value}"
            yield Attack(told, lying, *(("CorruptFileError", "adaptive_probes") if refused else ("",)))


def tuning_of_lists(image: bytes) -> Iterator[Attack]:
    """Families of processors and workloads that do not exist."""
    if near.TUNING not in {part.id for part in near.take_apart(image)}:
        yield Attack("no tuning", image)
        return
    for place, values in ((0, (0, 4, 1 << 32, MOST)), (1, (3, 1 << 32, MOST))):
        for value in values:
            changed = _numbers(image, near.TUNING, "<u8")
            changed[0, place] = value
            lying = _table(image, near.TUNING, changed)
            yield Attack(f"tuning {place} is {value}", lying, "CorruptFileError", "tuning")


def codes_of_lists(image: bytes) -> Iterator[Attack]:
    """Bytes that are all alike, in codes, centroids and directions: any of them is a code."""
    for id_ in (near.LIST_CODES, near.CENTROID_BYTES, near.DIRECTION_BYTES):
        size = len(near.part_of(image, id_).data)
        for byte in (0x00, 0x0F, 0x80, 0xFF):
            lying = near.exchange(image, id_, data=bytes([byte]) * size)
            yield Attack(f"every byte of {near.NAMES[id_]} is {byte}", lying)


def answers_of_lists(image: bytes) -> Iterator[Attack]:
    """Answers from what does not exist, or from what the file has not."""
    parts = {part.id for part in near.take_apart(image)}
    for value in (0, 1, 2, 3, 4, 1 << 32, MOST):
        told = struct.pack("<Q", value)
        if near.DISTANCE_SOURCE in parts:
            lying = near.exchange(image, near.DISTANCE_SOURCE, data=told)
        else:
            section = near.Part(near.DISTANCE_SOURCE, 0, 1, 8, 1, 1, told)
            lying = near.put_together([*near.take_apart(image)[:-1], section])
        able = value == 3 or (value == 2 and near.BYTE_CODES in parts)
        yield Attack(f"answers come from {value}", lying, "" if able else "CorruptFileError")


def bytes_of_lists(image: bytes) -> Iterator[Attack]:
    """Centres, steps and squares that cannot be; any byte is a code."""
    if near.BYTE_CODES not in {part.id for part in near.take_apart(image)}:
        return
    steps = _numbers(image, near.BYTE_STEPS, "<f4")
    for row, name in enumerate(("centre", "step")):
        for value in (*NO_NUMBERS, -3e38, -1e-40, 0.0, 1e-40, 3e38):
            for which, places in PLACES:
                changed = steps.copy()
                changed[row, places] = value
                refused = not math.isfinite(value) or (value < 0 and name == "step")
                lying = _table(image, near.BYTE_STEPS, changed)
                yield Attack(f"{which} {name} is {value}", lying, "CorruptFileError" if refused else "")
    squares = _numbers(image, near.BYTE_SQUARES, "<f4")
    for value in (*NO_NUMBERS, -1.0, -1e-40, 0.0, 3e38):
        for which, places in PLACES:
            changed = squares.copy()
            changed[places] = value
            refused = not math.isfinite(value) or value < 0
            lying = _table(image, near.BYTE_SQUARES, changed)
            yield Attack(f"{which} square is {value}", lying, "CorruptFileError" if refused else "")
    for byte in (0x00, 0x7F, 0x80, 0xFF):
        size = len(near.part_of(image, near.BYTE_CODES).data)
        yield Attack(f"every byte is {byte}", near.exchange(image, near.BYTE_CODES, data=bytes([byte]) * size))


def other_metrics_of_lists(image: bytes) -> Iterator[Attack]:
    """Metrics that lists of codes do not serve."""
    fields = list(struct.unpack("<5Q", near.part_of(image, near.DESCRIPTOR).data))
    for metric in (5, 6, 7, 8):
        bits = metric in (6, 7)
        element, dims = (6, fields[4]) if bits else (1, 2)
        size = (dims + 7) // 8 if bits else 4 * dims
        descriptor = struct.pack("<5Q", fields[0], metric, element, fields[3], dims)
        lying = near.exchange(image, near.DESCRIPTOR, data=descriptor)
        if near.VECTORS in {part.id for part in near.take_apart(image)}:
            lying = near.exchange(lying, near.VECTORS, element=element, columns=dims, data=bytes(size * fields[3]))
        yield Attack(f"lists of codes under metric {metric}", lying, "CorruptFileError", "metric")
