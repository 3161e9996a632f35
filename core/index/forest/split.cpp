#include "index/forest/split.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kSplitSampleRows = 256;  // twice as many gain nothing measurable
constexpr int kRounds = 5;
constexpr int kTries = 4;  // attempts to draw two rows that differ
constexpr std::size_t kMinShare = 16;

}  // namespace

// Takes a sample, without the random generator if all rows are taken, so that small groups use no random numbers.
void Splitter::take_sample(const std::uint32_t* rows, std::size_t count, Random& random) {
  if (count <= kSplitSampleRows) {
    sample_.assign(rows, rows + count);
  } else {
    sample_.resize(kSplitSampleRows);
    const std::size_t stride = count / kSplitSampleRows;
    for (std::size_t i = 0; i < kSplitSampleRows; ++i) sample_[i] = rows[i * stride + random.next() % stride];
  }
  if (!codes_.left_out) return;
  std::erase_if(sample_, [&](std::uint32_t row) { return (*codes_.left_out)[row]; });
  if (sample_.size() < 2) sample_.assign(rows, rows + std::min(count, kSplitSampleRows));
}

// Returns the plane where a code is equally far from both means, in distances of the decoded values: steps differ
// between coordinates.
Plane Splitter::between_means() const {
  const std::size_t width = codes_.width;
  Plane plane;
  plane.normal.assign(kernels::padded_dims(width), std::int8_t{0});
  std::vector<double> weights(width);
  double largest = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double step = double{grid_.step[j]};
    weights[j] = (means_[1][j] - means_[0][j]) * step * step;
    largest = std::max(largest, std::abs(weights[j]));
  }
  if (!(largest > 0) || !std::isfinite(largest)) return plane;
  double middle = 0;  // <rounded normal, half-way point>: rounding turns the plane slightly about that point
  for (std::size_t j = 0; j < width; ++j) {
    plane.normal[j] = static_cast<std::int8_t>(std::nearbyint(weights[j] / largest * 127));
    middle += plane.normal[j] * (means_[0][j] + means_[1][j]) / 2;
  }
  plane.threshold = static_cast<std::int32_t>(std::ceil(middle));
  return plane;
}

// Assigns rows to sides; returns false if none changed its side.
bool Splitter::assign(const Plane& plane) {
  dots_.resize(sample_.size());
  kernels::table().screen.rows(plane.normal.data(), {codes_.data, codes_.width, sample_.data(), sample_.size()},
                               codes_.width, 0, dots_.data());
  bool changed = false;
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    const std::uint8_t side = dots_[i] >= plane.threshold ? 1 : 0;
    changed |= side != sides_[i];
    sides_[i] = side;
  }
  return changed;
}

// Moves the means; returns false if a side is empty.
bool Splitter::move_means() {
  std::size_t counts[2] = {0, 0};
  for (auto& sums : sums_) sums.assign(codes_.width, 0);
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    const std::uint8_t* code = codes_.row(sample_[i]);
    std::uint32_t* sums = sums_[sides_[i]].data();
    for (std::size_t j = 0; j < codes_.width; ++j) sums[j] += code[j];
    ++counts[sides_[i]];
  }
  if (counts[0] == 0 || counts[1] == 0) return false;
  for (std::size_t side = 0; side < 2; ++side)
    for (std::size_t j = 0; j < codes_.width; ++j) means_[side][j] = sums_[side][j] / static_cast<double>(counts[side]);
  return true;
}

Plane Splitter::plane(const std::uint32_t* rows, std::size_t count, Random& random) {
  take_sample(rows, count, random);
  sides_.assign(sample_.size(), 2);  // 2: on neither side
  for (auto& means : means_) means.resize(codes_.width);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    for (auto& means : means_) {
      const std::uint8_t* code = codes_.row(sample_[random.next() % sample_.size()]);
      std::copy_n(code, codes_.width, means.begin());
    }
    if (means_[0] != means_[1]) break;
  }
  for (int round = 0; round < kRounds; ++round)
    if (!assign(between_means()) || !move_means()) break;
  return between_means();
}

Splitter::Division Splitter::divide(const Plane& plane, std::uint32_t* rows, std::size_t count) {
  dots_.resize(count);
  kernels::table().screen.rows(plane.normal.data(), {codes_.data, codes_.width, rows, count}, codes_.width, 0,
                               dots_.data());
  const std::size_t least = std::max<std::size_t>(1, count / kMinShare);
  const auto below = [&](std::int32_t threshold) {
    return static_cast<std::size_t>(
        std::count_if(dots_.begin(), dots_.end(), [&](std::int32_t dot) { return dot < threshold; }));
  };
  std::int32_t threshold = plane.threshold;
  std::size_t left = below(threshold);
  if (left < least || count - left < least) {
    std::vector<std::int32_t> sorted = dots_;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count / 2), sorted.end());
    threshold = sorted[count / 2];
    left = below(threshold);
    // Many rows are alike: rows equal to the median stay together if that leaves enough on each side, otherwise any
    // half is taken.
    if (left < least || count - left < least) return {count / 2, false, threshold};
  }
  right_.clear();
  std::size_t place = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (dots_[i] < threshold)
      rows[place++] = rows[i];
    else
      right_.push_back(rows[i]);
  }
  std::copy(right_.begin(), right_.end(), rows + place);
  return {left, true, threshold};
}

}  // namespace nearabout::forest
