"""`nearabout demo`: builds and searches an index of real words in a few seconds."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nearabout.cli.arguments import Options
from nearabout.cli.output import command, duration, printable, size
from nearabout.errors import InvalidInputError

USAGE = """
usage: nearabout demo [-o OUT.near]

Builds an index of the bundled word vectors (5,050 English words, 50 dims, from GloVe 6B), saves it, opens it, searches
it, and prints the time of each step. The index goes to a temporary folder, which is removed at the end.

  -o, --output FILE  keep the index in this file
"""

_OPTIONS = Options("demo", {"output": str}, {"o": "output"})
_QUERIES = ("good", "river", "computer", "chinese river", "king - man + woman")
_SHOWN = 5

Result = TypeVar("Result")


def bundled_words() -> str:
    """Returns the path of the word vectors that come with the package."""
    import nearabout

    return str(Path(nearabout.__file__).parent / "data" / "glove.6B.50d.5k.bin")


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if words:
        raise InvalidInputError(f"`nearabout demo` takes no arguments except -o, but {words[0]!r} was given")
    kept = given.get("output")
    if kept is not None:
        _show(str(kept))
        print("\nTry next")
        print(f"  {command('nearabout', 'search', str(kept), 'paris', '-', 'france', '+', 'italy')}")
        print(f"  {command('nearabout', 'info', str(kept))}")
        return 0

    import tempfile

    with tempfile.TemporaryDirectory(prefix="nearabout-") as folder:
        _show(str(Path(folder) / "words.near"))
    print("\nTry next")
    print("  nearabout demo -o words.near                 keep this index")
    print("  nearabout search words.near chinese river    search it")
    print("  nearabout build YOUR_VECTORS -o yours.near   word2vec, GloVe, fastText, .npy, ...")
    print("  nearabout help")
    return 0


def _show(path: str) -> None:
    """Runs every step and prints its time."""
    import nearabout as na
    from nearabout.cli.search import Searcher

    print("English words become vectors, vectors become one index file, and the file finds similar words.\n")
    (read, build), import_time = _timed(lambda: (na.read, na.build))
    _step("import", "NumPy, readers and builders; searching needs none of these", import_time)
    embeddings, read_time = _timed(lambda: read(bundled_words()))
    rows, dims = embeddings.vectors.shape
    _step("read", f"{rows:,} words of {dims} dims, from GloVe 6B", read_time)
    index, build_time = _timed(lambda: build(embeddings))
    _step("build", f"{index.kind} index, {index.metric}, {index.dtype}", build_time)
    _, save_time = _timed(lambda: index.save(path))
    _step("save", f"{printable(path)}, {size(Path(path).stat().st_size)}", save_time)
    searcher, open_time = _timed(lambda: Searcher(path, _SHOWN, threads=1))
    _step("open", "mapped, not read", open_time)
    print("\nThe nearest words, and the time of each search:\n")
    for query in _QUERIES:
        hits, search_time = _timed(lambda query=query: searcher.find([query]))  # type: ignore[misc]
        _step(query, ", ".join(str(key) for key, _, _ in hits), search_time, 20)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def _step(name: str, what: str, seconds: float, width: int = 6) -> None:
    print(f"{name:{width}} {what}  ({duration(seconds)})")
