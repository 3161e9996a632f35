"""Vectors from files as people have them, and back.

>>> embeddings = nearabout.read("glove.6B.50d.txt.gz")
>>> embeddings.vectors, embeddings.keys

One module per format, each with the same parts: NAME, SUFFIXES, OPTIONS (the choices it takes), ``sniff``, ``read``,
``stream`` (the same for files larger than memory) and, where there is one, ``write``. docs/reference/formats.md is the
table of them all.
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
