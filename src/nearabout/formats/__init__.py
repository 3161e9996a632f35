"""Reads vectors from many file formats, and writes them.

>>> embeddings = nearabout.read("glove.6B.50d.txt.gz")
>>> embeddings.vectors, embeddings.keys

There is one module per format, each with the same parts: NAME, SUFFIXES, OPTIONS (the options it supports), ``sniff``,
``read``, ``stream`` (like ``read``, for files larger than memory) and optionally ``write``. docs/reference/formats.md
has a table of all formats.
"""

from __future__ import annotations

from nearabout.formats._embeddings import Embeddings, Report
from nearabout.formats._keys import KeyList
from nearabout.formats._reading import format_names, open_rows, read
from nearabout.formats._stream import Place, Stream
from nearabout.formats._writing import write, writer_names, written_as, written_suffixes

__all__ = [
    "Embeddings",
    "KeyList",
    "Place",
    "Report",
    "Stream",
    "format_names",
    "open_rows",
    "read",
    "write",
    "writer_names",
    "written_as",
    "written_suffixes",
]
