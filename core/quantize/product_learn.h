// Learns the codebooks of product codes: k-means in each part.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/monitor.h"
#include "quantize/product_codes.h"

namespace nearabout::quantize {

struct ProductLearning {
  std::size_t rounds = 16;  // maximum rounds over all rows of the sample
  std::uint64_t seed = 0;
  std::size_t threads = 1;
};

// Rows of a sample that are worth their time: with twice as many, the loss on other rows is hardly less.
constexpr std::size_t product_sample_rows(std::size_t bits) { return bits == 8 ? 65'536 : 8'192; }

// Learns from `rows` vectors of shape.dims floats, one after another. The same for any number of threads.
ProductCodebooks learn_product_codebooks(const float* sample, std::size_t rows, const ProductShape& shape,
                                         const ProductLearning& learning, const Monitor& monitor = {});

// Goes on from codebooks for learning.rounds rounds.
void improve_product_codebooks(const float* sample, std::size_t rows, const ProductLearning& learning,
                               ProductCodebooks& codebooks);

}  // namespace nearabout::quantize
