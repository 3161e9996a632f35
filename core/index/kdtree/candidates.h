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
    k_ = k;
    epsilon_ = epsilon;
    nearest_.clear();
    if (k <= kMaxInOrder) nearest_.resize(k, kNoKey);
    others_.clear();
    limit_ = prune_limit_ = most < double{kInfinity} ? space_.limit(most) : kInfinity;
  }

  // Returns the largest value of a row that may be a result, and the largest of a box that may hold one.
  float limit() const { return limit_; }
  float prune_limit() const { return prune_limit_; }
  bool has_enough() const { return k_ <= kMaxInOrder ? k_ == 0 || nearest_.back() != kNoKey : nearest_.size() >= k_; }

  void push(float value, std::uint32_t place) {
    if (!(value <= limit_)) return;
    const std::uint64_t key = std::uint64_t{std::bit_cast<std::uint32_t>(value)} << 32 | place;
    if (k_ > kMaxInOrder) return push_of_many(key);
    const std::uint64_t last = nearest_.back();
    if (key > last) return others_.push_back(key);
    put(key);
    if (nearest_.back() == kNoKey) return;
    tighten(value_of(nearest_.back()));
    if (value_of(last) <= limit_) others_.push_back(last);
  }

  // Returns true if each() begins with the k nearest in the order of their values, and few others follow.
  bool are_in_order() const { return k_ <= kMaxInOrder && others_.size() <= kMaxInOrder; }
  // Calls visit(place) for each candidate.
  template <class Visit>
  void each(Visit visit) const {
    for (const std::uint64_t key : nearest_)
      if (key != kNoKey) visit(static_cast<std::uint32_t>(key));
    for (const std::uint64_t key : others_)
      if (value_of(key) <= limit_) visit(static_cast<std::uint32_t>(key));
  }

 private:
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  static constexpr std::uint64_t kNoKey = ~std::uint64_t{0};  // its value is NaN
  static constexpr std::size_t kMaxInOrder = 512;             // up to so many are kept in order, and more as a heap
  static constexpr std::size_t kOneByOne = 24;                // put in place without a branch, one by one

  static float value_of(std::uint64_t key) { return std::bit_cast<float>(static_cast<std::uint32_t>(key >> 32)); }

  // Puts a key among those in order; the last one is lost.
  void put(std::uint64_t key) {
    std::uint64_t* const keys = nearest_.data();
    if (k_ <= kOneByOne) {
      for (std::size_t i = k_ - 1; i > 0; --i) keys[i] = std::min(keys[i], std::max(keys[i - 1], key));
      keys[0] = std::min(keys[0], key);
      return;
    }
    std::uint64_t* const place = std::upper_bound(keys, keys + k_ - 1, key);
    std::memmove(place + 1, place, static_cast<std::size_t>(keys + k_ - 1 - place) * sizeof(std::uint64_t));
    *place = key;
  }

  void push_of_many(std::uint64_t key) {
    if (nearest_.size() < k_) {
      nearest_.push_back(key);
      if (nearest_.size() < k_) return;
      std::make_heap(nearest_.begin(), nearest_.end());
      return tighten(value_of(nearest_.front()));
    }
    if (key > nearest_.front()) return others_.push_back(key);
    std::pop_heap(nearest_.begin(), nearest_.end());
    const std::uint64_t last = nearest_.back();
    nearest_.back() = key;
    std::push_heap(nearest_.begin(), nearest_.end());
    tighten(value_of(nearest_.front()));
    if (value_of(last) <= limit_) others_.push_back(last);
  }

  void tighten(float worst) {
    const auto value = double{worst};
    limit_ = std::min(limit_, space_.limit(value));
    prune_limit_ = epsilon_ == 0 ? limit_ : std::min(prune_limit_, space_.limit(space_.value_nearer(value, epsilon_)));
  }

  const TreeSpace& space_;
  std::size_t k_ = 0;
  double epsilon_ = 0;
  float limit_ = 0, prune_limit_ = 0;
  std::vector<std::uint64_t> nearest_;  // value, and place in the tree's order
  std::vector<std::uint64_t> others_;   // farther than those, but perhaps only by rounding
};

}  // namespace nearabout::kdtree
