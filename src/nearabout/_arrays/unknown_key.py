"""The error sentence for a key that is not in an index. It needs no NumPy: the command line uses it without."""

from __future__ import annotations

from nearabout._base.text import a_type, is_utf8
from nearabout.errors import quoted

TYPE_CHECKING = False  # type checkers take this as true; the real one would cost the import of `typing`
if TYPE_CHECKING:
    from nearabout import _core


def unknown_key(core: _core.Index, key: object) -> str:
    """Returns the error sentence for a key that is not in an index, with similar keys."""
    kind, rows = core.key_type, len(core)
    if rows == 0:
        return f"no key {quoted(key)}: this index is empty"
    if not isinstance(key, (str, int)) or isinstance(key, bool):
        return f"no key {quoted(key)}: keys are strings or integers, but this is {a_type(key)}{_retyped(core, key)}"
    if kind == "none":
        return f"no key {quoted(key)}: this index has no keys, only {rows:,} rows with the numbers 0 to {rows - 1}"
    if isinstance(key, str) != (kind == "str"):
        types = "strings" if kind == "str" else "integers"
        return f"no key {quoted(key)}: the keys of this index are {types}{_retyped(core, key)}"
    sentence = f"no key {quoted(key)} among the {rows:,} of this index"
    if not isinstance(key, str) or not is_utf8(key):
        return sentence
    near = core.similar_keys(key, 5)
    in_other_case = any(other.lower() == key.lower() for other in near)
    holding = [] if in_other_case else [other for other in core.keys_with(key, 10) if other not in near][:5]
    if near:
        sentence += f"; nearest spellings: {', '.join(f'{other:.200}' for other in near)}"
    if holding:
        sentence += f"; keys that contain it: {', '.join(f'{other:.200}' for other in holding)}"
    return sentence


def _retyped(core: _core.Index, key: object) -> str:
    """Returns the end of the sentence if the key exists with another type: '7' or 7.0 for 7, or 7 for '7'."""
    digits = isinstance(key, str) and key.isascii() and key.strip().isdecimal() and len(key) < 19
    whole = isinstance(key, float) and key.is_integer() and abs(key) < 2**53
    if core.key_type == "str":
        other: str | int = str(key)
    elif digits or whole:
        other = int(key)  # type: ignore[call-overload]
    else:
        return ""
    there = is_utf8(str(other)) and core.row_of(other) >= 0
    return f"; {quoted(other)} is in the index" if there else ""
