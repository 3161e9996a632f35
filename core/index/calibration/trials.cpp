#include "index/calibration/trials.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "index/calibration/truth.h"
#include "index/index.h"
#include "quantize/lifted_reader.h"

namespace nearabout {
namespace {

constexpr std::size_t kMostGiven = 1'024;
constexpr std::size_t kCentreRows = 1'024;
constexpr std::size_t kRowsAtATime = 64;    // of a thread
constexpr std::size_t kPartOfMemory = 128;  // as many bytes of a budget for each number of a block
constexpr std::size_t kMostGroups = 128;
constexpr std::size_t kBlockNumbers = std::size_t{4} << 20;  // of rows between two rounds of all queries

// `number` of `count`, spread evenly over `all`.
std::size_t spread(std::size_t number, std::size_t count, std::size_t all) {
  return (2 * number + 1) * all / (2 * count);
}

void move_by(const std::vector<float>& centre, float* vectors, std::size_t count) {
  const std::size_t dims = centre.size();
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims; ++j) vectors[i * dims + j] -= centre[j];
}

}  // namespace

AskedTrials::AskedTrials(const Trials& trials, Element element) {
  if (element != Element::bits) {
    const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(trials.vectors.data()));
    view_ = {bytes, trials.count(), trials.dims, trials.dims * sizeof(float), Element::f32};
    return;
  }
  const std::size_t stride = row_bytes(Element::bits, trials.dims);
  bits_.resize(trials.count() * stride);
  for (std::size_t i = 0; i < trials.count(); ++i)
    for (std::size_t j = 0; j < trials.dims; ++j)
      if (trials.vector(i)[j] != 0) bits_[i * stride + j / 8] |= std::byte{1} << j % 8;
  view_ = {bits_.data(), trials.count(), trials.dims, stride, Element::bits};
}

std::vector<std::uint32_t> trial_rows(std::size_t rows) {
  const std::size_t count = std::min(rows, kTrialRows);
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(static_cast<std::uint32_t>(spread(i, count, rows)));
  return numbers;
}

bool can_leave_out(std::size_t rows) {
  constexpr std::size_t kFew = 4;
  return rows >= kFew * kTrialRows;
}

bool is_left_out(std::size_t row, std::size_t rows) {
  if (!can_leave_out(rows)) return false;
  const std::size_t near = row * kTrialRows / rows;  // spread() puts number `near` at this row, or nothing
  return spread(near, kTrialRows, rows) == row;
}

Trials take_trials(const GivenTrials& given, const RowReader& read, std::size_t rows, std::size_t dims,
                   std::size_t step) {
  Trials trials;
  trials.dims = dims;
  const std::size_t queries = given.queries.size() / dims;
  if (queries > 0) {
    const std::size_t taken = std::min(queries, kMostGiven / step);
    for (std::size_t i = 0; i < taken; ++i) {
      const float* const query = given.queries.data() + spread(i, taken, queries) * dims;
      trials.vectors.insert(trials.vectors.end(), query, query + dims);
    }
    return trials;
  }
  if (given.rows.empty()) {
    const std::vector<std::uint32_t> numbers = trial_rows(rows);
    for (std::size_t i = 0; i < numbers.size(); i += step) trials.rows.push_back(numbers[i]);
  } else {
    const std::size_t taken = std::min(given.rows.size(), kMostGiven / step);
    for (std::size_t i = 0; i < taken; ++i) trials.rows.push_back(given.rows[spread(i, taken, given.rows.size())]);
  }
  trials.vectors.resize(trials.rows.size() * dims);
  for (std::size_t i = 0; i < trials.rows.size(); ++i)
    read(trials.rows[i], std::size_t{trials.rows[i]} + 1, trials.vectors.data() + i * dims);
  return trials;
}

std::size_t count_as_near(const AsNear& as_near, std::size_t neighbours, std::size_t k) {
  static_assert(std::tuple_size_v<AsNear> == kMeasuredAt.size());
  const auto measured = std::find(kMeasuredAt.begin(), kMeasuredAt.end(), k);
  if (measured == kMeasuredAt.end()) return std::min(k, neighbours);
  return as_near[static_cast<std::size_t>(measured - kMeasuredAt.begin())];
}

void Trials::take_found(std::size_t i, const std::vector<Neighbour>& found, double power, double unit,
                        std::size_t copies, bool inner) {
  nearest.resize(count());
  squares.resize(count());
  near_copies.resize(count());
  as_near.resize(count(), {0, 0, 0});
  if (copies > kMostCopies) return;
  std::vector<double> distances;
  for (const Neighbour& neighbour : found) distances.push_back(std::pow(std::max(neighbour.rank, 0.0), 1 / power));
  const std::size_t left_out = rows.empty() || inner ? 0 : count_near_copies(distances);
  for (std::size_t n = 0; n < left_out; ++n) near_copies[i].push_back(found[n].row);
  std::sort(near_copies[i].begin(), near_copies[i].end());
  const std::size_t end = std::min(found.size(), left_out + kMostNeighbours);
  for (std::size_t n = left_out; n < end; ++n) {
    nearest[i].push_back(found[n].row);
    squares[i].push_back(found[n].rank * unit);
  }
  for (std::size_t place = 0; place < kMeasuredAt.size(); ++place) {
    std::size_t& enough = as_near[i][place];
    enough = std::min(kMeasuredAt[place], nearest[i].size());
    while (enough > 0 && left_out + enough < end && found[left_out + enough].rank <= found[left_out + enough - 1].rank)
      ++enough;
  }
}

// One at a time: with each page that is read the system maps those around it, 64 KiB for a row here and a row there.
std::vector<Answer> search_within(const Index& index, MatrixView queries, const Request& request, std::size_t memory) {
  if (memory == 0) return index.search(queries, request);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < queries.rows; ++i) {
    answers.push_back(index.search({queries.row(i), 1, queries.dims, queries.stride, queries.element}, request)[0]);
    index.file().forget();
  }
  return answers;
}

void find_neighbours(Trials& trials, const RowReader& read, std::size_t rows, const Lift& lift,
                     const BuildOptions& build, const Monitor& monitor) {
  const std::size_t dims = lift.outputs();
  const LiftedReader lifted(read, lift);
  // What is left of rows without their mean is smaller: its bytes are finer.
  const std::vector<float> centre = centre_of(take_sample(lifted, rows, dims, kCentreRows), false);
  std::vector<float> queries(trials.count() * dims);
  lift.queries(trials.vectors.data(), trials.count(), queries.data());
  move_by(centre, queries.data(), trials.count());
  const std::size_t k = trials.rows.empty() ? kMostNeighbours : kScannedNeighbours;
  TruthScan scan(queries, dims, std::min(k, rows), trials.rows, build.threads);

  const std::size_t numbers = build.memory == 0 ? kBlockNumbers : std::min(kBlockNumbers, build.memory / kPartOfMemory);
  const std::size_t groups = std::clamp<std::size_t>(numbers / dims / TruthScan::kGroupRows, 1, kMostGroups);
  const std::size_t block = groups * TruthScan::kGroupRows;
  std::vector<float> vectors(std::min(block, rows) * dims);
  for (std::size_t begin = 0; begin < rows; begin += block) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(block, rows - begin);
    parallel_for(count, kRowsAtATime, build.threads, [&](std::size_t first, std::size_t last, std::size_t) {
      lifted(begin + first, begin + last, vectors.data() + first * dims);
      move_by(centre, vectors.data() + first * dims, last - first);
    });
    scan.look_at(begin, vectors.data(), count);
  }
  const double unit = lift.space() == Space::squared ? 1 / (double{lift.scale()} * double{lift.scale()}) : 1;
  for (std::size_t i = 0; i < trials.count(); ++i)
    trials.take_found(i, scan.take(i), 2, unit, scan.copies(i), lift.space() == Space::inner);
}

}  // namespace nearabout
