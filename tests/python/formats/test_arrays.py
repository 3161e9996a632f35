"""Formats of arrays: .npy, .npz, vecs, bigann, IDX, safetensors, HDF5; their own libraries are the reference."""

from __future__ import annotations

import io
import json
import pickle
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import (
    CorruptFileError,
    FileFormatError,
    InvalidInputError,
    TruncatedFileError,
    UnknownFormatError,
)
from nearabout.formats import open_rows, read

File = Callable[[str, bytes | str], Path]
MATRIX = np.arange(12, dtype=np.float32).reshape(3, 4) / 8


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["f4", "f2", "f8", ">f4", "u1", "i1", "i4", ">i2", "u8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_every_type_and_order(file: File, dtype: str, order: Any) -> None:
    array = np.asarray(MATRIX * 8, dtype, order)
    vectors = read(file("a.npy", npy(array))).vectors
    np.testing.assert_array_equal(vectors, array)
    assert vectors.dtype == (np.uint8 if dtype == "?" else array.dtype.newbyteorder("="))


def test_more_than_two_dimensions_are_refused(file: File, tmp_path: Path) -> None:
    """Whether an axis is of vectors or of their numbers, nobody but who saved the array knows."""
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    header = {"a": tensor("U8", [2, 3, 4], 0, 24)}
    brain = {"a": tensor("BF16", [2, 3, 2], 0, 24)}
    paths = [
        (file("a.npy", npy(array)), "the array", (2, 3, 4)),
        (file("f.npy", npy(np.asfortranarray(array))), "the array", (2, 3, 4)),
        (file("a.npz", npz(vectors=array)), "the array vectors", (2, 3, 4)),
        (file("a.safetensors", safetensors(header, array.tobytes())), "the tensor a", (2, 3, 4)),
        (file("b.safetensors", safetensors(brain, array.tobytes())), "the tensor a", (2, 3, 2)),
        (file("a.pkl", pickle.dumps(array)), "the saved array", (2, 3, 4)),
        (file("d.pkl", pickle.dumps([array[0], array[1]])), "np.stack", ()),
    ]
    for path, what, shape in paths:
        sentence = rf"{what} has the shape {re.escape(str(shape))}: .*array\.reshape\(2, -1\)" if shape else what
        with pytest.raises(InvalidInputError, match=sentence):
            read(path)
        with (
            pytest.raises(InvalidInputError, match=sentence.replace("the array vectors", "the array")),
            open_rows(path, room=None, scratch=None) as stream,
        ):
            list(stream.pieces)
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.hdf5", "w") as content:
        content["train"] = array
    with pytest.raises(InvalidInputError, match=r"the dataset train has the shape \(2, 3, 4\).*reshape\(2, -1\)"):
        read(tmp_path / "a.hdf5")
    with (
        pytest.raises(InvalidInputError, match=r"the dataset train has the shape \(2, 3, 4\)"),
        open_rows(tmp_path / "a.hdf5", room=None, scratch=None) as stream,
    ):
        list(stream.pieces)


def test_images_of_idx_become_rows(file: File) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = file("a.idx3-ubyte", struct.pack(">2xBB3I", 0x08, 3, 2, 3, 4) + array.tobytes())
    np.testing.assert_array_equal(read(path).vectors, array.reshape(2, 12))
    with open_rows(path, room=None, scratch=None) as stream:
        assert stream.place is not None
        assert (stream.place.rows, stream.place.dims) == (2, 12)


@pytest.mark.parametrize(("array", "sentence"), [
    (np.zeros(3, np.float32), r"shape \(3,\): vectors need two dimensions"),
    (np.zeros((3, 0), np.float32), "at least one dimension"),
    (np.zeros((2, 2), np.complex64), "save numbers"),
    (np.array([["a", "b"]]), "save it as floating point numbers"),
    (np.array([[1, None]], object), "objects and records are not read"),
    (np.zeros(2, [("a", "f4")]), "objects and records are not read"),
    (np.zeros((2, 2), "M8[s]"), "save numbers"),
])  # fmt: skip
def test_arrays_that_are_no_vectors(file: File, array: Any, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        read(file("a.npy", npy(array)))


def test_npy_files_that_are_damaged(file: File) -> None:
    good = npy(MATRIX)
    with pytest.raises(TruncatedFileError, match=r"takes 48 bytes, but only 47 are left"):
        read(file("a.npy", good[:-1]))
    with pytest.raises(CorruptFileError, match="bytes follow the array"):
        read(file("a.npy", good + b"x"))
    with pytest.raises(UnknownFormatError, match="magic"):
        read(file("a.npy", b"\x00\x01" * 40))
    with pytest.raises(CorruptFileError, match="version 9"):
        read(file("a.npy", good[:6] + b"\x09" + good[7:]))
    with pytest.raises(CorruptFileError, match="header .* is not valid"):
        read(file("a.npy", good.replace(b"(3, 4)", b"(3,-4)")))
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (9000000000000000, 1), }\n"
    with pytest.raises(TruncatedFileError, match="takes 36,000,000,000,000,000"):
        read(file("a.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)))


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def test_npz_chooses_what_is_meant(file: File) -> None:
    words = np.array(["a", "b", "a"])
    path = file("a.npz", npz(base=MATRIX, base_words=words, query=MATRIX[:1], labels=np.array([1, 1, 2])))
    embeddings = read(path)
    assert embeddings.keys == ["a", "b"]
    assert embeddings.report.duplicates == 1
    assert read(path, dataset="query").keys is None
    assert read(path, key_column=False).keys is None
    assert np.asarray(read(path, key_column="labels").keys).tolist() == [1, 2]
    assert np.asarray(read(file("b.npz", npz(vectors=MATRIX, ids=np.array([7, 8, 9])))).keys).tolist() == [7, 8, 9]


def test_npz_that_leaves_a_doubt(file: File) -> None:
    path = file("a.npz", npz(first=MATRIX, second=MATRIX))
    with pytest.raises(
        InvalidInputError, match=r"several arrays: first \(3, 4\), second \(3, 4\)\. Name one with dataset="
    ):
        read(path)
    assert len(read(path, dataset="second")) == 3
    with pytest.raises(InvalidInputError, match="no array of numbers named 'third'"):
        read(path, dataset="third")
    with pytest.raises(InvalidInputError, match="key_column='none'"):
        read(path, dataset="first", key_column="none")
    with pytest.raises(InvalidInputError, match="no array of two dimensions"):
        read(file("b.npz", npz(first=np.zeros(4))))


def test_npz_with_objects_reads_the_rest_and_runs_nothing(file: File) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("vectors.npy", npy(MATRIX))
        archive.writestr("objects.npy", npy(np.array([None, []], object)))
    np.testing.assert_array_equal(read(file("a.npz", packed.getvalue())).vectors, MATRIX)


def test_vecs_rows(file: File) -> None:
    rows = b"".join(struct.pack("<i", 4) + row.tobytes() for row in MATRIX)
    np.testing.assert_array_equal(read(file("a.fvecs", rows)).vectors, MATRIX)
    with pytest.raises(TruncatedFileError, match=r"row 2 is cut short: it has 19 of 20 bytes"):
        read(file("a.fvecs", rows[:-1]))
    with pytest.raises(CorruptFileError, match=r"row 1 announces 3 dimensions, the first row 4"):
        read(file("a.fvecs", rows[:20] + struct.pack("<i", 3) + rows[24:]))
    with pytest.raises(CorruptFileError, match="announces 0 dimensions"):
        read(file("a.fvecs", bytes(8)))
    with pytest.raises(TruncatedFileError, match="is empty"):
        read(file("a.fvecs", b""))
    with pytest.raises(InvalidInputError, match="the suffix determines the element type"):
        read(file("a.dat", rows), format="vecs")


def test_vecs_of_more_than_one_block(file: File) -> None:
    many = np.arange(2_400_000, dtype=np.float32).reshape(-1, 8)
    rows = np.concatenate([np.full((len(many), 1), 8, np.int32).view(np.float32), many], axis=1)
    np.testing.assert_array_equal(read(file("a.fvecs", rows.tobytes())).vectors, many)


def test_bigann_headers_that_lie(file: File) -> None:
    content = struct.pack("<2I", 3, 4) + MATRIX.tobytes()
    np.testing.assert_array_equal(read(file("a.fbin", content)).vectors, MATRIX)
    half = MATRIX.astype(np.float16)
    np.testing.assert_array_equal(read(file("a.f16bin", struct.pack("<2I", 3, 4) + half.tobytes())).vectors, half)
    with pytest.raises(TruncatedFileError, match="3 rows of 4 dimensions takes 48 bytes, but only 47"):
        read(file("a.fbin", content[:-1]))
    with pytest.raises(CorruptFileError, match=r"more data follows the 3 rows.*\(1 bytes\)"):
        read(file("a.fbin", content + b"x"))
    with pytest.raises(CorruptFileError, match="0 dimensions"):
        read(file("a.fbin", bytes(8)))
    assert read(file("a.fbin", struct.pack("<2I", 0, 4))).vectors.shape == (0, 4)


def test_idx_types_and_damage(file: File) -> None:
    for code, dtype in ((0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")):
        array = np.arange(6).reshape(2, 3).astype(dtype)
        content = struct.pack(">2xBB2I", code, 2, 2, 3) + array.tobytes()
        vectors = read(file("a.idx", content)).vectors
        np.testing.assert_array_equal(vectors, array)
        assert vectors.dtype.isnative
    with pytest.raises(TruncatedFileError, match=r"shape \(2, 3\) takes 48 bytes, but only 47"):
        read(file("a.idx", content[:-1]))
    with pytest.raises(CorruptFileError, match="more data follows the array"):
        read(file("a.idx", content + b"x"))
    with pytest.raises(InvalidInputError, match=r"shape \(4,\): vectors need two"):  # MNIST's labels
        read(file("a.idx1-ubyte", b"\0\0\x08\x01" + struct.pack(">I", 4) + bytes(4)))


def safetensors(header: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_safetensors_of_every_type(file: File) -> None:
    for name, dtype in (("F32", "f4"), ("F16", "f2"), ("F64", "f8"), ("I8", "i1"), ("U8", "u1"), ("I64", "i8")):
        array = np.arange(6).reshape(2, 3).astype(dtype)
        content = safetensors({"a": tensor(name, [2, 3], 0, array.nbytes)}, array.tobytes())
        np.testing.assert_array_equal(read(file("a.safetensors", content)).vectors, array)
    values = np.array([[1.5, -2.0, np.inf, 3.140625]], np.float32)
    brain = (values.view(np.uint32) >> 16).astype("<u2")
    content = safetensors({"a": tensor("BF16", [1, 4], 0, 8)}, brain.tobytes())
    np.testing.assert_array_equal(read(file("a.safetensors", content)).vectors, values)


def test_safetensors_takes_the_tensor_that_is_named(file: File) -> None:
    header = {"a": tensor("U8", [2, 2], 0, 4), "b": tensor("U8", [2, 3], 4, 10), "__metadata__": {"format": "np"}}
    path = file("a.safetensors", safetensors(header, bytes(range(10))))
    assert read(path, dataset="b").vectors.tolist() == [[4, 5, 6], [7, 8, 9]]
    with pytest.raises(InvalidInputError, match="several arrays"):
        read(path)


@pytest.mark.parametrize(("header", "data", "sentence"), [
    ({"a": tensor("U8", [2, 2], 0, 5)}, 5, "header is not valid"),
    ({"a": tensor("U8", [2, 2], 1, 5)}, 5, "hole or overlap at byte 0"),
    ({"a": tensor("U8", [2, 2], 0, 4), "b": tensor("U8", [1, 2], 3, 5)}, 5, "hole or overlap at byte 4"),
    ({"a": tensor("U8", [2, 2], 0, 4)}, 3, "describes 4 bytes of data, but the file has 3"),
    ({"a": tensor("U8", [2, 2], 0, 4)}, 5, "describes 4 bytes of data, but the file has 5"),
    ({"a": tensor("U8", [1 << 61, 4], 0, 4)}, 4, "header is not valid"),
    ({"a": tensor("U8", [-2, -2], 0, 4)}, 4, "header is not valid"),
    ({"a": tensor("F99", [2, 2], 0, 4)}, 4, "no array of two dimensions"),
    ({"a": 5}, 0, "header is not valid"),
    ({}, 0, "no array of two dimensions"),
])  # fmt: skip
def test_safetensors_headers_that_are_wrong(file: File, header: dict[str, Any], data: int, sentence: str) -> None:
    with pytest.raises((FileFormatError, InvalidInputError), match=sentence):
        read(file("a.safetensors", safetensors(header, bytes(data))))


def test_safetensors_headers_of_absurd_length(file: File) -> None:
    with pytest.raises(CorruptFileError, match="header of 18,446,744,073,709,551,615 bytes"):
        read(file("a.safetensors", b"\xff" * 8 + b"{}"), format="safetensors")
    with pytest.raises(TruncatedFileError, match="ends in the header"):
        read(file("a.safetensors", struct.pack("<Q", 90_000_000) + b"{}"))


def test_hdf5_datasets(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.hdf5"
    with h5py.File(path, "w") as file:
        file["test"] = MATRIX[:1]
        file["train"] = MATRIX
        file["deep/inside"] = MATRIX.astype(np.float16)
        file.create_dataset("announced", (1 << 40, 4), np.float32, chunks=(1024, 4))
        file.create_dataset("elsewhere", (3, 4), np.float32, external=[("/etc/hostname", 0, 48)])
    np.testing.assert_array_equal(read(path).vectors, MATRIX)
    assert read(path, dataset="deep/inside").vectors.dtype == np.float16
    with pytest.raises(CorruptFileError, match=r"announces 17,592,186,044,416 bytes, but only 0 are stored"):
        read(path, dataset="announced")
    with pytest.raises(InvalidInputError, match="no array of numbers named 'elsewhere'"):
        read(path, dataset="elsewhere")
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(CorruptFileError, match="HDF5 file cannot be read"):
        read(path)
