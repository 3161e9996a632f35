"""The command line: one module per command, imported when it is the one that was asked for.

How fast a word is answered begins with what is imported. Nothing here, in `arguments`, `output` or `search` imports
NumPy, argparse, typing, re or json on the way to an answer: a test looks at the modules.
"""

COMMANDS = {
    "demo": "see it work: the bundled word vectors, built, saved, opened and searched",
    "build": "make an index of a file of vectors",
    "plan": "tell what a build would take of time, memory and disk",
    "search": "find what is near a word, or a sum of words",
    "eval": "measure what an index finds, and how fast",
    "explain": "tell why a search finds a key, or does not",
    "info": "tell what an index is",
    "verify": "compare everything in an index with its checksums",
    "bench": "race against other libraries on your own vectors",
    "convert": "change the format of a file of vectors",
}

READERS = ("build", "convert", "bench", "eval")  # commands with the options of readers of files
OK, NO, WRONG = 0, 1, 2  # done; the answer is no; wrong use or bad input
INTERRUPTED, BROKEN_PIPE = 130, 141  # as a shell reports SIGINT and SIGPIPE


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code. Without `arguments`, those of the process."""
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
        output_fails()  # what was printed before: its failure is not the news
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return BROKEN_PIPE
    except MemoryError as error:
        told = str(error)
        complain(told if " " in told else "there is not enough memory for this")  # not the name of a C++ exception
        return WRONG
    except OSError as error:
        complain(_system_sentence(error, output_fails(probe=error.filename is None)))
        return WRONG


def _system_sentence(error: OSError, of_output: bool) -> str:
    """What the system said and of which file, once each."""
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
    if command != "search":  # which reads no files of vectors, and has no time for the import
        _warn_in_shell(module, command)
    return _in_options(module, command, arguments[1:])


def _warn_in_shell(module: "ModuleType", command: str) -> None:
    """Has warnings shown on one line, and of commands that read files in options of the shell."""
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
    """Runs a command; an error of one that reads files names options of the shell in place of arguments of Python."""
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
        print(f"  {command:9}{summary}")
    print("\n`nearabout help COMMAND` tells more of one. New here? Start with: nearabout demo")
    return OK


def _unknown_command(command: str) -> Exception:
    from nearabout.errors import InvalidInputError
    from nearabout.names import nearest

    return InvalidInputError(f"there is no command {command!r}; {nearest(command, tuple(COMMANDS))}")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
