// For each row, the rows that look nearest so far.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/prefetch.h"
#include "base/scored.h"

namespace nearabout::neighbors {

// Which rows are kept does not depend on the order in which they are offered, so several threads may offer: the score
// of a pair is always the same, and those of least (score, row) stay.
class NearLists {
 public:
  NearLists(std::size_t rows, std::size_t kept) : kept_(kept), lists_(rows * kept), counts_(rows, 0) {}

  std::size_t rows() const { return counts_.size(); }
  std::size_t kept() const { return kept_; }
  // Returns the score that a further row must not exceed.
  float limit(std::size_t row) const {
    const std::scoped_lock lock(lock_of(row));
    return counts_[row] < kept_ ? std::numeric_limits<float>::infinity() : lists_[row * kept_ + kept_ - 1].score();
  }
  // Offers rows to the list of a row, once or several times each.
  void offer(std::size_t row, std::span<const Scored> found);
  // Returns the list of a row, nearest first. No thread may offer to it meanwhile.
  std::span<const Scored> of(std::size_t row) const { return {lists_.data() + row * kept_, counts_[row]}; }
  // Prefetches the beginning of the list of a row.
  void fetch(std::size_t row, std::size_t count) const {
    prefetch(lists_.data() + row * kept_, count * sizeof(Scored));
  }

 private:
  using Locks = std::array<std::mutex, 256>;
  std::mutex& lock_of(std::size_t row) const { return (*locks_)[row % locks_->size()]; }
  void insert(std::size_t row, Scored candidate);

  std::size_t kept_;
  std::vector<Scored> lists_;
  std::vector<std::uint32_t> counts_;
  std::unique_ptr<Locks> locks_ = std::make_unique<Locks>();  // so that lists can be moved
};

}  // namespace nearabout::neighbors
