"""A word query as a whole process: `nearabout search` against a script with Annoy and LMDB.

Both start an interpreter, open their files, find the ten nearest words of 25,000 and print them. Annoy's answer is
approximate (ten trees), ours is exact. Claimed: at most 1.5 times the script's time, a ratio of at least 0.67.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import _race

WORDS = ("good", "river", "excellent")


def main() -> int:
    options = _race.arguments(__doc__, repeats=25)
    vectors = _race.sample("imdb_glove_100d_25k.txt.gz")
    race = _race.Race("cold_search", ["annoy", "lmdb"])
    race.start()
    nearabout = _race.program("nearabout")
    with tempfile.TemporaryDirectory() as folder:
        near, trees, words = (Path(folder) / name for name in ("words.near", "words.annoy", "words.lmdb"))
        _race.run_process(nearabout, "build", vectors, "-o", near, "--kind", "exact")
        _race.run_process(sys.executable, _race.PEERS / "annoy_lmdb_build.py", vectors, "100", trees, words)
        for word in WORDS:
            script = (sys.executable, _race.PEERS / "annoy_lmdb_search.py", "100", trees, words, word)
            ours, peer = _race.alternate(
                lambda word=word: _race.run_process(nearabout, "search", near, word),  # type: ignore[misc]
                lambda script=script: _race.run_process(*script),  # type: ignore[misc]
                options.repeats,
            )
            race.add(f"search {word}", ours * 1e3, peer * 1e3, "ms", asked=1 / 1.5, peer_name="annoy + lmdb")
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
