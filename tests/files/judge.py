"""What a reader makes of files under attack.

usage: python -m tests.files.judge FOLDER GOLDEN ATTACK...        (from the project's root)

Runs functions of attacks.py and of those on each kind (forest_attacks.py and so on) on one golden file, and prints a
line of JSON for each attack: its name, the error it met (or nothing) and the sentence. A process of its own, so that a
crash or a hang is seen as such. Each file is opened, asked everything, and verified; an answer must be well formed
whatever is in it."""

from __future__ import annotations

import faulthandler
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nearabout as na

from . import (
    attacks,
    code_attacks,
    forest_attacks,
    graph_attacks,
    ivf_attacks,
    kdtree_attacks,
    lsh_attacks,
    make_golden,
)

SECONDS_AN_ATTACK = 30  # then it hangs, and the process ends with a trace


def well_formed(index: na.Index, expected: int | None, found: Any, distances: Any, keys: Any) -> list[Any]:
    """The answer as plain values, every rule that needs no knowledge of the vectors asserted."""
    assert len(found) == len(distances) == len(keys), "as many rows as distances and keys"
    if expected is not None:
        assert len(found) == expected, f"{len(found)} neighbours where {expected} were expected"
    assert ((found >= 0) & (found < len(index))).all(), f"rows out of range: {found}"
    # Lists have one place for each row: nobody looks for rows that a lie names twice but `verify`.
    assert index.kind in ("ivf", "graph", "kdtree") or len(set(found.tolist())) == len(found), f"a row twice: {found}"
    assert not np.isnan(distances).any(), f"NaN among the distances: {distances}"
    assert (distances[1:] >= distances[:-1]).all(), f"distances that fall: {distances}"
    return [found.tolist(), distances.tolist(), keys.tolist()]


def kept(index: na.Index) -> tuple[bool, bool]:
    """Whether vectors can be had, and whether they can be compared: what cannot is refused, and not asked for."""
    return make_golden.has_vectors(index), bool(index._core.details().get("keeps_vectors", True))


def questions(index: na.Index) -> list[Callable[[], Any]]:
    """Everything that reads from a file."""
    vectors, exact = kept(index)
    rows, k = len(index), make_golden.K
    source = np.random.default_rng(9)
    batch: Any = source.integers(0, 2, (9, index.dims))
    batch = batch.astype(bool) if index.dtype == "bits" else (batch * 40 + 3).astype(np.float32)

    def judged(hits: na.Hits, expected: int | None) -> Any:
        return well_formed(index, expected, hits.rows, hits.distances, hits.keys)

    def by_key() -> Any:
        key = index.keys([rows // 2]).tolist()[0]
        assert isinstance(key, (str, int))
        return judged(index.search_by_key(key, k=k), min(k, rows - 1)), index[key].tolist()

    def in_batch() -> Any:
        hits = index.search(batch, k=k)
        each = zip(hits.rows, hits.distances, hits.keys, strict=True)
        return [well_formed(index, min(k, rows), *answer) for answer in each]

    def within() -> Any:
        far = float(index.search(batch[0], k=k).distances[-1])
        return judged(index.radius_search(batch[0], radius=far), None)

    asked: list[Callable[[], Any]] = [
        index.info,
        index.verify,
        lambda: judged(index.search(batch[1], k=k), min(k, rows)),
        in_batch,
        lambda: index.keys().tolist(),
        *([lambda: index.vectors().tobytes().hex()] if vectors else []),
        lambda: [key in index for key in ("king", 3, -1, "")],
    ]
    if rows:
        asked += [by_key, within] if vectors else [within]
    if index.kind != "exact":
        asked.append(lambda: judged(index.search(batch[2], k=k, effort=1), min(k, rows)))
        asked.append(lambda: judged(index.search(batch[3], k=k, effort=10**6), min(k, rows)))
        if exact:
            asked.append(lambda: judged(index.search(batch[3], k=k, exact=True), min(k, rows)))
    return asked


def ask(path: Path) -> tuple[list[Any], list[na.NearaboutError]]:
    """All answers and all errors: the first error is what opening says, or else the first question that fails."""
    try:
        index = na.open(path)
    except na.NearaboutError as error:
        return [], [error]
    answers, errors = [], []
    for question in questions(index):
        try:
            answers.append(question())
        except na.NearaboutError as error:
            errors.append(error)
    return answers, errors


def same_answers(answers: list[Any], good: list[Any]) -> bool:
    """Whether nothing was told that the good file does not tell (but for `info`, which names the path)."""
    return all(answer in good for answer in answers if not isinstance(answer, dict))


def run(folder: Path, golden: str, names: list[str]) -> None:
    path_of_good = make_golden.path_of(golden)
    image, good = path_of_good.read_bytes(), ask(path_of_good)[0]
    kinds = (code_attacks, forest_attacks, graph_attacks, ivf_attacks, kdtree_attacks, lsh_attacks)
    known = {name: one for module in (attacks, *kinds) for name, one in vars(module).items()}
    for number, made in enumerate(made for name in names for made in known[name](image)):
        path = folder / f"{number}.near"  # a name of its own each time: an open file must not change
        path.write_bytes(made.image)
        faulthandler.dump_traceback_later(SECONDS_AN_ATTACK, exit=True)
        try:
            answers, errors = ask(path)
            assert not made.same or same_answers(answers, good), "another answer, and no error"
        except Exception as ill:
            raise AssertionError(f"{golden}, {made.name}") from ill
        finally:
            path.unlink()
        # The sternest word counts: a lie may be told by the question before the one that it is about.
        told = [error for error in errors if type(error).__name__ == made.error] or errors
        fields = {
            "name": made.name,
            "expected": made.error,
            "says": made.says,
            "error": type(told[0]).__name__ if told else "",
            "sentence": str(told[0]).replace(str(path), "FILE") if told else "",
        }
        print(json.dumps(fields), flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    faulthandler.enable()
    run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
