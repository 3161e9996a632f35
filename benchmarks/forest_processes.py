"""A forest of 500 MB among processes: the first result of a new process, against Annoy, and ten processes at once.

850,000 vectors of 128 float32 (SIFT with seeded noise, to have so many). The first answer is timed as a whole process,
each side with the effort that finds 9 of 10 neighbours: `nearabout search` for ours (no NumPy is imported), for the
peer a script that loads the file with annoy and asks for the neighbours of one item. Once with the file's pages in
memory and once after they were dropped. Then ten processes open one file and search it: the proportional set size of
their mappings says how many copies of the pages there are. Claimed: no slower than Annoy, and one copy.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import _race
import annoy
import numpy as np
from numpy.typing import NDArray

import nearabout as na

ROWS = 850_000
TREES = 10
PROCESSES = 10
K = 10
ASK_ANNOY = """
import sys, annoy
index = annoy.AnnoyIndex(128, "euclidean")
index.load(sys.argv[1])
print(index.get_nns_by_item(int(sys.argv[2]), 10, int(sys.argv[3])))
"""
SEARCH_AND_WAIT = """
import sys, numpy as np, nearabout as na
index = na.open(sys.argv[1])
rows = np.random.default_rng(1).integers(0, len(index), 2000)  # the same in each process
index.search_by_key(rows, threads=1)
print("done", flush=True)
sys.stdin.readline()
"""


def vectors() -> NDArray[np.float32]:
    with np.load(_race.sample("sift_100k.npz")) as arrays:
        base = arrays["base"].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 12, size=(ROWS, base.shape[1])).astype(np.float32)
    noise[: len(base)] = 0
    return np.abs(np.resize(base, noise.shape) + noise)


def drop_pages(path: Path) -> None:
    """Asks the system to forget what it has read of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def least_efforts(ours: Path, peer: Path) -> tuple[int, int]:
    """What finds 9 of 10 neighbours, of ours and of Annoy, in steps of a quarter."""
    index, trees = na.open(ours), annoy.AnnoyIndex(128, "euclidean")
    trees.load(str(peer))
    rows = np.random.default_rng(3).integers(0, ROWS, 200)
    truth = [set(row) for row in index.search_by_key(rows, K, include_self=True, exact=True).rows.tolist()]

    def ours_at(effort: int) -> list[list[int]]:
        found: list[list[int]] = index.search_by_key(rows, K, include_self=True, effort=effort).rows.tolist()
        return found

    def peer_at(effort: int) -> list[list[int]]:
        return [trees.get_nns_by_item(int(row), K, effort) for row in rows]

    def least(find: Callable[[int], list[list[int]]]) -> int:
        effort = 50
        while sum(len(true.intersection(row)) for true, row in zip(truth, find(effort), strict=True)) < 9 * len(rows):
            effort = effort * 5 // 4
        return effort

    return least(ours_at), least(peer_at)


def race_first_answer(race: _race.Race, ours: Path, peer: Path, repeats: int) -> None:
    command = _race.program("nearabout")
    effort, search_k = least_efforts(ours, peer)
    race.note(f"recall 0.90 takes an effort of {effort:,} here, a search_k of {search_k:,} there")
    rows = iter(np.random.default_rng(2).integers(0, ROWS, 8 * (repeats + 1)).tolist())
    for label, prepare in (("pages in memory", lambda path: None), ("pages dropped", drop_pages)):

        def ask_ours(prepare=prepare) -> None:  # type: ignore[no-untyped-def]
            prepare(ours)
            _race.run_process(command, "search", ours, str(next(rows)), "--effort", str(effort))

        def ask_peer(prepare=prepare) -> None:  # type: ignore[no-untyped-def]
            prepare(peer)
            _race.run_process(sys.executable, "-c", ASK_ANNOY, peer, str(next(rows)), str(search_k))

        mine, theirs = _race.alternate(ask_ours, ask_peer, repeats)
        race.add(f"first answer, {label}", mine * 1e3, theirs * 1e3, "ms", asked=1, peer_name=f"annoy, {TREES} trees")


def mapped_kilobytes(pid: int, path: Path) -> tuple[int, int]:
    """Resident and proportional size of what a process has mapped of a file."""
    resident = proportional = 0
    inside = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        first, _, rest = line.partition(" ")
        if not first.endswith(":"):
            inside = rest.endswith(str(path))
        elif inside and first == "Rss:":
            resident += int(rest.split()[0])
        elif inside and first == "Pss:":
            proportional += int(rest.split()[0])
    return resident, proportional


def show_sharing(race: _race.Race, path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SEARCH_AND_WAIT, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "done\n"
        sizes = [mapped_kilobytes(process.pid, path) for process in processes]
    finally:
        for process in processes:
            process.communicate("\n")
    resident, proportional = (sum(values) / 1024 for values in zip(*sizes, strict=True))
    race.note(
        f"{PROCESSES} processes, 2,000 searches each: {resident:,.0f} MiB mapped and resident if counted in each, "
        f"{proportional:,.0f} MiB by proportional set size; the file has {path.stat().st_size / 2**20:,.0f} MiB"
    )
    each = resident / PROCESSES
    race.add("pages of ten processes", proportional, each, "MiB", asked=0.95, peer_name="one process's pages")


def main() -> int:
    options = _race.arguments(__doc__, repeats=9)
    race = _race.Race("forest_processes", ["annoy"])
    race.start()
    base = vectors()
    with tempfile.TemporaryDirectory() as folder:
        ours, peer = Path(folder) / "ours.near", Path(folder) / "peer.ann"
        na.build(base, metric="euclidean", kind=na.Forest(), path=ours)
        index = annoy.AnnoyIndex(base.shape[1], "euclidean")
        for row, vector in enumerate(base):
            index.add_item(row, vector)
        index.build(TREES, n_jobs=2)
        index.save(str(peer))
        del index
        race.note(f"ours {ours.stat().st_size / 1e6:,.0f} MB, annoy {peer.stat().st_size / 1e6:,.0f} MB")
        race_first_answer(race, ours, peer, options.repeats)
        show_sharing(race, ours)
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
