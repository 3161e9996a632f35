"""Bad days: disks that fill up or fail, folders that may not be written, files replaced under those who search.

Where each promise about bad input and faults is tested (the last test holds that these exist):

===================================================  =================================================================
NaN or infinity in vectors                           arrays/test_vectors.py::test_nan_and_infinity_are_refused
... left out and listed                              arrays/test_vectors.py::test_bad_rows_can_be_left_out
NaN or infinity in a query, zero query (cosine)      arrays/test_vectors.py::test_queries_that_cannot_be_asked
zero vector under cosine                             arrays/test_vectors.py::test_a_zero_vector_is_bad_under_cosine_only
wrong dims, wrong rank, object, complex, ragged ...  arrays/test_vectors.py::test_what_is_no_matrix_of_numbers
wrong order of arguments                             arrays/test_vectors.py::test_swapped_arguments
strided, Fortran, read-only, big-endian, lists ...   arrays/test_vectors.py::test_the_layout_changes_nothing
a torch tensor                                       arrays/test_vectors.py::test_torch_tensors
a vector too large for the dtype                     arrays/test_vectors.py::test_values_too_large_for_the_dtype
an unknown metric, kind or dtype                     arrays/test_vectors.py::test_names_and_options
empty index                                          index/test_search.py::test_an_empty_index_answers_nothing
k beyond the rows, as large as 2e9                   index/test_search.py::test_more_than_there_are_gives_all
k of 0, below 0, no integer                          index/test_search.py::test_k_is_a_positive_integer
duplicate keys, beyond int64, surrogates ...         arrays/test_keys.py::test_keys_that_cannot_be
keys with spaces, newlines, NUL, right to left       arrays/test_keys.py::test_strings_of_all_sorts
a key of a megabyte                                  formats/test_words.py::test_a_key_of_a_megabyte
an unknown key, with the nearest spellings           arrays/test_keys.py::test_unknown_keys_are_told_with_what_is_near
duplicate words in a file                            formats/test_words.py::test_of_duplicate_words_the_first_stays
an input file that is empty                          formats/test_source.py::test_empty_missing_directory_and_unknown
input from a pipe                                    formats/test_source.py::test_a_pipe_is_read_in_one_pass
input that changes while it is read                  formats/test_source.py::test_a_file_that_changes_while_it_is_read
saving to a full disk                                files/test_faults.py::test_a_full_disk_leaves_the_old_file
... to a real one                                    files/test_bad_days.py::test_a_disk_of_a_megabyte
... to a missing folder                              files/test_bad_days.py::test_a_missing_folder
... to a read-only folder                            files/test_bad_days.py::test_a_folder_that_may_not_be_written
a write, flush or rename that fails                  files/test_bad_days.py::test_a_call_that_fails
random bytes, text, other libraries' files           files/test_file_attacks.py::test_files_of_other_programs
truncated files, future versions, every lie          files/test_file_attacks.py::test_lies_about_the_structure
... inside the sections                              files/test_file_attacks.py::test_lies_in_the_content
a directory, a pipe, a device                        files/test_file_attacks.py::test_a_folder_is_no_index
mutated files                                        ../fuzz/test_reader_fuzz.py::test_mutated_files
a file replaced while open                           files/test_faults.py::test_a_file_replaced_while_open
... again and again, under searching threads         files/test_bad_days.py::test_replaced_under_those_who_search
fork after threads were used                         index/test_index.py::test_a_forked_child_searches
Ctrl-C in a build or a long batch                    files/test_faults.py::test_control_c_stops_long_work
memory limit reached in a build                      files/test_faults.py::test_no_more_memory_is_an_error_like_others
... in a search                                      files/test_bad_days.py::test_no_memory_for_an_answer
many threads searching one index                     index/test_search.py::test_many_threads_search_one_index
... while another thread builds                      files/test_bad_days.py::test_searching_while_another_thread_builds
ten processes mapping one file                       files/test_faults.py::test_ten_processes_map_one_file
===================================================  =================================================================

The core's tests kill a save at each of its calls (tests/core/storage/faults_test.cpp).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import DIRECTIONS, WORDS, Kind

TESTS = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's tools")


def run_python(code: str, *arguments: object, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "nearabout-test", str(folder)]
    if (
        sys.platform != "linux"
        or shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_of_a_megabyte(compass: na.Index, small_disk: Path) -> None:
    path = small_disk / "words.near"
    compass.save(path)
    before = path.read_bytes()
    vectors = np.ones((20_000, 16), np.float32)
    large = na.build(vectors, metric="manhattan", kind="exact")
    for attempt in (lambda: large.save(path), lambda: na.build(vectors, metric="manhattan", path=path, kind="exact")):
        with pytest.raises(OSError, match="No space left") as caught:
            attempt()
        assert caught.value.filename == str(path)
        assert path.read_bytes() == before
        assert list(small_disk.iterdir()) == [path]
    assert na.open(path)["east"].tolist() == [1, 0]


def test_a_missing_folder(compass: na.Index, tmp_path: Path) -> None:
    path = tmp_path / "none" / "words.near"
    for attempt in (lambda: compass.save(path), lambda: na.build(DIRECTIONS, path=path)):
        with pytest.raises(FileNotFoundError) as caught:
            attempt()
        assert caught.value.filename == str(path)
    assert not path.parent.exists()


READ_ONLY = """
import os, sys
import numpy as np
import nearabout as na
index = na.build(np.eye(3))  # all that is imported comes from folders that root may read
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)  # root may write everywhere
for attempt in (lambda: index.save(sys.argv[1]), lambda: na.build(np.eye(3), path=sys.argv[1])):
    try:
        attempt()
    except PermissionError as error:
        print("refused", error.filename)
print(len(na.open(sys.argv[1])))
"""


@linux
def test_a_folder_that_may_not_be_written() -> None:
    folder = Path(tempfile.mkdtemp(prefix="nearabout-read-only-"))  # pytest's own are closed to other users
    try:
        path = folder / "words.near"
        na.build(DIRECTIONS, keys=WORDS, path=path)
        path.chmod(0o644)
        folder.chmod(0o555)
        done = run_python(READ_ONLY, path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [f"refused {path}", f"refused {path}", "5"]
        assert list(folder.iterdir()) == [path]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


FAILING_CALL = """
import sys
import numpy as np
import nearabout as na
index = na.build(np.eye(3))
try:
    index.save(sys.argv[1])
except OSError as error:
    print(error.filename, error.strerror)
print(index.search(np.ones(3), 1).rows.tolist())
"""


def may_trace() -> bool:
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode == 0


@linux
@pytest.mark.parametrize("call", ["pwrite64", "fsync", "?rename,?renameat,?renameat2"])
def test_a_call_that_fails(call: str, tmp_path: Path) -> None:
    if not may_trace():
        pytest.skip("strace is missing or not allowed")
    path = tmp_path / "words.near"
    na.build(DIRECTIONS, keys=WORDS, path=path)
    before = path.read_bytes()
    tracing = ("strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:error=EIO")
    done = run_python(FAILING_CALL, path, before=tracing)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(f"{path} "), done.stdout
    assert "Input/output error" in done.stdout
    assert done.stdout.splitlines()[1] == "[0]"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_replaced_under_those_who_search(tmp_path: Path, kind: Kind) -> None:
    """Every search sees one file or the other, whole: here, vectors of ones or of twos."""
    path = tmp_path / "words.near"
    na.build(np.full((300, 8), 1.0), metric="euclidean", path=path, kind=kind)
    ended, seen = threading.Event(), set()

    def look() -> None:
        while not ended.is_set():
            index = na.open(path)
            values = np.unique(index.vectors())
            assert len(values) == 1
            assert index.search(np.full(8, values[0]), 1).distances.tolist() == [0.0]
            seen.add(float(values[0]))

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        for value in (2.0, 1.0) * 5:
            na.build(np.full((300, 8), value), metric="euclidean", path=path, kind=kind)
        ended.set()
        for future in looking:
            future.result()
    assert seen <= {1.0, 2.0}
    assert seen
    assert list(tmp_path.iterdir()) == [path]


NO_ROOM = """
import resource, sys
import numpy as np
import nearabout as na
index = na.open(sys.argv[1])
expected = index.search(np.ones(4), 3, threads=1).rows.tolist()
queries = np.zeros((2_000, 4), np.float32)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, resource.RLIM_INFINITY))
for attempt in (
    lambda: index.search(queries, len(index), threads=1),
    lambda: index.search_by_key(range(2_000), len(index), threads=1),
    lambda: index.radius_search(queries, 10.0, exact=True, threads=2),
):
    try:
        attempt()
    except MemoryError as error:
        print(error)
print(index.search(np.ones(4), 3, threads=1).rows.tolist() == expected)
"""


@linux
@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="AddressSanitizer needs the address space")
def test_no_memory_for_an_answer(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "many.near"
    na.build(np.random.default_rng(4).random((20_000, 4), np.float32), metric="euclidean", path=path, kind=kind)
    done = run_python(NO_ROOM, path)
    told = "there is not enough memory for the results of"
    less = "or search in parts: index.search(queries[:1000]) and so on"
    assert done.stdout.splitlines() == [
        f"{told} 2,000 queries with 20,000 neighbours each, which take 0.5 GB; request fewer neighbours, {less}",
        f"{told} 2,000 queries with 19,999 neighbours each, which take 0.5 GB; request fewer neighbours, {less}",
        f"{told} a radius search for 2,000 queries; use a smaller radius, {less}",
        "True",
    ], done.stderr


def test_searching_while_another_thread_builds(compass: na.Index, kind: Kind) -> None:
    base = np.random.default_rng(5).normal(size=(3_000, 24)).astype(np.float32)
    with ThreadPoolExecutor(5) as pool:
        building = [pool.submit(na.build, base, metric="euclidean", kind=kind) for _ in range(2)]
        while not all(future.done() for future in building):
            found = list(pool.map(lambda direction: compass.search(direction, 1).keys[0], DIRECTIONS))
            assert found == WORDS
    first, second = (future.result() for future in building)
    np.testing.assert_array_equal(first.search(base[:9], 5).rows, second.search(base[:9], 5).rows)


def test_every_promise_has_its_test() -> None:
    rows = [line.split()[-1] for line in (__doc__ or "").splitlines() if "::" in line]
    assert len(rows) > 30
    for row in rows:
        file, _, name = row.partition("::")
        assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8"), row
