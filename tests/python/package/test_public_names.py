"""The names that users see, and that importing the package is cheap."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import nearabout as na

NAMES = [
    "EVERY_ROW",
    "ITQ",
    "IVF",
    "LOPQ",
    "LSH",
    "OPQ",
    "PQ",
    "SQ",
    "CorruptFileError",
    "Duplicates",
    "Embeddings",
    "Exact",
    "Explanation",
    "FileFormatError",
    "Forest",
    "Graph",
    "Hits",
    "Index",
    "InvalidInputError",
    "KDTree",
    "MissingDependencyError",
    "NearaboutError",
    "NearaboutWarning",
    "NeighborGraph",
    "PcaCodes",
    "Plan",
    "Profile",
    "RaBitQ",
    "RowFilter",
    "TruncatedFileError",
    "UnknownFormatError",
    "UnknownKeyError",
    "UnsupportedVersionError",
    "__version__",
    "build",
    "from_bytes",
    "load_quantizer",
    "neighbor_graph",
    "open",
    "plan",
    "read",
    "tune",
]
INDEX = {
    "dims",
    "dtype",
    "info",
    "keys",
    "kind",
    "metric",
    "path",
    "radius_search",
    "row_filter",
    "rows",
    "save",
    "search",
}
INDEX |= {"close", "to_bytes"}
INDEX |= {"profile", "search_by_key", "skipped", "vectors", "verify"}
INDEX |= {"duplicates", "neighbors"}
INDEX |= {"analogy", "effort_unit", "calibrate", "calibration", "explain", "measure_recall"}
HITS = {"counts", "distances", "effort", "expected_recall", "keys", "rows", "scores", "out_of_distribution"}
HITS |= {"to_arrow", "to_dict", "to_pandas", "to_polars"}


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_names_are_these() -> None:
    assert na.__all__ == NAMES
    assert set(NAMES) <= set(dir(na))
    assert public(na.Index) == INDEX
    assert public(na.Hits) == HITS


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_and_says_what_it_is(name: str) -> None:
    thing: Any = getattr(na, name)
    if name != "__version__":
        assert inspect.getdoc(thing)


@pytest.mark.parametrize("owner", [na.Index, na.Hits])
def test_each_method_says_what_it_does(owner: type) -> None:
    described = {name for name in public(owner) if not inspect.getdoc(getattr(owner, name))}
    attributes = {"skipped"} if owner is na.Index else {"rows", "distances", "counts"}  # told by the class itself
    assert described <= attributes
    assert all(f"{name}:" in (owner.__doc__ or "") for name in attributes)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        _ = na.serach


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(na.InvalidInputError, ValueError)
    assert issubclass(na.UnknownKeyError, KeyError)
    assert issubclass(na.FileFormatError, ValueError)
    assert issubclass(na.MissingDependencyError, ImportError)
    for name in ("UnknownFormatError", "TruncatedFileError", "CorruptFileError", "UnsupportedVersionError"):
        assert issubclass(getattr(na, name), na.FileFormatError)
    for name in ("InvalidInputError", "UnknownKeyError", "FileFormatError", "MissingDependencyError"):
        assert issubclass(getattr(na, name), na.NearaboutError)
    assert str(na.UnknownKeyError("a sentence")) == "a sentence"
