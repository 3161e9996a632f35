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
from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError
from nearabout.formats import _source, open_rows, read
from nearabout.formats._source import Source
from tests.combinations import star

File = Callable[[str, bytes | str], Path]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
TOO_FAR = r"expands to at least [0-9,]+ bytes, over 200 times its own size.*decompress it first"


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
        with pytest.raises(InvalidInputError, match=rf"{name}{suffix}: {TOO_FAR}"):
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
        with pytest.raises(InvalidInputError, match=rf"{name}: {TOO_FAR}"):
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
            with pytest.raises(InvalidInputError, match=rf"{name}: {TOO_FAR}"):
                fetch(tmp_path / name)


def repeated_texts() -> dict[str, Any]:
    """Columns of long values that are the same again and again, and one of two short ones before them."""
    pa, compute = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.compute")
    word, vector = "k" * 10_000, f"[{', '.join(['0.5'] * 2500)}]"
    shared = pa.DictionaryArray.from_arrays(pa.array(np.zeros(4000, np.int32)), pa.array([vector]))
    numbers = pa.array(np.zeros(2500, np.float32))
    ends = pa.array([4000], pa.int32())
    views = pa.array([word] * 4000, pa.string_view())
    return {
        "key": pa.array([word] * 4000),
        "key after a null": pa.array([None] + [word] * 3999),
        "key after short ones": pa.array(["a", "b"] + [word] * 3998),
        "key of bytes": pa.array([word.encode()] * 4000),
        "vector": pa.array([vector] * 4000),
        "key as a dictionary": pa.DictionaryArray.from_arrays(pa.array(np.zeros(4000, np.int32)), pa.array([word])),
        "vector as a dictionary": shared,
        "key in runs": pa.RunEndEncodedArray.from_arrays(ends, pa.array([word])),
        "vector in views": pa.ListViewArray.from_arrays(
            pa.array(np.zeros(4000, np.int32)), pa.array(np.full(4000, 2500, np.int32)), numbers
        ),
        "key in views": pa.Array.from_buffers(
            pa.string_view(),
            4000,
            [None, pa.py_buffer(views.buffers()[1].to_pybytes()[:16] * 4000), views.buffers()[2]],
        ),
        "key in runs of a dictionary": compute.run_end_encode(pa.array([word] * 4000)),
    }


REPEATED = [
    "key", "key after a null", "key after short ones", "key of bytes", "vector", "key as a dictionary",
    "vector as a dictionary", "key in runs", "vector in views", "key in views", "key in runs of a dictionary",
]  # fmt: skip


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("ending", ["parquet", "arrow", "delta.parquet"])
def test_long_values_that_repeat_are_refused(tmp_path: Path, low_bounds: None, name: str, ending: str) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    column = repeated_texts()[name]
    if ending != "arrow" and ("runs" in name or "views" in name):
        return  # Parquet has no such types
    if ending == "delta.parquet" and "dictionary" in name:
        return  # pyarrow does not read such a file
    if ending == "arrow" and name in ("key", "key after a null", "key after short ones", "key of bytes", "vector"):
        return  # they are written in full
    other = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    beside = {"x0": other[:, 0], "x1": other[:, 1]} if name.startswith("key") else {}
    table = pa.table({name.partition(" ")[0]: column, **beside})
    path = tmp_path / f"w.{ending}"
    if ending == "arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=50 if name.endswith("as a dictionary") else None)
    elif ending == "parquet":
        parquet.write_table(table, path, compression="zstd", row_group_size=1500)
    else:
        encoding = {name.partition(" ")[0]: "DELTA_BYTE_ARRAY"}
        parquet.write_table(table, path, compression="zstd", use_dictionary=False, column_encoding=encoding)
    for fetch in (read, gathered):
        with pytest.raises(InvalidInputError, match=rf"{path.name}: {TOO_FAR}"):
            fetch(path)


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"column_encoding": "DELTA_BYTE_ARRAY"}])
def test_texts_of_a_table_are_read_where_they_are_many(tmp_path: Path, low_bounds: None, options: Any) -> None:
    """One that is long beside many short ones does not stand for them all."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    words = ["k" * 20_000, *(f"word {row}" for row in range(20_000))]
    if "column_encoding" in options:
        options = {"use_dictionary": False, "column_encoding": {"key": "DELTA_BYTE_ARRAY"}}
    rows = np.random.default_rng(0).normal(size=(20_001, 2)).astype(np.float32)
    table = pa.table({"key": words, "vector": [str(row) for row in rows.tolist()]})
    parquet.write_table(table, tmp_path / "w.parquet", row_group_size=8000, **options)
    found = read(tmp_path / "w.parquet")
    assert found.keys == words
    np.testing.assert_array_equal(found.vectors, rows)
    np.testing.assert_array_equal(np.concatenate(gathered(tmp_path / "w.parquet")), rows)


def test_a_name_with_points_hides_nothing(tmp_path: Path, low_bounds: None) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    columns = {"x0": rows[:, 0], "x1": rows[:, 1]}
    parquet.write_table(pa.table({"my.key": ["k" * 10_000] * 4000, **columns}), tmp_path / "w.parquet")
    for fetch in (read, gathered):
        with pytest.raises(InvalidInputError, match=TOO_FAR):
            fetch(tmp_path / "w.parquet")
    parquet.write_table(pa.table({"my.key": ["a", "b"], "x0": [1.0, 2.0], "x1": [1.0, 2.0]}), tmp_path / "w.parquet")
    assert read(tmp_path / "w.parquet").keys == ["a", "b"]


def test_half_floats_that_swell_are_refused(tmp_path: Path, low_bounds: None) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    zeros = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(4_000_000, np.float16)), 100)
    parquet.write_table(pa.table({"vector": zeros}), tmp_path / "w.parquet")
    with pytest.raises(InvalidInputError, match=TOO_FAR):
        read(tmp_path / "w.parquet")


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
    with pytest.raises(InvalidInputError, match=TOO_FAR):
        read(file("w.pkl", shared_lists(5000, 5000)))
    assert read(file("w.pkl", shared_lists(100, 100))).vectors.shape == (100, 100)
    with pytest.raises(InvalidInputError, match=TOO_FAR):
        read(file("w.pkl", pickle.dumps((["k" * 5000] * 5000, np.zeros((5000, 1), np.float32)))))
    with pytest.raises(InvalidInputError, match=TOO_FAR):
        read(file("w.pkl", pickle.dumps(dict.fromkeys(range(3000), np.zeros(3000, np.float32)))))
    nested: Any = [0.5] * 16
    for _ in range(60):
        nested = [nested, nested]
    for content in (nested, {"vectors": nested}):  # 2^60 rows, did anybody walk through them
        with pytest.raises(InvalidInputError):
            read(file("w.pkl", pickle.dumps(content)))


def test_a_pickle_makes_no_gigabytes_of_a_number(file: File) -> None:
    program = b"\x80\x04cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x00\x01\x85R."
    with pytest.raises(CorruptFileError, match="a bytearray of an unknown form"):
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
        with pytest.raises(InvalidInputError, match=r"(line [23]|row) .*limit of 3,000,000 bytes"):
            fetch(path)


def test_a_key_without_an_end_is_refused(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    from nearabout.formats import _words

    monkeypatch.setattr(_words, "MAX_LINE", 3_000_000)
    with pytest.raises(CorruptFileError, match="the record at byte 10 has no end within 3,000,000 bytes"):
        read(file("w.bin", b"2 1\n" + b"w " + np.float32(1).tobytes() + b"k" * 6_000_000))


def test_a_long_line_is_joined_once(file: File) -> None:
    """Of the pieces that it comes in, and not again with each of them: its buffer is no larger than it."""
    with Source(os.fspath(file("w.txt", b"x" * 40_000_000 + b"\ny"))) as source:
        assert [len(line) for line in source.lines()] == [40_000_000, 1]


LONG_PARTS: dict[str, str] = {
    "number.csv": "word,x,y\na,1,2\nb,1,{}\n",
    "first.csv": "word,x,y\nb,1,{}\n",
    "names.csv": "{},{}b,x\na,b,1\n",
    "header.csv": "0,1,{}\n5,9,1\n",
    "vectors.csv": 'word,vector\na,"[1, 2]"\nb,"[1, {}]"\n',
    "bracket.tsv": "word\tvector\na\t[1 2]\nb\t{}\n",
    "comma.csv": "w;x;y\na;1;2\nb;{},5;3\n",
    "number.vec": "2 2\na 1 2\nb 1 {}\n",
    "key.vec": "2 2\na 1 2\nb{}\x85\xff 1 2\n",
    "numbers.txt": "a 1 2\nb 1 {} 2\nc 1 2\n",
    "start.json": "{}",
    "more.json": "[[1, 2]] {}",
    "members.jsonl": '{{"{}": "a", "b{}": "b", "vector": [1]}}\n',
    "twice.jsonl": '{{"{}": "a", "{}": "b", "vector": [1]}}\n',
    "key.jsonl": '{{"id": ["{}"], "vector": [1]}}\n',
}


@pytest.mark.parametrize("name", LONG_PARTS)
@pytest.mark.parametrize("character", ["x", "9", "\x07"])
def test_an_error_quotes_what_is_long_in_part(file: File, name: str, character: str) -> None:
    content = LONG_PARTS[name].replace("{}", character * 200_000).replace("{{", "{").replace("}}", "}")
    path = file(name, content.encode("latin-1"))
    with pytest.raises((FileFormatError, InvalidInputError)) as caught:
        read(path, key_column=f"no{character * 200_000}")
    assert len(str(caught.value)) < 3000
    try:
        read(path)
    except (FileFormatError, InvalidInputError) as error:
        assert len(str(error)) < 3000
    else:
        assert character == "9"


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
        with pytest.raises(CorruptFileError, match=rf"line {first} has 1 numbers after its key; 2 are.*invalid='skip'"):
            read(path)
        found = read(path, invalid="skip")
        assert found.keys == ["a", "f"]
        assert found.vectors.tolist() == [[1, 2], [3, 4]]
        assert found.report.skipped_rows == 4
        assert [one.split(" (")[0] for one in found.report.first_skipped] == [f"line {first + row}" for row in range(3)]
        assert "number 1 of 2: 'x' is not a number" in found.report.first_skipped[1]
        with open_rows(path, room=None, scratch=None, invalid="skip") as stream:
            assert np.concatenate(list(stream.pieces)).tolist() == [[1, 2], [3, 4]]
            assert stream.finish() == (found.keys, found.report)
    with pytest.raises(InvalidInputError, match="none of its 2 rows can be read: line 2"):
        read(file("w.vec", "2 2\na x\nb x\n"), invalid="skip")


def test_bad_keys_of_records_are_left_out(file: File) -> None:
    rows = [b"a", b"b\xff", b"c"]
    content = b"3 1\n" + b"".join(key + b" " + np.float32(1).tobytes() for key in rows)
    found = read(file("w.bin", content), invalid="skip")
    assert (found.keys, found.report.skipped_rows) == (["a", "c"], 1)
    assert "not UTF-8" in found.report.first_skipped[0]


def test_the_parser_counts_what_it_leaves_out() -> None:
    parser = _core.LineParser(
        dims=1, announced_rows=3, reserved_rows=0, errors="strict", skip_bad=True, first_line=1, fractions_in_keys=False
    )
    assert parser.feed(b"a 1\nb x\nc ") is None
    assert (parser.place, parser.waiting_bytes, parser.skipped, parser.rows_read) == (3, 2, 1, 1)
    assert parser.feed(b"2\nd 3\n") == ("more_rows", 4, 0, b"")
