"""Small files that become large, lines without an end, and what the system does to a file: errors with its name."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout import _core
from nearabout.errors import CorruptFile, InvalidInput
from nearabout.formats import _source, open_rows, read
from nearabout.formats._source import Source
from tests.combinations import star

File = Callable[[str, bytes | str], Path]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
TOO_FAR = r"becomes [0-9,]+ bytes and more, over 200 times its own size.*decompress it first"


@pytest.fixture
def low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of everything, so that the tests need no gigabytes."""
    monkeypatch.setattr(_source, "_ALWAYS", 1 << 20)


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


SWELLING = {
    "w.npy": npy(np.zeros((5000, 1000), np.float32)),
    "w.txt": b"a 0 0\n" * 900_000,
    "w.vec": b"900000 2\n" + b"a 0 0\n" * 900_000,
    "w.csv": b"a,0,0\n" * 900_000,
    "w.jsonl": b"[0, 0]\n" * 900_000,
    "w.pkl": pickle.dumps(np.zeros((5000, 1000), np.float32)),
    "w.fvecs": b"\x01\x00\x00\x00\x00\x00\x00\x00" * 900_000,
    "w.idx": b"\x00\x00\x08\x02\x00\x10\x00\x00\x00\x00\x00\x10" + bytes(1 << 24),
}


@pytest.mark.parametrize(("name", "suffix"), star(SWELLING, COMPRESS))
def test_what_swells_is_refused(file: File, low_bounds: None, name: str, suffix: str) -> None:
    path = file(name + suffix, COMPRESS[suffix](SWELLING[name]))
    for fetch in (read, gathered):
        with pytest.raises(InvalidInput, match=rf"{name}{suffix}: {TOO_FAR}"):
            fetch(path)


def gathered(path: Path) -> Any:
    with open_rows(path, room=None, scratch=str(path.parent)) as stream:
        return list(stream.pieces)


def test_members_that_swell_are_refused(file: File, low_bounds: None) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.txt", SWELLING["w.txt"])
    content_npz = io.BytesIO()
    np.savez_compressed(content_npz, vectors=np.zeros((5000, 1000), np.float32), small=np.ones((2, 2)))
    for name, data in (("w.zip", content.getvalue()), ("w.npz", content_npz.getvalue())):
        with pytest.raises(InvalidInput, match=rf"{name}: {TOO_FAR}"):
            read(file(name, data))
    assert len(read(file("w.npz", content_npz.getvalue()), dataset="small")) == 2


def test_tables_that_swell_are_refused(tmp_path: Path, low_bounds: None) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    zeros = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(4_000_000, np.float32)), 100)
    parquet.write_table(pa.table({"vector": zeros, "other": pa.nulls(40_000)}), tmp_path / "w.parquet")
    long = pa.array(["k" * 10_000]).dictionary_encode().take(pa.array(np.zeros(40_000, np.int32)))
    table = pa.table({"vector": zeros.slice(0, 40_000), "key": long})
    with pa.OSFile(str(tmp_path / "w.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    for name in ("w.parquet", "w.arrow"):
        for fetch in (read, gathered):
            with pytest.raises(InvalidInput, match=rf"{name}: {TOO_FAR}"):
                fetch(tmp_path / name)


def test_what_compresses_well_is_read(file: File, low_bounds: None) -> None:
    few = np.zeros((5000, 1000), np.uint8)
    few[:, ::50] = np.random.default_rng(0).integers(0, 2, (5000, 20))
    packed = gzip.compress(npy(few))
    assert len(packed) * 20 < few.nbytes
    np.testing.assert_array_equal(read(file("w.npy.gz", packed)).vectors, few)


def shared_lists(rows: int, dims: int) -> bytes:
    row = [0.5] * dims
    return pickle.dumps([row] * rows)


def test_pickles_of_shared_lists_are_refused(file: File, low_bounds: None) -> None:
    with pytest.raises(InvalidInput, match=TOO_FAR):
        read(file("w.pkl", shared_lists(5000, 5000)))
    assert read(file("w.pkl", shared_lists(100, 100))).vectors.shape == (100, 100)
    with pytest.raises(InvalidInput, match=TOO_FAR):
        read(file("w.pkl", pickle.dumps((["k" * 5000] * 5000, np.zeros((5000, 1), np.float32)))))
    with pytest.raises(InvalidInput, match=TOO_FAR):
        read(file("w.pkl", pickle.dumps(dict.fromkeys(range(3000), np.zeros(3000, np.float32)))))
    nested: Any = [0.5] * 16
    for _ in range(60):
        nested = [nested, nested]
    for content in (nested, {"vectors": nested}):  # 2^60 rows, did anybody walk through them
        with pytest.raises(InvalidInput):
            read(file("w.pkl", pickle.dumps(content)))


def test_a_pickle_makes_no_gigabytes_of_a_number(file: File) -> None:
    program = b"\x80\x04cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x00\x01\x85R."
    with pytest.raises(CorruptFile, match="a bytearray of an unknown form"):
        read(file("w.pkl", program))


LONG: dict[str, tuple[bytes, bytes]] = {
    "w.jsonl": (b"[1, 2]\n[", b"1, "),
    "w.csv": (b"a,1,2\n", b"3,"),
    "w.txt": (b"a 1 2\n", b"3 "),
    "w.vec": (b"2 2\na 1 2\n", b"3 "),
    "w.json": (b"[[1, 2], [", b"1, "),
}


@pytest.mark.parametrize("name", LONG)
def test_a_line_without_an_end_is_refused(file: File, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from nearabout.formats import _words, json_document

    for module in (_source, _words, json_document):
        monkeypatch.setattr(module, "MAX_LINE", 3_000_000)
    head, more = LONG[name]
    path = file(name, head + more * 3_000_000)
    for fetch in (read, gathered):
        with pytest.raises(InvalidInput, match=r"(line [23]|one row) .*more than 3,000,000 bytes"):
            fetch(path)


def test_a_key_without_an_end_is_refused(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    from nearabout.formats import _words

    monkeypatch.setattr(_words, "MAX_LINE", 3_000_000)
    with pytest.raises(CorruptFile, match="the record at byte 10 has no end within 3,000,000 bytes"):
        read(file("w.bin", b"2 1\n" + b"w " + np.float32(1).tobytes() + b"k" * 6_000_000))


def test_a_long_line_is_joined_once(file: File) -> None:
    """Of the pieces that it comes in, and not again with each of them: its buffer is no larger than it."""
    with Source(os.fspath(file("w.txt", b"x" * 40_000_000 + b"\ny"))) as source:
        assert [len(line) for line in source.lines()] == [40_000_000, 1]


@pytest.mark.parametrize("call", ["fstat", "read"])
def test_an_error_of_the_system_keeps_its_number_and_gets_the_path(
    file: File, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = file("w.txt", "a 1 2\nb 3 4\n")

    def fail(*_: object) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    if call == "fstat":
        monkeypatch.setattr(os, "fstat", fail)
    else:
        monkeypatch.setattr(io, "FileIO", type("Failing", (io.FileIO,), {"read": fail}))
    with pytest.raises(OSError, match="Input/output error") as caught:
        read(path)
    monkeypatch.undo()
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, str(path))


FILL = """
import errno, resource, sys
import numpy as np
from nearabout.formats import write
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
path = sys.argv[1]
keys = [f"word {row}".replace(" ", "") for row in range(5000)] if sys.argv[2] == "keys" else None
try:
    write(path, np.random.default_rng(0).standard_normal((5000, 50)).astype("f4"), keys)
except OSError as error:
    print(errno.errorcode.get(error.errno), error.filename == path)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of files are of POSIX")
@pytest.mark.parametrize("name", ["w.npy", "w.npy.gz", "w.npy.xz", "w.fvecs", "w.vec", "w.txt", "w.bin", "w.parquet"])
def test_a_full_disk_has_its_number_and_path(tmp_path: Path, name: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    keys = "keys" if name.endswith((".vec", ".txt", ".bin")) else "none"
    path = tmp_path / name
    done = subprocess.run([sys.executable, "-c", FILL, str(path), keys], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["EFBIG", "True"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", "u1", "f2", "i8"])
def test_npy_is_written_as_numpy_writes_it(tmp_path: Path, dtype: str, order: Any) -> None:
    from nearabout.formats import write

    matrix = np.asarray(np.arange(3_000_000).reshape(1000, 3000) % 200, dtype, order)
    write(tmp_path / "a.npy", matrix[:, ::2])
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), matrix[:, ::2])
    write(tmp_path / "b.npy", matrix[:0])
    assert np.load(tmp_path / "b.npy").shape == (0, 3000)


def test_bad_lines_of_text_are_left_out_and_told(file: File) -> None:
    text = b"a 1 2\nb 1\nc x 2\nd\xff 1 2\ne 0.5 1 2\nf 3 4\n"
    for name, content in (("w.txt", text), ("w.vec", b"6 2\n" + text)):
        path = file(name, content)
        first = 2 if name == "w.txt" else 3
        with pytest.raises(CorruptFile, match=rf"line {first} has 1 numbers after its key; 2 are.*on_bad='skip'"):
            read(path)
        found = read(path, on_bad="skip")
        assert found.keys == ["a", "f"]
        assert found.vectors.tolist() == [[1, 2], [3, 4]]
        assert found.report.skipped_rows == 4
        assert [one.split(" (")[0] for one in found.report.first_skipped] == [f"line {first + row}" for row in range(3)]
        assert "number 1 of 2: 'x' is not a number" in found.report.first_skipped[1]
        with open_rows(path, room=None, scratch=None, on_bad="skip") as stream:
            assert np.concatenate(list(stream.pieces)).tolist() == [[1, 2], [3, 4]]
            assert stream.finish() == (found.keys, found.report)
    with pytest.raises(InvalidInput, match="none of its 2 rows can be read: line 2"):
        read(file("w.vec", "2 2\na x\nb x\n"), on_bad="skip")


def test_bad_keys_of_records_are_left_out(file: File) -> None:
    rows = [b"a", b"b\xff", b"c"]
    content = b"3 1\n" + b"".join(key + b" " + np.float32(1).tobytes() for key in rows)
    found = read(file("w.bin", content), on_bad="skip")
    assert (found.keys, found.report.skipped_rows) == (["a", "c"], 1)
    assert "not UTF-8" in found.report.first_skipped[0]


def test_the_parser_counts_what_it_leaves_out() -> None:
    parser = _core.LineParser(
        dims=1, announced_rows=3, reserved_rows=0, errors="strict", skip_bad=True, first_line=1, fractions_in_keys=False
    )
    assert parser.feed(b"a 1\nb x\nc ") is None
    assert (parser.place, parser.waiting_bytes, parser.skipped, parser.rows_read) == (3, 2, 1, 1)
    assert parser.feed(b"2\nd 3\n") == ("more_rows", 4, 0, b"")
