"""`nearabout neighbors`: finds the neighbours of every row, as a graph."""

import time
from pathlib import Path

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.kind_usage import kind_names, settings_of
from nearabout.cli.output import duration, printable, size
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout neighbors INPUT -o GRAPH.npz [-k 15] [--recall R | --effort E | --exact] [--threads N]
                           [--metric M] [--kind K] [--set name=value]... [--dtype D] [--seed S] [--memory SIZE]
                           [--invalid raise|skip] [--format NAME] [and other options for reading]

Finds the k nearest others of every row of a file of vectors, or of an index (INPUT.near), and writes them as a .npz
file with the arrays rows and distances: what UMAP, Leiden and HDBSCAN begin with. `nearabout.NeighborGraph.load` and
`numpy.load` read it.

  -o, --output FILE  graph file
  -k N               neighbours of each row (default 15)
  --recall R         target recall (default 0.95, or that of the index); it is measured on 128 of the rows
  --threads N        number of threads (default: all cores)

For an index:

  --effort E         lists to probe, rows to look at, or nodes to keep in mind
  --exact            compare every row with every other

For a file of vectors:

  --metric M         cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --kind K           kind of index: {kind_names()}
  --set NAME=VALUE   a setting of the kind; may be repeated
  --dtype D          type of a number: f32, f16, bf16, u8, i8, bits (default: as in the file)
  --seed S           seed of the build
  --memory SIZE      memory budget, such as 512MB or 2GiB, for files larger than memory
  --invalid raise|skip  vectors with NaN or infinity, and zeros under cosine: refuse them (default) or leave them out

{reading_usage("INPUT", "invalid")}
"""

_OF_INDEX = ("k", "recall", "threads", "effort", "exact", "output")
_OPTIONS = Options(
    "neighbors",
    {
        "output": str,
        "k": int,
        "recall": str,
        "effort": int,
        "exact": bool,
        "threads": int,
        "metric": str,
        "kind": str,
        "set": list,
        "dtype": str,
        "seed": int,
        "memory": str,
        "invalid": str,
        **reading_names("invalid"),
    },
    {"o": "output", "k": "k"},
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    source = one(words, "input file", "neighbors")
    if "output" not in given:
        raise InvalidInputError("`nearabout neighbors` needs the name of the graph to write; pass -o GRAPH.npz")
    if "recall" in given:
        given["recall"] = number("recall", str(given["recall"]))  # type: ignore[assignment]
    start = time.perf_counter()
    graph = _of_index(source, given) if source.endswith(".near") else _of_vectors(source, given)
    seconds = time.perf_counter() - start
    target = str(given["output"])
    if graph.recall is None:
        recall = "recall not measured"
    elif graph.measured_rows:
        recall = f"recall {graph.recall:.3f}, measured on {graph.measured_rows:,} rows"
    else:
        recall = "every row was compared" if graph.recall == 1 else f"recall {graph.recall:.3f} expected"
    print(f"found  {graph.k:,} neighbours of {len(graph):,} rows, {graph.metric}; {recall}")
    print(f"wrote  {printable(target)}: {size(Path(target).stat().st_size)}, {duration(seconds)}")
    return 0


def _of_index(source: str, given: "dict[str, Value]") -> "NeighborGraph":
    from nearabout.index import open

    unused = [name for name in given if name not in _OF_INDEX]
    if unused:
        raise InvalidInputError(
            f"--{unused[0]} is for files of vectors, and {source} is an index, which is searched as it is; leave it out"
        )
    path, k = str(given["output"]), given.get("k", 15)
    options = {name: given[name] for name in ("recall", "effort", "exact", "threads") if name in given}
    with open(source) as index:
        return index.neighbors(k, path=path, progress=True, **options)  # type: ignore[arg-type]


def _of_vectors(source: str, given: "dict[str, Value]") -> "NeighborGraph":
    from nearabout.graph_building import neighbor_graph
    from nearabout.kinds import kind_from_settings

    options = dict(given)
    for name, advice in (("effort", "pass --recall R"), ("exact", "pass --recall 1")):
        if name in options:
            raise InvalidInputError(f"--{name} is for an index, and {source} is a file of vectors; {advice}")
    reading = taken(options, "invalid")
    path, k = str(options.pop("output")), options.pop("k", 15)
    settings = settings_of(options.pop("set", []))  # type: ignore[arg-type]
    options["kind"] = kind_from_settings(str(options.get("kind", "auto")), settings)  # type: ignore[assignment]
    return neighbor_graph(source, k, path=path, progress=True, **options, **reading)  # type: ignore[arg-type]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.cli.arguments import Value
    from nearabout.neighbors import NeighborGraph
