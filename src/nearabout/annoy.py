"""In place of the ``annoy`` package: the same class, the same files.

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

Files that Annoy wrote are loaded and give the neighbours that they give there; files that are saved here are read by
Annoy. Other than there, trees depend on the seed and not on ``n_jobs``, a file that is damaged is an error and not a
crash, and saving puts the new file in place of the old one only when it is complete.
"""

from __future__ import annotations

import os
import sys

from nearabout import _core
from nearabout.errors import InvalidInputError

TYPE_CHECKING = False  # importing typing takes twice as long as loading an index and asking it
if TYPE_CHECKING:
    from typing import Literal, NoReturn

__all__ = ["Annoy", "AnnoyIndex"]


class AnnoyIndex(_core.AnnoyIndex):
    """Items, each a number and a vector, and trees that find the nearest ones.

    Args:
        f: the number of dimensions, 1 or more.
        metric: what the distance of two vectors is: "angular" (the distance of their directions, sqrt(2 - 2 cos)),
            "euclidean", "manhattan", "hamming" (the number of bits that differ; values above 0.5 are set bits) or "dot"
            (the inner product, largest first). Left out, it is "angular", with a FutureWarning, as in Annoy.

    Raises:
        InvalidInputError: another metric, or `f` below 1.
        TypeError: an argument of another type.

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
        """Plant `n_trees` trees; then neighbours can be asked for, and no items be added.

        Args:
            n_trees: more find more of the true neighbours, and take more time and room. -1 plants until they take as
                much room as the items.
            n_jobs: how many threads, -1 for all cores. The trees are the same.

        Raises:
            InvalidInputError: the index is built already, or was loaded; an argument out of range.
            OSError: a tree built on disk does not fit there.
            KeyboardInterrupt: Ctrl-C; the items are as they were, without trees.

        >>> index = AnnoyIndex(2, "dot")
        >>> index.add_item(0, [1, 2])
        >>> index.build(5, n_jobs=2), index.get_n_trees()
        (True, 5)
        """
        self._build(n_trees, n_jobs, None)
        self._tell(f"has {self._node_count()} nodes in {self.get_n_trees()} trees")
        return True

    def unbuild(self) -> Literal[True]:
        """Cut the trees down, so that items can be added again.

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
        """Write the index to the file `fn`, whole or not at all, and go on from there: the file is mapped.

        Args:
            fn: its path. A file that is there is replaced when the new one is complete; who has it open goes on with
                the old one.
            prefault: read all of it into memory at once.

        Raises:
            OSError: it cannot be written, or the index has not been built.

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
        """Map the file `fn`, of ours or Annoy's, in place of what the index holds.

        Args:
            fn: its path. The file does not say what it is: `f` and `metric` must be those that it was made with.
            prefault: read all of it into memory at once.

        Raises:
            OSError: it cannot be read, is empty, or is of a size that no file of this `f` and metric has.
            CorruptFileError: it holds something else; what is deeper in a damaged file is found out by the search that
                gets there, which then raises this.

        >>> AnnoyIndex(2, "angular").load("there-is-no-such.ann")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] cannot open there-is-no-such.ann: No such file or directory: 'there-is-no-such.ann'
        """
        self._load(_path(fn), bool(prefault))
        self._tell(f"found {self.get_n_trees()} roots with degree {self.get_n_items()}")
        return True

    def unload(self) -> Literal[True]:
        """Let go of everything: the index is as new, without items.

        >>> index = AnnoyIndex(2, "hamming")
        >>> index.add_item(0, [1, 0])
        >>> index.unload(), index.get_n_items()
        (True, 0)
        """
        self._unload()
        self._tell("unloaded")
        return True

    def on_disk_build(self, fn: str | os.PathLike[str]) -> Literal[True]:
        """Keep the index in a file from here on instead of in memory, so that it may be larger than that.

        Args:
            fn: the file. It takes this name when `build` is done; a file that is there stays until then.

        Raises:
            OSError: the file cannot be written, or the index is built already or was loaded.

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
        """Whether to tell on standard error what is done.

        >>> AnnoyIndex(2, "angular").verbose(True)
        True
        """
        self._verbose = bool(v)
        return True

    def _tell(self, what: str) -> None:
        if self._verbose:
            print(what, file=sys.stderr)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("cannot pickle 'AnnoyIndex' object; save() it, and load() the file where it is needed")


def _path(fn: str | os.PathLike[str]) -> str:
    path = os.fspath(fn)
    if not isinstance(path, str):
        raise TypeError(f"fn is {type(fn).__name__}; give the path as str or os.PathLike")
    if "\0" in path:
        raise InvalidInputError(f"the path {path!r} has a null character, which no file name has")
    return path


Annoy = AnnoyIndex
