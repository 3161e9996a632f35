"""Annoy: trees of random splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from nearabout.evaluation.peers._contestant import Contestant, Setting, Vectors, library, padded

TREES = 50


class Annoy(Contestant):
    module = package = "annoy"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "euclidean",
        "sqeuclidean": "euclidean",
        "cosine": "angular",
        "dot": "dot",
        "manhattan": "manhattan",
        "hamming": "hamming",
    }
    one_thread = True

    def build(self, base: Vectors) -> None:
        self.index = library(Annoy).AnnoyIndex(base.shape[1], self.metrics[self.task.metric])
        self.index.set_seed(1)
        for row, vector in enumerate(base):
            self.index.add_item(row, vector)
        self.index.build(TREES, n_jobs=self.task.threads)
        self.built = f"{TREES} trees"

    def series(self) -> Sequence[Sequence[Setting]]:
        looked_at = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000)
        return [[{"search_k": count} for count in looked_at]]

    def choose(self, setting: Setting) -> None:
        self.search_k = int(setting["search_k"])

    def ask(self, queries: Vectors) -> Vectors:
        k, search_k = self.task.k, self.search_k
        return padded([self.index.get_nns_by_vector(query, k, search_k) for query in queries], k)
