"""Nearabout for the runner of ann-benchmarks: goes to ann_benchmarks/algorithms/nearabout/ of its checkout.

A query argument that is a whole number is an effort; one below 1 is a recall to reach, which needs an index that knows
what to spend for it (`Index.search(recall=)`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ann_benchmarks.algorithms.base.module import BaseANN
from numpy.typing import NDArray

import nearabout as na

METRICS = {"euclidean": "euclidean", "angular": "cosine", "hamming": "hamming", "dot": "dot", "ip": "dot"}


class Nearabout(BaseANN):  # type: ignore[misc]  # its base is in the checkout
    """One index: `kind` and its settings are arguments of the build, an effort or a recall that of the queries."""

    def __init__(self, metric: str, settings: dict[str, Any]) -> None:
        options = dict(settings)
        kind = options.pop("kind")
        self.metric = METRICS[metric]
        self.kind = {"exact": na.Exact, "forest": na.Forest, "ivf": na.IVF}[kind](**options)
        self.asked: dict[str, Any] = {}
        self.name = f"nearabout({kind}{''.join(f', {name}={value}' for name, value in options.items())})"

    def fit(self, vectors: NDArray[Any]) -> None:
        self.index = na.build(vectors, metric=self.metric, kind=self.kind)

    def set_query_arguments(self, effort_or_recall: float) -> None:
        reach = isinstance(effort_or_recall, float) and effort_or_recall < 1
        name = "recall" if reach else "effort"
        self.asked = {name: effort_or_recall if reach else int(effort_or_recall)}
        self.name = f"nearabout({self.kind.name}, {name}={effort_or_recall:g})"

    def query(self, vector: NDArray[Any], count: int) -> NDArray[np.int64]:
        return self.index.search(vector, count, threads=1, **self.asked).rows

    def batch_query(self, vectors: NDArray[Any], count: int) -> None:
        self.found = self.index.search(vectors, count, **self.asked).rows

    def get_batch_results(self) -> NDArray[np.int64]:
        return self.found

    def get_additional(self) -> dict[str, Any]:
        """Attributes of the result beside those of the runner."""
        return {"nearabout": na.__version__, "instructions": str(self.index.info()["isa"])}

    def done(self) -> None:
        self.index = self.found = None  # type: ignore[assignment]  # what it held goes at once

    def __str__(self) -> str:
        return self.name
