// The rows that may be among the k nearest, by float32 values: all whose true distances may be within that of the k-th.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
      insert(key);
      if (nearest_.size() == k_) tighten();
    } else if (key < worst()) {
      const std::uint64_t last = worst();
      replace_worst(key);
      tighten();
      keep_other(last);
    } else {
      others_.push_back(key);
    }
  }

  // Returns true if each() begins with the k nearest in the order of their values, and few others follow.
  bool are_in_order() const { return k_ <= kInOrder && others_.size() <= kInOrder; }
  // Calls visit(place) for each candidate.
  template <class Visit>
  void each(Visit visit) const {
    for (const std::uint64_t key : nearest_) visit(static_cast<std::uint32_t>(key));
    for (const std::uint64_t key : others_)
      if (value_of(key) <= limit_) visit(static_cast<std::uint32_t>(key));
  }

 private:
  static constexpr std::size_t kInOrder = 512;  // up to so many are kept in order, and more as a heap
  static constexpr std::size_t kOneByOne = 16;  // moved up one by one rather than together

  static float value_of(std::uint64_t key) { return std::bit_cast<float>(static_cast<std::uint32_t>(key >> 32)); }
  std::uint64_t worst() const { return k_ <= kInOrder ? nearest_.back() : nearest_.front(); }

  void insert(std::uint64_t key) {
    nearest_.push_back(key);
    if (k_ <= kInOrder)
      put(key, nearest_.size() - 1);
    else if (nearest_.size() == k_)
      std::make_heap(nearest_.begin(), nearest_.end());
  }
  void replace_worst(std::uint64_t key) {
    if (k_ <= kInOrder) {
      put(key, k_ - 1);
    } else {
      std::pop_heap(nearest_.begin(), nearest_.end());
      nearest_.back() = key;
      std::push_heap(nearest_.begin(), nearest_.end());
    }
  }
  // Puts the key among the first `count`, which are in order; the key behind them is lost.
  void put(std::uint64_t key, std::size_t count) {
    std::uint64_t* const keys = nearest_.data();
    if (count <= kOneByOne) {
      for (; count > 0 && key < keys[count - 1]; --count) keys[count] = keys[count - 1];
      keys[count] = key;
      return;
    }
    std::uint64_t* const place = std::upper_bound(keys, keys + count, key);
    std::memmove(place + 1, place, static_cast<std::size_t>(keys + count - place) * sizeof(std::uint64_t));
    *place = key;
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
