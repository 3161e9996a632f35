"""What parameters are chosen for: workloads, families of processors, and choosing anew."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout import _core
from nearabout.kinds import Kind
from nearabout.kinds.auto import choose_kind
from nearabout.kinds.tuning import WORKLOADS, Tuning, families, tuning_for

METRICS = ("euclidean", "sqeuclidean", "cosine", "dot")


@functools.cache
def rows(dims: int = 96, dtype: str = "float32") -> Any:
    random = np.random.default_rng(5)
    along = random.normal(size=(2_500, 24)) @ random.normal(size=(24, dims))
    return (40 + 8 * along).clip(0, 120).astype(dtype) if dtype.endswith("int8") else along.astype(dtype)


def assert_same(hits: na.Hits, others: na.Hits) -> None:
    assert (hits.rows == others.rows).all()
    assert (hits.distances == others.distances).all()


# --- Codes of 8 bits ---


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int8"])
@pytest.mark.parametrize("size", [64, 92])  # whole tiles, and not
def test_eight_bits_find_the_same_in_batches_and_alone(metric: str, dtype: str, size: int) -> None:
    base, queries = rows(dtype=dtype)[:2_300], rows(dtype=dtype)[2_300:]
    kind = na.IVF(lists=30, codes=na.PcaCodes(size, bits=8))
    index = na.build(base, metric=metric, kind=kind)
    assert (index.info()["code_bits"], index.info()["code_directions"]) == (8, size)
    hits, truth = index.search(queries), index.search(queries, exact=True)
    found = np.mean([len(set(own) & set(true)) / 10 for own, true in zip(hits.rows, truth.rows, strict=True)])
    assert found >= 0.93
    for number in range(0, len(queries), 7):
        alone = index.search(queries[number])
        assert alone.rows.tolist() == hits.rows[number].tolist()
        assert alone.distances.tolist() == hits.distances[number].tolist()
    assert_same(index.search(queries[:5]), index.search(queries[:5], threads=2))
    mask = np.arange(len(base)) % 3 == 0
    assert mask[index.search(queries, filter=index.row_filter(mask=mask)).rows].all()
    index.verify()


def test_more_directions_than_eight_bits_have() -> None:
    with pytest.raises(na.InvalidInputError, match="codes of 193 bytes with 8 bits per direction have 193 directions"):
        na.PcaCodes(193, bits=8)


# --- Workloads and families ---


def test_the_family_is_that_of_the_machine_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEARABOUT_FAMILY")
    assert tuning_for("both", None).family == _core.machine_family()
    assert _core.machine_family() in families()
    monkeypatch.setenv("NEARABOUT_FAMILY", "amx")
    assert tuning_for("batch", None) == Tuning("batch", "amx")
    assert tuning_for("both", "generic").family == "generic"
    monkeypatch.setenv("NEARABOUT_FAMILY", "386")
    with pytest.raises(na.InvalidInputError, match="NEARABOUT_FAMILY is '386'"):
        na.build(rows(), kind="ivf")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"workload": "singel"}, "workload is 'singel'; did you mean 'single'"),
        ({"workload": 3}, "workload is an int; pass one of 'both', 'batch', 'single'"),
        ({"family": "avx512"}, r"family is 'avx512'; pass one of 'generic' \(AVX-512, and all others\), 'avx2'"),
        ({"family": b"amx"}, "family is a bytes; pass one of"),
    ],
)
def test_what_cannot_be_chosen_for(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(rows(), kind="ivf", **given)
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.plan(1_000, 10, **given)


@pytest.mark.parametrize("kind", [na.Exact(), na.Forest(trees=2)])
def test_kinds_that_have_nothing_to_choose(kind: Kind) -> None:
    for name, value in (("workload", "batch"), ("family", "amx")):
        given: dict[str, Any] = {name: value}
        with pytest.raises(na.InvalidInputError, match=f"nothing about the kind {kind.name} depends on it"):
            na.build(rows(), kind=kind, **given)


@pytest.mark.parametrize("family", families())
@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_same_family_gives_the_same_bytes(family: str, workload: Any) -> None:
    build = functools.partial(na.build, rows(), kind="ivf", metric="euclidean", workload=workload, family=family)
    index = build(threads=1)
    assert index.to_bytes() == build(threads=2).to_bytes()
    info = index.info()
    assert (info["family"], info["workload"]) == (family, workload)
    named = [part["name"] for part in info["sections"]]
    assert ("tuning" in named) == ((family, workload) != ("generic", "both"))
    hits, truth = index.search(rows()[:200]), index.search(rows()[:200], exact=True)
    found = np.mean([len(set(own) & set(true)) / 10 for own, true in zip(hits.rows, truth.rows, strict=True)])
    assert found >= 0.94


def test_batches_on_a_matrix_unit_take_codes_of_eight_bits() -> None:
    batch = na.build(rows(), kind="ivf", workload="batch", family="amx").info()
    assert batch["code_bits"] == 8
    single = na.build(rows(), kind="ivf", workload="single", family="amx").info()
    assert single["code_bits"] < 8
    assert na.build(rows(), kind="ivf", workload="batch").info()["code_bits"] < 8


def test_auto_weighs_exact_answers_in_batches() -> None:
    """In batches the exact kind is chosen for fewer rows than singly, and for more of them on a matrix unit."""

    def most_exact(tuning: Tuning) -> int:
        sizes = [1_000 * 2**step for step in range(8)]
        return sum(choose_kind(size, 100, "cosine", "f32", 0.95, tuning).always_exact for size in sizes)

    assert most_exact(Tuning("single")) == most_exact(Tuning("both")) > most_exact(Tuning("batch"))
    assert most_exact(Tuning("batch", "amx")) > most_exact(Tuning("batch"))


# --- Choosing anew ---


def test_tune_keeps_what_was_given(tmp_path: Path) -> None:
    kind = na.IVF(lists=20, codes=na.PcaCodes(16, bits=4))
    words = [f"word {row}" for row in range(len(rows()))]
    old = na.build(rows(), words, metric="dot", kind=kind, seed=7, recall=0.9, dtype="bf16", path=tmp_path / "a.near")
    new = na.tune(old, path=tmp_path / "a.near", workload="single", family="avx2", memory="64MB", progress=None)
    info = new.info()
    assert (info["lists"], info["code_bits"], info["seed"], info["workload"]) == (20, 4, 7, "single")
    assert (new.metric, new.dtype, new.kind) == ("dot", "bf16", "ivf")
    calibration = new.calibration()
    assert calibration is not None
    assert calibration.target_recall == 0.9
    assert new.keys([0, -1 % len(words)]).tolist() == [words[0], words[-1]]
    assert (new.vectors() == old.vectors()).all()
    assert na.tune(tmp_path / "a.near", workload="single", family="avx2").info()["lists"] == 20


def test_tune_chooses_the_kind_where_it_was_auto() -> None:
    index = na.build(rows())
    assert (index.kind, index.info()["metadata"]["chosen_by"]) == ("exact", "auto")
    assert na.tune(index, workload="batch").kind == "ivf"
    for kind in ("exact", "forest"):
        with pytest.raises(na.InvalidInputError, match=f"nothing to choose about an index of the kind {kind}"):
            na.tune(na.build(rows(), kind=kind), workload="batch")
    with pytest.raises(na.InvalidInputError, match="index is a ndarray"):
        na.tune(rows())


def test_tune_asks_for_what_auto_was_asked_for() -> None:
    """An exact index has neither recall, seed nor calibration, but lists that take its place have them."""
    index = na.build(rows(), recall=0.8, seed=5, workload="single", calibrate=False)
    assert index.kind == "exact"
    tuned = na.tune(index, workload="batch")
    assert (tuned.kind, tuned.calibration(), tuned.info()["seed"]) == ("ivf", None, 5)
    assert na.tune(na.build(rows(), recall=1.0), workload="batch").kind == "exact"
    tuned = na.tune(na.build(rows(), recall=0.8), workload="batch")
    calibration = tuned.calibration()
    assert calibration is not None
    assert calibration.target_recall == 0.8
    assert na.tune(tuned).info()["workload"] == "batch"
    with pytest.raises(na.InvalidInputError, match="pass them again as queries="):
        na.tune(na.build(rows(), queries=rows()[:60]), workload="batch")


def test_tune_needs_vectors_and_the_queries_of_the_calibration() -> None:
    with pytest.raises(na.InvalidInputError, match="keeps no vectors"):
        na.tune(na.build(rows(), kind=na.IVF(keep_vectors=False)))
    index = na.build(rows(), kind="ivf", queries=rows()[:80])
    with pytest.raises(na.InvalidInputError, match="calibrated with queries"):
        na.tune(index)
    again = na.tune(index, queries=rows()[:80]).calibration()
    assert again is not None
    assert again.source == "user_queries"
    assert na.tune(na.build(rows(), kind="ivf", calibrate=False)).calibration() is None
