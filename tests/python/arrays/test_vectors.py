"""What can be passed as vectors and queries, and what each thing that cannot is told."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nearabout as na
from tests.python.conftest import Kind

BASE = np.arange(1, 25, dtype=np.float32).reshape(6, 4) % 11
QUERY = np.array([3, 1, 4, 1], np.float32)


class OnlyDLPack:
    """What torch and JAX offer, and nothing else."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values

    def __dlpack__(self, **options: Any) -> Any:
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._values.__dlpack_device__()


class OnlyInterface:
    def __init__(self, values: NDArray[Any]) -> None:
        self.__array_interface__ = values.__array_interface__
        self._values = values


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    values = values.copy()
    values.flags.writeable = False
    return values


def strided(values: NDArray[Any]) -> NDArray[Any]:
    wide = np.full((2 * values.shape[0], 3 * values.shape[1]), 99, values.dtype)
    wide[::2, ::3] = values
    return wide[::2, ::3]


SAME: dict[str, Any] = {
    "float32": lambda x: x,
    "float64": lambda x: x.astype(np.float64),
    "float16": lambda x: x.astype(np.float16),
    "long double": lambda x: x.astype(np.longdouble),
    "int64": lambda x: x.astype(np.int64),
    "uint16": lambda x: x.astype(np.uint16),
    "uint8": lambda x: x.astype(np.uint8),
    "Fortran order": np.asfortranarray,
    "strided": strided,
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "broadcast-safe copy": lambda x: np.broadcast_to(x[None], (1, *x.shape))[0],
    "read-only": read_only,
    "big-endian": lambda x: x.astype(">f4"),
    "big-endian float64": lambda x: x.astype(">f8"),
    "unaligned": lambda x: np.frombuffer(b"?" + x.tobytes(), np.float32, offset=1).reshape(x.shape),
    "lists": lambda x: x.tolist(),
    "tuple of arrays": tuple,
    "DLPack": OnlyDLPack,
    "array interface": OnlyInterface,
    "memoryview": lambda x: np.ascontiguousarray(x).data,
    "masked, nothing masked": np.ma.asarray,
}


@pytest.mark.parametrize("name", SAME)
def test_the_layout_changes_nothing(name: str, kind: Kind) -> None:
    expected = na.build(BASE, metric="euclidean", kind=kind).search(np.stack([QUERY, QUERY[::-1]]), 6)
    given = SAME[name]
    index = na.build(given(BASE), metric="euclidean", kind=kind)
    hits = index.search(given(np.stack([QUERY, QUERY[::-1]])), 6)
    np.testing.assert_array_equal(hits.rows, expected.rows)
    np.testing.assert_allclose(hits.distances, expected.distances, rtol=1e-6)
    np.testing.assert_array_equal(index.vectors().astype(np.float32), BASE)


def test_one_dimensional_buffers_are_queries(kind: Kind) -> None:
    index = na.build(BASE, metric="euclidean", kind=kind)
    assert index.search(array.array("d", QUERY)).rows.tolist() == index.search(QUERY).rows.tolist()


def test_torch_tensors(kind: Kind) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    index = na.build(torch.tensor(BASE), metric="euclidean", kind=kind)
    assert (
        index.search(torch.tensor(QUERY)).rows.tolist()
        == na.build(BASE, metric="euclidean", kind=kind).search(QUERY).rows.tolist()
    )
    assert index.search(torch.tensor(QUERY, requires_grad=True)).rows.tolist() == index.search(QUERY).rows.tolist()
    assert na.build(torch.tensor(BASE).bfloat16(), metric="euclidean", kind=kind).dtype == "bf16"


class Tensor:
    """As torch has it: nothing comes out that is part of a graph or lies elsewhere, and bfloat16 is not NumPy's."""

    __module__ = "torch"

    def __init__(self, values: NDArray[Any], dtype: str = "torch.float32", free: bool = False) -> None:
        self._values = values
        self.dtype = dtype
        self._free = free

    def detach(self) -> Tensor:
        return Tensor(self._values, self.dtype, True)

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self._values, "torch.float32", self._free)

    def numpy(self) -> NDArray[Any]:
        if not self._free or self.dtype == "torch.bfloat16":
            raise RuntimeError("Can't call numpy() on Tensor that requires grad")
        return self._values

    def __len__(self) -> int:
        return len(self._values)

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("Can't export tensors that require gradient")


@pytest.mark.parametrize("memory", [None, "64MB"])
def test_tensors_come_out_of_their_graph(tmp_path: Path, memory: str | None) -> None:
    path = tmp_path / "tensors.near"
    for data in (Tensor(BASE), [Tensor(row) for row in BASE], dict(enumerate(map(Tensor, BASE))), map(Tensor, BASE)):
        index = na.build(data, metric="euclidean", path=path, memory=memory)
        np.testing.assert_array_equal(index.vectors(), BASE)
        assert index.search(Tensor(QUERY)).rows.tolist() == index.search(QUERY).rows.tolist()
    half = na.build(Tensor(BASE, "torch.bfloat16"), metric="euclidean", path=path, memory=memory)
    assert half.dtype == "bf16"
    np.testing.assert_array_equal(half.vectors(), BASE)


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ("f4", "f32"),
        ("f8", "f32"),
        ("f2", "f16"),
        ("u1", "u8"),
        ("i1", "i8"),
        ("i4", "f32"),
        ("u8", "f32"),
        ("?", "u8"),
    ],
)
def test_which_dtype_is_kept(source: str, stored: str, kind: Kind) -> None:
    index = na.build(np.ones((2, 3), source), kind=kind)
    assert index.dtype == stored
    assert index.vectors().dtype == {"f32": np.float32, "f16": np.float16, "u8": np.uint8, "i8": np.int8}[stored]


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "u8", "i8"])
def test_another_dtype_can_be_asked_for(dtype: str, kind: Kind) -> None:
    index = na.build(BASE.astype(np.float64), dtype=dtype, metric="euclidean", kind=kind)
    assert index.dtype == dtype
    np.testing.assert_array_equal(index.vectors(), BASE)  # small whole numbers are exact in all of them
    assert (
        index.search(QUERY).rows.tolist() == na.build(BASE, metric="euclidean", kind=kind).search(QUERY).rows.tolist()
    )


def test_bfloat16_arrays(kind: Kind) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    index = na.build(BASE.astype(ml_dtypes.bfloat16), metric="euclidean", kind=kind)
    assert index.dtype == "bf16"
    np.testing.assert_array_equal(index.vectors(), BASE)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.array([[1, 2], [3, None]], object), "dtype object"),
        (np.ones((2, 2), complex), "dtype complex128.*real and imaginary"),
        (np.zeros((2, 2), "datetime64[s]"), "dates have no distance"),
        (np.zeros((2, 2), "timedelta64[s]"), "durations have no distance"),
        ([[1, 2], [3]], "ragged: row 0 has 2 values, row 1 has 1"),
        ([[1, 2], 3], "ragged: row 0 has 2 values, row 1 is a number"),
        (["king", "queen"], "is text.*vectors come first"),
        (b"bytes", "is text"),
        ([1.0, 2.0, 3.0], r"shape \(3,\).*data\[None, :\]"),
        ([], "empty.*np.empty"),
        (7.0, "single number"),
        (np.ones((2, 2, 2)), "reshape"),
        (np.empty((3, 0)), "at least one dimension"),
        (np.ones((1, 65_536)), "65,536 dims; at most 65,535"),
        (np.ma.masked_array(np.ones((2, 2)), mask=np.eye(2, dtype=bool)), "masked"),
        (np.zeros(2, [("x", "f4"), ("y", "f4")]), "one plain array"),
        ({"a": 1}, r"row 0 of data has the shape \(\)"),
        (None, "dtype object"),
    ],
)
def test_what_is_no_matrix_of_numbers(data: Any, sentence: str, kind: Kind) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(data, kind=kind)


@pytest.mark.parametrize(
    ("value", "dtype", "sentence"),
    [
        (300, "u8", "row 2 has the value 300 in dimension 1, which is outside 0 to 255"),
        (-1, "u8", "outside 0 to 255"),
        (128, "i8", "outside -128 to 127"),
        (0.5, "u8", "is not a whole number"),
        (1e6, "f16", "outside -65504 to 65504"),
        (1e39, "f32", "does not fit the dtype f32"),
        (3.4e38, "bf16", "does not fit the dtype bf16"),
    ],
)
def test_values_too_large_for_the_dtype(value: float, dtype: str, sentence: str, kind: Kind) -> None:
    data = np.ones((4, 3))
    data[2, 1] = value
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(data, dtype=dtype, metric="euclidean", kind=kind)


def test_large_integers_too(kind: Kind) -> None:
    with pytest.raises(na.InvalidInputError, match="row 1 has the value 300"):
        na.build([[1, 2], [300, 4]], dtype="u8", metric="euclidean", kind=kind)


@pytest.mark.parametrize(
    ("value", "dtype", "rounded"),
    [
        (2**24 + 1, "i4", 2**24),
        (2**31 - 1, "i4", 2**31),
        (2**53 + 1, "i8", 2**53),
        (-(2**53) - 1, "i8", -(2**53)),
        (2**63 - 1, "i8", 2**63),
        (2**53 + 1, "u8", 2**53),
        (2**64 - 1, "u8", 2**64),
    ],
)
def test_whole_numbers_that_float32_rounds(value: int, dtype: str, rounded: int, kind: Kind) -> None:
    data = np.array([[1, 2], [3, value]], dtype)
    sentence = f"row 1 has the value {value} in dimension 1, which float32 rounds to {rounded}: .*dtype='f32'"
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(data, metric="euclidean", kind=kind)
    assert na.build(data, metric="euclidean", dtype="f32", kind=kind).vectors()[1, 1] == np.float32(rounded)
    if dtype == "i8":
        with pytest.raises(na.InvalidInputError, match=sentence):
            na.build(data.tolist(), metric="euclidean", kind=kind)


@pytest.mark.parametrize("value", [-(2**63), 2**53, 2**62, 2**63 - 2**39, 2**63, 2**64 - 2**40])
def test_large_whole_numbers_that_float32_holds(value: int) -> None:
    data = np.array([[value]], "i8" if value < 2**63 else "u8")
    assert na.build(data, metric="euclidean").vectors().tolist() == [[value]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(bad: float, kind: Kind) -> None:
    data = BASE.copy()
    data[[2, 4], 1] = bad
    with pytest.raises(na.InvalidInputError, match=r"row 2\b.*\b2\b"):
        na.build(data, metric="euclidean", kind=kind)


def test_a_zero_vector_is_bad_under_cosine_only(kind: Kind) -> None:
    data = BASE.copy()
    data[3] = 0
    with pytest.raises(na.InvalidInputError, match=r"row 3\b"):
        na.build(data, kind=kind)
    assert len(na.build(data, metric="euclidean", kind=kind)) == 6


def test_bad_rows_can_be_left_out(kind: Kind) -> None:
    data = BASE.copy()
    data[1, 0], data[4] = np.nan, 0
    named = na.build(data, keys=list("abcdef"), invalid="skip", kind=kind)
    assert named.skipped.tolist() == [1, 4]
    assert list(named) == ["a", "c", "d", "f"]
    numbered = na.build(data, invalid="skip", kind=kind)
    assert list(numbered) == [0, 2, 3, 5]  # the keys still point into the input
    np.testing.assert_array_equal(numbered[5], data[5])
    assert na.build(BASE, kind=kind).skipped.tolist() == []
    with pytest.raises(na.InvalidInputError, match="invalid is 'drop'"):
        na.build(data, invalid="drop", kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ([1, 2, 3], "the query has 3 dims; the index has 4"),
        (np.ones((4, 2)), "has 2 dims; the index has 4.*query.T"),
        (np.ones((1, 1, 4)), r"shape \(1, 1, 4\)"),
        ([1, 2, np.nan, 4], "query 0 has the value nan in dimension 2"),
        ([[1, 2, 3, 4], [np.inf, 0, 0, 0]], "query 1 has the value inf in dimension 0"),
        ([1e300, 1, 1, 1], "query 0 has the value 1e[+]300"),
        ([0, 0, 0, 0], "query 0 is a zero vector"),
        ("king", "is text.*search_by_key"),
        (["king"], "is text"),
        (10, "the query comes first"),
        (None, "dtype object"),
        ([1, 2, 3, 4j], "dtype complex"),
    ],
)
def test_queries_that_cannot_be_asked(query: Any, sentence: str, kind: Kind) -> None:
    index = na.build(BASE, kind=kind)
    with pytest.raises(na.InvalidInputError, match=sentence):
        index.search(query)
    with pytest.raises(na.InvalidInputError, match=sentence):
        index.radius_search(query, 0.5)


def test_swapped_arguments(kind: Kind) -> None:
    index = na.build(BASE, kind=kind)
    with pytest.raises(na.InvalidInputError, match="The query comes first"):
        index.search(5, QUERY)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match=r"k is a ndarray of shape \(4,\).*The query comes first"):
        index.search(QUERY, QUERY)  # type: ignore[arg-type]
    with pytest.raises(na.InvalidInputError, match="vectors come first, keys second"):
        na.build(list("abcdef"), BASE, kind=kind)
    with pytest.raises(na.InvalidInputError, match=r"keys has the shape \(6, 4\).*vectors come first"):
        na.build(BASE, BASE, kind=kind)


def test_bits_are_told_from_bytes() -> None:
    packed = np.array([[1], [2]], np.uint8)
    with pytest.raises(na.InvalidInputError, match=r"for packed bytes pass dtype='bits', for 0 and 1 .astype\(bool\)"):
        na.build(packed, metric="hamming")
    with pytest.raises(na.InvalidInputError, match="data has the dtype float32.*compares bits"):
        na.build(BASE, metric="jaccard")
    with pytest.raises(na.InvalidInputError, match="dtype is 'f32'.*compares bits"):
        na.build(packed, metric="jaccard", dtype="f32")
    with pytest.raises(na.InvalidInputError, match="requires the metric hamming or jaccard"):
        na.build(packed, metric="cosine", dtype="bits")
    index = na.build(np.ones((2, 5), bool), metric="hamming")
    with pytest.raises(na.InvalidInputError, match="5 booleans, or 1 bytes packed"):
        index.search(np.ones(5))
    with pytest.raises(na.InvalidInputError, match="beyond its 5 dims"):
        index.search(np.array([0xFF], np.uint8))


def test_haversine_takes_latitudes_first() -> None:
    new_york = [-100.0, 40.7]
    with pytest.raises(na.InvalidInputError, match="row 0 has a latitude beyond 90 degrees"):
        na.build([new_york], metric="haversine")
    with pytest.raises(na.InvalidInputError, match=r"query 1 has the latitude -100.*perhaps the two are swapped"):
        na.build([[40.7, -74.0]], metric="haversine").search([[0.0, 0.0], new_york])


def test_haversine_needs_two_dims() -> None:
    with pytest.raises(na.InvalidInputError, match="latitude and longitude in degrees; these have 4"):
        na.build(BASE, metric="haversine")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"metric": "l2"}, "no metric 'l2'; did you mean 'euclidean'"),
        ({"metric": "Cosine"}, "did you mean 'cosine'"),
        ({"metric": "euclidian"}, "did you mean 'euclidean'"),
        ({"metric": None}, "metric is a NoneType"),
        ({"kind": "exat"}, "no kind 'exat'; did you mean 'exact'"),
        ({"kind": "flat"}, "did you mean 'exact'"),
        ({"kind": na.Exact}, r"kind is the class na.Exact; pass an instance: na.Exact\(\)"),
        ({"kind": 3}, "kind is an int"),
        ({"dtype": "float16"}, "no dtype 'float16'; did you mean 'f16'"),
        ({"dtype": np.uint8}, "no dtype 'uint8'; did you mean 'u8'"),
        ({"dtype": np.dtype("f4")}, "did you mean 'f32'"),
        ({"threads": 0}, "threads is 0"),
        ({"progress": "yes"}, "progress is a str"),
        ({"path": 5}, "path is an int"),
        ({"path": "a\0b"}, "zero byte"),
    ],
)
def test_names_and_options(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(na.InvalidInputError, match=sentence):
        na.build(BASE, **arguments)


@pytest.mark.parametrize("name", ["effort", "lists", "trees", "normalize"])
def test_nothing_is_accepted_and_ignored(name: str) -> None:
    options: dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=name):
        na.build(BASE, **options)


@pytest.mark.parametrize("name", ["target", "nprobe", "search_k"])
def test_nor_in_a_search(name: str, kind: Kind) -> None:
    index = na.build(BASE, kind=kind)
    options: dict[str, Any] = {name: 1}
    for search in (lambda: index.search(QUERY, **options), lambda: index.search_by_key(1, **options)):
        with pytest.raises(TypeError, match=name):
            search()


def test_masked_values_are_refused_wherever_they_are() -> None:
    rows = np.eye(4, dtype=np.float32)
    masked = np.ma.array(rows[0], mask=[True, False, False, False])
    index = na.build(rows, metric="euclidean")
    for use in (
        lambda: na.build([rows[0], masked]),
        lambda: na.build(rows, np.ma.array([1, 2, 3, 4], mask=[False, True, False, False])),
        lambda: index.search(masked, k=1),
        lambda: index.search([masked], k=1),
        lambda: index.radius_search(masked, 1),
    ):
        with pytest.raises(na.InvalidInputError, match="masked"):
            use()
    assert index.search(np.ma.array(rows[2]), k=1).rows.tolist() == [2]


def test_radius_beyond_floats_finds_everything() -> None:
    index = na.build(np.eye(4, dtype=np.float32), metric="euclidean")
    assert len(index.radius_search(np.zeros(4), 10**400).rows) == 4
