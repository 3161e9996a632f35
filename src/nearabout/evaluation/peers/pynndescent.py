"""PyNNDescent: a neighbour graph by nearest-neighbour descent, compiled at first use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import Contestant, Setting, Vectors, library

_NEIGHBOURS = 30


class PyNNDescent(Contestant):
    module = package = "pynndescent"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "euclidean",
        "sqeuclidean": "euclidean",
        "cosine": "cosine",
        "manhattan": "manhattan",
    }
    compiles = True

    def build(self, base: Vectors) -> None:
        self.index = library(PyNNDescent).NNDescent(
            base,
            metric=self.metrics[self.task.metric],
            n_neighbors=min(_NEIGHBOURS, len(base) - 1),
            n_jobs=self.task.threads,
            random_state=1,
            parallel_batch_queries=self.task.threads > 1,
        )
        self.index.prepare()
        self.built = f"n_neighbors={_NEIGHBOURS}"

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{"epsilon": epsilon} for epsilon in (0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.3, 0.4)]]

    def choose(self, setting: Setting) -> None:
        self.epsilon = setting["epsilon"]

    def ask(self, queries: Vectors) -> Vectors:
        return np.asarray(self.index.query(queries, k=min(self.task.k, self.task.rows), epsilon=self.epsilon)[0])
