"""Indexes as bytes, in pickles, read whole, and closed; what a file is told from another by; whose it stays."""

from __future__ import annotations

import copy
import os
import pickle
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.formats import write
from tests.python.conftest import DIRECTIONS, WORDS, Kind


def test_bytes_are_those_of_the_file(compass: na.Index, compass_file: Path) -> None:
    image = compass_file.read_bytes()
    assert compass.to_bytes() == image
    assert na.open(compass_file).to_bytes() == image
    for data in (image, bytearray(image), memoryview(image), np.frombuffer(image, np.uint8).data):
        again = na.from_bytes(data)
        assert again.path is None
        assert list(again) == WORDS
        assert again.search_by_key("east", k=2).keys.tolist() == compass.search_by_key("east", k=2).keys.tolist()
        again.verify()


def test_bytes_that_are_none() -> None:
    with pytest.raises(na.InvalidInputError, match="data is a str; pass the bytes.*nearabout.open"):
        na.from_bytes("words.near")  # type: ignore[arg-type]
    with pytest.raises(na.UnknownFormatError):
        na.from_bytes(b"")
    with pytest.raises(na.UnknownFormatError):
        na.from_bytes(b"x" * 100)
    image = na.build(DIRECTIONS, WORDS).to_bytes()
    with pytest.raises(na.TruncatedFileError):
        na.from_bytes(image[:-1])


def test_a_damaged_index_does_not_become_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    na.build(np.ones((100, 3)), path=path)
    image = bytearray(path.read_bytes())
    image[200] ^= 1
    path.write_bytes(image)
    with pytest.raises(na.CorruptFileError):
        na.open(path).to_bytes()


def test_what_was_left_out_is_pickled_too(tmp_path: Path) -> None:
    rows = [[1.0, 2.0], [0.0, 0.0], [2.0, 1.0]]
    for path in (None, tmp_path / "x.near"):
        index = na.build(rows, invalid="skip", path=path)
        again = pickle.loads(pickle.dumps(index))
        assert again.skipped.tolist() == [1]
        assert list(again) == [0, 2]
        assert copy.copy(index) is index
        assert copy.deepcopy(index) is index


def test_a_pickle_knows_its_file(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    pickled = pickle.dumps(na.build(DIRECTIONS, WORDS, kind=kind, path=path))
    na.build(DIRECTIONS, WORDS, kind=kind, path=path)  # the same again
    assert list(pickle.loads(pickled)) == WORDS
    for other in (
        {"data": DIRECTIONS[::-1], "keys": WORDS},
        {"data": DIRECTIONS, "keys": WORDS[::-1]},
        {"data": DIRECTIONS * np.float32(1.5), "keys": WORDS},
    ):
        na.build(**other, kind=kind, path=path)
        with pytest.raises(na.FileFormatError, match=r"x.near is not the index that was pickled.*from_bytes|to_bytes"):
            pickle.loads(pickled)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickled)


def test_a_pickle_of_an_index_whose_file_was_replaced_under_it(tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    index = na.build(DIRECTIONS, WORDS, path=path)
    na.build(DIRECTIONS[::-1], WORDS, path=path)
    assert index["north"].tolist() == [0, 1]
    with pytest.raises(na.FileFormatError, match="not the index that was pickled"):
        pickle.loads(pickle.dumps(index))
    assert na.from_bytes(index.to_bytes())["north"].tolist() == [0, 1]


# --- Read whole. ---


def test_what_happens_to_a_file_that_was_read_whole_does_not_matter(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    vectors = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    expected = na.build(vectors, kind=kind, path=path).search(vectors[:5], recall=0.9)
    index = na.open(path, mapped=False)
    assert index.path == str(path)
    pickled = pickle.dumps(index)
    assert pickle.loads(pickled).search(vectors[:5], recall=0.9).rows.tolist() == expected.rows.tolist()
    os.truncate(path, 0)
    path.write_bytes(b"something else")
    assert index.search(vectors[:5], recall=0.9).rows.tolist() == expected.rows.tolist()
    index.verify()
    index.save(tmp_path / "y.near")
    assert na.open(tmp_path / "y.near").to_bytes() == index.to_bytes()
    with pytest.raises(na.FileFormatError):
        pickle.loads(pickled)


@pytest.mark.skipif(sys.platform != "linux", reason="a mapped file may not be truncated everywhere")
def test_what_the_documentation_says_of_mapped_files_is_so(tmp_path: Path) -> None:
    na.build(np.random.default_rng(0).normal(size=(3000, 16)), path=tmp_path / "x.near")
    code = (
        "import faulthandler, os, sys, numpy, nearabout as na\n"
        "index = na.open('x.near', mapped=sys.argv[1] == 'mapped')\n"
        "faulthandler.disable()\n"
        "os.truncate('x.near', 0)\n"
        "print(index.search(numpy.ones(16), exact=True).rows.shape)\n"
    )
    for how, ends in (("whole", 0), ("mapped", -7)):
        image = (tmp_path / "x.near").read_bytes()
        done = subprocess.run([sys.executable, "-c", code, how], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == ends, done.stderr
        (tmp_path / "x.near").write_bytes(image)


def test_reading_whole_refuses_what_mapping_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    for content in (b"", b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(na.UnknownFormatError, match="x.near"):
            na.open(path, mapped=False)
    with pytest.raises(FileNotFoundError):
        na.open(tmp_path / "none.near", mapped=False)
    with pytest.raises(IsADirectoryError):
        na.open(tmp_path, mapped=False)
    with pytest.raises(na.InvalidInputError, match="mapped is 1; pass True or False"):
        na.open(path, mapped=1)  # type: ignore[arg-type]


# --- Closed. ---


def _uses(index: na.Index) -> list[Any]:
    return [
        lambda: index.search([1.0, 0.0]),
        lambda: index.search([1.0, 0.0], recall=0.5),
        lambda: index.search(DIRECTIONS),
        lambda: index.search_by_key("east"),
        lambda: index.radius_search([1.0, 0.0], 0.1),
        lambda: index.explain("east", "west"),
        lambda: index.measure_recall(DIRECTIONS, k=1),
        lambda: index.calibration(),
        lambda: index.profile([1.0, 0.0]),
        lambda: len(index),
        lambda: list(index),
        lambda: "east" in index,
        lambda: index["east"],
        lambda: index.keys(),
        lambda: index.rows(["east"]),
        lambda: index.vectors(),
        lambda: index.info(),
        lambda: index.verify(),
        lambda: index.save("x.near"),
        lambda: index.to_bytes(),
        lambda: index.kind,
        lambda: pickle.dumps(index),
        lambda: index.__enter__(),
    ]


def test_using_a_closed_index_is_an_error_with_a_sentence(kind: Kind, compass_file: Path) -> None:
    with na.open(compass_file) as index:
        hits = index.search([1.0, 0.1], k=2)
        assert hits.keys.tolist() == index.search([1.0, 0.1], k=2).keys.tolist()
        late = index.search([1.0, 0.1], k=2)
    for use in _uses(index):
        with pytest.raises(na.InvalidInputError, match=r"compass.near is closed.*open it again"):
            use()
    with pytest.raises(na.InvalidInputError, match="so neither it nor the keys of its hits can be used"):
        _ = late.keys
    assert late.rows.tolist() == hits.rows.tolist()
    assert hits.keys.tolist()[0] == "east"
    assert repr(index) == "<nearabout.Index: closed>"
    assert index.path == str(compass_file)
    index.close()
    index.close()


def test_closing_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    na.build(DIRECTIONS, WORDS, path=path)
    index = na.open(path)
    if sys.platform == "linux":
        assert str(path) in Path("/proc/self/maps").read_text()
    with pytest.raises(KeyError), index:
        raise KeyError
    if sys.platform == "linux":
        assert str(path) not in Path("/proc/self/maps").read_text()
    with na.build(DIRECTIONS, WORDS) as memory:
        assert len(memory) == 5
    with pytest.raises(na.InvalidInputError, match=r"the index in memory is closed, so"):
        len(memory)


def test_closing_under_searches_that_are_on_their_way(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    na.build(vectors, path=tmp_path / "x.near")
    expected = na.open(tmp_path / "x.near").search(vectors[:50], k=3).rows.tolist()
    for _ in range(10):
        index = na.open(tmp_path / "x.near")
        seen: list[str] = []

        def ask(index: na.Index = index, seen: list[str] = seen) -> None:
            try:
                while True:
                    assert index.search(vectors[:50], k=3).rows.tolist() == expected
                    seen.append("answer")
            except na.InvalidInputError as error:
                seen.append(str(error))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        while not seen:
            time.sleep(0.001)
        index.close()
        for thread in threads:
            thread.join(timeout=60)
        assert sum("is closed" in one for one in seen) == 3


# --- Whose a file is. ---


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o444, 0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    text = tmp_path / "x.txt"
    index = na.build(DIRECTIONS, WORDS, path=path)
    write(text, DIRECTIONS, WORDS)
    link = tmp_path / "link.near"
    link.symlink_to(path)
    path.chmod(mode)
    text.chmod(mode)
    for rewrite in (
        lambda: na.build(DIRECTIONS, WORDS, path=path),
        lambda: na.build(DIRECTIONS, WORDS, path=link),
        lambda: index.save(path),
        lambda: na.build(np.ones((500, 4)), kind="forest").calibrate().save(path),
    ):
        rewrite()
        assert stat.S_IMODE(path.stat().st_mode) == mode
    write(text, DIRECTIONS, WORDS)
    assert stat.S_IMODE(text.stat().st_mode) == mode
    fresh = tmp_path / "fresh.near"
    index.save(fresh)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o666 & ~mask


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser gives files away")
def test_a_file_that_is_replaced_keeps_its_owner(tmp_path: Path) -> None:
    path, text = tmp_path / "x.near", tmp_path / "x.txt"
    na.build(DIRECTIONS, WORDS, path=path)
    write(text, DIRECTIONS, WORDS)
    for one in (path, text):
        os.chown(one, 12345, 23456)
        one.chmod(0o640)
    na.build(DIRECTIONS, WORDS, path=path)
    write(text, DIRECTIONS, WORDS)
    for one in (path, text):
        status = one.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 23456, 0o640)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.near"
    na.build(DIRECTIONS, WORDS, path=path)
    path.chmod(0o600)
    seen = []

    def look(_: float) -> None:
        seen.extend(stat.S_IMODE(one.stat().st_mode) for one in tmp_path.glob(".nearabout-*"))

    na.build(np.random.default_rng(0).normal(size=(2000, 8)), kind="forest", path=path, progress=look)
    assert seen
    assert set(seen) == {0o600}
