"""The peers of the list index, built and searched as their documentation or their authors' benchmarks recommend.

A library is imported when it is first used, so that a race runs with those that are installed.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _contestant import Contestant, Setting
from _sets import Floats, K, Set
from numpy.typing import NDArray

BEAMS = (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512)
REORDERED = (20, 40, 80, 160, 320)


class Hnswlib(Contestant):
    module = package = "hnswlib"

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import hnswlib

        self.index = hnswlib.Index("l2" if case.metric == "euclidean" else "cosine", base.shape[1])
        self.index.init_index(len(base), M=16, ef_construction=200)
        self.index.set_num_threads(threads)
        self.index.add_items(base)
        self.index.set_num_threads(1)

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(beam,) for beam in BEAMS]]

    def choose(self, setting: Setting) -> None:
        self.index.set_ef(int(setting[0]))

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.knn_query(queries, K)[0])

    def save(self, path: Path) -> bool:
        self.index.save_index(str(path))
        return True


class Symqg(Contestant):
    """SymphonyQG as published: unit vectors are searched by euclidean distance, which gives the same order."""

    module = package = "rabitqlib"

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import rabitqlib

        self.index = rabitqlib.SymqgIndex(base.shape[1], 32, "l2")
        self.index.build(base, 400, threads)

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(beam,) for beam in BEAMS]]

    def choose(self, setting: Setting) -> None:
        self.beam = int(setting[0])

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.search_batch(queries, K, self.beam, 1)[0])

    def ask_one(self, query: Floats) -> object:
        return self.index.search(query[None], K, self.beam, 1)

    def save(self, path: Path) -> bool:
        self.index.save(str(path))
        return True


def list_counts(rows: int) -> list[int]:
    """The numbers of lists worth trying."""
    return [count for count in (256, 512, 1024, 2048, 4096) if 1.5 <= count / math.sqrt(rows) <= 7]


class FaissLists(Contestant):
    """Lists of faiss, by the description that makes them."""

    module, package = "faiss", "faiss-cpu"
    by_distance = False  # searches unit vectors by distance under cosine, which gives the same order

    def __init__(self, lists: int, label: str) -> None:
        self.lists, self.label = lists, label

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import faiss

        distances = case.metric == "euclidean" or self.by_distance
        metric = faiss.METRIC_L2 if distances else faiss.METRIC_INNER_PRODUCT
        self.index: Any = faiss.index_factory(base.shape[1], self.label, metric)
        faiss.omp_set_num_threads(threads)
        self.index.train(base)
        self.index.add(base)
        faiss.omp_set_num_threads(1)
        self.lists_alone = faiss.extract_index_ivf(self.index)

    def probes(self) -> list[int]:
        return [count for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192) if count <= self.lists]

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(probe,) for probe in self.probes()]]

    def choose(self, setting: Setting) -> None:
        self.lists_alone.nprobe = int(setting[0])

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.search(queries, K)[1])

    def save(self, path: Path) -> bool:
        import faiss

        faiss.write_index(self.index, str(path))
        return True


class Faiss(FaissLists):
    """Lists of product codes of 4 bits, scanned in registers, the best compared in full.

    The codes are of the vectors, which is faiss' own choice here: on Fashion-MNIST codes of residuals found no more and
    took 2.5 to 15 times as long.
    """

    @classmethod
    def variants(cls, case: Set) -> list[Contestant]:
        rows, dims = case.base.shape
        pairs = itertools.product(list_counts(rows), (dims // 4, dims // 2, dims))
        return [cls(lists, f"IVF{lists},PQ{code}x4fs,RFlat") for lists, code in pairs]

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(probe, factor) for probe in self.probes()] for factor in (1, 2, 4, 8)]

    def choose(self, setting: Setting) -> None:
        super().choose(setting)
        self.index.k_factor = setting[1]


class FaissRaBitQ(FaissLists):
    """Lists of RaBitQ codes of four bits a dimension, the first of which is scanned in registers."""

    @classmethod
    def variants(cls, case: Set) -> list[Contestant]:
        return [cls(lists, f"IVF{lists},RaBitQfs4") for lists in list_counts(len(case.base))]


class FaissPanorama(FaissLists):
    """Lists of whole vectors along principal directions: a row is dropped as soon as its first ones rule it out."""

    by_distance = True  # principal directions are taken about the mean, which changes inner products

    @classmethod
    def variants(cls, case: Set) -> list[Contestant]:
        rows, dims = case.base.shape
        return [cls(lists, f"PCA{dims},IVF{lists},FlatPanorama") for lists in list_counts(rows)]


class Scann(Contestant):
    """Lists of anisotropic codes, the best compared in full. Each search on one thread: others have their own calls."""

    module = package = "scann"

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import scann

        euclidean = case.metric == "euclidean"
        builder = scann.scann_ops_pybind.builder(base, K, "squared_l2" if euclidean else "dot_product")
        builder = builder.set_n_training_threads(threads)
        self.leaves = round(math.sqrt(len(base)))
        builder = builder.tree(self.leaves, max(1, self.leaves // 20), training_sample_size=len(base))
        # Its threshold of .2 is for inner products; without one the codes are made for distances.
        builder = builder.score_ah(2, anisotropic_quantization_threshold=math.nan if euclidean else 0.2)
        self.index = builder.reorder(max(REORDERED)).build()

    def series(self) -> Sequence[Sequence[Setting]]:
        leaves = [count for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128) if count <= self.leaves]
        return [[(count, reordered) for count in leaves] for reordered in REORDERED]

    def choose(self, setting: Setting) -> None:
        self.options = {"leaves_to_search": int(setting[0]), "pre_reorder_num_neighbors": int(setting[1])}

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.search_batched(queries, final_num_neighbors=K, **self.options)[0])

    def ask_one(self, query: Floats) -> object:
        return self.index.search(query, final_num_neighbors=K, **self.options)

    def save(self, path: Path) -> bool:
        path.mkdir()
        self.index.serialize(str(path))
        return True


class Lorann(Contestant):
    """Lists in which distances are learnt as products of small matrices, of its authors' recommended sizes."""

    module = package = "lorann"

    def __init__(self, lists: int) -> None:
        self.lists = lists
        self.label = f"{lists} lists"

    @classmethod
    def variants(cls, case: Set) -> list[Contestant]:
        root = math.sqrt(len(case.base))
        return [cls(2 ** round(math.log2(root * times))) for times in (0.5, 1)]

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import lorann

        dims = base.shape[1]
        reduced = None if dims < 200 else 128  # as its documentation says
        self.index = lorann.LorannIndex(base, self.lists, reduced, distance=lorann.L2)
        self.index.build(n_threads=threads)

    def series(self) -> Sequence[Sequence[Setting]]:
        lists = [count for count in (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128) if count <= self.lists]
        return [[(count, compared) for count in lists] for compared in (50, 100, 200, 400)]

    def choose(self, setting: Setting) -> None:
        self.searched, self.compared = (int(number) for number in setting)

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.search(queries, K, self.searched, self.compared, n_threads=1))

    def ask_one(self, query: Floats) -> object:
        return self.index.search(query, K, self.searched, self.compared, n_threads=1)

    def save(self, path: Path) -> bool:
        self.index.save(str(path))
        return True


class PyNNDescent(Contestant):
    """A graph of neighbours by descent. Its size is not reported, because a pickle is not a file format."""

    module = package = "pynndescent"
    compiles = True

    def build(self, base: Floats, case: Set, threads: int) -> None:
        import pynndescent

        self.index = pynndescent.NNDescent(
            base, metric=case.metric, n_neighbors=30, n_jobs=threads, random_state=1, parallel_batch_queries=False
        )
        self.index.prepare()

    def series(self) -> Sequence[Sequence[Setting]]:
        return [[(epsilon,) for epsilon in (0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.3)]]

    def choose(self, setting: Setting) -> None:
        self.epsilon = setting[0]

    def ask(self, queries: Floats) -> NDArray[Any]:
        return np.asarray(self.index.query(queries, k=K, epsilon=self.epsilon)[0])


# In the order of a race: the likeliest winner last, where it is nearest in time to our second run.
PEERS: dict[str, type[Contestant]] = {
    "pynndescent": PyNNDescent,
    "scann": Scann,
    "faiss": Faiss,
    "faiss_rabitq": FaissRaBitQ,
    "faiss_panorama": FaissPanorama,
    "lorann": Lorann,
    "hnswlib": Hnswlib,
    "symqg": Symqg,
}


def installed(name: str) -> bool:
    return importlib.util.find_spec(PEERS[name].module) is not None
