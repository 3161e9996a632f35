// Builds a forest: sketches all rows, grows trees on them, measures them, and writes the file.
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "index/calibration/residuals.h"
#include "index/exact/byte_rows.h"
#include "index/exact/screen.h"
#include "index/forest/measure.h"
#include "quantize/sketch_file.h"

namespace nearabout::forest {
namespace {

using storage::SectionId;

constexpr std::size_t kRowsPerTask = 64;     // rows sketched per task of a thread
constexpr std::size_t kStoredRows = 16'384;  // rows stored or written by one call

// Returns where to store data that grows with the rows: a scratch path, or null for memory.
const std::string* place_for_rows(const index::ValidatedRows& source, const ForestOptions& options, std::size_t width,
                                  const index::BuildOptions& build) {
  const std::size_t row = width + sizeof(float) + sizeof(std::uint32_t);
  const std::size_t copies = options.trees + 2;  // in input order, in parts, in each tree
  const bool fits = build.memory == 0 || source.rows() <= build.memory / 2 / (row * copies);
  return fits ? nullptr : &build.path;
}

SketchStore sketch_all(const quantize::Sketch& sketch, const transform::RowReader& read, std::size_t rows,
                       const std::string* scratch, std::size_t threads, const Monitor& monitor) {
  SketchStore store(sketch.width(), scratch);
  store.reserve(rows);
  std::vector<std::uint8_t> codes(kStoredRows * sketch.width());
  std::vector<float> offsets(kStoredRows);
  std::vector<std::uint32_t> numbers(kStoredRows);
  for (std::size_t begin = 0; begin < rows; begin += kStoredRows) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(kStoredRows, rows - begin);
    parallel_for(count, kRowsPerTask, threads, [&](std::size_t first, std::size_t last, std::size_t) {
      std::vector<float> vectors((last - first) * sketch.dims());
      read(begin + first, begin + last, vectors.data());
      sketch.encode(vectors.data(), last - first, codes.data() + first * sketch.width(), offsets.data() + first);
    });
    std::iota(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(begin));
    store.append({codes.data(), offsets.data(), numbers.data()}, count);
  }
  return store;
}

BuiltForest grow_forest(const index::ValidatedRows& source, const transform::RowReader& read,
                        const ForestOptions& options, const index::BuildOptions& build, const Monitor& monitor) {
  const std::size_t rows = source.rows();
  BuiltForest forest;
  forest.sketch =
      quantize::learn_sketch(read, rows, source.dims(), *transform::search_space_of(source.metric()), build.threads);
  report(monitor, 0.2);
  const std::string* scratch = place_for_rows(source, options, forest.sketch.width(), build);
  const SketchStore sketches =
      sketch_all(forest.sketch, read, rows, scratch, build.threads, subprogress(monitor, 0.2, 0.5));
  const double fraction = 0.4 / static_cast<double>(options.trees);
  for (std::size_t tree = 0; tree < options.trees; ++tree) {
    const double done = 0.5 + fraction * static_cast<double>(tree);
    Random random(options.seed + tree);  // mixed, so that consecutive seeds give unrelated numbers
    forest.trees.push_back(build_tree(sketches, forest.sketch.grid, options.leaf_size, random.next(), build.threads,
                                      scratch, subprogress(monitor, done, done + fraction)));
  }
  forest.levels = levels_of(forest.trees, rows);
  forest.centroids = centroids_of(forest.trees, forest.levels, forest.sketch, build.threads);
  return forest;
}

void write_nodes(storage::Writer& writer, const BuiltForest& forest, const ForestOptions& options,
                 std::uint64_t fallback_effort) {
  std::vector<std::uint64_t> header{forest.trees.size(), options.leaf_size, options.seed, fallback_effort};
  std::vector<std::uint64_t> firsts;
  for (const Level& level : forest.levels) {
    header.push_back(level.nodes());
    firsts.insert(firsts.end(), level.firsts.begin(), level.firsts.end());
  }
  const std::uint64_t nodes = forest.centroids.offsets.size();
  writer.add<std::uint64_t>(SectionId::tree_header, {1, header.size()}, header);
  writer.add<std::uint64_t>(SectionId::tree_nodes, {firsts.size(), 1}, firsts);
  writer.add<std::uint8_t>(SectionId::node_codes, {nodes, forest.sketch.width()}, forest.centroids.codes);
  writer.add<float>(SectionId::node_offsets, {nodes, 1}, forest.centroids.offsets);
  writer.add<float>(SectionId::leaf_residuals, {calibration::kResidualNumbers, forest.levels[0].nodes()},
                    forest.centroids.residuals);
}

// Writes one section of the trees' rows, in the order of their leaves.
template <class Bytes>
void write_column(storage::Writer& writer, const BuiltForest& forest, SectionId id, Element element,
                  std::size_t columns, const Monitor& monitor, Bytes bytes_of) {
  const std::size_t rows = forest.trees[0].rows.rows();
  writer.begin(id, element, {forest.trees.size() * rows, columns});
  SketchStore::Buffers buffers;
  double done = 0;
  for (const Tree& tree : forest.trees)
    for (std::size_t begin = 0; begin < rows; begin += kStoredRows) {
      report(monitor, done / static_cast<double>(forest.trees.size() * rows));
      const std::size_t end = std::min(begin + kStoredRows, rows);
      writer.append(bytes_of(tree.rows.read(begin, end, buffers), end - begin));
      done += static_cast<double>(end - begin);
    }
  writer.end();
}

void write_trees(storage::Writer& writer, const BuiltForest& forest, const Monitor& monitor) {
  const std::size_t width = forest.sketch.width();
  write_column(
      writer, forest, SectionId::tree_rows, Element::u32, 1, subprogress(monitor, 0.0, 0.1),
      [](const SketchedRows& rows, std::size_t count) { return std::as_bytes(std::span(rows.numbers, count)); });
  if (forest.sketch.space() != transform::CodeSpace::inner_product)
    write_column(
        writer, forest, SectionId::tree_offsets, Element::f32, 1, subprogress(monitor, 0.1, 0.2),
        [](const SketchedRows& rows, std::size_t count) { return std::as_bytes(std::span(rows.offsets, count)); });
  write_column(
      writer, forest, SectionId::tree_codes, Element::u8, width, subprogress(monitor, 0.2, 1.0),
      [=](const SketchedRows& rows, std::size_t count) { return std::as_bytes(std::span(rows.codes, count * width)); });
}

void check_options(const ForestOptions& options, metric::Metric metric) {
  if (!transform::search_space_of(metric))
    throw InvalidInputError(
        "a forest does not support metric '" + std::string(name_of(metric)) +
        "', only euclidean, sqeuclidean, cosine, dot, manhattan and hamming; choose kind=\"exact\"");
  if (options.trees < 1 || options.trees > kMaxTrees)
    throw InvalidInputError("trees is " + std::to_string(options.trees) + "; 1 to " + std::to_string(kMaxTrees) +
                            " are allowed");
  if (options.leaf_size < 1) throw InvalidInputError("leaf_size is 0; a leaf holds at least 1 row");
}

}  // namespace

void write_forest(storage::Writer& writer, const index::ValidatedRows& source, const ForestOptions& options,
                  const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor) {
  check_options(options, source.metric());
  if (options.byte_rows) exact::require_byte_rows(source.metric(), source.element());
  index::write_descriptor(writer, {kForestNumber, source.metric(), source.element(), source.rows(), source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  if (source.rows() > 0) {
    const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
      source.read_f32(begin, end, to);
    };
    BuiltForest forest = grow_forest(source, read, options, build, subprogress(monitor, 0.2, 0.7));
    const Measured measured = measure(forest, read, source.rows(), build.threads, subprogress(monitor, 0.7, 0.75));
    forest.sketch.bias_bound = measured.bias_bound;
    quantize::write_sketch(writer, forest.sketch);
    write_nodes(writer, forest, options, measured.fallback_effort);
    write_trees(writer, forest, subprogress(monitor, 0.75, 0.8));
  }
  exact::write_screen_of(writer, source, quantize::kScreenOfRows, build, subprogress(monitor, 0.8, 0.88));
  if (options.byte_rows) exact::write_byte_rows_of(writer, source, build, subprogress(monitor, 0.88, 0.9));
  source.write(writer, subprogress(monitor, 0.9, 1.0));
}

}  // namespace nearabout::forest
