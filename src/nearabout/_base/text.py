"""Text of errors: the type of a value, the likely meaning of an unknown name; and text that UTF-8 cannot encode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def a_type(value: object) -> str:
    """Returns the name of a value's type with its article: "a str", "an int"."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def nearest(given: str, allowed: Sequence[str], other_names: Mapping[str, str] | None = None) -> str:
    """Returns the end of a sentence about an unknown name: the likely meaning, and all allowed names."""
    from difflib import get_close_matches

    lowered = given.lower()
    understood = (other_names or {}).get(lowered)
    meant = [understood] if understood else get_close_matches(lowered, allowed, n=2, cutoff=0.5)
    question = f"did you mean {' or '.join(map(repr, meant))}? " if meant else ""
    return f"{question}Allowed: {', '.join(allowed)}"


def is_utf8(key: str) -> bool:
    """Returns whether the string can be encoded as UTF-8, which a lone surrogate cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
