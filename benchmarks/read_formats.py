"""Reading 25,000 word vectors into memory: GloVe text (.txt.gz) and word2vec .bin, against gensim.

Both must give the same words and the same float32 values. Claimed: 8 times as fast for the text, 3 for the binary.
"""

from __future__ import annotations

import sys

import _race
import numpy as np
from gensim.models import KeyedVectors

import nearabout as na


def main() -> int:
    options = _race.arguments(__doc__, repeats=5)
    race = _race.Race("read_formats", ["gensim"])
    race.start()
    cases = [
        ("imdb_glove_100d_25k.txt.gz", {"binary": False, "no_header": True}, 8.0),
        ("imdb_w2v_100d_25k.bin", {"binary": True}, 3.0),
    ]
    for name, settings, asked in cases:
        path = str(_race.sample(name))

        def read_peer(path: str = path, settings: dict[str, bool] = settings) -> KeyedVectors:
            return KeyedVectors.load_word2vec_format(path, **settings)

        ours, theirs = na.read(path), read_peer()
        if list(ours.keys or []) != theirs.index_to_key or not np.array_equal(ours.vectors, theirs.vectors):
            sys.exit(f"{name}: gensim reads other words or other values than nearabout")
        seconds = _race.alternate(lambda path=path: na.read(path), read_peer, options.repeats)  # type: ignore[misc]
        race.add(name, seconds[0] * 1e3, seconds[1] * 1e3, "ms", asked=asked, peer_name="gensim")
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
