"""`nearabout plan`: estimates the cost of a build."""

from nearabout.cli.arguments import Options, number
from nearabout.cli.kind_usage import kind_names, settings_of
from nearabout.cli.output import duration, print_json, size, table
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout plan ROWS DIMS [--metric M] [--kind K] [--set NAME=VALUE ...] [--recall R] [--dtype D]
                      [--threads N] [--memory SIZE] [--workload W] [--family F] [--json]

Estimates the time, memory and disk space of a build and the speed of searches, without the vectors. It measures the
speed of this machine by building a small index. For real data, estimates of the build are within a factor of 2, those
of queries within a factor of 3.

  --metric M     cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --kind K       {kind_names()}
  --set N=V      a setting of the kind, as for `nearabout build`
  --recall R     target recall of the 10 nearest (default 0.95); 1 finds all of them
  --dtype D      f32 (default), f16, bf16, u8, i8, bits (the default under hamming and jaccard)
  --threads N    number of threads of the build (default: all cores)
  --memory SIZE  memory budget, such as 512MB or 2GiB; assumes that the index is written to a file
  --workload W   batch, single or both (default), as in build
  --family F     family of processors, as in build
  --json         one line of JSON
"""

_OPTIONS = Options(
    "plan",
    {
        "metric": str,
        "kind": str,
        "set": list,
        "recall": str,
        "dtype": str,
        "threads": int,
        "memory": str,
        "workload": str,
        "family": str,
        "json": bool,
    },
)
_COSTS = (
    *("threads", "build_seconds", "build_memory", "file_bytes", "byte_rows_bytes"),
    *("recall", "query_seconds", "queries_per_second"),
)
_TUNING = ("workload", "family")


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) != 2:
        received = f"{len(words)} were given: {' '.join(words)}" if words else "none was given"
        raise InvalidInputError(f"`nearabout plan` takes two numbers, ROWS and DIMS; {received}")
    as_json = given.pop("json", False)
    if "recall" in given:
        given["recall"] = number("recall", str(given["recall"]))  # type: ignore[assignment]
    rows, dims = (_number(name, word) for name, word in zip(("ROWS", "DIMS"), words, strict=True))

    from nearabout.kinds import kind_from_settings
    from nearabout.planning.plan import plan

    given["kind"] = requested = kind_from_settings(str(given.get("kind", "auto")), settings_of(given.pop("set", [])))  # type: ignore[arg-type,assignment]
    expected = plan(rows, dims, **given)  # type: ignore[arg-type]
    settings = expected.kind.settings()
    name = str(settings.pop("kind"))
    if as_json:
        shape = {"rows": rows, "dims": dims, "metric": expected.metric, "dtype": expected.dtype}
        print_json({"kind": name, **settings, **shape, **{key: getattr(expected, key) for key in (*_COSTS, *_TUNING)}})
        return 0
    chosen = ", ".join(f"{key} {value}" for key, value in settings.items())
    recall = "" if expected.kind.always_exact else f" at recall {expected.recall:g}"
    fields = [
        ["kind", f"{name} ({chosen})" if chosen else name],
        ["vectors", f"{rows:,} of {dims:,} dims, {expected.metric}, {expected.dtype}"],
        *(
            [["chosen for", f"{expected.workload}; processors: {expected.family}"]]
            if requested == "auto" or expected.kind.is_tuned
            else []
        ),
        ["build", f"about {duration(expected.build_seconds)} (threads: {expected.threads})"],
        ["memory", f"about {size(expected.build_memory)} in addition to the vectors"],
        ["file", f"about {size(expected.file_bytes)} without keys"],
        *_byte_rows(expected),
        ["query", f"about {duration(expected.query_seconds)}{recall}, on one thread"],
        ["batch", f"about {expected.queries_per_second:,.0f} queries per second, on one thread"],
    ]
    print("\n".join(table(fields)))
    return 0


def _byte_rows(expected: "Plan") -> "list[list[str]]":
    """Returns the line about byte rows, if there can be any."""
    if not expected.byte_rows_bytes:
        return []
    price = f"about {size(expected.byte_rows_bytes)}"
    return [["byte rows", f"on: {price} of the file" if expected.has_byte_rows else f"off; they would add {price}"]]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.planning.plan import Plan


def _number(name: str, word: str) -> int:
    """Returns a whole number written as 1000000, 1_000_000, 1,000,000 or 1e6."""
    plain = word.replace(",", "")
    try:
        return int(plain) if "e" not in plain.lower() else _whole(float(plain))
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{name} is {word!r}; pass a whole number, such as 100000") from None


def _whole(number: float) -> int:
    if number != int(number):
        raise ValueError
    return int(number)
