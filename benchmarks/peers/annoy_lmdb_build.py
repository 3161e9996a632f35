"""The usual way to word neighbours: vectors into Annoy, word to number and number to word into LMDB.

usage: annoy_lmdb_build.py VECTORS.txt.gz DIMS OUT.annoy OUT.lmdb
"""

import gzip
import sys

import annoy
import lmdb


def main(vectors: str, dims: int, trees: str, words: str) -> None:
    index = annoy.AnnoyIndex(dims, "angular")
    environment = lmdb.open(words, map_size=1 << 30)
    with gzip.open(vectors, "rt", encoding="utf-8") as lines, environment.begin(write=True) as transaction:
        for number, line in enumerate(lines):
            word, *values = line.rstrip("\n").split(" ")
            index.add_item(number, [float(value) for value in values])
            transaction.put(f"w{word}".encode(), f"{number}".encode())
            transaction.put(f"i{number}".encode(), word.encode())
    environment.close()
    index.build(10)
    index.save(trees)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
