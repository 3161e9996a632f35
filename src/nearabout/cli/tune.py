"""`nearabout tune`: chooses the parameters of an index anew."""

import time
from pathlib import Path

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import duration, printable, size
from nearabout.errors import InvalidInputError

USAGE = """
usage: nearabout tune INDEX.near [-o OUT.near] [--workload W] [--family F] [--queries FILE] [--threads N]
                      [--memory SIZE]

Builds an index again from its own vectors, with the parameters that suit this machine: the kind if it was auto, the
size of codes, the number of lists and byte rows. What was set by hand stays. An index from another machine answers
rightly without this; it may take longer.

  -o, --output FILE  index file (default: INDEX.near itself, replaced when the new one is complete)
  --workload W       batch, single or both (default: that of the index): whether searches bring many queries in a call
                     or one
  --family F         family of processors (default: that of this machine)
  --queries FILE     sample queries, for an index that was calibrated with queries
  --threads N        number of threads (default: all cores)
  --memory SIZE      memory budget, such as 512MB or 2GiB, for indexes larger than memory
"""

_OPTIONS = Options(
    "tune",
    {"output": str, "workload": str, "family": str, "queries": str, "threads": int, "memory": str},
    {"o": "output"},
)


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "tune")
    target = str(given.pop("output", path))
    if not target.endswith(".near"):
        raise InvalidInputError(f"the index to write is {target!r}; its name must end in .near: pass one with -o")

    from nearabout.formats import read
    from nearabout.index import open
    from nearabout.tuning import tune

    queries = read(str(given.pop("queries"))).vectors if "queries" in given else None
    old = open(path)
    before = _summary(old)
    start = time.perf_counter()
    index = tune(old, path=target, queries=queries, progress=True, **given)  # type: ignore[arg-type]
    build_time = time.perf_counter() - start
    print(f"was    {before}")
    print(f"is     {_summary(index)}")
    print(f"wrote  {printable(target)}: {size(Path(target).stat().st_size)}, {duration(build_time)}")
    return 0


def _summary(index: "Index") -> str:
    """Returns the kind and its parameters in a few words."""
    from nearabout.kinds import KINDS

    info = index.info()
    parts = [index.kind, KINDS[index.kind].short(info)]
    if "family" in info:
        parts.append(f"tuned for {info['family']}, {info['workload']}")
    return "; ".join(filter(None, parts))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from nearabout.index import Index
