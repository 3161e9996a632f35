"""`nearabout search`: words in, neighbours out."""

import sys

from nearabout import _core
from nearabout.cli.arguments import Options, Value, number
from nearabout.cli.output import complain, flush_output, is_terminal, is_text, numbers, print_json, printable
from nearabout.errors import InvalidInputError, UnknownKeyError

USAGE = """
usage: nearabout search INDEX.near [WORD...] [-k 10] [--recall R | --effort E | --exact] [--threads N] [--json]

Prints what is nearest to a word, nearest first: the distance, then the word.

  nearabout search words.near king                  the neighbours of one word
  nearabout search words.near chinese river         of several: their vectors are added
  nearabout search words.near "king - man + woman"  arithmetic; spaces around + and -
  nearabout search words.near < words.txt           no words: a line at a time from standard input

Under cosine, vectors are added as unit vectors, so that each word counts alike. The words that were asked for are left
out of the answer. A word that holds spaces is found when it is given as one argument. Words that begin with a dash go
after --. Under dot, a distance is the negative inner product. Each line of standard input is answered by that line
itself, its neighbours and an empty line.

  -k N         how many neighbours (10)
  --recall R   the share of the true neighbours to find, such as 0.99; left out, what the index was built for
  --effort E   how many rows (of lists: how many lists) may be looked at: more finds more, and takes longer
  --exact      true neighbours: every row is compared
  --threads N  how many threads to use (all cores)
  --json       one line of JSON an answer:
               {"query": ..., "metric": ..., "hits": [{"key": ..., "row": ..., "distance": ...}, ...]}

Exit code: 0 found; 2 a word that is not there, or wrong use.
"""

_OPTIONS = Options(
    "search",
    {"k": int, "recall": str, "effort": int, "exact": bool, "threads": int, "json": bool},
    {"k": "k"},
    advice="To subtract a word, leave a space after the minus: - man. A word that begins with a dash goes after --",
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    if not words:
        raise InvalidInputError("`nearabout search` needs an index file: nearabout search INDEX.near [WORD...]")
    from_lines = len(words) == 1
    k = _positive(given, "k", 10, "ask for at least 1 neighbour")
    effort = _positive(given, "effort", 0, "it is how many rows or lists may be looked at, at least 1")
    threads = _positive(given, "threads", 0, "pass a positive number, or leave it out for all cores")
    if effort and "exact" in given:
        raise InvalidInputError(
            "--effort and --exact were given; an exact search looks at everything: give one of them"
        )
    searcher = Searcher(words[0], k, effort or None, "exact" in given, threads, "json" in given)
    if "recall" in given:
        if effort or "exact" in given:
            other = "--effort" if effort else "--exact"
            raise InvalidInputError(f"--recall and {other} were given; each says how much to spend: give one of them")
        searcher.aim_at(number("recall", str(given["recall"])))
    if from_lines and sys.stdin is None:
        raise InvalidInputError(
            "there is no word to search for, and standard input is closed; give a word, or lines to read"
        )
    searcher.tell_units()
    if from_lines:
        return _loop(searcher)
    searcher.answer(words[1:])
    return 0


def _positive(given: "dict[str, Value]", name: str, usual: int, advice: str) -> int:
    """A whole number among the options; `usual` where it was left out."""
    if name not in given:
        return usual
    number = int(str(given[name]))
    if number < 1:
        raise InvalidInputError(f"{'-k' if name == 'k' else '--' + name} is {number}; {advice}")
    return number


def _loop(searcher: "Searcher") -> int:
    """A line at a time; an unknown word is told and the loop goes on. 2 if any line had one."""
    code = 0
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]  # bytes that are no text make an unknown word, not an end
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
    """An open index and how to print what it finds."""

    def __init__(
        self, path: str, k: int, effort: int | None = None, exact: bool = False, threads: int = 0, as_json: bool = False
    ) -> None:
        if not is_text(path):
            raise InvalidInputError(f"the path {path!r} is not valid UTF-8; give the file or folder another name")
        self._index = _core.Index.open(path)
        if effort is not None and self._index.effort_range is None:
            raise InvalidInputError(f"--effort is {effort}; {path} is an exact index, which always looks at everything")
        self._k = min(k, len(self._index))
        self._effort = effort if effort is None else min(effort, 2**63)
        self._exact = exact
        self._recall: float | None = None
        self._threads = threads
        self.as_json = as_json

    def aim_at(self, recall: float) -> None:
        """Spend what that share of the true neighbours takes: as `calibration.check_spending`, whose module costs the
        import of NumPy."""
        if not 0 < recall <= 1:
            raise InvalidInputError(f"--recall is {recall:g}; a share above 0 and up to 1 is needed, such as 0.95")
        if not self._index.keeps_promises:
            raise InvalidInputError(
                f"--recall is {recall:g}, and this index is not calibrated, so that nobody knows what it takes; build "
                "it again without --no-calibrate, or give --effort"
            )
        self._recall = recall

    def find(self, words: list[str]) -> list[tuple[str | int, int, float]]:
        """Key, row and distance of the neighbours of what the words, given as arguments, say; nearest first."""
        terms = self.terms(words)
        hits = self._index.search_sum(terms, self._k, self._effort, self._exact, self._threads, self._recall)
        return [(self._index.key_of(row), row, distance) for row, distance in hits]

    def tell_units(self) -> None:
        """Tells what the distances are, where they are not what one expects; JSON names the metric."""
        if self._index.metric == "dot" and not self.as_json:
            complain("distances under dot are negative inner products: the smaller, the nearer", "note")

    def answer(self, words: list[str], named: bool = False) -> None:
        """Find and print, the query on a line before its answer where it is `named`."""
        hits = self.find(words)
        if self.as_json:
            # Nine digits are what a float32 needs to come back as itself; more would show the widening to a double.
            found = [{"key": key, "row": row, "distance": float(f"{distance:.9g}")} for key, row, distance in hits]
            print_json({"query": " ".join(words), "metric": self._index.metric, "hits": found})
            return
        if named:
            print(printable(" ".join(words)))
        for told, (key, _, _) in zip(numbers([distance for _, _, distance in hits]), hits, strict=True):
            print(f"{told}  {printable(str(key))}")

    def terms(self, words: list[str]) -> list[tuple[float, int]]:
        """Weights and rows. An argument that is a key as a whole is one; others are split at spaces."""
        tokens: list[tuple[str, int]] = []
        for word in words:
            row = self._find(word)
            tokens.extend([(word, row)] if row >= 0 else [(part, self._find(part)) for part in word.split()])
        terms: list[tuple[float, int]] = []
        sign = 1.0
        for place, (token, row) in enumerate(tokens):
            # A plus or minus is an operator before another word; alone or last it can only be the word itself.
            if token in ("+", "-") and place + 1 < len(tokens):
                sign = 1.0 if token == "+" else -1.0
                continue
            if row < 0:
                raise UnknownKeyError(self._unknown(token) + self._spaced(tokens))
            terms.append((sign, row))
            sign = 1.0
        if not terms:
            raise InvalidInputError("there is no word to search for in a blank; give at least one")
        return terms

    def row(self, word: str) -> int:
        """The row of a key."""
        row = self._find(word)
        if row < 0:
            raise UnknownKeyError(self._unknown(word))
        return row

    def _spaced(self, tokens: list[tuple[str, int]]) -> str:
        """The end of the sentence where spaces would make words of all of it: actor -man+woman, chinese,river."""
        from re import findall

        spaced: list[str] = []
        for token, row in tokens:
            parts = [token] if row >= 0 or token in ("+", "-") else findall(r"[+-]|[^+,;-]+", token)
            if not all(part in ("+", "-") or self._find(part) >= 0 for part in parts):
                return ""
            spaced.extend(parts)
        if "+" in spaced or "-" in spaced:
            return f"; to add and subtract words, leave spaces around + and -: {' '.join(spaced)}"
        return f"; several words have spaces between them: {' '.join(spaced)}"

    def _find(self, word: str) -> int:
        if self._index.key_type == "str":
            return self._index.row_of(word) if is_text(word) else -1
        try:
            number = int(word)
        except ValueError:
            return -1
        return self._index.row_of(number) if -(2**63) <= number < 2**63 else -1

    def _unknown(self, word: str) -> str:
        from nearabout.names import unknown_key

        if self._index.key_type == "str":
            return unknown_key(self._index, word)
        try:
            return unknown_key(self._index, int(word))
        except ValueError:
            return unknown_key(self._index, word)
