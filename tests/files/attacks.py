"""Attacks: what accident or malice makes of a good .near file, each with a name and what a reader must say to it.

Every function yields `Attack`s made from a good image. `error` is the class that opening, asking or verifying must
raise, and `says` a word of its sentence; an attack without them may also be answered, as long as the answer is well
formed (lies with checksums that fit cannot all be seen). Checksums fit wherever the name does not say otherwise.
"""

from __future__ import annotations

import io
import math
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from . import near_image as near


class Attack(NamedTuple):
    name: str
    image: bytes
    error: str = ""  # the class, or nothing where an answer is allowed too
    says: str = ""
    same: bool = False  # the answers that are given nevertheless must be those of the good file


def truncations(image: bytes) -> Iterator[Attack]:
    """Cut at each border between two parts of the file, and a byte before and after it."""
    borders = {0, 8, near.HEADER.size, near.directory_place(image), len(image)}
    for part in near.take_apart(image):
        borders |= {part.offset, part.end}
    cuts = {border + step for border in borders for step in (-1, 0, 1)}
    for cut in sorted(cuts & set(range(len(image)))):
        yield Attack(f"cut to {cut} bytes", image[:cut], "TruncatedFileError" if cut else "UnknownFormatError", "")
    yield Attack("a byte too many", image + b"\0", "CorruptFileError", "size")


def flipped_bits(image: bytes) -> Iterator[Attack]:
    """Each bit of the header and of the directory, checksums left as they were."""
    place = near.directory_place(image)
    for at in [*range(near.HEADER.size), *range(place, len(image))]:
        error = "UnknownFormatError" if at < len(near.MAGIC) else "CorruptFileError"
        for bit in range(8):
            changed = bytearray(image)
            changed[at] ^= 1 << bit
            yield Attack(f"bit {bit} of byte {at} flipped, checksums not", bytes(changed), error)


def every_byte(image: bytes) -> Iterator[Attack]:
    """Every byte of the file wrong, one at a time, checksums left as they were."""
    for at, byte in enumerate(image):
        changed = image[:at] + bytes([byte ^ 0xA5]) + image[at + 1 :]
        error = "UnknownFormatError" if at < len(near.MAGIC) else "CorruptFileError"
        yield Attack(f"byte {at} changed, checksums not", changed, error, "", True)


def flipped_and_sealed(image: bytes) -> Iterator[Attack]:
    """The same with checksums that fit: no number of header and directory is free to say something else."""
    place = near.directory_place(image)
    for at in [*range(len(near.MAGIC), 32), *range(40, 56), *range(place, len(image))]:
        for bit in range(8):
            changed = bytearray(image)
            changed[at] ^= 1 << bit
            yield Attack(f"bit {bit} of byte {at} flipped", bytes(near.seal(changed, place)))


def _entry(image: bytes, number: int, field: int, value: int) -> bytes:
    """Another value in a field of a directory entry."""
    place, changed = near.directory_place(image), bytearray(image)
    fields = list(near.ENTRY.unpack_from(changed, place + number * near.ENTRY.size))
    fields[field] = value % (1 << (32 if field < 4 else 64))
    near.ENTRY.pack_into(changed, place + number * near.ENTRY.size, *fields)
    return bytes(near.seal(changed, place))


def lying_directory(image: bytes) -> Iterator[Attack]:
    """Overlaps, holes, places beyond the end, and products that do not fit in 64 bits."""
    parts = near.take_apart(image)
    numbers = [0, 1, 63, 64, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 64, (1 << 64) - 1]
    for number, part in enumerate(parts):
        for field, name, own in [
            (4, "offset", part.offset),
            (5, "length", len(part.data)),
            (6, "rows", part.rows),
            (7, "columns", part.columns),
        ]:
            for value in {*numbers, own + 1, own + 64, own - 1, len(image), len(image) + 64} - {own}:
                if value >= 0:
                    lying = _entry(image, number, field, value)
                    # An empty table may have any number of columns: nothing follows from it but the descriptor's own.
                    error = "" if not part.data else "CorruptFileError"
                    yield Attack(f"{name} of {part.name} is {value}", lying, error)
        if number and parts[number - 1].data:
            lying = _entry(image, number, 4, parts[number - 1].offset)
            yield Attack(f"{part.name} lies over {parts[number - 1].name}", lying, "CorruptFileError", "offset")
        # 2^33 rows of 2^31 columns: a product of 2^64 or more, which a careless reader takes for something small.
        huge = bytearray(_entry(_entry(image, number, 6, 1 << 33), number, 7, 1 << 31))
        yield Attack(f"{part.name} has 2^64 elements", bytes(huge), "CorruptFileError", part.name)
        yield Attack(f"{part.name} has an element type of 99", _entry(image, number, 3, 99), "CorruptFileError", "99")
        yield Attack(f"{part.name} has unknown flags", _entry(image, number, 1, 4), "CorruptFileError", "flags")
        yield Attack(f"{part.name} has version 0", _entry(image, number, 2, 0), "CorruptFileError", "version")
        # An optional section of a later version is as good as none.
        refused = ("UnsupportedVersionError", "version 2")
        if part.flags & 1:
            refused = ("" if part.id in WHOLE_WITHOUT else "CorruptFileError", "")
        yield Attack(f"{part.name} has version 2", _entry(image, number, 2, 2), *refused)
    for count in (0, len(parts) - 1, len(parts) + 1, 1_025, (1 << 32) - 1):
        changed = bytearray(image)
        struct.pack_into("<I", changed, 12, count)
        sealed = near.seal(changed, near.directory_place(image))
        yield Attack(f"{count} sections instead of {len(parts)}", bytes(sealed), "CorruptFileError")
    for place in (0, 1, 64, len(image) - 64, len(image), 1 << 63, (1 << 64) - 64, (1 << 64) - 1):
        changed = bytearray(image)
        struct.pack_into("<Q", changed, 24, place)
        struct.pack_into("<Q", changed, 56, near.checksum(changed[:56]))
        yield Attack(f"directory at {place}", bytes(changed), "CorruptFileError", "directory")


# A file without the terms has no screen, one without keys has row numbers, one that does not say what answers come from
# compares vectors, and one that says so may have none; without a curve lists go by a rule, without a guard no query
# looks further, without a tuning they are for no processor, without bytes they have no bounds: whole in themselves.
WHOLE_WITHOUT = {
    near.METADATA,
    near.ROW_TERMS,
    near.KEY_BYTES,
    near.KEY_NUMBERS,
    near.DIRECTIONS,
    near.CURVE,
    near.ADAPTIVE_PROBES,
    near.SCREEN_DIRECTIONS,
    near.GUARD,
    near.TUNING,
    near.BOUND_BYTES,
    near.KDTREE_VISITS,
}


def sections_gone(image: bytes) -> Iterator[Attack]:
    """Each section left out, doubled, or made one that nobody knows."""
    parts = near.take_apart(image)[:-1]
    for number, part in enumerate(parts):
        others = parts[:number] + parts[number + 1 :]
        whole = part.id in WHOLE_WITHOUT
        without = {other.id for other in parts}
        whole |= near.DISTANCE_SOURCE in without and part.id in {near.DISTANCE_SOURCE, near.VECTORS}
        yield Attack(f"no {part.name}", near.put_together(others), "" if whole else "CorruptFileError", "")
        yield Attack(f"{part.name} twice", near.put_together([*parts, part]), "CorruptFileError", "id")
        unknown = near.put_together([*others, replace(part, id=77, flags=0)])
        yield Attack(f"{part.name} as a required section 77", unknown, "UnsupportedVersionError", "77")
    harmless = near.put_together([*parts, near.Part(77, 1, 9, 4, 3, 1, b"abc")])
    yield Attack("an optional section of the future", harmless)


def shapes(image: bytes) -> Iterator[Attack]:
    """Each section a row or a column larger or smaller, or of another type, in itself consistent."""
    for part in near.take_apart(image)[:-1]:
        if part.id == near.METADATA or not part.data:
            continue
        row = len(part.data) // part.rows
        # Longer or shorter text is for the offsets to tell; of what was measured there may be any number.
        free = "" if part.id in {near.KEY_BYTES, near.CURVE, near.GUARD} else "CorruptFileError"
        taller = near.exchange(image, part.id, data=part.data + part.data[:row], rows=part.rows + 1)
        yield Attack(f"{part.name} has a row more", taller, free)
        shorter = near.exchange(image, part.id, data=part.data[:-row], rows=part.rows - 1)
        yield Attack(f"{part.name} has a row less", shorter, free)
        if part.element != 6:
            wider = near.exchange(image, part.id, data=part.data * 2, columns=part.columns * 2)
            yield Attack(f"{part.name} has twice the columns", wider, "CorruptFileError")
        # u32 for f32, i8 for u8, f64 for u64 ...: as many bytes, and something else
        other = {1: 7, 2: 3, 4: 5, 5: 4, 6: 4, 7: 1, 8: 10, 9: 8, 10: 9}[part.element]
        columns = -(-part.columns // 8) if part.element == 6 else part.columns
        retyped = near.exchange(image, part.id, element=other, columns=columns)
        yield Attack(f"{part.name} has element type {other}", retyped, "CorruptFileError")


def descriptors(image: bytes) -> Iterator[Attack]:
    """Kinds, metrics, types and shapes that do not exist or are not those of the vectors."""
    part = near.part_of(image, near.DESCRIPTOR)
    kind, metric, element, rows, dims = struct.unpack("<5Q", part.data)
    held = {other.id for other in near.take_apart(image)}
    lies: list[tuple[str, int, int, str, str]] = [
        ("kind", 0, 0, "CorruptFileError", "kind"),
        ("kind", 0, 99, "UnsupportedVersionError", "99"),
        ("kind", 0, kind + (1 << 32), "UnsupportedVersionError", "kind"),
        ("metric", 1, 0, "CorruptFileError", "metric"),
        ("metric", 1, 99, "CorruptFileError", "99"),
        ("metric", 1, metric + (1 << 32), "CorruptFileError", "metric"),
        ("element", 2, 0, "CorruptFileError", "element"),
        ("element", 2, 8, "CorruptFileError", "element"),
        ("element", 2, element + (1 << 32), "CorruptFileError", "element"),
        # Without vectors the type is what decoded ones are given as, and what queries may be.
        ("element", 2, element % 6 + 1, "CorruptFileError" if near.VECTORS in held else "", ""),
        ("rows", 3, rows + 1, "CorruptFileError", "vectors" if near.VECTORS in held else ""),
        ("rows", 3, 1 << 32, "CorruptFileError", "rows"),
        ("rows", 3, (1 << 64) - 1, "CorruptFileError", "rows"),
        ("dims", 4, 0, "CorruptFileError", "dim"),
        ("dims", 4, dims + 1, "CorruptFileError", ""),
        ("dims", 4, 1 << 63, "CorruptFileError", ""),
    ]
    for name, field, value, error, says in lies:
        fields = [kind, metric, element, rows, dims]
        fields[field] = value
        lying = near.exchange(image, near.DESCRIPTOR, data=struct.pack("<5Q", *fields))
        yield Attack(f"{name} {value} in the descriptor", lying, error, says)
    for value in range(1, 9):  # every metric that there is
        lying = near.exchange(image, near.DESCRIPTOR, data=struct.pack("<5Q", kind, value, element, rows, dims))
        yield Attack(f"metric {value} in the descriptor", lying)


def odd_numbers(image: bytes) -> Iterator[Attack]:
    """NaN, infinity, and numbers that are too large, zero or negative, wherever the file has floats."""
    names = {near.BOUNDS, near.GRID, near.CENTRE, near.DIRECTIONS, near.ROW_TERMS, near.VECTORS}
    names |= {near.SCREEN_BOUNDS, near.SCREEN_GRID, near.SCREEN_CENTRE, near.SCREEN_DIRECTIONS}
    names |= {near.GUARD, near.LEAF_RESIDUALS}
    for part in near.take_apart(image):
        if part.id not in names or part.element not in (1, 2, 10) or not part.data:
            continue
        dtype = {1: "<f4", 2: "<f2", 10: "<f8"}[part.element]
        for value in (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e4, 3e38):
            for which in ("first", "last", "all"):
                numbers = np.frombuffer(part.data, dtype).copy()
                with np.errstate(over="ignore"):
                    numbers[{"first": slice(0, 1), "last": slice(-1, None), "all": slice(None)}[which]] = value
                refused = not np.isfinite(numbers).all()
                lying = near.exchange(image, part.id, data=numbers.tobytes())
                name = f"{value} in {part.name} ({which})"
                yield Attack(name, lying, "CorruptFileError" if refused else "", part.name if refused else "")
        if part.id in (near.BOUNDS, near.SCREEN_BOUNDS):
            lying = near.exchange(image, part.id, data=struct.pack("<4d", -1e-9, 1, 1, 1))
            yield Attack("a negative bound", lying, "CorruptFileError", "negative")
        if part.id == near.GUARD:
            for number in range(min(8, len(part.data) // 8)):
                numbers = np.frombuffer(part.data, "<f8").copy()
                for value in (1e301, -1e301) if number < 4 else (-1e-9, 1e301):  # ranges may begin below zero
                    numbers[number] = value
                    lying = near.exchange(image, part.id, data=numbers.tobytes())
                    yield Attack(f"number {number} of the guard is {value}", lying, "CorruptFileError", "guard")
        if part.id in (near.GRID, near.SCREEN_GRID):
            steps = np.frombuffer(part.data, dtype).copy().reshape(3, -1)
            steps[1] = 0
            yield Attack(
                "a grid of steps 0", near.exchange(image, part.id, data=steps.tobytes()), "CorruptFileError", "step"
            )


def key_tables(image: bytes) -> Iterator[Attack]:
    """Row numbers beyond the rows, offsets that fall or leave the keys, and tables without an empty slot."""
    parts = {part.id: part for part in near.take_apart(image)}
    if near.KEY_SLOTS not in parts or not parts[near.KEY_SLOTS].data:
        return
    slots = np.frombuffer(parts[near.KEY_SLOTS].data, "<u4")
    (rows,) = struct.unpack_from("<Q", parts[near.DESCRIPTOR].data, 24)
    for value in (1 << 31, (1 << 32) - 1, rows):
        lying = near.exchange(image, near.KEY_SLOTS, data=np.full_like(slots, value).tobytes())
        yield Attack(f"every slot of the keys is row {value}", lying, "CorruptFileError", "key_slots")
    yield Attack(
        "every key is in row 0", near.exchange(image, near.KEY_SLOTS, data=bytes(slots.nbytes)), "CorruptFileError"
    )
    tags = np.frombuffer(parts[near.KEY_TAGS].data, np.uint8)
    full = np.where(tags == 0, 0x80, tags).astype(np.uint8)
    yield Attack("no slot is empty", near.exchange(image, near.KEY_TAGS, data=full.tobytes()))
    for value in (0, 0x80, 0xFF, 0x7F):
        lying = near.exchange(image, near.KEY_TAGS, data=bytes([value]) * len(tags))
        yield Attack(f"every tag is {value}", lying, "CorruptFileError", "")
    if near.KEY_OFFSETS not in parts:
        return
    offsets = np.frombuffer(parts[near.KEY_OFFSETS].data, "<u4")
    for name, changed in [
        ("fall", offsets[::-1]),
        ("leave the keys", offsets + np.uint32(len(parts[near.KEY_BYTES].data))),
        ("are 2^32 - 1", np.full_like(offsets, (1 << 32) - 1)),
    ]:
        lying = near.exchange(image, near.KEY_OFFSETS, data=changed.tobytes())
        yield Attack(f"offsets of the keys {name}", lying, "CorruptFileError", "key_offsets")
    not_text = near.exchange(image, near.KEY_BYTES, data=b"\xff" * len(parts[near.KEY_BYTES].data))
    yield Attack("keys are not UTF-8", not_text, "CorruptFileError", "")


def metadata(image: bytes) -> Iterator[Attack]:
    """What is not the JSON object that it should be."""
    for name, text in [
        ("empty", b""),
        ("not JSON", b"library: nearabout"),
        ("not UTF-8", b'{"a": "\xff\xfe"}'),
        ("a list", b"[1, 2]"),
        ("a number", b"1"),
        ("deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        ("10 MB", b'{"a": "' + b"x" * 10_000_000 + b'"}'),
        ("a number of a million digits", b'{"a": ' + b"9" * 1_000_000 + b"}"),
    ]:
        yield Attack(
            f"metadata is {name}",
            near.exchange(image, near.METADATA, data=text, rows=len(text)),
            "" if name == "empty" else "CorruptFileError",
            "" if name == "empty" else "metadata",
        )


def the_future(image: bytes) -> Iterator[Attack]:
    for version in (2, 3, 1 << 31, (1 << 32) - 1):
        changed = bytearray(image)
        struct.pack_into("<I", changed, 8, version)
        changed[60:] = bytes(len(changed) - 60)  # nothing else need be as it is today
        struct.pack_into("<Q", changed, 56, near.checksum(changed[:56]))
        yield Attack(f"format version {version}", bytes(changed), "UnsupportedVersionError", str(version))
    changed = bytearray(image)
    struct.pack_into("<I", changed, 8, 0)
    yield Attack(
        "format version 0", bytes(near.seal(changed, near.directory_place(image))), "CorruptFileError", "version"
    )


def strangers() -> Iterator[Attack]:
    """Files of other programs."""
    archive, array = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("words.near", "not one")
    np.save(array, np.ones((3, 4), np.float32))
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 1, 1, 8, 0, 0, 0, 0, zlib.crc32(b"IHDR"))
    # Annoy's file is its nodes and nothing else: descendants, then children or a vector of floats.
    annoy = b"".join(struct.pack("<ii4f", 1, 0, *np.ones(4)) for _ in range(20))
    for name, image in [
        ("empty", b""),
        ("a text", b"king 0.1 0.2\nqueen 0.3 0.4\n"),
        ("a zip archive", archive.getvalue()),
        ("a .npy file", array.getvalue()),
        ("a PNG image", png),
        ("an Annoy index", annoy),
        ("an SQLite database", b"SQLite format 3\0" + bytes(100)),
        ("zeros", bytes(4_096)),
        ("random bytes", random.Random(1).randbytes(4_096)),
        ("copied as text", b"\x89NEAR\n\x1a" + bytes(200)),
    ]:
        yield Attack(f"the file is {name}", image, "UnknownFormatError", ".near")
