// The rows that may be among the k nearest, by float32 values: all whose true distances may be within that of the k-th.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "index/kdtree/space.h"

namespace nearabout::kdtree {

class Candidates {
 public:
  explicit Candidates(const TreeSpace& space) : space_(space) {}

  // Starts a search for the k nearest among the rows up to a value, pruned by `epsilon`.
  void start(std::size_t k, double most, double epsilon) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    k_ = k;
    epsilon_ = epsilon;
    nearest_.clear();
    others_.clear();
    limit_ = most < kInfinity ? space_.limit(most) : std::numeric_limits<float>::infinity();
    prune_limit_ = limit_;
  }

  // Returns the largest value of a row that may be a result, and the largest of a box that may hold one.
  float limit() const { return limit_; }
  float prune_limit() const { return prune_limit_; }
  bool has_enough() const { return nearest_.size() >= k_; }

  void push(float value, std::uint32_t place) {
    if (!(value <= limit_)) return;
    const std::uint64_t key = std::uint64_t{std::bit_cast<std::uint32_t>(value)} << 32 | place;
    if (nearest_.size() < k_) {
      insert(key, nearest_.size());
      nearest_.size() == k_ ? tighten() : void();
    } else if (key < worst()) {
      const std::uint64_t last = worst();
      replace(key);
      tighten();
      keep_other(last);
    } else {
      others_.push_back(key);
    }
  }

  // Calls visit(place) for each candidate.
  template <class Visit>
  void each(Visit visit) const {
    for (const std::uint64_t key : nearest_) visit(static_cast<std::uint32_t>(key));
    for (const std::uint64_t key : others_)
      if (value_of(key) <= limit_) visit(static_cast<std::uint32_t>(key));
  }

 private:
  static constexpr std::size_t kInOrder = 32;

  static float value_of(std::uint64_t key) { return std::bit_cast<float>(static_cast<std::uint32_t>(key >> 32)); }
  std::uint64_t worst() const { return k_ <= kInOrder ? nearest_.back() : nearest_.front(); }

  // Inserts into the first `count` keys, which are in order, or a heap of them.
  void insert(std::uint64_t key, std::size_t count) {
    nearest_.resize(count + 1);
    if (k_ <= kInOrder) {
      put(key, count);
    } else {
      nearest_[count] = key;
      std::push_heap(nearest_.begin(), nearest_.end());
    }
  }
  void replace(std::uint64_t key) {
    if (k_ <= kInOrder) {
      put(key, k_ - 1);
    } else {
      std::pop_heap(nearest_.begin(), nearest_.end());
      nearest_.back() = key;
      std::push_heap(nearest_.begin(), nearest_.end());
    }
  }
  void put(std::uint64_t key, std::size_t place) {
    for (; place > 0 && key < nearest_[place - 1]; --place) nearest_[place] = nearest_[place - 1];
    nearest_[place] = key;
  }

  void tighten() {
    const double value = value_of(worst());
    limit_ = std::min(limit_, space_.limit(value));
    prune_limit_ = epsilon_ == 0 ? limit_ : std::min(prune_limit_, space_.limit(space_.value_nearer(value, epsilon_)));
  }
  void keep_other(std::uint64_t key) {
    if (value_of(key) <= limit_) others_.push_back(key);
  }

  const TreeSpace& space_;
  std::size_t k_ = 0;
  double epsilon_ = 0;
  float limit_ = 0, prune_limit_ = 0;
  std::vector<std::uint64_t> nearest_;  // value, and place in the tree's order
  std::vector<std::uint64_t> others_;   // farther than those, but perhaps only by rounding
};

}  // namespace nearabout::kdtree
