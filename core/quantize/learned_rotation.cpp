#include "quantize/learned_rotation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/threads.h"
#include "quantize/float_kmeans.h"
#include "transform/dense.h"
#include "transform/pca.h"

namespace nearabout::quantize {
namespace {

using transform::Rotation;

constexpr std::size_t kRotationTurns = 20;  // of rotation and codebooks
constexpr std::size_t kTurnRows = 16'384;   // rows that they look at
constexpr std::size_t kFirstRounds = 6;     // of k-means, before the first turn
constexpr double kTurning = 0.6;            // of the time, about
constexpr std::size_t kRowsPerTask = 64;

std::vector<float> rotated(const Rotation& rotation, const float* vectors, std::size_t rows, std::size_t threads) {
  std::vector<float> result(rows * rotation.dims());
  parallel_for(rows, kRowsPerTask, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    rotation.apply(vectors + begin * rotation.dims(), end - begin, result.data() + begin * rotation.dims());
  });
  return result;
}

// Returns what codes make of vectors, each filled up to `width` floats.
std::vector<float> coded(const ProductCodes& codes, const std::vector<float>& vectors, std::size_t width,
                         std::size_t threads) {
  const std::size_t dims = codes.shape().dims;
  const std::size_t rows = vectors.size() / dims;
  std::vector<float> result(rows * width, 0.0f);
  parallel_for(rows, kRowsPerTask, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    const std::size_t bytes = codes.shape().code_bytes();
    std::vector<std::uint8_t> some((end - begin) * bytes);
    codes.encode(vectors.data() + begin * dims, end - begin, some.data());
    for (std::size_t i = begin; i < end; ++i)
      codes.decode(some.data() + (i - begin) * bytes, result.data() + i * width);
  });
  return result;
}

// Returns the rotation that takes vectors, whose transposed table is `flipped`, nearest to what the codes of rotated
// ones stand for.
Rotation improved(const std::vector<float>& flipped, const Rotation& rotation, const ProductCodes& codes,
                  const std::vector<float>& turned, std::size_t threads) {
  const std::size_t dims = rotation.dims();
  const std::size_t rows = turned.size() / dims;
  const std::size_t width = transform::padded_outputs(dims);
  const std::vector<float> goals = coded(codes, turned, width, threads);
  const std::vector<float> products =
      transform::narrowed(transform::product(flipped, dims, rows, goals, width, threads), dims, dims);
  return {transform::nearest_rotation(products, rotation.matrix(), dims, threads), dims};
}

// Returns some of the rows, in an order that says nothing.
std::vector<float> leading(const float* vectors, std::size_t rows, std::size_t dims, std::size_t wanted,
                           std::uint64_t seed) {
  const std::vector<std::uint32_t> order = shuffled(rows, seed);
  std::vector<float> sample(std::min(rows, wanted) * dims);
  for (std::size_t i = 0; i * dims < sample.size(); ++i)
    std::copy_n(vectors + order[i] * dims, dims, sample.data() + i * dims);
  return sample;
}

double loss_of(const ProductCodes& codes, const std::vector<float>& vectors, std::size_t threads) {
  const std::vector<float> near = coded(codes, vectors, codes.shape().dims, threads);
  double loss = 0;
  for (std::size_t i = 0; i < near.size(); ++i) {
    const double off = double{vectors[i]} - double{near[i]};
    loss += off * off;
  }
  return loss;
}

// Improves rotation and codebooks in turn, from the better of two starts: principal directions, and none at all, since
// the dimensions of descriptors that are histograms (SIFT) are already in an order that suits them.
LearnedRotation turn(const std::vector<float>& sample, const ProductShape& shape, const ProductLearning& learning,
                     const Monitor& monitor) {
  const std::size_t rows = sample.size() / shape.dims;
  const std::size_t threads = thread_count(learning.threads);
  const std::vector<float> flipped = transform::transposed(sample, rows, shape.dims, rows);
  const ProductLearning first{kFirstRounds, learning.seed, learning.threads};
  const ProductLearning once{1, learning.seed, learning.threads};

  LearnedRotation best{transform::no_rotation(shape.dims), {}};
  best.codebooks = learn_product_codebooks(sample.data(), rows, shape, first);
  std::vector<float> turned = sample;
  LearnedRotation other{principal_rotation(sample.data(), rows, shape, threads), {}};
  std::vector<float> other_turned = rotated(other.rotation, sample.data(), rows, threads);
  other.codebooks = learn_product_codebooks(other_turned.data(), rows, shape, first);
  if (loss_of(ProductCodes(other.codebooks), other_turned, threads) <
      loss_of(ProductCodes(best.codebooks), turned, threads)) {
    std::swap(best, other);
    turned.swap(other_turned);
  }
  for (std::size_t number = 0; number < kRotationTurns; ++number) {
    best.rotation = improved(flipped, best.rotation, ProductCodes(best.codebooks), turned, threads);
    turned = rotated(best.rotation, sample.data(), rows, threads);
    improve_product_codebooks(turned.data(), rows, once, best.codebooks);
    report(monitor, static_cast<double>(number + 1) / kRotationTurns);
  }
  return best;
}

}  // namespace

std::vector<std::size_t> balanced_directions(const std::vector<double>& variances, const ProductShape& shape) {
  constexpr double kMinAllocated = 1e-9;  // relative to the largest
  const double least = kMinAllocated * std::max(variances.front(), 1e-300);
  std::vector<double> products(shape.parts, 0.0);  // logarithms
  std::vector<std::size_t> used(shape.parts, 0);
  std::vector<std::size_t> order(shape.dims);
  for (std::size_t direction = 0; direction < shape.dims; ++direction) {
    std::size_t part = shape.parts;
    for (std::size_t p = 0; p < shape.parts; ++p)
      if (used[p] < shape.width(p) && (part == shape.parts || products[p] < products[part])) part = p;
    products[part] += std::log(std::max(variances[direction], least) / least);
    order[shape.first(part) + used[part]++] = direction;
  }
  return order;
}

Rotation principal_rotation(const float* vectors, std::size_t rows, const ProductShape& shape, std::size_t threads) {
  const std::size_t dims = shape.dims;
  const std::vector<double> columns =
      transform::principal_directions({vectors, vectors + rows * dims}, rows, dims, dims, threads);
  std::vector<float> matrix(columns.begin(), columns.end());
  const std::vector<float> turned = rotated(Rotation(matrix, dims), vectors, rows, threads);
  std::vector<double> squares(dims, 0.0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) squares[j] += double{turned[i * dims + j]} * double{turned[i * dims + j]};
  std::vector<std::size_t> by_variance(dims);
  std::iota(by_variance.begin(), by_variance.end(), std::size_t{0});
  std::stable_sort(by_variance.begin(), by_variance.end(),
                   [&](std::size_t a, std::size_t b) { return squares[a] > squares[b]; });
  std::vector<double> variances;
  for (const std::size_t direction : by_variance) variances.push_back(squares[direction]);
  const std::vector<std::size_t> order = balanced_directions(variances, shape);
  for (std::size_t i = 0; i < dims; ++i)
    for (std::size_t j = 0; j < dims; ++j)
      matrix[i * dims + j] = static_cast<float>(columns[i * dims + by_variance[order[j]]]);
  return {std::move(matrix), dims};
}

LearnedRotation learn_product_rotation(const float* vectors, std::size_t rows, const ProductShape& shape,
                                       const ProductLearning& learning, const Monitor& monitor) {
  const std::size_t threads = thread_count(learning.threads);
  const std::vector<float> sample = leading(vectors, rows, shape.dims, kTurnRows, learning.seed);
  LearnedRotation best = turn(sample, shape, learning, subprogress(monitor, 0, kTurning));
  const std::vector<float> turned = rotated(best.rotation, vectors, rows, threads);
  best.codebooks = learn_product_codebooks(turned.data(), rows, shape, learning, subprogress(monitor, kTurning, 1));
  return best;
}

}  // namespace nearabout::quantize
