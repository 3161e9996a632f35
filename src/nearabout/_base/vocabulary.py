"""The names of metrics and dtypes, and the check of an argument that takes one."""

from __future__ import annotations

from nearabout._base.text import a_type, nearest
from nearabout.errors import InvalidInputError, quoted

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


def check_metric(metric: object) -> str:
    """Returns `metric` if there is such a metric; otherwise raises InvalidInputError with the nearest names."""
    if not isinstance(metric, str):
        raise InvalidInputError(f"metric is {a_type(metric)}; pass one of {', '.join(METRICS)}")
    if metric not in METRICS:
        squares = (
            " FAISS and hnswlib report squares under L2, which is 'sqeuclidean'." if metric.lower() == "l2" else ""
        )
        advice = nearest(metric, METRICS, _OTHER_METRICS)
        raise InvalidInputError(f"there is no metric {quoted(metric)}; {advice}{squares}")
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
