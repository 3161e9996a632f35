// Building a forest: sketches of all rows, trees on them, what is measured of them, and the file.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/threads.h"
#include "index/forest/measure.h"
#include "quantize/sketch_file.h"

namespace nearabout {
namespace {

using storage::SectionId;

constexpr std::size_t kRowsAtATime = 256;

// Rows as floats; of bits, zeros and ones.
RowReader reader_of(const Source& source) {
  if (source.element() != Element::bits)
    return [&source](std::size_t begin, std::size_t end, float* to) { source.read_f32(begin, end, to); };
  return [&source](std::size_t begin, std::size_t end, float* to) {
    const std::size_t dims = source.dims();
    const std::size_t bytes = row_bytes(Element::bits, dims);
    std::vector<std::byte> packed((end - begin) * bytes);
    source.read(begin, end, packed.data());
    for (std::size_t i = 0; i < end - begin; ++i) unpack_bits(packed.data() + i * bytes, dims, to + i * dims);
  };
}

void make_sketches(GrownForest& forest, const RowReader& read, std::size_t rows, std::size_t threads,
                   const Monitor& monitor) {
  const std::size_t width = forest.sketch.width();
  forest.codes.resize(rows * width);
  forest.offsets.resize(rows);
  parallel_for(
      rows, kRowsAtATime, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<float> vectors((end - begin) * forest.sketch.dims());
        read(begin, end, vectors.data());
        forest.sketch.encode(vectors.data(), end - begin, forest.codes.data() + begin * width,
                             forest.offsets.data() + begin);
      },
      monitor);
}

void grow_trees(GrownForest& forest, const ForestOptions& options, std::size_t rows, std::size_t threads,
                const Monitor& monitor) {
  const Codes codes{forest.codes.data(), forest.sketch.width()};
  for (std::size_t tree = 0; tree < options.trees; ++tree) {
    Random random(options.seed + tree);  // mixed, so that seeds that follow each other have nothing in common
    const double share = 1 / static_cast<double>(options.trees);
    forest.trees.push_back(
        grow_tree(codes, rows, forest.sketch.grid, options.leaf_size, random.next(), threads,
                  step_of(monitor, share * static_cast<double>(tree), share * static_cast<double>(tree + 1))));
  }
  forest.levels = levels_of(forest.trees, rows);
}

// The places of the rows of each node, from the leaves up.
void find_centroids(GrownForest& forest, std::size_t rows, std::size_t threads) {
  const Codes codes{forest.codes.data(), forest.sketch.width()};
  std::vector<std::uint64_t> firsts = forest.levels[0].firsts;  // places
  std::size_t done = 0;
  for (std::size_t level = 0; level < forest.levels.size(); ++level) {
    if (level > 0) {
      std::vector<std::uint64_t> places;
      for (const std::uint64_t child : forest.levels[level].firsts) places.push_back(firsts[child]);
      firsts.swap(places);
    }
    const std::size_t nodes = forest.levels[level].nodes();
    forest.node_codes.resize((done + nodes) * codes.width);
    forest.node_offsets.resize(done + nodes);
    parallel_for(nodes, 64, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      Centroids centroids(forest.sketch);
      for (std::size_t node = begin; node < end; ++node) {
        const Tree& tree = forest.trees[firsts[node] / rows];
        centroids.of(codes, tree.rows.data() + firsts[node] % rows, firsts[node + 1] - firsts[node],
                     forest.node_codes.data() + (done + node) * codes.width, &forest.node_offsets[done + node]);
      }
    });
    done += nodes;
  }
}

void write_nodes(storage::Writer& writer, const GrownForest& forest, const ForestOptions& options) {
  std::vector<std::uint64_t> facts{forest.trees.size(), options.leaf_size, options.seed};
  std::vector<std::uint64_t> firsts;
  for (const Level& level : forest.levels) {
    facts.push_back(level.nodes());
    firsts.insert(firsts.end(), level.firsts.begin(), level.firsts.end());
  }
  writer.add<std::uint64_t>(SectionId::forest, {1, facts.size()}, facts);
  writer.add<std::uint64_t>(SectionId::tree_nodes, {firsts.size(), 1}, firsts);
  writer.add<std::uint8_t>(SectionId::node_codes, {forest.node_offsets.size(), forest.sketch.width()},
                           forest.node_codes);
  writer.add<float>(SectionId::node_offsets, {forest.node_offsets.size(), 1}, forest.node_offsets);
}

// What each tree keeps of its rows, in the order of its leaves.
void write_trees(storage::Writer& writer, const GrownForest& forest, std::size_t rows) {
  const std::uint64_t places = forest.trees.size() * rows;
  writer.begin(SectionId::tree_rows, Element::u32, {places, 1});
  for (const Tree& tree : forest.trees) writer.append(std::as_bytes(std::span(tree.rows)));
  writer.end();
  if (forest.sketch.space != Space::inner) {
    writer.begin(SectionId::tree_offsets, Element::f32, {places, 1});
    std::vector<float> offsets(rows);
    for (const Tree& tree : forest.trees) {
      for (std::size_t place = 0; place < rows; ++place) offsets[place] = forest.offsets[tree.rows[place]];
      writer.append(std::as_bytes(std::span(offsets)));
    }
    writer.end();
  }
  const std::size_t width = forest.sketch.width();
  writer.begin(SectionId::tree_codes, Element::u8, {places, width});
  std::vector<std::uint8_t> codes(kRowsAtATime * width);
  for (const Tree& tree : forest.trees)
    for (std::size_t begin = 0; begin < rows; begin += kRowsAtATime) {
      const std::size_t count = std::min(kRowsAtATime, rows - begin);
      for (std::size_t i = 0; i < count; ++i)
        std::copy_n(forest.codes.data() + tree.rows[begin + i] * width, width, codes.data() + i * width);
      writer.append(std::as_bytes(std::span(codes).first(count * width)));
    }
  writer.end();
}

void check_options(const ForestOptions& options, Metric metric) {
  if (!forest_space_of(metric))
    throw InvalidInput("a forest cannot be grown under the metric " + std::string(name_of(metric)) +
                       "; it serves euclidean, sqeuclidean, cosine, dot, manhattan and hamming: choose kind \"exact\"");
  if (options.trees < 1 || options.trees > kMostTrees)
    throw InvalidInput("trees is " + std::to_string(options.trees) + "; 1 to " + std::to_string(kMostTrees) +
                       " are allowed");
  if (options.leaf_size < 1) throw InvalidInput("leaf_size is 0; a leaf holds at least 1 row");
}

}  // namespace

void write_forest(storage::Writer& writer, const Source& source, const ForestOptions& options,
                  const std::string& metadata, std::size_t threads, const Monitor& monitor) {
  check_options(options, source.metric());
  write_descriptor(writer, {Kind::forest, source.metric(), source.element(), source.rows(), source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  const std::size_t rows = source.rows();
  if (rows > 0) {
    const RowReader read = reader_of(source);
    GrownForest forest;
    forest.sketch = learn_sketch(read, rows, source.dims(), *forest_space_of(source.metric()), threads);
    report(monitor, 0.2);
    make_sketches(forest, read, rows, threads, step_of(monitor, 0.2, 0.4));
    grow_trees(forest, options, rows, threads, step_of(monitor, 0.4, 0.7));
    find_centroids(forest, rows, threads);
    const std::vector<EffortPoint> efforts = measure_efforts(forest, read, rows, threads);
    write_sketch(writer, forest.sketch);
    write_nodes(writer, forest, options);
    std::vector<double> numbers;
    for (const EffortPoint& point : efforts) numbers.insert(numbers.end(), {point.share, point.effort});
    writer.add<double>(SectionId::efforts, {efforts.size(), 2}, numbers);
    write_trees(writer, forest, rows);
  }
  source.write(writer, step_of(monitor, 0.8, 1.0));
}

}  // namespace nearabout
