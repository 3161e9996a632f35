"""`nearabout info`: what an index is."""

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import print_json, printable, size, table

USAGE = """
usage: nearabout info INDEX.near [--json]

Tells the kind, metric, type and shape of an index, what was noted when it was built, what a recall takes, and the
sections of its file.
"""

_OPTIONS = Options("info", {"json": bool})
_KNOWN_BETTER = ("kind", "codes", "refine", "keep_vectors")  # of which the index itself tells more than was noted
_ANSWERS = {
    "vectors": "from the vectors: distances are exact",
    "int8": "from 8-bit codes, which are kept in place of vectors: distances are estimates",
    "codes": "from small codes alone: distances are estimates",
}
_RECALLS = (0.80, 0.90, 0.95, 0.99)
_NEIGHBOURS = (1, 10, 100)  # as they are measured
_KEYS = {"str": "strings", "int": "integers", "none": "the row numbers"}


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "info")

    from nearabout.index import open

    index = open(path)
    info = index.info()
    if "json" in given:
        print_json(info)
        return 0
    per_row = info["file_bytes"] / info["rows"] if info["rows"] else 0
    fields = [
        ["file", printable(path)],
        ["size", f"{size(info['file_bytes'])}" + (f" ({per_row:.0f} bytes a row)" if per_row else "")],
        ["kind", info["kind"]],
        ["metric", info["metric"] + (" (distances are negative inner products)" if info["metric"] == "dot" else "")],
        ["vectors", f"{info['rows']:,} of {info['dims']:,} dims, {info['dtype']}"],
        ["keys", _KEYS[info["keys"]]],
        *[
            [name.replace("_", " "), printable(str(value))]
            for name, value in info["metadata"].items()
            if name not in _KNOWN_BETTER and name not in info
        ],
        *_of_trees(info),
        *_of_lists(info),
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


def _of_trees(info: "dict[str, Any]") -> "list[list[str]]":
    """What is told of a forest besides."""
    if "efforts" not in info:
        return []
    found = ", ".join(f"{share:.0%} {effort:,.0f}" for share, effort in info["efforts"])
    return [
        _expected(info),
        ["trees", f"{info['trees']:,}, of leaves of {info['leaf_size']:,} rows at most; seed {info['seed']}"],
        ["sketches", f"{info['sketch_bytes']:,} bytes a row in each tree"],
        *([["by sketches", f"{found} (rows looked at to find so many of the 10 nearest)"]] if found else []),
        ["effort", _measured(info, "rows looked at")],
    ]


def _of_lists(info: "dict[str, Any]") -> "list[list[str]]":
    """What is told of lists of codes besides."""
    if "curves" not in info:
        return []
    row_bytes, directions, bits = (info[name] for name in ("code_bytes", "code_directions", "code_bits"))
    answers = _ANSWERS[info["distance_source"]]
    if info["distance_source"] == "codes" and info["keeps_vectors"]:
        answers += ", but with --exact, for which vectors are kept"
    return [
        ["answers", answers],
        _expected(info),
        ["lists", f"{info['lists']:,}; seed {info['seed']}"],
        ["codes", f"{directions:,} directions x {_counted(bits, 'bit')} = {_counted(row_bytes, 'byte')} a row"],
        ["effort", _measured(info, "lists looked into")],
    ]


def _expected(info: "dict[str, Any]") -> "list[str]":
    recall = info["expected_recall"]
    told = "not measured" if recall is None else f"recall {_share(recall)} of the 10 nearest, effort left out"
    return ["expect", told]


def _is_measured(info: "dict[str, Any]") -> bool:
    """Whether there are efforts to tell: of copies of one row nothing could be measured."""
    return bool(info["calibration"] and info["calibration"]["points"])


def _measured(info: "dict[str, Any]", what: str) -> str:
    if not _is_measured(info):
        return "not measured"
    known = info["calibration"]
    source = "of its rows" if known["source"] == "held_out_rows" else "queries that were given"
    return f"{what}, measured on {known['queries']:,} {source}; below, what a recall takes"


def _efforts(index: "Index") -> "list[list[str]]":
    """What `--recall` spends."""
    core = index._core
    beyond = "every row" if core.keeps_vectors else "all lists"

    def effort(k: int, recall: float) -> str:
        found = core.effort_for(k, recall)
        everything = found is None or (found >= core.most_effort and core.ends_exactly)
        return beyond if everything else f"{found:,}"

    rows = [[_share(recall), *[effort(k, recall) for k in _NEIGHBOURS]] for recall in _RECALLS]
    return [["recall", *[f"{k} nearest" for k in _NEIGHBOURS]], *rows]


def _share(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def _counted(count: float, what: str) -> str:
    return f"{count:,.0f} {what}{'' if count == 1 else 's'}"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nearabout.index import Index
