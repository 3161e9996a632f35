"""Hits as columns and as data frames: one row a hit, padding left out, the same in every library."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

import nearabout as na
from tests.python.conftest import DIRECTIONS, WORDS

COLUMNS = ["query", "rank", "key", "row", "distance"]


def rows_of(hits: na.Hits) -> list[tuple[Any, ...]]:
    """What a loop over the hits would write down."""
    if hits.rows.ndim == 1:
        told = zip(hits.keys.tolist(), hits.rows.tolist(), hits.distances.tolist(), strict=True)
        return [(place + 1, *hit) for place, hit in enumerate(told)]
    return [
        (query, rank + 1, hits.keys[query, rank], int(hits.rows[query, rank]), float(hits.distances[query, rank]))
        for query, count in enumerate(np.asarray(hits.counts).tolist())
        for rank in range(count)
    ]


def frames(hits: na.Hits) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Names of columns and rows, by library."""
    pandas, polars, arrow = hits.to_pandas(), hits.to_polars(), hits.to_arrow()
    return {
        "dict": (
            list(hits.to_dict()),
            list(zip(*(column.tolist() for column in hits.to_dict().values()), strict=True)),
        ),
        "pandas": (list(pandas.columns), [tuple(row) for row in pandas.itertuples(index=False, name=None)]),
        "polars": (polars.columns, polars.rows()),
        "arrow": (arrow.column_names, [tuple(row.values()) for row in arrow.to_pylist()]),
    }


@pytest.fixture(params=["str", "int", "none"])
def index(request: pytest.FixtureRequest) -> na.Index:
    keys: Any = {"str": WORDS, "int": [70, 71, 72, 2**62, -5], "none": None}[request.param]
    return na.build(DIRECTIONS, keys=keys)


@pytest.fixture(autouse=True)
def _libraries() -> None:
    for name in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(name)


def test_one_query(index: na.Index) -> None:
    hits = index.search(DIRECTIONS[1], k=3)
    for library, (names, rows) in frames(hits).items():
        assert (library, names, rows) == (library, COLUMNS[1:], rows_of(hits))


def test_a_batch(index: na.Index) -> None:
    hits = index.search(DIRECTIONS[:4], k=3)
    assert len(hits.to_pandas()) == 12
    for library, (names, rows) in frames(hits).items():
        assert (library, names, rows) == (library, COLUMNS, rows_of(hits))


def test_padding_is_left_out(index: na.Index) -> None:
    hits = index.radius_search(np.array([[0, 1], [-1, -1], [1, 1]], np.float32), 0.3)
    assert hits.counts.tolist() == [2, 2, 3]
    for library, (names, rows) in frames(hits).items():
        assert (library, names, rows) == (library, COLUMNS, rows_of(hits))
        assert len(rows) == 7


@pytest.mark.parametrize("shape", [(0,), (0, 2), (3, 2)])
def test_no_hits(shape: tuple[int, ...]) -> None:
    empty = na.build(np.empty((0, 2), np.float32), metric="euclidean")
    hits = empty.search(np.zeros(2, np.float32) if len(shape) == 1 else np.zeros(shape, np.float32))
    for library, (names, rows) in frames(hits).items():
        assert (library, names, rows) == (library, COLUMNS[-4:] if len(shape) == 1 else COLUMNS, [])


def test_types_are_those_of_the_columns(index: na.Index) -> None:
    hits = index.search(DIRECTIONS, k=2)
    text = index.info()["keys"] == "str"
    pandas, polars, arrow = hits.to_pandas(), hits.to_polars(), hits.to_arrow()
    for column, kind in (("query", "int64"), ("rank", "int64"), ("row", "int64"), ("distance", "float32")):
        assert str(pandas[column].dtype) == kind
        assert hits.to_dict()[column].dtype == kind
        assert str(polars[column].dtype).lower() == kind
        assert str(arrow.schema.field(column).type) in (kind, "float")
    assert str(pandas["key"].dtype) in (("str", "object") if text else ("int64",))
    assert str(polars["key"].dtype) == ("String" if text else "Int64")
    assert str(arrow.schema.field("key").type) == ("string" if text else "int64")


def test_other_libraries_read_hits_as_they_are(index: na.Index) -> None:
    polars, arrow = importlib.import_module("polars"), importlib.import_module("pyarrow")
    for hits in (index.search(DIRECTIONS, k=2), index.search(DIRECTIONS[0], k=2)):
        assert polars.DataFrame(hits).rows() == rows_of(hits)
        assert arrow.table(hits).equals(hits.to_arrow())


def test_frames_are_joined_by_row_and_by_query(index: na.Index) -> None:
    pandas = importlib.import_module("pandas")
    colours = pandas.DataFrame({"colour": ["red", "green", "blue", "white", "black"]})  # of the vectors, in their order
    asked = pandas.DataFrame({"name": ["up", "left"]})  # of the queries
    frame = index.search(DIRECTIONS[[0, 4]], k=2).to_pandas().join(colours, on="row").join(asked, on="query")
    assert frame["colour"].tolist() == [colours["colour"][row] for row in frame["row"]]
    assert frame["name"].tolist() == ["up", "up", "left", "left"]


def test_keys_of_every_sort_and_pickled_hits() -> None:
    import pickle

    keys = ["", "New York", "nul\0inside", "שלום", "🦉"]
    hits = pickle.loads(pickle.dumps(na.build(DIRECTIONS, keys=keys).search(DIRECTIONS, k=5)))
    for _, rows in frames(hits).values():
        assert rows == rows_of(hits)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_library_that_is_missing_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hits = na.build(DIRECTIONS).search(DIRECTIONS[0])
    monkeypatch.setitem(sys.modules, library, None)
    method = "to_arrow" if library == "pyarrow" else f"to_{library}"
    sentence = rf"hits\.{method}\(\) needs the library {library}: pip install {library}; hits\.to_dict\(\) has the same"
    with pytest.raises(na.MissingDependencyError, match=sentence):
        getattr(hits, method)()


def test_nothing_of_it_is_imported_before_it_is_asked_for() -> None:
    code = "import sys, numpy, nearabout as na; h = na.build(numpy.eye(2)).search([1, 0]); h.to_dict(); "
    code += "print([name for name in ('pandas', 'polars', 'pyarrow') if name in sys.modules])"
    done = importlib.import_module("subprocess").run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[]\n" or done.stdout == b"[]\r\n"
