"""`nearabout explain`: explains why a search finds or misses a key."""

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.output import print_json, printable, table
from nearabout.errors import InvalidInputError

USAGE = """
usage: nearabout explain INDEX.near --query WORD|"king - man + woman"|FILE.npy --key KEY... [-k 10]
                         [--effort E | --recall R] [--json]

Prints the true rank and distance of a key, whether a search finds it, and the smallest effort that finds it.

  nearabout explain words.near --query king --key queen
  nearabout explain words.near --query "king - man + woman" --key queen --key prince --effort 5

  --query Q    a word, a sum of words as in `nearabout search`, or a .npy file with one vector
  --key KEY    key to explain; may be repeated
  -k N         number of neighbours of the search (default 10)
  --effort E   effort of the search, in lists, rows or nodes (default: chosen by the index)
  --recall R   target recall of the search, such as 0.99
  --json       one line of JSON per key

Exit code: 0 success; 1 the search misses a key that is a true neighbour; 2 wrong use.
"""

_OPTIONS = Options(
    "explain", {"query": str, "key": list, "k": int, "effort": int, "recall": str, "json": bool}, {"k": "k"}
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) > 1:
        raise InvalidInputError(
            f"`nearabout explain` takes one index file, but {len(words)} words were given: {' '.join(words)}. Pass the "
            "query with --query and the key with --key"
        )
    path = one(words, "index file", "explain")
    for name in ("query", "key"):
        if name not in given:
            raise InvalidInputError(f"`nearabout explain` needs --{name}; see: nearabout help explain")

    from nearabout.calibration.explain import explain
    from nearabout.cli.search import Searcher
    from nearabout.index import open

    options: dict[str, float] = {"effort": int(str(given["effort"]))} if "effort" in given else {}
    if "recall" in given:
        options["recall"] = number("recall", str(given["recall"]))
    searcher = Searcher(path, 1)
    index = open(path)
    query = _query(index, searcher, str(given["query"]))
    keys = given["key"]
    assert isinstance(keys, list)
    missed = False
    for number_of_key, word in enumerate(keys):
        key = index.keys([searcher.row(word)]).tolist()[0]
        result = explain(index._core, query, key, int(str(given.get("k", 10))), **options)  # type: ignore[arg-type]
        missed |= result.is_true_neighbour and not result.found
        if "json" in given:
            print_json({"query": given["query"], "metric": index.metric, **vars(result)})
        else:
            print("\n" * (number_of_key > 0) + "\n".join(_lines(index, result)))
    return 1 if missed else 0


def _query(index: "Index", searcher: "Searcher", text: str) -> "Query":
    """Returns the query: a vector from a file, a key, or a sum of keys."""
    from nearabout.calibration.explain import query_of, sum_query

    if text.endswith(".npy") and text not in index:
        return query_of(index._core, _vector(text))
    terms = searcher.terms([text])
    if len(terms) == 1 and terms[0][0] == 1:
        return query_of(index._core, index.keys([terms[0][1]]).tolist()[0])
    return sum_query(index._core, terms)


def _vector(path: str) -> "NDArray[Any]":
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InvalidInputError(f"{path} is not a .npy file of numbers ({error}); write one with numpy.save") from None
    if array.ndim not in (1, 2) or (array.ndim == 2 and len(array) != 1):
        raise InvalidInputError(f"{path} contains an array of the shape {array.shape}; pass one vector: (dims,)")
    vector: NDArray[Any] = array.reshape(-1)
    return vector


def _lines(index: "Index", result: "Explanation") -> list[str]:
    """Returns the explanation as lines of text."""
    unit = index.effort_unit
    effort = "every row was compared" if result.effort is None else f"effort {result.effort:,} {unit}"
    fields = [
        ["key", printable(str(result.key))],
        ["rank", f"{result.rank:,} of {len(index):,}"],
        ["distance", f"{result.distance:.6g} (the last of {result.k:,}: {result.kth_distance:.6g})"],
        ["found", f"{'yes' if result.found else 'no'} ({effort})"],
    ]
    if unit is not None:
        least = "at no effort" if result.min_effort_found is None else f"from --effort {result.min_effort_found} on"
        wider = "" if result.rank <= result.k else f", in a search for {result.rank:,}"
        fields.append(["appears", least + wider])
    note = ["Under dot, a distance is a negative inner product."] if index.metric == "dot" else []
    return [*table(fields), printable(result.why), *note]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from nearabout.calibration.explain import Explanation, Query
    from nearabout.cli.search import Searcher
    from nearabout.index import Index
