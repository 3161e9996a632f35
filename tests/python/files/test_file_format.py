"""A reader of .near files written from docs/explanation/file-format.md alone: the page must be enough to read a file.

It uses nothing of Nearabout. Where it fails, the page or the writer is wrong.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

xxhash = pytest.importorskip("xxhash", reason="the test extra brings xxhash")

FILES = Path(__file__).parents[2] / "files"
BLOCK = 4_096
KEY_SEED = 0x6E6561726B657973
ELEMENT_BYTES = {1: 4, 2: 2, 3: 2, 4: 1, 5: 1, 7: 4, 8: 8, 9: 8, 10: 8}
DESCRIPTOR, VECTORS, CODES, GRID, CENTRE, DIRECTIONS = 1, 3, 4, 6, 8, 9
METADATA, ROW_TERMS, BOUNDS, KEY_OFFSETS, KEY_BYTES, KEY_TAGS, KEY_SLOTS, CHECKSUMS = 2, 5, 7, 16, 17, 19, 20, 255


def checksum(data: bytes, seed: int = 0) -> int:
    return int(xxhash.xxh64(data, seed).intdigest())


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


@dataclass
class Section:
    id: int
    flags: int
    version: int
    element: int
    offset: int
    length: int
    rows: int
    columns: int
    data: bytes

    def blocks(self) -> list[bytes]:
        return [self.data[begin : begin + BLOCK] for begin in range(0, self.length, BLOCK)]


def read(image: bytes) -> dict[int, Section]:
    """The sections of an image, every rule of the page asserted."""
    magic, version, count, size, directory_offset, directory_checksum, reserved, header_checksum = struct.unpack(
        "<8sIIQQQ16sQ", image[:64]
    )
    assert magic == b"\x89NEAR\r\n\x1a"
    assert header_checksum == checksum(image[:56])
    assert version == 1
    assert size == len(image)
    assert reserved == bytes(16)
    directory = image[directory_offset:]
    assert directory_checksum == checksum(directory)

    sections = []
    end = 64
    for index in range(count):
        fields = struct.unpack("<IIIIQQQQ", directory[index * 48 : index * 48 + 48])
        section = Section(*(*fields, image[fields[4] : fields[4] + fields[5]]))
        row = -(-section.columns // 8) if section.element == 6 else section.columns * ELEMENT_BYTES[section.element]
        assert section.version == 1
        assert section.length == section.rows * row
        assert section.offset == round_up(end, 4_096 if section.flags & 2 else 64)
        assert image[end : section.offset] == bytes(section.offset - end)
        end = section.offset + section.length
        sections.append(section)
    assert directory_offset == round_up(end, 64)
    assert len({section.id for section in sections}) == count

    table = sections[-1]
    assert table.id == CHECKSUMS
    assert table.data == b"".join(
        struct.pack("<Q", checksum(block)) for section in sections[:-1] for block in section.blocks()
    )
    assert directory[count * 48 :] == b"".join(struct.pack("<Q", checksum(block)) for block in table.blocks())
    return {section.id: section for section in sections}


def string_keys(sections: dict[int, Section]) -> list[bytes]:
    offsets_section = sections[KEY_OFFSETS]
    code = {7: "I", 8: "Q"}[offsets_section.element]
    offsets = struct.unpack(f"<{offsets_section.rows}{code}", offsets_section.data)
    return [sections[KEY_BYTES].data[begin:end] for begin, end in pairwise(offsets)]


def row_of(sections: dict[int, Section], key: bytes) -> int | None:
    """The look-up of the page, step by step."""
    keys = string_keys(sections)
    tags = sections[KEY_TAGS].data
    slots: tuple[int, ...] = struct.unpack(f"<{len(tags)}I", sections[KEY_SLOTS].data)
    groups = -(-5 * len(keys) // 32)
    assert len(tags) == groups * 8
    hashed = checksum(key, KEY_SEED)
    group = ((hashed >> 32) * groups) >> 32
    for _ in range(groups):
        places = range(group * 8, group * 8 + 8)
        for place in places:
            if tags[place] == 0x80 | (hashed & 0x7F) and keys[slots[place]] == key:
                return slots[place]
        if any(tags[place] == 0 for place in places):
            return None
        group = (group + 1) % groups
    return None


def test_golden_file_follows_the_page() -> None:
    sections = read((FILES / "storage-v1.near").read_bytes())
    assert sections[METADATA].data == b'{"made by": "a test"}'
    assert struct.unpack("<6f", sections[ROW_TERMS].data) == (1.0, -2.0, 0.5, 8.0, 3.0, 2.0)
    assert (sections[BOUNDS].rows, sections[BOUNDS].columns, sections[BOUNDS].length) == (3, 9, 6)


def test_keys_are_found_as_the_page_says() -> None:
    sections = read((FILES / "storage-v1.near").read_bytes())
    keys = [b"king", b"queen", b"", b"a\nb", b"nul\0!"]
    assert string_keys(sections) == keys
    assert [row_of(sections, key) for key in keys] == [0, 1, 2, 3, 4]
    assert row_of(sections, b"kings") is None


@pytest.mark.parametrize("place", [0, 9, 20, 60, 70, 300, -1])
def test_this_reader_sees_damage(place: int) -> None:
    image = bytearray((FILES / "storage-v1.near").read_bytes())
    image[place] ^= 1
    with pytest.raises((AssertionError, KeyError, struct.error)):
        read(bytes(image))


@pytest.mark.parametrize("name", sorted(path.stem for path in (FILES / "v1").glob("*.near")))
def test_golden_indexes_follow_the_page(name: str) -> None:
    sections = read((FILES / "v1" / f"{name}.near").read_bytes())
    kind, metric, element, rows, dims = struct.unpack("<5Q", sections[DESCRIPTOR].data)
    vectors = sections[VECTORS]
    assert kind == (2 if name.startswith("forest") else 1)
    assert 1 <= metric <= 8
    assert (vectors.element, vectors.rows, vectors.columns, vectors.flags) == (element, rows, dims, 2)
    assert (element == 6) == (metric in (6, 7))


def table(section: Section) -> np.ndarray:
    dtype = {1: "<f4", 4: "u1", 10: "<f8"}[section.element]
    return np.frombuffer(section.data, dtype).reshape(section.rows, section.columns)


@pytest.mark.parametrize("name", ["screened", "turned", "pixels"])
def test_screens_bound_as_the_page_says(name: str) -> None:
    sections = read((FILES / "v1" / f"{name}.near").read_bytes())
    cosine = struct.unpack("<5Q", sections[DESCRIPTOR].data)[1] == 3
    rows = table(sections[VECTORS]).astype(float)
    if cosine:
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    epsilon, usual_error, usual_spread, largest = table(sections[BOUNDS])[0]
    images = moved = rows - table(sections[CENTRE])[0]
    if DIRECTIONS in sections:
        directions = table(sections[DIRECTIONS]).astype(float)
        assert directions.shape[1] % 16 == 0
        assert (directions[:, -1] == 0).all()
        kept = directions[:, :-1]
        assert np.linalg.norm(kept.T @ kept - np.eye(kept.shape[1])) <= epsilon
        images = moved @ directions
        images[:, -1] = np.sqrt((1 + epsilon) * (moved**2).sum(axis=1) - (images**2).sum(axis=1))
    codes = table(sections.get(CODES, sections[VECTORS])).astype(float)
    low, step, middle = table(sections[GRID]).astype(float)
    stands = low + step * codes
    offsets, errors = table(sections[ROW_TERMS]).astype(float)
    rounded = np.linalg.norm(images - stands, axis=1)
    room = 1 + 1e-6  # the images here are not calculated in float32

    assert (rounded <= errors * usual_error * room + 1e-6).all()
    assert (np.linalg.norm(codes - middle, axis=1) <= errors * usual_spread * room).all()
    assert (offsets <= (stands**2).sum(axis=1) * room).all()
    assert (offsets >= (stands**2).sum(axis=1) / room - (errors * usual_error) ** 2 * 1.01 - 1e-6).all()
    assert (np.linalg.norm(images, axis=1) <= largest * room).all()
    between = np.linalg.norm(images[:50, None] - images[None], axis=2)
    apart = np.linalg.norm(rows[:50, None] - rows[None], axis=2)
    assert (between <= apart * np.sqrt(1 + epsilon) * room + 1e-9).all()
