#include "quantize/leading_queries.h"

#include <algorithm>
#include <cmath>

#include "base/convert.h"
#include "kernels/kernels.h"
#include "quantize/byte_vector.h"
#include "storage/items.h"

namespace nearabout::quantize {
namespace {

std::int32_t sum_of(const std::int8_t* bytes, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += bytes[j];
  return sum;
}

std::int32_t square_of(const std::int8_t* bytes, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += bytes[j] * bytes[j];
  return sum;
}

}  // namespace

LeadingQueries::LeadingQueries(const transform::MetricTransform& transform, const StoredDirections& directions,
                               const ResidualCodes& codes)
    : transform_(transform), directions_(directions), codes_(codes), table_bytes_(codes.shape().query_bytes()) {}

std::size_t LeadingQueries::padded_dims() const { return kernels::padded_dims(transform_.outputs()); }

void LeadingQueries::bind(MatrixView queries, std::size_t begin, std::size_t end) {
  const std::size_t count = end - begin;
  queries_.resize(count);
  inputs_.resize(count * padded_dims());
  input_scales_.resize(count);
  input_sums_.resize(count);
  if (!take_integers(queries, begin)) take_floats(queries, begin);
  for (std::size_t i = 0; i < count; ++i) input_sums_[i] = sum_of(inputs_.data() + i * padded_dims(), padded_dims());
  project();
  bytes_.resize(count * byte_stride());
  if (table_room_ < count) {
    tables_ = aligned_array<std::int8_t>(count * table_bytes_);
    table_room_ = count;
  }
  for (std::size_t i = 0; i < count; ++i) finish(i);
}

// Takes integer queries as the bytes they are, if distances are those of untransformed vectors.
bool LeadingQueries::take_integers(MatrixView queries, std::size_t begin) {
  const bool unsigned_bytes = queries.element == Element::u8;
  if (transform_.space() != transform::CodeSpace::l2 || (!unsigned_bytes && queries.element != Element::i8))
    return false;
  centred_ = false;
  moved_ = unsigned_bytes ? 128 : 0;
  const std::uint8_t flip = unsigned_bytes ? 0x80 : 0;
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    const std::byte* const from = queries.row(begin + i);
    std::int8_t* const to = inputs_.data() + i * padded_dims();
    for (std::size_t j = 0; j < queries.dims; ++j)
      to[j] = static_cast<std::int8_t>(static_cast<std::uint8_t>(from[j]) ^ flip);
    std::fill(to + queries.dims, to + padded_dims(), std::int8_t{0});
    input_scales_[i] = transform_.scale();
  }
  return true;
}

void LeadingQueries::take_floats(MatrixView queries, std::size_t begin) {
  const std::size_t dims = transform_.outputs();
  centred_ = true;
  moved_ = 0;
  vectors_.resize(queries.dims);
  transformed_.resize(padded_dims());
  std::fill(transformed_.begin(), transformed_.end(), 0.0f);
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    to_f32(queries.element, queries.row(begin + i), queries.dims, vectors_.data());
    transform_.queries(vectors_.data(), 1, transformed_.data());
    for (std::size_t j = 0; j < dims; ++j) transformed_[j] -= directions_.centre[j];
    input_scales_[i] = to_bytes(transformed_.data(), padded_dims(), inputs_.data() + i * padded_dims());
  }
}

// Projects by products of bytes; corrects in whole numbers for the shifts of the panels' bytes and the queries'.
void LeadingQueries::project() {
  const std::size_t outputs = directions_.outputs;
  const std::size_t count = queries_.size();
  const std::size_t panels = outputs / kernels::kPanelRows;
  dots_.resize(count * outputs);
  projections_.resize(count * outputs);
  const std::byte* const bytes = directions_.bytes->checked(0, directions_.bytes->length());
  for (std::size_t first = 0; first < count; first += kernels::kPanelQueries)
    kernels::table().screen.panel_dots(storage::bytes_of(bytes), panels, inputs_.data() + first * padded_dims(),
                                       padded_dims(), std::min(kernels::kPanelQueries, count - first),
                                       transform_.outputs(), dots_.data() + first * outputs, outputs);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t* const dots = dots_.data() + i * outputs;
    float* const projection = projections_.data() + i * outputs;
    const auto moved = static_cast<float>(moved_);
    const float taken = centred_ ? 0.0f : 1.0f;
    const std::int32_t own = 128 * input_sums_[i];
    for (std::size_t o = 0; o < outputs; ++o) {
      const float whole = static_cast<float>(dots[o] - own) + moved * directions_.sums[o];
      projection[o] = directions_.steps[o] * input_scales_[i] * whole - taken * directions_.centre_outputs[o];
    }
  }
}

void LeadingQueries::finish(std::size_t i) {
  const float* const projection = projections_.data() + i * directions_.outputs;
  Query& query = queries_[i];
  const std::size_t m = byte_stride();
  std::int8_t* const bytes = bytes_.data() + i * m;
  query.byte_scale = to_bytes(projection, m, bytes);
  query.sum = sum_of(bytes, m);
  query.square = double{query.byte_scale} * double{query.byte_scale} * static_cast<double>(square_of(bytes, m));
  query.codes = codes_.bind(projection, tables_.get() + i * table_bytes_);
}

void LeadingQueries::rebind(std::size_t i, const ResidualCodes& codes) {
  queries_[i].codes = codes.bind(projections_.data() + i * directions_.outputs, tables_.get() + i * table_bytes_);
}

}  // namespace nearabout::quantize
