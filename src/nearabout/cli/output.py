"""What the commands print, and how."""

import sys


def complain(sentence: str) -> None:
    """An error, on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"nearabout: error: {printable(sentence)}\n")
        sys.stderr.flush()


def caution(
    message: Warning | str, category: object, filename: str, lineno: int, file: object = None, line: str | None = None
) -> None:
    """A warning, on standard error: takes the place of `warnings.showwarning`, which shows lines of source."""
    if sys.stderr is not None:
        sys.stderr.write(f"nearabout: warning: {printable(str(message))}\n")
        sys.stderr.flush()


def discard_output() -> None:
    """The reader of our output went away (`| head`): let the interpreter's last flush go nowhere instead of failing."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    """Text on one line, in characters that the terminal's encoding has: a key may hold anything."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else _escape(character) for character in text)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # None where standard output is closed
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


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

    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    print(json.dumps(value, ensure_ascii=encoding != "utf8"), flush=True)
