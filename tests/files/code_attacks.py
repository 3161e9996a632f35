"""Attacks on the codes of lists that are not those of leading directions: their header, codebooks, rotations, cells."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from . import near_image as near
from .attacks import Attack
from .ivf_attacks import BITS, DIRECTIONS, LISTS, MOST, NO_NUMBERS, PLACES, _numbers, _table

FAMILY, PARTS, CELLS, RESIDUAL = range(4)  # of the section `list_code_header`
PRODUCT, ROTATED, LOCAL, SCALAR, RANDOM = range(1, 6)  # families
SECTIONS = (near.LIST_CODE_HEADER, near.LIST_CODEBOOKS, near.LIST_ROTATIONS, near.LIST_CELLS)


def _present(image: bytes) -> list[int]:
    """The sections of codes that the file has."""
    kept = {part.id for part in near.take_apart(image)}
    return [id_ for id_ in SECTIONS if id_ in kept]


def facts_of_codes(image: bytes) -> Iterator[Attack]:
    """Families, parts and cells that cannot be, or that the other sections contradict."""
    facts = _numbers(image, near.LIST_CODE_HEADER, "<u8")
    family, parts, cells, residual = (int(value) for value in facts[0])
    lists, directions, bits = (int(_numbers(image, near.LIST_HEADER, "<u8")[0, at]) for at in (LISTS, DIRECTIONS, BITS))
    alike = [{PRODUCT, ROTATED}, {SCALAR, RANDOM} if bits == 6 else set()]  # their files have the same sections
    lies = [
        (FAMILY, "family", family, {0, 1, 2, 3, 4, 5, 6, 7, 1 << 32, (1 << 32) + family, MOST}),
        (PARTS, "parts", parts, {0, 1, parts - 1, parts + 1, 2 * parts, directions, directions + 1, 1 << 62, MOST}),
        (CELLS, "cells", cells, {0, cells - 1, cells + 1, lists, lists + 1, 1 << 32, 1 << 62, MOST}),
        (RESIDUAL, "residual", residual, {0, 1, 2, 1 << 32, MOST}),
    ]
    for place, name, own, values in lies:
        for value in sorted({value & MOST for value in values} - {own}):
            changed = facts.copy()
            changed[0, place] = value
            able = place == FAMILY and any({family, value} <= each for each in alike)
            able |= place == RESIDUAL and value <= 1 and family != LOCAL
            lying = _table(image, near.LIST_CODE_HEADER, changed)
            yield Attack(f"{name} {value}", lying, "" if able else "CorruptFileError")


def numbers_of_codes(image: bytes) -> Iterator[Attack]:
    """Codewords, steps and rotations that are no numbers, and those that mislead and do no harm."""
    family = int(_numbers(image, near.LIST_CODE_HEADER, "<u8")[0, FAMILY])
    for id_ in set(_present(image)) & {near.LIST_CODEBOOKS, near.LIST_ROTATIONS}:
        table = _numbers(image, id_, "<f4")
        steps = id_ == near.LIST_CODEBOOKS and family in (SCALAR, RANDOM)
        for value in (*NO_NUMBERS, 0.0, -0.0, -1.0, 1e-40, -1e-40, 1e20, 1e38, -1e38, 3e38, -3e38):
            for name, places in PLACES:
                changed = table.copy()
                changed.reshape(-1)[places] = value
                refused = not math.isfinite(value) or (steps and value <= 0)
                told = f"the {name} number of {near.NAMES[id_]} is {value}"
                yield Attack(told, _table(image, id_, changed), "CorruptFileError" if refused else "")
        signs = np.where(np.arange(table.size) % 2 == 0, 3e38, -3e38).astype("<f4").reshape(table.shape)
        if not steps:
            yield Attack(f"{near.NAMES[id_]} is huge with both signs", _table(image, id_, signs))


def cells_of_codes(image: bytes) -> Iterator[Attack]:
    """Lists in cells that do not exist, or all in one."""
    if near.LIST_CELLS not in _present(image):
        return
    cells = int(_numbers(image, near.LIST_CODE_HEADER, "<u8")[0, CELLS])
    table = _numbers(image, near.LIST_CELLS, "<u4")
    for value in (0, cells - 1, cells, cells + 1, 1 << 31, (1 << 32) - 1):
        for name, places in PLACES:
            changed = table.copy()
            changed[places] = value
            refused = "CorruptFileError" if value >= cells else ""
            yield Attack(f"the {name} list is in cell {value}", _table(image, near.LIST_CELLS, changed), refused)


def shapes_of_codes(image: bytes) -> Iterator[Attack]:
    """Sections that are longer, shorter, of another type or gone."""
    other = {"<f4": near.part_of(image, near.LIST_SIZES).element, "<u4": near.part_of(image, near.LIST_TERMS).element}
    for id_ in _present(image):
        name = near.NAMES[id_]
        dtype = {near.LIST_CODE_HEADER: "<u8", near.LIST_CELLS: "<u4"}.get(id_, "<f4")
        table = _numbers(image, id_, dtype)
        shapes = [
            ("a row less", table[:-1]),
            ("a row more", np.concatenate([table, table[:1]])),
            ("a column less", table[:, :-1]),
            ("a column more", np.concatenate([table, table[:, :1]], axis=1)),
            *([("turned over", table.T)] if table.shape[0] != table.shape[1] else []),
        ]
        for told, changed in shapes:
            yield Attack(f"{name} {told}", _table(image, id_, np.ascontiguousarray(changed)), "CorruptFileError", name)
        if dtype in other:
            lying = near.exchange(image, id_, element=other[dtype])
            yield Attack(f"{name} of another type", lying, "CorruptFileError", name)
        yield Attack(f"no {name}", near.leave_out(image, id_), "CorruptFileError")
