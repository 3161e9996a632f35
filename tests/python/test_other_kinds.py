"""What other libraries call their indexes points to what serves here, in Python and from the shell."""

from __future__ import annotations

import re

import pytest

import nearabout as na
from nearabout.params import kind_from_settings

GRAPH = "did you mean 'ivf'? It does the work of a graph, which this library does not build. Allowed: auto, "


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("hnsw", GRAPH),
        ("HNSW32,Flat", GRAPH),
        ("hnswlib", GRAPH),
        ("IndexHNSWFlat", GRAPH),
        ("pynndescent", GRAPH),
        ("flat", "did you mean 'exact'? Allowed"),
        ("Flat", "did you mean 'exact'? Allowed"),
        ("IndexFlatL2", "did you mean 'exact'? Allowed"),
        ("IDMap,Flat", "did you mean 'exact'? Allowed"),
        ("brute-force", "did you mean 'exact'? Allowed"),
        ("annoy", "did you mean 'forest'? Allowed"),
        ("kd_tree", "did you mean 'forest'? Allowed"),
        ("IVFFlat", "did you mean 'ivf'? Allowed"),
        ("IVF1024,Flat", "did you mean 'ivf' with lists=1024, which is na.IVF(lists=1024)? Allowed"),
        ("OPQ16,IVF256,PQ16", "did you mean 'ivf' with lists=256, codes=16, which is"),
        ("IVF1024_HNSW32,PQ16x4fs", "did you mean 'ivf' with lists=1024, codes=8, which is"),
        ("PQ8", "did you mean 'ivf' with codes=8, which is"),
        ("IVF0,PQ9999", "did you mean 'ivf'? Allowed"),
        ("exat", "did you mean 'exact' or 'auto'? Allowed"),
        ("cupboard", "there is no kind 'cupboard'; Allowed: auto, exact, forest, ivf"),
        ("", "there is no kind ''; Allowed"),
    ],
)
def test_a_kind_of_others(kind: str, sentence: str) -> None:
    with pytest.raises(na.InvalidInput, match=re.escape(sentence)) as told:
        na.build([[1.0, 2.0]], kind=kind)  # type: ignore[arg-type]
    assert str(told.value).startswith(f"there is no kind {kind!r}; ")
    with pytest.raises(na.InvalidInput, match=re.escape(sentence)):
        kind_from_settings(kind, {})


def test_what_is_pointed_to_can_be_built() -> None:
    with pytest.raises(na.InvalidInput) as told:
        na.build([[1.0, 2.0]], kind="IVF64,PQ16x4")  # type: ignore[arg-type]
    pointed = re.search(r"na\.(IVF\(.*?\))\?", str(told.value))
    assert pointed is not None
    assert na.IVF(lists=64, codes=8) == eval(pointed[1], {"IVF": na.IVF})
