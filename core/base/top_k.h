// The k best of what was pushed: smallest rank first, ties by row, so that answers do not depend on the order of arrival.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace nearabout {

struct Neighbour {
  double rank;
  std::uint32_t row;

  friend bool operator<(const Neighbour& a, const Neighbour& b) {
    return a.rank < b.rank || (a.rank == b.rank && a.row < b.row);
  }
};

// A binary heap with the worst on top. (A sorted array is faster for small k and hopeless for k in the thousands; the exact
// scan pushes so few that it does not matter.) NaN never enters.
class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) {}

  void push(double rank, std::uint32_t row) {
    const Neighbour candidate{rank, row};
    if (!(rank <= worst())) return;
    if (heap_.size() < k_) {
      heap_.push_back(candidate);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (k_ != 0 && candidate < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = candidate;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  // The rank that a newcomer must not exceed; infinite until k are known.
  double worst() const { return heap_.size() < k_ || k_ == 0 ? std::numeric_limits<double>::infinity() : heap_.front().rank; }

  // Best first. Leaves the heap empty.
  std::vector<Neighbour> take_sorted() {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

  const std::vector<Neighbour>& unsorted() const { return heap_; }

 private:
  std::size_t k_;
  std::vector<Neighbour> heap_;
};

}  // namespace nearabout
