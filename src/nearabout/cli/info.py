"""`nearabout info`: shows the properties of an index."""

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import print_json, printable, size, table

USAGE = """
usage: nearabout info INDEX.near|QUANTIZER.near|GRAPH.npz [--json]

Prints the kind, metric, type and shape of an index, the settings of its build, the effort that each recall takes, and
the sections of its file. Of a quantizer, it prints the kind, the settings and what it was fitted to. Of a graph that
`nearabout neighbors` wrote, it prints the rows, the neighbours and the recall.
"""

_OPTIONS = Options("info", {"json": bool})
_KNOWN_BETTER = ("kind", "codes", "refine", "keep_vectors")  # metadata left out, because the index itself has more
_RECALLS = (0.80, 0.90, 0.95, 0.99)
_NEIGHBOURS = (1, 10, 100)  # values of k that the calibration measures
_KEYS = {"str": "strings", "int": "integers", "none": "the row numbers"}


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "info")

    from nearabout.errors import UnknownFormatError
    from nearabout.index import open

    graph = _saved_graph(path)
    if graph is not None:
        _print_graph(path, graph, "json" in given)
        return 0
    try:
        index = open(path)
    except UnknownFormatError:
        quantizer = _saved_quantizer(path)
        if quantizer is None:
            raise
        _print_quantizer(path, quantizer, "json" in given)
        return 0
    info = index.info()
    if "json" in given:
        print_json(info)
        return 0
    per_row = info["file_bytes"] / info["rows"] if info["rows"] else 0
    fields = [
        ["file", printable(path)],
        ["size", f"{size(info['file_bytes'])}" + (f" ({per_row:.0f} bytes per row)" if per_row else "")],
        ["kind", info["kind"]],
        ["metric", info["metric"] + (" (distances are negative inner products)" if info["metric"] == "dot" else "")],
        ["vectors", f"{info['rows']:,} of {info['dims']:,} dims, {info['dtype']}"],
        ["keys", _KEYS[info["keys"]]],
        *[
            [name.replace("_", " "), printable(str(value))]
            for name, value in info["metadata"].items()
            if name not in _KNOWN_BETTER and name not in info
        ],
        *_of_kind(index, info),
        *([["byte rows", f"{size(info['byte_rows'])}, so that few vectors are read"]] if info["byte_rows"] else []),
        ["computes with", info["isa"]],
    ]
    print("\n".join(table(fields)))
    if _is_measured(info):
        print()
        print("\n".join(table(_efforts(index), "lrrr")))
    sections = [
        [part["name"], part["element"], f"{part['rows']:,} x {part['columns']:,}", size(part["bytes"])]
        for part in info["sections"]
    ]
    print()
    print("\n".join(table([["section", "type", "shape", "size"], *sections], "llrr")))
    return 0


def _saved_graph(path: str) -> "NeighborGraph | None":
    """Returns the graph of a file that `nearabout neighbors` wrote, or None if the file is another one."""
    from nearabout.errors import UnknownFormatError
    from nearabout.neighbors import NeighborGraph

    try:
        return NeighborGraph.load(path, mapped=True) if path.endswith(".npz") else None
    except UnknownFormatError:
        return None


def _saved_quantizer(path: str) -> "Quantizer | None":
    """Returns the quantizer of a .near file, or None if the file is another one."""
    from nearabout.errors import UnknownFormatError
    from nearabout.quantizers import load_quantizer

    try:
        return load_quantizer(path)
    except UnknownFormatError:
        return None


def _print_quantizer(path: str, quantizer: "Quantizer", as_json: bool) -> None:
    info = quantizer.info()
    if as_json:
        print_json({"kind": "quantizer", **info})
        return
    always = ("method", "dims", "code_bytes", "rows", "sample_rows", "seed")
    settings = ", ".join(f"{name}={value}" for name, value in info.items() if name not in always)
    sampled = f"; {info['sample_rows']:,} of them were looked at" if info["sample_rows"] < info["rows"] else ""
    fields = [
        ["file", printable(path)],
        ["kind", "quantizer, no index: read it with nearabout.load_quantizer"],
        ["method", f"{info['method']}({settings}), seed {info['seed']}"],
        ["vectors", f"{info['dims']:,} dims, of float32 {info['dims'] * 4:,} bytes"],
        ["codes", f"{info['code_bytes']:,} bytes a vector"],
        ["fitted to", f"{info['rows']:,} vectors{sampled}"],
    ]
    print("\n".join(table(fields)))


def _print_graph(path: str, graph: "NeighborGraph", as_json: bool) -> None:
    recall, rows = graph.recall, graph.measured_rows
    if as_json:
        facts = {"rows": len(graph), "k": graph.k, "metric": graph.metric, "recall": recall, "measured_rows": rows}
        print_json({"kind": "neighbor graph", **facts})
        return
    source = f", measured on {rows:,} of its rows" if rows else ""
    fields = [
        ["file", printable(path)],
        ["kind", "neighbours of every row, no index: read it with nearabout.NeighborGraph.load"],
        ["metric", graph.metric],
        ["rows", f"{len(graph):,}, each with its {graph.k:,} nearest others"],
        ["recall", "not measured" if recall is None else f"{_fraction(recall)}{source}"],
    ]
    print("\n".join(table(fields)))


def _of_kind(index: "Index", info: "IndexInfo") -> "list[list[str]]":
    """Returns the lines that depend on the kind, and the line about its effort."""
    from nearabout.kinds import KINDS

    kind = KINDS[index.kind]
    lines = kind.info_lines(info)
    if index.effort_unit is None:
        return lines
    return [_expected(info), *lines, ["effort", _measured(info, kind.effort_is)]]


def _expected(info: "IndexInfo") -> "list[str]":
    recall = info["expected_recall"]
    expected = "not measured" if recall is None else f"recall {_fraction(recall)} of the 10 nearest by default"
    return ["expect", expected]


def _is_measured(info: "IndexInfo") -> bool:
    """Returns whether there are measured efforts. An index of copies of one row has none."""
    return bool(info["calibration"] and info["calibration"]["points"])


def _measured(info: "IndexInfo", what: str) -> str:
    known = info["calibration"]
    if known is None or not _is_measured(info):
        return "not measured"
    source = "of its rows" if known["source"] == "held_out_rows" else "sample queries"
    return f"{what}, measured on {known['queries']:,} {source}; the table shows the effort for each recall"


def _efforts(index: "Index") -> "list[list[str]]":
    """Returns a table of the effort that `--recall` uses."""
    from nearabout.calibration.effort import index_effort

    core = index._core
    range_ = index_effort(core)
    beyond = "every row" if core.keeps_vectors else f"all {range_.unit}"

    def effort(k: int, recall: float) -> str:
        found = core.effort_for(k, recall)
        everything = found is None or (found >= range_.most and range_.exact_at_most)
        return beyond if everything else f"{found:,}"

    rows = [[_fraction(recall), *[effort(k, recall) for k in _NEIGHBOURS]] for recall in _RECALLS]
    return [["recall", *[f"{k} nearest" for k in _NEIGHBOURS]], *rows]


def _fraction(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.index import Index, IndexInfo
    from nearabout.neighbors import NeighborGraph
    from nearabout.quantizers import Quantizer
