"""Measures where lists of codes become faster than the exact scan, the basis of `kind="auto"`.

Real vectors of 16 to 784 dims as f32, f16 and u8, their first 500 to 50,000 rows. Exact search and lists of codes at
their default effort (95 in 100 of the 10 nearest, as measured at build) are timed in turn on one thread: a query in a
batch of 500, and a query a call. Printed are the medians in microseconds, how many times as fast as the exact scan the
lists are, what they found, and which kind `"auto"` takes; after each set, from which size on lists are faster. Sets of
16 and 50 dims are leading principal directions of a longer one. u8 of words and sentences are their values on a grid of
256 steps.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator

# Before the libraries are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import _race
import numpy as np
from _sets import SETS, Floats, K, Set, recall

import nearabout as na
from nearabout.kinds.auto import choose_kind

Line = dict[str, str | int | float]
SIZES = (500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 24_000, 32_000, 50_000)
TYPES = {"f32": np.float32, "f16": np.float16, "u8": np.uint8}
SHORTENED = {"sift": (16, 50), "words": (16, 50)}
_BATCH, _SINGLE = 500, 200


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS), help="names separated by commas (default: all)")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of rows, by commas")
    parser.add_argument("--repeats", type=int, default=5, help="alternating timings of each (default 5)")
    parser.add_argument("--save", action="store_true", help="write the figures to benchmarks/results")
    return parser.parse_args()


def shortened(case: Set, dims: int) -> Set:
    """Projects the vectors onto their leading principal directions."""
    base, queries = case.base.astype(np.float32), case.queries.astype(np.float32)
    centre = base.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov((base[:10_000] - centre).T))
    leading = directions[:, ::-1][:, :dims].astype(np.float32)
    return Set(case.name, case.metric, (base - centre) @ leading, (queries - centre) @ leading)


def as_type(case: Set, dtype: str) -> Set:
    """Converts vectors to another type; fractions are rounded to a grid of 256 steps."""
    if dtype != "u8" or case.base.dtype == np.uint8:
        return Set(case.name, case.metric, case.base.astype(TYPES[dtype]), case.queries.astype(TYPES[dtype]))
    low, high = np.quantile(case.base[:5_000].astype(np.float32), (0.0005, 0.9995))

    def steps(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        scaled = (values.astype(np.float32) - low) / (high - low) * 255
        whole: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
        return whole

    return Set(case.name, "euclidean", steps(case.base), steps(case.queries))


def cases(names: list[str]) -> Iterator[tuple[Set, str]]:
    for name in names:
        whole = SETS[name]()
        widths = (*SHORTENED.get(name, ()), whole.base.shape[1])
        for dims in widths:
            case = whole if dims == whole.base.shape[1] else shortened(whole, dims)
            for dtype in TYPES:
                yield as_type(case, dtype), dtype


def compared(case: Set, dtype: str, rows: int, repeats: int) -> Line:
    """One line of the table."""
    base = case.base[:rows]
    queries = case.queries[:_BATCH]
    some = [np.ascontiguousarray(query) for query in queries[:_SINGLE]]
    exact = na.build(base, metric=case.metric, kind="exact")
    lists = na.build(base, metric=case.metric, kind="ivf")
    found = recall(lists.search(queries, K, threads=1).rows, exact.search(queries, K, threads=1).rows)

    def one_by_one(index: na.Index) -> None:
        for query in some:
            index.search(query, K, threads=1)

    batch = _race.alternate(
        lambda: lists.search(queries, K, threads=1), lambda: exact.search(queries, K, threads=1), repeats
    )
    single = _race.alternate(lambda: one_by_one(lists), lambda: one_by_one(exact), repeats)
    return {
        "set": case.name,
        "dims": case.base.shape[1],
        "dtype": dtype,
        "rows": len(base),
        "batch_exact": batch[1] / len(queries) * 1e6,
        "batch_lists": batch[0] / len(queries) * 1e6,
        "single_exact": single[1] / len(some) * 1e6,
        "single_lists": single[0] / len(some) * 1e6,
        "recall": found,
        "auto": choose_kind(len(base), exact.dims, case.metric, exact.dtype).name,
    }


def times(line: Line, way: str) -> float:
    """Returns how many times as fast lists are."""
    return float(line[f"{way}_exact"]) / float(line[f"{way}_lists"])


def crossing(lines: list[Line], way: str) -> str:
    """Returns the smallest size from which on lists are faster."""
    faster = [int(line["rows"]) for line in lines]
    for line in lines:
        if times(line, way) < 1:
            faster = [rows for rows in faster if rows > int(line["rows"])]
    return f"{min(faster):,} rows on" if faster else "none of these sizes on"


def show(line: Line) -> None:
    numbers = {name: float(value) for name, value in line.items() if isinstance(value, (int, float))}
    batch = f"{numbers['batch_exact']:>8.1f} {numbers['batch_lists']:>8.1f}"
    single = f"{numbers['single_exact']:>8.1f} {numbers['single_lists']:>8.1f}"
    print(
        f"{line['set']:20} {line['dtype']:4} {line['dims']:>5} {line['rows']:>7,}"
        f" {batch} {times(line, 'batch'):>6.2f} {single} {times(line, 'single'):>6.2f}"
        f" {numbers['recall']:>7.3f}  {line['auto']}",
        flush=True,
    )


def main() -> None:
    options = arguments()
    race = _race.Race("auto_choice", ())
    print(f"{race.name}: {_race.describe(race.machine())}")
    print(f"{'':38}  batch of {_BATCH}, us a query     a query a call, us")
    names = ("exact", "lists", "times", "exact", "lists", "times")
    heads = "".join(f" {name:>{6 if name == 'times' else 8}}" for name in names)
    print(f"{'set':20} {'type':4} {'dims':>5} {'rows':>7}{heads} {'recall':>7}  auto")
    lines: list[Line] = []
    for case, dtype in cases(options.sets.split(",")):
        of_set = []
        for rows in map(int, options.sizes.split(",")):
            if rows < len(case.base) * 1.1:  # or all there are
                of_set.append(compared(case, dtype, rows, options.repeats))
                show(of_set[-1])
        print(f"lists are faster from {crossing(of_set, 'batch')} in a batch, {crossing(of_set, 'single')} a call")
        lines += of_set
    if options.save:
        path = _race.results_folder() / f"{race.name}.json"
        path.write_text(json.dumps({"machine": race.machine(), "results": lines}, indent=1) + "\n", encoding="utf-8")
        print(f"saved to {path.relative_to(_race.PROJECT)}")


if __name__ == "__main__":
    main()
