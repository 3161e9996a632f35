#include "index/graph/code_bits_choice.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/spread_rows.h"
#include "index/graph/costs.h"
#include "index/graph/graph.h"
#include "index/search_stats.h"
#include "index/stored_index.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kMinMeasuredRows = 16'384;
constexpr std::size_t kComparedRows = 2'048;
constexpr std::size_t kHeldOutQueries = 128;
constexpr std::size_t kNeighbours = 10;
constexpr double kWiderBy = 1.3;  // ratio of the width of a walk to that of the one before
constexpr std::size_t kMaxTriedWidth = 512;

// Some rows, and queries that are other rows, as float32.
struct Sample {
  std::vector<float> rows, queries;
};

Sample take_sample(const index::ValidatedRows& source) {
  const std::size_t dims = source.dims();
  constexpr std::size_t kAll = kComparedRows + kHeldOutQueries;
  Sample sample;
  for (std::size_t i = 0; i < kAll; ++i) {
    std::vector<float>& to = i % (kAll / kHeldOutQueries) == 0 && sample.queries.size() < kHeldOutQueries * dims
                                 ? sample.queries
                                 : sample.rows;
    to.resize(to.size() + dims);
    const std::size_t row = spread_row(i, kAll, source.rows());
    source.read_f32(row, row + 1, to.data() + to.size() - dims);
  }
  return sample;
}

MatrixView view_of(const std::vector<float>& vectors, std::size_t dims) {
  return {std::as_bytes(std::span(vectors)).data(), vectors.size() / dims, dims, dims * sizeof(float), Element::f32};
}

std::shared_ptr<const index::StoredIndex> graph_of(MatrixView rows, metric::Metric metric, GraphOptions options,
                                                   std::size_t bits, std::size_t threads) {
  options.code_bits = bits;
  options.keep_vectors = true;
  const index::ValidatedRows validated(rows, Element::f32, metric, index::InvalidRows::refuse, threads, {});
  storage::Writer writer = storage::Writer::to_memory();
  index::BuildOptions build;
  build.threads = threads;
  write_graph(writer, validated, options, {}, build, {});
  return index::StoredIndex::open(writer.finish());
}

double recall_of(const std::vector<index::SearchResult>& results, const std::vector<index::SearchResult>& truth) {
  std::size_t found = 0, all = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    all += truth[i].rows.size();
    for (const std::uint32_t row : truth[i].rows)
      found += std::find(results[i].rows.begin(), results[i].rows.end(), row) != results[i].rows.end();
  }
  return static_cast<double>(found) / static_cast<double>(std::max<std::size_t>(all, 1));
}

double cost_of(const index::SearchStats& stats, const NodeFormat& format) {
  double nodes = 0, fetched = 0;
  for (const auto& [name, value] : stats.counts) {
    if (name == kNodesCounted) nodes = static_cast<double>(value);
    if (name == kFetchedCounted) fetched = static_cast<double>(value);
  }
  return walk_cost(format, nodes, fetched);
}

// Returns the cost of the narrowest walks that reach the recall; infinity if none does.
double cost_at(const index::StoredIndex& index, MatrixView queries, double recall, std::size_t threads) {
  index::Request request;
  request.k = kNeighbours;
  request.threads = threads;
  request.exact = true;
  const std::vector<index::SearchResult> truth = index.searcher().search(queries, request);
  request.exact = false;
  for (double width = kNeighbours; width < kMaxTriedWidth; width *= kWiderBy) {
    index::SearchStats stats;
    request.stats = &stats;
    request.effort = static_cast<std::size_t>(width);
    if (recall_of(index.searcher().search(queries, request), truth) >= recall)
      return cost_of(stats, static_cast<const GraphIndex&>(index.searcher()).layout().format);
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

std::size_t choose_code_bits(const index::ValidatedRows& source, const GraphOptions& options,
                             const index::BuildOptions& build) {
  constexpr std::size_t kDefaultBits = 2, kByteBits = 8;
  if (source.rows() < kMinMeasuredRows) return kDefaultBits;
  const Sample sample = take_sample(source);
  const MatrixView rows = view_of(sample.rows, source.dims());
  const MatrixView queries = view_of(sample.queries, source.dims());
  // Bits become zeros and ones, at the same distances squared.
  const metric::Metric metric =
      source.metric() == metric::Metric::hamming ? metric::Metric::sqeuclidean : source.metric();
  const auto cost = [&](std::size_t bits) {
    return cost_at(*graph_of(rows, metric, options, bits, build.threads), queries, options.recall, build.threads);
  };
  return cost(kByteBits) < cost(kDefaultBits) ? kByteBits : kDefaultBits;
}

}  // namespace nearabout::graph
