"""What can go wrong, as a tree.

::

    NearaboutError
    ├── InvalidInputError (ValueError)        an argument, a vector or a query that cannot be used
    ├── UnknownKeyError (KeyError)            a key that is not in the index
    ├── FileFormatError (ValueError)          a file that cannot be trusted
    │   ├── UnknownFormatError                not this kind of file at all
    │   ├── TruncatedFileError                it ends too early
    │   ├── CorruptFileError                  its parts contradict each other or their checksums
    │   └── UnsupportedVersionError           written by a later version
    └── MissingDependencyError (ImportError)  an optional library is needed; the sentence names the extra

    NearaboutWarning (UserWarning)            something about the data that its owner may not expect; no error

A full disk, a missing folder or a forbidden file is an ``OSError`` with its path, as everywhere in Python. Too little
memory is a ``MemoryError`` that says what the answer would take and how to ask for less.
"""

_SHOWN = 60  # characters of what was given that a sentence quotes


def quoted(value: object) -> str:
    """Returns what a sentence quotes of something that was given: all of it where it is short, else its beginning."""
    if isinstance(value, (str, bytes)) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}…"
    text = repr(value)
    return text if isinstance(value, (str, bytes)) or len(text) <= 4 * _SHOWN else f"{text[: 4 * _SHOWN]}…"


class NearaboutError(Exception):
    """Whatever Nearabout raises on its own account."""


class InvalidInputError(NearaboutError, ValueError):
    """An argument, a vector or a query cannot be used; the sentence says what was given and what is allowed."""


class UnknownKeyError(NearaboutError, KeyError):
    """A key is not in the index."""

    def __str__(self) -> str:  # KeyError shows the repr of its argument; a sentence should be shown as it is
        return str(self.args[0]) if self.args else ""


class FileFormatError(NearaboutError, ValueError):
    """A file cannot be trusted or understood."""


class UnknownFormatError(FileFormatError):
    """The file is not of the expected kind."""


class TruncatedFileError(FileFormatError):
    """The file ends before its own header says it should."""


class CorruptFileError(FileFormatError):
    """Parts of the file contradict each other or their checksums."""


class UnsupportedVersionError(FileFormatError):
    """The file was written by a later version of the library."""


class MissingDependencyError(NearaboutError, ImportError):
    """An optional library is needed for this; the sentence names the extra that brings it."""


class NearaboutWarning(UserWarning):
    """Something was done with the data that its owner may not expect: a reader left out rows whose keys repeat, or
    float32 rounds whole numbers that stand in text.
    """
