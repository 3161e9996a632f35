#include "index/ivf/learn_codes.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/threads.h"
#include "index/ivf/list_codes_file.h"
#include "index/ivf/residual_sample.h"
#include "quantize/byte_centroids.h"
#include "quantize/learned_rotation.h"
#include "quantize/product_learn.h"
#include "quantize/product_residuals.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kDefaultPartBits = 4;    // tables of sixteen entries are scanned in registers
constexpr std::size_t kDefaultCodeBytes = 16;  // of product codes
constexpr std::size_t kDefaultScalarBits = 8;
constexpr std::size_t kDefaultRandomBits = 1;
constexpr std::size_t kScalarSampleRows = 8'192;
constexpr std::size_t kLocalSampleRows = 524'288;  // of all cells
constexpr std::size_t kMaxCells = 64;
constexpr std::size_t kRowsPerWord = 40;  // rows of a cell for each codeword of a part

quantize::ProductShape shape_of(const quantize::CodeShape& shape) {
  return {shape.directions, shape.parts, shape.bits};
}

quantize::ProductLearning learning_of(const IvfOptions& options, std::size_t threads) {
  return {.seed = options.seed, .threads = threads};
}

// Codebooks of zeros, where there is nothing to learn from: all rows are at their centroids.
quantize::ProductCodebooks codebooks_of(const std::vector<float>& residuals, const quantize::ProductShape& shape,
                                        const quantize::ProductLearning& learning, const Monitor& monitor) {
  if (residuals.empty()) return {shape, std::vector<float>(shape.words() * shape.dims, 0.0f)};
  return quantize::learn_product_codebooks(residuals.data(), residuals.size() / shape.dims, shape, learning, monitor);
}

// Turns the directions, and the centroids with them.
void turn(LearntLists& learnt, const transform::Rotation& rotation) {
  const std::size_t m = learnt.shape.directions;
  const std::size_t outputs = learnt.directions.outputs;
  std::vector<float> square(outputs * outputs, 0.0f);
  for (std::size_t j = 0; j < m; ++j) std::copy_n(rotation.matrix().data() + j * m, m, square.data() + j * outputs);
  learnt.directions = quantize::turned(learnt.directions, square);
  std::vector<float> centroids(learnt.lists() * outputs, 0.0f);
  std::vector<float> before(m);
  float most = 0;
  for (std::size_t list = 0; list < learnt.lists(); ++list) {
    float* const to = centroids.data() + list * outputs;
    for (std::size_t j = 0; j < m; ++j)
      before[j] = learnt.point_step * static_cast<float>(learnt.centroids[list * m + j]);
    rotation.apply(before.data(), 1, to);
    for (std::size_t j = 0; j < m; ++j) most = std::max(most, std::abs(to[j]));
  }
  learnt.point_step = std::max(learnt.point_step, most / 127);  // rows that are clipped are few, but no centroid is
  learnt.centroids = learnt.points_of(centroids);
}

std::vector<float> rotated(const std::vector<float>& rows, const transform::Rotation& rotation) {
  std::vector<float> result(rows.size());
  rotation.apply(rows.data(), rows.size() / rotation.dims(), result.data());
  return result;
}

// Returns codes with a rotation of their own: onto the principal directions of the residuals, allocated to parts of
// about equal variance (Y. Kalantidis and Y. Avrithis, "Locally optimized product quantization for approximate nearest
// neighbor search", CVPR 2014). Turning it on as for rotated codes takes ten times as long and finds no more. With too
// few residuals it turns nothing.
ListCodes::Codes codes_of_cell(const std::vector<float>& residuals, const quantize::ProductShape& shape,
                               const quantize::ProductLearning& learning) {
  const std::size_t rows = residuals.size() / shape.dims;
  transform::Rotation rotation = rows < 2 * shape.dims
                                     ? transform::no_rotation(shape.dims)
                                     : quantize::principal_rotation(residuals.data(), rows, shape, learning.threads);
  return std::make_shared<const quantize::ProductResiduals>(
      codebooks_of(rotated(residuals, rotation), shape, learning, {}), std::move(rotation));
}

// Cells are runs of lists, which are in an order of nearness, with about as many rows of the sample each.
std::vector<std::uint32_t> cells_of_lists(const ResidualSample& sample, std::size_t lists, std::size_t cells) {
  std::vector<std::size_t> sizes(lists, 0);
  for (const std::uint32_t list : sample.lists) ++sizes[list];
  std::vector<std::uint32_t> cell_of_list(lists);
  std::size_t before = 0;
  for (std::size_t list = 0; list < lists; ++list) {
    const std::size_t middle = before + sizes[list] / 2;
    cell_of_list[list] =
        static_cast<std::uint32_t>(std::min(cells - 1, middle * cells / std::max<std::size_t>(1, sample.rows())));
    before += sizes[list];
  }
  return cell_of_list;
}

std::size_t cell_count(const IvfOptions& options, std::size_t sampled, std::size_t words, std::size_t lists) {
  const std::size_t enough = std::max<std::size_t>(1, sampled / (kRowsPerWord * words));
  return std::min({options.code_cells > 0 ? options.code_cells : std::min(kMaxCells, enough), lists, sampled + 1});
}

ListCodes learn_local(const LearntLists& learnt, const ResidualSample& sample, const IvfOptions& options,
                      std::size_t threads, const Monitor& monitor) {
  const quantize::ProductShape shape = shape_of(learnt.shape);
  const std::size_t cells = cell_count(options, sample.rows(), shape.words(), learnt.lists());
  const std::vector<std::uint32_t> cell_of_list = cells_of_lists(sample, learnt.lists(), cells);
  std::vector<std::vector<float>> residuals(cells);
  for (std::size_t i = 0; i < sample.rows(); ++i) {
    const auto from = sample.directions.begin() + static_cast<std::ptrdiff_t>(i * sample.dims);
    std::vector<float>& own = residuals[cell_of_list[sample.lists[i]]];
    own.insert(own.end(), from, from + static_cast<std::ptrdiff_t>(sample.dims));
  }
  std::vector<ListCodes::Codes> codes(cells);
  parallel_for(
      cells, 1, threads,
      [&](std::size_t cell, std::size_t, std::size_t) {
        codes[cell] = codes_of_cell(residuals[cell], shape, learning_of(options, 1));
      },
      monitor);
  return {std::move(codes), cell_of_list};
}

// Returns the spread of residuals along each direction: the same for all after a random rotation. None for codes
// without steps.
std::vector<float> steps_of(const LearntLists& learnt, const transform::RowReader& read, std::size_t rows,
                            const IvfOptions& options, std::size_t threads) {
  if (!has_steps(options.code_family, learnt.shape.bits)) return {};
  const std::size_t m = learnt.shape.directions;
  if (options.code_family == CodeFamily::random) return std::vector<float>(m, 1.0f);
  const ResidualSample sample = sample_residuals(learnt, read, rows, kScalarSampleRows, threads);
  std::vector<double> squares(m, 0.0);
  for (std::size_t i = 0; i < sample.rows(); ++i)
    for (std::size_t j = 0; j < m; ++j)
      squares[j] += double{sample.directions[i * m + j]} * double{sample.directions[i * m + j]};
  const double most = *std::max_element(squares.begin(), squares.end());
  std::vector<float> steps(m, 1.0f);
  constexpr double kMinSpread = 1e-3;  // of the largest: rows unlike the sample have something there, too
  for (std::size_t j = 0; j < m && most > 0; ++j)
    steps[j] = static_cast<float>(std::max(std::sqrt(squares[j] / most), kMinSpread));
  return steps;
}

}  // namespace

quantize::CodeShape given_shape(std::size_t dims, const IvfOptions& options) {
  if (!is_product(options.code_family)) {
    constexpr std::size_t kLineDirections = 32;  // fill whole lines with any number of bits
    const std::size_t usual = options.code_family == CodeFamily::scalar ? kDefaultScalarBits : kDefaultRandomBits;
    return {(dims + kLineDirections - 1) / kLineDirections * kLineDirections,
            options.code_bits > 0 ? options.code_bits : usual};
  }
  const std::size_t bits = options.code_bits > 0 ? options.code_bits : kDefaultPartBits;
  const std::size_t m = std::min(quantize::kMaxByteDims, (dims + 3) / 4 * 4);
  const std::size_t unit = 32 / bits;  // parts in a line, as whole lines are stored
  const std::size_t bytes = options.code_bytes > 0 ? options.code_bytes : kDefaultCodeBytes;
  const std::size_t parts = std::min(bytes * 8 / bits, m);
  const std::size_t whole = std::max<std::size_t>(1, (parts + unit - 1) / unit) * unit;
  return {std::max(m, whole), bits, whole};
}

void learn_codes(LearntLists& learnt, const transform::RowReader& read, std::size_t rows, const IvfOptions& options,
                 std::size_t threads, const Monitor& monitor) {
  if (options.code_family == CodeFamily::pca) {
    learnt.codes = ListCodes(std::make_shared<const quantize::PcaCodes>(learnt.shape));
    return;
  }
  if (!is_product(options.code_family)) {
    learnt.codes = leveled_codes(options.code_family, learnt.shape, steps_of(learnt, read, rows, options, threads));
    return;
  }
  const quantize::ProductShape shape = shape_of(learnt.shape);
  const std::size_t few = quantize::product_sample_rows(shape.bits);
  const bool local = options.code_family == CodeFamily::local;
  const ResidualSample sample = sample_residuals(learnt, read, rows, local ? kLocalSampleRows : few, threads);
  if (local) {
    learnt.codes = learn_local(learnt, sample, options, threads, monitor);
    return;
  }
  const quantize::ProductLearning learning = learning_of(options, threads);
  if (options.code_family == CodeFamily::rotated && sample.rows() >= 2 * shape.dims) {
    quantize::LearnedRotation all =
        quantize::learn_product_rotation(sample.directions.data(), sample.rows(), shape, learning, monitor);
    turn(learnt, all.rotation);
    learnt.codes = ListCodes(std::make_shared<const quantize::ProductResiduals>(std::move(all.codebooks)));
    return;
  }
  learnt.codes = ListCodes(
      std::make_shared<const quantize::ProductResiduals>(codebooks_of(sample.directions, shape, learning, monitor)));
}

}  // namespace nearabout::ivf
