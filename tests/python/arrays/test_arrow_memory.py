"""Any Arrow array that pyarrow can make is read as pyarrow itself reads it, however it is sliced and chunked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nearabout as na
from nearabout._arrays.pieces import Pieces

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

NUMBERS = ["int8", "uint8", "int16", "uint32", "int64", "float16", "float32", "float64", "bool_"]
TEXT = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.large_string())]
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def chunked(values: list[Any], kind: Any, cuts: list[int]) -> Any:
    """The same values in slices of larger arrays."""
    places = sorted({0, len(values), *(cut % (len(values) + 1) for cut in cuts)})
    chunks = []
    for begin, end in pairwise(places):
        part = pa.array([None, *values[begin:end], None, None], kind)
        chunks.append(part.slice(1, end - begin))
    return pa.chunked_array(chunks, kind)


def list_types(number: Any, dims: int) -> list[Any]:
    plain = [pa.list_(number), pa.large_list(number), pa.list_(number, dims), pa.list_view(number)]
    return [*plain, pa.list_(pa.list_(number, 1), dims), pa.list_(pa.list_(number, 1))]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_vectors_and_keys(data: st.DataObject) -> None:
    dims, name = data.draw(st.integers(1, 5)), data.draw(st.sampled_from(NUMBERS))
    nested = data.draw(st.integers(0, 5))
    hole = st.none() if data.draw(st.booleans()) else st.nothing()
    number = st.integers(0, 1) if name == "bool_" else st.integers(0, 9)
    rows = data.draw(st.lists(hole | st.lists(hole | number, min_size=dims, max_size=dims), min_size=1, max_size=12))
    keys = data.draw(st.lists(hole | words, min_size=len(rows), max_size=len(rows)))
    cuts = data.draw(st.lists(st.integers(0, 12), max_size=3))
    kind = list_types(getattr(pa, name)(), dims)[nested]
    wrap = (lambda value: None if value is None else [value]) if nested > 3 else (lambda value: value)
    wrapped: list[Any] = [row if row is None else [wrap(value) for value in row] for row in rows]
    if name == "bool_":
        to_bool = {0: False, 1: True, None: None}
        rows = [row if row is None else [to_bool[value] for value in row] for row in rows]
        wrapped = [row if row is None else [wrap(value) for value in row] for row in rows]
    table = pa.table(
        {
            "key": chunked(keys, data.draw(st.sampled_from(TEXT)), cuts),
            "vector": chunked(wrapped, kind, data.draw(st.lists(st.integers(0, 12), max_size=3))),
            "year": chunked(list(range(len(rows))), pa.int64(), []),
        }
    )
    whole = [place for place, row in enumerate(rows) if row is not None and None not in row and keys[place] is not None]
    pieces = Pieces(table, "data", keyed=False, on_missing="skip")
    found = [piece for piece in pieces if len(piece)]
    expected = np.array([rows[place] for place in whole])
    assert (np.concatenate(found) if found else expected).tolist() == expected.tolist()
    assert list(pieces.all_keys() if pieces.keys else []) == [keys[place] for place in whole]
    assert sorted(pieces.all_missing().tolist()) == sorted(set(range(len(rows))) - set(whole))
    assert pieces.rows == len(rows)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_columns_of_numbers(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    kinds = data.draw(st.lists(st.sampled_from(NUMBERS[:-1]), min_size=1, max_size=4))
    hole = st.none() if data.draw(st.booleans()) else st.nothing()
    columns = [data.draw(st.lists(hole | st.integers(0, 9), min_size=count, max_size=count)) for _ in kinds]
    cuts = [data.draw(st.lists(st.integers(0, 40), max_size=3)) for _ in kinds]
    table = pa.table(
        {
            f"c{place}": chunked(column, getattr(pa, kind)(), cut)
            for place, (column, kind, cut) in enumerate(zip(columns, kinds, cuts, strict=True))
        }
    )
    rows = list(zip(*columns, strict=True))
    whole = [row for row in rows if None not in row]
    if not whole:
        with pytest.raises(na.InvalidInputError, match="missing value"):
            na.build(table, metric="euclidean")
        return
    index = na.build(table, metric="euclidean", invalid="skip")
    assert index.vectors().tolist() == [list(row) for row in whole]
    assert index.skipped.tolist() == [place for place, row in enumerate(rows) if None in row]
