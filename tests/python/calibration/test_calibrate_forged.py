"""Calibrating an index that somebody forged: CorruptFileError, or a calibration; no other error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.errors import CorruptFileError, FileFormatError, InvalidInputError
from tests.files import near_image

VECTORS = np.random.default_rng(0).normal(size=(600, 24)).astype("f4")
KINDS: dict[str, Any] = {"forest": na.Forest(trees=3), "ivf": na.IVF(lists=12)}


def image_of(kind: str, path: Path) -> bytes:
    na.build(VECTORS, kind=KINDS[kind], metric="euclidean", path=path)
    return path.read_bytes()


def test_rows_that_are_in_no_tree(tmp_path: Path) -> None:
    image = image_of("forest", tmp_path / "good.near")
    rows = np.frombuffer(near_image.part_of(image, near_image.TREE_ROWS).data, "<u4").copy()
    rows[rows % 2 == 0] = 1
    forged = tmp_path / "forged.near"
    forged.write_bytes(near_image.exchange(image, near_image.TREE_ROWS, data=rows.tobytes()))
    with pytest.raises(CorruptFileError, match=r"forged\.near is corrupt: row \d+ is in none of its trees"):
        na.open(forged).calibrate(VECTORS[:100] + np.float32(0.1))


@pytest.mark.parametrize("kind", KINDS)
def test_any_section(kind: str, tmp_path: Path) -> None:
    image = image_of(kind, tmp_path / "good.near")
    random = np.random.default_rng(1)
    tried = 0
    for part in near_image.take_apart(image):
        if part.id in (near_image.CHECKSUMS, near_image.METADATA, near_image.DESCRIPTOR):
            continue
        for attempt in range(6):
            data = np.frombuffer(part.data, np.uint8).copy()
            if attempt == 0:
                data[:] = 0
            elif attempt == 1:
                data[:] = random.permutation(data)
            else:
                data[random.integers(0, len(data), max(1, len(data) // 50))] = random.integers(0, 256)
            forged = tmp_path / "forged.near"
            forged.write_bytes(near_image.exchange(image, part.id, data=data.tobytes()))
            tried += 1
            try:
                na.open(forged).calibrate(VECTORS[:64] + np.float32(0.1), threads=1)
            except (FileFormatError, InvalidInputError):
                continue
    assert tried > 50
