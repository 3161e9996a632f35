"""Makes the golden files: small indexes of every kind of content, with the answers that they must give for ever.

usage: make_golden.py [FOLDER]        (tests/files/v1 unless given; what is not released yet: FOLDER/../next)

Seeded: running it again gives the same bytes, but for the library's version in `metadata` and, on another processor,
the last bits of the numbers of a screen or a forest. Files of a released format version are never made again: a change
of the format gets a folder of its own, and both are opened on every run. What no release has written yet lies in
`next`: it is made again whenever its layout changes, and moves to the others with the release.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nearabout as na

FOLDER = Path(__file__).with_name("v1")
NEXT = Path(__file__).with_name("next")
DISTANCE_SOURCE = "answers.json"
K = 6
_ODD_KEYS = ["", " ", "nul\0in it", "two\nlines", "é", "שלום", "\U0001f600", "a" * 300]


class Golden(NamedTuple):
    """What an index is built of, and what it is asked."""

    name: str
    vectors: Any
    keys: Any
    metric: str
    query: list[float]
    kind: na.Exact | na.Forest | na.IVF | na.Graph | na.KDTree | na.LSH = na.Exact()
    seed: int = 0
    calibrate: bool = False
    tuning: tuple[str, str] = ("both", "generic")  # workload and family of processors


def goldens() -> Iterator[Golden]:
    yield from exact_ones()
    yield from forests()


def exact_ones() -> Iterator[Golden]:
    source = np.random.default_rng(20_250)
    floats = source.standard_normal((512, 16)).astype(np.float32)
    words = [*_ODD_KEYS, *(f"word {row}" for row in range(len(_ODD_KEYS), len(floats)))]
    yield Golden("screened", floats, words, "cosine", source.standard_normal(16).tolist())

    # Few true dimensions among many: the screen turns them (section `directions`).
    flat = source.standard_normal((512, 4)) @ source.standard_normal((4, 64))
    turned = np.clip(128 + 20 * flat, 0, 255).astype(np.uint8)
    yield Golden("turned", turned, None, "euclidean", source.integers(0, 256, 64).tolist())

    pixels = source.integers(0, 256, (512, 16)).astype(np.uint8)  # their own codes: no section `codes`
    yield Golden("pixels", pixels, None, "euclidean", source.integers(0, 256, 16).tolist())

    numbers = [-(2**63), 2**63 - 1, *range(-59, 60)]
    halves = source.standard_normal((len(numbers), 12)).astype(np.float16)
    yield Golden("halves", halves, numbers, "dot", source.standard_normal(12).tolist())

    bits = source.integers(0, 2, (200, 70)).astype(bool)
    yield Golden("bits", bits, [f"row {row}" for row in range(200)], "hamming", bits[3].astype(int).tolist())

    places = np.degrees(np.arcsin(source.uniform(-1, 1, 150))), source.uniform(-180, 180, 150)
    yield Golden("places", np.stack(places, axis=1).astype(np.float32), None, "haversine", [48.21, 16.37])

    signed = source.integers(-128, 128, (60, 9)).astype(np.int8)
    yield Golden("signed", signed, None, "manhattan", source.integers(-128, 128, 9).tolist())
    yield Golden("empty", np.empty((0, 5), np.float32), [], "sqeuclidean", [0.0] * 5)


def forests() -> Iterator[Golden]:
    """One for each space that trees grow in, with and without directions."""
    source = np.random.default_rng(20_261)
    centres = source.standard_normal((12, 10))
    floats = (centres[np.arange(240) % 12] + 0.4 * source.standard_normal((240, 10))).astype(np.float32)
    words = [f"leaf {row}" for row in range(len(floats))]
    query = (centres[4] + 0.3 * source.standard_normal(10)).tolist()
    yield Golden("forest", floats, words, "cosine", query, na.Forest(trees=2, leaf_size=6), 7)

    flat = source.standard_normal((160, 3)) @ source.standard_normal((3, 48))
    turned = np.clip(128 + 20 * flat, 0, 255).astype(np.uint8)
    query = turned[11].astype(int).tolist()
    yield Golden("forest_turned", turned, None, "euclidean", query, na.Forest(leaf_size=5), 2**64 - 1)

    signed = source.integers(-128, 128, (150, 9)).astype(np.int8)
    query = source.integers(-128, 128, 9).tolist()
    yield Golden("forest_dot", signed, range(1000, 1150), "dot", query, na.Forest(trees=3, leaf_size=4))


def lists() -> Iterator[Golden]:
    """What is not released yet, calibrated as it is by default."""
    lists = (*lists_of_codes(), *other_codes_of_lists(), *screened_ones())
    for golden in (*lists, *graphs(), *kd_trees(), *hashes()):
        yield golden._replace(calibrate=True)


def lists_of_codes() -> Iterator[Golden]:
    """One for each space that lists of codes live in, and for 1, 2, 4 and 8 bits."""
    source = np.random.default_rng(20_262)
    centres = source.standard_normal((12, 32))
    floats = (centres[np.arange(300) % 12] + 0.4 * source.standard_normal((300, 32))).astype(np.float32)
    words = [f"list {row}" for row in range(len(floats))]
    query = (centres[5] + 0.3 * source.standard_normal(32)).tolist()
    yield Golden("ivf", floats, words, "cosine", query, na.IVF(lists=9, codes=na.PcaCodes(8, bits=2)), 7)

    flat = source.standard_normal((320, 6)) @ source.standard_normal((6, 48))
    pixels = np.clip(128 + 20 * flat, 0, 255).astype(np.uint8)
    query = pixels[17].astype(int).tolist()
    yield Golden("ivf_pixels", pixels, None, "euclidean", query, na.IVF(codes=na.PcaCodes(4, bits=1)), 2**64 - 1)

    # Lists that are longer than what is scanned at once.
    signed = source.integers(-128, 128, (1_500, 7)).astype(np.int8)
    query = source.integers(-128, 128, 7).tolist()
    yield Golden("ivf_dot", signed, range(1000, 2500), "dot", query, na.IVF(lists=6, codes=na.PcaCodes(4, bits=4)))

    # Without vectors to compare, or without any.
    query = (centres[2] + 0.3 * source.standard_normal(32)).tolist()
    codes = na.PcaCodes(16, bits=4)
    kind = na.IVF(lists=8, codes=codes, keep_vectors=False)
    yield Golden("ivf_bytes", floats, words, "euclidean", query, kind)
    kind = na.IVF(lists=8, codes=codes, refine=False)
    yield Golden("ivf_estimates", floats.astype(np.float16), None, "dot", query, kind)
    kind = na.IVF(lists=8, codes=codes, refine=False, keep_vectors=False)
    yield Golden("ivf_codes", floats, range(300), "cosine", query, kind)

    # Codes that are multiplied, for batches on a matrix unit.
    kind = na.IVF(lists=8, codes=na.PcaCodes(32, bits=8))
    query = (centres[8] + 0.3 * source.standard_normal(32)).tolist()
    yield Golden("ivf_eight_bits", floats, None, "cosine", query, kind, tuning=("batch", "amx"))

    kind = na.IVF(lists=8, codes=na.PcaCodes(8, bits=2), byte_rows=True)
    query = (centres[3] + 0.3 * source.standard_normal(32)).tolist()
    yield Golden("ivf_byte_rows", floats, None, "euclidean", query, kind)


def other_codes_of_lists() -> Iterator[Golden]:
    """Codes of the field: by parts, by parts in cells, of coordinates, and along random directions of the rows."""
    source = np.random.default_rng(20_265)
    centres = source.standard_normal((12, 32))
    floats = (centres[np.arange(300) % 12] + 0.4 * source.standard_normal((300, 32))).astype(np.float32)
    query = (centres[5] + 0.3 * source.standard_normal(32)).tolist()
    yield Golden("ivf_pq", floats, None, "cosine", query, na.IVF(lists=8, codes=na.PQ(8, bits=4)), 7)
    kind = na.IVF(lists=6, codes=na.LOPQ(4, bits=8, cells=2))
    yield Golden("ivf_lopq", floats[:, :8], range(1000, 1300), "euclidean", query[:8], kind)
    kind = na.IVF(lists=8, codes=na.SQ(bits=6), refine=False)
    yield Golden("ivf_scalar", floats[:, :20].astype(np.float16), None, "dot", query[:20], kind)
    kind = na.IVF(lists=8, codes=na.RaBitQ(bits=3), residual=False)
    yield Golden("ivf_rows", floats, None, "euclidean", query, kind)


def graphs() -> Iterator[Golden]:
    """With rows that are equal, under dot, and of bits without codes beside the edges."""
    source = np.random.default_rng(20_264)
    centres = source.standard_normal((12, 24))
    floats = (centres[np.arange(300) % 12] + 0.4 * source.standard_normal((300, 24))).astype(np.float32)
    floats[200:230] = floats[7]
    words = [f"node {row}" for row in range(len(floats))]
    query = (centres[5] + 0.3 * source.standard_normal(24)).tolist()
    yield Golden("graph", floats, words, "cosine", query, na.Graph(degree=16), 7)
    signed = source.integers(-128, 128, (400, 40)).astype(np.int8)
    query = source.integers(-128, 128, 40).tolist()
    yield Golden("graph_dot", signed, range(1000, 1400), "dot", query, na.Graph(degree=32, code_bits=1))
    bits = source.integers(0, 2, (350, 70)).astype(bool)
    bits[100:110] = bits[3]
    query = source.integers(0, 2, 70).tolist()
    yield Golden("graph_bits", bits, None, "hamming", query, na.Graph(degree=16, code_bits=8))


def kd_trees() -> Iterator[Golden]:
    """Places on the sphere, and vectors of several types, with rows that are equal and with a scale."""
    source = np.random.default_rng(20_265)
    places = np.degrees(np.arcsin(source.uniform(-1, 1, 400))), source.uniform(-180, 180, 400)
    rows = np.stack(places, axis=1).astype(np.float32)
    yield Golden("kdtree", rows, [f"place {row}" for row in range(400)], "haversine", [48.21, 16.37], na.KDTree())
    colours = source.integers(0, 256, (700, 3)).astype(np.uint8)
    colours[300:340] = colours[8]
    yield Golden("kdtree_colours", colours, None, "manhattan", [10, 200, 77], na.KDTree(leaf_size=32, epsilon=0.25))
    huge = (1e30 * source.standard_normal((300, 5))).astype(np.float32)
    query = (1e30 * source.standard_normal(5)).tolist()
    yield Golden("kdtree_huge", huge, range(1000, 1300), "euclidean", query, na.KDTree())


def hashes() -> Iterator[Golden]:
    """With learnt planes, with tables of random ones, and of bits."""
    source = np.random.default_rng(20_265)
    centres = source.standard_normal((12, 24))
    floats = (centres[np.arange(300) % 12] + 0.4 * source.standard_normal((300, 24))).astype(np.float32)
    words = [f"hash {row}" for row in range(len(floats))]
    query = (centres[5] + 0.3 * source.standard_normal(24)).tolist()
    yield Golden("lsh", floats, words, "cosine", query, na.LSH(bits=40), 7)
    signed = source.integers(-128, 128, (203, 10)).astype(np.int8)
    query = source.integers(-128, 128, 10).tolist()
    yield Golden("lsh_tables", signed, range(1000, 1203), "dot", query, na.LSH(bits=6, tables=3))
    bits = source.integers(0, 2, (250, 90)).astype(bool)
    query = source.integers(0, 2, 90).tolist()
    yield Golden("lsh_bits", bits, None, "hamming", query, na.LSH(bits=70), 2**64 - 1)
    yield Golden("lsh_bits_tables", bits, None, "hamming", query, na.LSH(bits=9, tables=2))


def screened_ones() -> Iterator[Golden]:
    """With a screen beside what they have: with directions, and of bytes that are their own codes."""
    source = np.random.default_rng(20_263)
    flat = (source.standard_normal((520, 4)) @ source.standard_normal((4, 48))).astype(np.float16)
    query = (flat[9] + 0.1 * source.standard_normal(48)).tolist()
    yield Golden("ivf_screened", flat, None, "euclidean", query, na.IVF(lists=12, codes=na.PcaCodes(4, bits=1)))

    pixels = source.integers(0, 256, (520, 16)).astype(np.uint8)
    query = source.integers(0, 256, 16).tolist()
    yield Golden("forest_screened", pixels, None, "euclidean", query, na.Forest(leaf_size=12))


def path_of(name: str) -> Path:
    """Where the golden file of this name lies, released or not."""
    return next(path for folder in (FOLDER, NEXT) if (path := folder / f"{name}.near").exists())


def has_vectors(index: na.Index) -> bool:
    """Whether they are kept, or codes that they nearly come back from."""
    details = index._core.details()  # and not info(), which a file with damaged metadata refuses
    return details.get("distance_source") != "codes" or bool(details["keeps_vectors"])


def query_of(index: na.Index, query: list[float]) -> Any:
    return np.array(query, bool if index.dtype == "bits" else np.float32)


def answers_of(index: na.Index, query: list[float]) -> dict[str, Any]:
    """What the index says, as plain values."""
    asked = query_of(index, query)
    hits = index.search(asked, k=K)
    told: dict[str, Any] = {
        "is": [index.kind, index.metric, index.dtype, len(index), index.dims],
        "query": query,
        "rows": hits.rows.tolist(),
        "distances": hits.distances.tolist(),
        "keys": hits.keys.tolist(),
    }
    if len(index):
        key = index.keys([3]).tolist()[0]
        told["key"] = key
        if has_vectors(index):
            told["by key"] = index.search_by_key(key, k=K).rows.tolist()
        told["within"] = index.radius_search(asked, radius=float(hits.distances[3])).rows.tolist()
    return told


def make(folder: Path, chosen: Iterator[Golden] | None = None) -> None:
    """Builds them (what is released, unless others are chosen) and records what they answer."""
    folder.mkdir(parents=True, exist_ok=True)
    recorded = {}
    for golden in goldens() if chosen is None else chosen:
        tuning: dict[str, Any] = {}
        if isinstance(golden.kind, na.IVF):
            tuning = dict(zip(("workload", "family"), golden.tuning, strict=True))
        index = na.build(
            golden.vectors,
            keys=golden.keys,
            metric=golden.metric,
            kind=golden.kind,
            seed=golden.seed,
            calibrate=golden.calibrate,
            **tuning,
            path=folder / f"{golden.name}.near",
            threads=1,
        )
        recorded[golden.name] = answers_of(index, golden.query)
    text = json.dumps(recorded, indent=1, ensure_ascii=True)
    (folder / DISTANCE_SOURCE).write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    released = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    make(released)
    make(released.with_name(NEXT.name), lists())
