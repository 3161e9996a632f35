"""`nearabout info`: what an index is."""

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import print_json, printable, size, table

USAGE = """
usage: nearabout info INDEX.near [--json]

Tells the kind, metric, type and shape of an index, what was noted when it was built, and the sections of its file.
"""

_OPTIONS = Options("info", {"json": bool})
_KEYS = {"str": "strings", "int": "integers", "none": "the row numbers"}


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "info")

    from nearabout.index import open

    info = open(path).info()
    if "json" in given:
        print_json(info)
        return 0
    per_row = info["file_bytes"] / info["rows"] if info["rows"] else 0
    fields = [
        ["file", printable(path)],
        ["size", f"{size(info['file_bytes'])}" + (f" ({per_row:.0f} bytes a row)" if per_row else "")],
        ["kind", info["kind"]],
        ["metric", info["metric"]],
        ["vectors", f"{info['rows']:,} of {info['dims']:,} dims, {info['dtype']}"],
        ["keys", _KEYS[info["keys"]]],
        *[
            [name.replace("_", " "), printable(str(value))]
            for name, value in info["metadata"].items()
            if name != "kind" and name not in info  # of which the index itself knows more
        ],
        *_of_trees(info),
        ["computes with", info["isa"]],
    ]
    print("\n".join(table(fields)))
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
    measured = ", ".join(f"{share:.0%} {effort:,.0f}" for share, effort in info["efforts"])
    return [
        ["trees", f"{info['trees']:,}, of leaves of {info['leaf_size']:,} rows at most; seed {info['seed']}"],
        ["sketches", f"{info['sketch_bytes']:,} bytes a row in each tree"],
        ["effort", f"{measured} (to find so many of the 10 nearest, at build)" if measured else "not measured"],
    ]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
