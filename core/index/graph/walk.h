// The walk of one query through a graph: from node to nearer node.
//
// A walk keeps the `width` most promising nodes that it has seen, and goes on with the nearest one that it has not been
// at, until there is none: the best-first search of HNSW (Malkov and Yashunin, TPAMI 2020) on one layer. How near the
// neighbours of a node are it estimates in one of two ways. By the codes that the node has of them, which lie together;
// at a node, its own bytes give a better estimate, by which the nodes that the walk was at are ranked in the end. Or,
// where nodes have no codes, by the neighbours' own bytes, which have to be fetched from many places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/scored.h"
#include "index/graph/layout.h"
#include "index/graph/node.h"
#include "index/graph/node_set.h"
#include "quantize/leading_queries.h"

namespace nearabout::graph {

// Reuses its work space from walk to walk.
class Walk {
 public:
  explicit Walk(const GraphLayout& layout);

  // Starts for query i. Nodes with rows that are `absent`, ascending, are no results, and the walk goes on from them
  // only if there is no other way.
  void start(const quantize::LeadingQueries& queries, std::size_t i, std::size_t width,
             std::span<const std::uint32_t> absent);
  // Does the next piece of work, at the end of which something is fetched. Returns false if that was the last.
  bool step();

  // Returns at most `count` of the nodes that it was at, those that look nearest first.
  std::span<const Scored> nearest(std::size_t count);
  std::size_t steps() const { return steps_; }
  // Returns how many nodes' bytes were fetched from other places than the nodes it was at.
  std::size_t fetched() const { return fetched_; }

 private:
  struct Waiting {
    float estimate;
    std::uint32_t node;
    bool done, fetched;
  };

  float threshold() const;
  float estimate(float square, std::int32_t dot) const;
  float own_estimate(const Node& node) const;
  bool is_absent(const Node& node) const;
  void leave(const Node& node, float own);
  void look_at_codes(const Node& node, float own);
  void fetch_neighbours(const Node& node);
  void look_at_neighbours();
  void insert(float estimate, std::uint32_t node);
  void go_on();
  void look_everywhere();

  const GraphLayout& layout_;
  const quantize::LeadingQueries* queries_ = nullptr;
  std::size_t query_ = 0;
  std::size_t width_ = 0;
  std::span<const std::uint32_t> absent_;
  std::vector<Waiting> pool_;  // nearest first
  std::size_t next_ = 0;       // the first one that the walk was not at
  std::size_t steps_ = 0;
  std::size_t fetched_ = 0;
  NodeSet seen_;
  std::vector<Scored> visited_;
  std::vector<std::uint32_t> put_off_;     // absent nodes that it was at
  std::vector<std::uint32_t> neighbours_;  // whose bytes are on their way
  std::vector<std::uint32_t> numbers_;
  std::vector<float> estimates_;
  std::vector<std::int32_t> dots_;
};

}  // namespace nearabout::graph
