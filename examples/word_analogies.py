"""Word analogies: what is to Italy as Paris is to France?"""

from __future__ import annotations

import nearabout as na
from nearabout.cli.demo import bundled_words


def analogy(index: na.Index, of: str, to: str, like: str) -> str:
    """The word that is to `to` as `like` is to `of`."""
    hits = index.search(index[like] - index[of] + index[to], k=4)
    return next(str(word) for word in hits.keys if word not in (of, to, like))


def main() -> None:
    index = na.build(bundled_words())
    for of, to, like in [("france", "italy", "paris"), ("man", "woman", "king"), ("good", "bad", "better")]:
        print(f"{like} is to {of} as {analogy(index, of, to, like)} is to {to}")


if __name__ == "__main__":
    main()
