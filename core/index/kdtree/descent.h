// A query's way through a tree: to the nearest boxes first, past those that can hold no neighbour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/kdtree/allowed_leaves.h"
#include "index/kdtree/candidates.h"
#include "index/kdtree/layout.h"
#include "kernels/kernels.h"

namespace nearabout::kdtree {

// One thread's work space.
class Descent {
 public:
  explicit Descent(const KdTreeLayout& layout);

  // Offers to `best` all rows that may be among the nearest: of each node the nearest child first. `allowed` may be
  // null: all rows.
  void find_all(const float* query, const AllowedLeaves* allowed, Candidates& best);
  // Visits so many of the leaves with the nearest boxes, and more until there are enough rows; fewer, if the others can
  // hold no neighbour. If `guarded`, all that may hold one, for a query that is in the boxes of several.
  void find_nearest(const float* query, std::size_t leaves, bool guarded, Candidates& best);
  // Calls visit(leaf, value of its box) for the leaves with boxes up to `limit`, in the order of find_nearest(), until
  // it returns false.
  template <class Visit>
  void each_nearest(const float* query, float limit, Visit visit);

  // What was looked at since the work space was made.
  struct Work {
    std::uint64_t nodes = 0, leaves = 0, rows = 0;
    Work operator-(const Work& before) const {
      return {nodes - before.nodes, leaves - before.leaves, rows - before.rows};
    }
  };
  const Work& work() const { return work_; }

 private:
  // A node on the way down.
  struct Stop {
    std::size_t first_child = 0;
    alignas(64) std::array<float, kChildren> values{};  // of children still to be visited; infinity for others
  };
  // A child that find_nearest() may still visit. Those at the same distance are visited in a fixed order.
  struct Pending {
    float value;
    std::uint32_t level;  // 0: it is a leaf
    std::uint32_t node;
    friend bool operator<(const Pending& a, const Pending& b) {  // the nearest on top of a heap
      return a.value != b.value ? a.value > b.value : a.level != b.level ? a.level > b.level : a.node > b.node;
    }
  };

  // Compares the query with the boxes of a node's children. Returns a mask of those with values up to `limit`, and
  // perhaps of children that it does not have, which are infinitely far.
  unsigned compare_boxes(const float* query, std::size_t level, std::size_t node, float limit, float* values);
  void open(const float* query, const AllowedLeaves* allowed, std::size_t level, std::size_t node);
  void look_at_leaf(const float* query, std::size_t leaf, const AllowedLeaves* allowed, Candidates& best);
  void add_children(const float* query, std::size_t level, std::size_t node, float limit);

  const KdTreeLayout& layout_;
  kernels::BlockDistances rows_kernel_, boxes_kernel_;
  kernels::LeastOfBlock least_kernel_;
  std::array<float, kernels::kBlockRows> values_;
  std::vector<Stop> stops_;  // one for each level
  std::vector<Pending> pending_;
  Work work_;
};

template <class Visit>
void Descent::each_nearest(const float* query, float limit, Visit visit) {
  pending_.clear();
  add_children(query, layout_.shape.levels() - 1, 0, limit);
  while (!pending_.empty()) {
    std::pop_heap(pending_.begin(), pending_.end());
    const Pending next = pending_.back();
    pending_.pop_back();
    if (next.level > 0) {
      add_children(query, next.level - 1, next.node, limit);
    } else if (!visit(std::size_t{next.node}, next.value)) {
      return;
    }
  }
}

}  // namespace nearabout::kdtree
