"""Which kind of index serves what other libraries have: for the sentence about a `kind=` that is none of ours."""

from __future__ import annotations

import re

# By the beginning of the name, in lower case and without spaces, hyphens and underscores; the longest counts.
_SERVED_BY = {
    "exact": ("flat", "indexflat", "brute", "linear", "nearestneighbors", "knn"),
    "forest": ("annoy", "tree", "kdtree", "balltree", "vptree", "rptree", "rptrees", "randomforest", "flann"),
    "ivf": (
        *("ivf", "indexivf", "inverted", "list", "pq", "opq", "sq", "rabitq", "indexpq", "scann", "faiss", "lsh"),
        *("indexlsh", "milvus", "approximate", "ann", "symqg"),
    ),
}
# Graphs: there are none here.
_GRAPHS = (
    *("hnsw", "indexhnsw", "nsw", "nsg", "graph", "vamana", "diskann", "usearch", "voyager", "ngt", "nndescent"),
    *("pynndescent", "cagra", "svs"),
)

_LISTS = re.compile(r"ivf(\d+)")
_CODES = re.compile(r"pq(\d+)(?:x(\d+))?")


def what_serves(kind: str) -> str:
    """Returns a question that points from the name of another library's index to a kind of ours; "" for other names.

    FAISS's factory strings are understood as far as we have their parts: "IVF1024,PQ16" has 1,024 lists and codes of 16
    bytes.

    >>> what_serves("HNSW32")
    "did you mean 'ivf'? It does the work of a graph, which this library does not build"
    >>> what_serves("IVF1024,PQ16")
    "did you mean 'ivf' with lists=1024, codes=16, which is na.IVF(lists=1024, codes=16)?"
    """
    parts = [re.sub(r"[\s_-]", "", part).lower() for part in kind.split(",")]
    lists = next((_LISTS.match(part) for part in parts if _LISTS.match(part)), None)
    named = [part for part in parts if not part.startswith(("idmap", "pca", "opq", "rr", "l2norm"))] or parts
    if lists is None and named[0].startswith(_GRAPHS):
        return "did you mean 'ivf'? It does the work of a graph, which this library does not build"
    served = "ivf" if lists else _served_by(named[0])
    if not served:
        return ""
    settings = [f"lists={int(lists[1])}"] if lists and 1 <= int(lists[1]) <= 1_000_000 else []
    codes = next((_CODES.match(part) for part in parts if _CODES.match(part)), None)
    if codes is not None and 1 <= (size := int(codes[1]) * int(codes[2] or 8) // 8) <= 512:
        settings.append(f"codes={size}")
    told = ", ".join(settings)
    return f"did you mean {served!r} with {told}, which is na.IVF({told})?" if told else f"did you mean {served!r}?"


def _served_by(name: str) -> str:
    """The kind whose longest beginning the name has."""
    matches = [(len(word), kind) for kind, words in _SERVED_BY.items() for word in words if name.startswith(word)]
    return max(matches)[1] if matches else ""
