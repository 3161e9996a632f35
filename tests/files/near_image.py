"""Taking .near files apart and putting them together again, from docs/explanation/file-format.md alone.

Nothing here is Nearabout's own code, so that a mistake there is not made here too. Checksums are made to fit whatever
the parts are: what these functions give is what someone could write who knows the page and means harm.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np
import xxhash

HEADER = struct.Struct("<8sIIQQQ16sQ")
ENTRY = struct.Struct("<IIIIQQQQ")
MAGIC, BLOCK = b"\x89NEAR\r\n\x1a", 4_096
DESCRIPTOR, METADATA, VECTORS, CODES, ROW_TERMS, GRID, BOUNDS, CENTRE, DIRECTIONS, SKETCH = range(1, 11)
KEY_OFFSETS, KEY_BYTES, KEY_NUMBERS, KEY_TAGS, KEY_SLOTS, CHECKSUMS = 16, 17, 18, 19, 20, 255
TREE_HEADER, _UNUSED, TREE_NODES, NODE_CODES, NODE_OFFSETS, TREE_ROWS, TREE_CODES, TREE_OFFSETS = range(24, 32)
LIST_HEADER, TRANSFORM, DIRECTION_BYTES, DIRECTION_TERMS, CENTROID_BYTES = range(32, 37)
LIST_TERMS, LIST_SIZES, LIST_ROWS, LIST_CODES, CURVE = range(37, 42)
DISTANCE_SOURCE, BYTE_CODES, BYTE_STEPS, BYTE_SQUARES, CALIBRATED, CALIBRATION, ADAPTIVE_PROBES = range(44, 51)
SCREEN_BOUNDS, SCREEN_CENTRE, SCREEN_DIRECTIONS, SCREEN_GRID, GUARD, LEAF_RESIDUALS = range(51, 57)
TUNING = 57
BOUND_BYTES, BOUND_STEPS, BOUND_SQUARES, BOUND_ERRORS = range(58, 62)
GRAPH_HEADER, GRAPH_NODES, GRAPH_COPIES, GRAPH_ENTRIES, GRAPH_ENTRY_PANELS, GRAPH_ENTRY_SQUARES = range(62, 68)
KDTREE_HEADER, KDTREE_SCALE, KDTREE_ROWS, KDTREE_POINTS, KDTREE_BOXES, KDTREE_VISITS = range(90, 96)
BINARY_HEADER, BINARY_CENTRE, BINARY_DIRECTIONS, BINARY_LEVELS, SAMPLED_BITS = range(100, 105)
HASH_HEADER, HASH_CODES, HASH_KEYS, HASH_ENDS, HASH_ROWS = range(105, 110)
QUANTIZER = range(110, 120)
LIST_CODE_HEADER, LIST_CODEBOOKS, LIST_ROTATIONS, LIST_CELLS = range(130, 134)
NAMES = {
    DESCRIPTOR: "descriptor",
    METADATA: "metadata",
    VECTORS: "vectors",
    CODES: "codes",
    ROW_TERMS: "row_terms",
    GRID: "grid",
    BOUNDS: "bounds",
    CENTRE: "centre",
    DIRECTIONS: "directions",
    SKETCH: "sketch",
    KEY_OFFSETS: "key_offsets",
    KEY_BYTES: "key_bytes",
    KEY_NUMBERS: "key_numbers",
    KEY_TAGS: "key_tags",
    KEY_SLOTS: "key_slots",
    TREE_HEADER: "tree_header",
    TREE_NODES: "tree_nodes",
    NODE_CODES: "node_codes",
    NODE_OFFSETS: "node_offsets",
    TREE_ROWS: "tree_rows",
    TREE_CODES: "tree_codes",
    TREE_OFFSETS: "tree_offsets",
    LIST_HEADER: "list_header",
    TRANSFORM: "transform",
    DIRECTION_BYTES: "direction_bytes",
    DIRECTION_TERMS: "direction_terms",
    CENTROID_BYTES: "centroid_bytes",
    LIST_TERMS: "list_terms",
    LIST_SIZES: "list_sizes",
    LIST_ROWS: "list_rows",
    LIST_CODES: "list_codes",
    CURVE: "curve",
    DISTANCE_SOURCE: "distance_source",
    BYTE_CODES: "byte_codes",
    BYTE_STEPS: "byte_steps",
    BYTE_SQUARES: "byte_squares",
    CALIBRATED: "calibrated",
    CALIBRATION: "calibration",
    ADAPTIVE_PROBES: "adaptive_probes",
    SCREEN_BOUNDS: "screen_bounds",
    SCREEN_CENTRE: "screen_centre",
    SCREEN_DIRECTIONS: "screen_directions",
    SCREEN_GRID: "screen_grid",
    GUARD: "guard",
    LEAF_RESIDUALS: "leaf_residuals",
    TUNING: "tuning",
    BOUND_BYTES: "bound_bytes",
    BOUND_STEPS: "bound_steps",
    BOUND_SQUARES: "bound_squares",
    BOUND_ERRORS: "bound_errors",
    GRAPH_HEADER: "graph_header",
    GRAPH_NODES: "graph_nodes",
    GRAPH_COPIES: "graph_copies",
    GRAPH_ENTRIES: "graph_entries",
    GRAPH_ENTRY_PANELS: "graph_entry_panels",
    GRAPH_ENTRY_SQUARES: "graph_entry_squares",
    KDTREE_HEADER: "kdtree_header",
    KDTREE_SCALE: "kdtree_scale",
    KDTREE_ROWS: "kdtree_rows",
    KDTREE_POINTS: "kdtree_points",
    KDTREE_BOXES: "kdtree_boxes",
    KDTREE_VISITS: "kdtree_visits",
    BINARY_HEADER: "binary_header",
    BINARY_CENTRE: "binary_centre",
    BINARY_DIRECTIONS: "binary_directions",
    BINARY_LEVELS: "binary_levels",
    SAMPLED_BITS: "sampled_bits",
    HASH_HEADER: "hash_header",
    HASH_CODES: "hash_codes",
    HASH_KEYS: "hash_keys",
    HASH_ENDS: "hash_ends",
    HASH_ROWS: "hash_rows",
    110: "quantizer_header",
    111: "quantizer_frame",
    112: "quantizer_codebooks",
    113: "quantizer_rotations",
    114: "quantizer_centroids",
    115: "quantizer_scales",
    116: "quantizer_cell_codebooks",
    117: "quantizer_ranges",
    118: "quantizer_directions",
    119: "quantizer_steps",
    LIST_CODE_HEADER: "list_code_header",
    LIST_CODEBOOKS: "list_codebooks",
    LIST_ROTATIONS: "list_rotations",
    LIST_CELLS: "list_cells",
    CHECKSUMS: "checksums",
}


@dataclass(frozen=True)
class Part:
    """A section: its entry of the directory and its bytes."""

    id: int
    flags: int
    version: int
    element: int
    rows: int
    columns: int
    data: bytes
    offset: int = 0  # where it lay; put_together finds its own places

    @property
    def name(self) -> str:
        return NAMES.get(self.id, str(self.id))

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


def checksum(data: bytes | bytearray) -> int:
    return int(xxhash.xxh64_intdigest(bytes(data)))


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


def directory_place(image: bytes | bytearray) -> int:
    return int(HEADER.unpack_from(image)[4])


def take_apart(image: bytes) -> list[Part]:
    """The sections of a good image, that of the checksums last."""
    _, _, count, _, place, *_ = HEADER.unpack_from(image)
    parts = []
    for number in range(count):
        id_, flags, version, element, offset, length, rows, columns = ENTRY.unpack_from(
            image, place + number * ENTRY.size
        )
        data = image[offset : offset + length]
        parts.append(Part(id_, flags, version, element, rows, columns, data, offset))
    return parts


def block_sums(data: bytes) -> bytes:
    return b"".join(struct.pack("<Q", checksum(data[at : at + BLOCK])) for at in range(0, len(data), BLOCK))


def put_together(parts: list[Part]) -> bytes:
    """An image of these parts, with checksums that fit; a part of checksums among them is made anew."""
    parts = [part for part in parts if part.id != CHECKSUMS]
    sums = b"".join(block_sums(part.data) for part in parts)
    parts.append(Part(CHECKSUMS, 0, 1, 8, len(sums) // 8, 1, sums))
    body, entries = bytearray(HEADER.size), b""
    for part in parts:
        body += bytes(round_up(len(body), 4_096 if part.flags & 2 else 64) - len(body))
        fields = (part.id, part.flags, part.version, part.element, len(body), len(part.data), part.rows, part.columns)
        entries += ENTRY.pack(*fields)
        body += part.data
    body += bytes(round_up(len(body), 64) - len(body))
    place = len(body)
    body += entries + block_sums(sums)
    HEADER.pack_into(body, 0, MAGIC, 1, len(parts), len(body), place, 0, bytes(16), 0)
    return bytes(seal(body, place))


def seal(image: bytearray, place: int) -> bytearray:
    """Makes the checksums of the directory, which begins at `place`, and of the header fit."""
    struct.pack_into("<Q", image, 32, checksum(image[place:]))
    struct.pack_into("<Q", image, 56, checksum(image[:56]))
    return image


def exchange(image: bytes, id_: int, **changes: object) -> bytes:
    """The image with other fields or data for one of its parts."""
    parts = take_apart(image)
    assert any(part.id == id_ for part in parts), f"no section {NAMES[id_]} to change"
    return put_together([replace(part, **changes) if part.id == id_ else part for part in parts])  # type: ignore[arg-type]


def changed(image: bytes, id_: int, dtype: str, place: int | slice, value: object) -> bytes:
    """The image with other numbers in a section, at a place or at some, all else fitting."""
    numbers = np.frombuffer(part_of(image, id_).data, dtype).copy()
    numbers[place] = value
    return exchange(image, id_, data=numbers.tobytes())


def leave_out(image: bytes, id_: int) -> bytes:
    """The image without one of its parts."""
    return put_together([part for part in take_apart(image) if part.id != id_])


def part_of(image: bytes, id_: int) -> Part:
    return next(part for part in take_apart(image) if part.id == id_)
