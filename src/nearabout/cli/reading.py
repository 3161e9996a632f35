"""The options of readers in the shell: those of `nearabout.read`, whatever they are, as build, convert, bench and eval
have them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from nearabout.errors import InvalidInputError
from nearabout.formats._options import ReadOptions

_TYPES = {"format": "str | None", "member": "str | None"} | {one.name: str(one.type) for one in fields(ReadOptions)}
_TOLD = {
    "format": ("NAME", "its format, such as glove or delimited; left out, content and ending tell"),
    "member": ("NAME", "the file inside a .zip"),
    "errors": ("HOW", "what to do about keys that are not UTF-8: strict (default), replace or ignore"),
    "dims": ("N", "the number of dimensions, of text that leaves it in doubt"),
    "dataset": ("NAME", "the array, in a .npz, HDF5 or safetensors file"),
    "key_column": ("C", "the column of the keys: a name, a number from 0, or none"),
    "vector_column": ("C", "the column of whole vectors"),
    "vector_columns": ("A,B,...", "the columns of the dimensions"),
    "header": ("yes|no", "whether the first line has the names of columns"),
    "delimiter": ("C", "what stands between two fields: a character, or tab"),
    "quotes": ("yes|no", "whether quotes around a field are no part of it"),
    "invalid": ("raise|skip", "rows that cannot be read: refuse them (default) or leave them out"),
}
_WORDS = {"yes": True, "no": False}


def reading_names(*but: str) -> dict[str, type]:
    """Returns the options of readers for `Options`, without some."""
    return {_dashed(name): int if kind == "int | None" else str for name, kind in _TYPES.items() if name not in but}


def reading_usage(what: str, *but: str) -> str:
    """Returns the lines of a usage text about them; `what` is the file that is read."""
    lines = [f"How {what} is read, where that is in doubt:", ""]
    for name in _TYPES:
        if name not in but:
            value, told = _TOLD.get(name, ("VALUE", "as nearabout.read takes it"))
            lines.append(f"  --{_dashed(name) + ' ' + value:<25}{told}")
    return "\n".join(lines)


def taken(given: dict[str, Any], *but: str) -> dict[str, Any]:
    """Takes the options of readers out of those that were given, as `read` has them.

    Raises:
        InvalidInputError: a value that is not one of those possible.
    """
    found = {}
    for name, kind in _TYPES.items():
        if name not in but and _dashed(name) in given:
            found[name] = _value(name, kind, given.pop(_dashed(name)))
    return found


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _value(name: str, kind: str, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    if kind == "bool | None":
        if text not in _WORDS:
            raise InvalidInputError(f"--{_dashed(name)} is {text!r}; give yes or no")
        return _WORDS[text]
    if name == "delimiter":
        return {"tab": "\t", "\\t": "\t"}.get(text, text)
    if kind.startswith("tuple"):
        return [_column(part) for part in text.split(",")]
    if "Literal[False]" in kind and text == "none":
        return False
    return _column(text) if "str | int" in kind else text


def _column(text: str) -> str | int:
    """Returns the name of a column, or its number from 0."""
    return int(text) if text.isascii() and text.isdigit() else text


def in_shell(sentence: str, options: Iterable[str]) -> str:
    """Returns a sentence that names arguments of Python with the options that stand for them: key_column= becomes
    --key-column."""
    names = "|".join(sorted((name.replace("-", "_") for name in options), key=len, reverse=True))
    value = r"""'[^']*'|"[^"]*"|\[[^\]]*\]|True|False|[0-9][0-9,]*"""
    sentence = re.sub(rf"(?<![\w.-])({names})=({value})?", lambda found: _option(found[1], found[2]), sentence)
    return sentence.replace("or False for no", "or none for no")


def _option(name: str, value: str | None) -> str:
    option = f"--{_dashed(name)}"
    if value is None:
        return option
    if value in ("True", "False"):
        value = "none" if name == "key_column" else "yes" if value == "True" else "no"
    if value.startswith("["):
        value = ",".join(part.strip(" '\"") for part in value[1:-1].split(","))
    value = value.strip("'\"")
    return f"{option} {value}" if value and " " not in value else f"{option} {value!r}"
