"""Mutates the sample files of every format and reads them: the answer is well-formed vectors or an error of ours,
and the same whether a file is read at once or in pieces.

    python tests/fuzz/formats.py --seconds 60 --seed 1
    python tests/fuzz/formats.py --seed 1 --only 1234        # one case again

A case is made from its seed and its number alone. The number is kept in a file, named at the beginning, before the case
is read, so that a crash of the process leaves it; a case that takes more than 30 seconds ends the process with a
traceback.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

from nearabout import _core
from nearabout.errors import NearaboutError
from nearabout.formats import Embeddings, KeyList, open_rows, read

SAMPLES = Path(__file__).resolve().parents[1] / "files" / "formats"
_EDGES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    (1 << 64) - 1,
)
_TOKENS = (
    b" ",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"nan",
    b"-",
    b"1e999",
    b'"',
    b",",
    b"\t",
    b"99999999999",
    b"{",
    b"[",
    b"0 0\n",
)


def samples() -> list[tuple[str, bytes]]:
    """The name and content of every sample."""
    files = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".py")
    return [*((path.name, path.read_bytes()) for path in files), *_FORMS.items()]


def packed(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


# Other forms of the same formats.
_FORMS = {
    "array.json": b'[{"id": 1, "vector": [1, 2.5]}, {"id": 2, "vector": [3, -4e-1]}, {"id": 3, "vector": [5, 6]}]',
    "pretty.json": b'[\n  ["a", [\n    1,\n    2\n  ]],\n  ["b", [3, 4]]\n]\n',
    "object.json": b'{"words": ["a", "b"], "vectors": [[1, 2], [3, 4]]}',
    "words.json": b'{"a": [1, 2],\n "b": [3, 4]}',
    "quotes.csv": b'word,x,y\n"a, ""b""",1,2\n"two\nlines",3,4\nplain,5,6\n',
    "text.csv": b'id,embedding\na,"[1, 2.5]"\nb,"[3 4]"\n',
    "frame.csv": b",0,1,2\nthe,0.1,0.2,0.3\nof,0.4,0.5,0.6\n",
    "quotes.tsv": b"\"\t1\t2\n''\t3\t4\nword\t5\t6\n",
    "old.txt": b"a 1 2\rb 3 4\rc 5 6\r",
    "objects.npz": packed(vectors=np.eye(2, dtype=np.float32), keys=np.array(["a", "b"], object)),
}


def mutated(data: bytes, dice: random.Random) -> bytes:
    """One to four changes, each of a kind that parsers get wrong."""
    content = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        place = dice.randrange(len(content) + 1)
        if dice.random() < 0.5:
            place = min(place, dice.randrange(64))  # headers
        kind = dice.randrange(7)
        if kind == 0 and content:
            content[place % len(content)] ^= 1 << dice.randrange(8)
        elif kind == 1 and content:
            content[place % len(content)] = dice.randrange(256)
        elif kind == 2:
            del content[place:]
        elif kind == 3:
            del content[place : place + dice.randrange(1, 40)]
        elif kind == 4:
            content[place:place] = dice.choice(_TOKENS)
        elif kind == 5:
            width = dice.choice((1, 2, 4, 8))
            value = dice.choice(_EDGES) % (1 << 8 * width)
            content[place : place + width] = value.to_bytes(width, dice.choice(("little", "big")))
        else:
            other = dice.randrange(len(content) + 1)
            content[place:place] = content[other : other + dice.randrange(1, 200)]
    return bytes(content)


def check_form(embeddings: Embeddings) -> None:
    """What every result is, whatever the file."""
    vectors = embeddings.vectors
    assert vectors.ndim == 2
    assert vectors.shape[1] >= 1
    assert vectors.dtype.kind in "fiu"
    assert vectors.dtype.isnative
    vectors.sum()  # touches every element
    if embeddings.keys is not None:
        assert len(embeddings.keys) == len(vectors)
    if isinstance(embeddings.keys, KeyList):
        assert len(set(embeddings.keys)) == len(vectors)
    elif embeddings.keys is not None:
        assert len(np.unique(embeddings.keys)) == len(vectors)
    repr(embeddings)


def gathered(path: Path, folder: Path, invalid: str) -> Embeddings:
    """The same by way of pieces, or of the rows as they lie in the file."""
    with open_rows(path, room=1 << 30, scratch=str(folder), invalid=invalid) as stream:
        if stream.place is None:
            pieces = list(stream.pieces)
        else:
            dtype, rows, dims, offset, stride = stream.place
            name = {"f2": "f16", "f4": "f32", "f8": "f64", "u1": "u8", "i1": "i8"}[dtype.str[1:]]
            lying = _core.RowsInFile(str(path), offset=offset, stride=stride, rows=rows, dims=dims, dtype=name)
            pieces = [lying.read(0, rows).view(dtype).reshape(rows, dims)]
        keys, report = stream.finish()
    assert len({(piece.shape[1], piece.dtype) for piece in pieces}) == 1
    return Embeddings(np.concatenate(pieces), keys, str(path), stream.format, report)


def check_pieces(path: Path, folder: Path, invalid: str, whole: Embeddings | NearaboutError) -> None:
    """Both ways give the same vectors and keys, or both refuse the file."""
    try:
        pieces = gathered(path, folder, invalid)
    except NearaboutError as error:
        assert isinstance(whole, NearaboutError), f"in pieces {error!r}, as a whole {whole!r}"
        return
    assert isinstance(whole, Embeddings), f"in pieces {pieces!r}, as a whole {whole!r}"
    assert repr(pieces) == repr(whole)
    assert pieces.vectors.tobytes() == whole.vectors.tobytes()
    assert np.array_equal(np.array(pieces.keys), np.array(whole.keys))


def run_case(seed: int, number: int, folder: Path) -> str:
    """Reads one mutated file; says how it ended. Any other exception than ours is passed on."""
    dice = random.Random(f"{seed}.{number}")
    name, content = dice.choice(samples())
    sample = Path(name)
    path = folder / f"case{''.join(sample.suffixes[-2:])}"
    path.write_bytes(mutated(content, dice))
    errors = dice.choice(("strict", "replace", "ignore")) if sample.suffix in (".bin", ".vec", ".txt") else "strict"
    invalid = dice.choice(("raise", "skip"))
    whole: Embeddings | NearaboutError
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            whole = read(path, errors=errors, invalid=invalid)  # type: ignore[arg-type]
            check_form(whole)
        except NearaboutError as error:
            whole = error
        if errors == "strict":
            check_pieces(path, folder, invalid, whole)
    if isinstance(whole, Embeddings):
        return "read"
    assert len(str(whole)) > 20, "an error without a sentence"
    return type(whole).__name__


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, help="end after so many cases, or the seconds")
    parser.add_argument("--only", type=int, help="the number of one case to run again")
    options = parser.parse_args()
    answers: dict[str, int] = {}
    end = time.monotonic() + options.seconds
    number = 0 if options.only is None else options.only
    last = Path(tempfile.gettempdir()) / f"nearabout-fuzz-formats-{os.getpid()}.last"
    print(f"seed {options.seed}; the number of the case in work is in {last}", flush=True)
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as name:
        while time.monotonic() < end and number != options.cases:
            faulthandler.dump_traceback_later(30, exit=True)
            last.write_text(f"--seed {options.seed} --only {number}\n")
            try:
                answer = run_case(options.seed, number, Path(name))
            except Exception:
                traceback.print_exc()
                print(f"FAILED: {last.read_text()}")
                return 1
            answers[answer] = answers.get(answer, 0) + 1
            if options.only is not None:
                break
            number += 1
    faulthandler.cancel_dump_traceback_later()
    last.unlink()
    told = ", ".join(f"{answer} {count}" for answer, count in sorted(answers.items()))
    print(f"{sum(answers.values())} cases, seed {options.seed}: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
