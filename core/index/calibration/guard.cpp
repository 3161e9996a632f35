#include "index/calibration/guard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/number_order.h"
#include "storage/file.h"
#include "storage/numbers.h"
#include "storage/writer.h"

namespace nearabout::calibration {
namespace {

constexpr std::size_t kGuardColumns = 1 + kCalibratedK.size();

// Returns 2^x to within 6 %, for -126 < x < 127: the integer part of x is a float's exponent, its fraction the
// mantissa, linearly.
float power_of_two(float x) { return std::bit_cast<float>(static_cast<std::int32_t>((x + 127.0f) * 8'388'608.0f)); }

// Returns the tail of the normal distribution beyond z = sqrt(z2), to within a tenth up to 4.5 deviations: half of exp
// of a parabola fitted to it. It has no step at z = 0, so that more room never means fewer rows.
float tail(float z2) {
  constexpr float kLog2e = 1.442695f;
  const float bounded = z2 < 120.0f ? z2 : 120.0f;  // also handles NaN
  return power_of_two(-1 - kLog2e * (0.685f * std::sqrt(bounded) + 0.434f * bounded));
}

// Several groups side by side, so that compilers vectorise. For each group: the number of its rows, the room beyond
// their mean in which they are counted, and the variance around the mean.
struct Lanes {
  static constexpr std::size_t kCount = 16;
  static constexpr float kMinVariance = 1e-30f;  // all rows are at their mean
  float rows[kCount], room[kCount], variance[kCount];

  void set(std::size_t i, float of_rows, float of_room, float of_variance) {
    rows[i] = of_rows;
    room[i] = of_room;
    variance[i] = of_variance;
  }
  // Adds the expected number of rows within the room to the sum of each lane.
  void add_to(float* sums) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      const float spread = variance[i] > kMinVariance ? variance[i] : kMinVariance;
      const float beyond = tail(room[i] * room[i] / spread);
      sums[i] += rows[i] * (room[i] < 0 ? beyond : 1 - beyond);
    }
  }
};

// Returns the range of those squares that are typical: one in kAlike others is within a factor of two of them, before
// squaring. (On 100,000 rows of which one in fifty lay outside the tight clusters of all others, 8 of 384 queries were
// of that kind. They are too few for a limit of their own, and with the limit of the others such queries found half of
// the target recall.)
std::array<double, 2> range_of_most(std::vector<double> squares) {
  constexpr double kSquareOfTwo = 4;
  constexpr std::size_t kAlike = 24;
  std::sort(squares.begin(), squares.end(), NanLast{});
  const std::size_t enough = std::max<std::size_t>(2, squares.size() / kAlike);
  std::array<double, 2> range{squares.front(), squares.back()};
  bool any = false;
  for (const double square : squares) {
    const auto first = std::lower_bound(squares.begin(), squares.end(), square / kSquareOfTwo, NanLast{});
    const auto last = std::upper_bound(squares.begin(), squares.end(), square * kSquareOfTwo, NanLast{});
    if (static_cast<std::size_t>(last - first) < enough) continue;
    range = {any ? range[0] : square, square};
    any = true;
  }
  return range;
}

}  // namespace

std::vector<GroupResiduals> residuals_of(std::span<const float> columns, std::span<const std::uint32_t> rows) {
  const std::size_t count = rows.size();
  std::vector<GroupResiduals> residuals(count);
  for (std::size_t i = 0; i < count; ++i)
    residuals[i] = {columns[i], columns[count + i], columns[2 * count + i], columns[3 * count + i],
                    static_cast<float>(rows[i])};
  return residuals;
}

double expected_rows(std::span<const GroupResiduals> residuals, double lambda, std::span<const RankedList> lists,
                     float threshold, double square) {
  const auto four_lambda = static_cast<float>(4 * lambda);
  const auto own = static_cast<float>(square);
  float sums[Lanes::kCount]{};
  for (std::size_t begin = 0; begin < lists.size(); begin += Lanes::kCount) {
    const std::size_t count = std::min(Lanes::kCount, lists.size() - begin);
    Lanes most;
    Lanes far;
    for (std::size_t i = 0; i < count; ++i) {
      const RankedList& list = lists[begin + i];
      const GroupResiduals& group = residuals[list.list];
      const float away = std::max(list.distance + own, 0.0f);
      const float room = threshold - list.distance;
      most.set(i, group.rows - group.far_rows, room - group.median, group.variance + four_lambda * away * group.median);
      far.set(i, group.far_rows, room - group.far_median, away * group.far_median);  // as if lambda were 1/4
    }
    for (std::size_t i = count; i < Lanes::kCount; ++i) {
      most.set(i, 0, 0, 1);
      far.set(i, 0, 0, 1);
    }
    most.add_to(sums);
    far.add_to(sums);
  }
  return double{std::accumulate(sums, sums + Lanes::kCount, 0.0f)};
}

void Guard::see(std::span<const std::array<double, 2>> queries) {
  if (queries.empty()) return;
  std::vector<double> nearest;
  square_range = {queries[0][1], queries[0][1]};
  for (const auto& [of_nearest, square] : queries) {
    nearest.push_back(of_nearest);
    square_range = {std::min(square_range[0], square), std::max(square_range[1], square)};
  }
  nearest_range = range_of_most(std::move(nearest));
}

void Guard::add(double effort, std::span<const std::array<float, kCalibratedK.size()>> misses) {
  if (misses.empty()) return;
  Limits added{effort, {}};
  std::vector<float> values(misses.size());
  for (std::size_t k = 0; k < kCalibratedK.size(); ++k) {
    for (std::size_t query = 0; query < misses.size(); ++query) values[query] = misses[query][k];
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(kQuantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end(), NanLast{});
    added.misses[k] = double{*place};
  }
  limits.push_back(added);
}

void write_guard(storage::Writer& writer, const Guard& guard) {
  std::vector<double> numbers;
  if (!guard.limits.empty())
    numbers = {guard.nearest_range[0], guard.nearest_range[1], guard.square_range[0], guard.square_range[1]};
  for (const Guard::Limits& at : guard.limits)
    numbers.insert(numbers.end(), {at.effort, at.misses[0], at.misses[1], at.misses[2]});
  writer.add<double>(storage::SectionId::guard, {numbers.size() / kGuardColumns, kGuardColumns}, numbers);
}

void read_guard(const storage::File& file, Guard& guard) {
  if (!file.has(storage::SectionId::guard)) return;
  const storage::Section& section = file.section(storage::SectionId::guard);
  section.expect(Element::f64, {section.shape().rows, kGuardColumns});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(numbers[i] >= (i < kGuardColumns ? -1e300 : 0) && numbers[i] <= 1e300))
      storage::throw_number(file, section, i, "a number that is not negative", numbers[i]);
  if (numbers.empty()) return;
  guard.nearest_range = {numbers[0], numbers[1]};
  guard.square_range = {numbers[2], numbers[3]};
  for (std::size_t i = kGuardColumns; i < numbers.size(); i += kGuardColumns)
    guard.limits.push_back({numbers[i], {numbers[i + 1], numbers[i + 2], numbers[i + 3]}});
}

double Guard::Limits::at(std::size_t k) const {
  constexpr double kMinLoggedMisses = 1e-9;
  const KInterpolation between = between_measured(k);
  const double below = std::log(std::max(misses[between.below], kMinLoggedMisses));
  const double above = std::log(std::max(misses[between.below + 1], kMinLoggedMisses));
  return std::exp(std::lerp(below, above, std::min(between.part, 1.0)));
}

double Guard::limit(std::size_t k, std::size_t effort, double recall) const {
  if (limits.empty()) return std::numeric_limits<double>::infinity();
  const auto used = static_cast<double>(effort);
  const auto after =
      std::find_if(limits.begin(), limits.end(), [=](const Limits& limit) { return limit.effort > used; });
  double most = after == limits.begin() ? after->at(k) : (after - 1)->at(k);
  if (after != limits.begin() && after != limits.end())
    most = std::lerp(most, after->at(k), (used - (after - 1)->effort) / (after->effort - (after - 1)->effort));
  constexpr double kAtLeast = 0.1;
  return std::max(most, kAtLeast * (1 - recall) * static_cast<double>(k));
}

}  // namespace nearabout::calibration
