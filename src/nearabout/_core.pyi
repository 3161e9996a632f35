"""The compiled core. Private: users see `nearabout.Index`. This file is what the core and the package agree on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, SupportsFloat, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Monitor: TypeAlias = Callable[[float], object] | None  # called with the fraction done, and to check for Ctrl-C

def version() -> str: ...  # of the compiled core; files name it as the library that wrote them
def isa() -> str: ...  # the instruction set in use: "scalar", "avx2", "avx512", "neon"
def available_isas() -> list[str]: ...
def machine_family() -> str: ...  # of processors, by whose costs parameters are chosen
def families() -> list[str]: ...

FEW_EXCLUDED_OF: int  # rows that are excluded as a list: at most one in so many

# rows, distances, counts, efforts, flags, and the numbers of neighbours that were looked for
Found: TypeAlias = tuple[
    NDArray[np.int64],
    NDArray[np.float32],
    NDArray[np.uint32],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint32],
]

class RowFilter:
    """Rows that a search may find, prepared for one index, which it keeps alive. Immutable."""

    @staticmethod
    def of_mask(index: Index, mask: NDArray[np.uint8]) -> RowFilter: ...  # (rows,): not zero where allowed
    @staticmethod
    def of_rows(index: Index, rows: NDArray[np.int64]) -> RowFilter: ...
    # Allows the rows of a filter (None: all) that another one does not allow.
    @staticmethod
    def difference(filter: RowFilter | None, other: RowFilter) -> RowFilter: ...
    def __len__(self) -> int: ...  # number of allowed rows
    def rows(self) -> NDArray[np.int64]: ...

class Quantizer:
    """A fitted quantizer. Immutable; safe to share between threads. Settings are numbers, 0 for "auto"."""

    @staticmethod
    def learn(
        method: str,
        vectors: Array,
        dims: int,
        dtype: str,
        settings: Mapping[str, int],  # size, bits, cells, one_step and seed
        threads: int,
        monitor: Monitor,
    ) -> Quantizer: ...
    @staticmethod
    def load(path: str) -> Quantizer: ...
    @staticmethod
    def from_bytes(image: bytes) -> Quantizer: ...
    def save(self, path: str) -> None: ...
    def to_bytes(self) -> bytes: ...
    def encode(self, vectors: Array, dtype: str, threads: int) -> NDArray[np.uint8]: ...
    def decode(self, codes: NDArray[np.uint8], threads: int) -> NDArray[np.float32]: ...
    def distances(
        self, queries: NDArray[np.float32], codes: NDArray[np.uint8], threads: int
    ) -> NDArray[np.float32]: ...
    def details(self) -> dict[str, Any]: ...  # method, dims, code_bytes, rows, sample_rows and the settings

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
    # What the kind describes of itself: the keys that `ForestInfo` and `IVFInfo` in nearabout.kinds have. A kind with
    # an effort adds expected_recall, of 10 neighbours at the default effort, and seed.
    def details(self) -> dict[str, Any]: ...
    def verify(self, monitor: Monitor = None) -> None: ...

    # Returns rows (int64) and distances (float32); where a query has fewer hits, row -1 and distance inf. Then, for
    # each query, the number of hits (uint32), the effort that it took (int64, -1 if every row was compared) and whether
    # it is unlike the calibration queries (uint8). Queries: (n, dims), C-contiguous, float32 or the index's own dtype
    # (bits: packed uint8, (n, ceil(dims / 8))). effort: used as it is; recall: the target; neither: the target of the
    # build; exact: compares every row. threads = 0: all cores. filter: the rows that may be found, for all queries or
    # one for each; excluded: rows that may not, and offsets of n + 1 entries where those of each query begin (of two
    # entries: the same for all).
    def search(
        self,
        queries: Array,
        k: int,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
        filter: RowFilter | list[RowFilter | None] | None = None,
        excluded: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> Found: ...
    # The same for one query, (dims,) or (1, dims): rows and distances with as many axes, the number of hits (an int, or
    # int64 (1,)), the effort, whether the query is unlike the calibration queries, and the number of neighbours that
    # were looked for. Returns None if the arguments are not of the usual types or are invalid: then `search` says what
    # is wrong.
    def search_single(
        self,
        query: object,
        k: object,
        effort: object,
        recall: float | None,
        exact: object,
        threads: object,
        filter: RowFilter | None = None,
        excluded: object = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], int | NDArray[np.int64], int, bool, int] | None: ...
    def made(self, filter: RowFilter) -> bool: ...  # whether the filter is for this index
    # The fields of nearabout.Profile: named counts of the work, and the seconds of each stage.
    def profile(
        self,
        queries: Array,
        k: int,
        effort: int | None,
        threads: int,
        filter: RowFilter | list[RowFilter | None] | None = None,
        excluded: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> dict[str, Any]: ...
    def search_rows(
        self,
        rows: NDArray[np.int64],
        k: int,
        include_self: bool,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
        filter: RowFilter | list[RowFilter | None] | None = None,
        excluded: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> Found: ...
    # Returns flat rows and distances, ordered by distance, then row; offsets with n + 1 entries, where the hits of each
    # query begin; efforts and flags as `search`. k: the most hits of a query, the nearest; by default, all.
    def radius_search(
        self,
        queries: Array,
        radius: float,
        effort: int | None = None,
        recall: float | None = None,
        exact: bool = False,
        threads: int = 0,
        filter: RowFilter | list[RowFilter | None] | None = None,
        excluded: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
        k: int = ...,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]: ...
    # Returns the weighted sum of the vectors of rows, (weight, row), and of n other vectors, (n, dims). Under cosine
    # each is scaled to unit length first.
    def weighted_sum(
        self, terms: Sequence[tuple[float, int]], vectors: NDArray[np.float32], weights: Sequence[float]
    ) -> NDArray[np.float32]: ...
    # For the command line, without NumPy: returns the neighbours of a weighted sum of rows, without those rows.
    def search_sum(
        self,
        terms: Sequence[tuple[float, int]],
        k: int,
        effort: int | None = None,
        exact: bool = False,
        threads: int = 0,
        recall: float | None = None,
        filter: RowFilter | None = None,
    ) -> list[tuple[int, float]]: ...
    def row_of(self, key: str | int) -> int: ...  # -1 if it is not in the index
    def rows_of(self, keys: Sequence[str] | Sequence[int]) -> NDArray[np.int64]: ...
    def key_of(self, row: int) -> str | int: ...
    def keys_of(self, rows: NDArray[np.int64]) -> list[str] | NDArray[np.int64]: ...  # flat; rows >= 0 only
    # In the stored dtype: f16 as float16, bf16 as uint16 bit patterns, bits as packed uint8.
    def vectors(self, rows: NDArray[np.int64]) -> Array: ...
    # Returns all rows in an order in which successive ones share lists or leaves, as queries of a batch.
    def batch_order(self) -> NDArray[np.int64]: ...
    # Returns the calibration: source, queries, target_recall, and points. A point has an effort, and for 1, 10 and 100
    # neighbours the fields of nearabout.calibration.Measurement. None if the index is not calibrated.
    def calibration(self) -> dict[str, Any] | None: ...
    # Returns the recall to expect and its lower confidence bound; None if it was not measured. effort None: every row.
    def expected_recall(self, k: int, effort: int | None) -> tuple[float, float] | None: ...
    # Returns the smallest measured effort that reaches the recall; None if none does, or if comparing every row is
    # expected to be faster.
    def effort_for(self, k: int, recall: float) -> int | None: ...
    # Returns the effort that a search gives each query at least; None if it compares every row.
    def base_effort(self, k: int, effort: int | None, recall: float | None, exact: bool) -> int | None: ...
    @property
    def counts_work(self) -> bool: ...  # whether `profile` is supported
    # (unit, smallest, largest, whether the largest compares every vector); None for a kind that always compares every
    # row.
    @property
    def effort_range(self) -> tuple[str, int, int, bool] | None: ...
    @property
    def keeps_promises(self) -> bool: ...  # whether it is calibrated
    @property
    def keeps_vectors(self) -> bool: ...
    # Returns the smallest and largest distance of the nearest neighbour, and of the tenth, over the calibration
    # queries.
    def seen_distances(self) -> tuple[tuple[float, float], tuple[float, float]] | None: ...
    # Returns the same index with a new calibration: by queries, by these rows, or by rows of its own choice.
    def calibrated(
        self, queries: NDArray[np.float32], rows: NDArray[np.int64], recall: float, threads: int, monitor: Monitor
    ) -> Index: ...
    def similar_keys(self, word: str, count: int) -> list[str]: ...  # nearest spellings; [] if keys are not strings
    def keys_with(self, text: str, count: int) -> list[str]: ...  # keys that begin with the text, then that contain it

def kinds() -> list[str]: ...  # names of the registered kinds

# Sizes of a build that its cost depends on, under the kind's own names; `parameters` as for build().
def planned(
    kind: str,
    rows: int,
    dims: int,
    parameters: Mapping[str, bool | int | float | str],
    *,
    metric: str,
    dtype: str,
    recall: float = 0.95,
) -> dict[str, int]: ...
def build(
    kind: str,  # its name in the registry
    # (n, dims), each row contiguous, of one of the types below (bf16 as uint16, bits as packed uint8); or rows in a
    # file with these `dims` and `source_dtype`.
    vectors: Array | RowsInFile,
    *,
    dims: int,  # of a vector: for bits, the number of bits
    dtype: str,  # type to store: "f32" "f16" "bf16" "u8" "i8" "bits"
    source_dtype: str,  # type of `vectors`: the same names, and "f64"
    metric: str,
    keys: Sequence[str] | NDArray[np.int64] | None,
    invalid: Literal["raise", "skip"],
    path: str | None,  # None builds in memory
    metadata: str,  # JSON text, stored unchanged
    parameters: dict[str, bool | int | float | str],  # of the kind
    threads: int = 0,
    memory: int = 0,  # bytes for the build itself; 0 sets no limit
    calibrate: bool = True,
    recall: float = 0.95,  # target of searches without a recall of their own
    queries: NDArray[np.float32] | None = None,  # for the calibration; None uses rows
    monitor: Monitor = None,
) -> tuple[Index, NDArray[np.int64]]: ...  # the open index, and the rows that invalid="skip" left out

# The neighbours of every row of an index that has a screen of Euclidean or cosine distances. Keeps the index alive.
class AllRows:
    @staticmethod
    def serves(index: Index) -> bool: ...
    def __init__(self, index: Index, k: int, seed: int, threads: int) -> None: ...
    # Compares the rows of further leaves by their bytes: each row is in `several`, of about `typical` rows.
    def add_leaves(self, several: int, typical: int, monitor: Monitor) -> None: ...
    # Looks at the first `followed` neighbours of as many neighbours.
    def descend(self, followed: int, monitor: Monitor) -> None: ...
    def order(self) -> NDArray[np.int64]: ...  # all rows, near ones after each other; once there were leaves
    # As Index.search, for some rows: of those that were met so far, the k nearest, by exact distances.
    def compare(self, rows: NDArray[np.int64]) -> Found: ...

# --- Rows in files. Dtypes are those of build's source_dtype. ---

class RowsInFile:
    """Rows of a regular file, read when needed. A layout that does not fit the file raises FileFormatError."""

    def __init__(self, path: str, *, offset: int, stride: int, rows: int, dims: int, dtype: str) -> None: ...
    def __len__(self) -> int: ...
    def read(self, begin: int, end: int) -> NDArray[np.uint8]: ...  # bytes of these rows, (n, bytes of a row)

class ScratchFile:
    """A temporary file without a name, in the folder of another file ("": the system's temporary folder). It disappears
    with this object and all rows made from it."""

    def __init__(self, beside: str) -> None: ...
    def append(self, data: NDArray[np.uint8]) -> None: ...  # one dimension, C-contiguous
    def rows(self, *, stride: int, rows: int, dims: int, dtype: str) -> RowsInFile: ...  # from the file's beginning

# --- Text: the parsers and the writer of nearabout.formats. ---

# What cannot be read: the kind of problem, the line (or the byte where the record begins), a number that depends on the
# kind, and the token.
TextProblem: TypeAlias = tuple[
    Literal["too_few_numbers", "too_many_numbers", "not_a_number", "not_utf8", "more_rows", "truncated"],
    int,
    int,
    bytes,
]

class LineParser:
    """Parses lines of a key and `dims` numbers, fed in pieces of any size by one thread. It releases the GIL."""

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
    def rows_waiting(self) -> int: ...  # read but not yet taken
    def take_rows(self) -> NDArray[np.float32]: ...  # the waiting rows; may be called at any time and repeatedly
    def take_keys(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]: ...  # blob and offsets, once at the end
    @property
    def key_bytes(self) -> int: ...  # bytes of memory that the keys take
    @property
    def place(self) -> int: ...  # the next line
    @property
    def waiting_bytes(self) -> int: ...  # bytes of an incomplete line
    @property
    def skipped(self) -> int: ...  # number of lines left out by skip_bad
    @property
    def first_skipped(self) -> list[TextProblem]: ...  # problems of the first few of them
    @property
    def rows_read(self) -> int: ...  # including duplicates
    @property
    def duplicates(self) -> int: ...
    @property
    def bytes_repaired(self) -> int: ...
    @property
    def blank_lines(self) -> int: ...

class RecordParser:
    """Parses the records of word2vec's binary format after the header, with the interface of LineParser."""

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
    def place(self) -> int: ...  # position of the next record in bytes
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
    """Distinct keys, packed one after another."""

    def __init__(self) -> None: ...
    # Returns the positions of the keys that are new.
    def insert(self, blob: NDArray[np.uint8], offsets: NDArray[np.uint64]) -> NDArray[np.int64]: ...
    def take(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]: ...  # blob and offsets; empties the table
    @property
    def bytes(self) -> int: ...  # bytes of memory

# Returns lines of a key and its numbers, with enough digits to read back the same float32. Vectors: (n, dims),
# C-contiguous; n + 1 offsets into the blob. It releases the GIL.
def lines_of(vectors: NDArray[np.float32], blob: NDArray[np.uint8], offsets: NDArray[np.uint64]) -> bytes: ...

# Parses a plain line of a table, without its line end. Returns its numbers as the bytes of float32, and its key (b""
# without a key column); None if the line is not plain or not valid.
def read_delimited(line: bytes, delimiter: str, dims: int, key_column: int | None) -> tuple[bytes, bytes] | None: ...

# --- nearabout.annoy ---

class AnnoyIndex:
    """Annoy's class without what annoy.py adds. Any number of threads may search; changes wait for them."""

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
    # n_trees -1: as many as fit; n_jobs -1: all cores.
    def _build(self, n_trees: int, n_jobs: int, monitor: Monitor) -> None: ...
    def _unbuild(self) -> None: ...
    def _unload(self) -> None: ...
    def _on_disk_build(self, path: str) -> None: ...
    def _save(self, path: str, prefault: bool) -> None: ...
    def _load(self, path: str, prefault: bool) -> None: ...
    # Returns the numbers of the added items and their vectors: (n, f) float32, or packed uint8 bits under hamming.
    def _items(self) -> tuple[NDArray[np.int64], Array]: ...
