"""The command line: one module per command, imported only when that command runs.

Imports dominate the time of a search. On the path of a search, this module, `arguments`, `output` and `search` do not
import NumPy, argparse, typing, re or json; a test checks this.
"""

COMMANDS = {
    "demo": "build, save, open and search an index of bundled word vectors",
    "build": "build an index from a file of vectors",
    "tune": "choose the parameters of an index anew, for this machine",
    "plan": "estimate the time, memory and disk space of a build",
    "search": "find the nearest neighbours of a word, or of a sum of words",
    "neighbors": "find the nearest neighbours of every row, as a graph",
    "eval": "measure the recall and the speed of an index",
    "explain": "explain why a search finds or misses a key",
    "info": "show the properties of an index",
    "verify": "check an index against its checksums",
    "bench": "compare with other libraries on your own vectors",
    "convert": "convert a file of vectors to another format",
}

READERS = ("build", "convert", "bench", "eval", "neighbors")  # commands that have the options for reading files
_OTHER_NAMES = {
    **dict.fromkeys(("query", "find", "knn", "nearest", "similar", "lookup", "analogy"), "search"),
    **dict.fromkeys(("graph", "neighbours", "knn-graph", "umap"), "neighbors"),
    **dict.fromkeys(("index", "create", "add", "train"), "build"),
    **dict.fromkeys(("recall", "evaluate", "test"), "eval"),
    **dict.fromkeys(("compare", "race", "benchmark"), "bench"),
    **dict.fromkeys(("check", "validate"), "verify"),
    **dict.fromkeys(("show", "describe", "stats"), "info"),
    **dict.fromkeys(("why", "debug"), "explain"),
    **dict.fromkeys(("export", "import"), "convert"),
}  # names of commands elsewhere -> ours
OK, NO, WRONG = 0, 1, 2  # success; negative result; wrong use or bad input
INTERRUPTED, BROKEN_PIPE = 130, 141  # as a shell reports SIGINT and SIGPIPE


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code. None uses the arguments of the process."""
    import sys

    from nearabout.cli.output import complain, discard_output, flush_output, output_fails
    from nearabout.errors import NearaboutError

    if arguments is None:
        arguments = sys.argv[1:]
    try:
        code = _run(arguments)
        flush_output()
        return code
    except NearaboutError as error:
        complain(str(error))
        output_fails()  # flushes earlier output; a failure of that is less important than this error
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return BROKEN_PIPE
    except MemoryError as error:
        message = str(error)
        complain(message if " " in message else "there is not enough memory for this")  # hides C++ exception names
        return WRONG
    except OSError as error:
        complain(_system_sentence(error, output_fails(probe=error.filename is None)))
        return WRONG


def _system_sentence(error: OSError, of_output: bool) -> str:
    """Returns the message of the system and the name of the file, each once."""
    reason = error.strerror or str(error)
    name = error.filename or ("standard output" if of_output else None)
    return reason if name is None or str(name) in reason else f"{name}: {reason}"


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("help", "--help", "-h"):
        return _help(arguments[1:])
    command = arguments[0]
    if command in ("--version", "-V"):
        from nearabout import __version__

        print(f"nearabout {__version__}")
        return OK
    if command not in COMMANDS:
        raise _unknown_command(command)
    module = __import__(f"nearabout.cli.{command}", fromlist=["run"])
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--help" in options or "-h" in options:
        print(module.USAGE.strip())
        return OK
    if command != "search":  # search reads no files of vectors, and must start fast
        _warn_in_shell(module, command)
    return _in_options(module, command, arguments[1:])


def _warn_in_shell(module: "ModuleType", command: str) -> None:
    """Shows warnings on one line. For commands that read files, they name shell options instead of Python arguments."""
    import warnings

    from nearabout.cli.output import caution

    def show(message: "Warning | str", *_: object, **_named: object) -> None:
        sentence = str(message)
        if command in READERS:
            from nearabout.cli.reading import in_shell

            sentence = in_shell(sentence, module._OPTIONS.names)
        caution(sentence)

    warnings.showwarning = show


def _in_options(module: "ModuleType", command: str, arguments: list[str]) -> int:
    """Runs a command. Errors of commands that read files name shell options instead of Python arguments."""
    if command not in READERS:
        code: int = module.run(arguments)
        return code
    from nearabout.cli.reading import in_shell
    from nearabout.errors import NearaboutError

    try:
        code = module.run(arguments)
    except NearaboutError as error:
        raise NearaboutError(in_shell(str(error), module._OPTIONS.names)) from error
    return code


def _help(topics: list[str]) -> int:
    if topics:
        if topics[0] not in COMMANDS:
            raise _unknown_command(topics[0])
        print(__import__(f"nearabout.cli.{topics[0]}", fromlist=["USAGE"]).USAGE.strip())
        return OK
    print("Nearabout finds near things fast.\n\nusage: nearabout COMMAND ...\n")
    for command, summary in COMMANDS.items():
        print(f"  {command:10}{summary}")
    print("\n`nearabout help COMMAND` explains a command. New here? Start with: nearabout demo")
    return OK


def _unknown_command(command: str) -> Exception:
    from nearabout._base.text import nearest
    from nearabout.errors import InvalidInputError

    return InvalidInputError(f"there is no command {command!r}; {nearest(command, tuple(COMMANDS), _OTHER_NAMES)}")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
