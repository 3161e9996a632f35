"""A seeded fuzzer of Annoy's files: mutated ones are loaded and asked everything.

usage: annoy.py [--seconds N] [--seed S] [--mutations M] [--first F]

There is no checksum in these files, so a changed vector is simply another vector: an answer must be well formed, or
there must be an error of ours or an OSError. A crash, a hang, another exception or an answer that names what does not
exist ends the run with the number of the mutation: `--seed S --first F --mutations 1` repeats it. Mutations run in
child processes, so that a crash is seen.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nearabout.annoy import AnnoyIndex
from nearabout.errors import NearaboutError

METRICS = ("angular", "euclidean", "manhattan", "hamming", "dot")
SHAPES = ((1, 3), (5, 8), (60, 4), (200, 9), (120, 70))  # items, f
BATCH = 2000  # mutations a child process makes
SECONDS_A_MUTATION = 20
EDGES = (0, 1, -1, 2, 7, 1 << 16, 0x7FFFFFFF, -0x80000000, 0x7F800000, 0x7FC00000)


def good_file(number: int, path: Path) -> tuple[str, int, bytes]:
    """Metric, f and bytes of the file that mutation `number` starts from."""
    metric = METRICS[number % len(METRICS)]
    items, dims = SHAPES[number // len(METRICS) % len(SHAPES)]
    choose = random.Random(number % (len(METRICS) * len(SHAPES)))
    index = AnnoyIndex(dims, metric)
    for item in range(items):
        if item % 7 != 3:  # with a few holes
            index.add_item(item, [choose.gauss(0.3, 1) for _ in range(dims)])
    index.build(3, n_jobs=1)
    index.save(path)
    return metric, dims, path.read_bytes()


def mutate(image: bytearray, choose: random.Random) -> None:
    """One to five changes: bits, numbers as node and child numbers are, pieces moved, cuts, growth."""
    for _ in range(choose.randint(1, 5)):
        if not image:
            return
        at = choose.randrange(len(image)) // 4 * 4
        kind = choose.randrange(10)
        if kind < 2:
            image[choose.randrange(len(image))] ^= 1 << choose.randrange(8)
        elif kind < 6 and at + 4 <= len(image):
            (old,) = struct.unpack_from("<i", image, at)
            new = choose.choice([*EDGES, old + 1, old - 1, choose.randrange(400), choose.getrandbits(31)])
            struct.pack_into("<I", image, at, new & 0xFFFFFFFF)
        elif kind < 8:
            count, source = choose.randrange(4, 400), choose.randrange(len(image)) // 4 * 4
            piece = image[source : source + count][: len(image) - at]
            image[at : at + len(piece)] = piece
        elif kind == 8:
            del image[choose.randrange(len(image)) :]
        else:
            image += choose.randbytes(choose.randrange(1, 200))


def ask(index: AnnoyIndex, choose: random.Random) -> int:
    """All questions; how many were answered."""
    count, answered = index.get_n_items(), 0
    queries = [[choose.gauss(0, 1) for _ in range(index.f)] for _ in range(2)]
    for wanted, effort in ((1, -1), (10, -1), (-1, 2**31 - 1)):
        for query in queries:
            with contextlib.suppress(NearaboutError):
                check(index.get_nns_by_vector(query, wanted, effort, True), count)
                answered += 1
        for item in {0, count // 2, count - 1} - {-1}:
            with contextlib.suppress(NearaboutError, IndexError):
                check(index.get_nns_by_item(item, wanted, effort, True), count)
                answered += 1
    for item in {0, count - 1} - {-1}:
        with contextlib.suppress(IndexError):
            index.get_item_vector(item)
            index.get_distance(item, count // 2)
    index._items()
    return answered


def check(answer: tuple[list[int], list[float]], count: int) -> None:
    items, distances = answer
    assert len(items) == len(distances) == len(set(items)), "an item twice"
    assert all(0 <= item < count for item in items), "an item that does not exist"
    assert not any(distance != distance for distance in distances), "NaN among the distances"


def try_one(number: int, seed: int, folder: Path) -> bool:
    """Whether mutation `number` was answered by something else than errors alone."""
    choose = random.Random(seed << 32 | number)
    metric, dims, good = good_file(number, folder / "good.ann")
    image = bytearray(good)
    mutate(image, choose)
    path = folder / f"{number}.ann"
    path.write_bytes(image)
    index = AnnoyIndex(dims, metric)
    try:
        index.load(path, prefault=choose.random() < 0.1)
    except (NearaboutError, OSError):
        return False
    finally:
        path.unlink()
    return ask(index, choose) > 0


def run_batch(first: int, count: int, seed: int) -> None:
    """What a child does; the number of the mutation in hand is always the last line that it printed."""
    answered = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, first + count):
            print(number, flush=True)
            faulthandler.dump_traceback_later(SECONDS_A_MUTATION, exit=True)
            answered += try_one(number, seed, Path(name))
    faulthandler.cancel_dump_traceback_later()
    print(f"answered {answered}")


def run_child(first: int, count: int, seed: int) -> int:
    options = {"--first": first, "--mutations": count, "--seed": seed}
    words = [str(word) for option in options.items() for word in option]
    done = subprocess.run([sys.executable, __file__, "--child", *words], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode == 0:
        return int(lines[-1].removeprefix("answered "))
    last = next((line for line in reversed(lines) if line.isdecimal()), "none")
    sys.exit(
        f"{done.stderr}\nannoy: the process ended with {done.returncode} at mutation {last}; "
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
    end, done, answered = time.monotonic() + options.seconds, 0, 0
    while time.monotonic() < end and (options.mutations is None or done < options.mutations):
        count = BATCH if options.mutations is None else min(BATCH, options.mutations - done)
        answered += run_child(options.first + done, count, options.seed)
        done += count
    print(f"annoy: {done:,} mutated files, {answered:,} of them answered, the others refused; seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
