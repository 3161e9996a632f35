#include "quantize/product_learn.h"

#include <algorithm>
#include <vector>

#include "base/threads.h"
#include "quantize/float_kmeans.h"

namespace nearabout::quantize {
namespace {

// Copies the parts of the rows of a sample, in the order given.
std::vector<float> part_of(const float* sample, const std::vector<std::uint32_t>& order, const ProductShape& shape,
                           std::size_t part) {
  const std::size_t width = shape.width(part);
  std::vector<float> values(order.size() * width);
  for (std::size_t i = 0; i < order.size(); ++i)
    std::copy_n(sample + order[i] * shape.dims + shape.first(part), width, values.data() + i * width);
  return values;
}

// Runs learn(part, points, threads), which returns codewords, for all parts: several at a time, and on several threads
// each where threads outnumber parts.
template <class Learn>
void learn_parts(const float* sample, std::size_t rows, const ProductLearning& learning, const Monitor& monitor,
                 ProductCodebooks& codebooks, const Learn& learn) {
  const ProductShape& shape = codebooks.shape;
  const std::vector<std::uint32_t> order = shuffled(rows, learning.seed);
  const std::size_t threads = thread_count(learning.threads);
  const std::size_t inner = std::max<std::size_t>(threads / shape.parts, 1);
  parallel_for(
      shape.parts, 1, threads,
      [&](std::size_t part, std::size_t, std::size_t) {
        const std::vector<float> values = part_of(sample, order, shape, part);
        const std::vector<float> words = learn(part, FloatPoints{values.data(), rows, shape.width(part)}, inner);
        std::copy(words.begin(), words.end(), codebooks.part(part));
      },
      monitor);
}

}  // namespace

ProductCodebooks learn_product_codebooks(const float* sample, std::size_t rows, const ProductShape& shape,
                                         const ProductLearning& learning, const Monitor& monitor) {
  ProductCodebooks codebooks{shape, std::vector<float>(shape.words() * shape.dims)};
  learn_parts(sample, rows, learning, monitor, codebooks,
              [&](std::size_t part, const FloatPoints& points, std::size_t threads) {
                return float_kmeans(points, {shape.words(), learning.rounds, learning.seed + part, threads});
              });
  return codebooks;
}

void improve_product_codebooks(const float* sample, std::size_t rows, const ProductLearning& learning,
                               ProductCodebooks& codebooks) {
  learn_parts(
      sample, rows, learning, {}, codebooks, [&](std::size_t part, const FloatPoints& points, std::size_t threads) {
        std::vector<float> words(codebooks.part(part), codebooks.part(part) + codebooks.shape.words() * points.dims);
        improve_centroids(points, learning.rounds, threads, words);
        return words;
      });
}

}  // namespace nearabout::quantize
