#include "index/lsh/nearest_codes.h"

#include <algorithm>

namespace nearabout::lsh {
namespace {

// Hits that are kept before those that have become too far are left out, in multiples of the rows wanted: about 1 + ln
// of the number of rows per row wanted, if rows come in any order.
constexpr std::size_t kHitsPerRow = 16;

std::size_t bits_of(std::uint64_t hit) { return static_cast<std::size_t>(hit >> 32); }

}  // namespace

void NearestCodes::start(std::size_t bits, std::size_t wanted, std::span<const std::uint32_t> absent) {
  wanted_ = wanted;
  absent_ = absent;
  limit_ = bits;
  kept_ = 0;
  counts_.assign(bits + 1, 0);
  hits_.clear();
}

void NearestCodes::add(std::span<const std::uint64_t> hits, std::size_t first) {
  for (const std::uint64_t hit : hits) {
    const std::uint64_t numbered = hit + first;
    if (!absent_.empty() && std::ranges::binary_search(absent_, static_cast<std::uint32_t>(numbered))) continue;
    ++counts_[bits_of(hit)];
    ++kept_;
    hits_.push_back(numbered);
  }
  while (limit_ > 0 && kept_ - counts_[limit_] >= wanted_) kept_ -= counts_[limit_--];
  if (hits_.size() > kHitsPerRow * wanted_) prune();
}

// Leaves out the rows that are too far: of those with the largest number of bits, the last ones.
void NearestCodes::prune() {
  std::size_t ties = kept_ <= wanted_ ? counts_[limit_] : counts_[limit_] - (kept_ - wanted_);
  std::size_t left = 0;
  for (const std::uint64_t hit : hits_) {
    const std::size_t bits = bits_of(hit);
    if (bits > limit_ || (bits == limit_ && ties == 0)) continue;
    if (bits == limit_) --ties;
    hits_[left++] = hit;
  }
  hits_.resize(left);
  if (kept_ <= wanted_) return;
  counts_[limit_] -= kept_ - wanted_;
  kept_ = wanted_;
}

FoundRows NearestCodes::rows() {
  prune();
  const std::size_t half = hits_.size() / 2;
  std::size_t limit = 0;
  std::size_t before = 0;  // rows with fewer bits than the limit
  while (before + counts_[limit] < half) before += counts_[limit++];
  std::size_t ties = half - before;
  std::size_t nearer = 0;
  std::size_t farther = half;
  rows_.resize(hits_.size());
  for (const std::uint64_t hit : hits_) {
    const bool is_tie = bits_of(hit) == limit && ties > 0;
    if (is_tie) --ties;
    rows_[is_tie || bits_of(hit) < limit ? nearer++ : farther++] = static_cast<std::uint32_t>(hit);
  }
  const std::span<const std::uint32_t> all = rows_;
  return {all.first(half), all.subspan(half)};
}

}  // namespace nearabout::lsh
