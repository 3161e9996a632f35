// Fast path from Python for a call with one query: checking the arguments in Python would take longer than the search
// itself.
#include "search_one.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "arrays.h"
#include "base/convert.h"
#include "bindings.h"
#include "gil.h"
#include "index/stored_index.h"
#include "restriction.h"
#include "result_arrays.h"

namespace nearabout {
namespace {

using Query = nb::ndarray<nb::ro, nb::device::cpu, nb::c_contig, nb::ndim<1>>;

// Returns a positive number that is exactly an int; `absent` for None.
std::optional<std::size_t> positive(nb::handle number, std::size_t absent) {
  if (number.is_none()) return absent;
  if (!PyLong_CheckExact(number.ptr())) return {};
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0 || value < 1) return {};
  return static_cast<std::size_t>(value);
}

std::optional<Element> element_of(const Query& query, Element stored) {
  using Code = nb::dlpack::dtype_code;
  const nb::dlpack::dtype type = query.dtype();
  if (type == nb::dtype<float>()) return Element::f32;
  if (type.code == static_cast<std::uint8_t>(Code::Float) && type.bits == 16 && type.lanes == 1) return Element::f16;
  if (type == nb::dtype<std::uint8_t>() && stored == Element::u8) return stored;
  if (type == nb::dtype<std::int8_t>() && stored == Element::i8) return stored;
  return {};
}

// Returns the rows of a short array of valid rows, int64 (n,); nullopt for everything else.
std::optional<index::ExcludedRows> plain_rows(nb::handle given, const index::StoredIndex& index) {
  RowNumbers numbers;
  const std::size_t rows = index.rows();
  if (index.keys().kind() == storage::KeyKind::integers) return {};  // these may be keys
  if (std::string_view(Py_TYPE(given.ptr())->tp_name) != "numpy.ndarray" || !nb::try_cast(given, numbers, false))
    return {};
  const std::span<const std::int64_t> values(numbers.data(), numbers.shape(0));
  const auto is_row = [=](std::int64_t row) { return row >= 0 && static_cast<std::uint64_t>(row) < rows; };
  if (values.size() > rows / kFewExcludedOf || !std::ranges::all_of(values, is_row)) return {};
  return index::ExcludedRows(std::vector<std::uint32_t>(values.begin(), values.end()));
}

template <class T>
bool any_of(const T* values, std::size_t count) {
  bool any = false;
  for (std::size_t j = 0; j < count; ++j) any |= values[j] != 0;
  return any;
}

bool all_finite(const float* values, std::size_t count) {
  bool finite = true;
  for (std::size_t j = 0; j < count; ++j) finite &= std::abs(values[j]) <= std::numeric_limits<float>::max();
  return finite;
}

}  // namespace

nb::object search_single(const index::StoredIndex& index, nb::handle query, nb::handle k, nb::handle effort,
                         nb::handle recall, nb::handle exact, nb::handle threads, nb::handle filter,
                         nb::handle excluded) {
  const index::Descriptor& descriptor = index.descriptor();
  if (index.rows() == 0 || descriptor.element == Element::bits || descriptor.metric == metric::Metric::haversine)
    return nb::none();
  if (exact.ptr() != Py_False || (!index.searcher().effort() && !effort.is_none())) return nb::none();
  constexpr std::size_t kUnset = 0;
  const std::optional<std::size_t> wanted = positive(k, kUnset);
  const std::optional<std::size_t> given_effort = positive(effort, kUnset);
  const std::optional<std::size_t> most = positive(threads, kUnset);
  if (!wanted || *wanted == kUnset || !given_effort || !most) return nb::none();

  Query given;
  if (!nb::try_cast(query, given, false) || given.shape(0) != index.dims()) return nb::none();
  std::optional<Element> element = element_of(given, descriptor.element);
  if (!element) return nb::none();
  const auto* values = static_cast<const std::byte*>(given.data());
  std::vector<float> wide;
  if (*element == Element::f16) {
    wide.resize(index.dims());
    to_f32(Element::f16, values, index.dims(), wide.data());
    values = static_cast<const std::byte*>(static_cast<const void*>(wide.data()));
    element = Element::f32;
  }
  const void* const start = values;
  const bool floats = *element == Element::f32;
  if (floats && !all_finite(static_cast<const float*>(start), index.dims())) return nb::none();
  const bool any = floats ? any_of(static_cast<const float*>(start), index.dims())
                          : any_of(static_cast<const std::uint8_t*>(start), index.dims());
  if (!any && descriptor.metric == metric::Metric::cosine) return nb::none();

  index::Request request;
  request.k = *wanted;
  if (*given_effort != kUnset) request.effort = *given_effort;
  if (!recall.is_none()) request.recall = nb::cast<double>(recall);
  request.threads = *most;
  request.monitor = python_monitor(nb::none());
  if (!filter.is_none()) request.filter = &nb::cast<const FilterOfIndex&>(filter).filter;
  std::optional<index::ExcludedRows> left_out;
  if (!excluded.is_none()) {
    left_out = plain_rows(excluded, index);
    if (!left_out) return nb::none();
    request.excluded = &*left_out;
  }
  SingleResultArrays arrays(
      std::min(*wanted, index::findable_rows(index.rows(), request.filter, index::excluded_of(request, 0))));
  {
    const ReleasedGil released;
    index::Results results(1, arrays.tables());
    index.searcher().search({values, 1, index.dims(), row_bytes(*element, index.dims()), *element}, request, results);
  }
  return arrays.take();
}

}  // namespace nearabout
