#include "index/neighbors/leaf.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"

namespace nearabout::neighbors {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kPanelsInBlock = 8;  // panels whose products stay in the first-level cache
constexpr std::size_t kBlock = kPanelsInBlock * kPanelRows;
constexpr std::size_t kRoomForHits = kernels::kBlockRows;  // beyond the count, as kernels.h has it

constexpr float kLimitRounding =
    1e-6f;  // relative: limits are compared with sums that are rounded in other ways than scores

// Returns minus a limit, and a little more room: a few rows beyond it do no harm.
float minus_limit_of(float limit) { return -limit - kLimitRounding * std::abs(limit); }

}  // namespace

Leaf::Leaf(const BytePoints& points, NearLists& lists)
    : points_(points),
      lists_(lists),
      wanted_(std::max<std::size_t>(1, lists.kept() * 3 / 4)),
      room_(2 * wanted_ + 3 * kRoomForHits),
      dots_(kPanelQueries * kBlock),
      hits_(kBlock + kRoomForHits),
      bounds_(kBlock + kRoomForHits) {}

void Leaf::compare(std::span<const std::uint32_t> rows) {
  if (rows.size() < 2) return;
  gather(rows);
  for (std::size_t first = 0; first < rows.size(); first += kPanelQueries) {
    const std::size_t count = std::min(kPanelQueries, rows.size() - first);
    // Products are symmetric: pairs with earlier panels were found when these were compared with this one.
    const std::size_t own = first / kPanelRows;
    compare_block(first, count, own, 1);
    for (std::size_t panel = own + 1; panel < panels_.count(); panel += kPanelsInBlock)
      compare_block(first, count, panel, std::min(kPanelsInBlock, panels_.count() - panel));
  }
  offer(rows);
}

void Leaf::gather(std::span<const std::uint32_t> rows) {
  const std::size_t dims = points_.dims();
  const std::size_t count = rows.size();
  bytes_.resize(count * dims);
  squares_.resize(count);
  shifts_.resize(count);
  minus_limits_.resize(count);
  counts_.assign(count, 0);
  scores_.resize(count * room_);
  places_.resize(count * room_);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(bytes_.data() + i * dims, points_.bytes(rows[i]), dims);
    squares_[i] = points_.square(rows[i]);
    shifts_[i] = points_.shift(rows[i]);
    minus_limits_[i] = minus_limit_of(lists_.limit(rows[i]));
  }
  panels_.pack_narrow(bytes_.data(), count, dims);
}

void Leaf::compare_block(std::size_t first, std::size_t count, std::size_t panel, std::size_t panels) {
  const std::size_t dims = points_.dims();
  kernels::table().screen.narrow_panel_dots(panels_.panel(panel), panels, bytes_.data() + first * dims, dims, count,
                                            dims, dots_.data(), kBlock);
  const std::size_t begin = panel * kPanelRows;
  const std::size_t columns = std::min(panels * kPanelRows, squares_.size() - begin);
  for (std::size_t q = 0; q < count; ++q) {
    std::int32_t* const dots = dots_.data() + q * kBlock;
    for (std::size_t j = 0; j < columns; ++j) dots[j] -= shifts_[first + q];
    keep_for_own(first + q, dots, begin, columns);
    if (begin > first) keep_for_others(first + q, dots, begin, columns);
  }
}

void Leaf::keep_for_own(std::size_t own, const std::int32_t* dots, std::size_t begin, std::size_t count) {
  std::size_t found = kernels::table().screen.hits(
      dots, count, {squares_.data() + begin, nullptr, points_.scale(), 0, -minus_limits_[own]}, hits_.data(),
      bounds_.data());
  if (found > wanted_ + 1) {  // the row itself may be among them
    float limit = 0;
    found = kernels::table().codes.keep_least(bounds_.data(), hits_.data(), found, wanted_ + 1, &limit);
  }
  for (std::size_t h = 0; h < found; ++h)
    if (begin + hits_[h] != own) append(own, bounds_[h], begin + hits_[h]);
}

// The limits are those of the rows of the block, so each takes the place of an offset, and the row's square that of the
// limit.
void Leaf::keep_for_others(std::size_t own, const std::int32_t* dots, std::size_t begin, std::size_t count) {
  const float threshold = kLimitRounding * squares_[own] - squares_[own];
  const std::size_t found =
      kernels::table().screen.hits(dots, count, {minus_limits_.data() + begin, nullptr, points_.scale(), 0, threshold},
                                   hits_.data(), bounds_.data());
  for (std::size_t h = 0; h < found; ++h)
    append(begin + hits_[h], squares_[own] + points_.scale() * static_cast<float>(dots[hits_[h]]), own);
}

void Leaf::append(std::size_t own, float score, std::size_t other) {
  if (counts_[own] == room_ - kRoomForHits) lower_limit(own);
  const std::size_t place = own * room_ + counts_[own]++;
  scores_[place] = score;
  places_[place] = static_cast<std::uint32_t>(other);
}

void Leaf::lower_limit(std::size_t own) {
  float* const scores = scores_.data() + own * room_;
  std::uint32_t* const places = places_.data() + own * room_;
  float limit = 0;
  std::size_t count = kernels::table().codes.keep_least(scores, places, counts_[own], wanted_, &limit);
  if (count > wanted_ + kRoomForHits) {  // there are many of the same score
    select_found(own, count);
    count = found_.size();
    for (std::size_t n = 0; n < count; ++n) {
      scores[n] = found_[n].score();
      places[n] = found_[n].row();
    }
  }
  counts_[own] = static_cast<std::uint32_t>(count);
  minus_limits_[own] = minus_limit_of(limit);
}

// Selects the nearest of what was found for a row, as many as are wanted, in any order: by scores, then by places.
void Leaf::select_found(std::size_t own, std::size_t count) {
  found_.clear();
  for (std::size_t n = own * room_; n < own * room_ + count; ++n) found_.emplace_back(scores_[n], places_[n]);
  if (count <= wanted_) return;
  std::nth_element(found_.begin(), found_.begin() + static_cast<std::ptrdiff_t>(wanted_), found_.end());
  found_.resize(wanted_);
}

// The limits of a row depend on which of its leaves other threads have already compared, so what lies beyond them is
// found in some runs only. Exactly the nearest of the leaf are offered: the lists are the same with any threads.
void Leaf::offer(std::span<const std::uint32_t> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    select_found(i, counts_[i]);
    for (Scored& found : found_) found = Scored(found.score(), rows[found.row()]);
    lists_.offer(rows[i], found_);
  }
}

}  // namespace nearabout::neighbors
