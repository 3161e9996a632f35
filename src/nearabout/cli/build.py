"""`nearabout build`: builds an index from a file of vectors."""

import time
from pathlib import Path

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.kind_usage import kind_names, seeded_names, settings_of, settings_usage, tuned_names
from nearabout.cli.output import command, duration, printable, read_name, size
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout build INPUT [-o OUT.near] [--metric M] [--kind K] [--recall R] [--dtype D] [--set name=value]...
                       [--seed S] [--queries FILE] [--no-calibrate] [--workload W] [--family F] [--threads N]
                       [--memory SIZE] [--invalid raise|skip] [--key-column C] [--format NAME] [and other options for
                       reading]

Reads a file of vectors (word2vec, GloVe, fastText, NumPy, fvecs, CSV, Parquet, ...; also compressed) and writes an
index. The index file appears only when it is complete.

  -o, --output FILE    index file (default: the name of INPUT ending in .near, in the current folder)
  --metric M           cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --kind K             {kind_names()}
  --recall R           default target recall of searches (default 0.95); with 1, auto chooses the exact scan
  --dtype D            f32, f16, bf16, u8, i8 or bits (default: the type of the input if possible)
  --set name=value     setting of the kind; may be repeated. Settings of
                       {settings_usage(23)}
  --seed S             random seed ({seeded_names()} only); the same seed gives the same file
  --queries FILE       sample queries; calibrate with these instead of rows
  --no-calibrate       skip the calibration: the build is faster, but searches cannot use --recall
  --workload W         batch, single or both (default): whether searches bring many queries in a call or one
                       ({tuned_names()})
  --family F           family of processors to choose for (default: that of this machine)
  --threads N          number of threads (default: all cores)
  --memory SIZE        memory budget of the build, such as 512MB or 2GiB, for files larger than memory
  --invalid raise|skip  vectors with NaN or infinity, and zeros under cosine: refuse them (default) or leave them out

{reading_usage("INPUT", "invalid")}
"""

_OPTIONS = Options(
    "build",
    {
        "output": str,
        "metric": str,
        "kind": str,
        "dtype": str,
        "set": list,
        "recall": str,
        "seed": int,
        "queries": str,
        "no-calibrate": bool,
        "workload": str,
        "family": str,
        "threads": int,
        "memory": str,
        "invalid": str,
        **reading_names("invalid"),
    },
    {"o": "output"},
)
_TRIED = 100  # keys to try for an example that can be typed
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    source = one(words, "input file", "build")
    settings = settings_of(given.pop("set", []))  # type: ignore[arg-type]
    reading = taken(given, "invalid")
    target = str(given.pop("output")) if "output" in given else default_output(source)
    if not target.endswith(".near"):
        raise InvalidInputError(
            f"the output is {target!r}; the name of an index must end in .near (for other formats, use convert)"
        )
    if "recall" in given:
        given["recall"] = number("recall", str(given["recall"]))  # type: ignore[assignment]
    if given.pop("no-calibrate", False):
        given["calibrate"] = False

    from nearabout.building import build
    from nearabout.formats import read
    from nearabout.kinds import kind_from_settings

    given["kind"] = kind_from_settings(str(given.get("kind", "auto")), settings)  # type: ignore[assignment]
    queries = read(str(given.pop("queries"))).vectors if "queries" in given else None
    start = time.perf_counter()
    index = build(source, path=target, queries=queries, progress=True, **given, **reading)  # type: ignore[arg-type]
    build_time = time.perf_counter() - start

    notes = index.info()["metadata"]
    rows = len(index) + len(index.skipped)
    print(f"read   {printable(read_name(source))}: {notes['format']}, {rows:,} vectors of {index.dims:,} dims")
    for line in filter(None, notes.get("reader", "").split("; ")):
        print(f"       {line}")
    if len(index.skipped):
        print(f"       {len(index.skipped):,} left out (NaN, infinite or zero), first row {int(index.skipped[0])}")
    details = f"{index.kind}, {index.metric}, {index.dtype}, {len(index):,} rows, {size(Path(target).stat().st_size)}"
    print(f"wrote  {printable(target)}: {details}, {duration(build_time)}")
    example = _example(index, target)
    if example is not None:
        print(f"try    {command('nearabout', 'search', *example)}")
    return 0


def _example(index: "Index", path: str) -> "list[str] | None":
    """Returns the arguments of an example search for the first key that can be typed; None if there is none."""
    info = index.info()
    if info.get("distance_source") == "codes" and not info["keeps_vectors"]:
        return None
    for key in map(str, index.keys(range(min(len(index), _TRIED))).tolist()):
        if key.strip() and key.isprintable() and printable(key) == key:
            dashes = ["--"] if key.startswith("-") or path.startswith("-") else []
            return [*dashes, path, key] if path.startswith("-") else [path, *dashes, key]
    return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.index import Index


def default_output(source: str) -> str:
    """Returns the default name of the index, in the current folder: words.near for words.txt.gz."""
    if source == "-":
        raise InvalidInputError("the input is standard input, so the index has no default name; pass one with -o")
    name = Path(Path(source).name)
    if name.suffix.lower() in _COMPRESSED:
        name = name.with_suffix("")
    return f"{name.stem or 'index'}.near"
