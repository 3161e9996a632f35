"""The properties of an index and the contents of its file, as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict, cast

from nearabout import _core
from nearabout._base.progress import monitor_for
from nearabout.errors import CorruptFileError
from nearabout.kinds import KINDS, KindInfo

if TYPE_CHECKING:
    from nearabout._arrays.accepted_types import Progress

_BYTE_ROWS = ("bound_bytes", "bound_steps", "bound_squares", "bound_errors")
_METADATA_BYTES = 1 << 20  # limit; `build` writes a few hundred bytes, but a hostile file may claim any size


class SectionInfo(TypedDict):
    """A part of the file."""

    name: str
    element: str
    rows: int
    columns: int
    bytes: int
    offset: int


class CommonInfo(TypedDict):
    """The properties that an index of any kind has."""

    kind: str
    metric: str
    dtype: str
    dims: int
    rows: int
    keys: str
    path: str | None
    file_bytes: int
    byte_rows: int
    isa: str
    metadata: dict[str, Any]
    calibration: dict[str, Any] | None
    sections: list[SectionInfo]


class IndexInfo(CommonInfo, KindInfo, total=False):
    """The properties of an index, as `Index.info` returns them: those of any index, and those of some kinds."""


def index_info(core: _core.Index, path: str | None) -> IndexInfo:
    """Returns the properties of an index; implements `Index.info`."""
    sections = core.sections()
    info = {
        "kind": core.kind,
        "metric": core.metric,
        "dtype": core.dtype,
        "dims": core.dims,
        "rows": len(core),
        "keys": core.key_type,
        "path": path,
        "file_bytes": core.file_bytes,
        "byte_rows": sum(part["bytes"] for part in sections if part["name"] in _BYTE_ROWS),
        "isa": _core.isa(),
        "metadata": metadata_of(core),
        **KINDS[core.kind].info(core.details()),
        "calibration": core.calibration(),
        "sections": sections,
    }
    return cast("IndexInfo", info)  # the kind says what else there is


def in_words(core: _core.Index) -> str:
    """Returns the main properties of an index in a few words, as `repr` shows them."""
    parts = [core.kind, f"{len(core):,} rows of {core.dims:,} dims", core.metric, core.dtype]
    of_kind = KINDS[core.kind].in_repr(core.details())
    instead = "" if core.keeps_vectors else "codes instead of vectors"
    return ", ".join([*parts, *filter(None, [of_kind, instead])])


def verify_sections(core: _core.Index, progress: Progress) -> None:
    """Implements `Index.verify`."""
    monitor, finish = monitor_for(progress, "verifying")
    try:
        core.verify(monitor)
        metadata_of(core)
    finally:
        finish()


def metadata_of(core: _core.Index) -> dict[str, Any]:
    """Returns the metadata that `build` wrote, a small JSON object. The file is not trusted."""
    problem = f"more than {_METADATA_BYTES:,} bytes long"
    size = next((part["bytes"] for part in core.sections() if part["name"] == "metadata"), 0)
    if size <= _METADATA_BYTES:
        try:
            notes = json.loads(core.metadata() or "{}")
        except (ValueError, RecursionError) as error:
            problem = f"not JSON ({error})"
        else:
            if isinstance(notes, dict):
                return notes
            problem = "JSON, but not an object"
    where = core.path or "the index in memory"
    raise CorruptFileError(f"{where} is corrupt: its section metadata is {problem}. Copy or build it again.")
