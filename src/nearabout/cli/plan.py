"""`nearabout plan`: what a build would take."""

from nearabout.cli.arguments import Options, number
from nearabout.cli.output import duration, print_json, size, table
from nearabout.errors import InvalidInputError

USAGE = """
usage: nearabout plan ROWS DIMS [--metric M] [--kind K] [--recall R] [--dtype D] [--threads N] [--memory SIZE] [--json]

Tells what an index of so many vectors would be, what it would take of time, memory and disk, and how fast its answers
would come, without the vectors. The speed of this machine is measured by building a small index; the build is right
within a factor of two for real data, and queries within a factor of three.

  --metric M     cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --kind K       auto (default: exact for few vectors, ivf for many), exact, forest or ivf
  --recall R     the share of the 10 nearest that searches are to find (0.95); 1: all of them
  --dtype D      f32 (default), f16, bf16, u8, i8, bits (the default under hamming and jaccard)
  --threads N    how many threads to count with (all cores)
  --memory SIZE  within a budget, such as 512MB or 2GiB, and the index written to a file
  --json         one line of JSON
"""

_OPTIONS = Options(
    "plan",
    {"metric": str, "kind": str, "recall": str, "dtype": str, "threads": int, "memory": str, "json": bool},
)
_COSTS = ("threads", "build_seconds", "build_memory", "file_bytes", "recall", "query_seconds", "queries_per_second")


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) != 2:
        told = f"{len(words)} were given: {' '.join(words)}" if words else "none was given"
        raise InvalidInputError(f"`nearabout plan` takes two numbers, ROWS and DIMS; {told}")
    as_json = given.pop("json", False)
    if "recall" in given:
        given["recall"] = number("recall", str(given["recall"]))  # type: ignore[assignment]
    rows, dims = (_number(name, word) for name, word in zip(("ROWS", "DIMS"), words, strict=True))

    from nearabout.planning.plan import plan

    expected = plan(rows, dims, **given)  # type: ignore[arg-type]
    settings = expected.kind.settings()
    name = str(settings.pop("kind"))
    if as_json:
        shape = {"rows": rows, "dims": dims, "metric": expected.metric, "dtype": expected.dtype}
        print_json({"kind": name, **settings, **shape, **{key: getattr(expected, key) for key in _COSTS}})
        return 0
    told = ", ".join(f"{key} {value}" for key, value in settings.items())
    fields = [
        ["kind", f"{name} ({told})" if told else name],
        ["vectors", f"{rows:,} of {dims:,} dims, {expected.metric}, {expected.dtype}"],
        ["build", f"about {duration(expected.build_seconds)} (threads: {expected.threads})"],
        ["memory", f"about {size(expected.build_memory)} beside the vectors"],
        ["file", f"about {size(expected.file_bytes)} without keys"],
        ["query", f"about {duration(expected.query_seconds)} at recall {expected.recall:g}, on one thread"],
        ["batch", f"about {expected.queries_per_second:,.0f} queries a second, on one thread"],
    ]
    print("\n".join(table(fields)))
    return 0


def _number(name: str, word: str) -> int:
    """1000000, or 1_000_000, 1,000,000 or 1e6."""
    plain = word.replace(",", "")
    try:
        return int(plain) if "e" not in plain.lower() else _whole(float(plain))
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{name} is {word!r}; a whole number is needed, such as 100000") from None


def _whole(number: float) -> int:
    if number != int(number):
        raise ValueError
    return int(number)
