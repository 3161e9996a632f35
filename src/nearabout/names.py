"""The names that arguments accept, and the error sentences for unknown names and unknown keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nearabout.errors import InvalidInputError, quoted

TYPE_CHECKING = False  # type checkers take this as true; the real one would cost the import of `typing`
if TYPE_CHECKING:
    from nearabout import _core

METRICS = ("euclidean", "sqeuclidean", "cosine", "dot", "manhattan", "hamming", "jaccard", "haversine")
BIT_METRICS = ("hamming", "jaccard")
FLOAT_METRICS = METRICS[:4]  # Euclidean distance, or distance as a function of an inner product
DTYPES = ("f32", "f16", "bf16", "u8", "i8", "bits")

# Names in other libraries. They are not accepted, because each thing has one name here, but errors suggest ours.
_OTHER_METRICS = {
    "l2": "euclidean",
    "l2sq": "sqeuclidean",
    "sql2": "sqeuclidean",
    "squared_euclidean": "sqeuclidean",
    "angular": "cosine",
    "cos": "cosine",
    "cosine_similarity": "cosine",
    "ip": "dot",
    "dotproduct": "dot",
    "dot_product": "dot",
    "mips": "dot",
    "inner": "dot",
    "inner_product": "dot",
    "innerproduct": "dot",
    "l1": "manhattan",
    "cityblock": "manhattan",
    "taxicab": "manhattan",
    "tanimoto": "jaccard",
    "geo": "haversine",
    "great_circle": "haversine",
}
_OTHER_DTYPES = {
    "float32": "f32",
    "float": "f32",
    "float64": "f32",
    "f64": "f32",
    "double": "f32",
    "float16": "f16",
    "half": "f16",
    "bfloat16": "bf16",
    "uint8": "u8",
    "byte": "u8",
    "int8": "i8",
    "bool": "bits",
    "b1": "bits",
    "binary": "bits",
}


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


def check_metric(metric: object) -> str:
    """Returns `metric` if there is such a metric; otherwise raises InvalidInputError with the nearest names."""
    if not isinstance(metric, str):
        raise InvalidInputError(f"metric is {a_type(metric)}; pass one of {', '.join(METRICS)}")
    if metric not in METRICS:
        raise InvalidInputError(f"there is no metric {quoted(metric)}; {nearest(metric, METRICS, _OTHER_METRICS)}")
    return metric


def check_dtype(dtype: object) -> str | None:
    """Returns `dtype` if there is such a dtype, or None (keep the input's type); otherwise raises InvalidInputError
    with the nearest names.
    """
    if dtype is None:
        return None
    if isinstance(dtype, str) and dtype in DTYPES:
        return dtype
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    raise InvalidInputError(f"there is no dtype {quoted(name)}; {nearest(str(name), DTYPES, _OTHER_DTYPES)}")


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
    if not isinstance(key, str) or not _is_text(key):
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
    there = _is_text(str(other)) and core.row_of(other) >= 0
    return f"; {quoted(other)} is in the index" if there else ""


def _is_text(key: str) -> bool:
    """Returns whether the string can be encoded as UTF-8, which a lone surrogate cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
