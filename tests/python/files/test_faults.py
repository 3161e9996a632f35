"""What the system does to a program: full disks, files that are replaced, Ctrl-C, no more memory."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import DIRECTIONS, WORDS, Kind

posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX limits and signals")


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


FULL_DISK = """
import resource, signal, sys
import numpy as np
import nearabout as na
kind = sys.argv[2]
index = na.build(np.ones((4_000, 16), np.float32), metric="euclidean", kind=kind)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
for write in (lambda: index.save(sys.argv[1]), lambda: na.build(index.vectors(), path=sys.argv[1], kind=kind)):
    try:
        write()
    except OSError as error:
        print(error.filename, error.errno is not None)
print(index.search(np.ones(16), 1).distances.tolist())
"""


@posix_only
def test_a_full_disk_leaves_the_old_file(compass: na.Index, kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "words.near"
    compass.save(path)
    before = path.read_bytes()
    done = run_python(FULL_DISK, path, kind.name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{path} True", f"{path} True", "[0.0]"]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@posix_only
def test_a_file_replaced_while_open(compass: na.Index, tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "words.near"
    compass.save(path)
    opened = na.open(path)
    na.build(DIRECTIONS[:2], keys=["one", "two"], path=path, kind=kind)
    assert list(opened) == WORDS
    assert opened.search([1.0, 0.0], 1).keys.tolist() == ["east"]
    assert list(na.open(path)) == ["one", "two"]
    path.unlink()
    assert opened["west"].tolist() == [-1, 0]


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import nearabout as na
work, path, kind = sys.argv[1:]
vectors = np.random.default_rng(0).normal(size=(100_000, 64)).astype(np.float32)  # many as queries, too
if work == "build":
    def stop(share):
        os.kill(os.getpid(), signal.SIGINT)  # at the first sign of life
    run = lambda: na.build(vectors, path=path, kind=kind, progress=stop)
else:
    index = na.build(vectors[:5_000], metric="euclidean" if kind in ("ivf", "graph", "lsh") else "manhattan", kind=kind)
    def run():
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        for _ in range(1000):
            index.search(vectors, 100, threads=2)
try:
    run()
except KeyboardInterrupt:
    print("interrupted", os.listdir(os.path.dirname(path)))
if work == "search":
    print(index.search(vectors[5], 1).rows)
"""


@posix_only
@pytest.mark.parametrize(("work", "after"), [("build", []), ("search", ["[5]"])])
def test_control_c_stops_long_work(work: str, after: list[str], kind: Kind, tmp_path: Path) -> None:
    done = run_python(INTERRUPTED, work, tmp_path / "half.near", kind.name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["interrupted []", *after]


NO_MEMORY = """
import resource, sys
import numpy as np
import nearabout as na
vectors = np.zeros((4_000_000, 16), np.float32)
vectors += 1
index = na.build(vectors[:100], metric="euclidean", kind="exact")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, resource.RLIM_INFINITY))
try:
    na.build(vectors, metric="euclidean", kind=sys.argv[1], threads=1)
except MemoryError as error:
    print(str(error)[:44])
print(index.search(np.ones(16), 3, threads=1).rows.tolist())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["exact", "forest", pytest.param("ivf", marks=pytest.mark.slow)])
def test_no_more_memory_is_an_error_like_others(kind: str) -> None:
    done = run_python(NO_MEMORY, kind)
    assert done.stdout.splitlines() == ["there is not enough memory for this; give a ", "[0, 1, 2]"], done.stderr


def nearest_row(work: tuple[na.Index, int]) -> int:
    index, row = work
    return int(index.search(index.vectors(row), 1).rows[0])


@posix_only
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_ten_processes_map_one_file(tmp_path: Path, kind: Kind) -> None:
    vectors = np.random.default_rng(2).normal(size=(500, 8)).astype(np.float32)
    index = na.build(vectors, metric="euclidean", path=tmp_path / "shared.near", kind=kind)
    with ProcessPoolExecutor(10, mp_context=get_context("fork")) as pool:
        assert list(pool.map(nearest_row, [(index, row) for row in range(50)])) == list(range(50))
