"""One million string keys: a look-up in the mapped index against LMDB's get, and the bytes of both.

One key a call, a str, which LMDB wants encoded; and all keys in one call, against LMDB's get with the bytes at hand.
Its file holds word to number and number to word, as ours does; a file with the first alone is shown as well. Claimed:
at least as fast, at most half the bytes.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import _race
import lmdb
import numpy as np

import nearabout as na

COUNT = 1_000_000
ASKED = 200_000


def make_keys(count: int) -> list[str]:
    """Different keys of 5 to 12 letters, the same ones every time."""
    source, keys = random.Random(20), dict[str, None]()
    while len(keys) < count:
        keys["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(5, 12)))] = None
    return list(keys)


def fill_lmdb(path: Path, keys: Sequence[str], both_ways: bool) -> lmdb.Environment:
    environment = lmdb.open(str(path), map_size=1 << 31)
    with environment.begin(write=True) as transaction:
        for number, key in enumerate(keys):
            transaction.put(f"w{key}".encode(), f"{number}".encode())
            if both_ways:
                transaction.put(f"i{number}".encode(), key.encode())
    environment.close()
    return lmdb.open(str(path), readonly=True, lock=False)


def main() -> int:
    options = _race.arguments(__doc__, repeats=7)
    race = _race.Race("key_lookup", ["lmdb"])
    race.start()
    keys = make_keys(COUNT)
    asked = random.Random(21).choices(keys, k=ASKED)
    asked_bytes = [f"w{key}".encode() for key in asked]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # One byte a vector, so that the file is little more than its key map.
        ones = np.ones((COUNT, 1), np.uint8)
        na.build(ones, keys=keys, metric="euclidean", kind="exact", path=str(folder / "keys.near"))
        index = na.open(str(folder / "keys.near"))
        store = fill_lmdb(folder / "both", keys, both_ways=True)
        fill_lmdb(folder / "one", keys, both_ways=False).close()

        with store.begin() as transaction:
            get = transaction.get
            found = _race.alternate(
                lambda: [key in index for key in asked],
                lambda: [get(f"w{key}".encode()) for key in asked],
                options.repeats,
            )
            many = _race.alternate(
                lambda: index.rows(asked),
                lambda: [get(key) for key in asked_bytes],
                options.repeats,
            )
        for case, seconds in (("one key a call, str", found), ("200,000 keys a call; LMDB given bytes", many)):
            ours, peer = (value / ASKED * 1e9 for value in seconds)
            race.add(case, ours, peer, "ns", asked=1, peer_name="LMDB get")
        map_bytes = sum(section["bytes"] for section in index.info()["sections"] if section["name"].startswith("key_"))
        for case, peer_folder, ratio in (("bytes, both ways", "both", 2), ("bytes, LMDB one way only", "one", 1)):
            peer_bytes = (folder / peer_folder / "data.mdb").stat().st_size
            race.add(case, map_bytes / 1e6, peer_bytes / 1e6, "MB", asked=ratio, peer_name="LMDB file")
        store.close()
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
