"""Every attack of tests/files/attacks.py on every golden file: the error that it deserves, never a crash or a hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nearabout as na
from tests.files import attacks, judge, make_golden, near_image

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 300  # a child that needs longer hangs
STRUCTURE = ["truncations", "lying_directory", "sections_gone", "shapes", "descriptors", "the_future"]
CONTENT = ["odd_numbers", "key_tables", "metadata"]
GOLDENS = sorted(path.stem for path in make_golden.FOLDER.glob("*.near"))
UNLIKE = {"bits", "empty", "forest", "halves", "screened"}  # the others have sections as one of these has
FORESTS = [name for name in GOLDENS if name.startswith("forest")]


def judged(folder: Path, golden: str, names: list[str]) -> Iterator[dict[str, str]]:
    """What became of each attack, by a process of its own."""
    command = [sys.executable, "-m", "tests.files.judge", str(folder), golden, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines[-1]["name"] if lines else "none"
    assert done.returncode == 0, f"ended with {done.returncode} after the attack {last!r}:\n{done.stderr[-3000:]}"
    assert lines, "no attack was made"
    yield from lines


def complaints(outcomes: Iterator[dict[str, str]]) -> list[dict[str, str]]:
    """The attacks that met another error than theirs, or a sentence that does not tell what and where."""
    wrong = []
    for outcome in outcomes:
        expected, error, sentence = outcome["expected"], outcome["error"], outcome["sentence"]
        named = (
            error not in ("CorruptFileError", "TruncatedFileError", "UnknownFormatError", "UnsupportedVersionError")
            or "FILE" in sentence
        )
        if (expected and error != expected) or outcome["says"] not in sentence or not named:
            wrong.append({**outcome, "sentence": sentence[:300]})
    return wrong


@pytest.mark.parametrize(
    "golden", [pytest.param(name, marks=[] if name in UNLIKE else [pytest.mark.slow]) for name in GOLDENS]
)
def test_lies_about_the_structure(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, STRUCTURE)) == []


@pytest.mark.parametrize("golden", GOLDENS)
def test_lies_in_the_content(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, CONTENT)) == []


@pytest.mark.parametrize("golden", FORESTS)
def test_lies_about_trees(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, ["trees", "odd_numbers_of_trees", "other_metrics"])) == []


@pytest.mark.parametrize("golden", FORESTS)
def test_what_trees_name_wrongly_is_never_followed(golden: str, tmp_path: Path) -> None:
    """Rows that do not exist and marks that are no numbers: the judge would see a crash, and a row beyond the last."""
    told = [outcome["error"] for outcome in judged(tmp_path, golden, ["rows_out_of_range"])]
    assert set(told) <= {"CorruptFileError", ""}
    assert told.count("CorruptFileError") >= len(told) / 3  # where every row is one that does not exist
    assert list(judged(tmp_path, golden, ["offsets_that_are_no_numbers"]))


@pytest.mark.parametrize("golden", FORESTS)
def test_verify_reads_the_trees(golden: str, tmp_path: Path) -> None:
    attacks = ["rows_out_of_range", "rows_named_twice", "offsets_that_are_no_numbers"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", ["halves", pytest.param("screened", marks=pytest.mark.slow)])
def test_every_bit_of_header_and_directory(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, ["flipped_bits"])) == []


@pytest.mark.parametrize("golden", ["halves", pytest.param("empty", marks=pytest.mark.slow)])
def test_every_bit_with_checksums_that_fit(golden: str, tmp_path: Path) -> None:
    outcomes = list(judged(tmp_path, golden, ["flipped_and_sealed"]))
    assert complaints(iter(outcomes)) == []
    harmless = [outcome["name"] for outcome in outcomes if not outcome["error"]]
    # What may be flipped and do no harm: whether a section is optional, and the columns of a table without rows.
    assert len(harmless) < len(outcomes) / (4 if golden == "empty" else 20), harmless


@pytest.mark.parametrize("attack", list(attacks.strangers()), ids=lambda attack: attack.name)
def test_files_of_other_programs(attack: attacks.Attack, tmp_path: Path) -> None:
    path = tmp_path / "stranger.near"
    path.write_bytes(attack.image)
    with pytest.raises(na.UnknownFormatError) as caught:
        na.open(path)
    assert str(path) in str(caught.value)
    assert attack.says in str(caught.value)


def test_a_folder_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        na.open(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        na.open(tmp_path / "none.near")
    assert caught.value.filename == str(tmp_path / "none.near")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe.near"
    os.mkfifo(path)
    opening = (
        f"import nearabout as na\ntry: na.open({str(path)!r})\nexcept na.UnknownFormatError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", opening], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith(f"{path} is a pipe")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    with pytest.raises(na.UnknownFormatError, match=device):
        na.open(device)


@pytest.mark.parametrize("golden", GOLDENS)
def test_the_judge_finds_nothing_wrong_with_good_files(golden: str) -> None:
    answers, errors = judge.ask(make_golden.FOLDER / f"{golden}.near")
    assert not errors
    assert len(answers) == (7 if golden == "empty" else 12 if golden.startswith("forest") else 9)


@pytest.mark.parametrize("golden", GOLDENS)
def test_a_flip_in_the_payload_is_an_error_or_nothing(golden: str, tmp_path: Path) -> None:
    """Without new checksums: each section's first, middle and last byte, and the padding before it."""
    path = make_golden.FOLDER / f"{golden}.near"
    image, good = path.read_bytes(), judge.ask(path)[0]
    places = set()
    for part in near_image.take_apart(image):
        places |= {part.offset - 1, part.offset, part.offset + len(part.data) // 2, part.end - 1}
    for place in places - set(range(64)):
        changed = bytearray(image)
        changed[place] ^= 0x10
        damaged = tmp_path / f"{place}.near"
        damaged.write_bytes(changed)
        answers, errors = judge.ask(damaged)
        assert {type(error) for error in errors} == {na.CorruptFileError}, f"byte {place}"
        assert judge.same_answers(answers, good), f"byte {place}"
        damaged.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("golden", ["halves", "pixels"])
def test_every_byte_changed_is_an_error(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, ["every_byte"])) == []
