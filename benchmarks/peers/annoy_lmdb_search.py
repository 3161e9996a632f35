"""Prints the ten nearest words, from the files that annoy_lmdb_build.py made.

usage: annoy_lmdb_search.py DIMS IN.annoy IN.lmdb WORD
"""

import sys

import annoy
import lmdb


def main(dims: int, trees: str, words: str, word: str) -> None:
    index = annoy.AnnoyIndex(dims, "angular")
    index.load(trees)
    with lmdb.open(words, readonly=True, lock=False).begin() as transaction:
        number = transaction.get(f"w{word}".encode())
        if number is None:
            sys.exit(f"{word}: not a word of this index")
        near, distances = index.get_nns_by_item(int(number), 11, include_distances=True)
        for other, distance in zip(near[1:], distances[1:], strict=True):
            print(f"{transaction.get(f'i{other}'.encode(), b'').decode():20} {distance:.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])
