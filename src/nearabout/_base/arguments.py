"""Unknown names of arguments: the error says which of ours is likely to be meant."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from nearabout._base.text import nearest

Given = ParamSpec("Given")
Result = TypeVar("Result")

NEIGHBORS = dict.fromkeys(
    ("n_neighbors", "n_neighbours", "num_neighbors", "neighbors", "neighbours", "n", "top_k", "topk", "knn"), "k"
)  # other libraries' names of the number of neighbours


def suggesting(others: Mapping[str, str]) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Returns a decorator for a method: an unknown keyword argument raises a TypeError with the names that it has.
    `others` has other libraries' names.
    """

    def decorated(method: Callable[Given, Result]) -> Callable[Given, Result]:
        code = method.__code__  # quicker than inspect
        names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]

        @functools.wraps(method)
        def checked(*given: Given.args, **named: Given.kwargs) -> Result:
            for name in named:
                if name not in names:
                    raise TypeError(f"{method.__name__}() has no argument {name!r}; {nearest(name, names, others)}")
            return method(*given, **named)

        return checked

    return decorated
