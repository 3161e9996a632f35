"""`nearabout convert`: the same vectors in another format."""

import time

from nearabout.cli.arguments import Options
from nearabout.cli.output import duration, printable
from nearabout.errors import InvalidInput

USAGE = """
usage: nearabout convert IN OUT

Writes the vectors and keys of IN, a file that `build` reads or an index, in the format that the ending of OUT names:
.bin (word2vec), .txt (GloVe), .vec (word2vec text), .npy, .fvecs, .parquet. To make an index, use `build`.
"""

_OPTIONS = Options("convert", {})


def run(arguments: list[str]) -> int:
    words, _ = _OPTIONS.parse(arguments)
    if len(words) != 2:
        raise InvalidInput(f"`nearabout convert` takes two files, IN and OUT; {len(words)} were given")
    source, target = words
    if target.lower().endswith(".near"):
        raise InvalidInput(f"to make an index use: nearabout build {source} -o {target}")

    from nearabout.formats import read, write

    start = time.perf_counter()
    if source.lower().endswith(".near"):
        from nearabout.index import open

        index = open(source)
        vectors, notes = index.vectors(), list[str]()
        keys = None if index.info()["keys"] == "none" else index.keys()
        write(target, vectors, keys)
    else:
        embeddings = read(source)
        vectors, notes = embeddings.vectors, embeddings.report.sentences()
        write(target, embeddings)
    seconds = time.perf_counter() - start
    rows, dims = vectors.shape
    print(f"wrote {printable(target)}: {rows:,} vectors of {dims:,} dims in {duration(seconds)}")
    for line in notes:
        print(f"      {line}")
    return 0
