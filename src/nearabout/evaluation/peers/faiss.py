"""faiss: IVF with 4-bit product codes that are scanned in registers, and reranking of the best rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import Contestant, Setting, Vectors, library

_FEW = 5000  # rows below which codes are not worth their training
_PROBES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


class Faiss(Contestant):
    module, package = "faiss", "faiss-cpu"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "METRIC_L2",
        "sqeuclidean": "METRIC_L2",
        "cosine": "METRIC_INNER_PRODUCT",
        "dot": "METRIC_INNER_PRODUCT",
    }

    def build(self, base: Vectors) -> None:
        faiss = library(Faiss)
        rows, dims = base.shape
        self.lists = max(
            1, min(2 ** round(math.log2(4 * math.sqrt(rows))), rows // 39)
        )  # faiss recommends 39 rows per list
        parts = max((part for part in range(1, max(1, dims // 2) + 1) if dims % part == 0), default=1)
        self.codes = rows >= _FEW and parts > 1
        self.built = f"IVF{self.lists},PQ{parts}x4fs,RFlat" if self.codes else f"IVF{self.lists},Flat"
        self.index = faiss.index_factory(dims, self.built, getattr(faiss, self.metrics[self.task.metric]))
        faiss.omp_set_num_threads(self.task.threads)
        self.index.train(base)
        self.index.add(base)
        self.inner = faiss.extract_index_ivf(self.index)

    def series(self) -> Sequence[Sequence[Setting]]:
        probes = [probe for probe in _PROBES if probe <= self.lists]
        if not self.codes:
            return [[{"nprobe": probe} for probe in probes]]
        return [[{"nprobe": probe, "k_factor": factor} for probe in probes] for factor in (2, 4, 8, 16)]

    def choose(self, setting: Setting) -> None:
        self.inner.nprobe = int(setting["nprobe"])
        if self.codes:
            self.index.k_factor = setting["k_factor"]

    def ask(self, queries: Vectors) -> Vectors:
        return np.asarray(self.index.search(queries, self.task.k)[1])
