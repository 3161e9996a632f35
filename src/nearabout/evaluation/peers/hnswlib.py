"""hnswlib: a hierarchical graph (HNSW), by the authors of the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import BEAMS, Contestant, Setting, Vectors, library


class Hnswlib(Contestant):
    module = package = "hnswlib"
    metrics: ClassVar[Mapping[str, str]] = {"euclidean": "l2", "sqeuclidean": "l2", "cosine": "cosine", "dot": "ip"}

    def build(self, base: Vectors) -> None:
        self.index = library(Hnswlib).Index(self.metrics[self.task.metric], base.shape[1])
        self.index.init_index(len(base), M=16, ef_construction=200)
        self.index.set_num_threads(self.task.threads)
        self.index.add_items(base)
        self.built = "M=16, ef_construction=200"

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{"ef": beam} for beam in BEAMS if beam >= self.task.k]]

    def choose(self, setting: Setting) -> None:
        self.index.set_ef(int(setting["ef"]))

    def ask(self, queries: Vectors) -> Vectors:
        return np.asarray(self.index.knn_query(queries, min(self.task.k, self.task.rows))[0])
