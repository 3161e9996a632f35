"""Golden files: what was written by a released version opens for ever and answers what it answered then."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.files import make_golden, near_image
from tests.python.reference import distances

RECORDED: dict[str, Any] = json.loads((make_golden.FOLDER / make_golden.DISTANCE_SOURCE).read_text("ascii"))
METADATA_AND_CHECKSUMS = {near_image.METADATA, near_image.CHECKSUMS}  # the first names the library's version
FORESTS = {"forest", "forest_turned", "forest_dot"}
SCREENED = {"screened", "turned"} | FORESTS  # their numbers come from sums whose last bits are the processor's


def golden(name: str) -> Path:
    return make_golden.FOLDER / f"{name}.near"


def test_no_golden_file_is_forgotten() -> None:
    assert {path.stem for path in make_golden.FOLDER.glob("*.near")} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_answers_are_those_recorded(name: str) -> None:
    index = na.open(golden(name))
    index.verify()
    recorded = dict(RECORDED[name])
    answered = make_golden.answers_of(index, recorded["query"])
    assert answered.pop("distances") == pytest.approx(recorded.pop("distances"), rel=1e-6, abs=1e-9)
    assert answered == recorded


@pytest.mark.parametrize("name", sorted(RECORDED.keys() - {"empty"}))
def test_answers_are_the_true_ones(name: str) -> None:
    index = na.open(golden(name))
    query = make_golden.query_of(index, RECORDED[name]["query"])
    if index.metric == "haversine":
        query = query.astype(np.float64)
    expected = distances(index.metric, query, index.vectors())
    hits = index.search(query, k=len(index))
    np.testing.assert_allclose(expected[hits.rows], hits.distances, rtol=1e-5, atol=1e-6)
    assert sorted(hits.rows.tolist()) == list(range(len(index)))
    if index.kind == "exact" and len(index) >= 512:
        assert "row_terms" in [section["name"] for section in index.info()["sections"]]


def test_made_again_they_are_the_same_bytes(tmp_path: Path) -> None:
    make_golden.make(tmp_path)
    for name in RECORDED.keys() - SCREENED:
        made, kept = (
            near_image.take_apart((folder / f"{name}.near").read_bytes()) for folder in (tmp_path, make_golden.FOLDER)
        )
        for new, old in zip(made, kept, strict=True):
            if old.id not in METADATA_AND_CHECKSUMS:
                assert replace(new, offset=0) == replace(old, offset=0), f"section {old.name} of {name}"


@pytest.mark.parametrize("name", RECORDED)
def test_put_together_again_they_are_the_same_bytes(name: str) -> None:
    image = golden(name).read_bytes()
    assert near_image.put_together(near_image.take_apart(image)) == image


def test_forests_hold_what_they_are_for() -> None:
    """Two trees and more, groups of leaves or none, and a fallback effort below the rows, so trees are searched."""
    for name, space in (("forest", "tree_offsets"), ("forest_turned", "directions"), ("forest_dot", "key_numbers")):
        index = na.open(golden(name))
        info = index.info()
        assert space in {section["name"] for section in info["sections"]}
        assert index.kind == "forest"
        assert 0 < index.search(np.ones(index.dims, np.float32), 1).effort < len(index)
        assert (golden(name)).stat().st_size < 60_000
    assert [na.open(golden(name)).info()["trees"] for name in sorted(FORESTS)] == [2, 3, 1]
    assert na.open(golden("forest_turned")).info()["seed"] == 2**64 - 1


def test_pixels_are_their_own_codes() -> None:
    for name, codes, directions in (("pixels", False, False), ("screened", True, False), ("turned", True, True)):
        names = {section["name"] for section in na.open(golden(name)).info()["sections"]}
        assert ("codes" in names, "directions" in names) == (codes, directions)
