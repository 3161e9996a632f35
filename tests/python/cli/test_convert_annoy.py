"""Bringing over the usual pair of files: an index of Annoy, and an LMDB map of its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na

from .conftest import Run

WORDS = ["Jäger", "river", "New York", "χρόνος", "w", "i7"]


def vectors_for(metric: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    vectors = np.random.default_rng(3).normal(size=(len(WORDS), 20)).astype(np.float32)
    return (vectors > 0).astype(np.float32) if metric == "hamming" else vectors


def write_annoy(path: Path, metric: str, numbers: list[int] | None = None) -> Path:
    annoy: Any = pytest.importorskip("annoy")
    index = annoy.AnnoyIndex(20, metric)
    for number, vector in zip(numbers or range(len(WORDS)), vectors_for(metric), strict=True):
        index.add_item(number, vector)
    index.build(4)
    index.save(str(path))
    return path


def write_words(path: Path, extra: dict[str, str | None] | None = None) -> Path:
    """The map as benchmarks/peers/annoy_lmdb_build.py writes it; `extra` entries are changed, None ones dropped."""
    lmdb: Any = pytest.importorskip("lmdb")
    entries: dict[str, str | None] = {}
    for number, word in enumerate(WORDS):
        entries |= {f"w{word}": str(number), f"i{number}": word}
    entries |= extra or {}
    with lmdb.open(str(path), map_size=1 << 22) as environment, environment.begin(write=True) as transaction:
        for key, value in entries.items():
            if value is not None:
                transaction.put(key.encode(), value.encode("utf-8", "surrogateescape"))
    return path


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("angular", "cosine"),
        ("euclidean", "euclidean"),
        ("manhattan", "manhattan"),
        ("dot", "dot"),
        ("hamming", "hamming"),
    ],
)
def test_index_and_words(run: Run, tmp_path: Path, metric: str, name: str) -> None:
    source = write_annoy(tmp_path / "old.annoy", metric)
    words = write_words(tmp_path / "words.lmdb")
    target = tmp_path / "new.near"
    done = run("convert", source, target, "--metric", metric, "--dims", 20, "--keys", words)
    assert (done.code, done.err) == (0, "")
    assert "6 vectors of 20 dims" in done.out
    index = na.open(target)
    assert (index.metric, list(index), index.dims) == (name, WORDS, 20)
    direct = na.build(vectors_for(metric) > 0.5 if metric == "hamming" else vectors_for(metric), WORDS, metric=name)
    assert index.search_by_key("river", k=3).keys.tolist() == direct.search_by_key("river", k=3).keys.tolist()
    assert run("search", target, "New York", "-k", 2).code == 0


def test_without_words_the_item_numbers_are_the_keys(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "new.near"
    source = write_annoy(tmp_path / "old.ann", "angular")
    assert run("convert", source, target, "--metric=angular", "--dims=20").code == 0
    assert na.open(target).info()["keys"] == "none"
    numbers = [7, 3, 100, 4, 9, 50]
    source = write_annoy(tmp_path / "holes.annoy", "euclidean", numbers)
    assert run("convert", source, target, "--metric", "euclidean", "--dims", 20, "--kind", "exact").code == 0
    index = na.open(target)
    assert list(index) == sorted(numbers)
    np.testing.assert_array_equal(index[100], vectors_for("euclidean")[2])
    assert run("convert", source, target, "--metric=euclidean", "--dims=20", "--kind=forest").code == 0
    assert na.open(target).kind == "forest"


def test_other_targets(run: Run, tmp_path: Path) -> None:
    source = write_annoy(tmp_path / "old.annoy", "dot")
    words = write_words(tmp_path / "words.lmdb")
    text = tmp_path / "new.vec"
    assert run("convert", source, text, "--metric", "dot", "--dims", 20, "--keys", words).code == 0
    assert list(na.read(text).keys) == WORDS  # type: ignore[arg-type]
    array = tmp_path / "new.npy"
    assert run("convert", source, array, "--metric", "dot", "--dims", 20, "--no-keys").code == 0
    np.testing.assert_array_equal(np.load(array), vectors_for("dot"))


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"i2": None, "wNew York": None}, "no word for item 2"),
        ({"wriver": None}, "the entry wriver is missing"),
        ({"wriver": "4"}, "the entry wriver leads to item 4"),
        ({"wriver": "01"}, "leads to item 01"),
        ({"wghost": "77"}, "the entry wghost leads to '77'"),
        ({"i6": "ghost"}, "the entry i6 leads to 'ghost'"),
        ({"version": "1"}, "the entry version leads to '1'"),
        ({"i6": "river"}, "lead to one word"),
        ({"i1": "\udcff"}, "not UTF-8"),
    ],
)
def test_words_that_do_not_fit(run: Run, tmp_path: Path, extra: dict[str, str | None], sentence: str) -> None:
    source = write_annoy(tmp_path / "old.annoy", "angular")
    words = write_words(tmp_path / "words.lmdb", extra)
    done = run("convert", source, tmp_path / "new.near", "--metric", "angular", "--dims", 20, "--keys", words)
    assert done.code == 2
    assert sentence in done.err
    assert not (tmp_path / "new.near").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("old.annoy", "new.near", "--dims", "20"), "pass --metric"),
        (("old.annoy", "new.near", "--metric", "angular"), "pass --dims"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "21"), "not a multiple of vector size"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "0"), "dims is 0"),
        (("old.annoy", "new.near", "--metric", "cosine", "--dims", "20"), "Annoy has no metric 'cosine'"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "20", "--keys", "none"), "no such LMDB map"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "20", "--keys", "old.annoy"), "LMDB"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "20", "--no-keys"), "--no-keys has no effect"),
        (("old.annoy", "new.near", "--metric", "angular", "--dims", "20", "--kind", "x"), "there is no kind 'x'"),
        (
            ("old.annoy", "new.npy", "--metric", "angular", "--dims", "20", "--kind", "exact"),
            "--kind is only for an output that is an index",
        ),
        (("old.npy", "new.bin", "--metric", "angular"), "--metric is only for Annoy indexes"),
        (
            ("old.annoy", "new.npy", "--metric", "angular", "--dims", "20", "--header", "no"),
            "--header is an option for reading files",
        ),
        (("none.annoy", "new.near", "--metric", "angular", "--dims", "20"), "No such file"),
    ],
)
def test_wrong_use(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_annoy(tmp_path / "old.annoy", "angular")
    done = run("convert", *arguments)
    assert done.code == 2
    assert sentence in done.err
    assert not (tmp_path / "new.near").exists()


def test_zero_vectors(run: Run, tmp_path: Path) -> None:
    annoy: Any = pytest.importorskip("annoy")
    index = annoy.AnnoyIndex(2, "angular")
    for number, vector in enumerate([[1, 0], [0, 0], [0, 1]]):
        index.add_item(number, vector)
    index.build(1)
    index.save(str(tmp_path / "zero.annoy"))
    arguments = ("convert", tmp_path / "zero.annoy", tmp_path / "new.near", "--metric", "angular", "--dims", 2)
    assert run(*arguments).code == 2
    done = run(*arguments, "--invalid", "skip")
    assert done.code == 0
    assert "1 left out" in done.out
    assert list(na.open(tmp_path / "new.near")) == [0, 2]
