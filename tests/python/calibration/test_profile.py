"""What a search by lists of codes tells of its work."""

from __future__ import annotations

import numpy as np
import pytest

import nearabout as na

BASE = np.random.default_rng(8).normal(size=(3_000, 24)).astype(np.float32)


def test_work_is_counted() -> None:
    index = na.build(BASE, metric="euclidean", kind=na.IVF(lists=50, codes=na.PcaCodes(8, bits=4)))
    little, much = (index.profile(BASE[:200], 10, effort=effort) for effort in (4, 20))
    for work, effort in ((little, 4), (much, 20)):
        assert work.queries == 200
        assert effort * 200 <= work.counts["lists"] <= (effort + effort // 8 + 1) * 200
        assert work.counts["lists"] <= work.counts["codes"] <= work.queries * len(index)
        assert 10 * 200 <= work.counts["compared"] <= work.counts["codes"]
        # A row's codes are 8 bytes and its terms 4; a comparison reads 24 floats and the row's number.
        assert work.counts["bytes"] == work.counts["codes"] * 12 + work.counts["compared"] * (24 * 4 + 4)
        assert list(work.seconds) == ["bind", "rank", "scan", "compare"]
        assert all(seconds > 0 for seconds in work.seconds.values())
    assert little.counts["codes"] < much.counts["codes"]
    assert str(much).startswith("200 queries; each: 2")


def test_threads_count_the_same_work() -> None:
    index = na.build(BASE, metric="cosine", kind=na.IVF(lists=50))
    one, two = (index.profile(BASE, effort=6, threads=threads) for threads in (1, 2))
    assert one.counts == two.counts
    assert one.queries == 3_000


def test_integer_rows_have_squares() -> None:
    bytes_ = (BASE * 30 + 128).clip(0, 255).astype(np.uint8)
    index = na.build(bytes_, metric="euclidean", kind=na.IVF(lists=50, codes=na.PcaCodes(4, bits=4)))
    work = index.profile(bytes_[7], effort=5)
    assert work.queries == 1
    assert work.counts["bytes"] == work.counts["codes"] * 8 + work.counts["compared"] * (24 + 8)


def test_the_exact_scan_counts_nothing() -> None:
    index = na.build(BASE, metric="euclidean", kind=na.IVF(lists=50))
    assert index.profile(BASE[:9], effort=50).queries == 0


@pytest.mark.parametrize("kind", ["exact", "forest"])
def test_other_kinds_keep_no_count(kind: str) -> None:
    with pytest.raises(na.InvalidInputError, match=f"a kind of index that counts its work, and '{kind}' does not"):
        na.build(BASE, metric="euclidean", kind=kind).profile(BASE[0])
