#include "index/calibration/guard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "storage/numbers.h"

namespace nearabout {
namespace {

constexpr std::size_t kColumns = 1 + kMeasuredAt.size();

// 2^x to within 6 %, for -126 < x < 127: a float's exponent is x, its mantissa what is left, linearly.
float power_of_two(float x) { return std::bit_cast<float>(static_cast<std::int32_t>((x + 127.0f) * 8'388'608.0f)); }

// The normal distribution's tail beyond z = sqrt(z2), to within a tenth up to 4.5 deviations: a half of exp of a
// parabola that was fitted to it. Without a step where z is 0: more room is never fewer rows.
float tail(float z2) {
  constexpr float kLog2e = 1.442695f;
  const float bounded = z2 < 120.0f ? z2 : 120.0f;  // also where it is no number
  return power_of_two(-1 - kLog2e * (0.685f * std::sqrt(bounded) + 0.434f * bounded));
}

// The part of rows that lie within a distance: `room` beyond their mean, of that variance.
float part_within(float room, float variance) {
  const float beyond = variance > 0 ? tail(room * room / variance) : 0.0f;
  return room < 0 ? beyond : 1 - beyond;
}

// From the least to the largest of those squares that one in kAlike others is like: within a factor of two, before they
// were squared. (On 100,000 rows of which one in fifty lay outside the tight clusters of all others, 8 of 384 queries
// were of that kind. They are too few for a limit of their own, and that of the others let such queries find half of
// what was asked.)
std::array<double, 2> range_of_most(std::vector<double> squares) {
  constexpr double kSquareOfTwo = 4;
  constexpr std::size_t kAlike = 24;
  std::sort(squares.begin(), squares.end());
  const std::size_t enough = std::max<std::size_t>(2, squares.size() / kAlike);
  std::array<double, 2> range{squares.front(), squares.back()};
  bool any = false;
  for (const double square : squares) {
    const auto first = std::lower_bound(squares.begin(), squares.end(), square / kSquareOfTwo);
    const auto last = std::upper_bound(squares.begin(), squares.end(), square * kSquareOfTwo);
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
  float sum = 0;
  for (const RankedList& list : lists) {
    const GroupResiduals& group = residuals[list.list];
    const float away = std::max(list.distance + own, 0.0f);
    const float room = threshold - list.distance;
    sum += (group.rows - group.far_rows) *
           part_within(room - group.median, group.variance + four_lambda * away * group.median);
    if (group.far_rows > 0)  // as if lambda were 1/4
      sum += group.far_rows * part_within(room - group.far_median, away * group.far_median);
  }
  return double{sum};
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

void Guard::add(double effort, std::span<const std::array<float, kMeasuredAt.size()>> misses) {
  if (misses.empty()) return;
  Limits added{effort, {}};
  std::vector<float> values(misses.size());
  for (std::size_t k = 0; k < kMeasuredAt.size(); ++k) {
    for (std::size_t query = 0; query < misses.size(); ++query) values[query] = misses[query][k];
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(kQuantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
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
  writer.add<double>(storage::SectionId::guard, {numbers.size() / kColumns, kColumns}, numbers);
}

void read_guard(const storage::File& file, Guard& guard) {
  if (!file.has(storage::SectionId::guard)) return;
  const storage::Section& section = file.section(storage::SectionId::guard);
  section.expect(Element::f64, {section.shape().rows, kColumns});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(numbers[i] >= (i < kColumns ? -1e300 : 0) && numbers[i] <= 1e300))
      storage::throw_number(file, section, i, "a number that is not negative", numbers[i]);
  if (numbers.empty()) return;
  guard.nearest_range = {numbers[0], numbers[1]};
  guard.square_range = {numbers[2], numbers[3]};
  for (std::size_t i = kColumns; i < numbers.size(); i += kColumns)
    guard.limits.push_back({numbers[i], {numbers[i + 1], numbers[i + 2], numbers[i + 3]}});
}

double Guard::limit(std::size_t k, std::size_t effort, double recall) const {
  if (limits.empty()) return std::numeric_limits<double>::infinity();
  const auto after = std::find_if(limits.begin(), limits.end(),
                                  [=](const Limits& at) { return at.effort > static_cast<double>(effort); });
  const Limits& at = after == limits.begin() ? *after : *(after - 1);
  const Between between = between_measured(k);
  const double part = std::min(between.part, 1.0);
  constexpr double kLeast = 1e-9;
  const double below = std::log(std::max(at.misses[between.below], kLeast));
  const double above = std::log(std::max(at.misses[between.below + 1], kLeast));
  constexpr double kAtLeast = 0.1;
  const double allowed = (1 - recall) * static_cast<double>(k);
  return std::max(std::exp(below + part * (above - below)), kAtLeast * allowed);
}

}  // namespace nearabout
