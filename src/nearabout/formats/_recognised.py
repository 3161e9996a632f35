"""Recognises files of other types by their first bytes, and refuses them with advice on how to get vectors."""

from __future__ import annotations

import re

from nearabout.errors import UnknownFormatError
from nearabout.formats._options import Head

_FASTTEXT = (793712314).to_bytes(4, "little")
_UNPACK = "unpack it, and read the file of vectors inside"
# First bytes, type of the file, and advice.
_MAGICS: tuple[tuple[bytes, str, str], ...] = (
    (
        _FASTTEXT,
        "a fastText model",
        "its vectors are in the .vec file of the same name; if that is missing, write one in Python: model = "
        "fasttext.load_model(path), then nearabout.formats.write('words.vec', "
        "[model.get_word_vector(word) for word in model.words], model.words)",
    ),
    (
        b"version https://git-lfs.github.com/spec/",
        "a pointer of Git LFS, not the file itself",
        "fetch the file with `git lfs pull`",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x1f\x9d", "compressed by `compress`", "decompress it with `uncompress`"),
    (b"\x04\x22\x4d\x18", "compressed by LZ4", "decompress it with `lz4 -d`"),
    (b"SQLite format 3\x00", "an SQLite database", "export a table of it as CSV or Parquet"),
    (b"GGUF", "a GGUF model", "compute vectors with it and save them as .npy"),
    (b"ORC", "an ORC file", "write it as Parquet"),
    (b"Obj\x01", "an Avro file", "write it as Parquet"),
    (b"usearch", "an index of usearch", "get its vectors with usearch, and save them as .npy"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", "save its sheet as CSV"),
    (b"%PDF-", "a PDF document", "get the table of numbers that it was made from"),
)
_FAISS = re.compile(rb"Ix[A-Z][A-Za-z0-9]|Iw[A-Z][A-Za-z0-9]|IHN[a-z]|IBx[A-Z]")
_PAGE = re.compile(rb"\s*<(?:!doctype html|html>\s*<)", re.IGNORECASE)
_TAR_HEADER = 512
# These begin with a number of rows or dims, which may look like a short magic number or a byte order mark.
_KNOWN_BY_NAME = (".fvecs", ".bvecs", ".ivecs", ".fbin", ".f16bin", ".u8bin", ".i8bin", ".ibin")


def refuse_others(head: Head, path: str) -> None:
    """Refuses a file that is known not to contain vectors.

    Raises:
        UnknownFormatError: the message names the type of the file and what to do.
    """
    by_name = head.suffix in _KNOWN_BY_NAME
    for magic, what, advice in _MAGICS:
        if head.data.startswith(magic) and _is_meant(magic, head.data) and (not by_name or len(magic) > 3):
            raise UnknownFormatError(f"{path}: is {what}: {advice}")
    if _is_tar(head.data):
        raise UnknownFormatError(f"{path}: is a tar archive: unpack it (tar -xf), and read the file of vectors inside")
    if _FAISS.match(head.data) and b"\x00" in head.data[4:24]:
        raise UnknownFormatError(
            f"{path}: is an index of faiss: get its vectors with index.reconstruct_n(0, index.ntotal), and save them "
            "as .npy"
        )
    if _PAGE.match(head.data):
        raise UnknownFormatError(
            f"{path}: is a web page, perhaps saved instead of a download: open its address and get the file itself"
        )
    encoding = None if by_name else _wide_encoding(head.data)
    if encoding is not None:
        raise UnknownFormatError(
            f"{path}: is text in {encoding}: convert it to UTF-8, for example with iconv -f {encoding} -t UTF-8"
        )


def _is_meant(magic: bytes, data: bytes) -> bool:
    """Returns whether a magic number that consists of letters is not just the beginning of a word."""
    if any(byte < 32 or byte > 126 for byte in magic) or len(magic) > 8:
        return True
    return b"\x00" in data[len(magic) : 64]


def _is_tar(data: bytes) -> bool:
    """Returns whether this is a tar header, which contains the sum of its bytes with blanks in the sum field."""
    header = data[:_TAR_HEADER]
    digits = header[148:156].strip(b" \x00")
    if len(header) < _TAR_HEADER or not digits or not header[0]:
        return False
    try:
        stored = int(digits, 8)
    except ValueError:
        return False
    return stored == sum(header[:148]) + sum(header[156:]) + 8 * ord(" ")


def _is_ascii_text(data: bytes) -> bool:
    return all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in data)


def _wide_encoding(data: bytes) -> str | None:
    """Returns UTF-16 or UTF-32 if the text has their byte order mark, or zeros between ASCII letters."""
    for mark, name in (
        (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ):  # fmt: skip
        if data.startswith(mark) and len(data) > len(mark):
            return name
    some = data[:256]
    for zeros, letters, name in ((some[1::2], some[0::2], "UTF-16LE"), (some[0::2], some[1::2], "UTF-16BE")):
        if len(zeros) >= 4 and not zeros.strip(b"\x00") and _is_ascii_text(letters):
            return name
    return None
