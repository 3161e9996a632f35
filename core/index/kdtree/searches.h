// Answers queries through a tree, one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/matrix.h"
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
  std::size_t leaves;            // to visit, if not all that may hold neighbours
  bool all;                      // whether that is so
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
  // Adds the counts since the last call.
  void count(index::SearchStats& stats);

 private:
  void compare(const metric::BoundQuery& bound, const index::Request& request, std::size_t number,
               index::Results& results);

  const KdTreeLayout& layout_;
  MatrixView vectors_;
  Descent descent_;
  Candidates candidates_;
  std::vector<float> query_, point_;
  std::vector<std::uint32_t> rows_;
  std::vector<double> rdists_;
  std::uint64_t queries_ = 0, compared_ = 0, nodes_ = 0, leaves_ = 0, scanned_ = 0;
};

}  // namespace nearabout::kdtree
