// Builds a k-d tree: orders the rows, and writes their points in that order with boxes around them.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/threads.h"
#include "index/kdtree/kdtree.h"
#include "index/kdtree/order.h"
#include "index/kdtree/pack.h"

namespace nearabout::kdtree {
namespace {

using storage::SectionId;

constexpr std::size_t kReadTogether = 1'024;  // rows

void check_options(const KdTreeOptions& options, metric::Metric metric, Element element) {
  if (!TreeSpace::serves(metric) || element == Element::bits)
    throw InvalidInputError("a k-d tree does not support metric '" + std::string(name_of(metric)) +
                            "', only euclidean, sqeuclidean, cosine, manhattan and haversine; choose kind=\"exact\"");
  if (options.leaf_size == 0 || options.leaf_size > kMaxLeafSize || options.leaf_size % kernels::kBlockRows != 0)
    throw InvalidInputError("leaf_size is " + std::to_string(options.leaf_size) + "; multiples of 16 up to " +
                            std::to_string(kMaxLeafSize) + " are allowed");
  if (!(options.epsilon >= 0 && std::isfinite(options.epsilon)))
    throw InvalidInputError("epsilon is " + std::to_string(options.epsilon) + "; 0 or more is allowed");
}

// Throws if the build would hold more than its memory budget: rows are moved all over the table, so it is not divided
// into parts that fit.
void check_memory(std::size_t rows, std::size_t dims, std::size_t memory) {
  const std::size_t held = planned_bytes(rows, dims);
  if (memory == 0 || held <= memory) return;
  const auto megabytes = [](std::size_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + "MB"; };
  throw InvalidInputError("a k-d tree of " + std::to_string(rows) + " rows takes " + megabytes(held) +
                          " while it is built, and memory= allows " + megabytes(memory) + "; pass memory=\"" +
                          megabytes(held) + "\" or more, or kind=\"exact\", which is built in parts");
}

// Maps all rows to points, but for the scale.
std::vector<float> map_rows(const index::ValidatedRows& source, const TreeSpace& space, std::size_t threads) {
  std::vector<float> points(source.rows() * space.dims());
  parallel_for(source.rows(), kReadTogether, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<float> vectors((end - begin) * source.dims());
    source.read_f32(begin, end, vectors.data());
    space.map(vectors.data(), end - begin, points.data() + begin * space.dims());
  });
  return points;
}

// Multiplies the points by the scale that they need, and returns it.
double scale_points(metric::Metric metric, std::vector<float>& points) {
  float largest = 0;
  for (const float value : points) largest = std::max(largest, std::abs(value));
  const double scale = TreeSpace::scale_for(metric, double{largest});
  if (scale == 1) return scale;
  for (float& value : points) value = static_cast<float>(double{value} * scale);
  return scale;
}

void write_tree(storage::Writer& writer, const index::ValidatedRows& source, const KdTreeOptions& options,
                std::size_t threads, const Monitor& monitor) {
  const TreeSpace space(source.metric(), source.dims(), 1);
  const TreeShape shape(source.rows(), options.leaf_size);
  std::vector<float> points = map_rows(source, space, threads);
  const double scale = scale_points(source.metric(), points);
  report(monitor, 0.2);
  const std::vector<std::uint32_t> order =
      order_rows(points, space.dims(), shape, threads, subprogress(monitor, 0.2, 0.8));
  const std::vector<float> blocks = pack_points(points, space.dims(), order, threads);
  const std::vector<float> boxes = pack_boxes(blocks, space.dims(), shape, threads);
  report(monitor, 0.9);
  const std::uint64_t header[] = {options.leaf_size};
  const double numbers[] = {scale, options.epsilon};
  const std::size_t block = kernels::kBlockRows * space.dims();
  writer.add<std::uint64_t>(SectionId::kdtree_header, {1, 1}, header);
  writer.add<double>(SectionId::kdtree_scale, {1, 2}, numbers);
  writer.add<std::uint32_t>(SectionId::kdtree_rows, {order.size(), 1}, order);
  writer.add<float>(SectionId::kdtree_points, {shape.blocks(), block}, blocks);
  writer.add<float>(SectionId::kdtree_boxes, {shape.nodes(), 2 * block}, boxes);
}

}  // namespace

std::size_t planned_bytes(std::size_t rows, std::size_t dims) {
  constexpr std::size_t kCopies = 2;                  // of a point: by row, and in the order of the tree
  constexpr std::size_t kOrderBytes = 4 + 2 * 8 + 1;  // of a row: its place, two keys, and of boxes
  return rows * (kCopies * dims * sizeof(float) + kOrderBytes + dims * sizeof(float) / 4);
}

void write_kdtree(storage::Writer& writer, const index::ValidatedRows& source, const KdTreeOptions& options,
                  const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor) {
  check_options(options, source.metric(), source.element());
  check_memory(source.rows(), source.dims(), build.memory);
  index::write_descriptor(writer, {kKdTreeNumber, source.metric(), source.element(), source.rows(), source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  if (source.rows() > 0) write_tree(writer, source, options, build.threads, subprogress(monitor, 0.2, 0.8));
  source.write(writer, subprogress(monitor, 0.8, 1.0));
}

}  // namespace nearabout::kdtree
