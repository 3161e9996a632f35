"""Word vectors (.txt.gz) to a finished index: `nearabout build` against Annoy and LMDB.

Whole processes. Ours makes an index with the words inside: an exact one, one of lists with its calibration, and one of
the default kind. The script makes ten Annoy trees and an LMDB store. Claimed: each takes at most half the script's
time.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import _race

KINDS = {"exact": ["--kind", "exact"], "ivf": ["--kind", "ivf"], "default kind": []}


def main() -> int:
    options = _race.arguments(__doc__, repeats=7)
    vectors = _race.sample("imdb_glove_100d_25k.txt.gz")
    race = _race.Race("build_words", ["annoy", "lmdb"])
    race.start()
    nearabout = _race.program("nearabout")
    with tempfile.TemporaryDirectory() as folder:
        near, trees, words = (Path(folder) / name for name in ("words.near", "words.annoy", "words.lmdb"))

        def build_peer() -> None:
            shutil.rmtree(words, ignore_errors=True)
            _race.run_process(sys.executable, _race.PEERS / "annoy_lmdb_build.py", vectors, "100", trees, words)

        for name, arguments in KINDS.items():
            command: list[str | Path] = [nearabout, "build", vectors, "-o", near, *arguments]
            ours, peer = _race.alternate(partial(_race.run_process, *command), build_peer, options.repeats)
            case = f"25,000 words x 100, .txt.gz, {name}"
            race.add(case, ours * 1e3, peer * 1e3, "ms", asked=2, peer_name="annoy + lmdb")
            sizes = near.stat().st_size, trees.stat().st_size + (words / "data.mdb").stat().st_size
            race.note(f"files of {name}: ours {sizes[0] / 1e6:.1f} MB, theirs {sizes[1] / 1e6:.1f} MB")
    return race.finish(options.save)


if __name__ == "__main__":
    sys.exit(main())
