"""`nearabout search`: prints the nearest neighbours of words."""

import sys

from nearabout import _core
from nearabout.cli.arguments import Options, Value, number
from nearabout.cli.output import complain, flush_output, is_terminal, is_text, numbers, print_json, printable
from nearabout.errors import InvalidInputError, UnknownKeyError

USAGE = """
usage: nearabout search INDEX.near [WORD...] [-k 10] [--recall R | --effort E | --exact] [--filter-keys FILE]
                        [--exclude-keys FILE] [--threads N] [--json]

Prints the nearest neighbours of a word, nearest first: the distance, then the word.

  nearabout search words.near king                  neighbours of one word
  nearabout search words.near chinese river         neighbours of a sum of words
  nearabout search words.near "king - man + woman"  arithmetic, with spaces around + and -
  nearabout search words.near < words.txt           without words: one query per line of standard input

Under cosine, each vector is scaled to unit length before it is added, so that each word counts the same. The given
words are left out of the results. Pass a word that contains spaces as one argument. Pass words that begin with a dash
after --. Under dot, a distance is the negative inner product. For each line of standard input, the command prints the
line, its neighbours and an empty line.

  -k N                 number of neighbours (default 10)
  --recall R           target recall, such as 0.99 (default: the recall that the index was built for)
  --effort E           number of rows to look at, of lists to probe, or of nodes to keep in mind, depending on the kind
                       of index (`nearabout info` shows the unit); a larger effort finds more and takes longer
  --exact              compare every row, which finds the true neighbours
  --filter-keys FILE   find only these keys, one per line of the file; several files together
  --exclude-keys FILE  find none of these keys
  --threads N          number of threads (default: all cores)
  --json               one line of JSON per query:
                       {"query": ..., "metric": ..., "hits": [{"key": ..., "row": ..., "distance": ...}, ...]}

Exit code: 0 success; 2 a word is not in the index, or wrong use.
"""

_OPTIONS = Options(
    "search",
    {
        "k": int,
        "recall": str,
        "effort": int,
        "exact": bool,
        "filter-keys": list,
        "exclude-keys": list,
        "threads": int,
        "json": bool,
    },
    {"k": "k"},
    advice="To subtract a word, put a space after the minus: - man. A word that begins with a dash goes after --",
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if not words:
        raise InvalidInputError("`nearabout search` needs an index file: nearabout search INDEX.near [WORD...]")
    from_lines = len(words) == 1
    k = _positive(given, "k", 10, "pass at least 1")
    effort = _positive(given, "effort", 0, "pass the number of lists, rows or nodes to look at, at least 1")
    threads = _positive(given, "threads", 0, "pass a positive number, or leave it out for all cores")
    if effort and "exact" in given:
        raise InvalidInputError("pass either --effort or --exact, not both: an exact search compares every row")
    searcher = Searcher(words[0], k, effort or None, "exact" in given, threads, "json" in given)
    if "recall" in given:
        if effort or "exact" in given:
            other = "--effort" if effort else "--exact"
            raise InvalidInputError(f"pass either --recall or {other}, not both: each sets the effort of the search")
        searcher.aim_at(number("recall", str(given["recall"])))
    if "filter-keys" in given or "exclude-keys" in given:
        searcher.restrict(given.get("filter-keys"), given.get("exclude-keys"))
    if from_lines and sys.stdin is None:
        raise InvalidInputError(
            "there is no word to search for, and standard input is closed; pass a word, or open standard input"
        )
    searcher.tell_units()
    if from_lines:
        return _loop(searcher)
    searcher.answer(words[1:])
    return 0


def _positive(given: "dict[str, Value]", name: str, usual: int, advice: str) -> int:
    """Returns a positive whole number from the options, or `usual` if it is not given."""
    if name not in given:
        return usual
    number = int(str(given[name]))
    if number < 1:
        raise InvalidInputError(f"{'-k' if name == 'k' else '--' + name} is {number}; {advice}")
    return number


def _loop(searcher: "Searcher") -> int:
    """Searches for each line of standard input. Reports unknown words and goes on; returns 2 if there were any."""
    code = 0
    # Bytes that are not text become an unknown word instead of ending the loop.
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    prompt = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    while True:
        if prompt:
            print("word: ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            if prompt:
                print()
            return code
        line = line.rstrip("\r\n")
        if not line.strip():
            continue
        try:
            searcher.answer([line], named=not prompt)
            if not searcher.as_json:
                print()
            flush_output()
        except (UnknownKeyError, InvalidInputError) as error:
            complain(str(error))
            code = 2


class Searcher:
    """An open index, the settings of its searches, and the printing of their results."""

    def __init__(
        self, path: str, k: int, effort: int | None = None, exact: bool = False, threads: int = 0, as_json: bool = False
    ) -> None:
        if not is_text(path):
            raise InvalidInputError(f"the path {path!r} is not valid UTF-8; give the file or folder another name")
        self._index = _core.Index.open(path)
        if effort is not None and self._index.effort_range is None:
            raise InvalidInputError(
                f"--effort is {effort}, but {path} is an exact index, which always compares every row; leave it out"
            )
        self._k = min(k, len(self._index))
        self._effort = effort if effort is None else min(effort, 2**63)
        self._exact = exact
        self._recall: float | None = None
        self._filter: _core.RowFilter | None = None
        self._threads = threads
        self.as_json = as_json

    def aim_at(self, recall: float) -> None:
        """Sets the target recall. Checks it like `calibration.check_spending`, without importing NumPy."""
        if not 0 < recall <= 1:
            raise InvalidInputError(f"--recall is {recall:g}; pass a number above 0 and up to 1, such as 0.95")
        if not self._index.keeps_promises:
            raise InvalidInputError(
                f"--recall is {recall:g}, but this index is not calibrated; build it again without --no-calibrate, or "
                "pass --effort"
            )
        self._recall = recall

    def restrict(self, allowed: "Value | None", excluded: "Value | None") -> None:
        """Finds only the keys of some files, and none of those of others."""
        from nearabout.cli.key_files import filter_of_files

        files = [paths if isinstance(paths, list) else None for paths in (allowed, excluded)]
        self._filter = filter_of_files(self._index, *files)

    def find(self, words: list[str]) -> list[tuple[str | int, int, float]]:
        """Returns key, row and distance of the neighbours of a word or a sum of words, nearest first."""
        terms = self.terms(words)
        hits = self._index.search_sum(
            terms, self._k, self._effort, self._exact, self._threads, self._recall, self._filter
        )
        return [(self._index.key_of(row), row, distance) for row, distance in hits]

    def tell_units(self) -> None:
        """Explains the distances if they are unusual (dot). JSON output names the metric instead."""
        if self._index.metric == "dot" and not self.as_json:
            complain("distances under dot are negative inner products; smaller is nearer", "note")

    def answer(self, words: list[str], named: bool = False) -> None:
        """Searches and prints the results. With `named`, a line with the query comes first."""
        hits = self.find(words)
        if self.as_json:
            # Nine digits identify a float32; more would show the conversion to double.
            found = [{"key": key, "row": row, "distance": float(f"{distance:.9g}")} for key, row, distance in hits]
            print_json({"query": " ".join(words), "metric": self._index.metric, "hits": found})
            return
        if named:
            print(printable(" ".join(words)))
        for distance, (key, _, _) in zip(numbers([distance for _, _, distance in hits]), hits, strict=True):
            print(f"{distance}  {printable(str(key))}")

    def terms(self, words: list[str]) -> list[tuple[float, int]]:
        """Returns (weight, row) for each term. An argument that is a key is one term; others are split at spaces."""
        tokens: list[tuple[str, int]] = []
        for word in words:
            row = self._find(word)
            tokens.extend([(word, row)] if row >= 0 else [(part, self._find(part)) for part in word.split()])
        terms: list[tuple[float, int]] = []
        sign = 1.0
        for position, (token, row) in enumerate(tokens):
            # A plus or minus before another word is an operator; alone or last it is the word itself.
            if token in ("+", "-") and position + 1 < len(tokens):
                sign = 1.0 if token == "+" else -1.0
                continue
            if row < 0:
                raise UnknownKeyError(self._unknown(token) + self._spaced(tokens))
            terms.append((sign, row))
            sign = 1.0
        if not terms:
            raise InvalidInputError("the query is blank; pass at least one word")
        return terms

    def row(self, word: str) -> int:
        """Returns the row of a key."""
        row = self._find(word)
        if row < 0:
            raise UnknownKeyError(self._unknown(word))
        return row

    def _spaced(self, tokens: list[tuple[str, int]]) -> str:
        """Returns the end of the error if the query only lacks spaces: actor -man+woman, chinese,river."""
        from re import findall

        spaced: list[str] = []
        for token, row in tokens:
            parts = [token] if row >= 0 or token in ("+", "-") else findall(r"[+-]|[^+,;-]+", token)
            if not all(part in ("+", "-") or self._find(part) >= 0 for part in parts):
                return ""
            spaced.extend(parts)
        if "+" in spaced or "-" in spaced:
            return f"; to add and subtract words, put spaces around + and -: {' '.join(spaced)}"
        return f"; to pass several words, put spaces between them: {' '.join(spaced)}"

    def _find(self, word: str) -> int:
        if self._index.key_type == "str":
            return self._index.row_of(word) if is_text(word) else -1
        try:
            number = int(word)
        except ValueError:
            return -1
        return self._index.row_of(number) if -(2**63) <= number < 2**63 else -1

    def _unknown(self, word: str) -> str:
        from nearabout._arrays.unknown_key import unknown_key

        if self._index.key_type == "str":
            return unknown_key(self._index, word)
        try:
            return unknown_key(self._index, int(word))
        except ValueError:
            return unknown_key(self._index, word)
