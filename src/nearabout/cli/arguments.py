"""A small argument parser: long and short options, values after a space or an equals sign, `--` ends the options.

argparse takes 6 to 10 ms to import, as long as a whole search. The commands need no more than this.
"""

from nearabout.errors import InvalidInputError

Value = str | int | bool | list[str]


# Names in other programs. They are not accepted, but errors suggest ours.
_OTHER_OPTIONS = {
    **dict.fromkeys(("-n", "--n", "--top", "--topk", "--top-k", "--topn", "--num", "--count", "--limit"), "-k"),
    **dict.fromkeys(("--neighbors", "--neighbours", "--n-neighbors", "--results"), "-k"),
    **dict.fromkeys(("-j", "-t", "--jobs", "--cores", "--n-jobs"), "--threads"),
    **dict.fromkeys(("-m", "--distance", "--dist", "--space", "--similarity"), "--metric"),
    **dict.fromkeys(("--nprobe", "--probes", "--ef", "--search-k", "--ef-search"), "--effort"),
    **dict.fromkeys(("--brute", "--brute-force", "--flat"), "--exact"),
    **dict.fromkeys(("--out", "--out-file", "--save"), "--output"),
    **dict.fromkeys(("-t", "--type", "--index", "--algorithm", "--method"), "--kind"),
    **dict.fromkeys(("-q", "--query-file"), "--queries"),
    **dict.fromkeys(("--accuracy", "--target-recall"), "--recall"),
    **dict.fromkeys(("--filter", "--allow", "--only"), "--filter-keys"),
    **dict.fromkeys(("--exclude", "--without"), "--exclude-keys"),
}


class Options:
    """The options of a command.

    `names` maps each option to its type: bool, int, str, or list (repeatable). `advice` is the end of the error about a
    word that looks like an option.
    """

    def __init__(
        self,
        command: str,
        names: dict[str, type],
        short: dict[str, str] | None = None,
        advice: str = "A word that begins with a dash goes after --",
    ) -> None:
        self._command = command
        self._names = names
        self._short = short or {}
        self._advice = advice

    @property
    def names(self) -> list[str]:
        """Names of the options, without dashes."""
        return list(self._names)

    def parse(self, arguments: list[str]) -> tuple[list[str], dict[str, Value]]:
        """Returns the positional words, and the given options without their dashes.

        Raises:
            InvalidInputError: an option is unknown, or a value is missing or has the wrong type.
        """
        words: list[str] = []
        given: dict[str, Value] = {}
        rest = iter(arguments)
        for argument in rest:
            if argument == "--":
                words.extend(rest)
            elif argument == "-" or not argument.startswith("-"):
                words.append(argument)
            else:
                name, equals, value = self._split(argument)
                self._store(given, name, value if equals else None, rest, argument)
        return words, given

    def _split(self, argument: str) -> tuple[str, str, str]:
        if argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
        else:  # -k 5, -k5, -k=5
            name, value = self._short.get(argument[1], ""), argument[2:]
            equals = "=" if value else ""
            value = value.removeprefix("=")
        if name not in self._names:
            raise self._unknown(argument)
        return name, equals, value

    def _store(
        self, given: dict[str, Value], name: str, value: str | None, rest: "Iterator[str]", argument: str
    ) -> None:
        kind = self._names[name]
        if kind is bool:
            if value is not None:
                raise InvalidInputError(f"{_dashed(name)} takes no value, but {value!r} was given")
            given[name] = True
            return
        if value is None:
            value = next(rest, None)
        if value is None:
            raise InvalidInputError(f"{_dashed(name)} needs a value; see: nearabout help {self._command}")
        if kind is int:
            try:
                given[name] = int(value)
            except ValueError:
                joined = not argument.startswith("--") and argument.endswith(value)  # -king reads as -k 'ing'
                advice = f". {self._advice}" if joined else ""
                raise InvalidInputError(f"{_dashed(name)} is {value!r}; pass a whole number{advice}") from None
        elif kind is list:
            values = given.setdefault(name, [])
            assert isinstance(values, list)
            values.append(value)
        else:
            given[name] = value

    def _unknown(self, argument: str) -> InvalidInputError:
        from nearabout._base.text import nearest

        allowed = tuple(_dashed(name) for name in self._names)
        other_names = {other: name for other, name in _OTHER_OPTIONS.items() if name in allowed}
        meant = nearest(argument.partition("=")[0], allowed, other_names)
        return InvalidInputError(f"`nearabout {self._command}` has no option {argument!r}; {meant}. {self._advice}")


def _dashed(name: str) -> str:
    return f"--{name}" if len(name) > 1 else f"-{name}"


def number(name: str, text: str) -> float:
    """Returns the value of an option as a float."""
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"--{name} is {text!r}; pass a number, such as 0.95") from None


def one(words: list[str], what: str, command: str) -> str:
    """Returns the only positional argument."""
    if len(words) != 1:
        given = "none was given" if not words else f"{len(words)} were given: {' '.join(words)}"
        raise InvalidInputError(f"`nearabout {command}` takes one {what}; {given}")
    return words[0]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
