"""Output of the commands: errors, tables, numbers, JSON."""

import sys

_LONGEST = 4000  # characters of an error; a longer one quotes a large value


def complain(sentence: str, what: str = "error") -> None:
    """Writes an error or a note to standard error, if that is open and writable."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"nearabout: {what}: {printable(_shortened(sentence))}\n")
            sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def is_terminal(stream: "TextIO | None") -> bool:
    """Returns whether the stream is a terminal. A closed stream is None and is not."""
    return stream is not None and stream.isatty()


def flush_output() -> None:
    """Flushes standard output, if it is open."""
    if sys.stdout is not None:
        sys.stdout.flush()


def output_fails(probe: bool = False) -> bool:
    """Returns whether standard output cannot be written. Pending output is then dropped, so that the final flush of the
    interpreter does not fail. If output is unbuffered, a flush writes nothing; `probe` then prints an empty line.
    """
    try:
        if probe and getattr(sys.stdout, "write_through", False):
            print()
        flush_output()
    except OSError:
        discard_output()
        return True
    return False


def caution(sentence: str) -> None:
    """Writes a warning to standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"nearabout: warning: {printable(_shortened(sentence))}\n")
        sys.stderr.flush()


def discard_output() -> None:
    """Discards pending and further standard output, because its reader is gone (`| head`) or the disk is full."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: "TextIO") -> None:
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # a stream without a file, as in tests
        return


def _shortened(sentence: str) -> str:
    """Returns a sentence of readable length: the beginning, and the end, which says what to do next."""
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST // 2]} … {sentence[-_LONGEST // 2 :]}"


def printable(text: str) -> str:
    """Returns text on one line, in characters that the terminal can encode. A key may contain any character."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else _escape(character) for character in text)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # None where standard output is closed
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


def read_name(path: str) -> str:
    """Returns the name of an input file for messages: "-" is standard input."""
    return "standard input" if path == "-" else path


def written_name(path: str) -> str:
    """Returns the name of an output file for messages: "-" is standard output."""
    return "standard output" if path == "-" else path


def command(*words: str) -> str:
    """Returns a command that can be pasted into a shell."""
    from shlex import quote

    return " ".join(map(quote, words))


def is_text(word: str) -> bool:
    """Returns whether a word can be a key. Command-line bytes that are not text in this locale cannot."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def numbers(values: list[float]) -> list[str]:
    """Formats the numbers of a column, right-aligned, with fewer decimals if the largest is large."""
    finite = [abs(value) for value in values if value - value == 0]
    largest = max(finite, default=0.0)
    decimals = 4 if largest < 100 else 2 if largest < 10_000 else 0
    if 1e-12 < largest < 0.01:  # smaller values are rounding errors of zero
        texts = [f"{value:.3e}" for value in values]
    else:
        texts = [f"{value:.{decimals}f}" for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def size(count: int) -> str:
    """Returns a number of bytes in a readable unit."""
    value = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """Returns a number of seconds in a readable unit."""
    if seconds < 1e-3:
        return f"{seconds * 1e3:.3f} ms"
    if seconds < 1:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds:.1f} s"


def table(rows: list[list[str]], right: str = "") -> list[str]:
    """Returns lines of aligned columns. A column is right-aligned if its letter in `right` is "r"."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if right[column : column + 1] == "r" else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def print_json(value: object) -> None:
    """Prints one line of JSON, with non-ASCII characters unescaped if the encoding is UTF-8."""
    import json

    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    print(json.dumps(value, ensure_ascii=encoding != "utf8"), flush=True)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO
