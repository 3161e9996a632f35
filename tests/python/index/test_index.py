"""Building, saving, opening, telling: what an index is besides what it finds."""

from __future__ import annotations

import copy
import io
import multiprocessing
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import DIRECTIONS, WORDS, Kind


def test_what_it_tells(compass: na.Index, kind: Kind) -> None:
    assert len(compass) == 5
    assert (compass.kind, compass.metric, compass.dims, compass.dtype) == (kind.name, "cosine", 2, "f32")
    assert compass.path is None
    assert repr(compass).startswith(f"<nearabout.Index: {kind.name}, 5 rows of 2 dims, cosine, f32")


def test_repr_says_what_the_file_has() -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    ends = {
        na.Exact(): "f32>",
        na.IVF(): "f32>",
        na.IVF(keep_vectors=False): "f32, codes instead of vectors>",
        na.Graph(code_bits=4): "f32, 4-bit codes>",
        na.Graph(code_bits=8, keep_vectors=False): "f32, 8-bit codes, codes instead of vectors>",
    }
    for kind, end in ends.items():
        assert repr(na.build(vectors, kind=kind)) == f"<nearabout.Index: {kind.name}, 300 rows of 8 dims, cosine, {end}"


def test_info(compass_file: Path, kind: Kind) -> None:
    info = na.open(compass_file).info()
    assert {name: info[name] for name in ("kind", "metric", "dtype", "dims", "rows", "keys")} == {
        "kind": kind.name,
        "metric": "cosine",
        "dtype": "f32",
        "dims": 2,
        "rows": 5,
        "keys": "str",
    }
    assert info["path"] == str(compass_file)
    assert info["file_bytes"] == compass_file.stat().st_size
    assert info["metadata"] == {"library": f"nearabout {na.__version__}", **kind.settings()}
    assert {"name", "element", "rows", "columns", "bytes", "offset"} <= info["sections"][0].keys()


@pytest.mark.parametrize("kind", ["auto", "exact", na.Exact()])
def test_kinds(kind: str | na.Exact) -> None:
    assert na.build(DIRECTIONS, kind=kind).kind == "exact"


def test_saved_and_opened_is_the_same(compass: na.Index, tmp_path: Path) -> None:
    path = tmp_path / "söme näme.near"
    compass.save(path)
    again = na.open(path)
    again.verify()
    assert list(again) == WORDS
    assert again.search([0.3, 0.4]).keys.tolist() == compass.search([0.3, 0.4]).keys.tolist()
    again.save(str(tmp_path / "copy.near"))
    assert (tmp_path / "copy.near").read_bytes() == path.read_bytes()


def test_straight_to_disk_is_the_same_file(compass: na.Index, compass_file: Path, tmp_path: Path, kind: Kind) -> None:
    compass.save(tmp_path / "saved.near")
    assert (tmp_path / "saved.near").read_bytes() == compass_file.read_bytes()
    assert na.build(DIRECTIONS, keys=WORDS, threads=1, path=tmp_path / "one.near", kind=kind).path == str(
        tmp_path / "one.near"
    )
    assert (tmp_path / "one.near").read_bytes() == compass_file.read_bytes()


def test_paths_that_cannot_be(compass: na.Index, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        na.open(tmp_path / "none.near")
    with pytest.raises(FileNotFoundError):
        compass.save(tmp_path / "no folder" / "x.near")
    text = tmp_path / "text.near"
    text.write_text("This is no index.\n" * 20)
    with pytest.raises(na.UnknownFormatError):
        na.open(text)
    with pytest.raises(na.InvalidInputError, match="path is an int"):
        na.open(3)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="is empty"):
        compass.save("")


def test_a_relative_path_outlives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.chdir(tmp_path)
    na.build(DIRECTIONS, keys=WORDS, path="here.near", kind=kind)
    index = na.open("here.near")
    monkeypatch.chdir("/")
    assert index.path == str(tmp_path / "here.near")
    assert pickle.loads(pickle.dumps(index))["east"].tolist() == [1, 0]


def test_pickling_keeps_the_path(compass: na.Index, compass_file: Path) -> None:
    index = na.open(compass_file)
    pickled = pickle.dumps(index)
    assert len(pickled) < 500
    assert list(pickle.loads(pickled)) == WORDS
    again = pickle.loads(pickle.dumps(compass))
    assert list(again) == WORDS
    assert again.to_bytes() == compass.to_bytes() == compass_file.read_bytes()
    assert copy.copy(compass) is copy.deepcopy(compass) is compass


def test_from_a_file_of_vectors(tmp_path: Path, kind: Kind) -> None:
    text = "".join(f"{word} {x:g} {y:g}\n" for word, (x, y) in zip(WORDS, DIRECTIONS, strict=True))
    source = tmp_path / "words.txt"
    source.write_text(text)
    for data in (source, str(source), na.read(source)):
        index = na.build(data, kind=kind)
        assert list(index) == WORDS
        assert index.info()["metadata"]["source"] == "words.txt"
    assert list(na.build(source, keys=[1, 2, 3, 4, 5], kind=kind)) == [1, 2, 3, 4, 5]
    embeddings = na.read(source)
    assert list(na.build(embeddings.vectors, keys=embeddings.keys, kind=kind)) == WORDS
    with pytest.raises(FileNotFoundError):
        na.build(tmp_path / "none.txt", kind=kind)


def test_progress_is_told(kind: Kind) -> None:
    told: list[float] = []
    na.build(np.random.default_rng(0).normal(size=(6_000, 32)), progress=told.append, kind=kind)
    assert told
    assert all(0 <= share <= 1 for share in told)
    assert told == sorted(told)


def test_a_function_that_raises_stops_the_work(tmp_path: Path, kind: Kind) -> None:
    def stop(share: float) -> None:
        raise ZeroDivisionError

    path = tmp_path / "words.near"
    path.write_bytes(b"what was there before")
    with pytest.raises(ZeroDivisionError):
        na.build(np.random.default_rng(0).normal(size=(300_000, 32)), path=path, progress=stop, kind=kind)
    assert path.read_bytes() == b"what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bar_is_for_terminals_only(capsys: pytest.CaptureFixture[str]) -> None:
    na.build(DIRECTIONS, progress=True)
    assert capsys.readouterr().err == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_cleans_up_after_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    na.build(DIRECTIONS, progress=True)
    assert "building [" in terminal.getvalue()
    *_, wiped, nothing = terminal.getvalue().split("\r")
    assert (wiped.strip(), nothing) == ("", "")


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="the platform does not fork safely")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_searches(kind: Kind) -> None:
    index = na.build(np.random.default_rng(1).normal(size=(2000, 16)), metric="euclidean", kind=kind)
    queries = index.vectors()[:100]
    expected = index.search(queries, 3, threads=4).rows
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(index.search(queries, 3, threads=4).rows))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(answers.get(), expected)
