// Answers queries through a tree, one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/top_k.h"
#include "index/kdtree/allowed_leaves.h"
#include "index/kdtree/candidates.h"
#include "index/kdtree/descent.h"
#include "index/kdtree/layout.h"
#include "index/request.h"
#include "index/results.h"
#include "index/search_stats.h"
#include "metric/bound_query.h"

namespace nearabout::kdtree {

// The budget of a query.
struct KdTreeBudget {
  std::int64_t effort;           // as results report it
  std::size_t leaves;            // to visit, if not all that may hold neighbours
  bool all;                      // whether that is so
  bool guarded;                  // the search has a target recall, not an effort
  double epsilon;                // of the bound on distances
  const AllowedLeaves* allowed;  // null: all rows
};

// One thread's work space, kept from search to search.
class KdTreeSearch {
 public:
  explicit KdTreeSearch(const KdTreeLayout& layout);

  // Answers a query. Returns false, with no result, if it is too far from all rows for the tree.
  bool run(MatrixView queries, std::size_t number, const KdTreeBudget& budget, const index::Request& request,
           index::Results& results);
  // Begins to count, and adds the counts since then.
  void start_counting();
  void count(index::SearchStats& stats);

 private:
  void compare(const metric::BoundQuery& bound, const index::Request& request, std::size_t number,
               index::Results& results);

  void compare_some(const metric::BoundQuery& bound, std::span<const std::uint32_t> places);

  const KdTreeLayout& layout_;
  MatrixView vectors_;
  Descent descent_;
  Candidates candidates_;
  std::vector<float> query_, point_;
  bool has_vectors_;           // whether the blocks of the tree hold the vectors themselves
  std::vector<float> copies_;  // of those
  std::vector<std::uint32_t> places_;
  std::vector<Neighbour> found_;
  std::uint64_t queries_ = 0, compared_ = 0;
  Descent::Work before_;  // before it began to count
};

}  // namespace nearabout::kdtree
