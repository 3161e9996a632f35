"""Voyager: Spotify's library based on hnswlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from nearabout.evaluation.peers._contestant import BEAMS, Contestant, Setting, Vectors, library


class Voyager(Contestant):
    module = package = "voyager"
    metrics: ClassVar[Mapping[str, str]] = {
        "euclidean": "Euclidean",
        "sqeuclidean": "Euclidean",
        "cosine": "Cosine",
        "dot": "InnerProduct",
    }

    def build(self, base: Vectors) -> None:
        voyager = library(Voyager)
        space = getattr(voyager.Space, self.metrics[self.task.metric])
        self.index = voyager.Index(
            space, num_dimensions=base.shape[1], M=16, ef_construction=200, max_elements=len(base)
        )
        self.index.add_items(base, num_threads=self.task.threads)
        self.built = "M=16, ef_construction=200"

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[{"ef": beam} for beam in BEAMS if beam >= self.task.k]]

    def choose(self, setting: Setting) -> None:
        self.beam = int(setting["ef"])

    def ask(self, queries: Vectors) -> Vectors:
        k, threads = min(self.task.k, self.task.rows), self.task.threads
        return np.asarray(self.index.query(queries, k, num_threads=threads, query_ef=self.beam)[0]).astype(np.int64)
