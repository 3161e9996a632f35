// Fast path from Python for a call with one query: checking the arguments in Python would take longer than the search
// itself.
#include "search_one.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "arrays.h"
#include "base/convert.h"
#include "bindings.h"
#include "gil.h"
#include "index/stored_index.h"
#include "metric/comparable.h"
#include "numpy_arrays.h"
#include "restriction.h"
#include "result_arrays.h"

namespace nearabout {
namespace {

using OtherArray = nb::ndarray<nb::ro, nb::device::cpu, nb::c_contig, nb::ndim<1>>;

// Returns a positive number of 31 bits that is exactly an int; `absent` for None.
std::optional<std::size_t> positive(nb::handle number, std::size_t absent) {
  if (number.is_none()) return absent;
  if (!PyLong_CheckExact(number.ptr())) return {};
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0 || value < 1 || value > std::numeric_limits<std::int32_t>::max()) return {};
  return static_cast<std::size_t>(value);
}

std::optional<Element> element_of(const nb::dlpack::dtype& type, Element stored) {
  using Code = nb::dlpack::dtype_code;
  if (type == nb::dtype<float>()) return Element::f32;
  if (type.code == static_cast<std::uint8_t>(Code::Float) && type.bits == 16 && type.lanes == 1) return Element::f16;
  if (type == nb::dtype<std::uint8_t>() && stored == Element::u8) return stored;
  if (type == nb::dtype<std::int8_t>() && stored == Element::i8) return stored;
  return {};
}

// The query in memory, as numbers that a search takes.
class Query {
 public:
  // Returns false unless it is an array, (dims,) or (1, dims), of a type that needs no check in Python.
  bool read(nb::handle given, const index::StoredIndex& index) {
    if (PyBytes_Check(given.ptr())) return false;  // text, although it has a buffer of numbers
    const std::optional<PlainArray> array = array_of(given);
    if (!array || array->shape[array->axes - 1] != index.dims() || (array->axes == 2 && array->shape[0] != 1))
      return false;
    const std::optional<Element> element = element_of(array->type, index.descriptor().element);
    if (!element) return false;
    batch_ = array->axes == 2;
    element_ = *element;
    values_ = array->data;
    if (element_ == Element::f16) widen(index.dims());
    return element_ != Element::f32 || std::bit_cast<std::uintptr_t>(values_) % alignof(float) == 0;
  }

  // Returns whether it is a batch of one.
  bool is_batch() const { return batch_; }
  // Returns whether it can be compared: its numbers are finite, and under cosine it has a direction.
  bool is_valid(const index::Descriptor& descriptor) const {
    return metric::is_comparable(descriptor.metric, element_, values_, descriptor.dims);
  }
  MatrixView view(std::size_t dims) const {
    return {static_cast<const std::byte*>(values_), 1, dims, row_bytes(element_, dims), element_};
  }

 private:
  std::optional<PlainArray> array_of(nb::handle given) {
    if (is_numpy_array(given)) return plain_array(given);
    if (!nb::try_cast(given, other_, false)) return {};
    if (nb::borrow<nb::str>(given.type().attr("__name__")).equal(nb::str("MaskedArray"))) return {};  // has a mask, too
    return PlainArray{other_.data(), other_.dtype(), 1, {other_.shape(0)}};
  }
  void widen(std::size_t dims) {
    wide_.resize(dims);
    to_f32(Element::f16, values_, dims, wide_.data());
    values_ = wide_.data();
    element_ = Element::f32;
  }

  OtherArray other_;  // keeps the memory of an array that is not NumPy's
  std::vector<float> wide_;
  const void* values_ = nullptr;
  Element element_ = Element::f32;
  bool batch_ = false;
};

// Returns the rows of a short array of valid rows, int64 (n,); nullopt for everything else.
std::optional<index::ExcludedRows> plain_rows(nb::handle given, const index::StoredIndex& index) {
  RowNumbers numbers;
  const std::size_t rows = index.rows();
  if (index.keys().kind() == storage::KeyKind::integers) return {};  // these may be keys
  if (!is_numpy_array(given) || !nb::try_cast(given, numbers, false)) return {};
  const std::span<const std::int64_t> values(numbers.data(), numbers.shape(0));
  const auto is_row = [=](std::int64_t row) { return row >= 0 && static_cast<std::uint64_t>(row) < rows; };
  if (values.size() > rows / kFewExcludedOf || !std::ranges::all_of(values, is_row)) return {};
  return index::ExcludedRows(std::vector<std::uint32_t>(values.begin(), values.end()));
}

// Reads the arguments that say how much work a search does. Returns false if they need the general path.
bool read_spending(const index::StoredIndex& index, const SingleArguments& given, index::Request& request) {
  if (given.exact.ptr() != Py_False || (!index.searcher().effort() && !given.effort.is_none())) return false;
  constexpr std::size_t kUnset = 0;
  const std::optional<std::size_t> wanted = positive(given.k, kUnset);
  const std::optional<std::size_t> effort = positive(given.effort, kUnset);
  const std::optional<std::size_t> threads = positive(given.threads, kUnset);
  if (!wanted || *wanted == kUnset || !effort || !threads) return false;
  request.k = *wanted;
  if (*effort != kUnset) request.effort = *effort;
  if (!given.recall.is_none()) request.recall = nb::cast<double>(given.recall);
  request.threads = *threads;
  return true;
}

}  // namespace

nb::object search_single(const index::StoredIndex& index, const SingleArguments& given) {
  const index::Descriptor& descriptor = index.descriptor();
  if (!numpy_is_known()) return nb::none();
  if (index.rows() == 0 || descriptor.element == Element::bits) return nb::none();
  index::Request request;
  Query query;
  if (!read_spending(index, given, request) || !query.read(given.query, index) || !query.is_valid(descriptor))
    return nb::none();
  if (!given.filter.is_none()) request.filter = &nb::cast<const FilterOfIndex&>(given.filter).filter;
  std::optional<index::ExcludedRows> left_out;
  if (!given.excluded.is_none()) {
    left_out = plain_rows(given.excluded, index);
    if (!left_out) return nb::none();
    request.excluded = &*left_out;
  }
  request.monitor = interruption_monitor();
  const std::size_t findable = index::findable_rows(index.rows(), request.filter, index::excluded_of(request, 0));
  SingleResultArrays arrays(std::min(request.k, findable), query.is_batch());
  {
    const ReleasedGil released;
    index::Results results(1, arrays.tables());
    index.searcher().search(query.view(index.dims()), request, results);
  }
  return arrays.take();
}

}  // namespace nearabout
