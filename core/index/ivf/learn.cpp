#include "index/ivf/learn.h"

#include <algorithm>
#include <cmath>

#include "index/ivf/choice.h"
#include "index/ivf/clustering.h"
#include "index/ivf/groups.h"
#include "quantize/lift_for.h"
#include "quantize/lifted_reader.h"

namespace nearabout {
namespace {

constexpr std::size_t kDirectionRows = 4'096;       // of the sample that directions are learnt from, at least
constexpr std::size_t kManyDirectionRows = 16'384;  // of a large table, where neighbours in a small sample are far
constexpr std::size_t kDirectionNumbers = std::size_t{4} << 20;
constexpr std::size_t kLargeTable = 200'000;
constexpr std::size_t kFewLists = 320;    // are not worth more than one attempt
constexpr std::size_t kStepOfTrials = 3;  // that numbers of lists are tried with: few are enough

std::size_t lists_for(std::size_t rows, std::size_t wanted) {
  if (wanted > 0) return std::min(wanted, rows);
  const double root = std::sqrt(static_cast<double>(rows));
  const std::size_t lists = static_cast<std::size_t>(2.5 * root) / 32 * 32;
  return std::clamp<std::size_t>(lists, 1, std::max<std::size_t>(1, rows / 24));
}

void learn_centroids(LearntLists& learnt, const RowReader& read, const Trials& trials, std::size_t rows,
                     const IvfOptions& options, std::size_t threads) {
  const std::size_t lists = lists_for(rows, options.lists);
  const std::size_t m = learnt.shape.directions;
  const Clustering clustering(learnt, read, trials, rows, lists, threads);
  const bool given = options.lists > 0 || lists < kFewLists;
  const std::vector<std::int8_t> centroids =
      given ? clustering.centroids(lists) : clustering.measured_centroids(lists, options.recall);
  for (const std::uint32_t centroid : order_by_nearness(centroids, m))
    learnt.centroids.insert(learnt.centroids.end(), centroids.begin() + static_cast<std::ptrdiff_t>(centroid * m),
                            centroids.begin() + static_cast<std::ptrdiff_t>((centroid + 1) * m));
  learnt.alignment = clustering.alignment(learnt.centroids);
}

// Which directions are coded, with how many bits; the sample that tells is gone at the end.
void learn_shape(LearntLists& learnt, const RowReader& read, const Source& source, const IvfOptions& options,
                 std::size_t threads) {
  const std::size_t rows = source.rows();
  const std::size_t dims = learnt.lift.outputs();
  const std::size_t many = std::clamp(kDirectionNumbers / dims, kDirectionRows, kManyDirectionRows);
  const Sample sample = without_far_rows(take_sample(read, rows, dims, rows < kLargeTable ? kDirectionRows : many));
  const PrincipalDirections principal = find_directions(sample, most_directions(sample), threads);
  const std::size_t width = row_bytes(source.element(), source.dims());
  const Shaping shaping{rows, lists_for(rows, options.lists), width, options.recall};
  learnt.shape = choose_shape(sample, principal, shaping, options, threads);
  const std::size_t count = std::min(learnt.shape.directions, principal.available);
  learnt.directions = learn_directions(principal, count, options.seed);
}

}  // namespace

LearntLists learn(const RowReader& read, const Source& source, const IvfOptions& options, std::size_t threads,
                  const Monitor& monitor) {
  LearntLists learnt;
  learnt.answers = answers_of(options, source.element());
  learnt.squares = source.element() == Element::u8 || source.element() == Element::i8;
  learnt.lift = lift_for(read, source.rows(), source.dims(), *space_of(source.metric()), threads);
  const LiftedReader lifted(read, learnt.lift);
  learn_shape(learnt, lifted, source, options, threads);
  report(monitor, 0.4);
  const Trials trials = take_trials({options.queries}, read, source.rows(), source.dims(), kStepOfTrials);
  learn_centroids(learnt, lifted, trials, source.rows(), options, threads);
  return learnt;
}

}  // namespace nearabout
