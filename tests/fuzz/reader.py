"""A seeded fuzzer of the reader: mutated index files are opened, searched, read whole and verified.

usage: reader.py [--seconds N] [--seed S] [--mutations M] [--first F]

An answer must be that of the good file or a FileFormatError; where the payload's own checksums were made right again
the content may differ, and any NearaboutError will do. A crash, a hang, another exception or a silently different
answer ends the run with the number of the mutation: `--seed S --first F --mutations 1` repeats it.

Mutations run in child processes, so that a crash is seen; half of the mutated files get their checksums recomputed, or
else the checksums would hide the parser behind them.
"""

from __future__ import annotations

import argparse
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash

import nearabout as na

BATCH = 250  # mutations a child process makes
SECONDS_A_BATCH = 120  # a child that needs longer hangs
HEADER, ENTRY, BLOCK = struct.Struct("<8sIIQQQQQQ"), struct.Struct("<IIIIQQQQ"), 65_536


@dataclass(frozen=True)
class Sample:
    """A good file, what to ask of it, and its answers."""

    image: bytes
    query: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
    key: str | int
    answers: list[bytes]


def questions(query: object, key: str | int) -> list[Callable[[na.Index], bytes]]:
    """Everything that reads from the file, each giving bytes to compare."""

    def hits(found: na.Hits) -> bytes:
        return found.rows.tobytes() + found.distances.tobytes() + repr(found.keys.tolist()).encode()

    return [
        lambda index: hits(index.search(query, k=7)),
        lambda index: hits(index.search_by_key(key, k=3)),
        lambda index: hits(index.radius_search(query, float(index.search(query, k=4).distances[-1]))),
        lambda index: index[key].tobytes(),
        lambda index: repr((len(index), index.dims, index.metric, index.dtype, key in index)).encode(),
        lambda index: repr(index.keys().tolist()).encode("utf-8", "surrogatepass") + index.vectors().tobytes(),
    ]


def make_samples(folder: Path) -> list[Sample]:
    """Small indexes of each kind of vector and of key."""
    source = np.random.default_rng(3)
    floats = source.standard_normal((300, 12)).astype(np.float32)
    words = [f"word{'x' * (row % 9)}{row}" for row in range(300)]
    builds = [
        (floats, words, "cosine"),
        (floats, None, "manhattan"),
        (floats.astype(np.float16), list(range(-100, 200)), "dot"),
        (source.integers(0, 256, (200, 20)).astype(np.uint8), None, "euclidean"),
        (source.integers(0, 2, (150, 70)).astype(bool), [f"é\n{row}" * 3 for row in range(150)], "hamming"),
    ]
    samples = []
    for number, (vectors, keys, metric) in enumerate(builds):
        path = folder / f"good{number}.near"
        na.build(vectors, keys=keys, metric=metric, path=path)
        index = na.open(path)
        query, key = vectors[5], 5 if keys is None else keys[5]
        answers = [question(index) for question in questions(query, key)]
        samples.append(Sample(path.read_bytes(), query, key, answers))
    return samples


def entries_of(image: bytes) -> list[tuple[int, ...]]:
    _, _, sections, _, place, *_ = HEADER.unpack_from(image)
    return [ENTRY.unpack_from(image, place + number * ENTRY.size) for number in range(sections)]


def repair(image: bytearray, good: bytes, payload: bool) -> None:
    """Makes the checksums right again: of header and directory, and with `payload` of every block as well.

    Places are those of the good file: what the mutation made of the directory is for the reader to find out. A file
    that was cut is left alone, there is nothing to make right.
    """
    place = HEADER.unpack_from(good)[4]
    if len(image) < len(good):
        return
    if payload:
        *sections, checksums = entries_of(good)
        blocks = [
            (begin, min(begin + BLOCK, offset + length))
            for _, _, _, _, offset, length, _, _ in sections
            for begin in range(offset, offset + length, BLOCK)
        ]
        sums = b"".join(struct.pack("<Q", xxhash.xxh64_intdigest(image[begin:end])) for begin, end in blocks)
        image[checksums[4] : checksums[4] + len(sums)] = sums
        tail = place + (len(sections) + 1) * ENTRY.size
        for number, begin in enumerate(range(0, len(sums), BLOCK)):
            digest = xxhash.xxh64_intdigest(sums[begin : begin + BLOCK])
            struct.pack_into("<Q", image, tail + number * 8, digest)
    struct.pack_into("<Q", image, 32, xxhash.xxh64_intdigest(image[place:]))
    struct.pack_into("<Q", image, 56, xxhash.xxh64_intdigest(image[:56]))


def mutate(image: bytearray, choose: random.Random) -> None:
    """One to four changes: bits, bytes, numbers of four or eight bytes, runs of zeros, pieces moved, cuts, growth."""
    place = HEADER.unpack_from(image)[4]
    for _ in range(choose.randint(1, 4)):
        begin, end = choose.choice([(0, HEADER.size), (place, len(image)), (HEADER.size, place)])
        at = choose.randrange(min(begin, len(image) - 1), max(min(end, len(image)), begin + 1))
        at = min(at, len(image) - 1)
        kind = choose.randrange(8)
        if kind == 0:
            image[at] ^= 1 << choose.randrange(8)
        elif kind == 1:
            image[at] = choose.randrange(256)
        elif kind in (2, 3, 4):
            form, size = choose.choice([("<I", 4), ("<Q", 8)])
            at = min(at // size * size, len(image) - size)
            (old,) = struct.unpack_from(form, image, at)
            new = choose.choice(
                [0, 1, old + 1, old - 1, old * 2, old + 64, 1 << (size * 8 - 1), -1, choose.getrandbits(64)]
            )
            struct.pack_into(form, image, at, new % (1 << size * 8))
        elif kind == 5:
            count = min(choose.randrange(1, 200), len(image) - at)
            image[at : at + count] = bytes(count)
        elif kind == 6:
            count, source = choose.randrange(1, 200), choose.randrange(len(image))
            piece = image[source : source + count][: len(image) - at]
            image[at : at + len(piece)] = piece
        elif choose.randrange(2):
            del image[max(at, 80) :]
        else:
            image += choose.randbytes(choose.randrange(1, 200))


def try_one(sample: Sample, number: int, seed: int, path: Path) -> bool:
    """Whether mutation `number` was refused; ends the process where it was neither refused nor harmless."""
    choose = random.Random(seed << 32 | number)
    image = bytearray(sample.image)
    mutate(image, choose)
    repaired = choose.choice(["nothing", "nothing", "frame", "everything"])
    if repaired != "nothing":
        repair(image, sample.image, payload=repaired == "everything")
    path.write_bytes(image)
    allowed = na.NearaboutError if repaired == "everything" else na.FileFormatError
    refused = False
    try:
        index = na.open(path)
    except allowed:
        return True
    for question, answer in zip(questions(sample.query, sample.key), sample.answers, strict=True):
        try:
            given = question(index)
        except allowed:
            refused = True
            continue
        if given != answer and repaired != "everything":
            sys.exit(f"mutation {number} of seed {seed}: another answer, and no error")
    try:
        index.verify()
    except na.FileFormatError:
        refused = True
    return refused


def run_batch(first: int, count: int, seed: int) -> None:
    """What a child does; the number of the mutation in hand is always the last line that it printed."""
    with tempfile.TemporaryDirectory() as name:
        samples = make_samples(Path(name))
        refused = 0
        for number in range(first, first + count):
            print(number, flush=True)
            # A name of its own each time: an open index must not see its file change.
            path = Path(name) / f"{number}.near"
            refused += try_one(samples[number % len(samples)], number, seed, path)
            path.unlink(missing_ok=True)
        print(f"refused {refused}")


def run_child(first: int, count: int, seed: int) -> int:
    """Runs one batch in a child; how many of its files were refused."""
    command = [
        sys.executable,
        __file__,
        "--child",
        "--first",
        str(first),
        "--mutations",
        str(count),
        "--seed",
        str(seed),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_A_BATCH, check=False)
        printed, code, complaint = done.stdout, done.returncode, done.stderr
    except subprocess.TimeoutExpired as expired:
        printed, code, complaint = (expired.stdout or b"").decode(), None, "it hangs"
    lines = printed.split("\n")
    if code == 0:
        return int(lines[-2].removeprefix("refused "))
    last = next((line for line in reversed(lines) if line.isdecimal()), "none")
    ending = "was killed by signal" if code is not None and code < 0 else "ended with"
    sys.exit(
        f"{complaint}\nreader: the process {ending} {code if code is None else abs(code)} at mutation {last}; "
        f"repeat with --seed {seed} --first {last} --mutations 1"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="when to stop (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutations", type=int, help="stop after so many as well")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutation")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        run_batch(options.first, options.mutations, options.seed)
        return 0
    end, done, refused = time.monotonic() + options.seconds, 0, 0
    while time.monotonic() < end and (options.mutations is None or done < options.mutations):
        count = BATCH if options.mutations is None else min(BATCH, options.mutations - done)
        refused += run_child(options.first + done, count, options.seed)
        done += count
    print(
        f"reader: {done:,} mutated files, {refused:,} refused, the others answered as they should; seed {options.seed}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
