"""A process whose daemon threads are in the core when the interpreter ends: it ends quietly, with its own exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys, threading, time
from pathlib import Path
import numpy as np
import nearabout as na
from nearabout.annoy import AnnoyIndex

folder = Path(sys.argv[2])
vectors = np.random.default_rng(0).normal(size=(8000, 32)).astype(np.float32)
index = na.build(vectors, metric="euclidean", kind="exact", path=folder / "index.near")
words = np.insert(vectors, 0, np.arange(8000), axis=1)
np.savetxt(folder / "vectors.txt", words, ["word%d"] + ["%.4f"] * 32)
trees = AnnoyIndex(32, "euclidean")
for item in range(1000):
    trees.add_item(item, vectors[item].tolist())

def annoy():
    trees.unbuild()
    trees.build(20)
    trees.get_nns_by_item(0, 10)

works = {
    "search": lambda: index.search(vectors[:1000]),
    "one query": lambda: index.search(vectors[0]),
    "radius search": lambda: index.radius_search(vectors[:100], 6.0),
    "rows": lambda: index.search_by_key(list(range(1000))),
    "build": lambda: na.build(vectors, metric="euclidean", kind="forest"),
    "build, telling": lambda: na.build(vectors, metric="euclidean", kind="ivf", progress=lambda share: None),
    "save": lambda: index.save(folder / "saved.near"),
    "verify": lambda: na.open(folder / "index.near").verify(progress=lambda share: None),
    "read": lambda: na.read(folder / "vectors.txt"),
    "annoy": annoy,
}
begun = threading.Event()

def for_ever():
    while True:
        begun.set()
        works[sys.argv[1]]()

for _ in range(1 if sys.argv[1] == "annoy" else 2):
    threading.Thread(target=for_ever, daemon=True).start()
begun.wait()
time.sleep(0.05)
print("the end")
sys.exit(7)
"""


@pytest.mark.parametrize(
    "work",
    ["search", "one query", "radius search", "rows", "build", "build, telling", "save", "verify", "read", "annoy"],
)
def test_a_daemon_thread_in_the_core_does_not_abort_the_process(work: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROGRAM, work, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (7, "the end\n", "")
