#include "metric/bound_query.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/convert.h"
#include "base/error.h"
#include "base/norm.h"
#include "metric/haversine.h"
#include "metric/near_cosine.h"

namespace nearabout::metric {
namespace {

using kernels::Table;

template <class Kernels>
auto kernel_for(Metric metric, const Kernels& kernels) {
  switch (metric) {
    case Metric::cosine:
      return kernels.projection;
    case Metric::dot:
      return kernels.dot;
    case Metric::manhattan:
      return kernels.l1;
    default:
      return kernels.squared_l2;
  }
}

const kernels::RealKernels& real_kernels(Element rows) {
  const Table& table = kernels::table();
  switch (rows) {
    case Element::f16:
      return table.f16;
    case Element::bf16:
      return table.bf16;
    case Element::u8:
      return table.u8;
    case Element::i8:
      return table.i8;
    default:
      return table.f32;
  }
}

bool is_aligned(const void* floats) { return std::bit_cast<std::uintptr_t>(floats) % alignof(float) == 0; }

// Widens the query and returns its squared norm. The query may start at any address (as a slice of bytes does), and may
// be a row of the index itself, of any type.
double widen(std::vector<double>& values, Element element, const void* query, std::size_t dims) {
  std::vector<float> converted;
  const float* floats = static_cast<const float*>(query);
  if (element != Element::f32 || !is_aligned(query)) {
    converted.resize(dims);
    to_f32(element, query, dims, converted.data());
    floats = converted.data();
  }
  values.assign(floats, floats + dims);
  return squared_norm(floats, dims);
}

[[noreturn]] void throw_not_finite(const std::vector<double>& values) {
  const auto bad = std::find_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); });
  throw InvalidInputError("the query has " + std::to_string(*bad) + " in dimension " +
                          std::to_string(bad - values.begin()) + "; only finite numbers can be compared");
}

bool follows_from_products(Metric metric) {
  return metric == Metric::euclidean || metric == Metric::sqeuclidean || metric == Metric::cosine ||
         metric == Metric::dot;
}

// Returns true if the query can be converted to the rows' integer type, which integer kernels need: a float query can
// if all its values fit that type.
bool fits_integers(const std::vector<double>& values, Element rows) {
  const double low = rows == Element::u8 ? 0 : -128;
  const double high = rows == Element::u8 ? 255 : 127;
  // A whole number comes back from an int; rounding functions are calls where the processor is not known to have them.
  return std::all_of(values.begin(), values.end(), [=](double value) {
    return value >= low && value <= high && value == static_cast<double>(static_cast<int>(value));
  });
}

}  // namespace

BoundQuery::BoundQuery(Metric metric, Element rows, std::size_t dims, const void* query, Element element)
    : metric_(metric), rows_(rows), dims_(dims) {
  if (rows == Element::bits)
    bind_bits(query);
  else if (is_byte(rows) && element == rows && metric != Metric::haversine)
    bind_integer(rows, query);
  else
    bind_real(rows, query, element);
}

void BoundQuery::bind_bits(const void* query) {
  const Table& table = kernels::table();
  const std::byte* from = static_cast<const std::byte*>(query);
  bytes_.assign(from, from + row_bytes(Element::bits, dims_));
  integer_ = metric_ == Metric::hamming ? table.bits.hamming : table.bits.jaccard;
}

void BoundQuery::bind_real(Element rows, const void* query, Element element) {
  norm_ = std::sqrt(widen(values_, element, query, dims_));
  if (!std::isfinite(norm_)) throw_not_finite(values_);  // float squares are far from overflowing a double
  require_direction();
  if (metric_ == Metric::haversine && !(std::abs(values_[0]) <= 90))
    throw InvalidInputError("the query's latitude is " + std::to_string(values_[0]) +
                            " degrees; it must be between -90 and 90 (the order is latitude, longitude)");
  if (is_byte(rows) && fits_integers(values_, rows)) {
    std::vector<std::uint8_t> bytes(dims_);
    for (std::size_t j = 0; j < dims_; ++j) bytes[j] = static_cast<std::uint8_t>(static_cast<int>(values_[j]) & 0xff);
    bind_integer(rows, bytes.data());
  } else {
    real_ = kernel_for(metric_, real_kernels(rows));
  }
}

void BoundQuery::bind_integer(Element rows, const void* query) {
  const Table& table = kernels::table();
  const std::byte* from = static_cast<const std::byte*>(query);
  bytes_.assign(from, from + dims_);
  const kernels::IntegerKernels& kernels = rows == Element::u8 ? table.integer_u8 : table.integer_i8;
  integer_ = kernel_for(metric_, kernels);
  if (follows_from_products(metric_)) product_ = kernels.dot;
  double square = 0;
  kernels.dot(bytes_.data(), {bytes_.data(), dims_, nullptr, 1}, dims_, &square);
  norm_ = std::sqrt(square);
  square_ = square;
  require_direction();
}

void BoundQuery::require_direction() const {
  if (metric_ == Metric::cosine && norm_ == 0)
    throw InvalidInputError(
        "the query is a zero vector, which has no direction and so no cosine; give a vector that is not zero");
}

void BoundQuery::rdists(kernels::Rows rows, double* out) const {
  if (metric_ == Metric::haversine) {
    haversine_rows(values_.data(), rows, out);
    return;
  }
  if (integer_)
    integer_(bytes_.data(), rows, bytes_.size(), out);
  else
    real_(values_.data(), rows, dims_, out);
  if (metric_ == Metric::cosine)
    cosines(rows, out);
  else if (metric_ == Metric::dot)
    for (std::size_t i = 0; i < rows.count; ++i) out[i] = 0.0 - out[i];
}

// Computes cosine distances from normalised products; distances that are mostly rounding error are recomputed from the
// rows.
void BoundQuery::cosines(kernels::Rows rows, double* out) const {
  const double norm = norm_;
  std::int64_t near = 0;  // as wide as a double, so that the compiler can count several at a time
  for (std::size_t i = 0; i < rows.count; ++i) {
    out[i] = std::clamp(1.0 - out[i] / norm, 0.0, 2.0);
    near += out[i] < kNearCosine ? 1 : 0;
  }
  if (near == 0) return;
  const auto* base = static_cast<const std::byte*>(rows.base);
  std::vector<float> scratch;
  for (std::size_t i = 0; i < rows.count; ++i)
    if (out[i] < kNearCosine) out[i] = near_cosine(base + (rows.rows ? rows.rows[i] : i) * rows.stride, scratch);
}

double BoundQuery::near_cosine(const void* row, std::vector<float>& scratch) const {
  if (integer_) {
    const kernels::IntegerKernels& kernels =
        rows_ == Element::u8 ? kernels::table().integer_u8 : kernels::table().integer_i8;
    double product = 0;
    double square = 0;
    kernels.dot(bytes_.data(), {row, dims_, nullptr, 1}, dims_, &product);
    kernels.dot(row, {row, dims_, nullptr, 1}, dims_, &square);
    const auto whole = [](double number) { return static_cast<std::uint64_t>(number); };
    return near_cosine_distance(whole(square_), whole(square), whole(product));
  }
  scratch.resize(dims_);
  to_f32(rows_, row, dims_, scratch.data());
  return near_cosine_distance(values_.data(), scratch.data(), dims_);
}

// Computes in whole numbers up to the last step, which is the same as the kernel's, so results have equal bits.
void BoundQuery::rdists(kernels::Rows rows, const std::uint32_t* squares, double* out) const {
  product_(bytes_.data(), rows, bytes_.size(), out);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const double square = squares[i];
    if (metric_ == Metric::dot)
      out[i] = 0.0 - out[i];
    else if (metric_ == Metric::cosine)
      out[i] = square == 0 ? 0.0 : out[i] / std::sqrt(square);
    else
      out[i] = std::max(0.0, (square_ - out[i]) + (square - out[i]));  // smaller only if `squares` is wrong
  }
  if (metric_ == Metric::cosine) cosines(rows, out);
}

double BoundQuery::distance(double rdist) const {
  switch (metric_) {
    case Metric::euclidean:
      return std::sqrt(rdist);
    case Metric::hamming:
      return rdist / static_cast<double>(dims_);
    default:
      return rdist;
  }
}

namespace {

// Returns the largest number whose square root is at most `radius`. Roots are rounded, so this is not exactly
// radius^2: in double, sqrt(3)^2 is below 3, and a radius of sqrt(3) would miss a vector at exactly that distance.
// Takes a few steps at most.
double square_within(double radius) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double square = radius * radius;
  while (std::sqrt(square) > radius) square = std::nextafter(square, 0.0);
  for (double next = std::nextafter(square, infinity); square < infinity && std::sqrt(next) <= radius;) {
    square = next;
    next = std::nextafter(square, infinity);
  }
  return square;
}

// Returns the largest bit count whose fraction of `dims` is at most `radius`.
double bits_within(double radius, double dims) {
  const double bits = std::nearbyint(radius * dims);
  return bits / dims <= radius ? bits : bits - 1;
}

}  // namespace

double BoundQuery::rdist_within(double radius) const {
  if (metric_ == Metric::dot) return radius;
  if (!(radius >= 0)) return -std::numeric_limits<double>::infinity();
  switch (metric_) {
    case Metric::euclidean:
      return square_within(radius);
    case Metric::hamming:
      return bits_within(radius, static_cast<double>(dims_));
    default:
      return radius;
  }
}

}  // namespace nearabout::metric
