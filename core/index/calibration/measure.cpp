#include "index/calibration/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/convert.h"
#include "base/error.h"
#include "quantize/lift_for.h"

namespace nearabout {
namespace {

constexpr std::size_t kStepForKnobs = 3;  // one row in so many serves where nothing but knobs is measured

// Where near is not a Euclidean distance, the exact scan tells. Rows are not their own neighbours, nor are their
// copies.
void find_by_search(const Index& index, Trials& trials, std::size_t threads, const Monitor& monitor) {
  Request request;
  request.exact = true;
  request.threads = threads;
  request.monitor = monitor;
  request.k = kMostNeighbours + (trials.rows.empty() ? 0 : 1);
  trials.nearest.clear();
  const AskedTrials asked(trials, index.descriptor().element);
  for (const Answer& answer : index.search(asked.view(), request)) {
    std::vector<std::uint32_t>& nearest = trials.nearest.emplace_back();
    const std::size_t query = trials.nearest.size() - 1;
    for (std::size_t i = 0; i < answer.rows.size() && nearest.size() < kMostNeighbours; ++i) {
      const bool itself = !trials.rows.empty() && (answer.rows[i] == trials.rows[query] || answer.distances[i] == 0);
      if (!itself) nearest.push_back(answer.rows[i]);
    }
  }
}

void find_truth(const Index& index, Trials& trials, const RowReader& read, std::size_t threads,
                const Monitor& monitor) {
  const std::optional<Space> space = space_of(index.descriptor().metric);
  if (!space || index.descriptor().element == Element::bits) return find_by_search(index, trials, threads, monitor);
  find_neighbours(trials, read, index.rows(), lift_for(read, index.rows(), index.dims(), *space, threads), threads,
                  monitor);
}

// What answers give as the distance of the nearest true neighbour that they found, and of the tenth.
std::array<DistanceRange, 2> distances_of(const Index& index, const Trials& trials, double effort,
                                          std::size_t threads) {
  constexpr std::size_t kTenth = 10;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Request request;
  request.k = kTenth + 1;
  request.effort = static_cast<std::size_t>(effort);
  request.threads = threads;
  std::array<DistanceRange, 2> ranges{DistanceRange{kInfinity, -kInfinity}, DistanceRange{kInfinity, -kInfinity}};
  const AskedTrials asked(trials, index.descriptor().element);
  const std::vector<Answer> answers = index.search(asked.view(), request);
  for (std::size_t query = 0; query < answers.size(); ++query) {
    const std::vector<std::uint32_t>& nearest = trials.nearest[query];
    std::vector<double> distances;
    for (std::size_t i = 0; i < answers[query].rows.size() && distances.size() < kTenth; ++i)
      if (std::find(nearest.begin(), nearest.end(), answers[query].rows[i]) != nearest.end())
        distances.push_back(double{answers[query].distances[i]});
    if (distances.empty()) continue;
    const double of[] = {distances.front(), distances.back()};
    for (std::size_t i = 0; i < ranges.size(); ++i)
      ranges[i] = {std::min(ranges[i].least, of[i]), std::max(ranges[i].most, of[i])};
  }
  return ranges;
}

Calibration calibration_of(const Index& index, const Trace& trace, const Trials& trials, double target,
                           std::size_t threads) {
  Calibration calibration = calibrate(trace, trials);
  calibration.target = target;
  const double usual = calibration.effort_near_most(10, kUsualRecall);
  calibration.distances = distances_of(index, trials, usual, threads);
  return calibration;
}

}  // namespace

void measure(storage::Writer& writer, const Source& source, const MeasureOptions& options, std::size_t threads,
             const Monitor& monitor) {
  std::shared_ptr<const Index> index = Index::open(writer.preview());
  if (!index->has_effort() || index->rows() == 0) return;
  const RowReader read = [&](std::size_t begin, std::size_t end, float* to) { source.read_f32(begin, end, to); };
  const std::size_t step = options.calibrate ? 1 : kStepForKnobs;
  Trials trials = take_trials(options.queries, read, source.rows(), source.dims(), step);
  find_truth(*index, trials, read, threads, step_of(monitor, 0.0, 0.5));
  const std::unique_ptr<Trace> trace = index->trace(trials, threads, step_of(monitor, 0.5, 1.0));
  std::optional<Calibration> calibration;
  if (options.calibrate) calibration = calibration_of(*index, *trace, trials, options.target, threads);
  index.reset();  // nothing may read the preview any more
  trace->write(writer);
  if (calibration) write_calibration(writer, *calibration);
}

std::shared_ptr<const Index> remeasured(const Index& index, std::span<const float> queries, double target,
                                        std::size_t threads, const Monitor& monitor) {
  if (!index.has_effort()) throw InvalidInput("an exact index compares every row: there is nothing to calibrate");
  if (!index.keeps_vectors())
    throw InvalidInput(
        "this index keeps no vectors to find true neighbours with; give queries= when you build it, or build it with "
        "keep_vectors=True");
  const std::size_t bytes = row_bytes(index.descriptor().element, index.dims());
  const RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    const std::byte* const rows = index.file().section(storage::SectionId::vectors).checked(begin * bytes, end * bytes);
    for (std::size_t i = 0; i < end - begin; ++i)
      to_f32(index.descriptor().element, rows + i * bytes, index.dims(), to + i * index.dims());
  };
  Trials trials = take_trials(queries, read, index.rows(), index.dims(), 1);
  find_truth(index, trials, read, threads, step_of(monitor, 0.0, 0.5));
  const std::unique_ptr<Trace> trace = index.trace(trials, threads, step_of(monitor, 0.5, 1.0));
  storage::Writer writer = storage::Writer::to_memory();
  trace->write(writer);
  write_calibration(writer, calibration_of(index, *trace, trials, target, threads));
  return Index::open(index.shared_file()->with(writer.finish()));
}

}  // namespace nearabout
