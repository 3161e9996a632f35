"""Nearabout finds near things fast: nearest neighbours for Python, one memory-mapped file per index.

>>> import numpy as np
>>> import nearabout as na
>>> index = na.build(np.eye(3, dtype="float32"), keys=["x", "y", "z"])
>>> keys, distances = index.search([0.9, 0.1, 0.0], k=2)
>>> keys.tolist()
['x', 'y']

The names below are imported at first use. A program that needs only a part, such as the command line, does not pay for
the rest, including NumPy.
"""

TYPE_CHECKING = False  # type checkers take this as true; the real one would cost the import of `typing`
if TYPE_CHECKING:
    from nearabout.building import build
    from nearabout.calibration import EVERY_ROW
    from nearabout.calibration.explain import Explanation
    from nearabout.calibration.profile import Profile
    from nearabout.errors import (
        CorruptFileError,
        FileFormatError,
        InvalidInputError,
        MissingDependencyError,
        NearaboutError,
        NearaboutWarning,
        TruncatedFileError,
        UnknownFormatError,
        UnknownKeyError,
        UnsupportedVersionError,
    )
    from nearabout.formats import Embeddings, read
    from nearabout.graph_building import neighbor_graph
    from nearabout.hits import Hits
    from nearabout.index import Index, from_bytes, open
    from nearabout.kinds import IVF, LSH, Exact, Forest, Graph, KDTree
    from nearabout.neighbors import Duplicates, NeighborGraph
    from nearabout.planning.plan import Plan, plan
    from nearabout.quantizers import ITQ, LOPQ, OPQ, PQ, SQ, PcaCodes, RaBitQ, load_quantizer
    from nearabout.row_filter import RowFilter
    from nearabout.tuning import tune

    __version__: str

__all__ = [
    "EVERY_ROW",
    "ITQ",
    "IVF",
    "LOPQ",
    "LSH",
    "OPQ",
    "PQ",
    "SQ",
    "CorruptFileError",
    "Duplicates",
    "Embeddings",
    "Exact",
    "Explanation",
    "FileFormatError",
    "Forest",
    "Graph",
    "Hits",
    "Index",
    "InvalidInputError",
    "KDTree",
    "MissingDependencyError",
    "NearaboutError",
    "NearaboutWarning",
    "NeighborGraph",
    "PcaCodes",
    "Plan",
    "Profile",
    "RaBitQ",
    "RowFilter",
    "TruncatedFileError",
    "UnknownFormatError",
    "UnknownKeyError",
    "UnsupportedVersionError",
    "__version__",
    "build",
    "from_bytes",
    "load_quantizer",
    "neighbor_graph",
    "open",
    "plan",
    "read",
    "tune",
]

_HOMES = {
    "EVERY_ROW": "nearabout.calibration",
    "build": "nearabout.building",
    "Explanation": "nearabout.calibration.explain",
    "Embeddings": "nearabout.formats",
    "read": "nearabout.formats",
    "Hits": "nearabout.hits",
    "Index": "nearabout.index",
    "from_bytes": "nearabout.index",
    "open": "nearabout.index",
    "Exact": "nearabout.kinds",
    "Forest": "nearabout.kinds",
    "Graph": "nearabout.kinds",
    "IVF": "nearabout.kinds",
    "KDTree": "nearabout.kinds",
    "LSH": "nearabout.kinds",
    "Duplicates": "nearabout.neighbors",
    "NeighborGraph": "nearabout.neighbors",
    "neighbor_graph": "nearabout.graph_building",
    "Plan": "nearabout.planning.plan",
    "plan": "nearabout.planning.plan",
    "Profile": "nearabout.calibration.profile",
    "ITQ": "nearabout.quantizers",
    "LOPQ": "nearabout.quantizers",
    "OPQ": "nearabout.quantizers",
    "PQ": "nearabout.quantizers",
    "PcaCodes": "nearabout.quantizers",
    "RaBitQ": "nearabout.quantizers",
    "SQ": "nearabout.quantizers",
    "load_quantizer": "nearabout.quantizers",
    "RowFilter": "nearabout.row_filter",
    "tune": "nearabout.tuning",
}


def __getattr__(name: str) -> object:
    """Imports a public name at its first use (PEP 562)."""
    if name not in __all__:
        served = {"load": "open", "load_index": "open", "read_index": "open", "fit": "build", "create": "build"}.get(
            name
        )
        advice = f"; use nearabout.{served}" if served else ""
        raise AttributeError(f"module 'nearabout' has no attribute {name!r}{advice}")
    if name == "__version__":  # said once, in pyproject.toml; the installed metadata carries it here
        from importlib.metadata import version

        return version("nearabout")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES.get(name, "nearabout.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
