"""Files larger than memory: the same index, byte for byte, within a budget."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout import formats
from nearabout._arrays import out_of_core
from nearabout.formats import _rows, _stream, _words, arrow, parquet

SAMPLES = Path(__file__).resolve().parents[2] / "files" / "formats"
ROWS = 700
BUDGET = "64MB"


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small file comes in many pieces."""
    for module in (_stream, _words, _rows):
        monkeypatch.setattr(module, "PIECE", 1 << 12)
    monkeypatch.setattr(out_of_core, "_PIECE", 3000)
    monkeypatch.setattr(parquet, "_ROWS", 50)


def vectors(dims: int = 24, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(5)
    if np.dtype(dtype).kind == "f":
        return random.standard_normal((ROWS, dims)).astype(dtype)
    return random.integers(0, 2 if np.dtype(dtype).kind == "b" else 100, (ROWS, dims)).astype(dtype)


def image(data: Any, folder: Path, **arguments: Any) -> bytes | str:
    """The bytes of the index, or the sentence that refuses it. Nothing else is left in the folder."""
    folder.mkdir(exist_ok=True)
    try:
        na.build(data, path=folder / "built.near", **arguments)
    except na.MissingDependencyError as missing:
        pytest.skip(str(missing))
    except na.NearaboutError as error:
        assert os.listdir(folder) == []
        return str(error)
    assert os.listdir(folder) == ["built.near"]
    content = (folder / "built.near").read_bytes()
    os.remove(folder / "built.near")
    return content


def assert_same(path: Path, folder: Path, **arguments: Any) -> bytes | str:
    """All three ways from a file to an index give the same; what they give."""
    try:
        read: Any = na.read(path)
    except na.MissingDependencyError as missing:
        pytest.skip(str(missing))
    except na.NearaboutError as error:
        expected: bytes | str = str(error)
    else:
        expected = image(read, folder, **arguments)
    assert image(path, folder, **arguments) == expected
    assert image(path, folder, memory=BUDGET, **arguments) == expected
    return expected


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".py"))
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_every_sample(name: str, metric: str, tmp_path: Path) -> None:
    assert isinstance(assert_same(SAMPLES / name, tmp_path / "out", metric=metric), bytes)


LAYOUTS: dict[str, Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {
    "rows": lambda x: x,
    "columns": np.asfortranarray,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u1", "i1", "u2", "i4", "i8", "?"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ending", ["npy", "npy.gz"])
def test_every_array(dtype: str, layout: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    with gzip.open(path, "wb") if ending.endswith("gz") else path.open("wb") as file:
        np.save(file, LAYOUTS[layout](vectors(dtype=dtype)))
    assert isinstance(assert_same(path, tmp_path / "out", invalid="skip"), bytes)
    for stored in ("f32", "f16", "u8"):
        assert_same(path, tmp_path / "out", metric="euclidean", dtype=stored)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("ending", ["npy", "npy.gz"])
def test_three_axes_are_refused_alike(order: Any, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    with gzip.open(path, "wb") if ending.endswith("gz") else path.open("wb") as file:
        np.save(file, np.asarray(vectors().reshape(ROWS, 4, 6), order=order))
    told = assert_same(path, tmp_path / "out")
    assert isinstance(told, str)
    assert f"the array has the shape ({ROWS}, 4, 6): vectors need two dimensions" in told


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("metric", ["hamming", "jaccard"])
@pytest.mark.parametrize("dtype", [None, "bits"])
def test_bits(metric: str, dtype: str | None, tmp_path: Path) -> None:
    np.save(tmp_path / "bits.npy", vectors(16, np.uint8))
    built = assert_same(tmp_path / "bits.npy", tmp_path / "out", metric=metric, dtype=dtype)
    assert isinstance(built, bytes if dtype == "bits" else str)


def repeated_words() -> list[str]:
    """Every seventh came before."""
    return [f"wörd {row - 3 if row % 7 == 6 else row}" for row in range(ROWS)]


def write_tables(folder: Path) -> list[Path]:
    """The same rows in every format that has keys, some of which come again."""
    rows, words = vectors(), repeated_words()
    numbers = [row - 3 if row % 7 == 6 else row for row in range(ROWS)]
    lines = [(word, [float(value) for value in row]) for word, row in zip(words, rows, strict=True)]
    plain = [word.replace(" ", "_") for word in words]
    (folder / "a.txt").write_text(
        "".join(f"{w} {' '.join(map(repr, v))}\n" for w, (_, v) in zip(plain, lines, strict=True))
    )
    (folder / "a.csv").write_text("".join(f"{w},{','.join(map(repr, v))}\n" for w, v in lines))
    (folder / "int.csv").write_text(
        "id"
        + "".join(f",d{i}" for i in range(24))
        + "\n"
        + "".join(f"{n},{','.join(map(repr, v))}\n" for n, (_, v) in zip(numbers, lines, strict=True))
    )
    mixed = [
        str(number) if number < 600 else f"word {number}" for number in numbers
    ]  # whole numbers, until they are not
    (folder / "a.jsonl").write_text("".join(json.dumps([w, v]) + "\n" for w, (_, v) in zip(mixed, lines, strict=True)))
    header = f"{ROWS} 24\n".encode()
    body = b"".join(w.encode() + b" " + row.tobytes() + b"\n" for w, row in zip(plain, rows, strict=True))
    (folder / "a.bin").write_bytes(header + body)
    (folder / "a.vec").write_bytes(header + (folder / "a.txt").read_bytes())
    np.savez(folder / "a.npz", vectors=rows, words=np.array(words))
    np.savez_compressed(folder / "int.npz", vectors=rows.astype(">f8"), ids=np.array(numbers))
    names = ["a.txt", "a.csv", "int.csv", "a.jsonl", "a.bin", "a.vec", "a.npz", "int.npz"]
    return [folder / name for name in names]


@pytest.mark.filterwarnings("ignore::nearabout.NearaboutWarning")
@pytest.mark.usefixtures("small_pieces")
def test_keys_that_come_again(tmp_path: Path) -> None:
    for path in write_tables(tmp_path):
        assert isinstance(assert_same(path, tmp_path / "out"), bytes)
        index = na.build(path, path=tmp_path / "kept.near", memory=BUDGET)
        assert len(index) == ROWS - ROWS // 7
        squeezed = path.with_name(path.name + ".gz")
        squeezed.write_bytes(gzip.compress(path.read_bytes()))
        if path.suffix != ".npz":
            assert isinstance(assert_same(squeezed, tmp_path / "out"), bytes)
        with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
            archive.write(path, path.name)
        if path.suffix != ".npz":
            (tmp_path / "one.zip.gz").write_bytes(gzip.compress((tmp_path / "one.zip").read_bytes()))
            assert isinstance(assert_same(tmp_path / "one.zip.gz", tmp_path / "out"), bytes)


@pytest.mark.filterwarnings("ignore::nearabout.NearaboutWarning")
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ending", ["parquet", "parquet.gz", "arrow", "arrows", "arrow.gz"])
def test_columns(ending: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    rows = vectors(dtype=np.float64)
    table = pa.table({"key": repeated_words(), "vector": pa.array(list(rows))})
    path = tmp_path / f"a.{ending.removesuffix('s')}"
    plain = tmp_path / "plain"
    if ending.startswith("parquet"):
        pytest.importorskip("pyarrow.parquet").write_table(table, plain, row_group_size=300)
    else:
        make = pa.ipc.new_stream if ending == "arrows" else pa.ipc.new_file
        with make(str(plain), table.schema) as writer:
            writer.write_table(table, max_chunksize=90)
    path.write_bytes(gzip.compress(plain.read_bytes()) if ending.endswith("gz") else plain.read_bytes())
    assert isinstance(assert_same(path, tmp_path / "out"), bytes)
    assert arrow.SUFFIXES  # the module that both share


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("how", [{}, {"chunks": (64, 8)}, {"chunks": (100, 24), "compression": "gzip"}])
def test_hdf5(how: dict[str, Any], tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    for block in (0, 512):
        path = tmp_path / f"a{block}.hdf5"
        with h5py.File(path, "w", userblock_size=block) as file:
            file.create_dataset("other", data=np.arange(5))
            file.create_dataset("train", data=vectors(), **how)
        assert isinstance(assert_same(path, tmp_path / "out"), bytes)
        squeezed = tmp_path / f"a{block}.hdf5.gz"
        squeezed.write_bytes(gzip.compress(path.read_bytes()))
        assert isinstance(assert_same(squeezed, tmp_path / "out"), bytes)


def test_what_is_in_place_is_not_copied(tmp_path: Path) -> None:
    for name, write in {
        "a.npy": lambda path: np.save(path, vectors()),
        "a.fvecs": lambda path: formats.write(path, vectors(), None),
        "a.fbin": lambda path: path.write_bytes(np.array([ROWS, 24], "<u4").tobytes() + vectors().tobytes()),
    }.items():
        write(tmp_path / name)
        with formats.open_rows(tmp_path / name, room=0, scratch=None) as stream:
            assert stream.place is not None
            assert (stream.place.rows, stream.place.dims) == (ROWS, 24)
    (tmp_path / "a.txt").write_text("a 1 2\n")
    with formats.open_rows(tmp_path / "a.txt", room=0, scratch=None) as stream:
        assert stream.place is None


def test_a_file_that_is_replaced_meanwhile(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", vectors())

    def replace() -> None:
        with formats.open_rows(tmp_path / "a.npy", room=0, scratch=None):
            np.save(tmp_path / "b.npy", vectors())
            os.replace(tmp_path / "b.npy", tmp_path / "a.npy")

    with pytest.raises(na.CorruptFileError, match="was replaced while"):
        replace()


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", 3000, 200)
    shares: list[float] = []
    na.build(tmp_path / "a.txt", path=tmp_path / "a.near", memory=BUDGET, progress=shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5 < shares[-1] <= 1


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x[::2],
        lambda x: x[:, ::-1],
        lambda x: x.astype(np.int64),
        lambda x: x.astype(">f8"),
        lambda x: x.tolist(),
        lambda x: x[:0],
        lambda x: x[0],
        lambda x: x.astype(complex),
    ],
)
def test_arrays_with_a_budget(change: Callable[[Any], Any], tmp_path: Path) -> None:
    data = change(vectors())
    expected = image(data, tmp_path / "out", metric="euclidean")
    assert image(data, tmp_path / "out", metric="euclidean", memory=BUDGET) == expected


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4"])
def test_bad_rows(dtype: str, tmp_path: Path) -> None:
    rows = vectors().astype(dtype)
    rows[[3, 4, 650, ROWS - 1], 5] = np.nan, np.inf, -np.inf, np.nan
    np.save(tmp_path / "a.npy", rows)
    refusal = assert_same(tmp_path / "a.npy", tmp_path / "out")
    assert "row 3 has NaN or infinity, the first of 4 such rows" in str(refusal)
    assert_same(tmp_path / "a.npy", tmp_path / "out", invalid="skip")
    index = na.build(tmp_path / "a.npy", path=tmp_path / "kept.near", memory=BUDGET, invalid="skip")
    assert index.skipped.tolist() == [3, 4, 650, ROWS - 1]
    assert np.allclose(index[651], rows[651].astype("f4"))
    rows[600, 7] = 1e30
    np.save(tmp_path / "a.npy", rows)
    refusal = assert_same(tmp_path / "a.npy", tmp_path / "out", invalid="skip", dtype="f16")
    assert "row 600 has the value 1e+30 in dimension 7" in str(refusal)


def test_a_file_that_changes_while_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(1).standard_normal((60_000, 64)).astype("f4"))

    def cut(share: float) -> None:
        if share > 0.5:
            os.truncate(path, 1 << 20)

    with pytest.raises(na.FileFormatError, match=r"became shorter while it was read|changed while it was read"):
        na.build(path, path=tmp_path / "a.near", memory=BUDGET, metric="euclidean", progress=cut, kind="exact")
    assert os.listdir(tmp_path) == ["a.npy"]


@pytest.mark.parametrize(
    "memory",
    [0, -1, 63_999_999, 2**63, True, 1e9, "", "1", "64", "1 G", "63MB", "-1GB", "nanGB", "9" * 400 + "GB", b"1GB"],
)
def test_budgets_that_are_none(memory: Any, tmp_path: Path) -> None:
    with pytest.raises(na.InvalidInputError, match="at least 64MB"):
        na.build(vectors(), path=tmp_path / "a.near", memory=memory)


def test_budgets(tmp_path: Path) -> None:
    given = {64_000_000: 64e6, "64MB": 64e6, " 0.5 GiB ": 2**29, "1.5gb": 1.5e9, "2TB": 2e12, "70000kB": 7e7}
    for memory, size in given.items():
        assert out_of_core.check_memory(memory, "a.near") == size
    with pytest.raises(na.InvalidInputError, match="without path="):
        na.build(vectors(), memory="1GB")


def test_what_there_is_no_room_for(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(np.zeros((3000, 1000), np.float32)))
    with pytest.raises(
        na.InvalidInputError, match=r"a pickle file like this one must be read whole.*pass a larger memory="
    ):
        na.build(path, path=tmp_path / "a.near", memory="64MB")
    path = tmp_path / "columns.npy.gz"
    with gzip.open(path, "wb", 1) as file:
        np.save(file, np.zeros((1000, 5000), np.float32, order="F"))
    with pytest.raises(na.InvalidInputError, match=r"read whole.*C order, or pass a larger memory="):
        na.build(path, path=tmp_path / "a.near", memory="64MB")
    path = tmp_path / "long.txt"
    with path.open("w") as text:
        text.writelines(f"{row}{'x' * (1 << 20)} 1 2\n" for row in range(40))
    with pytest.raises(
        na.InvalidInputError, match=r"the keys of the first \d+ rows already need .* pass a larger memory="
    ):
        na.build(path, path=tmp_path / "a.near", memory="64MB")
    assert not (tmp_path / "a.near").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a 1 2\n")
    with pytest.raises(OSError, match="no such|No such") as caught:
        na.build(tmp_path / "a.txt", path=tmp_path / "none" / "a.near", memory="64MB")
    assert str(tmp_path) in str(caught.value)


def test_a_pipe_with_a_budget(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    write_text(tmp_path / "a.txt", 2000, 100)
    expected = image(na.read(tmp_path / "a.txt"), tmp_path / "out")
    (tmp_path / "pipe").mkdir()
    pipe = tmp_path / "pipe" / "a.txt"
    os.mkfifo(pipe)
    with subprocess.Popen(["cp", str(tmp_path / "a.txt"), str(pipe)]) as writer:
        assert image(pipe, tmp_path / "out", memory=BUDGET) == expected
    assert writer.returncode == 0


def test_a_kill_leaves_nothing(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    pipe = tmp_path / "a.txt"
    os.mkfifo(pipe)
    program = "import sys, nearabout as na; na.build(sys.argv[1], path=sys.argv[2], memory='64MB')"
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-c", program, str(pipe), str(tmp_path / "out" / "a.near")]
    with subprocess.Popen(command) as building, pipe.open("w") as file:
        for row in range(40_000):  # 16 MB of vectors: more than are held
            file.write(f"word{row} {'0.5 ' * 100}\n")
        file.flush()
        assert building.poll() is None
        opened = Path(f"/proc/{building.pid}/fd")
        if opened.exists():
            assert any(os.readlink(one).endswith("(deleted)") for one in opened.iterdir())
        building.kill()
    assert os.listdir(tmp_path / "out") == []


MEASURED = """
import re, sys
import nearabout as na

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1))

small, large, target, memory, kind, threads = sys.argv[1:]
na.build(small, path=target, memory=memory, metric="euclidean", kind=kind)  # whatever is needed is loaded and warm
before = peak()
na.build(large, path=target, memory=memory, metric="euclidean", kind=kind, threads=int(threads))
print(peak() - before)
"""


def write_npy(path: Path, rows: int, dims: int) -> None:
    random = np.random.default_rng(2)
    array = np.lib.format.open_memmap(path, "w+", np.float32, (rows, dims))
    for first in range(0, rows, 10_000):
        array[first : first + 10_000] = random.standard_normal((len(array[first : first + 10_000]), dims), np.float32)
    array.flush()


def write_text(path: Path, rows: int, dims: int) -> None:
    """With short numbers and few different lines, so that writing it takes no time."""
    random = np.random.default_rng(2)
    endings = [" ".join(f"{value}.5" for value in random.integers(-9, 9, dims)) + "\n" for _ in range(64)]
    with path.open("w") as file:
        file.writelines(f"word{row} {endings[row % 64]}" for row in range(rows))


def write_arrow(path: Path, rows: int, dims: int) -> None:
    pa = pytest.importorskip("pyarrow")
    kind = pa.list_(pa.float32(), dims)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.random.default_rng(2).random(1000 * dims, "f4")), type=kind)
    schema = pa.schema([("key", pa.string()), ("vector", kind)])
    with pa.ipc.new_file(str(path), schema) as writer:
        for first in range(0, rows, 1000):
            keys = pa.array([f"word{row}" for row in range(first, first + 1000)])
            writer.write_batch(pa.record_batch([keys, vectors], schema=schema))


Write = Callable[[Path, int, int], None]


def check_budget(
    write: Write, ending: str, rows: int, dims: int, megabytes: int, folder: Path, threads: int, kind: str = "exact"
) -> None:
    """The vectors are larger than the budget, and what the build takes is not."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peak memory is told by /proc on Linux only")
    assert rows * dims * 4 > megabytes * 1.2e6
    small, large = folder / f"small.{ending}", folder / f"large.{ending}"
    write(small, 3000, dims)
    write(large, rows, dims)
    command = [sys.executable, "-c", MEASURED, small, large, folder / "a.near", f"{megabytes}MB", kind, threads]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < megabytes * 1e6


# Each thread has room of its own: with many there is most to go wrong.
THREADS = pytest.mark.parametrize("threads", [16, pytest.param(1, marks=pytest.mark.slow)])


@THREADS
@pytest.mark.parametrize(
    ("write", "ending"),
    [(write_npy, "npy"), pytest.param(write_text, "txt", marks=pytest.mark.slow), (write_arrow, "arrow")],
)
def test_the_budget_is_kept(write: Write, ending: str, threads: int, tmp_path: Path) -> None:
    check_budget(write, ending, 40_000, 512, 64, tmp_path, threads)  # 82 MB as float32


@THREADS
def test_the_budget_is_kept_by_forests(threads: int, tmp_path: Path) -> None:
    # 96 MB; sketches of 26 MB, three times.
    check_budget(write_npy, "npy", 300_000, 80, 64, tmp_path, threads, "forest")


@THREADS
@pytest.mark.parametrize(("rows", "dims"), [pytest.param(300_000, 80, marks=pytest.mark.slow), (25_000, 784)])
def test_the_budget_is_kept_by_lists(rows: int, dims: int, threads: int, tmp_path: Path) -> None:
    check_budget(write_npy, "npy", rows, dims, 64, tmp_path, threads, "ivf")  # 96 and 78 MB


@pytest.mark.slow
@THREADS
def test_the_budget_is_kept_by_graphs(threads: int, tmp_path: Path) -> None:
    check_budget(write_npy, "npy", 40_000, 768, 96, tmp_path, threads, "graph")  # 123 MB; 48 MB of points and edges


def test_a_graph_that_exceeds_the_budget_is_not_begun(tmp_path: Path) -> None:
    write_npy(tmp_path / "a.npy", 90_000, 48)
    with pytest.raises(
        na.InvalidInputError,
        match=r"a graph of 90000 rows takes \d+MB while it is built, and memory= allows 64MB; "
        r'pass memory="\d+MB" or more',
    ):
        na.build(tmp_path / "a.npy", path=tmp_path / "a.near", memory="64MB", metric="euclidean", kind="graph")
    assert not (tmp_path / "a.near").exists()


@pytest.mark.slow
@THREADS
@pytest.mark.parametrize(("write", "ending"), [(write_npy, "npy"), (write_text, "txt"), (write_arrow, "arrow")])
def test_the_budget_is_kept_by_larger_files(write: Write, ending: str, threads: int, tmp_path: Path) -> None:
    check_budget(write, ending, 300_000, 256, 160, tmp_path, threads)  # 307 MB
