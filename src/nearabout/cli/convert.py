"""`nearabout convert`: the same vectors in another format."""

import os
import sys
import time

from nearabout.cli.arguments import Options
from nearabout.cli.output import command, duration, printable, read_name, written_name
from nearabout.cli.reading import reading_names, reading_usage, taken
from nearabout.errors import InvalidInputError

USAGE = f"""
usage: nearabout convert IN OUT [--no-keys] [--to FORMAT] [--key-column C] [--format NAME] [and others of reading]
       nearabout convert IN.annoy OUT --metric M --dims N [--keys WORDS.lmdb] [--kind K] [--invalid raise|skip]

Writes the vectors and keys of IN, a file that `build` reads or an index, in the format that the ending of OUT names:
.bin (word2vec), .txt (GloVe), .vec (word2vec text), .npy, .fvecs, .parquet, .csv, .jsonl; .gz, .bz2 or .xz after it
compresses. OUT may be -, standard output. To make an index, use `build`.

  --no-keys    write the vectors alone; .npy and .fvecs have no room for keys
  --to FORMAT  an ending such as csv or jsonl, whatever that of OUT; standard output gets csv where this is left out

IN may be an index of Annoy (.annoy or .ann), and OUT an index then as well (.near). Annoy's files do not say what is in
them, so it must be told:

  --metric M           angular, euclidean, manhattan, hamming or dot; angular becomes cosine
  --dims N             the number of dimensions, which Annoy calls f
  --keys WORDS.lmdb    an LMDB map where w<word> leads to the item and i<item> to the word; left out, the item numbers
                       are the keys
  --kind K             the kind of index to make, as for `build`: auto (default), exact, forest
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
        raise InvalidInputError(f"to make an index use: {command('nearabout', 'build', source, '-o', target)}")
    _refuse(
        given, () if from_annoy else _FOR_ANNOY, f"is for an index of Annoy (.annoy, .ann); {read_name(source)} is none"
    )
    _refuse(given, () if to_index else _FOR_INDEX, f"is for making an index (.near); {written_name(target)} is none")
    if not to_index and (from_annoy or "invalid" not in reading_names()):
        _refuse(given, ("invalid",), f"is for making an index (.near); {written_name(target)} is none")
    if to_index:
        _refuse(given, ("no-keys",), "has no meaning for an index: without --keys the item numbers are the keys")
        _refuse(given, ("to",), "has no meaning for an index, which is made of an ending .near")
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
    told = sys.stderr if target == "-" else sys.stdout
    print(
        f"wrote {printable(written_name(target))}: {rows:,} vectors of {dims:,} dims in {duration(seconds)}", file=told
    )
    for line in notes:
        print(f"      {line}", file=told)
    return 0


def _form(target: str, wanted: "Value | None") -> str | None:
    """Returns the name of the format to write; None where the ending of OUT has one."""
    from nearabout.formats import writer_names, written_suffixes

    endings = ", ".join(suffix[1:] for suffix in written_suffixes())
    if wanted is None and target != "-":
        if _suffix(target) not in written_suffixes():
            raise InvalidInputError(
                f"{target}: its ending names no format that can be written; those are {endings}: give one, or --to"
            )
        return None
    form = _ENDINGS.get(str(wanted), str(wanted)) if wanted is not None else _ENDINGS["csv"]
    if form not in writer_names():
        raise InvalidInputError(f"--to is {wanted!r}; give one of {endings}")
    if target == "-" and form not in _TEXT and sys.stdout is not None and sys.stdout.isatty():
        raise InvalidInputError(
            f"--to {wanted} is not text, and standard output is a terminal: send it to a file or a pipe"
        )
    return form


def _suffix(target: str) -> str:
    """Returns the ending of a name that tells a format."""
    stem, suffix = os.path.splitext(target.lower())
    return os.path.splitext(stem)[1] if suffix in _COMPRESSORS else suffix


def _check_room(target: str, form: str | None) -> None:
    """Refuses a format without room for keys, where there are some."""
    from nearabout.formats import written_as, written_suffixes

    name, has_room = written_as(target, form)
    if not has_room:
        keyed = ", ".join(suffix[1:] for suffix in written_suffixes(keyed=True))
        raise InvalidInputError(
            f"{written_name(target)}: {name} has no room for keys: pass --no-keys to write the vectors alone, or write "
            f"a format that has (--to, or the ending of OUT): {keyed}"
        )


def _write(target: str, vectors: "NDArray[Any]", keys: "Any", form: str | None) -> None:
    from nearabout.formats import write

    if target != "-":
        write(target, vectors, keys, format=form)
        return
    if sys.stdout is None:
        raise InvalidInputError("standard output is closed; give the name of a file")
    sys.stdout.flush()
    write(sys.stdout.buffer, vectors, keys, format=form)
    sys.stdout.buffer.flush()


def _refuse(given: "dict[str, Value]", names: tuple[str, ...], why: str) -> None:
    """An option that would be ignored is an error."""
    for name in names:
        if name in given:
            raise InvalidInputError(f"--{name} {why}; leave it out")


def _load(source: str, given: "dict[str, Value]") -> "Loaded":
    """Vectors, keys or None, and what the reader noted, of an index or of any file that can be read."""
    if source.lower().endswith(".near"):
        _refuse(given, tuple(reading_names()), f"says how a file of vectors is read; {source} is an index")
        from nearabout.index import open

        index = open(source)
        info = index.info()
        decoded = info.get("distance_source") == "int8" and not info["keeps_vectors"]
        notes = ["the index keeps 8-bit codes: the vectors are what those stand for, nearly those it was built of"]
        return index.vectors(), None if info["keys"] == "none" else index.keys(), notes if decoded else []
    from nearabout.formats import read

    embeddings = read(source, **taken(given))
    return embeddings.vectors, embeddings.keys, embeddings.report.sentences()


def _load_annoy(source: str, given: "dict[str, Value]") -> "Loaded":
    _refuse(given, tuple(reading_names("dims", "invalid")), f"says how a file of vectors is read; {source} is Annoy's")
    for name in ("metric", "dims"):
        if name not in given:
            raise InvalidInputError(
                f"--{name} is needed: an index of Annoy does not say it, and {source} was made with one"
            )
    from nearabout.formats.annoy import read_annoy

    words = given.get("keys")
    metric, dims = str(given["metric"]), int(given["dims"])  # type: ignore[arg-type]
    embeddings = read_annoy(source, metric, dims, None if words is None else str(words))
    return embeddings.vectors, embeddings.keys, []


def _build(target: str, vectors: "NDArray[Any]", keys: "Any", given: "dict[str, Value]") -> list[str]:
    """Makes the index; what there is to tell about it."""
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
