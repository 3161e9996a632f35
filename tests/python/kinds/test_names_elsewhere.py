"""What other libraries call their indexes points to what serves here, in Python and from the shell."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

import nearabout as na
from nearabout.index.other_methods import _SERVES
from nearabout.kinds import kind_from_settings

LSH = "did you mean 'lsh'? Allowed: auto, "
GRAPH = "did you mean 'graph'? Allowed: auto, "


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("hnsw", GRAPH),
        ("HNSW32,Flat", GRAPH),
        ("hnswlib", GRAPH),
        ("IDMap,HNSW32", GRAPH),
        ("IndexHNSWFlat", GRAPH),
        ("pynndescent", GRAPH),
        ("flat", "did you mean 'exact'? Allowed"),
        ("Flat", "did you mean 'exact'? Allowed"),
        ("IndexFlatL2", "did you mean 'exact'? Allowed"),
        ("IDMap,Flat", "did you mean 'exact'? Allowed"),
        ("brute-force", "did you mean 'exact'? Allowed"),
        ("annoy", "did you mean 'forest'? Allowed"),
        ("kd_tree", "did you mean 'kdtree'? Allowed"),
        ("cKDTree", "did you mean 'kdtree'? Allowed"),
        ("ball_tree", "did you mean 'kdtree'? Allowed"),
        ("IVFFlat", "did you mean 'ivf'? Allowed"),
        ("IVF1024,Flat", "did you mean na.IVF(lists=1024)? Allowed"),
        ("OPQ16,IVF256,PQ16", "did you mean na.IVF(lists=256, codes=16)?"),
        ("IVF1024_HNSW32,PQ16x4fs", "did you mean na.IVF(lists=1024, codes=8)?"),
        ("PQ8", "did you mean na.IVF(codes=8)?"),
        ("IVF0,PQ9999", "did you mean 'ivf'? Allowed"),
        ("IndexLSH", LSH),
        ("LSHrt", LSH),
        ("hash", LSH),
        ("IndexBinaryHash", LSH),
        ("falconn", LSH),
        ("exat", "did you mean 'exact' or 'auto'? Allowed"),
        ("cupboard", "there is no kind 'cupboard'; Allowed: auto, exact, forest, ivf, graph, kdtree, lsh"),
        ("", "there is no kind ''; Allowed"),
    ],
)
def test_a_kind_of_others(kind: str, sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=re.escape(sentence)) as told:
        na.build([[1.0, 2.0]], kind=kind)
    assert str(told.value).startswith(f"there is no kind {kind!r}; ")
    with pytest.raises(na.InvalidInputError, match=re.escape(sentence)):
        kind_from_settings(kind, {})


def test_what_is_pointed_to_can_be_built() -> None:
    with pytest.raises(na.InvalidInputError) as told:
        na.build([[1.0, 2.0]], kind="IVF64,PQ16x4")
    pointed = re.search(r"na\.(IVF\(.*?\))\?", str(told.value))
    assert pointed is not None
    assert na.IVF(lists=64, codes=8) == eval(pointed[1], {"IVF": na.IVF})


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("most_similar", r"; use index\.analogy\(positive=, negative=\)$"),
        ("knn_query", r"; use index\.search\(query, k\)$"),
        ("kneighbors", r"; use index\.search\(query, k\)$"),
        ("get_nns_by_item", r"; use index\.search_by_key\(key, k\)$"),
        ("add_items", "; an index is immutable: build a new one from all the vectors with nearabout.build$"),
        ("load", r"; use nearabout\.open\(path\)$"),
        ("ntotal", r"; use len\(index\)$"),
        ("cupboard", "has no attribute 'cupboard'$"),
    ],
)
def test_a_method_of_others(name: str, advice: str) -> None:
    index = na.build([[1.0, 2.0]])
    with pytest.raises(AttributeError, match=advice) as told:
        getattr(index, name)
    assert str(told.value).startswith(f"'Index' object has no attribute {name!r}")
    assert not hasattr(index, name)


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        (na.Graph, {"M": 32}, "Graph() has no setting 'M'; did you mean 'degree'? Allowed: degree, alpha, code_bits"),
        (na.Graph, {"codes": 8}, "Graph() has no setting 'codes'; did you mean 'code_bits'?"),
        (na.IVF, {"nlist": 8}, "IVF() has no setting 'nlist'; did you mean 'lists'?"),
        (na.Forest, {"n_trees": 8}, "Forest() has no setting 'n_trees'; did you mean 'trees'?"),
        (na.LSH, {"nbits": 8}, "LSH() has no setting 'nbits'; did you mean 'bits'?"),
        (na.LSH, {"n_estimators": 8}, "LSH() has no setting 'n_estimators'; did you mean 'tables'?"),
        (na.Exact, {"cupboard": 8}, "Exact() has no setting 'cupboard'; Allowed: byte_rows"),
    ],
)
def test_a_setting_of_others(kind: type, settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(sentence)):
        kind(**settings)
    assert pickle.loads(pickle.dumps(kind())) == copy.deepcopy(kind()) == kind()


def test_no_method_of_ours_is_among_those_of_others() -> None:
    index = na.build([[1.0, 2.0]])
    assert not [name for name in _SERVES if hasattr(index, name)]
    for advice in set(_SERVES.values()):
        for owner, name in re.findall(r"(index|nearabout)\.(\w+)", advice):
            assert hasattr(index if owner == "index" else na, name)


def test_an_index_is_not_made_by_its_class() -> None:
    with pytest.raises(na.InvalidInputError, match=r"call nearabout\.build\(vectors\) or nearabout\.open\(path\)"):
        na.Index([[1.0, 2.0]])  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match=r"no attribute 'load'; use nearabout\.open$"):
        _ = na.load
