"""Files of quantizers: what accident or malice makes of them is refused, or answers with numbers, and never crashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.quantizers import Quantizer
from tests.files import attacks, quantizer_attacks
from tests.files.attacks import Attack

VECTORS = np.random.default_rng(7).normal(size=(300, 9)).astype(np.float32)
ALL = [
    na.PQ(2, bits=4),
    na.OPQ(2, bits=4),
    na.LOPQ(3, bits=4, cells=3),
    na.SQ(6),
    na.RaBitQ(2),
    na.ITQ(8),
    na.PcaCodes(4, bits=4),
]


def read(path: Path) -> dict[str, Any]:
    """Everything that can be asked of a quantizer."""
    quantizer = na.load_quantizer(path)
    vectors = np.zeros((3, quantizer.dims), np.float32)
    codes = quantizer.encode(vectors)
    quantizer.decode(np.full((2, quantizer.code_bytes), 255, np.uint8))
    quantizer.distances(vectors, np.full((2, quantizer.code_bytes), 255, np.uint8))
    return {"codes": codes.tolist(), "near": quantizer.decode(codes).tolist()}


@pytest.fixture(scope="module", params=ALL, ids=repr)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("quantizers") / "good.near"
    quantizer: Quantizer = type(request.param)(**vars(request.param))
    quantizer.fit(VECTORS).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "kind",
    [
        attacks.truncations,
        attacks.flipped_bits,
        quantizer_attacks.lies_of_quantizers,
        quantizer_attacks.numbers_of_quantizers,
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_attacks_are_refused_or_answered(
    image: bytes, kind: Callable[[bytes], Iterator[Attack]], tmp_path: Path
) -> None:
    path = tmp_path / "attacked.near"
    for number, attack in enumerate(kind(image)):
        if kind is attacks.flipped_bits and number % 7:
            continue  # a sample: every file has these parts
        path.write_bytes(attack.image)
        try:
            read(path)
        except (na.FileFormatError, na.InvalidInputError) as error:
            assert not attack.error or type(error).__name__ == attack.error, f"{attack.name}: {error!r}"
            assert attack.says in str(error), f"{attack.name}: {error}"
        else:
            assert not attack.error, f"{attack.name}: answered"
