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
  double rank;
  std::uint32_t row;

  friend bool operator<(const Neighbour& a, const Neighbour& b) {
    return a.rank < b.rank || (a.rank == b.rank && a.row < b.row);
  }
};

// A binary heap with the worst on top. (A sorted array is faster for small k and hopeless for k in the thousands; the
// exact scan pushes so few that it does not matter.) NaN never enters.
class TopK {
 public:
  explicit TopK(std::size_t k, double limit = std::numeric_limits<double>::infinity()) : k_(k), limit_(limit) {}

  void push(double rank, std::uint32_t row) {
    const Neighbour candidate{rank, row};
    if (!(rank <= limit_) || k_ == 0) return;
    if (heap_.size() < k_) {
      heap_.push_back(candidate);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (candidate < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = candidate;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  // The rank that a newcomer must not exceed.
  double worst() const { return heap_.size() < k_ || k_ == 0 ? limit_ : heap_.front().rank; }

  // Best first. Leaves the heap empty.
  std::vector<Neighbour> take_sorted() {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

  void merge(const TopK& other) {
    for (const Neighbour& neighbour : other.heap_) push(neighbour.rank, neighbour.row);
  }

 private:
  std::size_t k_;
  double limit_;
  std::vector<Neighbour> heap_;
};

}  // namespace nearabout
