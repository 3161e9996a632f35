"""Reads safetensors: an 8-byte length, a JSON header of that length, the raw tensors.

See https://github.com/huggingface/safetensors#format. Offsets are inside the data, without holes or overlaps, and match
shape and type; the header is limited to 100 MB. The library is not needed. bfloat16 becomes float32, which represents
it exactly.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearabout.errors import CorruptFileError
from nearabout.formats._arrays import as_vectors, choose_vectors, shaped
from nearabout.formats._embeddings import Embeddings
from nearabout.formats._options import Head, ReadOptions
from nearabout.formats._source import Source
from nearabout.formats._stream import Block, Stream, in_pieces

NAME = "safetensors"
SUFFIXES = (".safetensors",)
OPTIONS = frozenset({"dataset"})
_MAX_HEADER = 100_000_000
_ELEMENTS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "u1",
}  # fmt: skip


def sniff(head: Head) -> bool:
    size = int.from_bytes(head.data[:8], "little")
    return 2 <= size <= _MAX_HEADER and head.data[8:9] == b"{" and (head.size is None or 8 + size <= head.size)


class _Tensor:
    """A checked entry of the header."""

    def __init__(self, entry: Any) -> None:
        self.element, shape, (self.begin, self.end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        self.shape = tuple(shape)
        numbers = (*self.shape, self.begin, self.end)
        good = all(type(number) is int and 0 <= number < 1 << 62 for number in numbers) and isinstance(
            self.element, str
        )
        if not good or self.begin > self.end:
            raise ValueError(entry)
        size = np.dtype(_ELEMENTS[self.element]).itemsize if self.element in _ELEMENTS else None
        if size is not None and math.prod(self.shape) * size != self.end - self.begin:
            raise ValueError(entry)


def _tensors(text: bytes, path: str) -> dict[str, _Tensor]:
    try:
        header = json.loads(text)
        tensors = {name: _Tensor(entry) for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        shown = str(error)[:120]
        raise CorruptFileError(f"{path}: its safetensors header is not valid ({shown}): get the file again") from None
    place = 0
    for tensor in sorted(tensors.values(), key=lambda one: (one.begin, one.end)):
        if tensor.begin != place:
            raise CorruptFileError(
                f"{path}: its tensors leave a hole or overlap at byte {place:,} of the data: get the file again"
            )
        place = tensor.end
    return tensors


def _block(source: Source, options: ReadOptions) -> tuple[str, Block]:
    """The element type of the tensor that is meant, and the tensor. The source is before the first of them."""
    size = int.from_bytes(source.exactly(8, "the length of the header"), "little")
    if not 2 <= size <= _MAX_HEADER:
        raise CorruptFileError(
            f"{source.path}: a safetensors header of {size:,} bytes; 2 to {_MAX_HEADER:,} are allowed"
        )
    tensors = _tensors(source.exactly(size, "the header"), source.path)
    total = max((tensor.end for tensor in tensors.values()), default=0)
    left = source.remaining(8 + size)
    if left is not None and left != total:
        raise CorruptFileError(
            f"{source.path}: its header describes {total:,} bytes of data, but the file has {left:,}: get it again"
        )
    shapes = {name: tensor.shape for name, tensor in tensors.items() if tensor.element in _ELEMENTS}
    name = choose_vectors(shapes, options.dataset, source.path)
    tensor = tensors[name]
    dtype = np.dtype(_ELEMENTS[tensor.element])
    what = f"the tensor {name}"
    return tensor.element, Block(dtype, tensor.shape, 8 + size + tensor.begin, what, None, tensor.begin, what)


def read(source: Source, options: ReadOptions) -> Embeddings:
    element, block = _block(source, options)
    flat = block.whole(source)
    array = _from_bfloat16(flat) if element == "BF16" else flat
    vectors = as_vectors(shaped(array, block.shape, "C", source.path), source.path, block.name)
    return Embeddings(vectors, None, source.path, NAME)


def stream(source: Source, options: ReadOptions, room: int | None) -> Stream:
    element, block = _block(source, options)
    if element == "BF16":
        block.row_dims(source)
        return in_pieces(source, NAME, (_from_bfloat16(piece) for piece in block.pieces(source)))
    return block.stream(source, NAME)


def _from_bfloat16(bits: NDArray[Any]) -> NDArray[np.float32]:
    """Converts bfloat16, the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
