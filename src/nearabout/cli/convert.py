"""`nearabout convert`: the same vectors in another format."""

import time

from nearabout.cli.arguments import Options
from nearabout.cli.output import duration, printable
from nearabout.errors import InvalidInput

USAGE = """
usage: nearabout convert IN OUT [--no-keys]

Writes the vectors and keys of IN, a file that `build` reads or an index, in the format that the ending of OUT names:
.bin (word2vec), .txt (GloVe), .vec (word2vec text), .npy, .fvecs, .parquet. To make an index, use `build`.

  --no-keys  write the vectors alone; .npy and .fvecs have no room for keys
"""

_OPTIONS = Options("convert", {"no-keys": bool})


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if len(words) != 2:
        raise InvalidInput(f"`nearabout convert` takes two files, IN and OUT; {len(words)} were given")
    source, target = words
    if target.lower().endswith(".near"):
        raise InvalidInput(f"to make an index use: nearabout build {source} -o {target}")

    from nearabout.formats import write

    start = time.perf_counter()
    vectors, keys, notes = _load(source)
    write(target, vectors, None if "no-keys" in given else keys)
    seconds = time.perf_counter() - start
    rows, dims = vectors.shape
    print(f"wrote {printable(target)}: {rows:,} vectors of {dims:,} dims in {duration(seconds)}")
    for line in notes:
        print(f"      {line}")
    return 0


def _load(source: str) -> "tuple[NDArray[Any], Any, list[str]]":
    """Vectors, keys or None, and what the reader noted, of an index or of any file that can be read."""
    if source.lower().endswith(".near"):
        from nearabout.index import open

        index = open(source)
        return index.vectors(), None if index.info()["keys"] == "none" else index.keys(), []
    from nearabout.formats import read

    embeddings = read(source)
    return embeddings.vectors, embeddings.keys, embeddings.report.sentences()


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
