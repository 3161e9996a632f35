"""Files that other programs wrote, every kind: they read, and hold what was put into them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nearabout.errors import MissingDependencyError, NearaboutError
from nearabout.formats import read

WORDS = ["the", "naïve", "日本", "king", "queen", "two_words", "😀", "x" * 40]
VECTORS = (np.random.default_rng(7).standard_normal((8, 5)) * 3).astype(np.float32)
IMAGES = np.random.default_rng(8).integers(0, 256, (6, 4, 3), dtype=np.uint8).reshape(6, 12)

# name: format, whether it has keys
SAMPLES = {
    "gensim.bin": ("word2vec-binary", True),
    "word2vec_c.bin": ("word2vec-binary", True),
    "gensim.vec": ("word2vec-text", True),
    "glove.txt": ("glove", True),
    "glove.txt.gz": ("glove", True),
    "glove.txt.bz2": ("glove", True),
    "glove.txt.xz": ("glove", True),
    "glove.txt.zst": ("glove", True),
    "glove.zip": ("glove", True),
    "array.npy": ("npy", False),
    "arrays.npz": ("npz", True),
    "rows.fvecs": ("vecs", False),
    "rows.fbin": ("bigann", False),
    "tensors.safetensors": ("safetensors", False),
    "ann.hdf5": ("hdf5", False),
    "table.parquet": ("parquet", True),
    "table.feather": ("arrow", True),
    "stream.arrow": ("arrow", True),
    "lines.jsonl": ("json-lines", True),
    "table.csv": ("delimited", True),
    "table.tsv": ("delimited", True),
    **{f"{what}.protocol{number}.pkl": ("pickle", True) for what in ("dict", "lists") for number in (2, 4, 5)},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_holds_what_was_put_into_it(samples: Path, name: str) -> None:
    embeddings = read(samples / name)
    format_name, keyed = SAMPLES[name]
    assert embeddings.format == format_name
    assert embeddings.vectors.dtype == np.float32
    np.testing.assert_array_equal(embeddings.vectors, VECTORS)
    assert (embeddings.keys is not None) == keyed
    if keyed:
        assert embeddings.keys == WORDS
    assert not embeddings.report


@pytest.mark.parametrize("name", [name for name, (form, _) in SAMPLES.items() if form not in ("vecs", "bigann", "npz")])
def test_content_is_asked_before_the_suffix(samples: Path, tmp_path: Path, name: str) -> None:
    if name == "rows.fvecs":
        pytest.skip("its suffix is part of the format")
    disguised = tmp_path / "file.dat"
    shutil.copyfile(samples / name, disguised)
    assert read(disguised).format == SAMPLES[name][0]


@pytest.mark.parametrize(("name", "dtype"), [
    ("rows.bvecs", np.uint8), ("rows.u8bin", np.uint8), ("rows.i8bin", np.int8), ("images.idx3-ubyte", np.uint8),
])  # fmt: skip
def test_bytes_stay_bytes(samples: Path, name: str, dtype: type) -> None:
    vectors = read(samples / name).vectors
    assert vectors.dtype == dtype
    np.testing.assert_array_equal(vectors, IMAGES.view(dtype))


def test_ivecs_are_int32(samples: Path) -> None:
    vectors = read(samples / "rows.ivecs").vectors
    assert vectors.dtype == np.int32
    assert vectors.tolist() == [[i, -i, 7] for i in range(4)]


def test_every_sample_has_a_test(samples: Path) -> None:
    other = {"rows.bvecs", "rows.u8bin", "rows.i8bin", "rows.ivecs", "images.idx3-ubyte", "make.py"}
    assert {path.name for path in samples.iterdir()} == set(SAMPLES) | other


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"glove.txt", "table.csv", "table.tsv", "lines.jsonl"}))
def test_a_sample_cut_short_is_refused(samples: Path, tmp_path: Path, name: str) -> None:
    """Text without a header may end anywhere; everything else tells."""
    content = (samples / name).read_bytes()
    for size in (len(content) - 2, len(content) * 3 // 4 - 1, len(content) // 2 - 1):
        path = tmp_path / name
        path.write_bytes(content[:size])
        if name == "gensim.vec" and size == len(content) - 2:
            assert len(read(path)) == 8  # its last number has lost a digit: nothing can tell
            continue
        with pytest.raises(NearaboutError):
            read(path)


@pytest.mark.parametrize(("name", "library", "extra"), [
    ("ann.hdf5", "h5py", "hdf5"),
    ("table.parquet", "pyarrow", "arrow"),
    ("stream.arrow", "pyarrow", "arrow"),
    ("glove.txt.zst", "zstandard", "zstd"),
    ("glove.txt.xz", "lzma", None),
])  # fmt: skip
def test_a_library_that_is_missing_is_named_with_its_extra(
    samples: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str | None
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    remedy = rf"pip install 'nearabout\[{extra}\]'" if extra else "this Python was built without it"
    with pytest.raises(MissingDependencyError, match=f"{library}.*{remedy}"):
        read(samples / name)
