"""`nearabout explain`: why a search finds a key, or does not."""

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.output import print_json, printable, table
from nearabout.errors import InvalidInputError

USAGE = """
usage: nearabout explain INDEX.near --query WORD|"king - man + woman"|FILE.npy --key KEY... [-k 10]
                         [--effort E | --recall R] [--json]

Tells of a key its true rank and distance, whether a search finds it, and from which effort on.

  nearabout explain words.near --query king --key queen
  nearabout explain words.near --query "king - man + woman" --key queen --key prince --effort 5

  --query Q    a word, or a sum of words as `nearabout search` takes it; or a file .npy that holds one vector
  --key KEY    whose row is asked about; may be given several times
  -k N         how many neighbours the search is for (10)
  --effort E   what the search may spend, in place of what it spends by itself
  --recall R   what the search is to reach, such as 0.99
  --json       one line of JSON a key

Exit code: 0 all is as it should be; 1 a key that is among the true neighbours is not found; 2 wrong use.
"""

_OPTIONS = Options(
    "explain", {"query": str, "key": list, "k": int, "effort": int, "recall": str, "json": bool}, {"k": "k"}
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) > 1:
        raise InvalidInputError(
            f"`nearabout explain` takes one index file; {len(words)} words were given: {' '.join(words)}. The query "
            "goes after --query, and the key after --key"
        )
    path = one(words, "index file", "explain")
    for name in ("query", "key"):
        if name not in given:
            raise InvalidInputError(f"`nearabout explain` needs --{name}; see: nearabout help explain")

    from nearabout.cli.search import Searcher
    from nearabout.explaining import explain
    from nearabout.index import open

    spend: dict[str, float] = {"effort": int(str(given["effort"]))} if "effort" in given else {}
    if "recall" in given:
        spend["recall"] = number("recall", str(given["recall"]))
    searcher = Searcher(path, 1)
    index = open(path)
    asked = _query(index, searcher, str(given["query"]))
    keys = given["key"]
    assert isinstance(keys, list)
    missed = False
    for place, word in enumerate(keys):
        key = index.keys([searcher.row(word)]).tolist()[0]
        told = explain(index, asked, key, int(str(given.get("k", 10))), **spend)  # type: ignore[arg-type]
        missed |= told.is_true_neighbour and not told.found
        if "json" in given:
            print_json({"query": given["query"], "metric": index.metric, **vars(told)})
        else:
            print("\n" * (place > 0) + "\n".join(_told(index, told)))
    return 1 if missed else 0


def _query(index: "Index", searcher: "Searcher", text: str) -> "Any":
    """A vector, a key or a sum of keys."""
    if text.endswith(".npy") and text not in index:
        return _vector(text)
    terms = searcher.terms([text])
    if len(terms) == 1 and terms[0][0] == 1:
        return index.keys([terms[0][1]]).tolist()[0]
    from nearabout.explaining import sum_of

    return sum_of(index, terms)


def _vector(path: str) -> "NDArray[Any]":
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InvalidInputError(f"{path} is no .npy file of numbers ({error}); write one with numpy.save") from None
    if array.ndim not in (1, 2) or (array.ndim == 2 and len(array) != 1):
        raise InvalidInputError(f"{path} holds an array of the shape {array.shape}; one vector is explained: (dims,)")
    vector: NDArray[Any] = array.reshape(-1)
    return vector


def _told(index: "Index", told: "Explanation") -> list[str]:
    """Lines for people."""
    unit = index.effort_unit
    spent = "every row was compared" if told.effort is None else f"effort {told.effort:,} {unit}"
    fields = [
        ["key", printable(str(told.key))],
        ["rank", f"{told.rank:,} of {len(index):,}"],
        ["distance", f"{told.distance:.6g} (the last of {told.k:,}: {told.kth_distance:.6g})"],
        ["found", f"{'yes' if told.found else 'no'} ({spent})"],
    ]
    if unit is not None:
        least = "at no effort" if told.min_effort_found is None else f"from effort {told.min_effort_found:,} {unit} on"
        fields.append(["appears", least])
    note = ["Under dot, a distance is a negative inner product."] if index.metric == "dot" else []
    return [*table(fields), printable(told.why), *note]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from nearabout.cli.search import Searcher
    from nearabout.explaining import Explanation
    from nearabout.index import Index
