"""A seeded fuzzer of the reader: mutated index files are opened, asked everything and verified.

usage: reader.py [--seconds N] [--seed S] [--mutations M] [--first F]

The files are the golden ones of tests/files, the questions those of tests/files/judge.py. An answer must be that of the
good file or there must be a FileFormatError; where the payload's own checksums were made right again the content may
differ, then an answer must be well formed. A crash, a hang, another exception or a silently different answer ends the
run with the number of the mutation: `--seed S --first F --mutations 1` repeats it.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nearabout as na

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.files import judge, make_golden  # noqa: E402
from tests.files.near_image import ENTRY, HEADER, block_sums, directory_place, seal, take_apart  # noqa: E402

BATCH = 250  # mutations a child process makes
SECONDS_A_BATCH = 120  # a child that needs longer hangs


@dataclass(frozen=True)
class Sample:
    """A good file and its answers."""

    name: str
    image: bytes
    answers: list[Any]


def golden_samples() -> list[Sample]:
    paths = sorted([*make_golden.FOLDER.glob("*.near"), *make_golden.NEXT.glob("*.near")])
    return [Sample(path.stem, path.read_bytes(), judge.ask(path)[0]) for path in paths]


def repair(image: bytearray, good: bytes, payload: bool) -> None:
    """Makes the checksums right again: of header and directory, and with `payload` of every block as well.

    Places are those of the good file: what the mutation made of the directory is for the reader to find out. A file
    that was cut is left alone, there is nothing to make right.
    """
    place = directory_place(good)
    if len(image) < len(good):
        return
    if payload:
        *parts, checksums = take_apart(good)
        sums = b"".join(block_sums(bytes(image[part.offset : part.end])) for part in parts)
        image[checksums.offset : checksums.end] = sums
        tail = place + (len(parts) + 1) * ENTRY.size
        tails = block_sums(sums)
        image[tail : tail + len(tails)] = tails
    seal(image, place)


def mutate(image: bytearray, good: bytes, choose: random.Random) -> None:
    """One to four changes: bits, bytes, numbers of four or eight bytes, runs of zeros, pieces moved, cuts, growth.

    Sections are chosen evenly, whatever their size, and most files keep header and directory as they are: else the
    vectors would take nearly all changes, and few files would get beyond being opened.
    """
    place = directory_place(good)
    places = [(part.offset, part.end) for part in take_apart(good)[:-1] if part.data]
    frame = choose.random() < 0.4
    if frame:
        places = [(0, HEADER.size), (place, len(good)), *places]
    for _ in range(choose.randint(1, 4)):
        begin, end = choose.choice(places)
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
        elif not frame:
            image[at] = 0xFF
        elif choose.randrange(2):
            del image[max(at, 80) :]
        else:
            image += choose.randbytes(choose.randrange(1, 200))


def try_one(sample: Sample, number: int, seed: int, path: Path) -> bool:
    """Whether mutation `number` was refused; ends the process where it was neither refused nor harmless."""
    choose = random.Random(seed << 32 | number)
    image = bytearray(sample.image)
    mutate(image, sample.image, choose)
    repaired = choose.choice(["nothing", "nothing", "frame", "everything"])
    if repaired != "nothing":
        repair(image, sample.image, payload=repaired == "everything")
    path.write_bytes(image)
    answers, errors = judge.ask(path)
    if repaired == "everything":
        return bool(errors)
    others = [error for error in errors if not isinstance(error, na.FileFormatError)]
    assert not others, f"an error of another kind: {others[0]!r}"
    assert judge.same_answers(answers, sample.answers), "another answer, and no error"
    return bool(errors)


def run_batch(first: int, count: int, seed: int) -> None:
    """What a child does; the number of the mutation in hand is always the last line that it printed."""
    with tempfile.TemporaryDirectory() as name:
        samples = golden_samples()
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
