// Finds the lists nearest to a query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/scored.h"
#include "index/calibration/ranked_list.h"
#include "index/ivf/layout.h"
#include "index/ivf/list_filter.h"
#include "quantize/leading_queries.h"

namespace nearabout::ivf {

// Ranks lists. Reuses its work space from query to query; each thread needs its own.
class ListRanking {
 public:
  explicit ListRanking(const IvfLayout& layout) : layout_(layout), squares_(layout.centroids.squares) {}

  // Ranks only lists that have allowed rows; all with null.
  void set_filter(const ListFilter* filter) {
    filter_ = filter;
    squares_ = filter ? filter->squares() : layout_.centroids.squares;
  }

  // Compares up to kPanelQueries queries, starting at number `first`, with all centroids, or with all groups of them
  // (groups.h).
  void compare(const quantize::LeadingQueries& queries, std::size_t first, std::size_t count);
  // Returns the smallest distance, as in RankedList, of query `first + i` from any centroid; for indexes without
  // groups.
  float least_distance(const quantize::LeadingQueries& queries, std::size_t i) const;
  // Finds the `probes` nearest lists of query `first + i`, the nearest one first and the others in any order.
  void nearest(const quantize::LeadingQueries& queries, std::size_t i, std::size_t probes,
               std::vector<calibration::RankedList>& lists);
  // Does the same, and puts the `more` next nearest lists in `beyond`, in any order.
  void nearest(const quantize::LeadingQueries& queries, std::size_t i, std::size_t probes, std::size_t more,
               std::vector<calibration::RankedList>& lists, std::vector<calibration::RankedList>& beyond);
  // Returns how many rows are in lists without allowed rows that are nearer than a distance from query `first + i`,
  // which was ranked last. With groups, of those that were looked into.
  std::size_t rows_skipped(const quantize::LeadingQueries& queries, std::size_t i, float distance) const;

 private:
  float scale_of(const quantize::LeadingQueries::Query& query) const;
  std::size_t rank(const quantize::LeadingQueries& queries, std::size_t i, std::size_t wanted);
  void take(std::size_t count, std::vector<calibration::RankedList>& lists) const;
  std::size_t least(const std::int32_t* dots, std::span<const float> squares, float scale, std::size_t wanted);
  float promising(const std::int32_t* dots, std::span<const float> squares, float scale, std::size_t wanted);
  void look_into_groups(const std::int8_t* query, const std::int32_t* dots, float scale, std::size_t groups);

  const IvfLayout& layout_;
  const ListFilter* filter_ = nullptr;
  std::span<const float> squares_;  // of the centroids
  std::size_t first_ = 0;
  std::size_t stride_ = 0;
  float constant_ = 0;                  // distance minus score, for the query ranked last
  std::vector<std::int32_t> dots_;      // products with centroids, or with groups if there are many lists
  std::vector<std::uint32_t> members_;  // members of the nearest groups
  std::vector<std::int32_t> member_dots_;
  std::vector<float> member_squares_;
  std::vector<std::uint32_t> hits_;  // the ranked lists
  std::vector<float> scores_;        // and their scores
  std::vector<std::uint32_t> all_hits_;
  std::vector<float> all_scores_;
};

}  // namespace nearabout::ivf
