"""`nearabout build`: a file of vectors becomes an index."""

import time
from pathlib import Path

from nearabout.cli.arguments import Options, number, one
from nearabout.cli.output import command, duration, printable, read_name, size
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout build INPUT [-o OUT.near] [--metric M] [--kind K] [--recall R] [--dtype D] [--set name=value]...
                       [--seed S] [--queries FILE] [--no-calibrate] [--threads N] [--memory SIZE] [--invalid raise|skip]
                       [--key-column C] [--format NAME] [and other options of reading]

Reads a file of vectors (word2vec, GloVe, fastText, NumPy, fvecs, CSV, Parquet, ...; compressed ones too) and writes an
index of them, whole or not at all.

  -o, --output FILE    where to (the name of INPUT with .near in place of its endings, in the current folder)
  --metric M           cosine (default), dot, euclidean, sqeuclidean, manhattan, hamming, jaccard, haversine
  --kind K             auto (default: exact for few vectors, ivf for many), exact, forest or ivf
  --recall R           the share of the true neighbours that searches aim at which ask for nothing (0.95); 1 makes
                       auto the exact scan
  --dtype D            f32, f16, bf16, u8, i8, bits; left out, the input's own where it can be kept
  --set name=value     a setting of the kind: of forest, trees=N and leaf_size=N; of ivf, lists=N, codes=N (bytes a
                       row), refine=false and keep_vectors=false (answers from codes, a smaller file); exact has none
  --seed S             of what is random in the build, of forest and ivf; the same seed gives the same file
  --queries FILE       vectors such as will be searched for: what an effort finds is measured with them, not with rows
  --no-calibrate       measure nothing: a faster build, and searches that cannot ask for a recall
  --threads N          how many threads to use (all cores)
  --memory SIZE        what the build may take for itself, such as 512MB or 2GiB: for files larger than memory
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
        "threads": int,
        "memory": str,
        "invalid": str,
        **reading_names("invalid"),
    },
    {"o": "output"},
)
_TRIED = 100  # keys, for one that can be typed
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    source = one(words, "input file", "build")
    settings = _settings(given.pop("set", []))  # type: ignore[arg-type]
    reading = taken(given, "invalid")
    target = str(given.pop("output")) if "output" in given else default_output(source)
    if not target.endswith(".near"):
        raise InvalidInputError(
            f"the output is {target!r}; the name of an index ends in .near (other formats: convert)"
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
    """Returns the arguments of a search to try, for the first key that can be typed, if keys can be searched by."""
    info = index.info()
    if info.get("distance_source") == "codes" and not info["keeps_vectors"]:
        return None
    for key in map(str, index.keys(range(min(len(index), _TRIED))).tolist()):
        if key.strip() and key.isprintable() and printable(key) == key:
            dashes = ["--"] if key.startswith("-") or path.startswith("-") else []
            return [*dashes, path, key] if path.startswith("-") else [path, *dashes, key]
    return None


def _settings(given: list[str]) -> dict[str, str]:
    """name=value, one or more."""
    settings = {}
    for setting in given:
        name, equals, value = setting.partition("=")
        if not equals or not name or not value:
            raise InvalidInputError(f"--set {setting}: a setting is written name=value, as in --set trees=4")
        settings[name] = value
    return settings


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.index import Index


def default_output(source: str) -> str:
    """words.txt.gz becomes words.near, in the current folder."""
    if source == "-":
        raise InvalidInputError("the input is standard input, which has no name to call the index by: give one with -o")
    name = Path(Path(source).name)
    if name.suffix.lower() in _COMPRESSED:
        name = name.with_suffix("")
    return f"{name.stem or 'index'}.near"
