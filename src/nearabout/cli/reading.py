"""The shell options for reading files, derived from those of `nearabout.read`, for build, convert, bench and eval."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from nearabout.errors import InvalidInputError
from nearabout.formats._options import ReadOptions

_TYPES = {"format": "str | None", "member": "str | None"} | {one.name: str(one.type) for one in fields(ReadOptions)}
_HELP = {
    "format": ("NAME", "file format, such as glove or delimited (default: by content and ending)"),
    "member": ("NAME", "file inside a .zip"),
    "errors": ("HOW", "keys that are not UTF-8: strict (refuse, default), replace or ignore"),
    "dims": ("N", "number of dimensions, for text files where it is ambiguous"),
    "dataset": ("NAME", "array in a .npz, HDF5 or safetensors file"),
    "key_column": ("C", "column of the keys: a name, a number from 0, or none"),
    "vector_column": ("C", "column of whole vectors"),
    "vector_columns": ("A,B,...", "columns of the dimensions"),
    "header": ("yes|no", "whether the first line has column names"),
    "delimiter": ("C", "separator of fields: a character, or tab"),
    "quotes": ("yes|no", "whether to remove quotes around a field"),
    "invalid": ("raise|skip", "rows that cannot be read: refuse them (default) or leave them out"),
}
_WORDS = {"yes": True, "no": False}


def reading_names(*but: str) -> dict[str, type]:
    """Returns the reading options for `Options`, except those in `but`."""
    return {_dashed(name): int if kind == "int | None" else str for name, kind in _TYPES.items() if name not in but}


def reading_usage(what: str, *but: str) -> str:
    """Returns the lines of a usage text about the reading options; `what` is the file to read."""
    lines = [f"Options for reading {what}, if its contents are ambiguous:", ""]
    for name in _TYPES:
        if name not in but:
            value, description = _HELP.get(name, ("VALUE", "as in nearabout.read"))
            lines.append(f"  --{_dashed(name) + ' ' + value:<25}{description}")
    return "\n".join(lines)


def taken(given: dict[str, Any], *but: str) -> dict[str, Any]:
    """Removes the reading options from `given` and returns them as arguments of `read`.

    Raises:
        InvalidInputError: a value is not allowed.
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
            raise InvalidInputError(f"--{_dashed(name)} is {text!r}; pass yes or no")
        return _WORDS[text]
    if name == "delimiter":
        return {"tab": "\t", "\\t": "\t"}.get(text, text)
    if kind.startswith("tuple"):
        return [_column(part) for part in text.split(",")]
    if "Literal[False]" in kind and text == "none":
        return False
    return _column(text) if "str | int" in kind else text


def _column(text: str) -> str | int:
    """Returns a column as a name, or as a number from 0 if the text is digits."""
    return int(text) if text.isascii() and text.isdigit() else text


def in_shell(sentence: str, options: Iterable[str]) -> str:
    """Replaces Python arguments in a sentence by shell options: key_column= becomes --key-column."""
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
