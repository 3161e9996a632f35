"""What an index does over its life: building, saving, loading, many threads, and what happens in between."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from nearabout.annoy import AnnoyIndex

from .conftest import METRICS, filled, items_for, ours


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("metric", METRICS)
def test_the_same_bytes_at_any_number_of_threads(metric: str, tmp_path: Path) -> None:
    vectors = items_for(metric, 700, 20)
    digests = set()
    for jobs in (1, 2, 5, -1):
        index = filled(AnnoyIndex, metric, vectors)
        index.build(9, n_jobs=jobs)
        assert index.get_n_trees() == 9
        index.save(tmp_path / f"{jobs}.ann")
        digests.add(digest(tmp_path / f"{jobs}.ann"))
    index = filled(AnnoyIndex, metric, vectors)
    index.set_seed(-7)
    index.build(9)
    index.save(tmp_path / "other.ann")
    assert len(digests) == 1
    assert digest(tmp_path / "other.ann") not in digests


def test_as_many_trees_as_take_the_room_of_the_items() -> None:
    index = filled(AnnoyIndex, "angular", items_for("angular", 500, 10))
    index.build(-1)
    trees = index.get_n_trees()
    assert trees > 1
    one = filled(AnnoyIndex, "angular", items_for("angular", 500, 10))
    one.build(1)
    nodes_a_tree = one._node_count() - 501
    assert trees * nodes_a_tree * 1.2 >= 500
    assert (trees - 1) * nodes_a_tree * 0.8 <= 500


def test_unbuild_and_build_again(tmp_path: Path) -> None:
    index = ours("euclidean", 200, 5)
    assert index.unbuild() is True
    assert (index.get_n_trees(), index.get_n_items()) == (0, 200)
    assert index.get_nns_by_item(0, 10) == []
    index.add_item(0, [100.0] * 5)
    index.add_item(400, [101.0] * 5)  # leaves holes where trees were
    index.build(5)
    assert index.get_nns_by_item(0, 2) == [0, 400]
    assert len(index.get_nns_by_item(0, 1000)) == 201
    assert index.get_item_vector(300) == [0.0] * 5
    index.save(tmp_path / "again.ann")
    assert len(index.get_nns_by_item(0, 1000)) == 201


def test_unload_forgets_everything(tmp_path: Path) -> None:
    index = ours("angular", 100, 4)
    assert index.unload() is True
    assert (index.get_n_items(), index.get_n_trees(), index.get_nns_by_vector([1, 2, 3, 4], 5)) == (0, 0, [])
    with pytest.raises(IndexError):
        index.get_item_vector(0)
    index.add_item(0, [1, 2, 3, 4])
    assert index.build(2)
    assert index.get_nns_by_vector([1, 2, 3, 4], 5) == [0]
    index.save(tmp_path / "x.ann")
    index.unload()
    index.unload()


def test_an_index_without_items(tmp_path: Path) -> None:
    index = AnnoyIndex(5, "angular")
    assert index.build(3)
    index.save(tmp_path / "empty.ann")
    other = AnnoyIndex(5, "angular")
    other.load(tmp_path / "empty.ann", prefault=True)
    assert (other.get_n_items(), other.get_nns_by_vector([1] * 5, 4)) == (0, [])
    bare = AnnoyIndex(5, "angular")
    bare.build(0)
    with pytest.raises(OSError, match="without trees"):
        bare.save(tmp_path / "bare.ann")
    assert not (tmp_path / "bare.ann").exists()


def test_a_negative_count_asks_for_all_and_zero_for_none() -> None:
    index = ours("manhattan", 60, 4)
    assert sorted(index.get_nns_by_item(0, -1)) == list(range(60))
    assert index.get_nns_by_item(0, 0) == []
    assert index.get_nns_by_item(0, 0, include_distances=True) == ([], [])
    assert sorted(index.get_nns_by_item(0, 60, -5)) == list(range(60))
    assert index.get_nns_by_item(0, 2**31 - 1, 2**31 - 1)[:1] == [0]


def test_numbers_that_are_not_finite_do_no_harm() -> None:
    vectors = items_for("euclidean", 300, 6)
    vectors[5], vectors[6, 2], vectors[7, 1] = np.nan, np.inf, -np.inf
    for metric in ("angular", "euclidean", "manhattan", "dot"):
        index = filled(AnnoyIndex, metric, vectors)
        index.build(4)
        for query in (vectors[0], vectors[5], vectors[6]):
            assert sorted(index.get_nns_by_vector(query, 300, 10**6)) == list(range(300))


@pytest.mark.parametrize("dims", [6, 128])
def test_a_few_of_them_do_not_spoil_the_trees(dims: int) -> None:
    vectors = items_for("euclidean", 2000, dims)
    vectors[[3, 700, 1500], 2] = np.nan, np.inf, -np.inf
    for metric in ("angular", "euclidean", "dot"):
        index = filled(AnnoyIndex, metric, vectors)
        index.build(5)
        asked = range(0, 2000, 9)
        found = sum(item in index.get_nns_by_item(item, 400, 600) for item in asked if item not in (3, 700, 1500))
        assert found > 0.97 * len(asked) or metric == "dot"
        assert found > 0.5 * len(asked)


def test_items_that_no_plane_parts() -> None:
    for metric in METRICS:
        index = filled(AnnoyIndex, metric, np.ones((1000, 4), np.float32))
        index.build(3)
        assert len(index.get_nns_by_item(0, 1000, 10**6)) == 1000


def test_on_disk(tmp_path: Path) -> None:
    vectors = items_for("angular", 2000, 16)
    path = tmp_path / "disk.ann"
    path.write_bytes(b"an older file")
    index = AnnoyIndex(16, "angular")
    index.add_item(0, vectors[0])
    assert index.on_disk_build(path) is True
    for number, vector in enumerate(vectors):
        index.add_item(number, vector)
    assert path.read_bytes() == b"an older file"
    index.build(6)
    memory = filled(AnnoyIndex, "angular", vectors)
    memory.build(6)
    memory.save(tmp_path / "memory.ann")
    assert path.read_bytes() == (tmp_path / "memory.ann").read_bytes()
    answer = index.get_nns_by_item(7, 20, include_distances=True)
    assert answer == memory.get_nns_by_item(7, 20, include_distances=True)
    assert index.save(path) is True
    index.save(tmp_path / "copy.ann")
    assert (tmp_path / "copy.ann").read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.ann", "disk.ann", "memory.ann"]


def test_unbuilding_on_disk_leaves_the_finished_file(tmp_path: Path) -> None:
    path = tmp_path / "disk.ann"
    index = AnnoyIndex(3, "euclidean")
    index.on_disk_build(path)
    for number in range(50):
        index.add_item(number, [number, 1, 2])
    index.build(2)
    reader = AnnoyIndex(3, "euclidean")
    reader.load(path)
    before = digest(path)
    index.unbuild()
    index.add_item(50, [50, 1, 2])
    assert digest(path) == before
    index.build(2)
    assert digest(path) != before
    assert (reader.get_n_items(), index.get_n_items()) == (50, 51)
    assert reader.get_nns_by_item(49, 1) == [49]
    index.unload()
    index.load(path)
    assert index.get_n_items() == 51


def test_an_abandoned_build_on_disk_leaves_nothing(tmp_path: Path) -> None:
    index = AnnoyIndex(3, "euclidean")
    index.on_disk_build(tmp_path / "disk.ann")
    index.add_item(0, [1, 2, 3])
    del index
    assert list(tmp_path.iterdir()) == []


def test_a_file_replaced_under_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "x.ann"
    ours("angular", 1000, 20).save(path)
    reader = AnnoyIndex(20, "angular")
    reader.load(path)
    before = reader.get_nns_by_item(3, 50)
    ours("angular", 50, 20).save(path)
    assert reader.get_nns_by_item(3, 50) == before
    reader.load(path)
    assert reader.get_n_items() == 50


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device() -> None:
    index = ours("angular", 100, 4)
    with pytest.raises(OSError, match="No space left on device"):
        index.save("/dev/full")
    assert index.get_nns_by_item(0, 1) == [0]


def test_loading_what_cannot_be_read_keeps_the_index(tmp_path: Path) -> None:
    index = ours("angular", 100, 4)
    (tmp_path / "empty.ann").write_bytes(b"")
    (tmp_path / "odd.ann").write_bytes(bytes(1001))
    for name, words in (
        ("empty.ann", "size of file is zero"),
        ("odd.ann", "not a multiple of vector size"),
        ("none.ann", "No such file"),
        (".", "Is a directory"),
    ):
        with pytest.raises(OSError, match=words):
            index.load(tmp_path / name)
    assert index.get_nns_by_item(0, 1) == [0]
    index.unbuild()


def test_many_threads_search_while_another_changes_the_index(tmp_path: Path) -> None:
    paths = []
    for count in (300, 500):
        paths.append(tmp_path / f"{count}.ann")
        ours("euclidean", count, 8).save(paths[-1])
    index = AnnoyIndex(8, "euclidean")
    index.load(paths[0])
    stop = threading.Event()

    def ask() -> int:
        asked = 0
        while not stop.is_set():
            found = index.get_nns_by_vector([0.5] * 8, 400, 10**6)
            assert len(found) in (300, 400)
            index.get_n_items()
            index.get_item_vector(3)
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(ask) for _ in range(4)]
        for turn in range(200):
            index.load(paths[turn % 2])
        stop.set()
        assert all(one.result() > 0 for one in running)


def test_building_lets_others_look(tmp_path: Path) -> None:
    index = filled(AnnoyIndex, "euclidean", items_for("euclidean", 3000, 30))
    builder = threading.Thread(target=index.build, args=(40,))
    builder.start()
    seen = [index.get_item_vector(5) for _ in range(50)]
    builder.join()
    assert all(vector == seen[0] for vector in seen)
    assert index.get_n_trees() == 40


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT of POSIX")
def test_ctrl_c_stops_a_long_build() -> None:
    code = (
        "import signal, threading, os, time\n"
        "import numpy as np\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from nearabout.annoy import AnnoyIndex\n"
        "index = AnnoyIndex(32, 'euclidean')\n"
        "vectors = np.random.default_rng(0).normal(size=(20000, 32))\n"
        "for number, vector in enumerate(vectors): index.add_item(number, vector)\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n    index.build(100000)\n"
        "except KeyboardInterrupt:\n    print('stopped', index.get_n_trees(), index.get_n_items(), index.build(1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("stopped 0 20000 True\n", "", 0)


LIMITED = """
import os, resource, sys
from nearabout.annoy import AnnoyIndex

path = sys.argv[1]
index = AnnoyIndex(10, "euclidean")
for number in range(10000):
    index.add_item(number, [number] * 10)
index.build(2)
disk = AnnoyIndex(10, "euclidean")
disk.on_disk_build(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
for attempt in (lambda: index.save(path), lambda: disk.add_item(50000, [1] * 10)):
    try:
        attempt()
    except OSError as error:
        print(type(error).__name__, error.errno, error.filename == path)
try:
    index.unbuild()
    index.add_item(2**31 - 2, [0] * 10)
except MemoryError:
    print("MemoryError")
index.build(2)
print(index.get_n_items(), index.get_nns_by_item(5, 1), disk.get_n_items(), open(path).read())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_a_full_disk_and_no_more_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.ann"
    path.write_text("the old one")
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False)
    told = ["OSError 27 True", "OSError 27 True", "MemoryError", "10000 [5] 0 the old one"]
    assert (done.stdout.splitlines(), done.stderr) == (told, "")
    assert list(tmp_path.iterdir()) == [path]


def test_verbose_tells_on_standard_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    index = filled(AnnoyIndex, "dot", items_for("dot", 50, 4))
    assert index.verbose(True) is True
    index.build(3)
    index.save(tmp_path / "x.ann")
    index.unload()
    index.load(tmp_path / "x.ann")
    index.verbose(False)
    index.unload()
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split()[0] for line in told.err.splitlines()] == ["has", "unloaded", "found"]
    assert "3 trees" in told.err


def test_importing_it_does_not_import_numpy() -> None:
    code = "import sys, nearabout.annoy as annoy; index = annoy.AnnoyIndex(2, 'dot'); index.add_item(0, [1, 2]); "
    code += "index.build(2); assert index.get_nns_by_item(0, 1) == [0]; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_items_of_a_loaded_file(tmp_path: Path) -> None:
    numbers = [1, 2, 5, 70]
    for metric in METRICS:
        vectors = items_for(metric, 4, 11)
        index = filled(AnnoyIndex, metric, vectors, numbers)
        index.build(2)
        index.save(tmp_path / f"{metric}.ann")
        found, stored = index._items()
        assert found.tolist() == numbers
        if metric == "hamming":
            assert stored.dtype == np.uint8
            stored = np.unpackbits(stored, axis=1, count=11, bitorder="little")
        np.testing.assert_array_equal(stored, vectors)
    assert issubclass(na.CorruptFileError, ValueError)
