"""A process ends while other threads are at work, with no memory to spare, or by a kill: none ends another way than it
would have, and what it leaves is removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nearabout as na

posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX limits and signals")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc and address space limits")

PREPARE = """
import sys, tempfile, threading, time
import numpy as np
import nearabout as na
from nearabout.annoy import AnnoyIndex
vectors = np.random.default_rng(0).normal(size=(20_000, 40)).astype("f4")
"""
WORK = {
    "search": """
index = na.build(vectors, kind="exact")
def work():
    while True: index.search(vectors[:2_000], 5, threads=2)
""",
    "single search": """
index = na.build(vectors[:3_000], kind="exact")
def work():
    while True: index.search(vectors[5], 5)
""",
    "build": """
def work():
    while True: na.build(vectors, kind=na.IVF(lists=20, codes=8), threads=2)
""",
    "build with progress": """
def work():
    while True: na.build(vectors, kind=na.Forest(trees=2), progress=lambda share: [k * k for k in range(30_000)])
""",
    "read": """
path = tempfile.mkdtemp() + "/words.txt"
open(path, "w").write("".join(f"w{j} " + " ".join(["0.125"] * 50) + "\\n" for j in range(20_000)))
def work():
    while True: na.read(path)
""",
    "annoy": """
index = AnnoyIndex(40, "angular")
for item, vector in enumerate(vectors[:5_000]): index.add_item(item, vector)
index.build(5)
def work():
    while True: index.get_nns_by_item(3, 1_000, search_k=100_000)
""",
    "annoy build": """
def work():
    while True:
        index = AnnoyIndex(40, "angular")
        for item, vector in enumerate(vectors): index.add_item(item, vector)
        index.build(10)
""",
    "annoy vectors of Python": """
class Slow(list):
    def __getitem__(self, place): return float(sum(range(200))) * 0 + list.__getitem__(self, place)
slow = Slow(vectors[0].tolist())
def work():
    index = AnnoyIndex(40, "angular")
    while True: index.add_item(3, slow)
""",
}
END = """
for _ in range(3): threading.Thread(target=work, daemon=True).start()
time.sleep(float(sys.argv[1]))
print("done")
"""


@pytest.mark.parametrize("seconds", [0.2, *(pytest.param(more, marks=pytest.mark.slow) for more in (0.27, 0.35))])
@pytest.mark.parametrize("work", WORK)
def test_the_interpreter_ends_while_threads_work(work: str, seconds: float) -> None:
    """Before 3.14, Python itself may read the state of a thread that it has freed (take_gil()), some once in thousands
    of ends: one such end is tried again."""
    command = [sys.executable, "-c", PREPARE + WORK[work] + END, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if sys.version_info < (3, 14) and done.returncode == -getattr(signal, "SIGSEGV", 11):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


NO_ROOM = """
import os, resource, sys
import numpy as np
import nearabout as na
random = np.random.default_rng(int(sys.argv[2]))
vectors = random.normal(size=(3_000, 48)).astype("f4")
kind = {"exact": na.Exact(), "forest": na.Forest(trees=2), "ivf": na.IVF(lists=20)}[sys.argv[1]]
na.build(vectors[:20], kind="exact")  # what is imported when it is needed is there
for attempt in range(30):
    room = int(random.random() * (30e6 if attempt % 2 else 3e6))
    child = os.fork()
    if child == 0:
        used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGESIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
        code = 3
        try:
            na.build(vectors, kind=kind, threads=4)
            code = 0
        except MemoryError:
            code = 1
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@linux_only
@pytest.mark.parametrize("kind", ["exact", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("forest", "ivf"))])
@pytest.mark.parametrize("seeds", [(0,), pytest.param((1, 2), marks=pytest.mark.slow)], ids=str)
def test_a_build_without_room_is_a_memory_error(kind: str, seeds: tuple[int, ...]) -> None:
    """No thread's first exception needs memory that is not there: the dynamic linker ended the process with 127."""
    ends = []
    for seed in seeds:
        command = [sys.executable, "-c", NO_ROOM, kind, str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        ends += done.stdout.split()
    assert set(ends) <= {"0", "1"}, ends
    assert "1" in ends


WRITE = """
import sys
import numpy as np
import nearabout as na
def wait(share):
    if share > 0.5:
        print("half", flush=True)
        sys.stdin.readline()
vectors = np.random.default_rng(0).normal(size=(60_000, 50)).astype("f4")
na.build(vectors, path=sys.argv[1], kind="exact", threads=1, progress=wait)
print("written", flush=True)
"""


def half_written(path: Path) -> subprocess.Popen[str]:
    """A process that has written part of its index and waits for a line."""
    command = [sys.executable, "-c", WRITE, str(path)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    return writer


def temporaries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix == ".tmp"}


@posix_only
def test_what_a_kill_leaves_is_removed_by_a_later_save(tmp_path: Path) -> None:
    small = na.build(np.eye(4, dtype="f4"))
    killed = half_written(tmp_path / "killed.near")
    (stale,) = temporaries(tmp_path)
    living = half_written(tmp_path / "living.near")
    (own,) = temporaries(tmp_path) - {stale}
    strangers = {".nearabout-notes.tmp", ".nearabout-0123456789abcde.tmp", "0123456789abcdef.tmp"}
    for name in strangers:
        (tmp_path / name).write_text("not ours")

    small.save(tmp_path / "small.near")
    assert temporaries(tmp_path) == {stale, own} | strangers, "both writers live"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert stale in temporaries(tmp_path)
    small.save(tmp_path / "small.near")
    assert temporaries(tmp_path) == {own} | strangers

    written, _ = living.communicate("go on\n" * 100)
    assert (living.returncode, written.splitlines()[-1]) == (0, "written")
    assert len(na.open(tmp_path / "living.near")) == 60_000
    assert temporaries(tmp_path) == strangers


@posix_only
def test_many_writers_in_one_folder_leave_each_other_alone(tmp_path: Path) -> None:
    code = """
import sys
import numpy as np
import nearabout as na
index = na.build(np.eye(8, dtype="f4"))
for number in range(150): index.save(f"{sys.argv[1]}/{sys.argv[2]}.near")
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)]) for number in range(4)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}.near" for number in range(4)]
