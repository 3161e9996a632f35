// The k best candidates within a limit: smallest reduced distance first, ties by row, so that results do not depend on
// the order of arrival. A radius search is the same with k equal to the number of rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nearabout {

struct Neighbour {
  double rdist;
  std::uint32_t row;

  friend bool operator<(const Neighbour& a, const Neighbour& b) {
    return a.rdist < b.rdist || (a.rdist == b.rdist && a.row < b.row);
  }
};

// Small k is kept sorted; large k is a binary heap with the worst on top. (With 30 arrivals for 10 places, keeping them
// sorted takes a third of the heap's time.) NaN is never accepted.
class TopK {
 public:
  // `excluded` are rows that are never kept, in order; they must outlive this.
  explicit TopK(std::size_t k, double limit = std::numeric_limits<double>::infinity(),
                std::span<const std::uint32_t> excluded = {})
      : k_(k), limit_(limit), excluded_(excluded) {
    if (k <= kInOrder) kept_.reserve(k);
  }

  void push(double rdist, std::uint32_t row) {
    const Neighbour candidate{rdist, row};
    if (!(rdist <= limit_) || k_ == 0) return;
    const bool full = kept_.size() == k_;
    if (full && !(candidate < (k_ <= kInOrder ? kept_.back() : kept_.front()))) return;
    if (!excluded_.empty() && std::binary_search(excluded_.begin(), excluded_.end(), row)) return;
    ++entered_;
    if (k_ <= kInOrder)
      insert(candidate, full);
    else
      sift(candidate, full);
  }

  // Returns the largest reduced distance that a new candidate may have.
  double worst() const {
    if (kept_.size() < k_ || k_ == 0) return limit_;
    return k_ <= kInOrder ? kept_.back().rdist : kept_.front().rdist;
  }

  // Returns how many candidates were among the best when they arrived.
  std::size_t entered() const { return entered_; }

  // Returns the candidates, best first, and leaves this empty.
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
  std::span<const std::uint32_t> excluded_;
  std::vector<Neighbour> kept_;
};

}  // namespace nearabout
