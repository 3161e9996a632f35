#include "index/calibration/guard.h"

#include <algorithm>
#include <bit>
#include <cmath>

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

}  // namespace

double expected_rows(const GroupResiduals& residuals, double lambda, std::span<const RankedList> lists, float threshold,
                     double square) {
  const auto four_lambda = static_cast<float>(4 * lambda);
  const auto own = static_cast<float>(square);
  float sum = 0;
  for (const RankedList& list : lists) {
    const float median = residuals.medians[list.list];
    const float away = std::max(list.distance + own, 0.0f);
    const float variance = residuals.variances[list.list] + four_lambda * away * median;
    const float room = threshold - list.distance - median;
    const float beyond = variance > 0 ? tail(room * room / variance) : 0.0f;
    const float far_rows = residuals.far_rows[list.list];
    sum += (static_cast<float>(residuals.sizes[list.list]) - far_rows) * (room < 0 ? beyond : 1 - beyond);
    if (far_rows == 0) continue;
    const float far = residuals.far_medians[list.list];
    const float far_room = threshold - list.distance - far;
    const float far_variance = away * far;  // as if lambda were 1/4
    const float far_beyond = far_variance > 0 ? tail(far_room * far_room / far_variance) : 0.0f;
    sum += far_rows * (far_room < 0 ? far_beyond : 1 - far_beyond);
  }
  return double{sum};
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
    if (!(numbers[i] >= 0 && numbers[i] <= 1e300))
      storage::throw_number(file, section, i, "a number that is not negative", numbers[i]);
  for (std::size_t i = 0; i < numbers.size(); i += kColumns)
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
  constexpr double kAtMost = 10;
  constexpr double kAlways = 5;  // rows: for few neighbours the estimate is often too large by so many
  const double allowed = (1 - recall) * static_cast<double>(k);
  return std::clamp(std::exp(below + part * (above - below)), kAtLeast * allowed, kAtMost * allowed + kAlways);
}

}  // namespace nearabout
