"""ScaNN: lists of anisotropic codes, and reranking of the best rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import Contestant, Setting, Vectors, library

_LEAVES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


class Scann(Contestant):
    module = package = "scann"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "squared_l2",
        "sqeuclidean": "squared_l2",
        "cosine": "dot_product",
        "dot": "dot_product",
    }

    def build(self, base: Vectors) -> None:
        measure = self.metrics[self.task.metric]
        builder = library(Scann).scann_ops_pybind.builder(base, self.task.k, measure)
        builder = builder.set_n_training_threads(self.task.threads)
        self.leaves = max(1, round(math.sqrt(len(base))))
        builder = builder.tree(self.leaves, max(1, self.leaves // 20), training_sample_size=len(base))
        # Its threshold of 0.2 is for inner products; without it, the codes are optimised for distances.
        threshold = 0.2 if measure == "dot_product" else math.nan
        builder = builder.score_ah(2, anisotropic_quantization_threshold=threshold)
        self.index = builder.reorder(32 * self.task.k).build()
        self.built = f"{self.leaves} leaves, reordered"

    def series(self) -> Sequence[Sequence[Setting]]:
        leaves = [count for count in _LEAVES if count <= self.leaves]
        reordered = [factor * self.task.k for factor in (4, 8, 16, 32)]
        return [[{"leaves": count, "reordered": more} for count in leaves] for more in reordered]

    def choose(self, setting: Setting) -> None:
        self.options = {
            "leaves_to_search": int(setting["leaves"]),
            "pre_reorder_num_neighbors": int(setting["reordered"]),
        }

    def ask(self, queries: Vectors) -> Vectors:
        many = self.task.threads > 1
        search = self.index.search_batched_parallel if many else self.index.search_batched
        rows, distances = search(queries, final_num_neighbors=self.task.k, **self.options)
        return np.where(np.isnan(np.asarray(distances)), -1, np.asarray(rows).astype(np.int64))
