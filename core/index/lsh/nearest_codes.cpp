#include "index/lsh/nearest_codes.h"

namespace nearabout::lsh {
namespace {

// Hits that are kept before those that have become too far are left out, in multiples of the rows wanted: about 1 + ln
// of the number of rows per row wanted, if rows come in any order.
constexpr std::size_t kHitsPerRow = 16;

std::size_t bits_of(std::uint64_t hit) { return static_cast<std::size_t>(hit >> 32); }

}  // namespace

void NearestCodes::start(std::size_t bits, std::size_t wanted) {
  wanted_ = wanted;
  limit_ = bits;
  kept_ = 0;
  counts_.assign(bits + 1, 0);
  hits_.clear();
}

void NearestCodes::add(std::span<const std::uint64_t> hits, std::size_t first) {
  for (const std::uint64_t hit : hits) {
    ++counts_[bits_of(hit)];
    hits_.push_back(hit + first);
  }
  kept_ += hits.size();
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

const std::vector<std::uint32_t>& NearestCodes::rows() {
  prune();
  rows_.clear();
  for (const std::uint64_t hit : hits_) rows_.push_back(static_cast<std::uint32_t>(hit));
  return rows_;
}

}  // namespace nearabout::lsh
