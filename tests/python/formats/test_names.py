"""Names that mean a key in every format: the usual ones in any case, and those that end in id, key or uuid."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nearabout.errors import InvalidInputError
from nearabout.formats import read
from nearabout.formats._arrays import key_candidates

File = Callable[[str, bytes | str], Path]
FORMATS = ["csv", "jsonl", "npz", "parquet"]


def table(file: File, kind: str, **columns: list[int]) -> Path:
    """Two rows of the vector (0.5, 1.5) and (2.5, 3.5) with other columns before it."""
    rows = [[0.5, 1.5], [2.5, 3.5]]
    if kind == "csv":
        lines: list[list[Any]] = [
            [*columns, "x", "y"],
            *([*(one[row] for one in columns.values()), *rows[row]] for row in range(2)),
        ]
        return file("t.csv", "".join(",".join(map(str, line)) + "\n" for line in lines))
    if kind == "jsonl":
        entries = [{**{name: one[row] for name, one in columns.items()}, "vector": rows[row]} for row in range(2)]
        return file("t.jsonl", "\n".join(map(json.dumps, entries)))
    if kind == "npz":
        content = io.BytesIO()
        arrays: dict[str, Any] = {name: np.array(one) for name, one in columns.items()}
        np.savez(content, vectors=rows, **arrays)
        return file("t.npz", content.getvalue())
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = file("t.parquet", b"")
    parquet.write_table(pa.table({**columns, "vector": rows}), path)
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["id", "doc_id", "userId", "item-id", "_id", "uuid", "product.key"])
def test_a_number_of_such_a_name_is_a_key(file: File, kind: str, name: str) -> None:
    found = read(table(file, kind, **{name: [7, 8]}))
    assert np.asarray(found.keys).tolist() == [7, 8]
    assert found.vectors.tolist() == [[0.5, 1.5], [2.5, 3.5]]


@pytest.mark.parametrize("kind", FORMATS)
def test_one_of_several_is_not_guessed(file: File, kind: str) -> None:
    path = table(file, kind, user_id=[7, 8], item_id=[9, 10])
    with pytest.raises(InvalidInputError, match=r"user_id, item_id could each be the key.*key_column="):
        read(path)
    assert np.asarray(read(table(file, kind, user_id=[7, 8], id=[9, 10]), key_column="user_id").keys).tolist() == [7, 8]


def test_words_that_only_end_alike_are_none() -> None:
    names = ["paid", "grid", "valid", "monkey", "Madrid", "vid", "liquid", "covid"]
    assert key_candidates(names) == []
    assert key_candidates(["paid", "ID", "key_id"]) == ["ID"]
