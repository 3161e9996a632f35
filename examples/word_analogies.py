"""Word analogies: what is to Italy as Paris is to France?"""

from __future__ import annotations

import nearabout as na
from nearabout.cli.demo import bundled_words


def main() -> None:
    index = na.build(bundled_words())
    for of, to, like in [("france", "italy", "paris"), ("man", "woman", "king"), ("good", "bad", "better")]:
        found = index.analogy(positive=[like, to], negative=[of], k=1).keys[0]
        print(f"{like} is to {of} as {found} is to {to}")


if __name__ == "__main__":
    main()
