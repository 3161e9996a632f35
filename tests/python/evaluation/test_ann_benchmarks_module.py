"""The module for ann-benchmarks, driven as its runner drives it, by the definitions in config.yml."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nearabout as na
from nearabout.evaluation import ground_truth, recall_by_distance, true_distances

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks" / "ann_benchmarks"
VECTORS = np.random.default_rng(0).normal(size=(330, 10)).astype(np.float32)


class BaseANN:
    """What its algorithms inherit, as far as the runner calls it."""

    name: str

    def done(self) -> None: ...

    def get_memory_usage(self) -> float | None:
        return 0.0

    def get_additional(self) -> dict[str, Any]:
        return {}

    def __str__(self) -> str:
        return self.name


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = "ann_benchmarks.algorithms.base.module"
    for end in range(1, 5):
        name = ".".join(path.split(".")[:end])
        stand_in = ModuleType(name)
        stand_in.__path__ = []
        monkeypatch.setitem(sys.modules, name, stand_in)
    stand_in.BaseANN = BaseANN  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location("nearabout_for_ann_benchmarks", FOLDER / "module.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def combinations(arguments: Any) -> list[list[Any]]:
    """Every choice of one of each, as the runner makes them of lists; a lone value is a list of one."""
    return [list(each) for each in itertools.product(*(a if isinstance(a, list) else [a] for a in arguments))]


def definitions(point_type: str, metric: str) -> Iterator[tuple[str, str, list[Any], list[list[Any]]]]:
    """Name, constructor, arguments of the build, and arguments of the queries."""
    yaml = pytest.importorskip("yaml", reason="config.yml is YAML: the test extra brings pyyaml")
    config = yaml.safe_load((FOLDER / "config.yml").read_text(encoding="utf-8"))[point_type]
    for algorithm in config.get("any") or config[metric]:
        for key in ("docker_tag", "module", "constructor", "name", "base_args", "run_groups", "disabled"):
            assert key in algorithm
        assert algorithm["module"] == "ann_benchmarks.algorithms.nearabout"
        for group in algorithm["run_groups"].values():
            for built in combinations(group["arg_groups"]):
                arguments = [metric if word == "@metric" else word for word in algorithm["base_args"] + built]
                asked = combinations(group["query_args"]) if "query_args" in group else []
                yield algorithm["name"], algorithm["constructor"], arguments, asked


@pytest.mark.parametrize(
    ("point_type", "metric", "ours"),
    [("float", "euclidean", "euclidean"), ("float", "angular", "cosine"), ("bit", "hamming", "hamming")],
)
def test_every_definition_runs(module: ModuleType, point_type: str, metric: str, ours: str) -> None:
    vectors = VECTORS > 0 if point_type == "bit" else VECTORS
    train, test = vectors[:300], vectors[300:]
    truth = ground_truth(train, test, 5, metric=ours)
    names = []
    for name, constructor, arguments, groups in definitions(point_type, metric):
        algorithm = getattr(module, constructor)(*arguments)
        algorithm.fit(train)
        for group in groups or [[]]:
            if group:
                algorithm.set_query_arguments(*group)
            single = [[int(row) for row in algorithm.query(vector, 5)] for vector in test]
            algorithm.batch_query(test, 5)
            batch = [[int(row) for row in rows] for rows in algorithm.get_batch_results()]
            assert single == batch
            names.append(str(algorithm))
        # Of its last setting, which is the one that looks at most.
        distances = true_distances(train, test, np.array(batch), metric=ours)
        assert recall_by_distance(distances, truth, 5) > 0.95, name
        assert algorithm.get_additional()["nearabout"] == na.__version__
        algorithm.done()
        assert algorithm.index is None
    assert len(set(names)) == len(names) > 10


def test_an_effort_and_a_recall_are_told_apart(module: ModuleType) -> None:
    algorithm = module.Nearabout("angular", {"kind": "ivf", "lists": 16})
    assert str(algorithm) == "nearabout(ivf, lists=16)"
    asked: list[dict[str, Any]] = []

    class Listening:
        def search(self, vector: object, count: int, **options: Any) -> Any:
            asked.append(options)
            return type("Hits", (), {"rows": np.arange(count)})

    algorithm.index = Listening()
    for given in (8, 8.0, 0.95, 1):
        algorithm.set_query_arguments(given)
        algorithm.query(VECTORS[0], 3)
    assert asked == [
        {"threads": 1, "effort": 8},
        {"threads": 1, "effort": 8},
        {"threads": 1, "recall": 0.95},
        {"threads": 1, "effort": 1},
    ]
    algorithm.set_query_arguments(0.9)
    assert str(algorithm) == "nearabout(ivf, recall=0.9)"


def test_settings_that_are_none_are_refused(module: ModuleType) -> None:
    with pytest.raises(TypeError, match="degree"):
        module.Nearabout("euclidean", {"kind": "ivf", "degree": 16})
    with pytest.raises(KeyError):
        module.Nearabout("jaccard", {"kind": "exact"})
