// The k best of what was pushed, within a limit: smallest rank first, ties by row, so that answers do not depend on the
// order of arrival. Everything within a radius is the same with k as large as the table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace nearabout {

struct Neighbour {
  double rdist;
  std::uint32_t row;

  friend bool operator<(const Neighbour& a, const Neighbour& b) {
    return a.rdist < b.rdist || (a.rdist == b.rdist && a.row < b.row);
  }
};

// Few are kept in order; many in a binary heap with the worst on top. (Of 30 arrivals for 10 places, keeping them in
// order takes a third of the heap's time.) NaN never enters.
class TopK {
 public:
  explicit TopK(std::size_t k, double limit = std::numeric_limits<double>::infinity()) : k_(k), limit_(limit) {
    if (k <= kInOrder) kept_.reserve(k);
  }

  void push(double rdist, std::uint32_t row) {
    const Neighbour candidate{rdist, row};
    if (!(rdist <= limit_) || k_ == 0) return;
    const bool full = kept_.size() == k_;
    if (full && !(candidate < (k_ <= kInOrder ? kept_.back() : kept_.front()))) return;
    ++entered_;
    if (k_ <= kInOrder)
      insert(candidate, full);
    else
      sift(candidate, full);
  }

  // The rank that a newcomer must not exceed.
  double worst() const {
    if (kept_.size() < k_ || k_ == 0) return limit_;
    return k_ <= kInOrder ? kept_.back().rdist : kept_.front().rdist;
  }

  // How many were among the best when they came.
  std::size_t entered() const { return entered_; }

  // Best first. Leaves nothing.
  std::vector<Neighbour> take_sorted() {
    if (k_ > kInOrder) std::sort_heap(kept_.begin(), kept_.end());
    return std::move(kept_);
  }

  void merge(const TopK& other) {
    for (const Neighbour& neighbour : other.kept_) push(neighbour.rdist, neighbour.row);
  }

 private:
  static constexpr std::size_t kInOrder = 32;

  void insert(const Neighbour& candidate, bool full) {
    if (!full) kept_.push_back(candidate);
    std::size_t place = kept_.size() - 1;
    for (; place > 0 && candidate < kept_[place - 1]; --place) kept_[place] = kept_[place - 1];
    kept_[place] = candidate;
  }

  void sift(const Neighbour& candidate, bool full) {
    if (full) {
      std::pop_heap(kept_.begin(), kept_.end());
      kept_.back() = candidate;
    } else {
      kept_.push_back(candidate);
    }
    std::push_heap(kept_.begin(), kept_.end());
  }

  std::size_t k_;
  std::size_t entered_ = 0;
  double limit_;
  std::vector<Neighbour> kept_;
};

}  // namespace nearabout
