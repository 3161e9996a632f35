"""`nearabout verify`: checks a file against its checksums."""

import time

from nearabout.cli.arguments import Options, one
from nearabout.cli.output import duration, print_json, printable, size
from nearabout.errors import FileFormatError

USAGE = """
usage: nearabout verify INDEX.near [--json]

Reads the whole index and checks it against its checksums.
Exit code: 0 the file is sound; 1 it is damaged; 2 it cannot be read.
"""

_OPTIONS = Options("verify", {"json": bool})


def run(arguments: list[str]) -> int:
    words, given = _OPTIONS.parse(arguments)
    path = one(words, "index file", "verify")

    from nearabout.index import open

    start = time.perf_counter()
    try:
        index = open(path)
        index.verify(progress=True)
    except FileFormatError as error:
        if "json" in given:
            print_json({"path": path, "sound": False, "problem": type(error).__name__, "message": str(error)})
        else:
            print(f"not sound: {printable(str(error))}")  # the sentence begins with the path
        return 1
    seconds, file_bytes = time.perf_counter() - start, index.info()["file_bytes"]
    if "json" in given:
        print_json({"path": path, "sound": True, "bytes": file_bytes, "seconds": seconds})
    else:
        print(f"{printable(path)}: sound, {size(file_bytes)} checked in {duration(seconds)}")
    return 0
