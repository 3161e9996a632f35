"""`nearabout info`: what an index is."""

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import print_json, printable, size, table

USAGE = """
usage: nearabout info INDEX.near [--json]

Tells the kind, metric, type and shape of an index, what was noted when it was built, and the sections of its file.
"""

_OPTIONS = Options("info", {"json": bool})
_KNOWN_BETTER = ("kind", "codes", "refine", "keep_vectors")  # of which the index itself tells more than was noted
_ANSWERS = {
    "vectors": "from the vectors: distances are exact",
    "8-bit codes": "from 8-bit codes, which are kept in place of vectors: distances are estimates",
    "small codes": "from small codes alone: distances are estimates",
}
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
            if name not in _KNOWN_BETTER and name not in info
        ],
        *_of_trees(info),
        *_of_lists(info),
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


def _of_lists(info: "dict[str, Any]") -> "list[list[str]]":
    """What is told of lists of codes besides."""
    if "curves" not in info:
        return []
    row_bytes, directions, bits = (info[name] for name in ("code_bytes", "code_directions", "code_bits"))
    points = dict.fromkeys(
        f"recall {_share(share)}: {_counted(lists, 'list')}"
        + (f", {_counted(rows, 'row')} compared" if info["answers"] != "small codes" else "")
        for share, lists, rows in info["curves"][10]
    )
    measured = ["measured at build, of the 10 nearest:", *points] if points else ["not measured"]
    answers, recall = _ANSWERS[info["answers"]], info["expected_recall"]
    if info["answers"] == "small codes" and info["keeps_vectors"]:
        answers += ", but with --exact, for which vectors are kept"
    return [
        ["answers", answers],
        ["expect", "not measured" if recall is None else f"recall {_share(recall)} of the 10 nearest, effort left out"],
        ["lists", f"{info['lists']:,}; seed {info['seed']}"],
        ["codes", f"{directions:,} directions x {_counted(bits, 'bit')} = {_counted(row_bytes, 'byte')} a row"],
        *[["effort" if place == 0 else "", line] for place, line in enumerate(measured)],
    ]


def _share(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def _counted(count: float, what: str) -> str:
    return f"{count:,.0f} {what}{'' if count == 1 else 's'}"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
