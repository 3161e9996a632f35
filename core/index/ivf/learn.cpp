#include "index/ivf/learn.h"

#include <algorithm>
#include <cmath>

#include "index/ivf/clustering.h"
#include "index/ivf/code_shape_choice.h"
#include "index/ivf/learn_codes.h"
#include "quantize/byte_centroids.h"
#include "quantize/centroid_order.h"
#include "transform/fit_metric_transform.h"
#include "transform/transformed_reader.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kDirectionRows = 4'096;  // least number of sampled rows that directions are learnt from
// Same for a large table, where neighbours in a small sample are far apart.
constexpr std::size_t kManyDirectionRows = 16'384;
// Same for an index that is not kept: with more rows, learning would take longer than all of its searches.
constexpr std::size_t kQuickDirectionRows = 1'024;
constexpr std::size_t kQuickDirectionNumbers = std::size_t{1} << 19;
constexpr std::size_t kDirectionNumbers = std::size_t{4} << 20;
constexpr std::size_t kLargeTable = 200'000;
constexpr std::size_t kFewLists = 320;  // with at most this many, trying several numbers is not worthwhile
// Every third calibration query is used to compare numbers of lists: few are enough.
constexpr std::size_t kCalibrationStep = 3;

void learn_centroids(LearntLists& learnt, const transform::RowReader& read,
                     const calibration::CalibrationQueries& calibration_queries, std::size_t rows,
                     const IvfOptions& options, std::size_t threads) {
  const std::size_t lists = lists_for(rows, options.lists);
  const std::size_t m = learnt.shape.directions;
  const Clustering clustering(learnt, read, calibration_queries, rows, lists, threads);
  const bool given = options.lists > 0 || lists < kFewLists;
  const std::vector<std::int8_t> centroids =
      given ? clustering.centroids(lists) : clustering.measured_centroids(lists, options.recall, options.tuning);
  for (const std::uint32_t centroid : quantize::order_by_nearness(centroids, m))
    learnt.centroids.insert(learnt.centroids.end(), centroids.begin() + static_cast<std::ptrdiff_t>(centroid * m),
                            centroids.begin() + static_cast<std::ptrdiff_t>((centroid + 1) * m));
  learnt.alignment = clustering.alignment(learnt.centroids);
}

// Chooses how many directions are encoded, with how many bits; the sample used is freed at the end.
void learn_shape(LearntLists& learnt, const transform::RowReader& read, const index::ValidatedRows& source,
                 const IvfOptions& options, std::size_t threads) {
  const std::size_t rows = source.rows();
  const std::size_t dims = learnt.transform.outputs();
  const std::size_t sample_rows = direction_learning(rows, dims).sample_rows;
  const std::size_t few = std::max(kQuickDirectionRows, kQuickDirectionNumbers / dims);
  const std::size_t taken = options.quick ? std::min(sample_rows, few) : sample_rows;
  const transform::Sample sample = transform::without_far_rows(transform::take_sample(read, rows, dims, taken));
  const quantize::PrincipalDirections principal =
      quantize::find_directions(sample, max_directions(sample.rows, dims), threads);
  const std::size_t width = row_bytes(source.element(), source.dims());
  const CodedTable table{rows, lists_for(rows, options.lists), width, options.recall};
  if (options.code_family != CodeFamily::pca) {
    const bool coordinates = codes_coordinates(options.code_family) && dims <= quantize::kMaxByteDims;
    learnt.shape = given_shape(coordinates ? dims : principal.available, options);
    learnt.directions = coordinates ? quantize::coordinate_directions(principal.centre)
                                    : quantize::learn_directions(principal, principal.available, options.seed);
    return;
  }
  learnt.shape = choose_shape(sample, principal, table, options, threads);
  const std::size_t count = std::min(learnt.shape.directions, principal.available);
  learnt.directions = quantize::learn_directions(principal, count, options.seed);
}

}  // namespace

std::size_t lists_for(std::size_t rows, std::size_t wanted) {
  if (wanted > 0) return std::min(wanted, rows);
  const double root = std::sqrt(static_cast<double>(rows));
  const std::size_t lists = static_cast<std::size_t>(2.5 * root) / 32 * 32;
  return std::clamp<std::size_t>(lists, 1, std::max<std::size_t>(1, rows / 24));
}

quantize::LearningSize direction_learning(std::size_t rows, std::size_t dims) {
  const std::size_t many = std::clamp(kDirectionNumbers / dims, kDirectionRows, kManyDirectionRows);
  const std::size_t sample_rows = std::min(rows, rows < kLargeTable ? kDirectionRows : many);
  return {sample_rows, max_directions(sample_rows, dims)};
}

LearntLists learn(const transform::RowReader& read, const index::ValidatedRows& source, const IvfOptions& options,
                  std::size_t threads, const Monitor& monitor) {
  LearntLists learnt;
  learnt.residual = options.residual;
  learnt.distance_source = distance_source_of(options, source.element());
  learnt.squares = is_byte(source.element());
  learnt.transform = transform::fit_metric_transform(read, source.rows(), source.dims(),
                                                     *transform::code_space_of(source.metric()), threads);
  const transform::TransformedReader transformed(read, learnt.transform);
  learn_shape(learnt, transformed, source, options, threads);
  report(monitor, 0.4);
  const calibration::CalibrationQueries calibration_queries =
      calibration::sample_calibration_queries({options.queries}, read, source.rows(), source.dims(), kCalibrationStep);
  learn_centroids(learnt, transformed, calibration_queries, source.rows(), options, threads);
  report(monitor, 0.8);
  learn_codes(learnt, transformed, source.rows(), options, threads, subprogress(monitor, 0.8, 1.0));
  return learnt;
}

}  // namespace nearabout::ivf
