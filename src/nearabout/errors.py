"""The exceptions and warnings of the package, as a tree.

::

    NearaboutError
    ├── InvalidInputError (ValueError)        an argument, a vector or a query that cannot be used
    ├── UnknownKeyError (KeyError)            a key that is not in the index
    ├── FileFormatError (ValueError)          a file that cannot be trusted
    │   ├── UnknownFormatError                the file has another format
    │   ├── TruncatedFileError                the file ends too early
    │   ├── CorruptFileError                  parts contradict each other or their checksums
    │   └── UnsupportedVersionError           the file was written by a later version
    └── MissingDependencyError (ImportError)  an optional library is needed; the message names the extra

    NearaboutWarning (UserWarning)            something unexpected about the data; no error

A full disk, a missing folder or a forbidden file is an ``OSError`` with its path, as everywhere in Python. Too little
memory is a ``MemoryError`` that says how much the results need and how to request less.
"""

_SHOWN = 60  # characters of a value that an error quotes


def quoted(value: object) -> str:
    """Returns a value as an error quotes it: in full if it is short, else its beginning."""
    if isinstance(value, (str, bytes)) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}…"
    text = repr(value)
    return text if isinstance(value, (str, bytes)) or len(text) <= 4 * _SHOWN else f"{text[: 4 * _SHOWN]}…"


class NearaboutError(Exception):
    """The base class of all errors that Nearabout raises itself."""


class InvalidInputError(NearaboutError, ValueError):
    """An argument, a vector or a query cannot be used; the message says what was given and what is allowed."""


class UnknownKeyError(NearaboutError, KeyError):
    """A key is not in the index."""

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0]) if self.args else ""


class FileFormatError(NearaboutError, ValueError):
    """A file cannot be trusted or understood."""


class UnknownFormatError(FileFormatError):
    """The file does not have the expected format."""


class TruncatedFileError(FileFormatError):
    """The file is shorter than its header says."""


class CorruptFileError(FileFormatError):
    """Parts of the file contradict each other or their checksums."""


class UnsupportedVersionError(FileFormatError):
    """The file was written by a later version of the library."""


class MissingDependencyError(NearaboutError, ImportError):
    """An optional library is needed; the message names the extra that installs it."""


class NearaboutWarning(UserWarning):
    """The data was changed in a way that its owner may not expect: a reader left out rows with duplicate keys, or
    float32 rounds whole numbers of a text file.
    """
