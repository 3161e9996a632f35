#include "index/lsh/query_codes.h"

#include <cmath>

#include "index/queries.h"
#include "quantize/sampled_bits.h"

namespace nearabout::lsh {

using quantize::kWordBits;

void QueryCodes::bind(MatrixView queries, std::size_t begin, std::size_t end) {
  const std::size_t count = end - begin;
  codes_.resize(count * layout_.words());
  if (!layout_.positions.empty()) {
    const MatrixView some{queries.row(begin), count, queries.dims, queries.stride, queries.element};
    return quantize::encode_bits(layout_.positions, some, codes_.data());
  }
  const std::vector<float> vectors = index::to_float32(queries, begin, end);
  std::vector<float> transformed(count * layout_.transform.outputs());
  layout_.transform.queries(vectors.data(), count, transformed.data());
  projections_.resize(count * layout_.planes.outputs());
  layout_.planes.project(transformed.data(), count, projections_.data());
  layout_.planes.signs(projections_.data(), count, codes_.data());
}

std::uint32_t QueryCodes::key(std::size_t query, std::size_t first, std::size_t count) const {
  return key_of(code(query), first, count);
}

float QueryCodes::margin(std::size_t query, std::size_t bit) const {
  return projections_.empty() ? 1.0f : std::abs(projections_[query * layout_.planes.outputs() + bit]);
}

std::uint32_t key_of(const std::uint64_t* code, std::size_t first, std::size_t count) {
  const std::size_t shift = first % kWordBits;
  std::uint64_t bits = code[first / kWordBits] >> shift;
  if (shift + count > kWordBits) bits |= code[first / kWordBits + 1] << (kWordBits - shift);
  return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << count) - 1));
}

}  // namespace nearabout::lsh
