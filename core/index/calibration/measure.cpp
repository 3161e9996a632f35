#include "index/calibration/measure.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"
#include "base/top_k.h"
#include "index/calibration/recall_profile.h"
#include "index/queries.h"
#include "transform/fit_metric_transform.h"

namespace nearabout::calibration {
namespace {

using index::BuildOptions;
using index::StoredIndex;

// One calibration query in three is enough if only a kind's own parameters are measured.
constexpr std::size_t kStepForKnobs = 3;

// Reads rows [begin, end) as stored.
using StoredReader = std::function<void(std::size_t begin, std::size_t end, std::byte* to)>;

// Finds neighbours for metrics that are not Euclidean distances: compares rows as a search does, one block at a time. A
// row is not its own neighbour, nor are its copies.
void find_by_ranks(const index::Descriptor& descriptor, CalibrationQueries& calibration_queries,
                   const StoredReader& read, const BuildOptions& build, const Monitor& monitor) {
  constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  constexpr std::size_t kQueriesPerChunk = 8;
  const EncodedQueries encoded(calibration_queries, descriptor.element);
  const std::vector<metric::BoundQuery> bound = index::bind_queries(encoded.view(), descriptor);
  const std::size_t stride = row_bytes(descriptor.element, descriptor.dims);
  const std::size_t block = std::clamp<std::size_t>(kChunkBytes / stride, 1, descriptor.rows);
  const std::size_t k = calibration_queries.rows.empty() ? kMaxNeighbours : kScannedNeighbours;
  std::vector<TopK> best(calibration_queries.count(), TopK(std::min<std::size_t>(k, descriptor.rows)));
  std::vector<std::size_t> copies(calibration_queries.count(), 0);
  std::vector<std::byte> rows(block * stride);
  for (std::size_t begin = 0; begin < descriptor.rows; begin += block) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(descriptor.rows));
    const std::size_t count = std::min<std::size_t>(block, descriptor.rows - begin);
    read(begin, begin + count, rows.data());
    parallel_for(calibration_queries.count(), kQueriesPerChunk, build.threads,
                 [&](std::size_t first, std::size_t last, std::size_t) {
                   std::vector<double> rdists(count);
                   for (std::size_t query = first; query < last; ++query) {
                     bound[query].rdists({rows.data(), stride, nullptr, count}, rdists.data());
                     for (std::size_t i = 0; i < count; ++i) {
                       const bool itself =
                           !calibration_queries.rows.empty() && calibration_queries.rows[query] == begin + i;
                       const bool copy = !calibration_queries.rows.empty() && rdists[i] == 0;
                       if (!itself && !copy) best[query].push(rdists[i], static_cast<std::uint32_t>(begin + i));
                       copies[query] += copy && !itself ? 1 : 0;
                     }
                   }
                 });
  }
  for (std::size_t query = 0; query < calibration_queries.count(); ++query)
    calibration_queries.take_found(query, best[query].take_sorted(), 1, 1, copies[query]);
}

// Finds neighbours by exact searches, for kinds whose exact searches are quick.
void find_by_searching(const index::Searcher& index, CalibrationQueries& calibration_queries, const BuildOptions& build,
                       const Monitor& monitor) {
  const metric::Metric metric = index.descriptor().metric;
  const double power = metric == metric::Metric::sqeuclidean || metric == metric::Metric::cosine ? 2 : 1;
  const bool are_rows = !calibration_queries.rows.empty();
  index::Request request;
  request.k = are_rows ? kScannedNeighbours + kMaxCopies + 2 : kMaxNeighbours;
  request.exact = true;
  request.threads = build.threads;
  request.monitor = monitor;
  const EncodedQueries encoded(calibration_queries, index.descriptor().element);
  const std::vector<index::SearchResult> results = search_within(index, encoded.view(), request, build.memory);
  for (std::size_t query = 0; query < results.size(); ++query) {
    std::vector<Neighbour> found;
    std::size_t copies = 0;
    for (std::size_t i = 0; i < results[query].rows.size(); ++i) {
      const Neighbour neighbour{double{results[query].distances[i]}, results[query].rows[i]};
      const bool itself = are_rows && neighbour.row == calibration_queries.rows[query];
      const bool copy = are_rows && neighbour.rdist == 0;
      copies += copy && !itself ? 1 : 0;
      if (!itself && !copy) found.push_back(neighbour);
    }
    found.resize(std::min(found.size(), are_rows ? kScannedNeighbours : kMaxNeighbours));
    calibration_queries.take_found(query, found, power, 1, copies);
  }
}

void find_ground_truth(const index::Searcher& index, CalibrationQueries& calibration_queries,
                       const transform::RowReader& read, const StoredReader& read_stored, const BuildOptions& build,
                       const Monitor& monitor) {
  if (index.is_exact_quick()) return find_by_searching(index, calibration_queries, build, monitor);
  const index::Descriptor& descriptor = index.descriptor();
  const std::optional<transform::CodeSpace> space = transform::code_space_of(descriptor.metric);
  if (!space || descriptor.element == Element::bits)
    return find_by_ranks(descriptor, calibration_queries, read_stored, build, monitor);
  const transform::MetricTransform transform =
      transform::fit_metric_transform(read, descriptor.rows, descriptor.dims, *space, build.threads);
  find_neighbours(calibration_queries, read, descriptor.rows, transform, build, monitor);
}

constexpr std::size_t kTenth = 10;

// For each calibration query, the distances of its nearest neighbours, up to ten, as results would report them.
using Distances = std::vector<std::vector<double>>;

Distances true_distances(const StoredIndex& index, const CalibrationQueries& calibration_queries,
                         const BuildOptions& build) {
  const EncodedQueries encoded(calibration_queries, index.descriptor().element);
  const storage::Section& vectors = index.file().section(storage::SectionId::vectors);
  const MatrixView rows = vectors.matrix();
  Distances distances(calibration_queries.count());
  for (std::size_t query = 0; query < calibration_queries.count(); ++query) {
    const metric::BoundQuery bound = index::bind_query(encoded.view(), query, index.descriptor());
    const std::vector<std::uint32_t>& nearest = calibration_queries.nearest[query];
    for (const std::size_t place : {std::size_t{0}, kTenth - 1}) {
      if (nearest.empty()) break;
      const std::uint32_t row = nearest[std::min(place, nearest.size() - 1)];
      vectors.check_rows(row, std::uint64_t{row} + 1);
      double rdist = 0;
      bound.rdists({rows.data, rows.stride, &row, 1}, &rdist);
      distances[query].push_back(bound.distance(rdist));
    }
    if (build.memory > 0) index.file().forget();
  }
  return distances;
}

// Returns the distances that a search reports, for indexes whose distances are estimates from codes.
Distances result_distances(const StoredIndex& index, const CalibrationQueries& calibration_queries, double effort,
                           const BuildOptions& build) {
  index::Request request;
  request.k = kTenth + 1;
  request.effort = static_cast<std::size_t>(effort);
  request.threads = build.threads;
  const EncodedQueries encoded(calibration_queries, index.descriptor().element);
  Distances distances;
  for (const index::SearchResult& result : search_within(index.searcher(), encoded.view(), request, build.memory)) {
    const std::vector<std::uint32_t>& nearest = calibration_queries.nearest[distances.size()];
    std::vector<double>& own = distances.emplace_back();
    for (std::size_t i = 0; i < result.rows.size() && own.size() < kTenth; ++i)
      if (std::find(nearest.begin(), nearest.end(), result.rows[i]) != nearest.end())
        own.push_back(double{result.distances[i]});
  }
  return distances;
}

// Returns the ranges for the nearest neighbour, and for the tenth.
std::array<DistanceRange, 2> ranges_of(const Distances& distances) {
  constexpr double kInfiniteDistance = std::numeric_limits<double>::infinity();
  std::array<DistanceRange, 2> ranges{DistanceRange{kInfiniteDistance, -kInfiniteDistance},
                                      DistanceRange{kInfiniteDistance, -kInfiniteDistance}};
  for (const std::vector<double>& own : distances) {
    if (own.empty()) continue;
    const double of[] = {double{static_cast<float>(own.front())}, double{static_cast<float>(own.back())}};
    for (std::size_t i = 0; i < ranges.size(); ++i)
      ranges[i] = {std::min(ranges[i].least, of[i]), std::max(ranges[i].most, of[i])};
  }
  return ranges;
}

Calibration calibration_of(const StoredIndex& index, const RecallProfile& profile,
                           const CalibrationQueries& calibration_queries, double target, const BuildOptions& build) {
  Calibration calibration = calibrate(profile, calibration_queries, index.searcher().effort().exact_at_max);
  calibration.target = target;
  const double usual = calibration.effort_for_best(kTenth, kDefaultRecall);
  calibration.distances =
      ranges_of(index.searcher().effort().exact_at_max ? true_distances(index, calibration_queries, build)
                                                       : result_distances(index, calibration_queries, usual, build));
  return calibration;
}

}  // namespace

void measure(storage::Writer& writer, const index::ValidatedRows& source, const MeasureOptions& options,
             const BuildOptions& build, const Monitor& monitor) {
  std::shared_ptr<const StoredIndex> index = StoredIndex::open(writer.preview());
  if (!index->searcher().effort() || index->rows() == 0 || (!options.calibrate && !index->searcher().needs_tuning()))
    return;
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    source.read_f32(begin, end, to);
  };
  const std::size_t step = options.calibrate ? 1 : kStepForKnobs;
  CalibrationQueries calibration_queries =
      sample_calibration_queries({options.queries}, read, source.rows(), source.dims(), step);
  const StoredReader read_stored = [&](std::size_t begin, std::size_t end, std::byte* to) {
    source.read(begin, end, to);
  };
  find_ground_truth(index->searcher(), calibration_queries, read, read_stored, build, subprogress(monitor, 0.0, 0.5));
  const std::unique_ptr<RecallProfile> profile =
      index->searcher().profile(calibration_queries, build, subprogress(monitor, 0.5, 1.0));
  std::optional<Calibration> calibration;
  if (options.calibrate) calibration = calibration_of(*index, *profile, calibration_queries, options.target, build);
  index.reset();  // nothing may read the preview any more
  profile->write(writer);
  if (calibration) write_calibration(writer, *calibration);
}

std::shared_ptr<const StoredIndex> remeasured(const StoredIndex& index, const CalibrationInput& given, double target,
                                              std::size_t threads, const Monitor& monitor) {
  if (!index.searcher().effort())
    throw InvalidInputError("an exact index compares every row: there is nothing to calibrate");
  if (index.rows() == 0) throw InvalidInputError("the index has no rows: there is nothing to calibrate it with");
  if (!index.searcher().keeps_vectors())
    throw InvalidInputError(
        "this index keeps no vectors, so true neighbours cannot be found; give queries= when you build it, or build it "
        "with keep_vectors=True");
  const std::size_t bytes = row_bytes(index.descriptor().element, index.dims());
  const storage::Section& vectors = index.file().section(storage::SectionId::vectors);
  const StoredReader read_stored = [&](std::size_t begin, std::size_t end, std::byte* to) {
    std::copy_n(vectors.checked(begin * bytes, end * bytes), (end - begin) * bytes, to);
  };
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    const std::byte* const rows = vectors.checked(begin * bytes, end * bytes);
    for (std::size_t i = 0; i < end - begin; ++i)
      to_f32(index.descriptor().element, rows + i * bytes, index.dims(), to + i * index.dims());
  };
  const BuildOptions build{.threads = threads};
  CalibrationQueries calibration_queries = sample_calibration_queries(given, read, index.rows(), index.dims(), 1);
  find_ground_truth(index.searcher(), calibration_queries, read, read_stored, build, subprogress(monitor, 0.0, 0.5));
  const std::unique_ptr<RecallProfile> profile =
      index.searcher().profile(calibration_queries, build, subprogress(monitor, 0.5, 1.0));
  storage::Writer writer = storage::Writer::to_memory();
  profile->write(writer);
  write_calibration(writer, calibration_of(index, *profile, calibration_queries, target, build));
  return StoredIndex::open(index.file_handle()->with(writer.finish()));
}

}  // namespace nearabout::calibration
