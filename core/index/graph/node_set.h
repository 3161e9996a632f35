// The nodes that a walk has seen: few of many, so a small table of their numbers stays in the nearest cache, where a
// bit for each node of a large graph would not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::graph {

class NodeSet {
 public:
  NodeSet() : table_(std::size_t{1} << kFirstBits, kNone), bits_(kFirstBits) {}

  // Adds a node; returns false if it was there.
  bool add(std::uint32_t node) {
    std::uint32_t place = first_place(node);
    for (; table_[place] != kNone; place = (place + 1) & mask())
      if (table_[place] == node) return false;
    table_[place] = node;
    taken_.push_back(place);
    if (2 * taken_.size() > table_.size()) grow();
    return true;
  }
  void clear() {
    for (const std::uint32_t place : taken_) table_[place] = kNone;
    taken_.clear();
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFFu;
  static constexpr unsigned kFirstBits = 10;

  std::uint32_t mask() const { return static_cast<std::uint32_t>(table_.size() - 1); }
  // Numbers of near nodes are near each other: a multiplication spreads them (Knuth, TAOCP 3, 6.4).
  std::uint32_t first_place(std::uint32_t node) const { return (node * 2'654'435'769u) >> (32 - bits_); }

  void grow() {
    std::vector<std::uint32_t> nodes;
    for (const std::uint32_t place : taken_) nodes.push_back(table_[place]);
    table_.assign(std::size_t{1} << ++bits_, kNone);
    taken_.clear();
    for (const std::uint32_t node : nodes) add(node);
  }

  std::vector<std::uint32_t> table_;  // open addressing: a number is at the first free place after its own
  std::vector<std::uint32_t> taken_;
  unsigned bits_;
};

}  // namespace nearabout::graph
