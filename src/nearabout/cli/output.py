"""What the commands print, and how."""

import sys

_LONGEST = 4000  # characters of an error: more is not its own text


def complain(sentence: str, what: str = "error") -> None:
    """Writes an error, or a note, to standard error; nowhere if that is closed or cannot be written to."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"nearabout: {what}: {printable(_shortened(sentence))}\n")
            sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def is_terminal(stream: "TextIO | None") -> bool:
    """Whether a person sees the stream; not if it is closed, which Python shows as None."""
    return stream is not None and stream.isatty()


def flush_output() -> None:
    """Writes what was printed, if standard output is open."""
    if sys.stdout is not None:
        sys.stdout.flush()


def output_fails(probe: bool = False) -> bool:
    """Whether what was printed cannot be written. It is dropped then, so that the interpreter's last flush is quiet.
    Unbuffered, nothing is left that a flush could fail at: only a `probe` tells, an empty line."""
    try:
        if probe and getattr(sys.stdout, "write_through", False):
            print()
        flush_output()
    except OSError:
        discard_output()
        return True
    return False


def caution(sentence: str) -> None:
    """A warning, on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"nearabout: warning: {printable(_shortened(sentence))}\n")
        sys.stderr.flush()


def discard_output() -> None:
    """Sends what is still to be written to standard output nowhere: its reader went away (`| head`), or the disk is
    full."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: "TextIO") -> None:
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # a stream without a file, as in tests
        return


def _shortened(sentence: str) -> str:
    """A sentence that a person can read, whatever it quotes: its beginning and its end, which says what to do."""
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST // 2]} … {sentence[-_LONGEST // 2 :]}"


def printable(text: str) -> str:
    """Text on one line, in characters that the terminal's encoding has: a key may hold anything."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else _escape(character) for character in text)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # None where standard output is closed
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


def read_name(path: str) -> str:
    """Returns what a file that is read is called: "-" is standard input."""
    return "standard input" if path == "-" else path


def written_name(path: str) -> str:
    """Returns what a file that is written is called: "-" is standard output."""
    return "standard output" if path == "-" else path


def command(*words: str) -> str:
    """Returns a command that can be pasted into a shell."""
    from shlex import quote

    return " ".join(map(quote, words))


def is_text(word: str) -> bool:
    """Whether it can be a key: bytes on the command line that are no text in this locale cannot."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def numbers(values: list[float]) -> list[str]:
    """Numbers of one column: as many decimals as the largest leaves room for, right-aligned."""
    finite = [abs(value) for value in values if value - value == 0]
    largest = max(finite, default=0.0)
    decimals = 4 if largest < 100 else 2 if largest < 10_000 else 0
    if 1e-12 < largest < 0.01:  # less than that is a zero and its rounding
        texts = [f"{value:.3e}" for value in values]
    else:
        texts = [f"{value:.{decimals}f}" for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def size(count: int) -> str:
    """Bytes, for people."""
    value = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """Seconds, for people."""
    if seconds < 1e-3:
        return f"{seconds * 1e3:.3f} ms"
    if seconds < 1:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds:.1f} s"


def table(rows: list[list[str]], right: str = "") -> list[str]:
    """Lines of aligned columns; those whose letter in `right` is "r" are right-aligned."""
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
    """One line of JSON; characters outside ASCII as they are, where the encoding has them."""
    import json

    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    print(json.dumps(value, ensure_ascii=encoding != "utf8"), flush=True)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO
