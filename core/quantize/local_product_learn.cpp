#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/norm.h"
#include "base/threads.h"
#include "quantize/float_kmeans.h"
#include "quantize/grouping.h"
#include "quantize/learned_rotation.h"
#include "quantize/local_product.h"
#include "transform/dense.h"

namespace nearabout::quantize {
namespace {

using transform::Rotation;

constexpr std::size_t kCellRounds = 10;
constexpr std::size_t kLocalRowsPerWord = 8;     // a cell of as many per codeword has codebooks of its own
constexpr std::size_t kLastRounds = 8;           // of codebooks, shared ones and those of cells
constexpr std::size_t kCellTurns = 4;            // of rotations and shared codebooks
constexpr std::size_t kCovarianceRows = 16'384;  // rows that what all cells share is learnt from
constexpr double kCellsTime = 0.2;               // of the time, about
constexpr double kRotationsTime = 0.8;           // the same, at their end

// Rows of a sample by cell, relative to the centroid of theirs.
struct Residuals {
  Grouping grouping;
  std::vector<float> values;  // in the order of the rows
};

Residuals residuals_of(const float* vectors, std::size_t rows, std::size_t dims, const std::vector<float>& centroids,
                       std::size_t threads) {
  const FloatCentroids nearest(centroids, dims);
  std::vector<std::uint32_t> ids(rows);
  std::vector<float> sums(rows);
  nearest.nearest(vectors, rows, ids.data(), sums.data(), threads);
  std::vector<float> values(vectors, vectors + rows * dims);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) values[i * dims + j] -= centroids[ids[i] * dims + j];
  return {Grouping(ids, centroids.size() / dims), std::move(values)};
}

// Divides the residuals of each cell by their root mean square, which a cell of few rows shares with others.
void scale_cells(Residuals& residuals, std::size_t rows, LocalCodebooks& learnt) {
  const std::size_t dims = learnt.shape.dims;
  const double mean_square = squared_norm(residuals.values.data(), rows * dims) / static_cast<double>(rows);
  learnt.scales.resize(residuals.grouping.clusters(), 1.0f);
  for (std::size_t cell = 0; cell < learnt.scales.size(); ++cell) {
    double square = mean_square;
    for (const std::uint32_t row : residuals.grouping.members(cell))
      square += squared_norm(residuals.values.data() + row * dims, dims);
    square /= static_cast<double>(residuals.grouping.size(cell) + 1);
    if (square > 0) learnt.scales[cell] = static_cast<float>(std::sqrt(square));
    for (const std::uint32_t row : residuals.grouping.members(cell))
      for (std::size_t j = 0; j < dims; ++j) residuals.values[row * dims + j] /= learnt.scales[cell];
  }
}

// Copies the residuals of some rows, times a factor.
void add_rows(const std::vector<float>& values, std::span<const std::uint32_t> rows, std::size_t dims, float factor,
              std::vector<float>& to) {
  for (const std::uint32_t row : rows)
    for (std::size_t j = 0; j < dims; ++j) to.push_back(values[row * dims + j] * factor);
}

// Learns a rotation of each cell from its covariance. Some residuals of all cells are added, with the weight of as many
// rows as there are dimensions: so many are needed to know a covariance.
std::vector<Rotation> principal_rotations(const Residuals& residuals, const ProductShape& shape, std::size_t threads,
                                          const Monitor& monitor) {
  const std::size_t rows = residuals.values.size() / shape.dims;
  std::vector<std::uint32_t> others(std::min(rows, 2 * shape.dims));
  std::iota(others.begin(), others.end(), 0u);
  const float weight = std::sqrt(static_cast<float>(shape.dims) / static_cast<float>(others.size()));
  std::vector<Rotation> rotations(residuals.grouping.clusters());
  parallel_for(
      rotations.size(), 1, threads,
      [&](std::size_t cell, std::size_t, std::size_t) {
        std::vector<float> used;
        add_rows(residuals.values, residuals.grouping.members(cell), shape.dims, 1, used);
        add_rows(residuals.values, others, shape.dims, weight, used);
        rotations[cell] = principal_rotation(used.data(), used.size() / shape.dims, shape, 1);
      },
      monitor);
  return rotations;
}

// Returns the residuals, each turned by the rotation of its cell.
std::vector<float> turned_residuals(const Residuals& residuals, const std::vector<Rotation>& rotations,
                                    std::size_t threads) {
  std::vector<float> turned(residuals.values.size());
  parallel_for(rotations.size(), 1, threads, [&](std::size_t cell, std::size_t, std::size_t) {
    const std::size_t dims = rotations[cell].dims();
    for (const std::uint32_t row : residuals.grouping.members(cell))
      rotations[cell].apply(residuals.values.data() + row * dims, 1, turned.data() + row * dims);
  });
  return turned;
}

// Returns the rotation of a cell that takes its residuals nearest to what their codes stand for. As many rows as there
// are dimensions, with the covariance of all cells, hold it where it was.
Rotation turned_cell(const Residuals& residuals, std::size_t cell, const Rotation& rotation, const ProductCodes& codes,
                     const std::vector<float>& covariance) {
  const std::size_t dims = rotation.dims();
  const std::size_t width = transform::padded_outputs(dims);
  std::vector<float> held(dims * dims);
  rotation.apply(covariance.data(), dims, held.data());  // the rows of C R
  const std::span<const std::uint32_t> members = residuals.grouping.members(cell);
  std::vector<float> vectors;
  add_rows(residuals.values, members, dims, 1, vectors);
  std::vector<float> turned(vectors.size());
  rotation.apply(vectors.data(), members.size(), turned.data());
  std::vector<float> goals(members.size() * width, 0.0f);
  std::vector<std::uint8_t> code(codes.shape().code_bytes());
  for (std::size_t i = 0; i < members.size(); ++i) {
    codes.encode(turned.data() + i * dims, code.data());
    codes.decode(code.data(), goals.data() + i * width);
  }
  const std::vector<float> flipped = transform::transposed(vectors, members.size(), dims, members.size());
  const std::vector<float> products = transform::product(flipped, dims, members.size(), goals, width, 1);
  for (std::size_t i = 0; i < dims; ++i)
    for (std::size_t j = 0; j < dims; ++j) held[i * dims + j] += products[i * width + j];
  return {transform::nearest_rotation(held, rotation.matrix(), dims, 1), dims};
}

// Returns the covariance of some vectors, as the sum over as many of them as they have dimensions.
std::vector<float> covariance_of(const std::vector<float>& vectors, std::size_t dims, std::size_t threads) {
  const std::size_t rows = std::min(vectors.size() / dims, kCovarianceRows);
  const std::size_t width = transform::padded_outputs(dims);
  std::vector<float> wide(rows * width, 0.0f);
  const float factor = std::sqrt(static_cast<float>(dims) / static_cast<float>(rows));
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) wide[i * width + j] = vectors[i * dims + j] * factor;
  const std::vector<float> flipped = transform::transposed(wide, rows, width, rows);
  return transform::narrowed(transform::product(flipped, width, rows, wide, width, threads), dims, dims);
}

double loss_of(const ProductCodes& codes, const std::vector<float>& vectors, std::size_t threads) {
  const std::size_t dims = codes.shape().dims;
  const std::size_t rows = std::min(vectors.size() / dims, kCovarianceRows);
  std::vector<double> losses(rows);
  parallel_for(rows, 64, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<std::uint8_t> code(codes.shape().code_bytes());
    std::vector<float> near(dims);
    for (std::size_t i = begin; i < end; ++i) {
      codes.encode(vectors.data() + i * dims, code.data());
      codes.decode(code.data(), near.data());
      for (std::size_t j = 0; j < dims; ++j) near[j] -= vectors[i * dims + j];
      losses[i] = squared_norm(near.data(), dims);
    }
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

// Learns a rotation of each cell and shared codebooks: from principal directions of each cell or from one rotation of
// all, whichever loses less, then both in turn.
void learn_rotations(const Residuals& residuals, const ProductLearning& learning, std::size_t threads,
                     LocalCodebooks& learnt, const Monitor& monitor) {
  const ProductShape& shape = learnt.shape;
  const std::size_t rows = residuals.values.size() / shape.dims;
  const std::size_t some = std::min(rows, kCovarianceRows);
  const LearnedRotation shared =
      learn_product_rotation(residuals.values.data(), some, shape, learning, subprogress(monitor, 0, 0.4));
  const std::vector<Rotation> same(learnt.scales.size(), shared.rotation);
  learnt.rotations = principal_rotations(residuals, shape, threads, subprogress(monitor, 0.4, 0.6));
  std::vector<float> turned = turned_residuals(residuals, learnt.rotations, threads);
  ProductCodebooks codebooks = learn_product_codebooks(turned.data(), some, shape, learning);
  const std::vector<float> turned_alike = turned_residuals(residuals, same, threads);
  if (loss_of(ProductCodes(shared.codebooks), turned_alike, threads) <
      loss_of(ProductCodes(codebooks), turned, threads)) {
    learnt.rotations = same;
    codebooks = shared.codebooks;
  }
  const std::vector<float> covariance = covariance_of(residuals.values, shape.dims, threads);
  const ProductLearning once{1, learning.seed, learning.threads};
  for (std::size_t turn = 0; turn < kCellTurns; ++turn) {
    const ProductCodes codes(codebooks);
    parallel_for(learnt.rotations.size(), 1, threads, [&](std::size_t cell, std::size_t, std::size_t) {
      learnt.rotations[cell] = turned_cell(residuals, cell, learnt.rotations[cell], codes, covariance);
    });
    turned = turned_residuals(residuals, learnt.rotations, threads);
    improve_product_codebooks(turned.data(), some, once, codebooks);
    report(monitor, 0.6 + 0.4 * static_cast<double>(turn + 1) / kCellTurns);
  }
  learnt.codebooks.push_back(std::move(codebooks));
}

}  // namespace

LocalCodebooks learn_local_codebooks(const float* vectors, std::size_t rows, const ProductShape& shape,
                                     const LocalLearning& learning, const Monitor& monitor) {
  const std::size_t threads = thread_count(learning.product.threads);
  const std::size_t dims = shape.dims;
  const std::vector<std::uint32_t> order = shuffled(rows, learning.product.seed);
  std::vector<float> mixed(rows * dims);
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(vectors + order[i] * dims, dims, mixed.data() + i * dims);

  LocalCodebooks learnt;
  learnt.shape = shape;
  learnt.centroids =
      float_kmeans({mixed.data(), rows, dims}, {learning.cells, kCellRounds, learning.product.seed, threads},
                   subprogress(monitor, 0, kCellsTime));
  Residuals residuals = residuals_of(mixed.data(), rows, dims, learnt.centroids, threads);
  scale_cells(residuals, rows, learnt);
  learn_rotations(residuals, learning.product, threads, learnt, subprogress(monitor, kCellsTime, kRotationsTime));
  const std::vector<float> turned = turned_residuals(residuals, learnt.rotations, threads);
  ProductLearning last = learning.product;
  last.rounds = kLastRounds;
  improve_product_codebooks(turned.data(), rows, last, learnt.codebooks.front());
  learnt.codebook_of.resize(learning.cells, 0);
  for (std::size_t cell = 0; cell < learning.cells; ++cell) {
    if (residuals.grouping.size(cell) < kLocalRowsPerWord * shape.words()) continue;
    std::vector<float> own;
    add_rows(turned, residuals.grouping.members(cell), dims, 1, own);
    learnt.codebook_of[cell] = static_cast<std::uint32_t>(learnt.codebooks.size());
    learnt.codebooks.push_back(learnt.codebooks.front());
    improve_product_codebooks(own.data(), own.size() / dims, last, learnt.codebooks.back());
  }
  return learnt;
}

}  // namespace nearabout::quantize
