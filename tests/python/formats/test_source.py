"""Files as the system has them: compressed, archived, piped, empty, missing, changing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout
from nearabout.errors import (
    CorruptFileError,
    FileFormatError,
    InvalidInputError,
    TruncatedFileError,
    UnknownFormatError,
)
from nearabout.formats import read
from nearabout.formats._source import Source

File = Callable[[str, bytes | str], Path]
TEXT = b"".join(b"w%d %d 0.5\n" % (i, i) for i in range(50_000))
COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compression_is_seen_by_content(file: File, suffix: str) -> None:
    embeddings = read(file("words", COMPRESS[suffix](TEXT)))
    assert (len(embeddings), embeddings.format) == (50_000, "glove")
    assert embeddings.vectors[:, 0].tolist() == list(range(50_000))


@pytest.mark.parametrize("suffix", COMPRESS)
def test_joined_streams_are_one_text(file: File, suffix: str) -> None:
    half = TEXT.index(b"w25000 ")
    content = COMPRESS[suffix](TEXT[:half]) + COMPRESS[suffix](TEXT[half:])
    assert len(read(file(f"words.txt{suffix}", content))) == 50_000


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_data_that_ends_early_or_is_damaged(file: File, suffix: str) -> None:
    content = COMPRESS[suffix](TEXT)
    with pytest.raises(TruncatedFileError, match="ends too early"):
        read(file(f"w.txt{suffix}", content[: len(content) // 2]))
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 0xFF
    with pytest.raises(CorruptFileError):
        read(file(f"w.txt{suffix}", bytes(damaged)))


def test_zeros_may_pad_a_gzip_stream(file: File) -> None:
    assert len(read(file("w.txt.gz", gzip.compress(TEXT) + bytes(700)))) == 50_000


def test_compressed_arrays_and_formats_that_seek(file: File, samples: Path) -> None:
    for name in (
        "array.npy",
        "ann.hdf5",
        "table.parquet",
        "rows.fvecs",
        "arrays.npz",
        "images.idx3-ubyte",
        "dict.protocol4.pkl",
    ):
        plain = read(samples / name)
        packed = read(file(f"{name}.gz", gzip.compress((samples / name).read_bytes())))
        np.testing.assert_array_equal(packed.vectors, plain.vectors)
        assert (packed.format, packed.keys is None) == (plain.format, plain.keys is None)


def test_compressed_ten_times_over(file: File) -> None:
    content = TEXT
    for _ in range(10):
        content = gzip.compress(content)
    with pytest.raises(FileFormatError, match="compressed more than 4 times"):
        read(file("w.txt.gz", content))


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return file.getvalue()


def test_a_zip_with_one_member_and_one_with_two(file: File) -> None:
    assert len(read(file("one.zip", archive(a__txt=TEXT)))) == 50_000
    assert len(read(file("packed.zip", archive(a__txt__gz=gzip.compress(TEXT))))) == 50_000
    path = file("two.zip", archive(a__txt=b"a 1 2\n", b__vec=b"1 3\nb 1 2 3\n"))
    with pytest.raises(
        InvalidInputError, match=r"holds 2 files: a\.txt, b\.vec\. Name one: .*two\.zip!a\.txt, or member="
    ):
        read(path)
    assert read(f"{path}!b.vec").dims == 3
    assert read(path, member="a.txt").dims == 2
    with pytest.raises(InvalidInputError, match=r"no member 'c'; it has a\.txt, b\.vec"):
        read(path, member="c")
    with pytest.raises(InvalidInputError, match=r"is not a \.zip"):
        read(file("w.txt", TEXT), member="a.txt")


def test_zips_that_cannot_be_read(file: File) -> None:
    content = archive(a__txt=TEXT)
    with pytest.raises(CorruptFileError, match="zip cannot be read"):
        read(file("w.zip", content[:-30]))
    with pytest.raises(FileFormatError, match="holds no file"):
        read(file("e.zip", archive()))
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 0xFF
    with pytest.raises(CorruptFileError, match=r"a\.txt is damaged"):
        read(file("d.zip", bytes(damaged)))


def test_empty_missing_directory_and_unknown(file: File, tmp_path: Path) -> None:
    with pytest.raises(TruncatedFileError, match="is empty"):
        read(file("w.txt", b""))
    with pytest.raises(TruncatedFileError, match="is empty"):
        read(file("w.txt.gz", gzip.compress(b"")))
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        read(tmp_path / "no-such-file.txt")
    if os.name == "posix":
        with pytest.raises(IsADirectoryError):
            read(tmp_path)
    with pytest.raises(
        UnknownFormatError, match=r"has an unknown format.*begins with b'\\x89PNG.*pass it with format="
    ):
        read(file("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)))


def test_an_index_is_known_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nearabout.build(np.eye(2, dtype=np.float32), path="w.near")
    for name in (None, "glove"):
        with pytest.raises(UnknownFormatError, match=r"is already a nearabout index.*nearabout convert w\.near w\.vec"):
            read("w.near", format=name)
    with pytest.raises(UnknownFormatError, match=r"is already a nearabout index.*give it a name that ends in \.near"):
        read(Path("w.near").rename("w.bin"))
    Path("w.bin").rename("w.near")
    Path("w.near.gz").write_bytes(gzip.compress(Path("w.near").read_bytes()))
    with pytest.raises(UnknownFormatError, match="is a compressed nearabout index: decompress it"):
        read("w.near.gz")


@fifos
@pytest.mark.parametrize(
    "name",
    ["gensim.bin", "glove.txt", "glove.txt.gz", "array.npy", "arrays.npz", "glove.zip", "table.parquet", "ann.hdf5"],
)
def test_a_pipe_is_read_in_one_pass(samples: Path, tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes((samples / name).read_bytes()))
    writer.start()
    embeddings = read(pipe)
    writer.join()
    np.testing.assert_array_equal(embeddings.vectors, read(samples / name).vectors)


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="this system has no /dev/stdin")
def test_standard_input() -> None:
    program = "import nearabout.formats as f; e = f.read('/dev/stdin'); print(len(e), e.dims, e.format)"
    done = subprocess.run([sys.executable, "-c", program], input=TEXT, capture_output=True, check=True)
    assert done.stdout.split() == [b"50000", b"2", b"glove"]


@pytest.mark.parametrize("name", ["glove.txt", "glove.txt.gz", "array.npy", "arrays.npz", "table.parquet", "rows.fbin"])
@pytest.mark.parametrize("piped", [True, False])
def test_standard_input_by_its_usual_name(samples: Path, name: str, piped: bool) -> None:
    """A pipe or a redirected file, whatever of it can be known without its name."""
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    given = "None" if name != "rows.fbin" else "'bigann'"
    program = f"import nearabout.formats as f; e = f.read('-', format={given}); print(e.vectors.tolist(), e.source)"
    command = [sys.executable, "-c", program]
    with (samples / name).open("rb") as file:
        done: Any = subprocess.run(
            command,
            capture_output=True,
            check=False,
            text=False,
            **({"input": file.read()} if piped else {"stdin": file}),
        )
    if name == "rows.fbin":
        assert b"standard input: the suffix determines the element type" in done.stderr
        return
    expected = read(samples / name).vectors.tolist()
    assert done.stdout.decode().strip() == f"{expected} standard input", done.stderr


def test_standard_input_that_is_closed() -> None:
    program = "import os; os.close(0); import nearabout.formats as f; f.read('-')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "OSError: [Errno 9] Bad file descriptor: 'standard input'" in done.stderr


@pytest.mark.parametrize("change", [b"more 1 2\n", None])
def test_a_file_that_changes_while_it_is_read(file: File, change: bytes | None) -> None:
    path = file("w.txt", TEXT * 4)

    def meddle(share: float) -> None:
        if 0 < share < 1:
            os.utime(path, ns=(1, 1)) if change is None else path.write_bytes(TEXT * 4 + change)

    with pytest.raises(CorruptFileError, match="changed while it was read"):
        read(path, progress=meddle)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_an_error_of_the_system_stays_one(file: File, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(1000)

    path = file(f"w.txt{suffix}", COMPRESS[suffix](TEXT))
    monkeypatch.setattr(io, "FileIO", Failing)
    with pytest.raises(OSError, match="Input/output error"):
        read(path)


def test_progress_rises_to_one_and_can_stop_the_work(file: File) -> None:
    path = file("w.txt.gz", gzip.compress(TEXT))
    seen: list[float] = []
    read(path, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(path, progress=stop)
    assert not [thread for thread in threading.enumerate() if thread.name == "nearabout-decompress"]


def test_a_header_alone_takes_no_memory(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a header announces is compared with the file before it is allocated, or comes with the data."""
    asked: list[int] = []
    real = np.empty

    def empty(shape: int, *args: object) -> object:
        asked.append(int(np.prod(shape)))
        return real(shape, *args)

    monkeypatch.setattr(np, "empty", empty)
    huge = b"\xff\xff\xff\x7f\x00\x00\x10\x00" + bytes(64)
    for content, name in ((huge, "a.fbin"), (gzip.compress(huge), "a.fbin.gz")):
        with pytest.raises(TruncatedFileError):
            read(file(name, content))
    assert max(asked, default=0) < 1000


def test_lines_are_the_lines_of_the_content(file: File) -> None:
    with Source(os.fspath(file("w", b"a\nb\r\n\nlast"))) as source:
        assert list(source.lines()) == [b"a", b"b\r", b"", b"last"]
    long = b"x" * 3_000_000
    with Source(os.fspath(file("w", long + b"\n" + long))) as source:
        assert list(source.lines()) == [long, long]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_swells_comes_in_small_pieces(suffix: str, file: File) -> None:
    """Some kilobytes of input are 40 MB of content: never all of it at once, and all of it in the end."""
    content = b"0" * 40_000_000
    with Source(os.fspath(file("a.txt" + suffix, COMPRESS[suffix](content)))) as source:
        source.head()
        sizes = [len(chunk) for chunk in source.chunks()]
    assert sum(sizes) == len(content)
    assert max(sizes) <= 2 << 20
