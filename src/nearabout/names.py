"""The names that arguments may take, and the sentence for one that is not among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nearabout.errors import InvalidInput

METRICS = ("euclidean", "sqeuclidean", "cosine", "dot", "manhattan", "hamming", "jaccard", "haversine")
BIT_METRICS = ("hamming", "jaccard")
DTYPES = ("f32", "f16", "bf16", "u8", "i8", "bits")

# What other libraries call them. They are not accepted, since one thing has one name here, but they are understood.
_OTHER_METRICS = {
    "l2": "euclidean",
    "l2sq": "sqeuclidean",
    "angular": "cosine",
    "cos": "cosine",
    "ip": "dot",
    "inner": "dot",
    "inner_product": "dot",
    "innerproduct": "dot",
    "l1": "manhattan",
    "cityblock": "manhattan",
    "taxicab": "manhattan",
    "tanimoto": "jaccard",
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


def nearest(given: str, allowed: Sequence[str], other_names: Mapping[str, str] | None = None) -> str:
    """The end of a sentence about an unknown name: what was perhaps meant, and all that is allowed."""
    from difflib import get_close_matches

    lowered = given.lower()
    understood = (other_names or {}).get(lowered)
    meant = [understood] if understood else get_close_matches(lowered, allowed, n=2, cutoff=0.5)
    question = f"did you mean {' or '.join(map(repr, meant))}? " if meant else ""
    return f"{question}Allowed: {', '.join(allowed)}"


def check_metric(metric: object) -> str:
    """`metric` if it is one; InvalidInput with the nearest names if not."""
    if not isinstance(metric, str):
        raise InvalidInput(f"metric is a {type(metric).__name__}; pass one of {', '.join(METRICS)}")
    if metric not in METRICS:
        raise InvalidInput(f"there is no metric {metric!r}; {nearest(metric, METRICS, _OTHER_METRICS)}")
    return metric


def check_dtype(dtype: object) -> str | None:
    """`dtype` if it is one, or None (keep the input's); InvalidInput with the nearest names if not."""
    if dtype is None:
        return None
    if isinstance(dtype, str) and dtype in DTYPES:
        return dtype
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    raise InvalidInput(f"there is no dtype {name!r}; {nearest(str(name), DTYPES, _OTHER_DTYPES)}")
