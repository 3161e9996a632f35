"""Numbers at the ends of float32's range: a build ends in an index that answers right, or in InvalidInputError."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from nearabout.errors import InvalidInputError
from tests.combinations import star
from tests.python.reference import distances

ROWS, DIMS = 3000, 20
LARGEST = 3.4e38
KINDS: dict[str, Any] = {
    "exact": na.Exact(),
    "forest": na.Forest(trees=2),
    "lists": na.IVF(),
    "8-bit codes": na.IVF(lists=20, codes=8, keep_vectors=False),
    "small codes alone": na.IVF(lists=20, codes=8, refine=False, keep_vectors=False),
    "few lists": na.IVF(lists=20, codes=8),
    "small codes": na.IVF(lists=20, codes=8, refine=False),
}
LIKE_OTHERS = ("few lists", "small codes")  # built as those above but for their vectors: left to the slow run
METRICS = ["euclidean", "cosine", "dot", "manhattan"]


def alone(number: float, others: float = 1.0, row: int = 8) -> NDArray[Any]:
    """One row of another size. A sample that takes two of three rows does not see row 8."""
    rows = np.random.default_rng(1).normal(size=(ROWS, DIMS)) * others
    rows[row] = number
    return rows


def numbers() -> Iterator[tuple[str, NDArray[Any]]]:
    random = np.random.default_rng(0)
    normal = random.normal(size=(ROWS, DIMS))
    for scale in (1e-44, 1e-39, 1e-20, 1e9, 1e19, 1e38):
        yield f"normal times {scale}", (normal * scale).clip(-LARGEST, LARGEST)
    yield "zeros and the least number", (normal > 0) * 1.5e-45
    yield "the least number", np.full((ROWS, DIMS), 1.5e-45)
    yield "the largest", np.full((ROWS, DIMS), LARGEST)
    yield "the largest and its opposite", np.where(normal > 0, LARGEST, -LARGEST)
    yield "ones", np.ones((ROWS, DIMS))
    yield "columns of both ends", (normal * np.resize([1e-40, 1e38], DIMS)).clip(-LARGEST, LARGEST)
    yield "rows of both ends", (normal * np.resize([1e-40, 1e38], ROWS)[:, None]).clip(-LARGEST, LARGEST)
    yield "every size", np.exp(random.uniform(-100, 88, (ROWS, DIMS))) * np.sign(normal)
    for row in (4, 8):
        yield f"row {row} is the largest", alone(LARGEST, row=row)
        yield f"row {row} is the largest of tiny ones", alone(LARGEST, 1e-40, row)
        yield f"row {row} is 1 of tiny ones", alone(1, 1e-40, row)
        yield f"row {row} is not zero", alone(1, 0, row)
        yield f"row {row} is hardly not zero", alone(1.5e-45, 0, row)


NUMBERS = dict(numbers())


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        *star([kind for kind in KINDS if kind not in LIKE_OTHERS], METRICS),
        *(pytest.param(kind, metric, marks=pytest.mark.slow) for kind in LIKE_OTHERS for metric in METRICS),
    ],
)
def test_a_build_is_an_index(kind: str, metric: str) -> None:
    if metric == "manhattan" and kind not in ("exact", "forest"):
        pytest.skip("lists of codes do not serve manhattan")
    if kind.startswith("small") and metric == "cosine":
        pytest.skip("under cosine all kinds of codes are made alike")
    for name, rows in NUMBERS.items():
        given = rows.astype(np.float32)
        refusals = []
        if metric == "cosine" and not given.any(axis=1).all():
            refusals.append("is a zero vector")
        if kind == "8-bit codes":
            refusals.append("8-bit codes cannot represent both")
        try:
            index = na.build(given, metric=metric, kind=KINDS[kind], threads=2)
        except InvalidInputError as error:
            assert any(refusal in str(error) for refusal in refusals), (name, str(error))
            continue
        index.verify()
        assert not np.isnan(index.search(given[:20], 5).distances).any(), name
        if not index.info().get("keeps_vectors", True):
            continue
        for query in given[[0, 8, 1500]]:
            hits = index.search(query, 5, exact=True)
            own = np.sort(distances(metric, query, given))[:5]
            with np.errstate(over="ignore"):
                expected = own.astype(np.float32)
            np.testing.assert_allclose(hits.distances, expected, rtol=3e-6, atol=3e-6 if metric == "cosine" else 0)


@pytest.mark.parametrize(("dtype", "kind"), star(["f16", "bf16"], ["exact", "lists", "forest"]))
def test_halves(dtype: str, kind: str) -> None:
    for name, rows in NUMBERS.items():
        given = rows.astype(np.float32)
        try:
            index = na.build(given, metric="euclidean", kind=KINDS[kind], dtype=dtype, threads=2)
        except InvalidInputError as error:
            assert "does not fit the dtype" in str(error), (name, str(error))
            continue
        index.verify()
        assert not np.isnan(index.search(given[:20], 5).distances).any(), name


@pytest.mark.parametrize(("size", "lists", "metric"), star([1e18, 1e12, 3e37], [1, 2, 20], ["euclidean", "dot"]))
def test_a_few_far_rows_in_a_long_list(size: float, lists: int, metric: str) -> None:
    """Their estimates are so large that a search for the smallest of them may find no threshold: it keeps no more."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000 if lists > 2 else 8_000, 24)).astype("f4")
    far = random.integers(0, 512, 5)
    rows[far] = random.normal(size=(5, 24)) * size / 5
    queries = random.normal(size=(100, 24)).astype("f4")
    index = na.build(rows, metric=metric, kind=na.IVF(lists=lists))
    exact = index.search(queries, 10, exact=True)
    for effort in (lists, 1):
        index.search(queries, 10, effort=effort)
    found = index.search(queries, 10, recall=0.9)
    if metric == "dot" and size > 1e30:
        return  # beside products of that size, those of all other rows are the same number to their codes
    assert np.mean([len(set(a) & set(b)) for a, b in zip(found.rows, exact.rows, strict=True)]) > 8.5
