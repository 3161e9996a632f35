// Builds a graph: finds near nodes, chooses edges among them, and writes the file.
#include <algorithm>

#include "base/error.h"
#include "base/spread_rows.h"
#include "index/distance_source.h"
#include "index/exact/screen.h"
#include "index/graph/code_bits_choice.h"
#include "index/graph/graph.h"
#include "index/graph/learn.h"
#include "index/graph/pack.h"
#include "index/graph/partition.h"
#include "index/graph/reach.h"
#include "quantize/byte_rows_build.h"
#include "quantize/directions_file.h"
#include "quantize/transform_file.h"
#include "transform/space.h"

namespace nearabout::graph {
namespace {

using storage::SectionId;

constexpr std::size_t kEntries = 256;       // at most, unless some nodes are reached in no other way
constexpr std::size_t kNodesPerEntry = 64;  // at least

std::vector<std::uint32_t> choose_entries(std::size_t nodes) {
  const std::size_t count = std::clamp<std::size_t>(nodes / kNodesPerEntry, 1, kEntries);
  std::vector<std::uint32_t> entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back(static_cast<std::uint32_t>(spread_row(i, count, nodes)));
  return entries;
}

// Throws if the build would hold more than its memory budget: pairs of rows are compared in all corners of the table,
// so it is not divided into parts that fit.
void check_memory(std::size_t rows, std::size_t directions, std::size_t degree, std::size_t memory) {
  constexpr std::size_t kOtherBytes = 40;  // of a node: its rows, its places in order, and counts
  const std::size_t point = directions * sizeof(std::int16_t);
  const std::size_t candidates = Candidates::kPerNode * sizeof(Scored);
  const std::size_t edges = 3 * degree * sizeof(std::uint32_t);  // those chosen first, reversed, and chosen in the end
  const std::size_t held = rows * (point + candidates + edges + kOtherBytes);
  if (memory == 0 || held <= memory) return;
  const auto megabytes = [](std::size_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + "MB"; };
  throw InvalidInputError("a graph of " + std::to_string(rows) + " rows takes " + megabytes(held) +
                          " while it is built, and memory= allows " + megabytes(memory) + "; pass memory=\"" +
                          megabytes(held) + "\" or more, or kind=\"ivf\", which is built in parts");
}

BuiltGraph grow_graph(const index::ValidatedRows& source, const transform::RowReader& read, const GraphOptions& options,
                      const index::BuildOptions& build, const Monitor& monitor) {
  const std::size_t threads = build.threads;
  LearntGraph learnt =
      learn(read, source.rows(), source.dims(), *transform::search_space_of(source.metric()), options, threads);
  check_memory(source.rows(), learnt.shape.directions, options.degree, build.memory);
  DistinctRows rows = find_distinct_rows(source, threads, subprogress(monitor, 0.1, 0.15));
  Points points = project_nodes(learnt, rows, read, threads, subprogress(monitor, 0.15, 0.25));
  Candidates candidates(points.count());
  std::vector<std::uint32_t> order =
      find_candidates(points, options.seed, candidates, threads, subprogress(monitor, 0.25, 0.6));
  Edges edges = choose_edges(points, candidates, order, options, threads, subprogress(monitor, 0.6, 1.0));
  std::vector<std::uint32_t> entries = choose_entries(points.count());
  make_reachable(edges, entries);
  return {std::move(learnt), std::move(rows),  std::move(points),
          std::move(edges),  std::move(order), std::move(entries)};
}

void write_learnt(storage::Writer& writer, const BuiltGraph& graph, const GraphOptions& options) {
  const LearntGraph& learnt = graph.learnt;
  const std::uint64_t header[] = {options.degree, learnt.shape.directions, learnt.shape.bits, options.seed,
                                  graph.rows.copies()};
  writer.add<std::uint64_t>(SectionId::graph_header, {1, 5}, header);
  quantize::write_transform(writer, {learnt.transform, learnt.point_step, options.alpha});
  quantize::write_directions(writer, learnt.directions);
}

// Vectors of bytes are their own 8-bit codes.
index::DistanceSource distance_source_of(const GraphOptions& options, const index::ValidatedRows& source) {
  if (options.keep_vectors || is_byte(source.element())) return index::DistanceSource::vectors;
  if (!transform::code_space_of(source.metric()))
    throw InvalidInputError("without vectors a graph does not support metric '" +
                            std::string(name_of(source.metric())) +
                            "', only euclidean, sqeuclidean, cosine and dot; build it with keep_vectors=True");
  return index::DistanceSource::int8;
}

void check_options(const GraphOptions& options, metric::Metric metric) {
  if (!transform::search_space_of(metric))
    throw InvalidInputError(
        "a graph does not support metric '" + std::string(name_of(metric)) +
        "', only euclidean, sqeuclidean, cosine, dot, manhattan and hamming; choose kind=\"exact\"");
  if (options.degree < kernels::kBlockRows || options.degree > kMaxDegree || options.degree % kernels::kBlockRows != 0)
    throw InvalidInputError("degree is " + std::to_string(options.degree) + "; multiples of 16 up to " +
                            std::to_string(kMaxDegree) + " are allowed");
  if (!(options.alpha >= 1 && options.alpha <= kMaxAlpha))
    throw InvalidInputError("alpha is " + std::to_string(options.alpha) + "; 1 to 4 are allowed");
  if (options.code_bits != 0 && !quantize::are_code_bits(options.code_bits))
    throw InvalidInputError("codes have " + std::to_string(options.code_bits) +
                            " bits per direction; 1, 2, 4 and 8 are allowed");
}

}  // namespace

void write_graph(storage::Writer& writer, const index::ValidatedRows& source, const GraphOptions& given,
                 const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor) {
  check_options(given, source.metric());
  GraphOptions options = given;
  if (options.code_bits == 0) options.code_bits = choose_code_bits(source, options, build);
  const index::DistanceSource distance_source = distance_source_of(options, source);
  index::write_descriptor(writer, {kGraphNumber, source.metric(), source.element(), source.rows(), source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  index::write_distance_source(writer, distance_source);
  if (source.rows() > 0) {
    const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
      source.read_f32(begin, end, to);
    };
    const BuiltGraph graph = grow_graph(source, read, options, build, subprogress(monitor, 0.2, 0.7));
    write_learnt(writer, graph, options);
    write_nodes(writer, graph, build.threads, subprogress(monitor, 0.7, 0.8));
    if (distance_source == index::DistanceSource::int8)
      quantize::write_byte_rows(writer, graph.learnt.transform, read, source.rows(), nullptr, build.threads,
                                subprogress(monitor, 0.8, 1.0));
  }
  if (distance_source == index::DistanceSource::int8) return;
  exact::write_screen_of(writer, source, quantize::kScreenOfRows, build, subprogress(monitor, 0.8, 0.9));
  source.write(writer, subprogress(monitor, 0.9, 1.0));
}

}  // namespace nearabout::graph
