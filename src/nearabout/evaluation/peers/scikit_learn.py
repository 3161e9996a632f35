"""scikit-learn's NearestNeighbors: exact, by a tree where there are few dimensions and by comparing everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import Contestant, Setting, Vectors, library


class ScikitLearn(Contestant):
    module, package = "sklearn", "scikit-learn"
    part = "sklearn.neighbors"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "euclidean",
        "sqeuclidean": "sqeuclidean",
        "cosine": "cosine",
        "manhattan": "manhattan",
        "hamming": "hamming",
        "jaccard": "jaccard",
        "haversine": "haversine",
    }

    def build(self, base: Vectors) -> None:
        self.index = library(ScikitLearn).NearestNeighbors(
            n_neighbors=min(self.task.k, self.task.rows),
            metric=self.metrics[self.task.metric],
            n_jobs=self.task.threads,
        )
        self.index.fit(self._as_it_takes_them(base))
        self.built = f"exact, by {self.index._fit_method}"

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{}]]

    def choose(self, setting: Setting) -> None:
        """Does nothing: there are no settings."""

    def ask(self, queries: Vectors) -> Vectors:
        return np.asarray(self.index.kneighbors(self._as_it_takes_them(queries), return_distance=False))

    def _as_it_takes_them(self, vectors: Vectors) -> Vectors:
        if self.task.metric == "haversine":
            return np.asarray(np.radians(vectors))
        return vectors.astype(np.bool_) if self.task.metric == "jaccard" else vectors
