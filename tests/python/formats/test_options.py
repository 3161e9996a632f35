"""Options: known ones are used, others refused, and the surface is what the documentation says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nearabout.errors import InvalidInputError
from nearabout.formats import Embeddings, format_names, read, writer_names
from nearabout.formats._registry import FORMATS

File = Callable[[str, bytes | str], Path]


@pytest.mark.parametrize(("name", "option"), [
    ("array.npy", {"dataset": "x"}), ("array.npy", {"errors": "replace"}), ("rows.fvecs", {"dims": 5}),
    ("gensim.bin", {"key_column": False}), ("glove.txt", {"header": True}), ("table.csv", {"dataset": "x"}),
    ("lines.jsonl", {"delimiter": ","}), ("table.parquet", {"dims": 5}), ("lists.protocol4.pkl", {"dataset": "x"}),
])  # fmt: skip
def test_an_option_without_meaning_is_refused(samples: Path, name: str, option: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=rf"{next(iter(option))}=.* has no effect on the format"):
        read(samples / name, **option)


def test_values_that_are_not_allowed(samples: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"format='golve' is not known; did you mean 'glove'\?"):
        read(samples / "glove.txt", format="golve")
    with pytest.raises(InvalidInputError, match="errors='none': pass strict, replace or ignore"):
        read(samples / "glove.txt", errors="none")  # type: ignore[arg-type]
    for dims in (0, -1, True, 2.0):
        with pytest.raises(InvalidInputError, match="dims="):
            read(samples / "glove.txt", dims=dims)  # type: ignore[arg-type]


def test_a_format_given_by_name_is_the_one_that_reads(samples: Path) -> None:
    for name in format_names():
        if name in ("glove", "delimited"):
            continue
        with pytest.raises(ValueError, match=r"glove\.txt"):
            read(samples / "glove.txt", format=name)


def test_embeddings_are_small_and_fixed(samples: Path) -> None:
    embeddings = read(samples / "glove.txt")
    assert (len(embeddings), embeddings.dims) == (8, 5)
    assert repr(embeddings).startswith("Embeddings(8 vectors of 5 float32, str keys, from ")
    with pytest.raises(dataclasses.FrozenInstanceError):
        embeddings.format = "other"
    assert not hasattr(embeddings, "__dict__")
    assert isinstance(embeddings, Embeddings)


def test_every_format_is_in_the_reference() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "formats.md"
    text = page.read_text(encoding="utf-8")
    for one in FORMATS:
        assert f"`{one.NAME}`" in text, one.NAME
        for suffix in one.SUFFIXES:
            assert f"`{suffix}`" in text, suffix
        for option in one.OPTIONS:
            assert f"`{option}`" in text, option
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row for row in rows if "| yes |" in row] == [row for row in rows if row.split("`")[1] in writer_names()]
