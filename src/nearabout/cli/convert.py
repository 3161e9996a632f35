"""`nearabout convert`: converts vectors to another format."""

import os
import sys
import time

from nearabout.cli.arguments import Options
from nearabout.cli.output import command, duration, printable, read_name, written_name
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout convert IN OUT [--no-keys] [--to FORMAT] [--key-column C] [--format NAME] [and others for reading]
       nearabout convert IN.annoy OUT --metric M --dims N [--keys WORDS.lmdb] [--kind K] [--invalid raise|skip]

Reads the vectors and keys of IN, which is an index or any file that `build` reads, and writes them to OUT. The ending
of OUT selects the format: .bin (word2vec), .txt (GloVe), .vec (word2vec text), .npy, .fvecs, .parquet, .csv, .jsonl. A
further .gz, .bz2 or .xz compresses it. OUT may be -, standard output. To build an index, use `build`.

  --no-keys    write only the vectors; .npy and .fvecs cannot store keys
  --to FORMAT  format, as an ending such as csv or jsonl, instead of the ending of OUT (default for -: csv)

IN may be an Annoy index (.annoy or .ann). Then OUT may be an index (.near) as well. Annoy's files do not contain their
metric and dims, so you must pass them:

  --metric M           angular, euclidean, manhattan, hamming or dot; angular becomes cosine
  --dims N             number of dimensions (f in Annoy)
  --keys WORDS.lmdb    LMDB map from w<word> to the item and from i<item> to the word (default: the item numbers are
                       the keys)
  --kind K             kind of index, as for `build` (default: auto)
  --invalid raise|skip  vectors with NaN or infinity, and zeros under cosine: refuse them (default) or leave them out

{reading_usage("IN")}
"""

_OPTIONS = Options(
    "convert",
    {
        **reading_names(),
        "no-keys": bool,
        "to": str,
        "metric": str,
        "dims": int,
        "keys": str,
        "kind": str,
        "invalid": str,
    },
)
_ANNOY = (".annoy", ".ann")
_COMPRESSORS = (".gz", ".bz2", ".xz")
_ENDINGS = {
    "bin": "word2vec-binary",
    "vec": "word2vec-text",
    "w2v": "word2vec-text",
    "txt": "glove",
    "csv": "delimited",
}
_ENDINGS |= {"fvecs": "vecs", "jsonl": "json-lines", "ndjson": "json-lines", "pq": "parquet"}
_TEXT = ("word2vec-text", "glove", "delimited", "json-lines")
_FOR_ANNOY = ("metric", "keys")
_FOR_INDEX = ("kind",)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) != 2:
        raise InvalidInputError(f"`nearabout convert` takes two files, IN and OUT; {len(words)} were given")
    source, target = words
    from_annoy, to_index = source.lower().endswith(_ANNOY), target.lower().endswith(".near")
    if to_index and not from_annoy:
        raise InvalidInputError(f"to build an index, use: {command('nearabout', 'build', source, '-o', target)}")
    no_annoy = f"is only for Annoy indexes (.annoy, .ann), and {read_name(source)} is not one"
    no_index = f"is only for an output that is an index (.near), and {written_name(target)} is not"
    _refuse(given, () if from_annoy else _FOR_ANNOY, no_annoy)
    _refuse(given, () if to_index else _FOR_INDEX, no_index)
    if not to_index and (from_annoy or "invalid" not in reading_names()):
        _refuse(given, ("invalid",), no_index)
    if to_index:
        _refuse(given, ("no-keys",), "has no effect on an index: without --keys the item numbers are the keys")
        _refuse(given, ("to",), "has no effect on an index, whose name ends in .near")
    form = None if to_index else _form(target, given.get("to"))

    start = time.perf_counter()
    vectors, keys, notes = _load_annoy(source, given) if from_annoy else _load(source, given)
    if to_index:
        notes += _build(target, vectors, keys, given)
    else:
        keys = None if "no-keys" in given else keys
        if keys is not None:
            _check_room(target, form)
        _write(target, vectors, keys, form)
    seconds = time.perf_counter() - start
    rows, dims = vectors.shape
    stream = sys.stderr if target == "-" else sys.stdout
    name = printable(written_name(target))
    print(f"wrote {name}: {rows:,} vectors of {dims:,} dims in {duration(seconds)}", file=stream)
    for line in notes:
        print(f"      {line}", file=stream)
    return 0


def _form(target: str, wanted: "Value | None") -> str | None:
    """Returns the name of the format to write; None if the ending of OUT selects it."""
    from nearabout.formats import writer_names, written_suffixes

    endings = ", ".join(suffix[1:] for suffix in written_suffixes())
    if wanted is None and target != "-":
        if _suffix(target) not in written_suffixes():
            raise InvalidInputError(
                f"{target}: the ending does not name a format to write; pass one of {endings}, or pass --to"
            )
        return None
    form = _ENDINGS.get(str(wanted), str(wanted)) if wanted is not None else _ENDINGS["csv"]
    if form not in writer_names():
        raise InvalidInputError(f"--to is {wanted!r}; pass one of {endings}")
    if target == "-" and form not in _TEXT and sys.stdout is not None and sys.stdout.isatty():
        raise InvalidInputError(
            f"--to {wanted} is not text, but standard output is a terminal; redirect it to a file or a pipe"
        )
    return form


def _suffix(target: str) -> str:
    """Returns the ending of a name that selects the format, without the compression."""
    stem, suffix = os.path.splitext(target.lower())
    return os.path.splitext(stem)[1] if suffix in _COMPRESSORS else suffix


def _check_room(target: str, form: str | None) -> None:
    """Refuses a format that cannot store keys."""
    from nearabout.formats import written_as, written_suffixes

    name, has_room = written_as(target, form)
    if not has_room:
        keyed = ", ".join(suffix[1:] for suffix in written_suffixes(keyed=True))
        raise InvalidInputError(
            f"{written_name(target)}: {name} cannot store keys; pass --no-keys to write only the vectors, or choose a "
            f"format that can (--to, or the ending of OUT): {keyed}"
        )


def _write(target: str, vectors: "NDArray[Any]", keys: "Any", form: str | None) -> None:
    from nearabout.formats import write

    if target != "-":
        write(target, vectors, keys, format=form)
        return
    if sys.stdout is None:
        raise InvalidInputError("standard output is closed; pass the name of a file")
    sys.stdout.flush()
    write(sys.stdout.buffer, vectors, keys, format=form)
    sys.stdout.buffer.flush()


def _refuse(given: "dict[str, Value]", names: tuple[str, ...], why: str) -> None:
    """Refuses options that would have no effect."""
    for name in names:
        if name in given:
            raise InvalidInputError(f"--{name} {why}; leave it out")


def _load(source: str, given: "dict[str, Value]") -> "Loaded":
    """Returns vectors, keys or None, and the reader's notes, for an index or any file that `read` supports."""
    if source.lower().endswith(".near"):
        _refuse(given, tuple(reading_names()), f"is an option for reading files of vectors, but {source} is an index")
        from nearabout.index import open

        index = open(source)
        info = index.info()
        decoded = info.get("distance_source") == "int8" and not info["keeps_vectors"]
        notes = ["the index keeps 8-bit codes: these vectors are decoded and differ slightly from the originals"]
        return index.vectors(), None if info["keys"] == "none" else index.keys(), notes if decoded else []
    from nearabout.formats import read

    embeddings = read(source, **taken(given))
    return embeddings.vectors, embeddings.keys, embeddings.report.sentences()


def _load_annoy(source: str, given: "dict[str, Value]") -> "Loaded":
    names = tuple(reading_names("dims", "invalid"))
    _refuse(given, names, f"is an option for reading files of vectors, but {source} is an Annoy index")
    for name in ("metric", "dims"):
        if name not in given:
            raise InvalidInputError(f"pass --{name}: Annoy's file {source} does not contain it")
    from nearabout.formats.annoy import read_annoy

    words = given.get("keys")
    metric, dims = str(given["metric"]), int(given["dims"])  # type: ignore[arg-type]
    embeddings = read_annoy(source, metric, dims, None if words is None else str(words))
    return embeddings.vectors, embeddings.keys, []


def _build(target: str, vectors: "NDArray[Any]", keys: "Any", given: "dict[str, Value]") -> list[str]:
    """Builds the index; returns notes about it."""
    from nearabout.building import build
    from nearabout.formats.annoy import METRICS

    index = build(
        vectors,
        keys,
        metric=METRICS[str(given["metric"])],
        kind=str(given.get("kind", "auto")),
        invalid=given.get("invalid", "raise"),  # type: ignore[arg-type]
        path=target,
        progress=True,
    )
    notes = [f"{index.kind}, {index.metric}, {index.dtype}"]
    if len(index.skipped):
        notes.append(f"{len(index.skipped):,} left out (NaN, infinite or zero), first row {int(index.skipped[0])}")
    return notes


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from numpy.typing import NDArray

    from nearabout.cli.arguments import Value

    Loaded: TypeAlias = tuple[NDArray[Any], Any, list[str]]
