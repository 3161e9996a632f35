"""Files that are something else than their name says: known for what they are, and refused with the way out."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nearabout.errors import InvalidInputError, UnknownFormatError
from nearabout.formats import open_rows, read

File = Callable[[str, bytes | str], Path]
MATRIX = np.arange(1, 25, dtype=np.float32).reshape(4, 6) / 8
TEXT = "a 1 2\nb 3 4\n"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 12345\n"


def tar(mode: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=mode) as archive:
        entry = tarfile.TarInfo("words.txt")
        entry.size = len(TEXT)
        archive.addfile(entry, io.BytesIO(TEXT.encode()))
    return file.getvalue()


FASTTEXT = struct.pack("<2i", 793712314, 12) + struct.pack("<12id", *range(12), 0.5) + bytes(500)
FOREIGN = {
    "fastText": (FASTTEXT, r"is a fastText model: its vectors are in the \.vec file of the same name"),
    "Git LFS": (LFS.encode(), "is a pointer of Git LFS, not the file itself: fetch the file with `git lfs pull`"),
    "tar": (tar(tarfile.USTAR_FORMAT), r"is a tar archive: unpack it \(tar -xf\)"),
    "GNU tar": (tar(tarfile.GNU_FORMAT), r"is a tar archive"),
    "faiss": (b"IxF2" + struct.pack("<i3q", 16, 100, 0, 0), "is an index of faiss"),
    "web page": (b"<!DOCTYPE html>\n<html>", "is a web page"),
    "UTF-16": (TEXT.encode("utf-16"), "is text in UTF-16: convert it to UTF-8"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "is text in UTF-16LE"),
    "UTF-16 big-endian": (TEXT.encode("utf-16-be"), "is text in UTF-16BE"),
    "UTF-32": (TEXT.encode("utf-32"), "is text in UTF-32"),
    "SQLite": (b"SQLite format 3\x00" + bytes(100), "is an SQLite database"),
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("name", ["w.txt", "w.bin", "w.vec", "w.csv", "w.npy", "w.tar.gz", "w"])
def test_files_of_other_kinds(file: File, what: str, name: str) -> None:
    content, sentence = FOREIGN[what]
    with pytest.raises(UnknownFormatError, match=sentence):
        read(file(name, gzip.compress(content) if name.endswith(".gz") else content))


@pytest.mark.parametrize(("members", "sentence"), [
    (["[Content_Types].xml", "xl/workbook.xml"], "is an Excel workbook: save its sheet as CSV"),
    (["archive/data.pkl", "archive/data/0"], "was written by torch.save"),
])  # fmt: skip
def test_archives_of_other_kinds(file: File, members: list[str], sentence: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in members:
            archive.writestr(name, b"content")
    with pytest.raises(UnknownFormatError, match=sentence):
        read(file("a.any", content.getvalue()))


def test_the_way_out_is_known_where_the_format_is_named(file: File) -> None:
    with pytest.raises(UnknownFormatError, match="Git LFS"):
        read(file("w.npy", LFS), format="npy")


def test_words_that_begin_like_a_magic_are_words(file: File) -> None:
    words = ["GGUF", "ORC", "IxF2", "<html>", "usearch", "%PDF-1.7", "Rar", "version"]
    for word in words:
        assert read(file("w.txt", f"{word} 1 2\nb 3 4\n")).keys == [word, "b"]


VECS = b"".join(struct.pack("<i", 6) + row.tobytes() for row in MATRIX)
BIN = struct.pack("<2I", 4, 6) + MATRIX.tobytes()
BYTES = MATRIX.astype(np.uint8)
BVECS = b"".join(struct.pack("<i", 6) + row.tobytes() for row in BYTES)
U8BIN = struct.pack("<2I", 4, 6) + BYTES.tobytes()


@pytest.mark.parametrize(("content", "name", "right"), [
    (VECS, "a.fbin", ".fvecs"), (BIN, "a.fvecs", ".fbin"), (BVECS, "a.u8bin", ".bvecs"), (U8BIN, "a.bvecs", ".u8bin"),
])  # fmt: skip
def test_layouts_that_are_mixed_up(file: File, content: bytes, name: str, right: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"rows are laid out as in {right}: rename it to end in {right}"):
        read(file(name, content))
    with pytest.raises(InvalidInputError, match="rename"), open_rows(file(name, content), room=None, scratch=None):
        pass
    assert len(read(file(f"b{right}", content))) == 4
    if name == "a.fbin":
        with pytest.raises(InvalidInputError, match="rename"):
            read(file(f"{name}.gz", gzip.compress(content)))
    assert len(read(file(f"b{right}.gz", gzip.compress(content)))) == 4


def test_whole_numbers_named_fractions_and_the_reverse(file: File) -> None:
    integers = (MATRIX * 8).astype(np.int32)
    ivecs = b"".join(struct.pack("<i", 6) + row.tobytes() for row in integers)
    for content, name, right in (
        (ivecs, "a.fvecs", ".ivecs"), (VECS, "a.ivecs", ".fvecs"),
        (BIN, "a.ibin", ".fbin"), (struct.pack("<2I", 4, 6) + integers.tobytes(), "a.fbin", ".ibin"),
    ):  # fmt: skip
        with pytest.raises(InvalidInputError, match=rf"rename it to end in {right}"):
            read(file(name, content))
        assert len(read(file(f"b{right}", content))) == 4
    zeros = b"".join(struct.pack("<i", 6) + bytes(24) for _ in range(3))
    assert not read(file("z.fvecs", zeros)).vectors.any()


@pytest.mark.parametrize("rows", [0x9D1F, 0xFEFF, 0xFFFE])
def test_a_number_of_rows_is_no_magic(file: File, rows: int) -> None:
    """Its bytes are those of a byte order mark, or of an old compression."""
    assert len(read(file("a.u8bin", struct.pack("<2I", rows, 1) + bytes(rows)))) == rows


def test_a_bfloat16_array_is_named(file: File) -> None:
    npy = io.BytesIO()
    np.save(npy, np.zeros((2, 3), "V2"))
    with pytest.raises(InvalidInputError, match=r"perhaps bfloat16.*array\.astype\(np\.float32\)"):
        read(file("a.npy", npy.getvalue()))
