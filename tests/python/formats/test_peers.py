"""The same answers as gensim, on files that everybody has and on gensim's own awkward ones."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import CorruptFileError
from nearabout.formats import read

pytestmark = [
    pytest.mark.peers,
    # gensim leaves files open and calls what newer Pythons deprecate: neither is ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def gensim_reads(path: Path, **options: Any) -> Any:
    models = pytest.importorskip("gensim.models", exc_type=ImportError)
    return models.KeyedVectors.load_word2vec_format(str(path), **options)


@pytest.mark.parametrize(("name", "options"), [
    ("imdb_glove_100d_25k.txt.gz", {"no_header": True}),
    ("imdb_w2v_100d_25k.bin", {"binary": True}),
])  # fmt: skip
def test_large_files_as_gensim_reads_them(large_samples: Path, name: str, options: dict[str, Any]) -> None:
    peer = gensim_reads(large_samples / name, **options)
    embeddings = read(large_samples / name)
    np.testing.assert_array_equal(embeddings.vectors, peer.vectors)
    assert embeddings.keys == peer.index_to_key


@pytest.fixture
def words(large_samples: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(large_samples / "word_samples.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "words"


@pytest.mark.parametrize(("name", "options", "errors"), [
    ("gensim_EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt", {}, "strict"),
    ("gensim_lee_fasttext.vec", {}, "strict"),
    ("gensim_pang_lee_polarity_fasttext.vec", {}, "replace"),
    ("gensim_pang_lee_polarity_fasttext.vec", {}, "ignore"),
    ("gensim_test_glove.txt", {"no_header": True}, "strict"),
    ("gensim_word2vec_pre_kv_c", {}, "strict"),
    ("glove.6B.50d.5k.txt", {"no_header": True}, "strict"),
    ("glove.6B.50d.5k.word2vec.bin", {"binary": True}, "strict"),
])  # fmt: skip
def test_awkward_files_as_gensim_reads_them(words: Path, name: str, options: dict[str, Any], errors: Any) -> None:
    peer = gensim_reads(words / name, unicode_errors=errors, **options)
    embeddings = read(words / name, errors=errors)
    assert embeddings.keys == peer.index_to_key
    np.testing.assert_array_equal(embeddings.vectors, peer.vectors)


def test_files_that_are_refused_say_where(words: Path) -> None:
    with pytest.raises(CorruptFileError, match=r"line 150: the key '\\x97' is not UTF-8"):
        read(words / "gensim_pang_lee_polarity_fasttext.vec")
    with pytest.raises(CorruptFileError, match="its first lines do not have a word and numbers"):
        read(words / "gensim_questions-words.txt")


def test_the_packaged_words_are_those_of_the_sample(words: Path) -> None:
    import nearabout

    packaged = Path(nearabout.__file__).parent / "data" / "glove.6B.50d.5k.bin"
    assert packaged.read_bytes() == (words / "glove.6B.50d.5k.word2vec.bin").read_bytes()
    assert len(read(packaged)) == 5050
