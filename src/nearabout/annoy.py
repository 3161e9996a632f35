"""A drop-in replacement for the ``annoy`` package: the same class, the same files.

A program changes its import and nothing else::

    import nearabout.annoy as annoy            # was: import annoy
    from nearabout.annoy import AnnoyIndex     # was: from annoy import AnnoyIndex

>>> index = AnnoyIndex(3, "angular")
>>> for item, vector in enumerate([[1, 0, 0], [0, 1, 0], [1, 1, 0]]):
...     index.add_item(item, vector)
>>> index.build(10)
True
>>> index.get_nns_by_vector([1, 0.1, 0], 2)
[0, 2]

It loads files that Annoy wrote and finds the same neighbours as Annoy; Annoy reads files that are saved here. Three
things differ from Annoy: trees depend on the seed and not on ``n_jobs``; a damaged file raises an error instead of
crashing; and saving replaces the old file only when the new one is complete.
"""

from __future__ import annotations

import os
import sys

from nearabout import _core
from nearabout.errors import InvalidInputError

TYPE_CHECKING = False  # importing typing takes twice as long as loading an index and searching it
if TYPE_CHECKING:
    from typing import Literal, NoReturn

__all__ = ["Annoy", "AnnoyIndex"]


class AnnoyIndex(_core.AnnoyIndex):
    """An index of numbered items with vectors, and trees that find the nearest ones.

    Args:
        f: number of dimensions, 1 or more.
        metric: distance between two vectors: "angular" (Euclidean distance of unit vectors, sqrt(2 - 2 cos)),
            "euclidean", "manhattan", "hamming" (number of bits that differ; values above 0.5 are set bits) or "dot"
            (inner product, largest first). The default is "angular", with a FutureWarning, as in Annoy.

    Raises:
        InvalidInputError: there is no such metric, or `f` is below 1.
        TypeError: an argument has the wrong type.

    >>> index = AnnoyIndex(2, "euclidean")
    >>> index.add_item(0, [0.0, 0.0])
    >>> index.add_item(1, (3.0, 4.0))
    >>> index.get_distance(0, 1), index.get_n_items(), index.get_item_vector(1)
    (5.0, 2, [3.0, 4.0])
    >>> index.build(n_trees=2)
    True
    >>> index.get_nns_by_item(0, 2, include_distances=True)
    ([0, 1], [0.0, 5.0])
    """

    def __init__(self, f: int, metric: str | None = None) -> None:
        if metric is None:
            from warnings import warn

            warn(
                "The default argument for metric will be removed in a future version of Annoy. "
                "Please pass metric='angular' explicitly.",
                FutureWarning,
                stacklevel=2,
            )
            metric = "angular"
        super().__init__(f, metric)
        self._verbose = False

    def build(self, n_trees: int, n_jobs: int = -1) -> Literal[True]:
        """Builds the trees. Afterwards the index can be searched, and no more items can be added.

        Args:
            n_trees: number of trees. More trees find more of the true neighbours and take more time and space. -1 adds
                trees until they are as large as the items.
            n_jobs: number of threads, -1 for all cores. The trees are the same.

        Raises:
            InvalidInputError: the index is already built, or was loaded, or an argument is out of range.
            OSError: the disk is full, in a build on disk.
            KeyboardInterrupt: Ctrl-C was pressed; the items are unchanged, without trees.

        >>> index = AnnoyIndex(2, "dot")
        >>> index.add_item(0, [1, 2])
        >>> index.build(5, n_jobs=2), index.get_n_trees()
        (True, 5)
        """
        self._build(n_trees, n_jobs, None)
        self._report(f"has {self._node_count()} nodes in {self.get_n_trees()} trees")
        return True

    def unbuild(self) -> Literal[True]:
        """Removes the trees, so that items can be added again.

        Raises:
            InvalidInputError: the index was loaded from a file.

        >>> index = AnnoyIndex(2, "dot")
        >>> index.add_item(0, [1, 2])
        >>> index.build(5), index.unbuild(), index.get_n_trees()
        (True, True, 0)
        """
        self._unbuild()
        return True

    def save(self, fn: str | os.PathLike[str], prefault: bool = False) -> Literal[True]:
        """Writes the index to the file `fn` atomically, and maps that file.

        Args:
            fn: path of the file. An existing file is replaced when the new one is complete; programs that have it open
                keep using the old one.
            prefault: whether to read the whole file into memory at once.

        Raises:
            OSError: the file cannot be written, or the index has not been built.

        >>> import os, tempfile
        >>> index = AnnoyIndex(2, "manhattan")
        >>> index.add_item(0, [1, 2])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     index.build(5), index.save(os.path.join(folder, "one.ann")), index.unload()
        (True, True, True)
        """
        self._save(_path(fn), bool(prefault))
        return True

    def load(self, fn: str | os.PathLike[str], prefault: bool = False) -> Literal[True]:
        """Maps the file `fn`, written here or by Annoy. It replaces the contents of this index.

        Args:
            fn: path of the file. The file does not contain `f` and `metric`; they must be those it was written with.
            prefault: whether to read the whole file into memory at once.

        Raises:
            OSError: the file cannot be read, is empty, or has a size that is impossible for this `f` and metric.
            CorruptFileError: the file has other contents. Damage deeper in the file raises this in the search that
                reaches it.

        >>> AnnoyIndex(2, "angular").load("there-is-no-such.ann")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] cannot open there-is-no-such.ann: No such file or directory: 'there-is-no-such.ann'
        """
        self._load(_path(fn), bool(prefault))
        self._report(f"found {self.get_n_trees()} roots with degree {self.get_n_items()}")
        return True

    def unload(self) -> Literal[True]:
        """Releases everything: the index has no items, as if new.

        >>> index = AnnoyIndex(2, "hamming")
        >>> index.add_item(0, [1, 0])
        >>> index.unload(), index.get_n_items()
        (True, 0)
        """
        self._unload()
        self._report("unloaded")
        return True

    def on_disk_build(self, fn: str | os.PathLike[str]) -> Literal[True]:
        """Keeps the index in a file from now on, so that it may be larger than memory.

        Args:
            fn: path of the file. The file gets this name when `build` is done; an existing file remains until then.

        Raises:
            OSError: the file cannot be written, or the index is already built or was loaded.

        >>> import os, tempfile
        >>> index = AnnoyIndex(2, "euclidean")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "one.ann")
        ...     _ = index.on_disk_build(path)
        ...     index.add_item(0, [1, 2])
        ...     index.build(5), os.path.getsize(path), index.unload()
        (True, 264, True)
        """
        self._on_disk_build(_path(fn))
        return True

    def verbose(self, v: bool) -> Literal[True]:
        """Sets whether to report on standard error.

        >>> AnnoyIndex(2, "angular").verbose(True)
        True
        """
        self._verbose = bool(v)
        return True

    def _report(self, message: str) -> None:
        if self._verbose:
            print(message, file=sys.stderr)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("cannot pickle 'AnnoyIndex' object; save() it and load() the file instead")


def _path(fn: str | os.PathLike[str]) -> str:
    path = os.fspath(fn)
    if not isinstance(path, str):
        raise TypeError(f"fn is {type(fn).__name__}; pass the path as str or os.PathLike")
    if "\0" in path:
        raise InvalidInputError(f"the path {path!r} contains a null character; no file can have that name")
    return path


Annoy = AnnoyIndex
