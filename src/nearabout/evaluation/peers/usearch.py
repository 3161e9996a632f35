"""usearch: a hierarchical graph (HNSW) with kernels for many processors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import BEAMS, Contestant, Setting, Vectors, library, padded


class Usearch(Contestant):
    module = package = "usearch"
    part = "usearch.index"
    metrics: ClassVar[Mapping[str, str]] = {"euclidean": "l2sq", "sqeuclidean": "l2sq", "cosine": "cos", "dot": "ip"}

    def build(self, base: Vectors) -> None:
        self.index = library(Usearch).Index(
            ndim=base.shape[1],
            metric=self.metrics[self.task.metric],
            dtype="f32",
            connectivity=16,
            expansion_add=200,
        )
        self.index.add(np.arange(len(base)), base, threads=self.task.threads)
        self.built = "connectivity=16, expansion_add=200, f32"

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{"expansion": beam} for beam in BEAMS if beam >= self.task.k]]

    def choose(self, setting: Setting) -> None:
        self.index.expansion_search = int(setting["expansion"])

    def ask(self, queries: Vectors) -> Vectors:
        found = self.index.search(queries, self.task.k, threads=self.task.threads)
        keys = np.atleast_2d(np.asarray(found.keys)).astype(np.int64)
        counts = np.asarray(getattr(found, "counts", np.full(len(keys), keys.shape[1])))
        if (counts >= keys.shape[1]).all():
            return keys
        # With fewer than k results it pads with the key 0, which is a valid row here.
        return padded([line[:count].tolist() for line, count in zip(keys, counts, strict=True)], self.task.k)
