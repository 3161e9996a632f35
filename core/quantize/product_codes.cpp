#include "quantize/product_codes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kEncodedTogether = 64;  // vectors whose parts are encoded one part after another

}  // namespace

ProductCodes::ProductCodes(ProductCodebooks codebooks)
    : codebooks_(std::move(codebooks)), columns_(codebooks_.centroids.size()) {
  const ProductShape& shape = codebooks_.shape;
  for (std::size_t p = 0; p < shape.parts; ++p) {
    const std::size_t width = shape.width(p);
    transpose(codebooks_.part(p), shape.words(), width, columns_.data() + shape.words() * shape.first(p),
              shape.words());
    for (std::size_t c = 0; c < shape.words(); ++c) {
      const float* const word = codebooks_.word(p, c);
      double square = 0;
      for (std::size_t j = 0; j < width; ++j) square += double{word[j]} * double{word[j]};
      offsets_.push_back(static_cast<float>(-square / 2));
    }
  }
}

void ProductCodes::encode(const float* vectors, std::size_t count, std::uint8_t* codes) const {
  const ProductShape& shape = codebooks_.shape;
  const std::size_t bytes = shape.code_bytes();
  std::array<std::uint32_t, kEncodedTogether> nearest{};
  std::array<float, kEncodedTogether> sums{};
  std::fill_n(codes, count * bytes, std::uint8_t{0});
  for (std::size_t begin = 0; begin < count; begin += kEncodedTogether) {
    const std::size_t some = std::min(kEncodedTogether, count - begin);
    for (std::size_t p = 0; p < shape.parts; ++p) {
      const kernels::ColumnSet columns{columns_.data() + shape.words() * shape.first(p),
                                       offsets_.data() + p * shape.words(), shape.width(p), shape.words()};
      kernels::table().nearest(vectors + begin * shape.dims + shape.first(p), shape.dims, some, columns, nearest.data(),
                               sums.data());
      std::uint8_t* const place = codes + begin * bytes + p * shape.bits / 8;
      const std::size_t shift = shape.bits == 8 ? 0 : p % 2 * 4;
      for (std::size_t i = 0; i < some; ++i)
        place[i * bytes] = static_cast<std::uint8_t>(place[i * bytes] | nearest[i] << shift);
    }
  }
}

void ProductCodes::decode(const std::uint8_t* code, float* vector) const {
  for (std::size_t p = 0; p < shape().parts; ++p)
    std::copy_n(codebooks_.word(p, code_at(code, p)), shape().width(p), vector + shape().first(p));
}

void ProductCodes::dots(const float* query, float* tables) const {
  const std::size_t words = shape().words();
  for (std::size_t p = 0; p < shape().parts; ++p)
    kernels::table().project(query + shape().first(p), 1, shape().width(p), columns_.data() + words * shape().first(p),
                             words, tables + p * words);
}

void ProductCodes::squared_distances(const float* query, float* tables) const {
  const std::size_t words = shape().words();
  for (std::size_t p = 0; p < shape().parts; ++p) {
    float* const table = tables + p * words;
    std::fill_n(table, words, 0.0f);
    const float* column = columns_.data() + words * shape().first(p);
    for (std::size_t j = shape().first(p); j < shape().first(p + 1); ++j, column += words)
      for (std::size_t c = 0; c < words; ++c) table[c] += (query[j] - column[c]) * (query[j] - column[c]);
  }
}

float ProductCodes::look_up(const float* tables, const std::uint8_t* code) const {
  const std::size_t words = shape().words();
  float sum = 0;
  for (std::size_t p = 0; p < shape().parts; ++p) sum += tables[p * words + code_at(code, p)];
  return sum;
}

}  // namespace nearabout::quantize
