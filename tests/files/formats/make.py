"""Makes the sample files beside it, each with the library that people write such files with, not with Nearabout.

Run it from anywhere: ``python tests/files/formats/make.py``. It needs gensim, h5py, numpy, pyarrow, safetensors and
zstandard. All files hold the same eight words and float32 vectors of five dimensions, but for those of images and of
bytes.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import zstandard
from gensim.models import KeyedVectors
from safetensors.numpy import save_file

HERE = Path(__file__).parent
WORDS = ["the", "naïve", "日本", "king", "queen", "two_words", "😀", "x" * 40]
VECTORS = (np.random.default_rng(7).standard_normal((8, 5)) * 3).astype(np.float32)
IMAGES = np.random.default_rng(8).integers(0, 256, (6, 4, 3), dtype=np.uint8)


def words() -> None:
    peer = KeyedVectors(5)
    peer.add_vectors(WORDS, VECTORS)
    peer.save_word2vec_format(str(HERE / "gensim.bin"), binary=True)
    peer.save_word2vec_format(str(HERE / "gensim.vec"), binary=False)
    peer.save_word2vec_format(str(HERE / "glove.txt"), binary=False, write_header=False)
    with open(HERE / "word2vec_c.bin", "wb") as file:  # word2vec.c ends every record with a line feed
        file.write(b"8 5\n")
        for word, vector in zip(WORDS, VECTORS, strict=True):
            file.write(word.encode() + b" " + vector.tobytes() + b"\n")
    text = (HERE / "glove.txt").read_bytes()
    (HERE / "glove.txt.gz").write_bytes(gzip.compress(text, mtime=0))
    (HERE / "glove.txt.bz2").write_bytes(bz2.compress(text))
    (HERE / "glove.txt.xz").write_bytes(lzma.compress(text))
    (HERE / "glove.txt.zst").write_bytes(zstandard.ZstdCompressor().compress(text))
    with zipfile.ZipFile(HERE / "glove.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("folder/glove.txt"), text)


def arrays() -> None:
    np.save(HERE / "array.npy", VECTORS)
    np.savez(HERE / "arrays.npz", vectors=VECTORS, words=np.array(WORDS), other=np.arange(3))
    rows = [struct.pack("<i", 5) + row.tobytes() for row in VECTORS]
    (HERE / "rows.fvecs").write_bytes(b"".join(rows))
    (HERE / "rows.bvecs").write_bytes(b"".join(struct.pack("<i", 12) + image.tobytes() for image in IMAGES))
    (HERE / "rows.ivecs").write_bytes(b"".join(struct.pack("<4i", 3, i, -i, 7) for i in range(4)))
    (HERE / "rows.fbin").write_bytes(struct.pack("<2I", 8, 5) + VECTORS.tobytes())
    (HERE / "rows.u8bin").write_bytes(struct.pack("<2I", 6, 12) + IMAGES.tobytes())
    (HERE / "rows.i8bin").write_bytes(struct.pack("<2I", 6, 12) + IMAGES.tobytes())
    (HERE / "images.idx3-ubyte").write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", 6, 4, 3) + IMAGES.tobytes())
    save_file({"embedding": VECTORS, "bias": VECTORS[0]}, HERE / "tensors.safetensors", {"format": "np"})
    with h5py.File(HERE / "ann.hdf5", "w", track_order=False) as file:
        file.attrs["distance"] = "euclidean"
        file.create_dataset("train", data=VECTORS)
        file.create_dataset("test", data=VECTORS[:2])
        file.create_dataset("neighbors", data=np.zeros((2, 3), np.int32))


def tables() -> None:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.reshape(-1)), 5)
    pa.parquet.write_table(pa.table({"word": WORDS, "embedding": vectors}), HERE / "table.parquet")
    listed = pa.table({"word": WORDS, "embedding": pa.array(VECTORS.tolist(), pa.list_(pa.float32()))})
    pa.feather.write_feather(listed, HERE / "table.feather", compression="lz4")
    with pa.ipc.new_stream(HERE / "stream.arrow", listed.schema) as writer:
        writer.write_table(listed, max_chunksize=3)
    lines = [json.dumps({"word": word, "vector": row}) for word, row in zip(WORDS, VECTORS.tolist(), strict=True)]
    (HERE / "lines.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    header = "word," + ",".join(f"x{i}" for i in range(5))
    rows = [f"{word}," + ",".join(map(repr, row)) for word, row in zip(WORDS, VECTORS.tolist(), strict=True)]
    (HERE / "table.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (HERE / "table.tsv").write_text("\n".join(rows).replace(",", "\t"), encoding="utf-8")


def pickles() -> None:
    pairs = dict(zip(WORDS, VECTORS, strict=True))
    lists = (WORDS, VECTORS.tolist())
    for protocol in (2, 4, 5):
        (HERE / f"dict.protocol{protocol}.pkl").write_bytes(pickle.dumps(pairs, protocol))
        (HERE / f"lists.protocol{protocol}.pkl").write_bytes(pickle.dumps(lists, protocol))


if __name__ == "__main__":
    words()
    arrays()
    tables()
    pickles()
