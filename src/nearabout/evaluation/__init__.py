"""Evaluates indexes: ground truth, recall, sweeps over efforts, hardness of data, and races against other libraries.

>>> import nearabout as na, numpy as np
>>> from nearabout import evaluation
>>> vectors = np.random.default_rng(0).normal(size=(5000, 16)).astype(np.float32)
>>> base, queries = vectors[:-100], vectors[-100:]
>>> truth = evaluation.ground_truth(base, queries, k=10, metric="euclidean")
>>> index = na.build(base, metric="euclidean", kind="ivf")
>>> evaluation.recall(index.search(queries).rows, truth) > 0.8
True

See docs/how-to/compare-with-peers.md for more. matplotlib (plots) and h5py (files of ann-benchmarks) are imported only
when needed.
"""

from __future__ import annotations

from nearabout.evaluation.ann_benchmarks import DataSet, read_dataset, write_dataset, write_result
from nearabout.evaluation.distances import true_distances
from nearabout.evaluation.evaluate import Evaluated, Questions, evaluate, questions_of
from nearabout.evaluation.hardness import Hardness, contrast, hardness, intrinsic_dimension
from nearabout.evaluation.pareto import pareto_front, queries_per_second_at
from nearabout.evaluation.plot import plot
from nearabout.evaluation.race import Race, Skipped, race
from nearabout.evaluation.race_protocol import Run
from nearabout.evaluation.recall import (
    Interval,
    interval,
    recall,
    recall_by_distance,
    recalls,
    recalls_by_distance,
    relative_error,
    relative_errors,
)
from nearabout.evaluation.report import report
from nearabout.evaluation.sweep import Measured, sweep
from nearabout.evaluation.truth import Truth, ground_truth

__all__ = [
    "DataSet",
    "Evaluated",
    "Hardness",
    "Interval",
    "Measured",
    "Questions",
    "Race",
    "Run",
    "Skipped",
    "Truth",
    "contrast",
    "evaluate",
    "ground_truth",
    "hardness",
    "interval",
    "intrinsic_dimension",
    "pareto_front",
    "plot",
    "queries_per_second_at",
    "questions_of",
    "race",
    "read_dataset",
    "recall",
    "recall_by_distance",
    "recalls",
    "recalls_by_distance",
    "relative_error",
    "relative_errors",
    "report",
    "sweep",
    "true_distances",
    "write_dataset",
    "write_result",
]
