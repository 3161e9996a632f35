"""Files of keys, one per line: the rows that `nearabout search` may find, or may not."""

from nearabout import _core
from nearabout.errors import InvalidInputError


def filter_of_files(
    index: _core.Index, allowed: list[str] | None, excluded: list[str] | None
) -> _core.RowFilter | None:
    """Returns the filter of `--filter-keys` and `--exclude-keys`; None if neither is given.

    Raises:
        OSError: a file cannot be read.
        UnknownKeyError: a key is not in the index.
        InvalidInputError: a file is not text.
    """
    if allowed is None and excluded is None:
        return None
    from nearabout._arrays.restrictions import core_filter

    made = None if allowed is None else core_filter(index, _keys_of(index, allowed), "--filter-keys")
    if excluded is None:
        return made
    return _core.RowFilter.difference(made, core_filter(index, _keys_of(index, excluded), "--exclude-keys"))


def _keys_of(index: _core.Index, paths: list[str]) -> list[str] | list[int]:
    return [key for path in paths for key in _keys_in(index, path)]  # type: ignore[return-value]


def _keys_in(index: _core.Index, path: str) -> list[str] | list[int]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line for line in file.read().split("\n") if line]
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not UTF-8 text; pass a file with one key per line") from error
    if index.key_type == "str":
        return lines
    numbers = []
    for line in lines:
        try:
            numbers.append(int(line))
        except ValueError:
            raise InvalidInputError(
                f"{path} has the line {line!r}, which is not a whole number, as the keys of this index are"
            ) from None
    return numbers
