"""Lists of codes, and what has no release yet: it answers as it did, and attacks meet errors of ours or answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.files import judge, make_golden, near_image

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600  # a child that needs longer hangs
RECORDED: dict[str, Any] = json.loads((make_golden.NEXT / make_golden.DISTANCE_SOURCE).read_text("ascii"))
LISTS = [name for name in RECORDED if name.startswith("ivf")]
CODED = ["ivf_pq", "ivf_lopq", "ivf_scalar", "ivf_rows"]
GRAPHS = [name for name in RECORDED if name.startswith("graph")]
KD_TREES = [name for name in RECORDED if name.startswith("kdtree")]
HASHES = [name for name in RECORDED if name.startswith("lsh")]
FORESTS = [name for name in RECORDED if name.startswith("forest")]
STRUCTURE = ["truncations", "lying_directory", "sections_gone", "shapes", "descriptors", "the_future"]
CONTENT = [
    "facts_of_lists",
    "sizes_of_lists",
    "numbers_of_lists",
    "curves",
    "calibrations",
    "shares_of_lists",
    "tuning_of_lists",
    "codes_of_lists",
    "answers_of_lists",
    "other_metrics_of_lists",
]


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


def one_in_every_way(goldens: list[str], attacks: list[str]) -> list[Any]:
    """The first file is attacked in every way and the others in the first; the slow run has the rest."""
    first, *others = goldens
    quick = [(first, attacks), *((golden, attacks[:1]) for golden in others)]
    more = [pytest.param(golden, attacks[1:], marks=pytest.mark.slow, id=f"{golden}-more") for golden in others]
    return [*(pytest.param(*pair, id=pair[0]) for pair in quick), *more]


@pytest.mark.parametrize(("golden", "attacks"), one_in_every_way(list(RECORDED), [*STRUCTURE, "odd_numbers"]))
def test_lies_that_every_file_is_open_to(golden: str, attacks: list[str], tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", ["ivf", "ivf_dot"])
def test_lies_about_keys(golden: str, tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, ["key_tables"])) == []


@pytest.mark.parametrize("golden", GRAPHS)
def test_lies_about_graphs(golden: str, tmp_path: Path) -> None:
    attacks = ["facts_of_graphs", "nodes_of_graphs", "entries_of_graphs", "calibrations"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", HASHES)
def test_lies_about_hashes(golden: str, tmp_path: Path) -> None:
    attacks = ["facts_of_hashes", "planes_of_hashes", "codes_of_hashes", "calibrations"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", KD_TREES)
def test_lies_about_kd_trees(golden: str, tmp_path: Path) -> None:
    attacks = ["facts_of_kd_trees", "rows_of_kd_trees", "numbers_of_kd_trees", "calibrations"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", FORESTS)
def test_lies_about_trees(golden: str, tmp_path: Path) -> None:
    attacks = ["trees", "odd_numbers_of_trees", "other_metrics", "calibrations"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize(("golden", "attacks"), one_in_every_way(LISTS, CONTENT))
def test_lies_about_lists(golden: str, attacks: list[str], tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", CODED)
def test_lies_about_codes(golden: str, tmp_path: Path) -> None:
    attacks = ["facts_of_codes", "numbers_of_codes", "shapes_of_codes", *["cells_of_codes"] * (golden == "ivf_lopq")]
    assert complaints(judged(tmp_path, golden, attacks)) == []


def test_lies_about_bytes(tmp_path: Path) -> None:
    assert complaints(judged(tmp_path, "ivf_bytes", ["bytes_of_lists"])) == []


@pytest.mark.parametrize("golden", LISTS)
def test_rows_that_lists_name_wrongly_are_never_followed(golden: str, tmp_path: Path) -> None:
    attacks = ["rows_of_lists_out_of_range", "rows_of_lists_named_twice"]
    assert complaints(judged(tmp_path, golden, attacks)) == []


@pytest.mark.parametrize("golden", RECORDED)
def test_good_files_answer_as_recorded(golden: str) -> None:
    index = na.open(make_golden.path_of(golden))
    recorded = dict(RECORDED[golden])
    answered = make_golden.answers_of(index, recorded["query"])
    assert answered.pop("distances") == pytest.approx(recorded.pop("distances"), rel=1e-6, abs=1e-9)
    assert answered == recorded
    assert len(set(answered["rows"])) == len(answered["rows"])
    answers, errors = judge.ask(make_golden.path_of(golden))
    assert not errors
    assert len(answers) == {"ivf_bytes": 11, "ivf_codes": 9}.get(golden, 12)


@pytest.mark.parametrize("golden", RECORDED)
def test_all_rows_once_with_their_own_distances(golden: str) -> None:
    index = na.open(make_golden.path_of(golden))
    query = make_golden.query_of(index, RECORDED[golden]["query"])
    hits = index.search(query, k=len(index))
    assert sorted(hits.rows.tolist()) == list(range(len(index)))
    if index.info().get("distance_source", "vectors") == "vectors":
        exact = index.search(query, k=len(index), exact=True)
        np.testing.assert_array_equal(hits.distances, exact.distances)


def test_made_again_they_are_the_same_bytes(tmp_path: Path) -> None:
    """On one processor: sections twice in a row, since their last bits are the processor's."""
    for folder in ("first", "second"):
        make_golden.make(tmp_path / folder, make_golden.lists())
    for name in RECORDED:
        first, second = ((tmp_path / folder / f"{name}.near").read_bytes() for folder in ("first", "second"))
        assert first == second, name
        kept = make_golden.path_of(name).read_bytes()
        shapes = [
            [replace(part, data=b"", offset=0) for part in near_image.take_apart(image)] for image in (first, kept)
        ]
        assert shapes[0] == shapes[1], name
        assert near_image.put_together(near_image.take_apart(kept)) == kept


def test_they_hold_what_they_are_for() -> None:
    infos = [na.open(make_golden.path_of(name)).info() for name in ("ivf", "ivf_pixels", "ivf_dot")]
    assert [info["code_bits"] for info in infos] == [2, 1, 4]
    columns = [{part["name"]: part["columns"] for part in info["sections"]}["list_rows"] for info in infos]
    assert columns == [1, 2, 2]
    assert [info["seed"] for info in infos] == [7, 2**64 - 1, 0]
    sections = {
        name: {part["name"] for part in na.open(make_golden.path_of(name)).info()["sections"]} for name in RECORDED
    }
    assert {"screen_bounds", "screen_directions", "codes", "row_terms", "guard"} <= sections["ivf_screened"]
    assert {"screen_bounds", "screen_grid", "row_terms", "guard", "leaf_residuals"} <= sections["forest_screened"]
    assert not {"screen_directions", "codes"} & sections["forest_screened"]
    assert all(info["lists"] > 1 and info["file_bytes"] < 100_000 for info in infos)
    told = [na.open(make_golden.path_of(name)).info() for name in CODED]
    assert [info["code_family"] for info in told] == ["pq", "lopq", "sq", "rabitq"]
    assert [info["code_bits"] for info in told] == [4, 8, 6, 3]
    assert [info["code_cells"] for info in told] == [1, 2, 1, 1]
    assert [info["residual"] for info in told] == [True, True, True, False]
    assert all(info["file_bytes"] < 100_000 for info in told)
    others = [na.open(make_golden.path_of(name)).info() for name in ("ivf_bytes", "ivf_estimates", "ivf_codes")]
    assert [info["distance_source"] for info in others] == ["int8", "codes", "codes"]
    assert [info["keeps_vectors"] for info in others] == [False, True, False]
