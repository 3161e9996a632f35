"""The compiled core. Private: `nearabout.index` is what users see; this file says what the two sides agree on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, SupportsFloat, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Monitor: TypeAlias = Callable[[float], object] | None  # called with the share done; Ctrl-C is looked for as well

def version() -> str: ...  # of the compiled core; files name it as the library that wrote them
def isa() -> str: ...  # the instruction set in use: "scalar", "avx2", "avx512", "neon"
def available_isas() -> list[str]: ...

class Index:
    """An open index: an image of a .near file, mapped or in memory. Immutable; safe to share between threads."""

    @staticmethod
    def open(path: str, mapped: bool = True) -> Index: ...  # not mapped: read whole
    @staticmethod
    def from_bytes(image: bytes) -> Index: ...
    def to_bytes(self) -> bytes: ...  # verified; what `save` would write
    @property
    def identity(self) -> int: ...  # another where any byte of the image is another
    @property
    def mapped(self) -> bool: ...
    def save(self, path: str) -> None: ...
    @property
    def kind(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def dims(self) -> int: ...
    @property
    def key_type(self) -> Literal["none", "str", "int"]: ...  # "none": the key of a row is its number
    @property
    def path(self) -> str: ...  # "" for an index in memory
    @property
    def file_bytes(self) -> int: ...
    def __len__(self) -> int: ...
    def metadata(self) -> str: ...  # JSON text
    def sections(self) -> list[dict[str, Any]]: ...  # name, element, rows, columns, bytes, offset
    # Of a forest: trees, leaf_size, seed, sketch_bytes. Of lists of codes: lists, code_directions, code_bits,
    # code_bytes, seed, curves (of 1, 10 and 100 neighbours: recall, lists looked into, rows compared), answers,
    # keeps_vectors. Of both expected_recall, of 10 neighbours at the default effort.
    def details(self) -> dict[str, Any]: ...
    def verify(self, monitor: Monitor = None) -> None: ...

    # Rows are int64, -1 where a batch has no more; distances float32, inf there. Queries: (n, dims), C-contiguous,
    # float32 or the index's own dtype (bits: packed uint8, (n, ceil(dims / 8))). effort: obeyed; recall: aimed at;
    # None of both: the recall that the index was calibrated for; exact: everything is compared. threads = 0: all cores.
    # Then, of each query, the effort that it took, int64, -1 where every row was compared; and whether it is unlike the
    # queries that calibration saw, uint8.
    def search(
        self,
        queries: Array,
        k: int,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.uint8]]: ...
    # Rows, distances, effort and whether it is unlike others, of one query, (dims,); None where the arguments are not
    # of the usual types, or something is wrong with them.
    def search_single(
        self, query: object, k: object, effort: object, recall: float | None, exact: object, threads: object
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], int, bool] | None: ...
    # What a search by lists of codes does: queries, lists, codes, compared, bytes, and seconds of its four stages.
    def profile(self, queries: Array, k: int, effort: int | None, threads: int) -> dict[str, Any]: ...
    def search_rows(
        self,
        rows: NDArray[np.int64],
        k: int,
        include_self: bool,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.uint8]]: ...
    # Flat results and where each query's begin: offsets has n + 1 entries. Ordered by distance, then row. Then efforts
    # and flags, as of search.
    def radius_search(
        self,
        queries: Array,
        radius: float,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]: ...
    # The weighted sum of the vectors of rows, (weight, row), and of n other vectors, (n, dims); under cosine, of their
    # directions.
    def weighted_sum(
        self, terms: Sequence[tuple[float, int]], vectors: NDArray[np.float32], weights: Sequence[float]
    ) -> NDArray[np.float32]: ...
    # For the command line, without NumPy: neighbours of the weighted sum of rows, those rows left out.
    def search_sum(
        self,
        terms: Sequence[tuple[float, int]],
        k: int,
        effort: int | None = None,
        exact: bool = False,
        threads: int = 0,
        recall: float | None = None,
    ) -> list[tuple[int, float]]: ...
    def row_of(self, key: str | int) -> int: ...  # -1: not there
    def rows_of(self, keys: Sequence[str] | Sequence[int]) -> NDArray[np.int64]: ...
    def key_of(self, row: int) -> str | int: ...
    def keys_of(self, rows: NDArray[np.int64]) -> list[str] | NDArray[np.int64]: ...  # flat; rows >= 0 only
    # In the stored dtype: f16 as float16, bf16 as uint16 bit patterns, bits as packed uint8.
    def vectors(self, rows: NDArray[np.int64]) -> Array: ...
    # What was measured: source, queries, recall, and points of an effort with recall, low, distances and seconds
    # for 1, 10 and 100 neighbours. None where nothing was.
    def calibration(self) -> dict[str, Any] | None: ...
    # The recall to expect and the lower end of its interval; None where it was not measured. effort None: every row.
    def expected_recall(self, k: int, effort: int | None) -> tuple[float, float] | None: ...
    # The least measured effort that is enough; None: none is, or comparing every row is expected to be faster.
    def effort_for(self, k: int, recall: float) -> int | None: ...
    # What a search gives each query at least; None: every row is compared.
    def base_effort(self, k: int, effort: int | None, recall: float | None, exact: bool) -> int | None: ...
    @property
    def counts_work(self) -> bool: ...  # whether profile() is to be had
    # (unit, least, most, whether the most compares every vector); None for a kind that always compares every row.
    @property
    def effort_range(self) -> tuple[str, int, int, bool] | None: ...
    @property
    def keeps_promises(self) -> bool: ...  # whether it knows what a recall takes
    @property
    def keeps_vectors(self) -> bool: ...
    # Between which calibration saw the distance of the nearest neighbour, and of the tenth.
    def seen_distances(self) -> tuple[tuple[float, float], tuple[float, float]] | None: ...
    # The same index, calibrated anew: with queries, with rows of these numbers, or with rows that it takes of itself.
    def calibrated(
        self, queries: NDArray[np.float32], rows: NDArray[np.int64], recall: float, threads: int, monitor: Monitor
    ) -> Index: ...
    def similar_keys(self, word: str, count: int) -> list[str]: ...  # nearest spellings; [] when keys are not strings
    def keys_with(self, text: str, count: int) -> list[str]: ...  # keys that begin with a text, then those that have it

def kinds() -> list[str]: ...  # the names that are registered

# The sizes of a build that its cost depends on, by the kind's own names; `parameters` as for build().
def planned(kind: str, rows: int, dims: int, parameters: Mapping[str, bool | int | float | str]) -> dict[str, int]: ...
def build(
    kind: str,  # as the registry has it
    # (n, dims), each row in one piece: any of the types below, bf16 as uint16, bits as packed uint8; or rows in a file
    # of these `dims` and `source_dtype`.
    vectors: Array | RowsInFile,
    *,
    dims: int,  # of a vector: for bits, the number of bits
    dtype: str,  # what to store: "f32" "f16" "bf16" "u8" "i8" "bits"
    source_dtype: str,  # what `vectors` holds: the same names, and "f64"
    metric: str,
    keys: Sequence[str] | NDArray[np.int64] | None,
    invalid: Literal["raise", "skip"],
    path: str | None,  # None: in memory
    metadata: str,  # JSON text, stored as it is
    parameters: dict[str, bool | int | float | str],  # of the kind
    threads: int = 0,
    memory: int = 0,  # bytes for the build itself, 0: as much as is convenient
    calibrate: bool = True,
    recall: float = 0.95,  # that searches aim at which ask for none
    queries: NDArray[np.float32] | None = None,  # to measure with; rows where there are none
    monitor: Monitor = None,
) -> tuple[Index, NDArray[np.int64]]: ...  # the index, open, and the rows that invalid="skip" left out

# --- Rows in files. Dtypes are those of build's source_dtype. ---

class RowsInFile:
    """Rows of a regular file, read when they are needed. A layout that the file cannot have is a FileFormatError."""

    def __init__(self, path: str, *, offset: int, stride: int, rows: int, dims: int, dtype: str) -> None: ...
    def __len__(self) -> int: ...
    def read(self, begin: int, end: int) -> NDArray[np.uint8]: ...  # the bytes of some rows, (n, bytes of a row)

class ScratchFile:
    """A temporary file without a name, in the folder of another ("": the system's); it is gone with this object and
    all rows made of it."""

    def __init__(self, beside: str) -> None: ...
    def append(self, data: NDArray[np.uint8]) -> None: ...  # one dimension, C-contiguous
    def rows(self, *, stride: int, rows: int, dims: int, dtype: str) -> RowsInFile: ...  # from its beginning

# --- Text: the parsers and the writer of nearabout.formats. ---

# What cannot be read: the kind, the line (or the byte where the record begins), a number that belongs to the kind, and
# the token.
TextProblem: TypeAlias = tuple[
    Literal["too_few_numbers", "too_many_numbers", "not_a_number", "not_utf8", "more_rows", "truncated"],
    int,
    int,
    bytes,
]

class LineParser:
    """Lines of a key and `dims` numbers, fed in pieces of any size. One thread at a time; feeding releases the GIL."""

    def __init__(
        self,
        *,
        dims: int,
        announced_rows: int | None,
        reserved_rows: int,
        errors: str,
        skip_bad: bool = False,
        first_line: int,
        fractions_in_keys: bool,
    ) -> None: ...
    def feed(self, piece: bytes) -> TextProblem | None: ...
    def finish(self) -> TextProblem | None: ...
    @property
    def rows_waiting(self) -> int: ...  # kept, and not yet taken
    def take_rows(self) -> NDArray[np.float32]: ...  # those that wait; at any time, and again
    def take_keys(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]: ...  # blob, offsets: all, at the end
    @property
    def key_bytes(self) -> int: ...  # of memory that keys take
    @property
    def place(self) -> int: ...  # the line that is read next
    @property
    def waiting_bytes(self) -> int: ...  # of a line whose end has not come yet
    @property
    def skipped(self) -> int: ...  # lines left out, with skip_bad
    @property
    def first_skipped(self) -> list[TextProblem]: ...  # what is wrong with the first few of them
    @property
    def rows_read(self) -> int: ...  # with duplicates
    @property
    def duplicates(self) -> int: ...
    @property
    def bytes_repaired(self) -> int: ...
    @property
    def blank_lines(self) -> int: ...

class RecordParser:
    """The records of word2vec's binary format, after the header: as LineParser."""

    def __init__(
        self,
        *,
        dims: int,
        announced_rows: int,
        reserved_rows: int,
        errors: str,
        skip_bad: bool = False,
        first_byte: int,
    ) -> None: ...
    def feed(self, piece: bytes) -> TextProblem | None: ...
    def finish(self) -> TextProblem | None: ...
    @property
    def rows_waiting(self) -> int: ...
    def take_rows(self) -> NDArray[np.float32]: ...
    def take_keys(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]: ...
    @property
    def key_bytes(self) -> int: ...
    @property
    def place(self) -> int: ...  # the byte where the next record begins
    @property
    def waiting_bytes(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def first_skipped(self) -> list[TextProblem]: ...
    @property
    def rows_read(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def bytes_repaired(self) -> int: ...
    @property
    def blank_lines(self) -> int: ...

class KeyTable:
    """Keys packed one after another, each only once."""

    def __init__(self) -> None: ...
    def insert(self, blob: NDArray[np.uint8], offsets: NDArray[np.uint64]) -> NDArray[np.int64]: ...  # which are new
    def take(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]: ...  # blob and offsets; the table is empty then
    @property
    def bytes(self) -> int: ...  # of memory

# Lines of a key and its numbers, ended by line feeds, in text that reads back as the same float32. Vectors: (n, dims),
# C-contiguous; n + 1 offsets into the whole blob. Releases the GIL.
def lines_of(vectors: NDArray[np.float32], blob: NDArray[np.uint8], offsets: NDArray[np.uint64]) -> bytes: ...

# A plain line of a table, without its line end: its numbers as the bytes of float32, and its key (b"" without a key
# column). None: the line is something else, or wrong.
def read_delimited(line: bytes, delimiter: str, dims: int, key_column: int | None) -> tuple[bytes, bytes] | None: ...

# --- nearabout.annoy ---

class AnnoyIndex:
    """Annoy's class but for what annoy.py adds. Any number of threads may search; changes wait for them."""

    def __init__(self, f: int, metric: str) -> None: ...
    @property
    def f(self) -> int: ...
    @property
    def metric(self) -> str: ...
    def add_item(self, i: int, vector: Sequence[SupportsFloat] | Array) -> None: ...
    @overload
    def get_nns_by_item(
        self, i: int, n: int, search_k: int = -1, include_distances: Literal[False] = False
    ) -> list[int]: ...
    @overload
    def get_nns_by_item(
        self, i: int, n: int, search_k: int = -1, *, include_distances: Literal[True]
    ) -> tuple[list[int], list[float]]: ...
    @overload
    def get_nns_by_item(
        self, i: int, n: int, search_k: int, include_distances: Literal[True]
    ) -> tuple[list[int], list[float]]: ...
    @overload
    def get_nns_by_vector(
        self,
        vector: Sequence[SupportsFloat] | Array,
        n: int,
        search_k: int = -1,
        include_distances: Literal[False] = False,
    ) -> list[int]: ...
    @overload
    def get_nns_by_vector(
        self, vector: Sequence[SupportsFloat] | Array, n: int, search_k: int = -1, *, include_distances: Literal[True]
    ) -> tuple[list[int], list[float]]: ...
    @overload
    def get_nns_by_vector(
        self, vector: Sequence[SupportsFloat] | Array, n: int, search_k: int, include_distances: Literal[True]
    ) -> tuple[list[int], list[float]]: ...
    def get_item_vector(self, i: int) -> list[float]: ...
    def get_distance(self, i: int, j: int) -> float: ...
    def get_n_items(self) -> int: ...
    def get_n_trees(self) -> int: ...
    def set_seed(self, seed: int) -> None: ...
    def _node_count(self) -> int: ...
    def _build(self, n_trees: int, n_jobs: int, monitor: Monitor) -> None: ...  # -1: to fit; -1: all cores
    def _unbuild(self) -> None: ...
    def _unload(self) -> None: ...
    def _on_disk_build(self, path: str) -> None: ...
    def _save(self, path: str, prefault: bool) -> None: ...
    def _load(self, path: str, prefault: bool) -> None: ...
    # The numbers of the items that were added; their vectors, (n, f) float32, or packed uint8 bits under hamming.
    def _items(self) -> tuple[NDArray[np.int64], Array]: ...
